"""
The errors of the service, all below one root.

Each carries one full sentence for whoever made the request or runs the service. The routes turn
them into problem documents; `code` is the stable name that a program can rely on.
"""

from __future__ import annotations

from typing import ClassVar


class ReflectServerError(Exception):
    """
    Root of every error that the service raises on purpose.

    Args:
        message: What was found, what was expected and what to do, in full sentences.
    """

    code: ClassVar[str] = "internal_error"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class InvalidRequestError(ReflectServerError):
    """
    The request is understood but one of its values cannot be used.

    Args:
        message: What is wrong and what would be right.
        field: The value's place in the request, such as `review.result`; None where it has none.
    """

    code = "invalid_request"

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class MalformedRequestError(ReflectServerError):
    """
    The request cannot be read at all, for example a body that is not JSON.
    """

    code = "malformed_request"


class SlowRequestError(MalformedRequestError):
    """
    The request's body did not arrive in time.
    """


class RequestTooLargeError(ReflectServerError):
    """
    The request's body is larger than the service accepts.
    """

    code = "request_too_large"


class UnauthenticatedError(ReflectServerError):
    """
    The request has no usable credential.
    """

    code = "unauthenticated"


class ForbiddenError(ReflectServerError):
    """
    The credential is valid and does not allow this.
    """

    code = "forbidden"


class NotFoundError(ReflectServerError):
    """
    What the request names does not exist, or not for this credential.
    """

    code = "not_found"


class ConflictError(ReflectServerError):
    """
    The request contradicts the present state, for example a second review of one trace.
    """

    code = "conflict"


class StoreError(ReflectServerError):
    """
    The store cannot do its work, for example because its folder cannot be written.
    """

    code = "store_unavailable"


class RateLimitedError(ReflectServerError):
    """
    The caller sends more than it may.

    Args:
        message: What the limit is and what to do.
        retry_after: When to try again, in seconds.
    """

    code = "rate_limited"

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class OverloadedError(ReflectServerError):
    """
    The service has as much to do at once as it takes on.

    Args:
        message: What there is too much of and what to do.
        retry_after: When to try again, in seconds.
    """

    code = "unavailable"

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class WarmingUpError(ReflectServerError):
    """
    The service has been started and is still loading what it needs.
    """

    code = "warming_up"


class ProviderUnavailableError(ReflectServerError):
    """
    The endpoint of a model cannot do its work now, whatever it is asked.

    It does not answer, refuses the key, does not know the model, or wants fewer requests.

    Args:
        message: What was found and what to do.
        retry_after: After how many seconds the endpoint wants to be asked again; None where it did
            not say.
        may_be_the_request: Whether it is possible that other requests are answered, as after a
            request that took too long.
    """

    code = "provider_unavailable"

    def __init__(
        self, message: str, *, retry_after: float | None = None, may_be_the_request: bool = False
    ) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.may_be_the_request = may_be_the_request


class ShutdownError(ReflectServerError):
    """
    The service ends and cannot wait any longer for the request.
    """

    code = "unavailable"


class SettingsError(ReflectServerError):
    """
    The service cannot start as it is configured.

    Args:
        problems: What is wrong with each setting, and what to do, in full sentences.
    """

    code = "invalid_settings"

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class MissingExtraError(SettingsError):
    """
    Something needs a package that is not installed.

    Args:
        package: The package, as pip or an import names it.
        extra: The extra of `reflect-sdk` that brings it; None where no extra does.
        needed_for: What needs it, as the beginning of a sentence.
        otherwise: What can be done instead of installing it, as the end of a sentence; nothing
            where None.
    """

    def __init__(
        self, package: str, extra: str | None, *, needed_for: str, otherwise: str | None = None
    ) -> None:
        extras = "server" if extra in {None, "server"} else f"server,{extra}"
        wanted = package if extra is None else f'"reflect-sdk[{extras}]"'
        instead = "" if otherwise is None else f", or {otherwise}"
        super().__init__(
            f"{needed_for} needs the package `{package}`, which is not installed. "
            f"Install it with `pip install {wanted}`{instead}."
        )
        self.package = package
        self.extra = extra
