"""
The repository of traces, their reviews, and the ingest queue that their rows form.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from typing_extensions import override

from reflect_server.domain.review import Review, ReviewStatus
from reflect_server.domain.trace import (
    ALL_TRACES,
    IngestStatus,
    Trace,
    TraceFilter,
    TraceState,
    id_within,
)
from reflect_server.errors import StoreError
from reflect_server.store.protocol.traces import Claimed, Holder, Traces
from reflect_server.store.sqlite import queue
from reflect_server.store.sqlite.columns import digests, from_ids, from_time, from_trajectory
from reflect_server.store.sqlite.cursors import cursor_after, next_position, position, within
from reflect_server.store.sqlite.failures import broken_constraint
from reflect_server.store.sqlite.statements import insert_into
from reflect_server.store.sqlite.trace_rows import (
    SELECT_STATE,
    SELECT_TRACE,
    NewTraceRow,
    ReviewRow,
    row_of_review,
    row_of_trace,
    state_of,
    trace_of,
)

_BY_ID = f"{SELECT_TRACE} WHERE +t.project_id = :project_id AND t.id IN (:trace_id, :within)"
_STATE_BY_ID = f"{SELECT_STATE} WHERE +t.project_id = ? AND t.id IN (?, ?)"

_PAGE = f"{SELECT_TRACE} WHERE t.project_id = :project_id AND t.seq < :before"
_PAGE_END = " ORDER BY t.seq DESC LIMIT :limit"
_WITH_REVIEW_STATUS = " AND t.review_status = :review_status"
_WITH_INGEST_STATUS = " AND t.ingest_status = :ingest_status"
_WITH_MODEL = " AND t.model = :model"
_WITH_FACT = """
AND t.seq IN (
    SELECT trace_seq FROM trace_facts WHERE project_id = :project_id AND digest = :{name}
)
"""

_INSERT = insert_into("traces", NewTraceRow, seq=next_position("traces"))
_INSERT_TRAJECTORY = "INSERT INTO trajectories (trace_seq, messages) VALUES (?, CAST(? AS TEXT))"
_INSERT_FACT = "INSERT INTO trace_facts (project_id, digest, trace_seq) VALUES (?, ?, ?)"
_INSERT_REVIEW = insert_into("reviews", ReviewRow)

_REVIEWED = "UPDATE traces SET review_status = ? WHERE id = ?"
_REVIEWED_AND_QUEUED = """
UPDATE traces SET review_status = ?, ingest_status = 'queued', due_at = ? WHERE id = ?
"""

_COMPLETE = """
UPDATE traces
SET review_status = ?, ingest_status = 'completed', ingest_failures = 0,
    last_ingest_error = NULL, due_at = NULL
WHERE id = ? AND id = (SELECT trace_id FROM memories WHERE id = ?)
"""

_RESCHEDULE = """
UPDATE traces
SET ingest_status = 'queued', last_ingest_error = ?, due_at = ?,
    ingest_failures = ingest_failures - ?
WHERE id = ? AND ingest_attempts = ? AND ingest_status = 'processing'
"""

_FAIL = """
UPDATE traces
SET ingest_status = 'failed', last_ingest_error = ?, due_at = NULL
WHERE id = ? AND ingest_attempts = ? AND ingest_status = 'processing'
"""

_RETRY = """
UPDATE traces
SET ingest_status = 'queued', ingest_failures = 0, due_at = :due_at
WHERE ingest_status = 'failed'
    AND (:project_id IS NULL OR project_id = :project_id)
    AND (:trace_ids IS NULL OR id IN (SELECT value FROM json_each(:trace_ids)))
RETURNING id
"""

_REMEMBER_MEMORIES = """
INSERT INTO deleted_memories (project_id, memory_id)
SELECT m.project_id, m.id
FROM memories AS m
JOIN traces AS t ON t.id = m.trace_id
WHERE t.id IN (SELECT value FROM json_each(:trace_ids)) AND +t.project_id = :project_id
"""

_REMEMBER_MEMORY = """
INSERT INTO deleted_memories (project_id, memory_id)
SELECT project_id, id FROM memories WHERE trace_id = ?
"""

_WITHOUT_REVIEW = """
UPDATE traces
SET review_status = 'pending', ingest_status = 'completed', ingest_failures = 0,
    last_ingest_error = NULL, due_at = NULL
WHERE id = ?
"""

_DELETE = """
DELETE FROM traces
WHERE +project_id = :project_id AND id IN (SELECT value FROM json_each(:trace_ids))
RETURNING id
"""

_HOLDER = "SELECT project_id, fingerprint, ingest_status FROM traces WHERE id = ?"

_UNLIMITED = -1
_ANY_LENGTH = 2**63 - 1


class SqliteTraces(Traces):
    """
    Traces with their reviews. A trace's `created_memory_id` is read from the memory made of it.

    Args:
        connection: The connection of the transaction.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._execute = connection.execute

    @override
    def insert(self, trace: Trace, *, fingerprint: bytes | None = None) -> None:
        encoded = from_trajectory(trace.trajectory)
        row = row_of_trace(trace, len(encoded), fingerprint)
        try:
            seq = self._execute(_INSERT, row).lastrowid
        except sqlite3.IntegrityError as error:
            raise broken_constraint(
                error,
                duplicate=f"A trace with the id {trace.id!r} exists already.",
                missing=f"The project {trace.project_id!r} does not exist.",
            ) from error
        self._execute(_INSERT_TRAJECTORY, (seq, encoded))
        for digest in digests(trace.metadata):
            self._execute(_INSERT_FACT, (trace.project_id, digest, seq))
        if trace.review is not None:
            self._insert_review(trace.review)

    @override
    def get(self, project_id: str, trace_id: str, *, largest: int | None = None) -> Trace | None:
        wanted = {
            "project_id": project_id,
            "trace_id": trace_id,
            "within": id_within(project_id, trace_id),
            "largest": _ANY_LENGTH if largest is None else largest,
        }
        row = self._execute(_BY_ID, wanted).fetchone()
        return None if row is None else trace_of(row)

    @override
    def state(self, project_id: str, trace_id: str) -> TraceState | None:
        ids = (trace_id, id_within(project_id, trace_id))
        row = self._execute(_STATE_BY_ID, (project_id, *ids)).fetchone()
        return None if row is None else state_of(row)

    @override
    def holder(self, trace_id: str) -> Holder | None:
        row = self._execute(_HOLDER, (trace_id,)).fetchone()
        return None if row is None else Holder(row[0], row[1], IngestStatus(row[2]))

    @override
    def page(
        self,
        project_id: str,
        *,
        wanted: TraceFilter = ALL_TRACES,
        after: str | None = None,
        limit: int | None = None,
        room: int | None = None,
    ) -> Sequence[Trace]:
        facts = {f"fact_{n}": digest for n, digest in enumerate(digests(wanted.metadata or {}))}
        sql = _PAGE
        sql += _WITH_REVIEW_STATUS if wanted.review_status is not None else ""
        sql += _WITH_INGEST_STATUS if wanted.ingest_status is not None else ""
        sql += _WITH_MODEL if wanted.model is not None else ""
        sql += "".join(_WITH_FACT.format(name=name) for name in facts)
        rows = self._execute(
            sql + _PAGE_END,
            {
                "project_id": project_id,
                "before": position(after),
                "review_status": wanted.review_status,
                "ingest_status": wanted.ingest_status,
                "model": wanted.model,
                "limit": _UNLIMITED if limit is None else limit,
                "largest": _ANY_LENGTH,
                **facts,
            },
        )
        return [trace_of(row) for row in within(rows, room)]

    @override
    def cursor_after(self, entry_id: str) -> str:
        return cursor_after(self._connection, "traces", entry_id)

    @override
    def add_review(self, review: Review, status: ReviewStatus) -> None:
        self._insert_review(review)
        if review.remember:
            due_at = from_time(review.created_at)
            self._execute(_REVIEWED_AND_QUEUED, (status, due_at, review.trace_id))
        else:
            self._execute(_REVIEWED, (status, review.trace_id))

    @override
    def remove_review(self, trace_id: str) -> None:
        self._execute(_REMEMBER_MEMORY, (trace_id,))
        self._execute("DELETE FROM memories WHERE trace_id = ?", (trace_id,))
        self._execute("DELETE FROM reviews WHERE trace_id = ?", (trace_id,))
        self._execute(_WITHOUT_REVIEW, (trace_id,))

    @override
    def note_origin(self, trace_id: str, origin: str) -> None:
        self._execute(
            "INSERT INTO trace_origins (trace_id, traceparent) VALUES (?, ?) "
            "ON CONFLICT DO UPDATE SET traceparent = excluded.traceparent",
            (trace_id, origin),
        )

    @override
    def origin(self, trace_id: str) -> str | None:
        row = self._execute(
            "SELECT traceparent FROM trace_origins WHERE trace_id = ?", (trace_id,)
        ).fetchone()
        return None if row is None else str(row[0])

    @override
    def claim(self, *, now: datetime, until: datetime, after: str | None = None) -> Claimed | None:
        return queue.claim(self._connection, now=now, until=until, after=after)

    @override
    def complete(self, trace_id: str, *, memory_id: str, status: ReviewStatus) -> None:
        if self._execute(_COMPLETE, (status, trace_id, memory_id)).rowcount == 0:
            raise StoreError(
                f"The trace {trace_id!r} cannot be completed with the memory {memory_id!r}, "
                "which was not made of it. Insert the memory first."
            )

    @override
    def reschedule(
        self, trace_id: str, *, attempt: int, error: str, due_at: datetime, counts: bool = True
    ) -> None:
        self._execute(_RESCHEDULE, (error, from_time(due_at), not counts, trace_id, attempt))

    @override
    def fail(self, trace_id: str, *, attempt: int, error: str) -> None:
        self._execute(_FAIL, (error, trace_id, attempt))

    @override
    def retry(
        self, project_id: str | None, trace_ids: Sequence[str] | None, *, due_at: datetime
    ) -> Sequence[str]:
        rows = self._execute(
            _RETRY,
            {
                "project_id": project_id,
                "trace_ids": None if trace_ids is None else from_ids(_named(project_id, trace_ids)),
                "due_at": from_time(due_at),
            },
        )
        return [trace_id for (trace_id,) in rows.fetchall()]

    @override
    def expire_claims(self, *, now: datetime, lease: timedelta, error: str) -> int:
        return queue.expire(self._connection, now=now, lease=lease, error=error)

    @override
    def release_claims(self, *, keep: Collection[str] = ()) -> int:
        return queue.release(self._connection, keep)

    @override
    def next_due(self) -> datetime | None:
        return queue.earliest_due(self._connection)

    @override
    def delete(self, project_id: str, trace_ids: Sequence[str]) -> Sequence[str]:
        named = _named(project_id, trace_ids)
        values = {"project_id": project_id, "trace_ids": from_ids(named)}
        self._execute(_REMEMBER_MEMORIES, values)
        rows = self._execute(_DELETE, values)
        deleted = {trace_id for (trace_id,) in rows.fetchall()}
        return [trace_id for trace_id in dict.fromkeys(named) if trace_id in deleted]

    def _insert_review(self, review: Review) -> None:
        try:
            self._execute(_INSERT_REVIEW, row_of_review(review))
        except sqlite3.IntegrityError as error:
            raise broken_constraint(
                error,
                duplicate=f"The trace {review.trace_id!r} has a review already.",
                missing=f"The trace {review.trace_id!r} does not exist.",
            ) from error


def _named(project_id: str | None, trace_ids: Sequence[str]) -> list[str]:
    """
    Return what rows of a project may be kept under that callers know by these ids.
    """
    if project_id is None:
        return list(trace_ids)
    return [name for given in trace_ids for name in (given, id_within(project_id, given))]
