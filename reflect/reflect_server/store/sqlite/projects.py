"""
The repository of projects.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from typing_extensions import override

from reflect_server.domain.memory import Evidence
from reflect_server.store.protocol.projects import Projects
from reflect_server.store.sqlite.columns import from_time, to_time

_RECOUNT = """
UPDATE projects
SET (uses, wins, losses) = (
    SELECT coalesce(sum(uses), 0), coalesce(sum(wins), 0.0), coalesce(sum(losses), 0.0)
    FROM memories
    WHERE project_id = projects.id
)
WHERE id = ?
"""


class SqliteProjects(Projects):
    """
    The projects that exist; deleting one deletes all that refers to it.

    Args:
        connection: The connection of the transaction.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute

    @override
    def exists(self, project_id: str) -> bool:
        row = self._execute("SELECT 1 FROM projects WHERE id = ?", (project_id,)).fetchone()
        return row is not None

    @override
    def created_at(self, project_id: str) -> datetime | None:
        sql = "SELECT created_at FROM projects WHERE id = ?"
        row = self._execute(sql, (project_id,)).fetchone()
        return None if row is None else to_time(row[0])

    @override
    def create(self, project_id: str, *, created_at: datetime) -> None:
        self._execute(
            "INSERT INTO projects (id, created_at) VALUES (?, ?) ON CONFLICT DO NOTHING",
            (project_id, from_time(created_at)),
        )

    @override
    def ids(self) -> Sequence[str]:
        return [row[0] for row in self._execute("SELECT id FROM projects ORDER BY id")]

    @override
    def evidence(self, project_id: str) -> Evidence:
        row = self._execute(
            "SELECT uses, wins, losses FROM projects WHERE id = ?", (project_id,)
        ).fetchone()
        return Evidence() if row is None else Evidence(*row)

    @override
    def recount(self, project_id: str) -> None:
        self._execute(_RECOUNT, (project_id,))

    @override
    def delete(self, project_id: str) -> None:
        self._execute("DELETE FROM projects WHERE id = ?", (project_id,))
