"""
HTTP connections, with limits on the size of a request's head and on slow senders and readers.
"""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class Connection(HttpToolsProtocol):
    """
    Bounds one connection. Callers that send requests and read answers notice nothing of it.

    uvicorn keeps whatever comes before a request is whole, for as long as its sender likes, and
    answers for as long as nobody reads them. Anybody could fill the memory so, without a key.
    """

    largest_head_bytes = 64 * 1024
    """How much may come of a request's line and headers, or of what follows a body."""

    longest_pause_seconds = 60.0
    """
    How long a request may take to arrive while nothing of it is in work, and an answer while
    nothing of it is read.
    """

    _late: asyncio.TimerHandle | None = None
    _stuck: asyncio.TimerHandle | None = None
    _unread_bytes = 0
    _pending_bytes = 0
    _is_in_head = False
    _is_in_message = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """
        Wait for the first request as long as for the next one.
        """
        super().connection_made(transport)
        self._await_next()

    def connection_lost(self, exc: Exception | None) -> None:
        """
        Stop all waiting.
        """
        self._unset_keepalive_if_required()
        self._stop_waiting()
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """
        Take what has come, unless it is too much to be a request.
        """
        self._pending_bytes += len(data)
        super().data_received(data)
        if self._pending_bytes > self.largest_head_bytes:
            self._refuse(
                f"The request's line and headers are larger than the {self.largest_head_bytes} "
                "bytes that this service accepts. Send less in them."
            )
        elif (self._is_in_message or self._pending_bytes) and self._is_idle():
            self._await_rest()

    def on_message_begin(self) -> None:
        """
        Note that a request begins.
        """
        self._is_in_head = self._is_in_message = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """
        Hand the request on. Headers that follow its body are not kept.
        """
        self._pending_bytes = 0
        self._is_in_head = False
        super().on_headers_complete()
        self.headers = _NO_TRAILERS

    def on_body(self, body: bytes) -> None:
        """
        Hand a part of the body on.
        """
        self._pending_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """
        Note that the request is whole.
        """
        self._pending_bytes = 0
        self._is_in_message = False
        self._stop_waiting()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """
        Go on with the next request, or with what is left of this one.
        """
        super().on_response_complete()
        if self._is_in_message:
            self._await_rest()

    def pause_writing(self) -> None:
        """
        Wait for the answer to be read.
        """
        super().pause_writing()
        if self._stuck is None:
            self._expect_reading()

    def resume_writing(self) -> None:
        """
        Note that it was.
        """
        super().resume_writing()
        if self._stuck is not None:
            self._stuck.cancel()
            self._stuck = None

    def _is_idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _await_next(self) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(
            self.timeout_keep_alive, self.timeout_keep_alive_handler
        )

    def _await_rest(self) -> None:
        if self._late is None:
            self._late = self.loop.call_later(self.longest_pause_seconds, self._end_if_late)

    def _stop_waiting(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _end_if_late(self) -> None:
        self._late = None
        if self._is_idle():  # Bodies that are in work have a limit of their own.
            self._refuse(
                f"The request did not arrive within {self.longest_pause_seconds:g} s. "
                "Send it again, over a faster connection."
            )

    def _expect_reading(self) -> None:
        self._unread_bytes = self.transport.get_write_buffer_size()
        self._stuck = self.loop.call_later(self.longest_pause_seconds, self._end_if_unread)

    def _end_if_unread(self) -> None:
        if self.transport.get_write_buffer_size() < self._unread_bytes:
            self._expect_reading()
        else:
            self.transport.abort()

    def _refuse(self, reason: str) -> None:
        if self.transport.is_closing():
            return
        if self._is_in_head and self._is_idle():
            self.send_400_response(reason)
        else:  # The request was handed on, so its answer has been sent or is under way.
            self.transport.close()


class _NoTrailers(list[tuple[bytes, bytes]]):
    def append(self, item: tuple[bytes, bytes]) -> None:
        pass


_NO_TRAILERS = _NoTrailers()
