"""
The embedded store's entry: repositories bound to a transaction's connection.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from reflect_server.store.protocol.memories import ForRanking
from reflect_server.store.protocol.store import Holdings, Transaction
from reflect_server.store.sqlite.current import CurrentMemories
from reflect_server.store.sqlite.database import Database
from reflect_server.store.sqlite.holdings import holdings
from reflect_server.store.sqlite.idempotency import SqliteIdempotency
from reflect_server.store.sqlite.keys import SqliteApiKeys
from reflect_server.store.sqlite.memories import SqliteMemories
from reflect_server.store.sqlite.memory_contents import MemoryContents
from reflect_server.store.sqlite.projects import SqliteProjects
from reflect_server.store.sqlite.skills import SqliteSkills
from reflect_server.store.sqlite.traces import SqliteTraces

T = TypeVar("T")


class SqliteTransaction:
    """
    The repositories of the transaction that a connection is in.

    Args:
        connection: The connection.
        contents: What transactions before have read of memories.
    """

    def __init__(self, connection: sqlite3.Connection, contents: MemoryContents) -> None:
        self._connection = connection
        self.projects = SqliteProjects(connection)
        self.traces = SqliteTraces(connection)
        self.memories = SqliteMemories(connection, contents)
        self.skills = SqliteSkills(connection)
        self.keys = SqliteApiKeys(connection)
        self.idempotency = SqliteIdempotency(connection)

    def holdings(self) -> Holdings:
        """
        Count what there is in all projects together; see `Transaction.holdings`.
        """
        return holdings(self._connection)


class SqliteStore:
    """
    Keeps everything in one SQLite file, `reflect.db`, in a data folder that it holds exclusively.

    Safe to use from any thread of one process.

    Args:
        data_dir: The data folder; made, for its owner only, when it does not exist.

    Raises:
        StoreError: The folder or its database cannot be used, or another server holds it.
    """

    def __init__(self, data_dir: Path) -> None:
        self._contents = MemoryContents()
        self._current = CurrentMemories(self._contents)
        self._database = Database(
            data_dir,
            lambda connection: SqliteTransaction(connection, self._contents),
            self._current,
        )

    def read(self, work: Callable[[Transaction], T]) -> T:
        """
        Run a function on one consistent snapshot and return its result; see `Store.read`.
        """
        return self._database.read(work)

    def for_ranking(self, project_id: str, memory_ids: Sequence[str]) -> ForRanking:
        """
        Return those of the memories that the project has, by id, and all its evidence together; see
        `Store.weighed`.

        Reads what has changed since it was read last, or was never read.
        """
        found = self._current.find(project_id, memory_ids)
        if found is None:
            moment = self._current.moment
            found = self.read(
                lambda tx: ForRanking(
                    tx.memories.get_many(project_id, memory_ids), tx.projects.evidence(project_id)
                )
            )
            self._current.keep(moment, project_id, found)
        return found

    def write(self, work: Callable[[Transaction], T]) -> T:
        """
        Run a function in a write transaction and return its result once it is durable; see
        `Store.write`.
        """
        return self._database.write(work)

    async def write_async(self, work: Callable[[Transaction], T]) -> T:
        """
        Do what `write` does while the event loop goes on; see `Store.write_async`.
        """
        return await self._database.write_async(work)

    def erase(self) -> None:
        """
        Remove what deleted data has left in files and in memory; see `Store.erase`.
        """
        try:
            self._database.erase()
        finally:  # Not before, as a read under way may keep what it has found.
            self._contents.forget()
            self._current.forget()

    def close(self) -> None:
        """
        Finish what is under way and release the files; see `Store.close`.
        """
        self._database.close()
