"""
The ingest queue, whose entries are the rows of traces: whose turn it is, and claims.

The index `traces_queue` is ordered by status, project and time. From one project that waits to the
next is one step in it, however many traces a project has there.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from datetime import datetime, timedelta

from reflect_server.store.protocol.traces import FARTHEST_DUE, Claimed
from reflect_server.store.sqlite.columns import from_ids, from_times, to_optional_time

_WAITING = """
WITH RECURSIVE waiting (project_id) AS (
    SELECT min(project_id) FROM traces
    WHERE ingest_status = 'queued' AND due_at IS NOT NULL AND project_id > :after
    UNION ALL
    SELECT (
        SELECT min(project_id) FROM traces
        WHERE ingest_status = 'queued' AND due_at IS NOT NULL AND project_id > waiting.project_id
    )
    FROM waiting
    WHERE waiting.project_id IS NOT NULL
)
"""

_CLAIM = f"""
{_WAITING}
UPDATE traces
SET ingest_status = 'processing',
    ingest_attempts = ingest_attempts + 1,
    ingest_failures = ingest_failures + 1,
    claimed_until = :until
WHERE seq = (
    SELECT t.seq
    FROM waiting
    CROSS JOIN traces AS t ON t.seq = coalesce(
        (
            SELECT seq FROM traces
            WHERE ingest_status = 'queued' AND project_id = waiting.project_id
                AND due_at <= :now
            ORDER BY due_at, seq
            LIMIT 1
        ),
        (
            SELECT seq FROM traces
            WHERE ingest_status = 'queued' AND project_id = waiting.project_id
                AND due_at > :farthest
            ORDER BY due_at, seq
            LIMIT 1
        )
    )
    LIMIT 1
)
RETURNING project_id, id, ingest_attempts
"""  # noqa: S608 - made of constants

_EARLIEST = f"""
{_WAITING}
SELECT min((
    SELECT min(due_at) FROM traces
    WHERE ingest_status = 'queued' AND project_id = waiting.project_id AND due_at IS NOT NULL
))
FROM waiting
"""  # noqa: S608 - made of constants

_EXPIRE = """
UPDATE traces
SET ingest_status = 'queued', last_ingest_error = :error
WHERE ingest_status = 'processing' AND due_at IS NOT NULL
    AND (claimed_until <= :now OR claimed_until > :farthest)
"""

_RELEASE = """
UPDATE traces
SET ingest_status = 'queued'
WHERE ingest_status = 'processing' AND due_at IS NOT NULL
    AND id NOT IN (SELECT value FROM json_each(?))
"""

_BEFORE_ALL = ""


def claim(
    connection: sqlite3.Connection, *, now: datetime, until: datetime, after: str | None
) -> Claimed | None:
    """
    Claim a trace as `Traces.claim` does.

    Args:
        connection: The connection of the transaction.
        now: The present time.
        until: When the claim ends.
        after: The project that had its turn last; None where none had.

    Returns:
        Which trace it is, or None where nothing is due.
    """
    values = from_times(now=now, until=until, farthest=now + FARTHEST_DUE)
    for start in dict.fromkeys((after or _BEFORE_ALL, _BEFORE_ALL)):
        for row in connection.execute(_CLAIM, {**values, "after": start}).fetchall():
            return Claimed._make(row)
    return None


def expire(connection: sqlite3.Connection, *, now: datetime, lease: timedelta, error: str) -> int:
    """
    Put traces back whose claim has ended, as `Traces.expire_claims` does.
    """
    times = from_times(now=now, farthest=now + 2 * lease)
    return connection.execute(_EXPIRE, {**times, "error": error}).rowcount


def release(connection: sqlite3.Connection, keep: Collection[str]) -> int:
    """
    Put claimed traces back, as `Traces.release_claims` does.
    """
    return connection.execute(_RELEASE, (from_ids(keep),)).rowcount


def earliest_due(connection: sqlite3.Connection) -> datetime | None:
    """
    Return when the first of the queued traces is due, or None where there is none.

    Args:
        connection: The connection of the transaction.
    """
    (due_at,) = connection.execute(_EARLIEST, {"after": _BEFORE_ALL}).fetchone()
    return to_optional_time(due_at)
