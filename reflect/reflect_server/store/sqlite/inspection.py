"""
Inspection: what can be told of a database from outside, without changing it or a file beside it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from reflect_server.domain.trace import IngestStatus
from reflect_server.errors import StoreError
from reflect_server.store.sqlite.columns import from_time, to_optional_time
from reflect_server.store.sqlite.queue import earliest_due
from reflect_server.store.sqlite.schema import migrations, refuse_foreign_file

SQLITE_VERSION = sqlite3.sqlite_version
"""The SQLite that reads and writes the database."""

_DAMAGES = ("SQLITE_CORRUPT", "SQLITE_NOTADB")


class UnreadableDatabaseError(StoreError):
    """
    The database cannot be read.

    Args:
        reason: Why, in SQLite's words.
        is_damaged: Whether its content is the cause, rather than who may read it.
    """

    def __init__(self, reason: str, *, is_damaged: bool) -> None:
        super().__init__(f"The database cannot be read ({reason}).")
        self.reason = reason
        self.is_damaged = is_damaged


@dataclass(frozen=True, slots=True)
class Contents:
    """
    What waits in a database, and how far its keys and its clock can be trusted.

    Attributes:
        traces: How many traces there are by ingest status; those without any are left out.
        last_failure: Why the newest of the failed traces failed; None where that is unknown.
        failed_projects: The projects with failed traces, at most two of them.
        oldest_due_at: Since when the first trace of the queue is due; None where none is.
        keys: How many API keys there are.
        usable_keys: How many of them have neither ended nor been revoked.
        newest_trace_at: The latest time among the newest traces; None where there are none.
    """

    traces: Mapping[IngestStatus, int]
    last_failure: str | None
    failed_projects: tuple[str, ...]
    oldest_due_at: datetime | None
    keys: int
    usable_keys: int
    newest_trace_at: datetime | None


@dataclass(frozen=True, slots=True)
class Inspection:
    """
    A database as it was found.

    Attributes:
        size: Its size in bytes.
        schema_version: The version of its schema.
        newest_version: The newest version that this program knows.
        damage: What is wrong with it, in SQLite's words; None where it is sound, and where it was
            not looked through, as its version is unknown.
        contents: What is in it; None where it is damaged or of another version.
    """

    size: int
    schema_version: int
    newest_version: int
    damage: str | None = None
    contents: Contents | None = None


def inspect(path: Path, *, now: datetime) -> Inspection:
    """
    Read a database through, and look at what waits in it.

    Args:
        path: The file.
        now: The present time, in UTC.

    Raises:
        StoreError: The file is no Reflect database.
        UnreadableDatabaseError: It cannot be read.
        OSError: The file cannot be read.
    """
    newest = len(migrations())
    try:
        refuse_foreign_file(path)
        size = path.stat().st_size
        with closing(_opened(path)) as connection:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version > newest:
                return Inspection(size, version, newest)
            (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            if found != "ok":
                return Inspection(size, version, newest, damage=" ".join(str(found).split()))
            contents = _contents(connection, now) if version == newest else None
            return Inspection(size, version, newest, contents=contents)
    except sqlite3.DatabaseError as error:
        is_damaged = error.sqlite_errorname.startswith(_DAMAGES)
        raise UnreadableDatabaseError(str(error), is_damaged=is_damaged) from error


def may_have_keys(path: Path) -> bool:
    """
    Say whether a database has API keys; true where it cannot be read, as it may have some.

    Args:
        path: The file.
    """
    try:
        with closing(_opened(path)) as connection:
            return connection.execute("SELECT 1 FROM api_keys LIMIT 1").fetchone() is not None
    except sqlite3.Error:
        return True


def _opened(path: Path) -> sqlite3.Connection:
    """
    Open a database so that not even files beside it are made or removed.
    """
    is_in_use = path.with_name(f"{path.name}-wal").exists()
    mode = "mode=ro" if is_in_use else "mode=ro&immutable=1"
    return sqlite3.connect(f"{path.resolve().as_uri()}?{mode}", uri=True)


def _contents(connection: sqlite3.Connection, now: datetime) -> Contents:
    execute = connection.execute
    counts = execute("SELECT ingest_status, count(*) FROM traces GROUP BY 1").fetchall()
    failure = execute(
        "SELECT last_ingest_error FROM traces WHERE ingest_status = 'failed' "
        "ORDER BY seq DESC LIMIT 1"
    ).fetchone()
    failed = execute(
        "SELECT DISTINCT project_id FROM traces WHERE ingest_status = 'failed' LIMIT 2"
    ).fetchall()
    (keys, usable) = execute(
        "SELECT count(*), coalesce(sum("
        "revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?)), 0) FROM api_keys",
        (from_time(now),),
    ).fetchone()
    (newest,) = execute(
        "SELECT max(created_at) FROM (SELECT created_at FROM traces ORDER BY seq DESC LIMIT 100)"
    ).fetchone()
    return Contents(
        traces={IngestStatus(status): count for status, count in counts},
        last_failure=None if failure is None else failure[0],
        failed_projects=tuple(project_id for (project_id,) in failed),
        oldest_due_at=earliest_due(connection),
        keys=keys,
        usable_keys=usable,
        newest_trace_at=to_optional_time(newest),
    )
