"""
The one thread that writes, and commits what waits together.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from reflect_server.errors import StoreError
from reflect_server.store.sqlite.failures import store_error

T = TypeVar("T")

LARGEST_GROUP = 256
"""At most this many functions share a commit, so none waits long for the others."""


@dataclass(slots=True)
class _Job:
    work: Callable[[sqlite3.Connection], Any]
    future: Future[Any] = field(default_factory=Future)
    result: Any = None
    error: BaseException | None = None

    def resolve(self) -> None:
        if self.error is None:
            self.future.set_result(self.result)
        else:
            self.future.set_exception(self.error)


class Writer:
    """
    Runs write functions one after the other on a thread of its own.

    Functions that wait at the same time share one transaction, and so one flush to the disk. Each
    has a savepoint: one that raises loses only its own changes.

    Args:
        connection: The connection to write with; used by this writer alone, closed by its owner.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._accepting = True
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="reflect-store-writer", daemon=True)
        self._thread.start()

    def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """
        Run `work` in a transaction and return its result once the disk has it.

        Args:
            work: Receives the connection; must leave transactions alone.

        Returns:
            What `work` returned.

        Raises:
            StoreError: The database could not store it, or the store is closed.
            Exception: What `work` raised; nothing that it did is stored.
        """
        if threading.current_thread() is self._thread:
            raise StoreError("A write was started inside another write. Do both in one function.")
        result: T = self.submit(work).result()
        return result

    def submit(self, work: Callable[[sqlite3.Connection], T]) -> Future[T]:
        """
        Do what `run` does without waiting for it.

        Args:
            work: As for `run`.

        Returns:
            What `work` returns, once the disk has it, or the exception. What is called when it is
            done runs on the writer's thread.

        Raises:
            StoreError: The store is closed.
        """
        job = _Job(work)
        job.future.set_running_or_notify_cancel()  # From here on it cannot be cancelled.
        with self._lock:
            if not self._accepting:
                raise StoreError("The store is closed. Start the server again to use it.")
            self._jobs.put(job)
        return job.future

    def close(self) -> None:
        """
        Finish every function that was accepted, and end the thread.
        """
        with self._lock:
            if self._accepting:
                self._accepting = False
                self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        open_ended = True
        while open_ended:
            group, open_ended = self._next_group()
            if group:
                self._commit(group)
                for job in group:
                    job.resolve()
            group.clear()

    def _next_group(self) -> tuple[list[_Job], bool]:
        group: list[_Job] = []
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

    def _commit(self, group: list[_Job]) -> None:
        execute = self._connection.execute
        try:
            execute("BEGIN IMMEDIATE")
            for job in group:
                self._attempt(job)
            execute("COMMIT")
        except sqlite3.Error as error:
            with suppress(sqlite3.Error):
                execute("ROLLBACK")
            for job in group:
                job.error = store_error(error)
                job.error.__cause__ = error

    def _attempt(self, job: _Job) -> None:
        execute = self._connection.execute
        execute("SAVEPOINT job")
        try:
            job.result = job.work(self._connection)
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
