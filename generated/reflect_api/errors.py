"""
The errors of the client, all below `ReflectError`.

Errors of the connection itself (`httpx.TimeoutException`, `httpx.ConnectError`, ...) stay those of
httpx. Everything here can be pickled, and nothing here shows a credential.
"""

from __future__ import annotations

from typing import Final

_EXCERPT: Final = 500


class ReflectError(Exception):
    """
    Root of every error that the client raises on purpose.
    """


class InvalidArgumentError(ReflectError, ValueError):
    """
    An argument cannot be sent; raised before any request.
    """


class FieldError(ReflectError, ValueError):
    """
    A value does not have the shape that the contract gives it.

    Args:
        model: The name of the model that the value was decoded as; empty where it is none.
        path: Where the value stands in the model, such as `.review.id` or `.trajectory[3]`.
        problem: What is wrong with it, to be read after the value's name.
    """

    def __init__(self, model: str, path: str, problem: str) -> None:
        super().__init__(model, path, problem)
        self.model = model
        self.path = path
        self.problem = problem

    @property
    def field(self) -> str:
        """
        The full name of the value, such as `TraceResponse.review.id`.
        """
        return f"{self.model or 'body'}{self.path}"

    def __str__(self) -> str:
        """
        Return the error as a sentence.
        """
        return f"The field `{self.field}` {self.problem}."


class DecodeError(ReflectError):
    """
    The server reported success, but its answer does not follow the contract.

    Args:
        method: The method of the request.
        url: The address of the request, without credentials and query.
        status_code: The HTTP status.
        problem: What is wrong with the answer, as the second half of a sentence.
        field: The full name of the value that is wrong, such as `TraceResponse.task`; None where
            the body as a whole is.
    """

    def __init__(
        self, method: str, url: str, status_code: int, problem: str, field: str | None = None
    ) -> None:
        super().__init__(method, url, status_code, problem, field)
        self.method = method
        self.url = url
        self.status_code = status_code
        self.problem = problem
        self.field = field

    def __str__(self) -> str:
        """
        Return the error as a sentence.
        """
        return f"{self.method} {self.url} answered {self.status_code}, but {self.problem}."


class StatusError(ReflectError):
    """
    The server refused or failed: its answer has a status that the contract lists as an error.

    Args:
        status_code: The HTTP status.
        content: The body as it came.
        method: The method of the request.
        url: The address of the request, without credentials and query.
        parsed: The decoded body; None where it does not have the documented shape.
    """

    def __init__(
        self,
        status_code: int,
        content: bytes,
        method: str = "",
        url: str = "",
        parsed: object = None,
    ) -> None:
        super().__init__(status_code, content, method, url, parsed)
        self.status_code = status_code
        self.content = content
        self.method = method
        self.url = url
        self.parsed = parsed

    @property
    def text(self) -> str:
        """
        The body as text; bytes that are not UTF-8 are replaced.
        """
        return self.content.decode(errors="replace")

    def __str__(self) -> str:
        """
        Return the error as a sentence.
        """
        request = f"{self.method} {self.url}".strip() or "The server"
        body = self.text.strip()
        shown = body if len(body) <= _EXCERPT else f"{body[:_EXCERPT]}..."
        answer = f"with: {shown}" if shown else "without a body."
        return f"{request} answered {self.status_code} {answer}"


class UnexpectedStatus(StatusError):  # noqa: N818 - the name that the generator's users know
    """
    The answer has a status that the contract does not know for the operation.
    """


__all__ = [
    "DecodeError",
    "FieldError",
    "InvalidArgumentError",
    "ReflectError",
    "StatusError",
    "UnexpectedStatus",
]
