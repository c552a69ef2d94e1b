"""
Transactions on the SQLite file: many readers on snapshots, one writer.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from reflect_server.errors import StoreError
from reflect_server.store.sqlite.current import CurrentMemories
from reflect_server.store.sqlite.failures import store_error
from reflect_server.store.sqlite.folder_lock import FolderLock
from reflect_server.store.sqlite.schema import connect, open_database
from reflect_server.store.sqlite.staging import DATABASE_NAME, apply_staged
from reflect_server.store.sqlite.writer import Writer

T = TypeVar("T")
S = TypeVar("S")

LONGEST_ERASURE = 2.0
"""How long erasing waits for reads, in seconds; no write begins meanwhile."""

_log = logging.getLogger("reflect_server.store")


@dataclass(frozen=True, slots=True)
class _Reader(Generic[S]):
    connection: sqlite3.Connection
    session: S

    def run(self, work: Callable[[S], T]) -> T:
        execute = self.connection.execute
        execute("BEGIN DEFERRED")
        try:
            return work(self.session)
        finally:
            if self.connection.in_transaction:
                execute("ROLLBACK")


class Database(Generic[S]):
    """
    The database of a data folder, held exclusively until `close`.

    Reads run on the caller's thread, each with a connection of its own and a snapshot that no
    writer disturbs or waits for. Writes run on one thread.

    Args:
        folder: The data folder; made when it does not exist.
        session: Makes what reads and writes receive. Called once for each connection, as
            transactions are many and short.
        current: Is told of what is written.

    Raises:
        StoreError: The folder or its database cannot be used, or another server holds it.
    """

    def __init__(
        self,
        folder: Path,
        session: Callable[[sqlite3.Connection], S],
        current: CurrentMemories,
    ) -> None:
        self._path = folder / DATABASE_NAME
        self._session = session
        self._lock = FolderLock(folder)
        try:
            apply_staged(folder)
            self._connection = open_database(self._path)
            current.watch(self._connection)
        except BaseException:
            self._lock.release()
            raise
        self._writer = Writer(self._connection, session(self._connection), current.committing)
        self._readers: list[_Reader[S]] = []
        self._readers_lock = threading.Lock()
        self._closed = False

    def read(self, work: Callable[[S], T]) -> T:
        """
        Run `work` on one consistent snapshot.

        Args:
            work: Receives a session on a connection that refuses to write.

        Returns:
            What `work` returned.

        Raises:
            StoreError: The database could not be read, or the store is closed.
        """
        try:
            reader = self._borrowed()
            try:
                return reader.run(work)
            finally:
                self._give_back(reader)
        except sqlite3.Error as error:
            raise store_error(error) from error

    def write(self, work: Callable[[S], T]) -> T:
        """
        Run `work` in a write transaction, as `Writer.run` does.
        """
        return self._writer.run(work)

    async def write_async(self, work: Callable[[S], T]) -> T:
        """
        Run `work` in a write transaction, as `Writer.run_async` does.
        """
        return await self._writer.run_async(work)

    def erase(self) -> None:
        """
        Empty the write-ahead log, which may still hold what was deleted from the database.

        It stays where a read takes longer than `LONGEST_ERASURE`, as that of a backup can; then a
        warning is logged.

        Raises:
            StoreError: The database cannot be written.
        """
        try:
            with closing(connect(self._path)) as connection:
                connection.execute(f"PRAGMA busy_timeout = {round(LONGEST_ERASURE * 1e3)}")
                is_busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.Error as error:
            raise store_error(error) from error
        if is_busy:
            _log.warning(
                "what was deleted stays in %s-wal until the server ends or something else is "
                "deleted, as the database is read for long, by a backup for example",
                self._path,
            )

    def close(self) -> None:
        """
        Finish the writes that were accepted, close the file and release the folder.
        """
        self._writer.close()
        with self._readers_lock:
            self._closed = True
            idle, self._readers = self._readers, []
        for reader in idle:
            reader.connection.close()
        self._connection.close()
        self._lock.release()

    def _borrowed(self) -> _Reader[S]:
        with self._readers_lock:
            if self._closed:
                raise StoreError("The store is closed. Start the server again to use it.")
            if self._readers:
                return self._readers.pop()
        connection = connect(self._path)
        connection.execute("PRAGMA query_only = ON")
        return _Reader(connection, self._session(connection))

    def _give_back(self, reader: _Reader[S]) -> None:
        with self._readers_lock:
            closed = self._closed
            if not closed:
                self._readers.append(reader)
        if closed:
            reader.connection.close()
