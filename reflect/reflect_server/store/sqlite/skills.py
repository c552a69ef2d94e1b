"""
The repository of skills, version by version.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from typing_extensions import override

from reflect_server.domain.skills.entities import Skill, SkillChange, SkillCheck, SkillLine
from reflect_server.store.protocol.skills import Skills
from reflect_server.store.sqlite.columns import from_json, from_time, to_time
from reflect_server.store.sqlite.failures import broken_constraint
from reflect_server.store.sqlite.statements import columns, insert_into


class _Row(NamedTuple):
    project_id: str
    version: int
    n_passed: int
    n_failed: int
    created_at: int
    updated_at: int
    content: str
    published: int
    lines: str
    changes: str
    comparison: str


_VERSIONS = f"""
SELECT {columns(_Row)}
FROM skills
WHERE project_id = :project_id AND published >= :least_published
ORDER BY version DESC
LIMIT :limit
"""  # noqa: S608 - names of our own
_INSERT = insert_into("skills", _Row)

_decode_lines = msgspec.json.Decoder(tuple[SkillLine, ...]).decode
_decode_changes = msgspec.json.Decoder(tuple[SkillChange, ...]).decode
_decode_check = msgspec.json.Decoder(SkillCheck | None).decode


class SqliteSkills(Skills):
    """
    Skills; they end with their project.

    Args:
        connection: The connection of the transaction.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute

    @override
    def latest(self, project_id: str) -> Skill | None:
        found = self._versions(project_id, limit=1, only_published=True)
        return found[0] if found else None

    @override
    def versions(self, project_id: str, *, limit: int) -> Sequence[Skill]:
        return self._versions(project_id, limit=limit, only_published=False)

    @override
    def insert(self, skill: Skill) -> None:
        row = _Row(
            project_id=skill.project_id,
            version=skill.version,
            n_passed=skill.n_passed,
            n_failed=skill.n_failed,
            created_at=from_time(skill.created_at),
            updated_at=from_time(skill.updated_at),
            content=skill.content,
            published=skill.published,
            lines=from_json(skill.lines),
            changes=from_json(skill.changes),
            comparison=from_json(skill.check),
        )
        try:
            self._execute(_INSERT, row)
        except sqlite3.IntegrityError as error:
            raise broken_constraint(
                error,
                duplicate=f"The project {skill.project_id!r} has version {skill.version} of its "
                "skill already.",
                missing=f"The project {skill.project_id!r} does not exist.",
            ) from error

    def _versions(self, project_id: str, *, limit: int, only_published: bool) -> list[Skill]:
        values = {
            "project_id": project_id,
            "least_published": int(only_published),
            "limit": limit,
        }
        return [_skill(row) for row in map(_Row._make, self._execute(_VERSIONS, values))]


def _skill(row: _Row) -> Skill:
    return Skill(
        project_id=row.project_id,
        version=row.version,
        n_passed=row.n_passed,
        n_failed=row.n_failed,
        created_at=to_time(row.created_at),
        updated_at=to_time(row.updated_at),
        content=row.content,
        published=bool(row.published),
        lines=_decode_lines(row.lines),
        changes=_decode_changes(row.changes),
        check=_decode_check(row.comparison),
    )
