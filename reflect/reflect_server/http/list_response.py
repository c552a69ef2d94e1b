"""
A streamed response: a long list that is sent while it is read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

_PATIENCE_SECONDS = 60.0
_SLOWEST = 16 * 1024
"""How many bytes a second a client has to read, beyond a minute for each part."""


class ListResponse(Response):
    """
    Streams a response whose parts are made one by one, each when the one before it has been taken.

    Where a part cannot be made, the stream breaks off before its last chunk, so that no client
    takes the list for whole.

    Attributes:
        is_complete: Whether all of it has been sent.

    Args:
        parts: The parts of the body; making one blocks.
        disconnected: Returns when the client has gone.
        status_code: The HTTP status.
        headers: Headers to send with it.
    """

    media_type = "application/json"

    def __init__(
        self,
        parts: Iterator[bytes],
        disconnected: Callable[[], Coroutine[Any, Any, None]],
        status_code: int,
        headers: dict[str, str],
    ) -> None:
        super().__init__(None, status_code, headers)
        del self.headers["content-length"]
        self.is_complete = False
        self._parts = parts
        self._disconnected = disconnected

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - as ASGI has it
        """
        Send it, or as much of it as the client waits for.

        Raises:
            TimeoutError: The client reads too slowly.
            Exception: A part could not be made.
        """
        left = asyncio.ensure_future(self._disconnected())
        try:
            start = {"status": self.status_code, "headers": self.raw_headers}
            await send({"type": "http.response.start", **start})
            while (part := await run_in_threadpool(next, self._parts, None)) is not None:
                if left.done():
                    return
                async with asyncio.timeout(_PATIENCE_SECONDS + len(part) / _SLOWEST):
                    await send({"type": "http.response.body", "body": part, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            self.is_complete = not left.done()
        finally:
            left.cancel()
