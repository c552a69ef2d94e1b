"""
What the service asks of a store about memories.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from reflect_server.domain.model import (
    Evidence,
    Learned,
    Memory,
    QValueEvent,
    ReviewResult,
)

Vector = NDArray[np.float32]
"""A unit vector, shape (dimensions,)."""


@dataclass(frozen=True, slots=True)
class Unembedded:
    """
    A memory that lacks a vector.

    Attributes:
        position: Its place in the order of insertion.
        id: The memory.
        project_id: Its project.
        task: What is to be embedded.
    """

    position: int
    id: str
    project_id: str
    task: str


class Weighed(NamedTuple):
    """
    What ranking asks of a store, all as of one moment.

    Attributes:
        memories: Memories of a project, by id.
        evidence: What reviews have shown of all the project's memories together.
    """

    memories: Mapping[str, Memory]
    evidence: Evidence


class Memories(Protocol):
    """
    Memories, their vectors, and the history of their Q-values.
    """

    def insert(self, memory: Memory, *, vector: Vector, embedder: str) -> None:
        """
        Store a new memory with the vector of its task and the name of the embedder that made it.
        """
        ...

    def get_many(self, project_id: str, memory_ids: Sequence[str]) -> Mapping[str, Memory]:
        """
        Return those of the memories that the project has, by id.
        """
        ...

    def known(self, project_id: str, memory_ids: Sequence[str]) -> frozenset[str]:
        """
        Return those of the ids that are memories of the project, or were until their deletion.
        """
        ...

    def page(
        self, project_id: str, *, after: str | None = None, limit: int | None = None
    ) -> Sequence[Memory]:
        """
        Return memories, newest first, as `Traces.page` does.
        """
        ...

    def cursor_after(self, memory_id: str) -> str:
        """
        Return the cursor of the page that follows a memory, as `Traces.cursor_after` does.
        """
        ...

    def of_trace(self, trace_id: str) -> Memory | None:
        """
        Return the memory that was made of the trace, or None.
        """
        ...

    def matching(self, project_id: str, metadata_filter: Mapping[str, Any]) -> frozenset[str]:
        """
        Return the ids of the memories whose metadata has each given key with an equal value.
        """
        ...

    def vectors(
        self, project_id: str, *, embedder: str, dimensions: int
    ) -> tuple[list[str], NDArray[np.float32], list[str]]:
        """
        Return all memories with a vector of this embedder and length: ids, vectors as rows, tasks.
        """
        ...

    def unembedded(
        self, embedder: str, dimensions: int, *, before: int | None = None, limit: int
    ) -> Sequence[Unembedded]:
        """
        Return memories of any project without a vector of an embedder, newest first.

        Args:
            embedder: The embedder.
            dimensions: The length of its vectors; one of another length does not count.
            before: The position of the last one that is known; None to begin.
            limit: At most this many.
        """
        ...

    def count_unembedded(self, embedder: str, *, other: str | None = None) -> int:
        """
        Return how many memories have no vector of an embedder.

        Args:
            embedder: The embedder.
            other: Count only those that have a vector of this embedder instead; None for all.
        """
        ...

    def set_vector(self, memory_id: str, *, vector: Vector, embedder: str) -> None:
        """
        Give a memory its vector of an embedder; nothing happens where the memory is gone.
        """
        ...

    def record(self, event: QValueEvent) -> None:
        """
        Set the memory's Q-value to `event.q_after`, count the event as evidence, and keep it.
        """
        ...

    def forget(self, review_id: str) -> Sequence[QValueEvent]:
        """
        Drop the events of a review and return them. Follow it by `relearn` for each memory.
        """
        ...

    def rejudge(
        self, review_id: str, *, result: ReviewResult, alpha: float
    ) -> Sequence[QValueEvent]:
        """
        Change what the events of a review say and return them. Follow it by `relearn` for each
        memory.
        """
        ...

    def relearn(self, memory_id: str, learned: Learned) -> None:
        """
        Set the memory's Q-value and evidence to what its events say, and rewrite their Q-values.
        """
        ...

    def history(self, memory_id: str) -> Sequence[QValueEvent]:
        """
        Return the events of the memory, oldest first.
        """
        ...
