"""
Partial reads: what has come of the body of an answer is kept where the rest never comes.

What a service says about an error matters also where its connection breaks in the middle of it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
from attrs import frozen

_OF_THE_WHOLE_BODY = frozenset({"content-encoding", "content-length", "transfer-encoding"})


@frozen
class ReceivedResponse:
    """
    The answer to one attempt, whole or broken off.

    Attributes:
        response: The answer, read as far as it came.
        broken: Why the rest of its body did not come; None where it is whole.
    """

    response: httpx.Response
    broken: httpx.RequestError | None = None


class ResponseBody(httpx.SyncByteStream, httpx.AsyncByteStream):
    """
    A stream of bytes that keeps what has come through it.

    Args:
        response: The answer, of whose body nothing has been read.
    """

    def __init__(self, response: httpx.Response) -> None:
        self._response = response
        self._stream: Any = response.stream
        self._received: list[bytes] = []
        response.stream = self

    def read(self) -> ReceivedResponse:
        """
        Read it all, or as much as there is.
        """
        try:
            self._response.read()
        except httpx.RequestError as error:
            return self.cut_short(error)
        finally:
            self._response.close()
        return ReceivedResponse(self._response)

    async def read_async(self) -> ReceivedResponse:
        """
        Do what `read` does, asynchronously.
        """
        try:
            await self._response.aread()
        except httpx.RequestError as error:
            return self.cut_short(error)
        finally:
            await self._response.aclose()
        return ReceivedResponse(self._response)

    def cut_short(self, reason: httpx.RequestError) -> ReceivedResponse:
        """
        Return what has come so far; of a compressed body, nothing.

        Args:
            reason: Why the rest does not come.
        """
        headers = [
            (name, value)
            for name, value in self._response.headers.multi_items()
            if name not in _OF_THE_WHOLE_BODY
        ]
        readable = "content-encoding" not in self._response.headers
        begun = httpx.Response(
            self._response.status_code,
            headers=headers,
            content=b"".join(self._received) if readable else b"",
            request=self._response.request,
        )
        return ReceivedResponse(begun, reason)

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._stream:
            self._received.append(chunk)
            yield chunk

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._stream:
            self._received.append(chunk)
            yield chunk

    def close(self) -> None:
        """
        Give the connection back.
        """
        self._stream.close()

    async def aclose(self) -> None:
        """
        Do what `close` does, asynchronously.
        """
        await self._stream.aclose()
