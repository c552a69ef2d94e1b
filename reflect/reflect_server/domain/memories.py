"""
Memories: made of traces, queried for a task, listed, read, and the history of their Q-values.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from reflect_server.domain.lessons import lesson_of
from reflect_server.domain.model import (
    Evidence,
    Memory,
    QValueEvent,
    Reflection,
    ReviewResult,
    Trace,
)
from reflect_server.domain.pages import Page, page_of
from reflect_server.domain.parts import Parts
from reflect_server.domain.ranking import Pool, Ranking, candidates, score, select
from reflect_server.domain.texts import require_text
from reflect_server.domain.utility import base_rate, log_odds_gains
from reflect_server.errors import NotFoundError
from reflect_server.index import Matches
from reflect_server.store.protocol import Transaction


@dataclass(frozen=True, slots=True)
class RankedMemory:
    """
    A memory with its place in the query that found it.

    Attributes:
        memory: The memory.
        similarity: Cosine similarity of its task and the query's, in [-1, 1].
        score: The blended score, comparable within one answer.
    """

    memory: Memory
    similarity: float
    score: float


def query_memories(
    parts: Parts,
    project_id: str,
    task: str,
    ranking: Ranking,
    *,
    metadata_filter: Mapping[str, Any] | None = None,
) -> list[RankedMemory]:
    """
    Find the memories that fit a task, best first.

    Args:
        parts: The collaborators.
        project_id: The project.
        task: What the agent is about to do.
        ranking: How many memories are wanted and how they are ranked.
        metadata_filter: Only memories whose metadata has each of these keys with an equal value;
            None for all.

    Returns:
        At most `ranking.limit` memories; none where nothing is similar enough.

    Raises:
        InvalidRequestError: The task is blank.
    """
    require_text(task, "task")
    matches = _matches(parts, project_id, task, metadata_filter)
    pool = candidates(matches.similarities, matches.lexical, matches.ids, ranking)
    wanted = [matches.ids[index] for index in pool]

    def read(tx: Transaction) -> tuple[Mapping[str, Memory], Evidence]:
        return tx.memories.get_many(project_id, wanted), tx.projects.evidence(project_id)

    memories, evidence = parts.store.read(read)
    present = [index for index in pool if matches.ids[index] in memories]
    found = [(index, memories[matches.ids[index]]) for index in present]
    return _ranked(matches, found, evidence, ranking)


def list_memories(
    parts: Parts, project_id: str, *, limit: int | None = None, cursor: str | None = None
) -> Page[Memory]:
    """
    Return memories, newest first.

    Args:
        parts: The collaborators.
        project_id: The project.
        limit: At most this many; None for all.
        cursor: Where the page starts, from the page before; None for the first page.

    Raises:
        InvalidRequestError: The cursor is not one of this list.
    """
    return parts.store.read(
        lambda tx: page_of(
            lambda size: tx.memories.page(project_id, after=cursor, limit=size),
            tx.memories.cursor_after,
            limit,
        )
    )


def get_memory(parts: Parts, project_id: str, memory_id: str) -> Memory:
    """
    Return one memory.

    Args:
        parts: The collaborators.
        project_id: The project.
        memory_id: The memory.

    Raises:
        NotFoundError: The project has no such memory.
    """
    return parts.store.read(lambda tx: _require_memory(tx, project_id, memory_id))


def get_memory_history(parts: Parts, project_id: str, memory_id: str) -> Sequence[QValueEvent]:
    """
    Return every change of a memory's Q-value, oldest first.

    Args:
        parts: The collaborators.
        project_id: The project.
        memory_id: The memory.

    Raises:
        NotFoundError: The project has no such memory.
    """

    def work(tx: Transaction) -> Sequence[QValueEvent]:
        _require_memory(tx, project_id, memory_id)
        return tx.memories.history(memory_id)

    return parts.store.read(work)


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
    )


def _matches(
    parts: Parts, project_id: str, task: str, metadata_filter: Mapping[str, Any] | None
) -> Matches:
    space = parts.spaces.active
    vector = space.embedder.embed([task])[0]
    if not metadata_filter:
        return space.index.search(project_id, vector, task)
    allowed = parts.store.read(lambda tx: tx.memories.matching(project_id, metadata_filter))
    return space.index.search(project_id, vector, task, allowed=allowed)


def _ranked(
    matches: Matches,
    found: Sequence[tuple[int, Memory]],
    project: Evidence,
    ranking: Ranking,
) -> list[RankedMemory]:
    if not found:
        return []
    rows = [index for index, _ in found]
    memories = [memory for _, memory in found]
    pool = Pool(
        similarities=matches.similarities[rows],
        lexical=matches.lexical[rows],
        q_values=np.array([memory.q_value for memory in memories]),
        gains=log_odds_gains(
            np.array([memory.evidence.wins for memory in memories]),
            np.array([memory.evidence.losses for memory in memories]),
            base_rate(project),
        ),
        lessons=[lesson_of(memory.reflection) for memory in memories],
    )
    scores = score(pool, ranking.blend).total
    return [
        RankedMemory(memories[place], float(pool.similarities[place]), float(scores[place]))
        for place in select(pool, scores, matches.vectors[rows], ranking)
    ]


def _require_memory(tx: Transaction, project_id: str, memory_id: str) -> Memory:
    memory = tx.memories.get_many(project_id, [memory_id]).get(memory_id)
    if memory is None:
        raise NotFoundError(
            f"The project {project_id!r} has no memory with the id {memory_id!r}. "
            "Check the id and the project."
        )
    return memory
