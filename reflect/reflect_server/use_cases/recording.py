"""
Recording: a run is stored, with or without its review, once however often it is sent.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import msgspec

from reflect_server.domain.learning import credit
from reflect_server.domain.memory import Memory
from reflect_server.domain.review import ReviewMode
from reflect_server.domain.texts import DEEPEST_NESTING, is_shallow, require_text
from reflect_server.domain.trace import IngestStatus, RunEnding, Trace, id_within, public_id
from reflect_server.domain.trajectory import Trajectory
from reflect_server.errors import ConflictError, InvalidRequestError
from reflect_server.retrieval.embedding_space import EmbeddingSpaces
from reflect_server.store.protocol.idempotency import IdempotentAnswer
from reflect_server.store.protocol.store import Transaction
from reflect_server.use_cases.dependencies import Dependencies
from reflect_server.use_cases.memories import memory_of
from reflect_server.use_cases.reviews import Verdict, apply_review, review_now, review_of

_NAME = re.compile("[0-9a-z-]{16,64}")
_encode = msgspec.json.Encoder().encode


OLDEST = timedelta(days=30)
NEWEST = timedelta(minutes=5)
"""How far from the server's clock the time of a run may be that its sender gives."""


class TraceIdReusedError(ConflictError):
    """
    The project has a trace of this id that was created by another request.
    """


class IdempotencyKeyReusedError(ConflictError):
    """
    The idempotency key came before, with a different request.
    """

    code = "idempotency_key_reused"


@dataclass(frozen=True, slots=True)
class Run:
    """
    A run as it comes in.

    Attributes:
        task: What the agent was asked to do.
        trajectory: What it did; see `trajectory_of`.
        final_response: The final answer; None to take it from the trajectory.
        retrieved_memory_ids: The memories that it was given, best first; some may have been deleted
            since.
        used_memory_ids: Those that the answer relied on; None where unknown.
        model: The model that the agent ran on; None where unknown.
        metadata: The caller's own facts.
        reference_context: What a right answer looks like; None where unknown.
        verdict: The review that came with it; None where there is none yet.
        id: What the caller calls it; None where the service is to choose.
        ended: How it ended where not by itself.
        created_at: When it ended; None where unknown. Only a time that `is_believed` counts.
    """

    task: str
    trajectory: Trajectory
    final_response: str | None = None
    retrieved_memory_ids: Sequence[str] = ()
    used_memory_ids: Sequence[str] | None = None
    model: str | None = None
    metadata: Mapping[str, Any] | None = None
    reference_context: str | None = None
    verdict: Verdict | None = None
    id: str | None = None
    ended: RunEnding | None = None
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """
    What tells a repeated creation from a new one.

    Attributes:
        key: The value that the caller chose; None where it named the trace alone.
        fingerprint: Hash of the request.
    """

    key: str | None
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


async def record(
    deps: Dependencies,
    project_id: str,
    run: Run,
    *,
    idempotency: IdempotencyKey | None = None,
    now: datetime,
) -> Receipt:
    """
    Store a run, with what its review does, in one transaction.

    That is the trace, its review, the moved Q-values, a memory of an authored reflection, and the
    idempotency key. The event loop goes on meanwhile: the store waits for the disk on its own
    thread, and an authored reflection is embedded on one that may wait for a model.

    Args:
        deps: The collaborators.
        project_id: The project.
        run: The run.
        idempotency: How to recognise a repetition; None to create in any case, which a run that has
            an id never is.
        now: The present time, in UTC.

    Returns:
        The trace's id and ingest status, also where an earlier request had created it.

    Raises:
        InvalidRequestError: The task is blank, the id is of another form, a memory was used but not
            retrieved, or is not and never was one of the project.
        IdempotencyKeyReusedError: The key came before, with a different request.
        TraceIdReusedError: The project has a trace of that id from a different request.
        ReflectServerError: The store or the embedder cannot do its work.
    """
    trace_id = _new_id(now) if run.id is None else _free_id(deps, project_id, run.id)
    trace = _trace_of(run, trace_id, project_id, now)
    memory = _authored_memory(trace)
    keep = partial(_keep, trace, idempotency, deps.origin(), deps.q_learning_alpha)
    if memory is not None:
        return await deps.in_patient_thread(partial(_keep_with, memory, keep, deps.spaces))
    try:
        receipt = await deps.store.write_async(keep)
    finally:  # Also where nobody waits any longer. What the worker writes then comes after.
        if trace.ingest_status is IngestStatus.QUEUED:
            deps.queued()
    if receipt.ingest_status is not trace.ingest_status:  # A review has waited for it.
        deps.queued()
    return receipt


def is_believed(created_at: datetime, *, now: datetime) -> bool:
    """
    Say whether the time of a run that its sender gives is taken.

    Args:
        created_at: The time.
        now: The present time, in UTC.
    """
    return now - OLDEST <= created_at <= now + NEWEST


def _free_id(deps: Dependencies, project_id: str, given: str) -> str:
    """
    Return what a trace that its caller has named is kept under.
    """
    if not _NAME.fullmatch(given):
        raise InvalidRequestError(
            f"`id` must be 16 to 64 of the characters 0 to 9, a to z and -, found {given!r}. "
            "A UUID of version 7 in lower case will do.",
            field="id",
        )

    def read(tx: Transaction) -> str:
        own = id_within(project_id, given)
        if tx.traces.holder(own) is not None:
            return own
        holder = tx.traces.holder(given)
        return given if holder is None or holder.project_id == project_id else own

    return deps.store.read(read)


def trajectory_of(given: str | Sequence[Any]) -> Trajectory:
    """
    Take a trajectory as it comes in, and encode it as it is kept.

    That takes a while where it is long: call it on a thread then.

    Args:
        given: A list of messages, the same list as JSON text, or plain text that sums the run up.

    Raises:
        InvalidRequestError: A text holds a value that JSON cannot carry.
    """
    trajectory = Trajectory.of(given)
    if isinstance(given, str) and not _is_storable(trajectory):
        raise InvalidRequestError(
            "`trajectory` holds a value that JSON cannot carry (NaN, Infinity, or half of a "
            f"surrogate pair), or is nested more than {DEEPEST_NESTING} levels deep. "
            "Send it without that.",
            field="trajectory",
        )
    trajectory.to_json(_encode)
    return trajectory


def _keep(
    trace: Trace,
    idempotency: IdempotencyKey | None,
    origin: str | None,
    default_alpha: float,
    tx: Transaction,
) -> Receipt:
    earlier = idempotency and (
        _of_key(tx, trace.project_id, idempotency) or _of_id(tx, trace, idempotency)
    )
    if earlier:
        return earlier
    if trace.retrieved_memory_ids:
        _require_memories(tx, trace)
    tx.traces.insert(trace, fingerprint=idempotency.fingerprint if idempotency else None)
    if origin is not None:
        tx.traces.note_origin(trace.id, origin)
    if trace.review is not None and trace.retrieved_memory_ids:
        apply_review(tx, trace, trace.review, default_alpha)
    at = trace.received_at or trace.created_at
    if idempotency and idempotency.key is not None:
        answer = IdempotentAnswer(idempotency.fingerprint, trace.id)
        tx.idempotency.remember(trace.project_id, idempotency.key, answer, at=at)
    trace = _with_early_review(tx, trace, origin, default_alpha, at)
    return Receipt(trace.id, trace.ingest_status)


def _with_early_review(
    tx: Transaction, trace: Trace, origin: str | None, default_alpha: float, now: datetime
) -> Trace:
    """
    Attach the review that has waited for a trace, where there is one and it has none.
    """
    known_as = public_id(trace.id)
    early = tx.early_reviews.find(trace.project_id, known_as, now=now)
    if early is None:
        return trace
    tx.early_reviews.discard(trace.project_id, known_as)
    if trace.review is not None:
        return trace
    return review_now(tx, trace, replace(early, created_at=now), origin, default_alpha)


def _keep_with(
    memory: Memory, keep: Callable[[Transaction], Receipt], spaces: EmbeddingSpaces
) -> Receipt:
    """
    Store a run together with the memory that it brings.
    """
    embedded = spaces.embed(memory)

    def work(tx: Transaction) -> Receipt:
        receipt = keep(tx)
        if not receipt.replayed:
            embedded.insert(tx)
        return receipt

    return spaces.commit(embedded, work, kept=lambda receipt: not receipt.replayed)


def _trace_of(run: Run, trace_id: str, project_id: str, now: datetime) -> Trace:
    require_text(run.task, "task")
    retrieved = tuple(dict.fromkeys(run.retrieved_memory_ids))
    used = None if run.used_memory_ids is None else tuple(dict.fromkeys(run.used_memory_ids))
    if used:
        credit(retrieved, used)
    review = None
    if run.verdict is not None:
        review = review_of(run.verdict, trace_id, ReviewMode.INLINE, now)
    queued = review is not None and review.remember and review.reflection is None
    believed = run.created_at is not None and is_believed(run.created_at, now=now)
    created_at = run.created_at.astimezone(UTC) if believed and run.created_at else now
    final_response = run.final_response
    if final_response is None:
        final_response = run.trajectory.final_response
    return Trace(
        id=trace_id,
        project_id=project_id,
        task=run.task,
        trajectory=run.trajectory,
        final_response=final_response,
        retrieved_memory_ids=retrieved,
        used_memory_ids=used,
        model=run.model,
        metadata=run.metadata or {},
        reference_context=run.reference_context,
        created_at=created_at,
        received_at=now,
        ended=run.ended,
        ingest_status=IngestStatus.QUEUED if queued else IngestStatus.COMPLETED,
        review=review,
    )


def _new_id(now: datetime) -> str:
    """
    Return the time in milliseconds and 48 random bits, as UUIDs of version 7 have them (RFC 9562).

    Traces that come together lie together in the index of ids, so a group of them writes few pages.
    """
    return f"{int(now.timestamp() * 1000):012x}{secrets.token_hex(6)}"


def _is_storable(trajectory: Trajectory) -> bool:
    if not is_shallow(list(trajectory.messages)):
        return False
    try:
        json.dumps(list(trajectory.messages), allow_nan=False, ensure_ascii=False).encode()
    except ValueError:
        return False
    return True


def _authored_memory(trace: Trace) -> Memory | None:
    if trace.review is None or trace.review.reflection is None:
        return None
    reflection = replace(trace.review.reflection, tools_used=trace.trajectory.tools_used)
    return memory_of(trace, reflection, now=trace.received_at or trace.created_at)


def _of_key(tx: Transaction, project_id: str, idempotency: IdempotencyKey) -> Receipt | None:
    if idempotency.key is None:
        return None
    answer = tx.idempotency.find(project_id, idempotency.key)
    if answer is None:
        return None
    if answer.fingerprint != idempotency.fingerprint:
        raise IdempotencyKeyReusedError(
            f"The idempotency key {idempotency.key!r} came before with a different request. "
            "Choose a new key for a new trace, and repeat one only with the same body."
        )
    state = tx.traces.state(project_id, answer.resource_id)
    status = state.ingest_status if state else IngestStatus.COMPLETED
    return Receipt(answer.resource_id, status, replayed=True)


def _of_id(tx: Transaction, trace: Trace, idempotency: IdempotencyKey) -> Receipt | None:
    holder = tx.traces.holder(trace.id)
    if holder is None:
        return None
    if holder.project_id != trace.project_id or holder.fingerprint != idempotency.fingerprint:
        raise TraceIdReusedError(
            f"The id {public_id(trace.id)!r} came before with a different request. Choose a new id "
            "for a new trace, and repeat one only with the same body."
        )
    return Receipt(trace.id, holder.ingest_status, replayed=True)


def _require_memories(tx: Transaction, trace: Trace) -> None:
    known = tx.memories.known(trace.project_id, trace.retrieved_memory_ids)
    unknown = [repr(i) for i in trace.retrieved_memory_ids if i not in known]
    if unknown:
        named = ", ".join(unknown[:5]) + (" and others" if len(unknown) > 5 else "")
        raise InvalidRequestError(
            f"`retrieved_memory_ids` names {named}, which the project {trace.project_id!r} "
            "never had. Name only memories that a query of this project has returned.",
            field="retrieved_memory_ids",
        )
