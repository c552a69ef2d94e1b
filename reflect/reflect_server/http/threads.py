"""
Thread pools for what blocks, with pools of their own for what may block for long.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from importlib import import_module
from typing import ParamSpec, TypeVar

from anyio import CapacityLimiter, to_thread
from anyio.lowlevel import RunVar

import_module("anyio._backends._asyncio")  # Else the first write does, if a descriptor is free.

P = ParamSpec("P")
T = TypeVar("T")


class ThreadPool:
    """
    Bounds how many threads of an event loop some kind of work takes at once.

    Args:
        name: Its name, unique in the process.
        size: How many threads.
    """

    def __init__(self, name: str, size: int) -> None:
        self._size = size
        self._limiters: RunVar[CapacityLimiter] = RunVar(f"reflect_server {name}")

    def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Awaitable[T]:
        """
        Run something that blocks, once a thread is free, and return its result when awaited.

        Args:
            work: What blocks.
            args: What it is called with.
            kwargs: What it is called with by name.
        """
        return to_thread.run_sync(partial(work, *args, **kwargs), limiter=self._limiter())

    def _limiter(self) -> CapacityLimiter:
        try:
            return self._limiters.get()
        except LookupError:
            made = CapacityLimiter(self._size)
            self._limiters.set(made)
            return made


USUAL = ThreadPool("usual", 40)
"""For what reads and writes the store."""

PATIENT = ThreadPool("patient", 40)
"""For what may wait for a model: where that is slow, all other requests keep their threads."""

SCRAPES = ThreadPool("scrapes", 2)
"""For metrics, which are wanted most when all other threads are busy."""
