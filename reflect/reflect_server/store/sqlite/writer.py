"""
Group commit: the one thread that writes, and commits what waits together.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar

from reflect_server.errors import StoreError
from reflect_server.store.sqlite.failures import store_error

T = TypeVar("T")
S = TypeVar("S")

LARGEST_GROUP = 256
"""At most this many functions share a commit, so none waits long for the others."""


@dataclass(slots=True)
class _Job(Generic[S]):
    work: Callable[[S], Any]
    answer: Future[Any] | asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop | None = None
    result: Any = None
    error: BaseException | None = None

    def give_answer(self) -> None:
        if self.answer.done():  # Nobody waits any longer.
            return
        if self.error is None:
            self.answer.set_result(self.result)
        else:
            self.answer.set_exception(self.error)


class Writer(Generic[S]):
    """
    Runs write functions one after the other, in the order in which they came, on a thread of its
    own.

    Functions that wait at the same time share one transaction, and so one flush to the disk. Each
    has a savepoint: one that raises loses only its own changes.

    Args:
        connection: The connection to write with; used by this writer alone, closed by its owner.
        session: What functions receive, which works with that connection.
        committing: Makes the context in which each transaction is committed.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        session: S,
        committing: Callable[[], AbstractContextManager[None]],
    ) -> None:
        self._connection = connection
        self._session = session
        self._committing = committing
        self._jobs: SimpleQueue[_Job[S] | None] = SimpleQueue()
        self._accepting = True
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="reflect-store-writer", daemon=True)
        self._thread.start()

    def run(self, work: Callable[[S], T]) -> T:
        """
        Run `work` in a transaction and return its result once the disk has it.

        Args:
            work: Receives the session; must leave transactions alone.

        Returns:
            What `work` returned.

        Raises:
            StoreError: The database could not store it, or the store is closed.
            Exception: What `work` raised; nothing that it did is stored.
        """
        if threading.current_thread() is self._thread:
            raise StoreError("A write was started inside another write. Do both in one function.")
        answer: Future[T] = Future()
        self._accept(_Job(work, answer))
        return answer.result()

    async def run_async(self, work: Callable[[S], T]) -> T:
        """
        Do what `run` does while the event loop goes on.

        Whoever stops waiting calls nothing off: `work` is done all the same.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        self._accept(_Job(work, answer, loop))
        return await answer

    def close(self) -> None:
        """
        Finish every function that was accepted, and end the thread.
        """
        with self._lock:
            if self._accepting:
                self._accepting = False
                self._jobs.put(None)
        self._thread.join()

    def _accept(self, job: _Job[S]) -> None:
        with self._lock:
            if not self._accepting:
                raise StoreError("The store is closed. Start the server again to use it.")
            self._jobs.put(job)

    def _run(self) -> None:
        open_ended = True
        while open_ended:
            group, open_ended = self._next_group()
            if group:
                self._commit(group)
                _give_answers(group)
            group.clear()

    def _next_group(self) -> tuple[list[_Job[S]], bool]:
        group: list[_Job[S]] = []
        try:
            job = self._jobs.get()
            while job is not None:
                group.append(job)
                if len(group) == LARGEST_GROUP:
                    return group, True
                job = self._jobs.get_nowait()
        except Empty:
            return group, True
        return group, False

    def _commit(self, group: list[_Job[S]]) -> None:
        execute = self._connection.execute
        try:
            execute("BEGIN IMMEDIATE")
            for job in group:
                self._attempt(job)
            with self._committing():
                execute("COMMIT")
        except sqlite3.Error as error:
            with suppress(sqlite3.Error):
                execute("ROLLBACK")
            for job in group:
                job.error = store_error(error)
                job.error.__cause__ = error

    def _attempt(self, job: _Job[S]) -> None:
        execute = self._connection.execute
        execute("SAVEPOINT job")
        try:
            job.result = job.work(self._session)
        except BaseException as error:
            if isinstance(error, sqlite3.Error):
                if not self._connection.in_transaction:
                    raise
                job.error = store_error(error)
                job.error.__cause__ = error
            else:
                job.error = error
            execute("ROLLBACK TO job")
        execute("RELEASE job")


def _give_answers(group: Iterable[_Job[Any]]) -> None:
    """
    Answer on the threads that may: those who wait on an event loop are all woken at once by it.
    """
    on_loops: dict[asyncio.AbstractEventLoop, list[_Job[Any]]] = {}
    for job in group:
        if job.loop is None:
            job.give_answer()
        else:
            on_loops.setdefault(job.loop, []).append(job)
    for loop, jobs in on_loops.items():
        with suppress(RuntimeError):  # The loop has ended, and so has everyone who waited on it.
            loop.call_soon_threadsafe(_give_each, jobs)


def _give_each(jobs: Iterable[_Job[Any]]) -> None:
    for job in jobs:
        job.give_answer()
