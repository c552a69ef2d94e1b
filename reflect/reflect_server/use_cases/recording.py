"""
Recording: a run comes in, with or without its review, once however often it is sent.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from reflect_server.domain import trajectory
from reflect_server.domain.entities import IngestStatus, Memory, Message, ReviewMode, Trace
from reflect_server.domain.learning import credit
from reflect_server.domain.texts import DEEPEST_NESTING, is_shallow, require_text
from reflect_server.errors import ConflictError, InvalidRequestError
from reflect_server.store.protocol.idempotency import IdempotentAnswer
from reflect_server.store.protocol.store import Transaction
from reflect_server.use_cases.dependencies import Dependencies
from reflect_server.use_cases.memories import memory_of
from reflect_server.use_cases.reviews import Verdict, review_of, teach


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
        trajectory: Its messages, the JSON of them, or a summary in plain text.
        final_response: The final answer; None to take it from the trajectory.
        retrieved_memory_ids: The memories that it was given, best first; some may have been deleted
            since.
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


class Recording:
    """
    A run on its way into the store, and what its review does.

    Everything is stored in one transaction: the trace, its review, the moved Q-values, a memory of
    an authored reflection, and the idempotency key.

    Attributes:
        memory: The memory that the run brings with it, whose task has to be embedded; None for
            most runs.

    Args:
        deps: The collaborators.
        project_id: The project.
        run: The run.
        idempotency: How to recognise a repetition; None to create in any case.
        now: The present time, in UTC.

    Raises:
        InvalidRequestError: The task is blank, or a memory was used but not retrieved.
    """

    def __init__(
        self,
        deps: Dependencies,
        project_id: str,
        run: Run,
        *,
        idempotency: IdempotencyKey | None = None,
        now: datetime,
    ) -> None:
        self._deps = deps
        self._idempotency = idempotency
        self._origin = deps.origin()
        self._trace = _trace_of(run, project_id, now)
        self.memory = _authored_memory(self._trace)

    async def store(self) -> Receipt:
        """
        Store a run that brings no memory, while the event loop goes on.

        Returns:
            The trace's id and ingest status, also where an earlier request had created it.

        Raises:
            InvalidRequestError: A memory is not and never was one of the project.
            IdempotencyKeyReusedError: The key came before, with a different request.
            StoreError: The store cannot write it.
        """
        try:
            return await self._deps.store.write_async(self._keep)
        finally:  # Also where nobody waits any longer. What the worker writes then comes after.
            if self._trace.ingest_status is IngestStatus.QUEUED:
                self._deps.queued()

    def store_with_memory(self, memory: Memory) -> Receipt:
        """
        Store a run and the memory that it brings. Blocks.

        Args:
            memory: The run's `memory`.

        Returns:
            As `store` does.

        Raises:
            InvalidRequestError: As from `store`.
            IdempotencyKeyReusedError: As from `store`.
            ReflectServerError: The embedder or the store cannot do its work.
        """
        store, space = self._deps.store, self._deps.spaces.active
        vector = space.embedder.embed([memory.task])[0]

        def work(tx: Transaction) -> Receipt:
            receipt = self._keep(tx)
            if not receipt.replayed:
                tx.memories.insert(memory, vector=vector, embedder=space.embedder.name)
            return receipt

        receipt = store.write(work)
        if not receipt.replayed:
            self._deps.spaces.settle(store, space, memory, vector)
        return receipt

    def _keep(self, tx: Transaction) -> Receipt:
        trace, idempotency = self._trace, self._idempotency
        earlier = idempotency and _earlier(tx, trace.project_id, idempotency)
        if earlier:
            return earlier
        if trace.retrieved_memory_ids:
            _require_memories(tx, trace)
        tx.traces.insert(trace)
        if self._origin is not None:
            tx.traces.note_origin(trace.id, self._origin)
        teach(tx, trace, self._deps.q_learning_alpha)
        if idempotency:
            answer = IdempotentAnswer(idempotency.fingerprint, trace.id)
            tx.idempotency.remember(trace.project_id, idempotency.key, answer, at=trace.created_at)
        return Receipt(trace.id, trace.ingest_status)


def _trace_of(run: Run, project_id: str, now: datetime) -> Trace:
    require_text(run.task, "task")
    trace_id = _new_id(now)
    messages = _messages(run.trajectory)
    retrieved = tuple(dict.fromkeys(run.retrieved_memory_ids))
    used = None if run.used_memory_ids is None else tuple(dict.fromkeys(run.used_memory_ids))
    credit(retrieved, used)
    review = None
    if run.verdict is not None:
        review = review_of(run.verdict, trace_id, ReviewMode.INLINE, now)
    queued = review is not None and review.remember and review.reflection is None
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


def _new_id(now: datetime) -> str:
    """
    Return the time in milliseconds and 48 random bits, as UUIDs of version 7 have them (RFC 9562).

    Traces that come together lie together in the index of ids, so a group of them writes few pages.
    """
    return f"{int(now.timestamp() * 1000):012x}{secrets.token_hex(6)}"


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


def _authored_memory(trace: Trace) -> Memory | None:
    if trace.review is None or trace.review.reflection is None:
        return None
    tools_used = trajectory.tools_used(trace.trajectory)
    reflection = replace(trace.review.reflection, tools_used=tools_used)
    return memory_of(trace, reflection, now=trace.created_at)


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
    known = tx.memories.known(trace.project_id, trace.retrieved_memory_ids)
    unknown = [repr(i) for i in trace.retrieved_memory_ids if i not in known]
    if unknown:
        named = ", ".join(unknown[:5]) + (" and others" if len(unknown) > 5 else "")
        raise InvalidRequestError(
            f"`retrieved_memory_ids` names {named}, which the project {trace.project_id!r} "
            "never had. Name only memories that a query of this project has returned.",
            field="retrieved_memory_ids",
        )
