"""
Bodies of requests, read within the limits of size and time.
"""

from __future__ import annotations

import asyncio

from starlette.requests import ClientDisconnect, Request

from reflect_server.configuration.settings import Settings
from reflect_server.errors import MalformedRequestError, RequestTooLargeError, SlowRequestError
from reflect_server.http.limits import BodyReservation

_DRAINED_BEYOND_LIMIT = 4
"""An oversized body is read to this many times the limit, so that its sender gets the answer."""


async def read_body(request: Request, settings: Settings, room: BodyReservation) -> bytes:
    """
    Read the whole body.

    Args:
        request: The request.
        settings: Say how large a body may be, and how long its sender may take.
        room: Takes room for it, or refuses.

    Raises:
        RequestTooLargeError: The body is larger, or is announced to be.
        MalformedRequestError: The body is compressed.
        SlowRequestError: It did not arrive in time.
        OverloadedError: There is no room for it.
        ClientDisconnect: Its sender has gone.
    """
    encoding = request.headers.get("content-encoding", "identity")
    if encoding.strip().lower() not in {"", "identity"}:
        raise MalformedRequestError(
            f"The body has the content encoding {encoding!r}, and this service reads bodies as "
            "they are. Send it uncompressed, without the header `Content-Encoding`."
        )
    limit, seconds = settings.max_body_bytes, settings.max_body_seconds
    announced = request.headers.get("content-length", "")
    size = int(announced) if announced.isdecimal() else 0
    if size > limit * _DRAINED_BEYOND_LIMIT:
        raise _too_large(limit)
    try:
        async with asyncio.timeout(seconds):
            return await _collected(request, limit, room)
    except TimeoutError:
        raise SlowRequestError(
            f"The body did not arrive within {seconds:g} s, the longest that this service waits "
            "for one. Send it again, over a faster connection or in smaller parts."
        ) from None


async def _collected(request: Request, limit: int, room: BodyReservation) -> bytes:
    chunks: list[bytes] = []
    received = 0
    is_whole = False
    while not is_whole and received <= limit * _DRAINED_BEYOND_LIMIT:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunk: bytes = message.get("body", b"")
        is_whole = not message.get("more_body", False)
        received += len(chunk)
        if received <= limit:
            room.take(len(chunk))
            chunks.append(chunk)
    if received > limit:
        raise _too_large(limit)
    return b"".join(chunks)


def _too_large(limit: int) -> RequestTooLargeError:
    return RequestTooLargeError(
        f"The body is larger than the {limit} bytes that this service accepts. "
        "Send less, for example a shorter trajectory."
    )
