"""
Traces: recorded, reviewed, read and deleted, with all that a review sets off.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from reflect_server.domain import trajectory
from reflect_server.domain.learning import credit, updated
from reflect_server.domain.model import (
    IngestStatus,
    Memory,
    Message,
    QValueEvent,
    Reflection,
    Review,
    ReviewMode,
    ReviewResult,
    ReviewStatus,
    Trace,
)
from reflect_server.domain.pages import Page, page_of
from reflect_server.domain.parts import Parts
from reflect_server.domain.texts import DEEPEST_NESTING, is_shallow, require_text
from reflect_server.errors import ConflictError, InvalidRequestError, NotFoundError
from reflect_server.store.protocol import IdempotentAnswer, Transaction


class AlreadyReviewedError(ConflictError):
    """
    The trace has a review that says something else.
    """

    code = "already_reviewed"


class IdempotencyKeyReusedError(ConflictError):
    """
    The idempotency key came before, with a different request.
    """

    code = "idempotency_key_reused"


@dataclass(frozen=True, slots=True)
class Verdict:
    """
    A review as it comes in.

    Attributes:
        result: Pass or fail.
        feedback_text: What the reviewer says; None where nothing.
        alpha: The learning rate that it asks for, in [0, 1]; None for the service's default.
        reflection: A reflection that the agent wrote itself; None where the service is to write it.
    """

    result: ReviewResult
    feedback_text: str | None = None
    alpha: float | None = None
    reflection: Reflection | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """
    A run as it comes in.

    Attributes:
        task: What the agent was asked to do.
        trajectory: Its messages, the JSON of them, or a summary in plain text.
        final_response: The final answer; None to take it from the trajectory.
        retrieved_memory_ids: The memories that it was given, best first.
        used_memory_ids: Those that the answer relied on; None where unknown.
        model: The model that the agent ran on; None where unknown.
        metadata: The caller's own facts.
        reference_context: What a right answer looks like; None where unknown.
        verdict: The review that came with it; None where there is none yet.
    """

    task: str
    trajectory: str | Sequence[Message]
    final_response: str | None = None
    retrieved_memory_ids: tuple[str, ...] = ()
    used_memory_ids: tuple[str, ...] | None = None
    model: str | None = None
    metadata: Mapping[str, Any] | None = None
    reference_context: str | None = None
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """
    What tells a repeated creation from a new one.

    Attributes:
        key: The value that the caller chose.
        fingerprint: Hash of the request.
    """

    key: str
    fingerprint: bytes


@dataclass(frozen=True, slots=True)
class Receipt:
    """
    What a creation answers.

    Attributes:
        trace_id: The trace.
        ingest_status: How far its ingestion is now.
        replayed: Whether an earlier request has created it.
    """

    trace_id: str
    ingest_status: IngestStatus
    replayed: bool = False


def create_trace(
    parts: Parts,
    project_id: str,
    run: Run,
    *,
    idempotency: IdempotencyKey | None = None,
    now: datetime,
) -> Receipt:
    """
    Record a run, and let its review take effect.

    Everything is stored in one transaction: the trace, its review, the moved Q-values, a memory of
    an authored reflection, and the idempotency key.

    Args:
        parts: The collaborators.
        project_id: The project.
        run: The run.
        idempotency: How to recognise a repetition; None to create in any case.
        now: The present time, in UTC.

    Returns:
        The trace's id and ingest status, also where an earlier request had created it.

    Raises:
        InvalidRequestError: The task is blank, or a memory is unknown, or was used but not
            retrieved.
        IdempotencyKeyReusedError: The key came before, with a different request.
    """
    trace = _trace_of(run, project_id, now)
    memory = _authored_memory(trace)
    vector = None if memory is None else parts.embedder.embed([memory.task])[0]

    def work(tx: Transaction) -> Receipt:
        earlier = idempotency and _earlier(tx, project_id, idempotency)
        if earlier:
            return earlier
        _require_memories(tx, trace)
        tx.traces.insert(trace)
        _teach(tx, trace, parts.q_learning_alpha)
        if memory is not None and vector is not None:
            tx.memories.insert(memory, vector=vector, embedder=parts.embedder.name)
        if idempotency:
            answer = IdempotentAnswer(idempotency.fingerprint, trace.id)
            tx.idempotency.remember(project_id, idempotency.key, answer, at=now)
        return Receipt(trace.id, trace.ingest_status)

    receipt = parts.store.write(work)
    if receipt.replayed:
        return receipt
    if memory is not None and vector is not None:
        parts.index.add(project_id, memory.id, vector)
    elif trace.review is not None:
        parts.queued()
    return receipt


def review_trace(
    parts: Parts, project_id: str, trace_id: str, verdict: Verdict, *, now: datetime
) -> Trace:
    """
    Attach a verdict to a trace that has none, and let it take effect.

    Args:
        parts: The collaborators.
        project_id: The project.
        trace_id: The trace.
        verdict: The review.
        now: The present time, in UTC.

    Returns:
        The trace with its review. Repeating a review changes nothing and returns the same.

    Raises:
        NotFoundError: The project has no such trace.
        AlreadyReviewedError: The trace has a different review.
    """
    review = _review_of(verdict, trace_id, ReviewMode.DEFERRED, now)

    def work(tx: Transaction) -> tuple[Trace, bool]:
        trace = _require_trace(tx, project_id, trace_id)
        if trace.review is not None:
            _require_same(trace.review, review)
            return trace, False
        tx.traces.add_review(review)
        reviewed = _require_trace(tx, project_id, trace_id)
        _teach(tx, reviewed, parts.q_learning_alpha)
        return reviewed, True

    trace, is_new = parts.store.write(work)
    if is_new:
        parts.queued()
        parts.changed(trace_id)
    return trace


def get_trace(parts: Parts, project_id: str, trace_id: str) -> Trace:
    """
    Return one trace.

    Args:
        parts: The collaborators.
        project_id: The project.
        trace_id: The trace.

    Raises:
        NotFoundError: The project has no such trace.
    """
    return parts.store.read(lambda tx: _require_trace(tx, project_id, trace_id))


def list_traces(
    parts: Parts,
    project_id: str,
    *,
    review_status: ReviewStatus | None = None,
    limit: int | None = None,
    cursor: str | None = None,
) -> Page[Trace]:
    """
    Return traces, newest first.

    Args:
        parts: The collaborators.
        project_id: The project.
        review_status: Only traces of this status; None for all.
        limit: At most this many; None for all.
        cursor: Where the page starts, from the page before; None for the first page.

    Raises:
        InvalidRequestError: The cursor is not one of this list.
    """
    return parts.store.read(
        lambda tx: page_of(
            lambda size: tx.traces.page(
                project_id, review_status=review_status, after=cursor, limit=size
            ),
            limit,
        )
    )


def delete_traces(
    parts: Parts, project_id: str, trace_ids: Sequence[str]
) -> tuple[list[str], list[str]]:
    """
    Delete those of the traces that the project has, with their reviews and memories.

    Args:
        parts: The collaborators.
        project_id: The project.
        trace_ids: The traces.

    Returns:
        The ids of the deleted traces, and of the memories that went with them.
    """

    def work(tx: Transaction) -> tuple[list[str], list[str]]:
        memories = [tx.memories.of_trace(trace_id) for trace_id in dict.fromkeys(trace_ids)]
        memory_ids = [m.id for m in memories if m is not None and m.project_id == project_id]
        return list(tx.traces.delete(project_id, trace_ids)), memory_ids

    deleted, memory_ids = parts.store.write(work)
    parts.index.remove(project_id, memory_ids)
    for trace_id in deleted:
        parts.changed(trace_id)
    return deleted, memory_ids


def _trace_of(run: Run, project_id: str, now: datetime) -> Trace:
    require_text(run.task, "task")
    trace_id = secrets.token_hex(12)
    messages = _messages(run.trajectory)
    retrieved = tuple(dict.fromkeys(run.retrieved_memory_ids))
    used = None if run.used_memory_ids is None else tuple(dict.fromkeys(run.used_memory_ids))
    credit(retrieved, used)
    review = None
    if run.verdict is not None:
        review = _review_of(run.verdict, trace_id, ReviewMode.INLINE, now)
    queued = review is not None and review.reflection is None
    final_response = run.final_response
    if final_response is None:
        final_response = trajectory.final_response(messages)
    return Trace(
        id=trace_id,
        project_id=project_id,
        task=run.task,
        trajectory=messages,
        final_response=final_response,
        retrieved_memory_ids=retrieved,
        used_memory_ids=used,
        model=run.model,
        metadata=run.metadata or {},
        reference_context=run.reference_context,
        created_at=now,
        ingest_status=IngestStatus.QUEUED if queued else IngestStatus.COMPLETED,
        review=review,
    )


def _messages(given: str | Sequence[Message]) -> list[Message]:
    messages = trajectory.parse(given)
    if isinstance(given, str) and not _is_storable(messages):
        raise InvalidRequestError(
            "`trajectory` holds a value that JSON cannot carry (NaN, Infinity, or half of a "
            f"surrogate pair), or is nested more than {DEEPEST_NESTING} levels deep. "
            "Send it without that.",
            field="trajectory",
        )
    return messages


def _is_storable(messages: list[Message]) -> bool:
    if not is_shallow(messages):
        return False
    try:
        json.dumps(messages, allow_nan=False, ensure_ascii=False).encode()
    except ValueError:
        return False
    return True


def _review_of(verdict: Verdict, trace_id: str, mode: ReviewMode, now: datetime) -> Review:
    if verdict.reflection is not None:
        require_text(verdict.reflection.summary, "review.reflection.summary")
        require_text(verdict.reflection.guidance, "review.reflection.guidance")
    return Review(
        id=secrets.token_hex(8),
        trace_id=trace_id,
        result=verdict.result,
        feedback_text=verdict.feedback_text,
        mode=mode,
        alpha=verdict.alpha,
        reflection=verdict.reflection,
        created_at=now,
    )


def _authored_memory(trace: Trace) -> Memory | None:
    if trace.review is None or trace.review.reflection is None:
        return None
    return Memory(
        id=f"mem_{secrets.token_hex(12)}",
        project_id=trace.project_id,
        trace_id=trace.id,
        task=trace.task,
        reflection=replace(
            trace.review.reflection, tools_used=trajectory.tools_used(trace.trajectory)
        ),
        success=trace.review.result is ReviewResult.PASS,
        created_at=trace.created_at,
        metadata=trace.metadata,
    )


def _earlier(tx: Transaction, project_id: str, idempotency: IdempotencyKey) -> Receipt | None:
    answer = tx.idempotency.find(project_id, idempotency.key)
    if answer is None:
        return None
    if answer.fingerprint != idempotency.fingerprint:
        raise IdempotencyKeyReusedError(
            f"The idempotency key {idempotency.key!r} came before with a different request. "
            "Choose a new key for a new trace, and repeat one only with the same body."
        )
    trace = tx.traces.get(project_id, answer.resource_id)
    status = trace.ingest_status if trace else IngestStatus.COMPLETED
    return Receipt(answer.resource_id, status, replayed=True)


def _require_memories(tx: Transaction, trace: Trace) -> None:
    known = tx.memories.get_many(trace.project_id, trace.retrieved_memory_ids)
    unknown = [repr(i) for i in trace.retrieved_memory_ids if i not in known]
    if unknown:
        named = ", ".join(unknown[:5]) + (" and others" if len(unknown) > 5 else "")
        raise InvalidRequestError(
            f"`retrieved_memory_ids` names {named}, which the project {trace.project_id!r} does "
            "not have. Name only memories that a query of this project has returned.",
            field="retrieved_memory_ids",
        )


def _teach(tx: Transaction, trace: Trace, default_alpha: float) -> None:
    review = trace.review
    if review is None:
        return
    weights = credit(trace.retrieved_memory_ids, trace.used_memory_ids)
    alpha = default_alpha if review.alpha is None else review.alpha
    memories = tx.memories.get_many(trace.project_id, list(weights))
    for memory_id, memory in memories.items():
        weight = weights[memory_id]
        tx.memories.record(
            QValueEvent(
                id=secrets.token_hex(8),
                memory_id=memory_id,
                trace_id=trace.id,
                review_id=review.id,
                result=review.result,
                alpha=alpha,
                weight=weight,
                q_before=memory.q_value,
                q_after=updated(memory.q_value, alpha=alpha, weight=weight, result=review.result),
                created_at=review.created_at,
            )
        )


def _require_trace(tx: Transaction, project_id: str, trace_id: str) -> Trace:
    trace = tx.traces.get(project_id, trace_id)
    if trace is None:
        raise NotFoundError(
            f"The project {project_id!r} has no trace with the id {trace_id!r}. "
            "Check the id and the project."
        )
    return trace


def _require_same(present: Review, repeated: Review) -> None:
    def content(review: Review) -> tuple[object, ...]:
        return review.result, review.feedback_text, review.alpha

    if content(present) != content(repeated):
        raise AlreadyReviewedError(
            f"The trace {present.trace_id!r} has been reviewed as {present.result.value!r} before, "
            "and this review differs from that one. A trace can be reviewed once."
        )
