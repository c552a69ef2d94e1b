"""
The errors of the SDK, all below `ReflectError`.

Code written for the published client keeps working: status errors are also `httpx.HTTPStatusError`,
transport errors `httpx.TransportError`, refused arguments `ValueError`, and waiting still ends with
`RuntimeError` or `TimeoutError`.
"""

from __future__ import annotations

import json
import reprlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import httpx

from reflect_api.errors import (
    REQUEST_ID_HEADER,
    DecodeError,
    FieldError,
    InvalidArgumentError,
    ReflectError,
    excerpt,
)

if TYPE_CHECKING:
    from reflect_sdk._types.traces import TraceResponse

_HIDDEN = "[hidden]"
_NOT_FOLLOWED = "which is not followed: make base_url the address of the service itself."
_OF_THE_WHOLE_BODY = frozenset({b"content-encoding", b"content-length", b"transfer-encoding"})
_SECRET_HEADERS = frozenset({"authorization", "x-bootstrap-token", "cookie"})
_OPEN_HEADERS = frozenset(
    {
        "accept",
        "accept-encoding",
        "connection",
        "content-length",
        "content-type",
        "host",
        "idempotency-key",
        "prefer",
        "user-agent",
    }
)
_SHORTEST_SECRET = 8
"""What is shorter in a header of the user's may be a plain word, which answers hold by chance."""


class TransportError(ReflectError, httpx.TransportError):
    """
    No answer came: the service could not be reached, or the connection broke.

    Where an attempt before the last one was answered with an error, the message says so, and
    `__cause__` is that error.

    Attributes:
        method: Method of the request.
        url: URL of the request.
        path: Path of the request.
        retries: How often it was tried again before giving up.
        status_code: The HTTP status of an answer that broke off; None where none had begun.
        request_id: What the service calls this request in its logs; None where it did not say.
        body_start: The start of what came of the body, at most 500 characters.
    """

    def __init__(
        self,
        message: str,
        *,
        request: httpx.Request,
        retries: int,
        begun: httpx.Response | None = None,
    ) -> None:
        httpx.TransportError.__init__(self, message)
        self.request = without_secrets(request)
        self.method: str = request.method
        self.url: str = str(request.url)
        self.path: str = request.url.path
        self.retries = retries
        self._begun = begun
        self.status_code: int | None = None if begun is None else begun.status_code
        self.request_id: str | None = None if begun is None else _request_id(begun)
        self.body_start: str = "" if begun is None else excerpt(body_text(begun))


class ConnectionFailedError(TransportError, httpx.ConnectError):
    """
    No connection to the service could be made.
    """


class ProxyConnectionError(ConnectionFailedError, httpx.ProxyError):
    """
    The proxy that leads to the service could not be reached, or refused to connect.
    """


class CertificateError(ConnectionFailedError):
    """
    The service, or a proxy, showed a certificate that does not verify; nothing was sent.
    """


class DeadlineExceededError(TransportError, httpx.TimeoutException, TimeoutError):
    """
    No answer came within `timeout`.
    """


class APIStatusError(ReflectError, httpx.HTTPStatusError):
    """
    The service answered with an error.

    Attributes:
        status_code: The HTTP status.
        code: The stable name of the kind of error; None where the answer has none.
        detail: What the service says about it; the start of the body where that is no problem
            document.
        method: Method of the request.
        path: Path of the request.
        request_id: What the service calls this request in its logs; None where it does not say.
        body_start: The start of the body, at most 500 characters.
        retries: How often it was tried again before giving up.
    """

    def __init__(self, message: str, *, response: httpx.Response, retries: int) -> None:
        request = response.request
        httpx.HTTPStatusError.__init__(self, message, request=request, response=response)
        problem = _problem(response)
        code = problem.get("code")
        self.status_code: int = response.status_code
        self.code: str | None = code if isinstance(code, str) else None
        self.detail: str = _detail(response, problem)
        self.method: str = request.method
        self.path: str = request.url.path
        self.request_id: str | None = _request_id(response)
        self.body_start: str = excerpt(body_text(response))
        self.retries = retries

    @classmethod
    def from_response(cls, response: httpx.Response, *, retries: int) -> APIStatusError:
        """
        Make the error that fits the status of an answer, whose body has been read.
        """
        response = shown(response)
        kind = _BY_STATUS.get(response.status_code)
        if kind is None:
            kind = ServerError if response.status_code >= 500 else cls
        request = response.request
        status = f"{response.status_code} {response.reason_phrase}".strip()
        where = request.url.copy_with(userinfo=b"", query=None)
        answered = f"{request.method} {where} answered {status}"
        request_id = _request_id(response)
        known_as = f" (request id {request_id})" if request_id else ""
        detail = _detail(response, _problem(response))
        says = f": {detail}{known_as}" if detail else f" with an empty body{known_as}."
        there = _redirect_target(response)
        if there:
            says = f"{says.rstrip('.')}. It redirects to {there}, {_NOT_FOLLOWED}"
        return kind(answered + says, response=response, retries=retries)


class BadRequestError(APIStatusError):
    """
    400: the service could not read the request.
    """


class AuthenticationError(APIStatusError):
    """
    401: the API key is missing, malformed, unknown or revoked.
    """


class PermissionDeniedError(APIStatusError):
    """
    403: the API key is valid but does not allow this.
    """


class NotFoundError(APIStatusError):
    """
    404: the project, or what was asked for in it, does not exist.
    """


class ConflictError(APIStatusError):
    """
    409: the request contradicts the present state, for example a second review of one trace.
    """


class ContentTooLargeError(APIStatusError):
    """
    413: the request is larger than the service accepts.
    """


class InvalidRequestError(APIStatusError, ValueError):
    """
    422: a value of the request cannot be used; `detail` names it.
    """


class RateLimitError(APIStatusError):
    """
    429: more requests than the service allows, even after the retries.
    """


class ServerError(APIStatusError):
    """
    5xx: the service failed or cannot answer just now, even after the retries.
    """


class IngestFailedError(ReflectError, RuntimeError):
    """
    The service gave up making a memory of a trace.

    Attributes:
        trace: The trace, whose `last_ingest_error` says why.
    """

    def __init__(self, trace: TraceResponse) -> None:
        reason = trace.last_ingest_error or "the service gave no reason"
        super().__init__(f"Ingestion of trace {trace.id} failed: {reason}")
        self.trace = trace


class WaitTimeoutError(ReflectError, TimeoutError):
    """
    A trace did not reach the awaited state in time.

    Attributes:
        trace_id: The trace; it is recorded, and can be waited for again.
        trace: The trace as it was last seen; None where it never was.
    """

    def __init__(self, message: str, trace_id: str, trace: TraceResponse | None = None) -> None:
        super().__init__(message)
        self.trace_id = trace_id
        self.trace = trace


class ClientClosedError(ReflectError, RuntimeError):
    """
    The client has been closed, and takes no further calls.
    """

    def __init__(self) -> None:
        super().__init__(
            "The client has been closed and takes no further calls. Make another ReflectClient, or "
            "close this one later."
        )


class TraceLostError(ReflectError, httpx.HTTPError):
    """
    A run could not be recorded because of an outage of the service, or as it was refused.

    Attributes:
        task: The task of the run.
        trajectory: The run; record it later with `ReflectClient.create_trace`.
        outage: Why the service could not take it.
        body: The whole request, as the API takes it: with its review, feedback, metadata and
            memories.
    """

    def __init__(
        self,
        task: str,
        trajectory: object,
        outage: BaseException,
        *,
        body: dict[str, Any] | None = None,
    ) -> None:
        httpx.HTTPError.__init__(
            self,
            f"The run of the task {reprlib.repr(task)} was not recorded: {outage} "
            "The trajectory is kept in this error; record it later with create_trace.",
        )
        self.task = task
        self.trajectory = trajectory
        self.outage = outage
        self.body: dict[str, Any] = body or {}


_BY_STATUS: dict[int, type[APIStatusError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    413: ContentTooLargeError,
    422: InvalidRequestError,
    429: RateLimitError,
}


def without_secrets(request: httpx.Request) -> httpx.Request:
    """
    Redact a request for an error to carry: it has neither body nor credentials.
    """
    headers = {
        name: value if name in _OPEN_HEADERS else _HIDDEN for name, value in request.headers.items()
    }
    return httpx.Request(request.method, request.url, headers=headers)


def shown(response: httpx.Response) -> httpx.Response:
    """
    Redact an answer for an error to carry.

    It loses the credentials of its request, also where the service has sent them back, and the
    requests before and after it.
    """
    secrets = [
        secret.encode()
        for name, value in response.request.headers.items()
        if (secret := _secret_in(name, value))
    ]
    headers = [
        (name, _without(value, secrets))
        for name, value in response.headers.raw
        if name.lower() not in _OF_THE_WHOLE_BODY
    ]
    reason = response.extensions.get("reason_phrase")
    return httpx.Response(
        response.status_code,
        headers=headers,
        content=_without(response.content, secrets),
        request=without_secrets(response.request),
        extensions={} if reason is None else {"reason_phrase": reason},
    )


def _secret_in(name: str, value: str) -> str:
    """
    Return what of a header nobody may see, empty where there is nothing.
    """
    if name in _SECRET_HEADERS:
        return value.removeprefix("Bearer ")
    return value if name not in _OPEN_HEADERS and len(value) >= _SHORTEST_SECRET else ""


def _without(text: bytes, secrets: Sequence[bytes]) -> bytes:
    for secret in secrets:
        text = text.replace(secret, _HIDDEN.encode())
    return text


def body_text(response: httpx.Response) -> str:
    """
    Return a body as text, whatever character set it claims to be in.
    """
    return response.content.decode(errors="replace")


def is_outage(error: BaseException) -> bool:
    """
    Say whether the service failed or has no time, rather than the request being wrong.
    """
    if isinstance(error, APIStatusError):
        return error.status_code >= 500 or error.status_code in {408, 429}
    return isinstance(error, TransportError | DecodeError)


def is_refusal(error: BaseException) -> bool:
    """
    Say whether a request can never succeed, whoever sends it.
    """
    if isinstance(error, APIStatusError):
        return error.status_code in {400, 409, 413, 422}
    return isinstance(error, InvalidArgumentError | FieldError)


def _request_id(response: httpx.Response) -> str | None:
    request_id: str | None = response.headers.get(REQUEST_ID_HEADER)
    return request_id


def _problem(response: httpx.Response) -> dict[str, Any]:
    try:
        body = json.loads(response.content)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _detail(response: httpx.Response, problem: dict[str, Any]) -> str:
    detail = problem.get("detail")
    if isinstance(detail, str) and detail:
        return detail
    return excerpt(" ".join(body_text(response).split()))


def _redirect_target(response: httpx.Response) -> str:
    """
    Return where a redirect leads, without what may be secret there; empty for any other answer.
    """
    if not response.has_redirect_location:
        return ""
    there = response.request.url.join(response.headers["Location"])
    return str(there.copy_with(userinfo=b"", query=None, fragment=None))
