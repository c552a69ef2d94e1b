"""
The outbox: runs whose blocks have ended, delivered in order behind the back of their callers.

A thread delivers them, and a task for those of callers on an event loop of asyncio. What a loop
leaves behind when it ends goes to the thread.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
import time
import weakref
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import suppress

import anyio.to_thread
from attrs import define, field

from reflect_sdk._client.undelivered import Undelivered
from reflect_sdk._types.errors import TraceLostError

MOST_QUEUED = 1_000
"""How many runs wait at the most; further ones are kept on disk at once."""

LAST_SECONDS = 5.0
"""How long the end of the program, and a fork, wait for what is queued."""

ANY_RUN = ""
"""Stands for every run that is queued."""

_IDLE_SECONDS = 1.0


@define(eq=False)
class Delivery:
    """
    A run on its way.

    Attributes:
        trace_id: The id that its user knows it by.
        send: Records it, in at most so many seconds; None for as long as any call may take.
        send_async: The same, awaited.
        keep: Keeps it on disk, and says whether that was possible.
        lost: Makes the error that hands it back.
        follow_up: Called off the event loop once it is recorded.
        done: Set once it is recorded, kept or refused.
    """

    trace_id: str
    send: Callable[[float | None], None]
    send_async: Callable[[], Awaitable[None]]
    keep: Callable[[BaseException], bool]
    lost: Callable[[BaseException], TraceLostError]
    follow_up: Callable[[], None]
    done: Future[None] = field(factory=Future, init=False)
    loop: asyncio.AbstractEventLoop | None = field(default=None, init=False)


class Outbox:
    """
    The runs of a client that are on their way.

    Args:
        undelivered: Is told of those that cannot be recorded.
    """

    def __init__(self, undelivered: Undelivered) -> None:
        self._undelivered = undelivered
        self._ending: dict[int, Callable[[], None]] = {}
        self._start_anew()
        _OUTBOXES.add(self)

    def opened(self, block: object, end: Callable[[], None]) -> None:
        """
        Note a block that is open, which the end of the program ends.

        Args:
            block: Its context.
            end: Ends it, and puts its run into the outbox.
        """
        self._ending[id(block)] = end

    def closed(self, block: object) -> None:
        """
        Note that a block is no longer open.

        Args:
            block: Its context.
        """
        self._ending.pop(id(block), None)

    def put(self, delivery: Delivery) -> None:
        """
        Take a run, and return at once.

        Args:
            delivery: The run.
        """
        with suppress(RuntimeError):
            delivery.loop = asyncio.get_running_loop()
        with self._lock:
            is_full = len(self._pending) >= MOST_QUEUED
            if not is_full:
                self._pending.append(delivery)
                if delivery.loop is None:
                    self._queue.append(delivery)
                    self._wake_thread()
                else:
                    self._wake_task(delivery.loop)
        if is_full:
            self._finish(delivery, TimeoutError("too many runs wait to be recorded"))

    def settle(self, trace_id: str = ANY_RUN, seconds: float | None = None) -> bool:
        """
        Wait until a run is recorded, kept or refused.

        Args:
            trace_id: The run; all that are queued by default.
            seconds: How long at the most; None for as long as it takes.

        Returns:
            Whether that is so.
        """
        waiting = list(self._of(trace_id))
        if not waiting:
            return True
        here = None
        with suppress(RuntimeError):
            here = asyncio.get_running_loop()
        for delivery in waiting:
            if delivery.loop is not None and (delivery.loop is here or not _runs(delivery.loop)):
                self._to_thread(delivery)
        return not wait([delivery.done for delivery in waiting], seconds).not_done

    async def settle_async(self, trace_id: str = ANY_RUN, seconds: float | None = None) -> bool:
        """
        Do what `settle` does, and let others run meanwhile.
        """
        waiting = list(self._of(trace_id))
        with anyio.move_on_after(seconds):
            for delivery in waiting:
                if delivery.loop is not None and _runs(delivery.loop):
                    await _awaited(delivery)
                else:
                    self._to_thread(delivery)
                    await anyio.to_thread.run_sync(wait, [delivery.done], abandon_on_cancel=True)
        return all(delivery.done.done() for delivery in waiting)

    def finish(self, seconds: float) -> None:
        """
        End what is open, deliver what can be in so many seconds, and keep the rest on disk.
        """
        for end in list(self._ending.values()):
            end()
        self.settle(seconds=seconds)
        for delivery in self._of(ANY_RUN):
            self._finish(delivery, TimeoutError("the program has ended"))

    def before_fork(self) -> None:
        """
        Deliver what can be before the process is copied.
        """
        if self._pending:
            self.settle(seconds=LAST_SECONDS)

    def after_fork_in_child(self) -> None:
        """
        Leave to the parent what is its own.
        """
        self._start_anew()

    def _start_anew(self) -> None:
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._pending: list[Delivery] = []
        self._queue: deque[Delivery] = deque()
        self._thread: threading.Thread | None = None
        self._tasks: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Task[None]] = (
            weakref.WeakKeyDictionary()
        )

    def _of(self, trace_id: str) -> Iterator[Delivery]:
        with self._lock:
            pending = list(self._pending)
        return (d for d in pending if trace_id in {ANY_RUN, d.trace_id})

    def _to_thread(self, delivery: Delivery) -> None:
        """
        Have the thread deliver what a loop has left behind; recording it twice records it once.
        """
        with self._lock:
            if delivery in self._pending and delivery.loop is not None:
                delivery.loop = None
                self._queue.append(delivery)
                self._wake_thread()

    def _wake_thread(self) -> None:
        self._changed.notify()
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="reflect-outbox", daemon=True)
            self._thread.start()

    def _work(self) -> None:
        while self._waits_for_next():
            # No name for it: while this waits, nothing keeps a client from being collected.
            self._deliver(self._queue.popleft())

    def _waits_for_next(self) -> bool:
        """
        Wait until a run is there, and say so; False where none came for long.
        """
        with self._changed:
            if self._queue or self._changed.wait_for(lambda: self._queue, _IDLE_SECONDS):
                return True
            self._thread = None
            return False

    def _deliver(self, delivery: Delivery) -> None:
        if delivery.done.done():
            return
        problem: BaseException | None = None
        try:
            delivery.send(None)
        except BaseException as error:  # noqa: BLE001 - told to whoever asks next
            problem = error
        self._finish(delivery, problem)

    def _wake_task(self, loop: asyncio.AbstractEventLoop) -> None:
        task = self._tasks.get(loop)
        if task is None or task.done():
            self._tasks[loop] = loop.create_task(self._work_async(loop), name="reflect-outbox")

    async def _work_async(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            while delivery := self._next_of(loop):
                problem: BaseException | None = None
                try:
                    await delivery.send_async()
                except Exception as error:  # noqa: BLE001 - told to whoever asks next
                    problem = error
                await anyio.to_thread.run_sync(self._finish, delivery, problem)
        finally:  # The loop ends, and cancels its tasks.
            while delivery := self._next_of(loop):
                self._to_thread(delivery)

    def _next_of(self, loop: asyncio.AbstractEventLoop) -> Delivery | None:
        with self._lock:
            return next((d for d in self._pending if d.loop is loop), None)

    def _finish(self, delivery: Delivery, problem: BaseException | None) -> None:
        with self._lock:
            if delivery.done.done():
                return
            delivery.done.set_running_or_notify_cancel()
        try:
            if problem is None:
                delivery.follow_up()
            else:
                self._undelivered.handle(problem, delivery.keep, delivery.lost)
        finally:
            with self._lock:
                if delivery in self._pending:
                    self._pending.remove(delivery)
            delivery.done.set_result(None)


async def _awaited(delivery: Delivery) -> None:
    await asyncio.shield(asyncio.wrap_future(delivery.done))


def _runs(loop: asyncio.AbstractEventLoop) -> bool:
    return loop.is_running() and not loop.is_closed()


_OUTBOXES: weakref.WeakSet[Outbox] = weakref.WeakSet()


def _finish_all() -> None:
    deadline = time.monotonic() + LAST_SECONDS
    for outbox in list(_OUTBOXES):
        outbox.finish(max(0.0, deadline - time.monotonic()))


def _before_fork() -> None:
    for outbox in list(_OUTBOXES):
        outbox.before_fork()


def _after_fork_in_child() -> None:
    for outbox in list(_OUTBOXES):
        outbox.after_fork_in_child()


atexit.register(_finish_all)
with suppress(AttributeError):  # Windows does not fork.
    os.register_at_fork(before=_before_fork, after_in_child=_after_fork_in_child)
