"""
The errors of the client, all below `ReflectError`.

Errors of the connection itself (`httpx.TimeoutException`, `httpx.ConnectError`, ...) stay those of
httpx. Everything here can be pickled, and nothing here shows a credential.
"""

from __future__ import annotations

import copyreg
from typing import Any, Final
from urllib.parse import urlsplit

_EXCERPT: Final = 500

REQUEST_ID_HEADER: Final = "X-Request-Id"
"""Where an answer says what the server calls the request."""


def excerpt(text: str) -> str:
    """
    Return the start of a text that may be long: at most 500 characters and an ellipsis.
    """
    text = text.strip()
    return text if len(text) <= _EXCERPT else f"{text[:_EXCERPT]}…"


class ReflectError(Exception):
    """
    Root of every error that the client raises on purpose.
    """

    def __reduce__(self) -> tuple[Any, ...]:
        """
        Pickle all attributes; `__init__` of an error has arguments that are in none of `args`.
        """
        state = {**vars(self), "args": self.args}
        return copyreg.__newobj__, (type(self), *self.args), state  # type: ignore[attr-defined]  # typeshed lacks it


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


class AnswerError(ReflectError):
    """
    The server answered, and the answer is not the success that was asked for.

    Args:
        status_code: The HTTP status.
        content: The body as it came; not part of the error's `repr`.
        method: The method of the request.
        url: The address of the request, without credentials and query.
        request_id: What the server calls the request (`X-Request-Id`); None where it does not say.
        retries: How often the request had been tried again before.
    """

    def __init__(
        self,
        status_code: int,
        content: bytes = b"",
        method: str = "",
        url: str = "",
        *,
        request_id: str | None = None,
        retries: int = 0,
    ) -> None:
        super().__init__(status_code, method, url)
        self.status_code = status_code
        self.content = content
        self.method = method
        self.url = url
        self.request_id = request_id
        self.retries = retries

    @property
    def path(self) -> str:
        """
        The path of the request.
        """
        return urlsplit(self.url).path

    @property
    def text(self) -> str:
        """
        The body as text; bytes that are not UTF-8 are replaced.
        """
        return self.content.decode(errors="replace")

    @property
    def body_start(self) -> str:
        """
        The start of the body as text, at most 500 characters and one that says that more follows.
        """
        return excerpt(self.text)


class DecodeError(AnswerError):
    """
    The server reported success, but its answer does not follow the contract.

    Args:
        status_code: As for `AnswerError`, and so are `content`, `method`, `url`, `request_id` and
            `retries`.
        problem: What is wrong with the answer, as the second half of a sentence.
        field: The full name of the value that is wrong, such as `TraceResponse.task`; None where
            the body as a whole is.
    """

    def __init__(
        self,
        status_code: int,
        content: bytes = b"",
        method: str = "",
        url: str = "",
        *,
        problem: str,
        field: str | None = None,
        request_id: str | None = None,
        retries: int = 0,
    ) -> None:
        super().__init__(status_code, content, method, url, request_id=request_id, retries=retries)
        self.problem = problem
        self.field = field

    def __str__(self) -> str:
        """
        Return the error as a sentence.
        """
        return f"{self.method} {self.url} answered {self.status_code}, but {self.problem}."


class StatusError(AnswerError):
    """
    The server refused or failed: its answer has a status that the contract lists as an error.

    Args:
        status_code: As for `AnswerError`, and so are `content`, `method`, `url`, `request_id` and
            `retries`.
        parsed: The decoded body; None where it does not have the documented shape.
    """

    def __init__(
        self,
        status_code: int,
        content: bytes = b"",
        method: str = "",
        url: str = "",
        *,
        parsed: object = None,
        request_id: str | None = None,
        retries: int = 0,
    ) -> None:
        super().__init__(status_code, content, method, url, request_id=request_id, retries=retries)
        self.parsed = parsed

    def __str__(self) -> str:
        """
        Return the error as a sentence.
        """
        request = f"{self.method} {self.url}".strip() or "The server"
        body = self.body_start
        answer = f"with: {body}" if body else "without a body."
        return f"{request} answered {self.status_code} {answer}"


class UnexpectedStatus(StatusError):  # noqa: N818 - the name that the generator's users know
    """
    The answer has a status that the contract does not know for the operation.
    """


__all__ = [
    "AnswerError",
    "DecodeError",
    "FieldError",
    "InvalidArgumentError",
    "ReflectError",
    "StatusError",
    "UnexpectedStatus",
]
