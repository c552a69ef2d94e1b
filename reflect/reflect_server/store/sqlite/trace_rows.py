"""
The rows that traces are read from and written as.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from reflect_server.domain.review import Review, ReviewMode, ReviewResult
from reflect_server.domain.trace import IngestStatus, RunEnding, Trace, TraceState
from reflect_server.domain.trajectory import Trajectory
from reflect_server.store.sqlite.columns import (
    from_time,
    to_ids,
    to_json,
    to_object,
    to_optional_time,
    to_reflection,
    to_time,
    to_trajectory,
)
from reflect_server.store.sqlite.statements import columns

_IN_QUEUE = (IngestStatus.QUEUED, IngestStatus.PROCESSING)


class NewTraceRow(NamedTuple):
    """
    A trace as it is inserted; its position is computed.
    """

    id: str
    project_id: str
    task: str
    final_response: str
    retrieved_memory_ids: str
    used_memory_ids: str | None
    model: str | None
    metadata: str
    reference_context: str | None
    created_at: int
    review_status: str
    ingest_status: str
    ingest_attempts: int
    last_ingest_error: str | None
    due_at: int | None
    ingest_failures: int
    trajectory_bytes: int
    fingerprint: bytes | None
    ended: str | None
    received_at: int | None


class ReviewRow(NamedTuple):
    """
    A review as it is inserted.
    """

    id: str
    trace_id: str
    result: str
    feedback_text: str | None
    mode: str
    alpha: float | None
    reflection: str | None
    created_at: int
    remember: int


class StateRow(NamedTuple):
    """
    The state of a trace.
    """

    ingest_status: str
    ingest_attempts: int
    last_ingest_error: str | None
    ingest_failures: int
    created_memory_id: str | None
    review_id: str | None
    review_trace_id: str
    review_result: str
    review_feedback_text: str | None
    review_mode: str
    review_alpha: float | None
    review_reflection: str | None
    review_created_at: int
    review_remember: int


class TraceRow(NamedTuple):
    """
    A trace without its state.
    """

    id: str
    project_id: str
    task: str
    trajectory: bytes | None
    final_response: str
    retrieved_memory_ids: str
    used_memory_ids: str | None
    model: str | None
    metadata: str
    reference_context: str | None
    created_at: int
    ended: str | None
    received_at: int | None


_TRAJECTORY = "CASE WHEN t.trajectory_bytes <= :largest THEN CAST(j.messages AS BLOB) END"
_TRACE_COLUMNS = columns(TraceRow, "t", trajectory=_TRAJECTORY)
_STATE_COLUMNS = columns(
    StateRow,
    "t",
    created_memory_id="m.id",
    **{field: field.replace("review_", "r.") for field in StateRow._fields if "review_" in field},
)
_STATE_TABLES = """
LEFT JOIN reviews AS r ON r.trace_id = t.id
LEFT JOIN memories AS m ON m.trace_id = t.id
"""

SELECT_STATE = f"SELECT {_STATE_COLUMNS} FROM traces AS t {_STATE_TABLES}"  # noqa: S608 - names of our own
"""Reads a `StateRow`."""

SELECT_TRACE = f"""
SELECT {_TRACE_COLUMNS}, {_STATE_COLUMNS}
FROM traces AS t
JOIN trajectories AS j ON j.trace_seq = t.seq
{_STATE_TABLES}
"""  # noqa: S608 - names of our own
"""
Reads a `TraceRow`, followed by a `StateRow`; the trajectory as the bytes that it is kept as, or
NULL where these are more than `:largest`.
"""


def row_of_trace(trace: Trace, trajectory_bytes: int, fingerprint: bytes | None) -> NewTraceRow:
    """
    Return the row of a new trace; where it is queued, it is due at once.

    Args:
        trace: The trace.
        trajectory_bytes: How long its trajectory is as it is kept.
        fingerprint: Hash of the request, where that named it.
    """
    used, received = trace.used_memory_ids, trace.received_at or trace.created_at
    return NewTraceRow(
        id=trace.id,
        project_id=trace.project_id,
        task=trace.task,
        final_response=trace.final_response,
        retrieved_memory_ids=to_json(trace.retrieved_memory_ids).decode(),
        used_memory_ids=None if used is None else to_json(used).decode(),
        model=trace.model,
        metadata=to_json(dict(trace.metadata)).decode(),
        reference_context=trace.reference_context,
        created_at=from_time(trace.created_at),
        review_status=trace.review_status,
        ingest_status=trace.ingest_status,
        ingest_attempts=trace.ingest_attempts,
        last_ingest_error=trace.last_ingest_error,
        due_at=from_time(received) if trace.ingest_status in _IN_QUEUE else None,
        ingest_failures=trace.ingest_failures,
        trajectory_bytes=trajectory_bytes,
        fingerprint=fingerprint,
        ended=trace.ended,
        received_at=None if trace.received_at is None else from_time(trace.received_at),
    )


def row_of_review(review: Review) -> ReviewRow:
    """
    Return the row of a review.

    Args:
        review: The review.
    """
    return ReviewRow(
        id=review.id,
        trace_id=review.trace_id,
        result=review.result,
        feedback_text=review.feedback_text,
        mode=review.mode,
        alpha=review.alpha,
        reflection=None if review.reflection is None else to_json(review.reflection).decode(),
        created_at=from_time(review.created_at),
        remember=review.remember,
    )


def trace_of(values: Sequence[object]) -> Trace:
    """
    Return the trace of a row of `SELECT_TRACE`.

    Args:
        values: The row.
    """
    row = TraceRow._make(values[: len(TraceRow._fields)])
    encoded = row.trajectory
    state = state_of(values[len(TraceRow._fields) :])
    return Trace(
        id=row.id,
        project_id=row.project_id,
        task=row.task,
        trajectory=Trajectory.left_out() if encoded is None else to_trajectory(encoded),
        final_response=row.final_response,
        retrieved_memory_ids=to_ids(row.retrieved_memory_ids),
        used_memory_ids=None if row.used_memory_ids is None else to_ids(row.used_memory_ids),
        model=row.model,
        metadata=to_object(row.metadata),
        reference_context=row.reference_context,
        created_at=to_time(row.created_at),
        ingest_status=state.ingest_status,
        ingest_attempts=state.ingest_attempts,
        last_ingest_error=state.last_ingest_error,
        ingest_failures=state.ingest_failures,
        created_memory_id=state.created_memory_id,
        review=state.review,
        received_at=to_optional_time(row.received_at),
        ended=None if row.ended is None else RunEnding(row.ended),
    )


def state_of(values: Sequence[object]) -> TraceState:
    """
    Return the state of a row of `SELECT_STATE`.

    Args:
        values: The row.
    """
    row = StateRow._make(values)
    return TraceState(
        ingest_status=IngestStatus(row.ingest_status),
        ingest_attempts=row.ingest_attempts,
        last_ingest_error=row.last_ingest_error,
        ingest_failures=row.ingest_failures,
        created_memory_id=row.created_memory_id,
        review=None if row.review_id is None else _review(row.review_id, row),
    )


def _review(review_id: str, row: StateRow) -> Review:
    reflection = row.review_reflection
    return Review(
        id=review_id,
        trace_id=row.review_trace_id,
        result=ReviewResult(row.review_result),
        feedback_text=row.review_feedback_text,
        mode=ReviewMode(row.review_mode),
        alpha=row.review_alpha,
        reflection=None if reflection is None else to_reflection(reflection),
        created_at=to_time(row.review_created_at),
        remember=bool(row.review_remember),
    )
