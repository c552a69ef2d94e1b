"""
Memories: made of traces, listed, read, and the history of their Q-values.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from functools import partial

from reflect_server.domain.lessons import answer_digest
from reflect_server.domain.memory import Memory, QValueEvent
from reflect_server.domain.pagination import Page, page_of
from reflect_server.domain.reflection import Reflection
from reflect_server.domain.review import ReviewResult
from reflect_server.domain.trace import Trace
from reflect_server.errors import NotFoundError
from reflect_server.store.protocol.store import Transaction
from reflect_server.use_cases.dependencies import Dependencies
from reflect_server.use_cases.traces import require_trace


def list_memories(
    deps: Dependencies, project_id: str, *, limit: int | None, cursor: str | None
) -> Page[Memory]:
    """
    Return a page of the memories, newest first.

    Args:
        deps: The collaborators.
        project_id: The project.
        limit: At most this many; None to go through all, a few at a time.
        cursor: Where the page starts, from the page before; None for the first page.

    Raises:
        InvalidRequestError: The cursor is not one of this list.
    """
    return deps.store.read(
        lambda tx: page_of(
            partial(tx.memories.page, project_id, after=cursor), tx.memories.cursor_after, limit
        )
    )


def get_memory(
    deps: Dependencies, project_id: str, memory_id: str
) -> tuple[Memory, tuple[str, ...]]:
    """
    Return one memory, with the memories that it descends from.

    Args:
        deps: The collaborators.
        project_id: The project.
        memory_id: The memory.

    Returns:
        The memory, and the ids of the memories that the run it was made of had used, or, where that
        is unknown, was given.

    Raises:
        NotFoundError: The project has no such memory.
    """

    def work(tx: Transaction) -> tuple[Memory, tuple[str, ...]]:
        memory = _require_memory(tx, project_id, memory_id)
        trace = require_trace(tx, project_id, memory.trace_id)
        used = trace.used_memory_ids
        return memory, trace.retrieved_memory_ids if used is None else used

    return deps.store.read(work)


def get_memory_history(
    deps: Dependencies, project_id: str, memory_id: str
) -> Sequence[QValueEvent]:
    """
    Return every change of a memory's Q-value, oldest first.

    Args:
        deps: The collaborators.
        project_id: The project.
        memory_id: The memory.

    Raises:
        NotFoundError: The project has no such memory.
    """

    def work(tx: Transaction) -> Sequence[QValueEvent]:
        _require_memory(tx, project_id, memory_id)
        return tx.memories.history(memory_id)

    return deps.store.read(work)


def memory_of(trace: Trace, reflection: Reflection, *, now: datetime) -> Memory:
    """
    Make a memory of a trace. It has to be stored before it can be found.

    Args:
        trace: The trace, with its review where it has one.
        reflection: What its run taught.
        now: The present time, in UTC.
    """
    return Memory(
        id=f"mem_{secrets.token_hex(12)}",
        project_id=trace.project_id,
        trace_id=trace.id,
        task=trace.task,
        reflection=reflection,
        success=None if trace.review is None else trace.review.result is ReviewResult.PASS,
        created_at=now,
        metadata=trace.metadata,
        answer=answer_digest(trace),
    )


def _require_memory(tx: Transaction, project_id: str, memory_id: str) -> Memory:
    memory = tx.memories.get_many(project_id, [memory_id]).get(memory_id)
    if memory is None:
        raise NotFoundError(
            f"The project {project_id!r} has no memory with the id {memory_id!r}. "
            "Check the id and the project."
        )
    return memory
