"""
An event loop on a thread of its own, for calls of other threads that must end in time.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError
from typing import Any, TypeVar

T = TypeVar("T")


class LoopThread:
    """
    Runs coroutines on an event loop for threads that wait for them, each within a time.

    A thread that reads from the network itself can only be bounded read by read, and an answer that
    drips is read without end. A coroutine is cancelled, whatever it waits for. Safe to use from any
    thread.

    Args:
        name: The thread's name.
    """

    def __init__(self, name: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._lock = threading.Lock()
        self._closing = False
        self._thread = threading.Thread(target=self._loop.run_forever, name=name, daemon=True)
        self._thread.start()

    def run(self, work: Callable[[], Coroutine[Any, Any, T]], timeout: float) -> T:
        """
        Run a coroutine and return its result.

        Args:
            work: Makes the coroutine.
            timeout: How long it may take, in seconds.

        Raises:
            TimeoutError: It took longer, and was cancelled.
            CancelledError: The thread was closed meanwhile.
            Exception: What the coroutine raised.
        """

        async def bounded() -> T:
            async with asyncio.timeout(timeout):
                return await work()

        with self._lock:
            if self._closing:
                raise CancelledError
            future = asyncio.run_coroutine_threadsafe(bounded(), self._loop)
        return future.result()

    def close(self, finish: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """
        Cancel what runs, run a last coroutine, and end the thread.

        Args:
            finish: Makes the last coroutine.

        Raises:
            Exception: What the last coroutine raised; the thread has ended all the same.
        """

        async def end() -> None:
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)
            await finish()

        with self._lock:
            self._closing = True
            ended = asyncio.run_coroutine_threadsafe(end(), self._loop)
        try:
            ended.result()
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()
