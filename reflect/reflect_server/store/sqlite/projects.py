"""
The projects.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from reflect_server.domain.entities import Evidence
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


class SqliteProjects:
    """
    The projects that exist; deleting one deletes all that refers to it.

    Args:
        connection: The connection of the transaction.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute

    def exists(self, project_id: str) -> bool:
        """
        Say whether a project exists; see `Projects.exists`.
        """
        row = self._execute("SELECT 1 FROM projects WHERE id = ?", (project_id,)).fetchone()
        return row is not None

    def created_at(self, project_id: str) -> datetime | None:
        """
        Say when a project was created; None where it does not exist; see `Projects.created_at`.
        """
        sql = "SELECT created_at FROM projects WHERE id = ?"
        row = self._execute(sql, (project_id,)).fetchone()
        return None if row is None else to_time(row[0])

    def create(self, project_id: str, *, created_at: datetime) -> None:
        """
        Create a project; nothing happens where it exists; see `Projects.create`.
        """
        self._execute(
            "INSERT INTO projects (id, created_at) VALUES (?, ?) ON CONFLICT DO NOTHING",
            (project_id, from_time(created_at)),
        )

    def ids(self) -> Sequence[str]:
        """
        Return the ids of all projects, sorted; see `Projects.ids`.
        """
        return [row[0] for row in self._execute("SELECT id FROM projects ORDER BY id")]

    def evidence(self, project_id: str) -> Evidence:
        """
        Return what reviews have shown of all memories of a project together, without
        `last_used_at`; see `Projects.evidence`.
        """
        row = self._execute(
            "SELECT uses, wins, losses FROM projects WHERE id = ?", (project_id,)
        ).fetchone()
        return Evidence() if row is None else Evidence(*row)

    def recount(self, project_id: str) -> None:
        """
        Set a project's evidence to that of its memories together; see `Projects.recount`.
        """
        self._execute(_RECOUNT, (project_id,))

    def delete(self, project_id: str) -> None:
        """
        Delete a project and everything of it: traces, reviews, memories, events, keys, skills; see
        `Projects.delete`.
        """
        self._execute("DELETE FROM projects WHERE id = ?", (project_id,))
