"""
The repository of API keys.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from typing_extensions import override

from reflect_server.domain.api_key import ApiKey
from reflect_server.store.protocol.keys import ApiKeys
from reflect_server.store.sqlite.columns import (
    from_json,
    from_optional_time,
    from_time,
    to_ids,
    to_optional_time,
    to_time,
)
from reflect_server.store.sqlite.failures import broken_constraint
from reflect_server.store.sqlite.statements import columns, insert_into


class _Row(NamedTuple):
    id: str
    public_id: str
    secret_hash: bytes
    label: str
    scopes: str
    environment: str
    is_master: int
    project_id: str | None
    user_id: str | None
    created_at: int
    last_used_at: int | None
    revoked_at: int | None
    expires_at: int | None


_SELECT = f"SELECT {columns(_Row)} FROM api_keys"  # noqa: S608 - names of our own
_NEAREST = f"""
{_SELECT}
WHERE public_id = coalesce(
    (SELECT min(public_id) FROM api_keys WHERE public_id >= :public_id),
    (SELECT min(public_id) FROM api_keys)
)
"""  # noqa: S608 - made of our own text alone
_OF_PROJECT = f"{_SELECT} WHERE project_id IS ? ORDER BY seq"
_INSERT = insert_into("api_keys", _Row)


class SqliteApiKeys(ApiKeys):
    """
    API keys, without their secrets; a project's keys end with it.

    Args:
        connection: The connection of the transaction.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute

    @override
    def insert(self, key: ApiKey) -> None:
        row = _Row(
            id=key.id,
            public_id=key.public_id,
            secret_hash=key.secret_hash,
            label=key.label,
            scopes=from_json(key.scopes),
            environment=key.environment,
            is_master=key.is_master,
            project_id=key.project_id,
            user_id=key.user_id,
            created_at=from_time(key.created_at),
            last_used_at=from_optional_time(key.last_used_at),
            revoked_at=from_optional_time(key.revoked_at),
            expires_at=from_optional_time(key.expires_at),
        )
        try:
            self._execute(_INSERT, row)
        except sqlite3.IntegrityError as error:
            raise broken_constraint(
                error,
                duplicate=f"An API key with the id {key.id!r} or its public id exists already.",
                missing=f"The project {key.project_id!r} does not exist.",
            ) from error

    @override
    def nearest(self, public_id: str) -> ApiKey | None:
        # Where there is none of this public id: the next in their order, which is a circle.
        row = self._execute(_NEAREST, {"public_id": public_id}).fetchone()
        return None if row is None else _key(_Row._make(row))

    @override
    def exist(self) -> bool:
        return self._execute("SELECT 1 FROM api_keys LIMIT 1").fetchone() is not None

    @override
    def of_project(self, project_id: str | None) -> Sequence[ApiKey]:
        return [_key(row) for row in map(_Row._make, self._execute(_OF_PROJECT, (project_id,)))]

    @override
    def revoke(self, key_id: str, *, at: datetime) -> None:
        self._execute(
            "UPDATE api_keys SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL",
            (from_time(at), key_id),
        )

    @override
    def revoke_all(self, *, at: datetime) -> None:
        self._execute(
            "UPDATE api_keys SET revoked_at = ? WHERE revoked_at IS NULL", (from_time(at),)
        )

    @override
    def touch(self, key_id: str, *, at: datetime) -> None:
        self._execute("UPDATE api_keys SET last_used_at = ? WHERE id = ?", (from_time(at), key_id))


def _key(row: _Row) -> ApiKey:
    return ApiKey(
        id=row.id,
        public_id=row.public_id,
        secret_hash=row.secret_hash,
        label=row.label,
        scopes=to_ids(row.scopes),
        environment=row.environment,
        is_master=bool(row.is_master),
        project_id=row.project_id,
        user_id=row.user_id,
        created_at=to_time(row.created_at),
        last_used_at=to_optional_time(row.last_used_at),
        revoked_at=to_optional_time(row.revoked_at),
        expires_at=to_optional_time(row.expires_at),
    )
