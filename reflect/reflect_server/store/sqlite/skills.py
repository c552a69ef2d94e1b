"""
The skills, version by version.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import msgspec

from reflect_server.domain.skills.entities import Skill, SkillChange, SkillCheck, SkillLine
from reflect_server.store.sqlite.columns import from_json, from_time, to_time
from reflect_server.store.sqlite.failures import constraints

_VERSIONS = """
SELECT
    project_id, version, n_passed, n_failed, created_at, updated_at, content, published, lines,
    changes, comparison
FROM skills
WHERE project_id = :project_id AND published >= :least_published
ORDER BY version DESC
LIMIT :limit
"""

_INSERT = """
INSERT INTO skills (
    project_id, version, n_passed, n_failed, created_at, updated_at, content, published, lines,
    changes, comparison
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""

_decode_lines = msgspec.json.Decoder(tuple[SkillLine, ...]).decode
_decode_changes = msgspec.json.Decoder(tuple[SkillChange, ...]).decode
_decode_check = msgspec.json.Decoder(SkillCheck | None).decode


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
        Return the newest published version of a project's skill, or None where there is none; see
        `Skills.latest`.
        """
        found = self._versions(project_id, limit=1, only_published=True)
        return found[0] if found else None

    def versions(self, project_id: str, *, limit: int) -> Sequence[Skill]:
        """
        Return the newest versions, newest first, those that were held back among them; see
        `Skills.versions`.
        """
        return self._versions(project_id, limit=limit, only_published=False)

    def insert(self, skill: Skill) -> None:
        """
        Store a new version; see `Skills.insert`.
        """
        values = (
            skill.project_id,
            skill.version,
            skill.n_passed,
            skill.n_failed,
            from_time(skill.created_at),
            from_time(skill.updated_at),
            skill.content,
            skill.published,
            from_json(skill.lines),
            from_json(skill.changes),
            from_json(skill.check),
        )
        with constraints(
            duplicate=f"The project {skill.project_id!r} has version {skill.version} of its skill "
            "already.",
            missing=f"The project {skill.project_id!r} does not exist.",
        ):
            self._execute(_INSERT, values)

    def _versions(self, project_id: str, *, limit: int, only_published: bool) -> list[Skill]:
        values = {
            "project_id": project_id,
            "least_published": int(only_published),
            "limit": limit,
        }
        return [
            Skill(
                project_id=row[0],
                version=row[1],
                n_passed=row[2],
                n_failed=row[3],
                created_at=to_time(row[4]),
                updated_at=to_time(row[5]),
                content=row[6],
                published=bool(row[7]),
                lines=_decode_lines(row[8]),
                changes=_decode_changes(row[9]),
                check=_decode_check(row[10]),
            )
            for row in self._execute(_VERSIONS, values)
        ]
