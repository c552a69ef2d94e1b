"""
The repository of idempotency keys, with the answers of the creations that carried them.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta

from typing_extensions import override

from reflect_server.store.protocol.idempotency import (
    REMEMBERED_FOR,
    Idempotency,
    IdempotentAnswer,
)
from reflect_server.store.sqlite.columns import from_time
from reflect_server.store.sqlite.failures import broken_constraint

LARGEST_PURGE = 500
"""How many answers one creation forgets at most, which takes about 2 ms."""

_SLACK = timedelta(hours=1)

_PURGE = """
DELETE FROM idempotent_answers
WHERE (project_id, key) IN (
    SELECT project_id, key FROM idempotent_answers
    WHERE created_at < ? ORDER BY created_at LIMIT ?
)
"""


class SqliteIdempotency(Idempotency):
    """
    The answers of creations that carried an idempotency key.

    They end with their project, and when they are old: a creation forgets many at once, and only
    when the oldest has been due for a while, as each of them lies on a page of its own.

    Args:
        connection: The connection of the transaction.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute

    @override
    def find(self, project_id: str, key: str) -> IdempotentAnswer | None:
        row = self._execute(
            "SELECT fingerprint, resource_id FROM idempotent_answers "
            "WHERE project_id = ? AND key = ?",
            (project_id, key),
        ).fetchone()
        return None if row is None else IdempotentAnswer(*row)

    @override
    def remember(
        self, project_id: str, key: str, answer: IdempotentAnswer, *, at: datetime
    ) -> None:
        try:
            self._execute(
                "INSERT INTO idempotent_answers "
                "(project_id, key, fingerprint, resource_id, created_at) VALUES (?, ?, ?, ?, ?)",
                (project_id, key, answer.fingerprint, answer.resource_id, from_time(at)),
            )
        except sqlite3.IntegrityError as error:
            raise broken_constraint(
                error,
                duplicate=f"The idempotency key {key!r} was used before in this project. "
                "Send another key for another request.",
                missing=f"The project {project_id!r} does not exist.",
            ) from error
        (oldest,) = self._execute("SELECT min(created_at) FROM idempotent_answers").fetchone()
        if oldest < from_time(at - REMEMBERED_FOR - _SLACK):
            self._execute(_PURGE, (from_time(at - REMEMBERED_FOR), LARGEST_PURGE))
