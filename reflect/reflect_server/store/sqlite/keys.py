"""
The API keys.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from reflect_server.domain.entities import ApiKey
from reflect_server.store.sqlite.columns import (
    from_json,
    from_optional_time,
    from_time,
    to_ids,
    to_optional_time,
    to_time,
)
from reflect_server.store.sqlite.failures import constraints

_SELECT = """
SELECT
    id, public_id, secret_hash, label, scopes, environment, is_master, project_id, user_id,
    created_at, last_used_at, revoked_at, expires_at
FROM api_keys
"""
_NEAREST = f"""
{_SELECT}
WHERE public_id = coalesce(
    (SELECT min(public_id) FROM api_keys WHERE public_id >= :public_id),
    (SELECT min(public_id) FROM api_keys)
)
"""  # noqa: S608 - made of our own text alone
_OF_PROJECT = f"{_SELECT} WHERE project_id IS ? ORDER BY seq"

_INSERT = """
INSERT INTO api_keys (
    id, public_id, secret_hash, label, scopes, environment, is_master, project_id, user_id,
    created_at, last_used_at, revoked_at, expires_at
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


class SqliteApiKeys:
    """
    API keys, without their secrets; a project's keys end with it.

    Args:
        connection: The connection of the transaction.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute

    def insert(self, key: ApiKey) -> None:
        """
        Store a new key; see `ApiKeys.insert`.
        """
        values = (
            key.id,
            key.public_id,
            key.secret_hash,
            key.label,
            from_json(key.scopes),
            key.environment,
            key.is_master,
            key.project_id,
            key.user_id,
            from_time(key.created_at),
            from_optional_time(key.last_used_at),
            from_optional_time(key.revoked_at),
            from_optional_time(key.expires_at),
        )
        with constraints(
            duplicate=f"An API key with the id {key.id!r} or its public id exists already.",
            missing=f"The project {key.project_id!r} does not exist.",
        ):
            self._execute(_INSERT, values)

    def nearest(self, public_id: str) -> ApiKey | None:
        """
        Return the key with this public id, or else any other one; None where there is none at all;
        see `ApiKeys.nearest`.

        The other one is the next in the order of public ids, which is a circle.
        """
        row = self._execute(_NEAREST, {"public_id": public_id}).fetchone()
        return None if row is None else _key(row)

    def exist(self) -> bool:
        """
        Say whether there is any key, revoked ones included; see `ApiKeys.exist`.
        """
        return self._execute("SELECT 1 FROM api_keys LIMIT 1").fetchone() is not None

    def of_project(self, project_id: str | None) -> Sequence[ApiKey]:
        """
        Return keys, revoked ones included, oldest first; see `ApiKeys.of_project`.
        """
        return [_key(row) for row in self._execute(_OF_PROJECT, (project_id,))]

    def revoke(self, key_id: str, *, at: datetime) -> None:
        """
        Revoke a key; one that is revoked already keeps its first date; see `ApiKeys.revoke`.
        """
        self._execute(
            "UPDATE api_keys SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL",
            (from_time(at), key_id),
        )

    def revoke_all(self, *, at: datetime) -> None:
        """
        Revoke every key of the installation; see `ApiKeys.revoke_all`.
        """
        self._execute(
            "UPDATE api_keys SET revoked_at = ? WHERE revoked_at IS NULL", (from_time(at),)
        )

    def touch(self, key_id: str, *, at: datetime) -> None:
        """
        Note that a key was used; see `ApiKeys.touch`.
        """
        self._execute("UPDATE api_keys SET last_used_at = ? WHERE id = ?", (from_time(at), key_id))


def _key(row: tuple[Any, ...]) -> ApiKey:
    return ApiKey(
        id=row[0],
        public_id=row[1],
        secret_hash=row[2],
        label=row[3],
        scopes=to_ids(row[4]),
        environment=row[5],
        is_master=bool(row[6]),
        project_id=row[7],
        user_id=row[8],
        created_at=to_time(row[9]),
        last_used_at=to_optional_time(row[10]),
        revoked_at=to_optional_time(row[11]),
        expires_at=to_optional_time(row[12]),
    )
