"""
From HTTP answers to decoded bodies, or to errors that say what answered what.
"""

from __future__ import annotations

from typing import Any, Final, TypeVar

import httpx

from .decoding import Decoder
from .errors import (
    REQUEST_ID_HEADER,
    AnswerError,
    DecodeError,
    FieldError,
    StatusError,
    UnexpectedStatus,
)

V = TypeVar("V")
E = TypeVar("E", bound=AnswerError)

RETRIES_EXTENSION: Final = "retries"
"""Where an httpx client below tells how often it has tried again, in a response's extensions."""


def request_line(response: httpx.Response) -> tuple[str, str]:
    """
    Return the method and the address of an answer's request, without credentials and query.
    """
    request = response.request
    address = str(request.url)
    if "@" in address or "?" in address or "#" in address:
        address = str(request.url.copy_with(userinfo=b"", query=None, fragment=None))
    return request.method, address


def decode_json(response: httpx.Response, decode: Decoder[V]) -> V:
    """
    Decode a body that is documented as JSON.

    Raises:
        DecodeError: The status is a success, and the body is not JSON or has another shape.
        StatusError: The status is an error, and the body is not JSON or has another shape.
    """
    try:
        return decode(response.json())
    except FieldError as error:
        field, problem = error.field, f"the field `{error.field}` {error.problem}"
    except (ValueError, RecursionError):
        kind = response.headers.get("content-type", "of no declared type")
        field, problem = (
            None,
            f"its body ({kind}, {len(response.content)} bytes) is not JSON",
        )
    if response.status_code >= 400:
        raise _answer_error(StatusError, response)
    raise _answer_error(DecodeError, response, problem=problem, field=field)


def unexpected_status(response: httpx.Response) -> UnexpectedStatus:
    """
    Return the error for a status that the contract does not know for the operation.
    """
    return _answer_error(UnexpectedStatus, response)


def _answer_error(kind: type[E], response: httpx.Response, **details: Any) -> E:
    return kind(
        response.status_code,
        response.content,
        *request_line(response),
        request_id=response.headers.get(REQUEST_ID_HEADER),
        retries=response.extensions.get(RETRIES_EXTENSION, 0),
        **details,
    )
