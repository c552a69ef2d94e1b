"""
The traces, their reviews, and the ingest queue that their rows form.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from reflect_server.domain.entities import (
    ALL_TRACES,
    IngestStatus,
    Review,
    ReviewMode,
    ReviewResult,
    Trace,
    TraceFilter,
)
from reflect_server.errors import StoreError
from reflect_server.store.sqlite import queue
from reflect_server.store.sqlite.columns import (
    digests,
    from_ids,
    from_json,
    from_time,
    to_ids,
    to_messages,
    to_object,
    to_reflection,
    to_time,
)
from reflect_server.store.sqlite.cursors import cursor_after, next_position, position, within
from reflect_server.store.sqlite.failures import constraints

_SELECT = """
SELECT
    t.id, t.project_id, t.task, j.messages, t.final_response, t.retrieved_memory_ids,
    t.used_memory_ids, t.model, t.metadata, t.reference_context, t.created_at,
    t.ingest_status, t.ingest_attempts, t.last_ingest_error, m.id,
    r.id, r.result, r.feedback_text, r.mode, r.alpha, r.reflection, r.created_at, r.remember,
    t.ingest_failures
FROM traces AS t
JOIN trajectories AS j ON j.trace_seq = t.seq
LEFT JOIN reviews AS r ON r.trace_id = t.id
LEFT JOIN memories AS m ON m.trace_id = t.id
"""
_REVIEW_COLUMNS = slice(15, 23)

_BY_ID = f"{_SELECT} WHERE t.project_id = ? AND t.id = ?"
_BY_SEQ = f"{_SELECT} WHERE t.seq = ?"

_PAGE = f"{_SELECT} WHERE t.project_id = :project_id AND t.seq < :before"
_PAGE_END = " ORDER BY t.seq DESC LIMIT :limit"

# The same rule as `Trace.review_status`.
_WITH_REVIEW_STATUS = """
AND :review_status = CASE
    WHEN r.id IS NULL THEN 'pending'
    WHEN r.mode = 'inline' AND t.ingest_status <> 'completed' THEN 'pending'
    ELSE 'reviewed'
END
"""
_WITH_INGEST_STATUS = " AND t.ingest_status = :ingest_status"
_WITH_MODEL = " AND t.model = :model"
_WITH_FACT = """
AND t.seq IN (
    SELECT trace_seq FROM trace_facts WHERE project_id = :project_id AND digest = :{name}
)
"""

_INSERT = f"""
INSERT INTO traces (
    seq, id, project_id, task, final_response, retrieved_memory_ids, used_memory_ids, model,
    metadata, reference_context, created_at, ingest_status, ingest_attempts, last_ingest_error,
    due_at, ingest_failures
) VALUES ({next_position("traces")}, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""  # noqa: S608 - made of constants

_INSERT_FACT = "INSERT INTO trace_facts (project_id, digest, trace_seq) VALUES (?, ?, ?)"

_INSERT_REVIEW = """
INSERT INTO reviews (
    id, trace_id, result, feedback_text, mode, alpha, reflection, created_at, remember
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""

_COMPLETE = """
UPDATE traces
SET ingest_status = 'completed', ingest_failures = 0, last_ingest_error = NULL, due_at = NULL
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

_UNQUEUE = """
UPDATE traces
SET ingest_status = 'completed', ingest_failures = 0, last_ingest_error = NULL, due_at = NULL
WHERE id = ?
"""

_DELETE = """
DELETE FROM traces
WHERE +project_id = :project_id AND id IN (SELECT value FROM json_each(:trace_ids))
RETURNING id
"""

_UNLIMITED = -1
_IN_QUEUE = (IngestStatus.QUEUED, IngestStatus.PROCESSING)


class SqliteTraces:
    """
    Traces with their reviews. A trace's `created_memory_id` is read from the memory made of it.

    Args:
        connection: The connection of the transaction.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._execute = connection.execute

    def insert(self, trace: Trace) -> None:
        """
        Store a new trace, with its review where it has one; a queued one is due at once; see
        `Traces.insert`.
        """
        used = trace.used_memory_ids
        due_at = trace.created_at if trace.ingest_status in _IN_QUEUE else None
        values = (
            trace.id,
            trace.project_id,
            trace.task,
            trace.final_response,
            from_json(trace.retrieved_memory_ids),
            None if used is None else from_json(used),
            trace.model,
            from_json(dict(trace.metadata)),
            trace.reference_context,
            from_time(trace.created_at),
            trace.ingest_status,
            trace.ingest_attempts,
            trace.last_ingest_error,
            None if due_at is None else from_time(due_at),
            trace.ingest_failures,
        )
        with constraints(
            duplicate=f"A trace with the id {trace.id!r} exists already.",
            missing=f"The project {trace.project_id!r} does not exist.",
        ):
            seq = self._execute(_INSERT, values).lastrowid
        self._execute(
            "INSERT INTO trajectories (trace_seq, messages) VALUES (?, ?)",
            (seq, from_json(list(trace.trajectory))),
        )
        for digest in digests(trace.metadata):
            self._execute(_INSERT_FACT, (trace.project_id, digest, seq))
        if trace.review is not None:
            self._insert_review(trace.review)

    def get(self, project_id: str, trace_id: str) -> Trace | None:
        """
        Return the trace, or None where the project has none of that id; see `Traces.get`.
        """
        row = self._execute(_BY_ID, (project_id, trace_id)).fetchone()
        return None if row is None else _trace(row)

    def page(
        self,
        project_id: str,
        *,
        wanted: TraceFilter = ALL_TRACES,
        after: str | None = None,
        limit: int | None = None,
        room: int | None = None,
    ) -> Sequence[Trace]:
        """
        Return traces, newest first; see `Traces.page`.
        """
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
                **facts,
            },
        )
        return [_trace(row) for row in within(rows, room)]

    def cursor_after(self, trace_id: str) -> str:
        """
        Return the cursor of the page that follows a trace; see `Traces.cursor_after`.
        """
        return cursor_after(self._connection, "traces", trace_id)

    def add_review(self, review: Review) -> None:
        """
        Attach a review; see `Traces.add_review`.
        """
        self._insert_review(review)
        if not review.remember:
            return
        self._execute(
            "UPDATE traces SET ingest_status = 'queued', due_at = ? WHERE id = ?",
            (from_time(review.created_at), review.trace_id),
        )

    def remove_review(self, trace_id: str) -> None:
        """
        Take a trace's review back, with the memory that was made of the trace, whose id stays
        known; the trace leaves the ingest queue, and its failures there are forgotten; see
        `Traces.remove_review`.
        """
        self._execute(_REMEMBER_MEMORY, (trace_id,))
        self._execute("DELETE FROM memories WHERE trace_id = ?", (trace_id,))
        self._execute("DELETE FROM reviews WHERE trace_id = ?", (trace_id,))
        self._execute(_UNQUEUE, (trace_id,))

    def note_origin(self, trace_id: str, origin: str) -> None:
        """
        Keep which request put a trace into the queue, in the place of an earlier one; see
        `Traces.note_origin`.
        """
        self._execute(
            "INSERT INTO trace_origins (trace_id, traceparent) VALUES (?, ?) "
            "ON CONFLICT DO UPDATE SET traceparent = excluded.traceparent",
            (trace_id, origin),
        )

    def origin(self, trace_id: str) -> str | None:
        """
        Return what `note_origin` kept last, or None; see `Traces.origin`.
        """
        row = self._execute(
            "SELECT traceparent FROM trace_origins WHERE trace_id = ?", (trace_id,)
        ).fetchone()
        return None if row is None else str(row[0])

    def claim(self, *, now: datetime, until: datetime, after: str | None = None) -> Trace | None:
        """
        Take a queued trace that is due, mark it `processing`, and count the attempt and, until it
        ends well, the failure; see `Traces.claim`.
        """
        seq = queue.claim(self._connection, now=now, until=until, after=after)
        return None if seq is None else _trace(self._execute(_BY_SEQ, (seq,)).fetchone())

    def complete(self, trace_id: str, *, memory_id: str) -> None:
        """
        Mark the trace as `completed`, with the memory that was made of it; see `Traces.complete`.
        """
        if self._execute(_COMPLETE, (trace_id, memory_id)).rowcount == 0:
            raise StoreError(
                f"The trace {trace_id!r} cannot be completed with the memory {memory_id!r}, "
                "which was not made of it. Insert the memory first."
            )

    def reschedule(
        self, trace_id: str, *, attempt: int, error: str, due_at: datetime, counts: bool = True
    ) -> None:
        """
        Put the trace back into the queue after a failed attempt; only where that is under way; see
        `Traces.reschedule`.
        """
        self._execute(_RESCHEDULE, (error, from_time(due_at), not counts, trace_id, attempt))

    def fail(self, trace_id: str, *, attempt: int, error: str) -> None:
        """
        Give the trace up after its last attempt; only where that is under way; see `Traces.fail`.
        """
        self._execute(_FAIL, (error, trace_id, attempt))

    def retry(
        self, project_id: str | None, trace_ids: Sequence[str] | None, *, due_at: datetime
    ) -> Sequence[str]:
        """
        Put failed traces back into the queue, with as many attempts as a new one has; see
        `Traces.retry`.
        """
        rows = self._execute(
            _RETRY,
            {
                "project_id": project_id,
                "trace_ids": None if trace_ids is None else from_ids(trace_ids),
                "due_at": from_time(due_at),
            },
        )
        return [trace_id for (trace_id,) in rows.fetchall()]

    def expire_claims(self, *, now: datetime, lease: timedelta, error: str) -> int:
        """
        Put every trace whose claim has ended back into the queue; the attempt counts as a failure;
        see `Traces.expire_claims`.
        """
        return queue.expire(self._connection, now=now, lease=lease, error=error)

    def release_claims(self, *, keep: Collection[str] = ()) -> int:
        """
        Put every trace that is `processing` back into the queue, and return how many there were;
        see `Traces.release_claims`.
        """
        return queue.release(self._connection, keep)

    def next_due(self) -> datetime | None:
        """
        Return when the next queued trace is due, or None where the queue is empty; see
        `Traces.next_due`.
        """
        return queue.earliest_due(self._connection)

    def delete(self, project_id: str, trace_ids: Sequence[str]) -> Sequence[str]:
        """
        Delete those traces that the project has, with reviews and memories, and return their ids;
        see `Traces.delete`.
        """
        values = {"project_id": project_id, "trace_ids": from_ids(trace_ids)}
        self._execute(_REMEMBER_MEMORIES, values)
        rows = self._execute(_DELETE, values)
        deleted = {trace_id for (trace_id,) in rows.fetchall()}
        return [trace_id for trace_id in dict.fromkeys(trace_ids) if trace_id in deleted]

    def _insert_review(self, review: Review) -> None:
        values = (
            review.id,
            review.trace_id,
            review.result,
            review.feedback_text,
            review.mode,
            review.alpha,
            None if review.reflection is None else from_json(review.reflection),
            from_time(review.created_at),
            review.remember,
        )
        with constraints(
            duplicate=f"The trace {review.trace_id!r} has a review already.",
            missing=f"The trace {review.trace_id!r} does not exist.",
        ):
            self._execute(_INSERT_REVIEW, values)


def _trace(row: tuple[Any, ...]) -> Trace:
    used = row[6]
    return Trace(
        id=row[0],
        project_id=row[1],
        task=row[2],
        trajectory=to_messages(row[3]),
        final_response=row[4],
        retrieved_memory_ids=to_ids(row[5]),
        used_memory_ids=None if used is None else to_ids(used),
        model=row[7],
        metadata=to_object(row[8]),
        reference_context=row[9],
        created_at=to_time(row[10]),
        ingest_status=IngestStatus(row[11]),
        ingest_attempts=row[12],
        last_ingest_error=row[13],
        created_memory_id=row[14],
        ingest_failures=row[23],
        review=_review(row[0], row[_REVIEW_COLUMNS]),
    )


def _review(trace_id: str, row: tuple[Any, ...]) -> Review | None:
    review_id, result, feedback_text, mode, alpha, reflection, created_at, remember = row
    if review_id is None:
        return None
    return Review(
        id=review_id,
        trace_id=trace_id,
        result=ReviewResult(result),
        feedback_text=feedback_text,
        mode=ReviewMode(mode),
        alpha=alpha,
        reflection=None if reflection is None else to_reflection(reflection),
        created_at=to_time(created_at),
        remember=bool(remember),
    )
