"""
Transactions on the SQLite file: many readers on snapshots, one writer.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TypeVar

from reflect_server.errors import StoreError
from reflect_server.store.sqlite.failures import store_error
from reflect_server.store.sqlite.folder import FolderLock
from reflect_server.store.sqlite.schema import connect, open_database
from reflect_server.store.sqlite.staging import DATABASE_NAME, apply_staged
from reflect_server.store.sqlite.writer import Writer

T = TypeVar("T")


class Database:
    """
    The database of a data folder, held exclusively until `close`.

    Reads run on the caller's thread, each with a connection of its own and a snapshot that no
    writer disturbs or waits for. Writes run on one thread.

    Args:
        folder: The data folder; made when it does not exist.

    Raises:
        StoreError: The folder or its database cannot be used, or another server holds it.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / DATABASE_NAME
        self._lock = FolderLock(folder)
        try:
            apply_staged(folder)
            self._connection = open_database(self._path)
        except BaseException:
            self._lock.release()
            raise
        self._writer = Writer(self._connection)
        self._readers: list[sqlite3.Connection] = []
        self._readers_lock = threading.Lock()
        self._closed = False

    def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """
        Run `work` on one consistent snapshot.

        Args:
            work: Receives a connection that refuses to write.

        Returns:
            What `work` returned.

        Raises:
            StoreError: The database could not be read, or the store is closed.
        """
        try:
            with self._reader() as connection:
                connection.execute("BEGIN DEFERRED")
                try:
                    return work(connection)
                finally:
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
        except sqlite3.Error as error:
            raise store_error(error) from error

    def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """
        Run `work` in a write transaction, as `Writer.run` does.
        """
        return self._writer.run(work)

    def submit(self, work: Callable[[sqlite3.Connection], T]) -> Future[T]:
        """
        Run `work` in a write transaction, as `Writer.submit` does.
        """
        return self._writer.submit(work)

    def erase(self) -> None:
        """
        Empty the write-ahead log, which may still hold what was deleted from the database.

        Raises:
            StoreError: The database cannot be written.
        """
        try:
            with closing(connect(self._path)) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.Error as error:
            raise store_error(error) from error

    def close(self) -> None:
        """
        Finish the writes that were accepted, close the file and release the folder.
        """
        self._writer.close()
        with self._readers_lock:
            self._closed = True
            idle, self._readers = self._readers, []
        for connection in idle:
            connection.close()
        self._connection.close()
        self._lock.release()

    @contextmanager
    def _reader(self) -> Iterator[sqlite3.Connection]:
        with self._readers_lock:
            if self._closed:
                raise StoreError("The store is closed. Start the server again to use it.")
            connection = self._readers.pop() if self._readers else None
        if connection is None:
            connection = connect(self._path)
            connection.execute("PRAGMA query_only = ON")
        try:
            yield connection
        finally:
            with self._readers_lock:
                closed = self._closed
                if not closed:
                    self._readers.append(connection)
            if closed:
                connection.close()
