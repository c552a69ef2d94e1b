"""
Long polling: requests that wait for a trace to reach a state, woken by events.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress

from reflect_server.domain.trace import Trace, public_id


class TraceWaiters:
    """
    Wakes requests that wait for traces. Call `notify` from any thread, all else on the event loop.
    """

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._events: dict[str, set[asyncio.Event]] = {}
        self._released = False

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """
        Set the event loop on which requests wait. None can wait before.

        Args:
            loop: The loop, which runs.
        """
        self._loop = loop

    def notify(self, trace_id: str | None) -> None:
        """
        Wake the requests that wait for this trace (None: for any), to read it again.

        Args:
            trace_id: The trace that has changed; None where many may have.
        """
        known_as = None if trace_id is None else public_id(trace_id)
        if self._loop is not None and self._events:
            with suppress(RuntimeError):  # The loop has ended, and so has everyone who waited.
                self._loop.call_soon_threadsafe(self._wake, known_as)

    def release(self) -> None:
        """
        Release all waiters on shutdown, now and from now on: each answers with what there is.
        """
        self._released = True
        self._wake(None)

    async def until(
        self,
        trace_id: str,
        *,
        read: Callable[[], Awaitable[Trace]],
        reached: Callable[[Trace], bool],
        seconds: float,
        disconnected: Callable[[], Awaitable[None]],
    ) -> Trace:
        """
        Return the trace once it has reached a state, or as it is when there is no time left.

        Args:
            trace_id: The trace.
            read: Reads it.
            reached: Says whether it is what the request waits for.
            seconds: How long to wait at the most.
            disconnected: Returns when the client has gone; then nobody waits any longer.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        is_gone = False

        def leave(_: object) -> None:
            nonlocal is_gone
            is_gone = True
            event.set()

        with self._subscription(trace_id) as event:
            watch = asyncio.ensure_future(disconnected())
            watch.add_done_callback(leave)
            try:
                while True:
                    event.clear()
                    trace = await read()
                    done = reached(trace) or self._released or is_gone
                    if done or loop.time() >= deadline:
                        return trace
                    with suppress(TimeoutError):
                        async with asyncio.timeout_at(deadline):
                            await event.wait()
            finally:
                watch.remove_done_callback(leave)
                watch.cancel()

    @contextmanager
    def _subscription(self, trace_id: str) -> Iterator[asyncio.Event]:
        event = asyncio.Event()
        events = self._events.setdefault(trace_id, set())
        events.add(event)
        try:
            yield event
        finally:
            events.discard(event)
            if not events:
                self._events.pop(trace_id, None)

    def _wake(self, trace_id: str | None) -> None:
        groups = self._events.values() if trace_id is None else [self._events.get(trace_id, ())]
        for events in groups:
            for event in events:
                event.set()
