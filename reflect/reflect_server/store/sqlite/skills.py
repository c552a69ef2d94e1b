"""
The skills, version by version.
"""

from __future__ import annotations

import sqlite3

from reflect_server.domain.model import Skill
from reflect_server.store.sqlite.columns import from_time, to_time
from reflect_server.store.sqlite.failures import constraints

_LATEST = """
SELECT project_id, version, n_passed, n_failed, created_at, updated_at, content
FROM skills
WHERE project_id = ?
ORDER BY version DESC
LIMIT 1
"""

_INSERT = """
INSERT INTO skills (project_id, version, n_passed, n_failed, created_at, updated_at, content)
VALUES (?, ?, ?, ?, ?, ?, ?)
"""


class SqliteSkills:
    """
    Skills; they end with their project.

    Args:
        connection: The connection of the transaction.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute

    def latest(self, project_id: str) -> Skill | None:
        """
        Return the newest version of the project's skill, or None where there is none.
        """
        row = self._execute(_LATEST, (project_id,)).fetchone()
        if row is None:
            return None
        return Skill(
            project_id=row[0],
            version=row[1],
            n_passed=row[2],
            n_failed=row[3],
            created_at=to_time(row[4]),
            updated_at=to_time(row[5]),
            content=row[6],
        )

    def insert(self, skill: Skill) -> None:
        """
        Store a new version.

        Raises:
            ConflictError: The project has this version already.
            NotFoundError: The project does not exist.
        """
        values = (
            skill.project_id,
            skill.version,
            skill.n_passed,
            skill.n_failed,
            from_time(skill.created_at),
            from_time(skill.updated_at),
            skill.content,
        )
        with constraints(
            duplicate=f"The project {skill.project_id!r} has version {skill.version} of its skill "
            "already.",
            missing=f"The project {skill.project_id!r} does not exist.",
        ):
            self._execute(_INSERT, values)
