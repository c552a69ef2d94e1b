"""
The embedded store: transactions of SQLite with a repository per resource.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from typing_extensions import override

from reflect_server.store.protocol.early_reviews import EarlyReviews
from reflect_server.store.protocol.idempotency import Idempotency
from reflect_server.store.protocol.keys import ApiKeys
from reflect_server.store.protocol.memories import ForRanking, Memories
from reflect_server.store.protocol.projects import Projects
from reflect_server.store.protocol.skills import Skills
from reflect_server.store.protocol.store import Holdings, Transaction
from reflect_server.store.protocol.traces import Traces
from reflect_server.store.sqlite.current import CurrentMemories
from reflect_server.store.sqlite.database import Database
from reflect_server.store.sqlite.early_reviews import SqliteEarlyReviews
from reflect_server.store.sqlite.holdings import holdings
from reflect_server.store.sqlite.idempotency import SqliteIdempotency
from reflect_server.store.sqlite.keys import SqliteApiKeys
from reflect_server.store.sqlite.memories import SqliteMemories
from reflect_server.store.sqlite.memory_contents import MemoryContents
from reflect_server.store.sqlite.projects import SqliteProjects
from reflect_server.store.sqlite.skills import SqliteSkills
from reflect_server.store.sqlite.traces import SqliteTraces


class SqliteTransaction(Transaction):
    """
    The repositories of the transaction that a connection is in.

    Args:
        connection: The connection.
        contents: What transactions before have read of memories.
    """

    def __init__(self, connection: sqlite3.Connection, contents: MemoryContents) -> None:
        self._connection = connection
        self.projects: Projects = SqliteProjects(connection)
        self.traces: Traces = SqliteTraces(connection)
        self.memories: Memories = SqliteMemories(connection, contents)
        self.skills: Skills = SqliteSkills(connection)
        self.keys: ApiKeys = SqliteApiKeys(connection)
        self.idempotency: Idempotency = SqliteIdempotency(connection)
        self.early_reviews: EarlyReviews = SqliteEarlyReviews(connection)

    @override
    def holdings(self) -> Holdings:
        return holdings(self._connection)


class SqliteStore(Database[Transaction]):
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
        super().__init__(
            data_dir,
            lambda connection: SqliteTransaction(connection, self._contents),
            self._current,
        )

    def for_ranking(self, project_id: str, memory_ids: Sequence[str]) -> ForRanking:
        """
        Return those of the memories that the project has, by id, and all its evidence together; see
        `Store.for_ranking`.

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

    @override
    def erase(self) -> None:
        try:
            super().erase()
        finally:  # Not before, as a read under way may keep what it has found.
            self._contents.forget()
            self._current.forget()
