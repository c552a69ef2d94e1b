"""
Answers: what a handler returns, as a response of HTTP.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain

import msgspec
from starlette.responses import Response

from reflect_server.api.call import Call
from reflect_server.api.ignored import Ignored
from reflect_server.http.list_response import ListResponse

_JSON = "application/json"
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Answer:
    """
    What a handler returns where the body alone does not say everything.

    Attributes:
        body: The body, of the operation's answer type.
        headers: Headers to send with it.
        status: Its status; that of the operation's success where None.
        rest: Further parts of a body that is a list, each made when the one before it is sent.
    """

    body: object
    headers: dict[str, str] = field(default_factory=dict)
    rest: Iterator[list[object]] | None = None
    status: int | None = None


def response_of(call: Call, result: object) -> Response:
    """
    Write what a handler has returned as the response to its request.

    Args:
        call: The request.
        result: An `Answer`, or the body alone.
    """
    answer = result if isinstance(result, Answer) else Answer(result)
    status = answer.status or call.operation.success_status
    headers = {**answer.headers, **call.ignored.header}
    if answer.rest is None:
        return Response(_encode(_telling(answer.body, call.ignored)), status, headers, _JSON)
    parts = _array(chain([answer.body], answer.rest))
    if call.request.scope["http_version"] == "1.0":  # It has no chunks, which tell a list's end.
        return Response(b"".join(parts), status, headers, _JSON)
    return ListResponse(parts, call.disconnected, status, headers)


def _telling(body: object, ignored: Ignored) -> object:
    """
    Have a body that can name the ignored fields do so.
    """
    if ignored.fields and isinstance(body, msgspec.Struct) and hasattr(body, "ignored"):
        return msgspec.structs.replace(body, ignored=ignored.fields)
    return body


def _array(batches: Iterator[object]) -> Iterator[bytes]:
    opening = b"["
    for batch in batches:
        yield opening + _encode(batch)[1:-1]
        opening = b","
    yield b"]"
