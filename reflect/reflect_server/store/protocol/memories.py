"""
What the service asks of a store about memories.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from reflect_server.domain.memory import Evidence, Learned, Memory, QValueEvent, Taught
from reflect_server.domain.review import ReviewResult
from reflect_server.store.protocol.paged import Paged

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


class ForRanking(NamedTuple):
    """
    What ranking asks of a store, all as of one moment.

    Attributes:
        memories: Memories of a project, by id.
        evidence: What reviews have shown of all the project's memories together.
    """

    memories: Mapping[str, Memory]
    evidence: Evidence


class Memories(Paged[Memory], Protocol):
    """
    Memories, their vectors, and the history of their Q-values.
    """

    def insert(self, memory: Memory, *, vector: Vector, embedder: str) -> None:
        """
        Store a new memory with the vector of its task.

        Args:
            memory: The memory.
            vector: The unit vector of its task, shape (dimensions,).
            embedder: The name of the embedder that made the vector.

        Raises:
            ConflictError: Its trace has a memory already, or a memory with this id exists.
            NotFoundError: Its trace or its project does not exist.
        """
        ...

    def get_many(self, project_id: str, memory_ids: Sequence[str]) -> Mapping[str, Memory]:
        """
        Return those of the memories that the project has, by id.

        Args:
            project_id: The project.
            memory_ids: The memories; unknown ones are left out.
        """
        ...

    def known(self, project_id: str, memory_ids: Sequence[str]) -> frozenset[str]:
        """
        Return those of the ids that are memories of the project, or were until their deletion.

        Args:
            project_id: The project.
            memory_ids: The ids.
        """
        ...

    def of_trace(self, trace_id: str) -> Memory | None:
        """
        Return the memory that was made of a trace, or None.

        Args:
            trace_id: The trace.
        """
        ...

    def matching(self, project_id: str, metadata_filter: Mapping[str, Any]) -> frozenset[str]:
        """
        Return the ids of the memories whose metadata has each given key with an equal value.

        Values are equal as JSON: 1 is 1.0 and neither true nor "1"; objects are equal whatever the
        order of their keys.

        Args:
            project_id: The project.
            metadata_filter: The keys and values; an empty one matches every memory of the project.
        """
        ...

    def vectors(
        self,
        project_id: str,
        *,
        embedder: str,
        dimensions: int,
        memory_ids: Collection[str] | None = None,
    ) -> tuple[list[str], NDArray[np.float32], list[str]]:
        """
        Return memories of a project that have a vector of an embedder.

        Args:
            project_id: The project.
            embedder: The embedder.
            dimensions: The length of its vectors; those of another length are left out.
            memory_ids: Which memories; None for all.

        Returns:
            The ids, oldest memory first, the vectors as rows, shape (memories, dimensions), and the
            tasks.
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

        Args:
            memory_id: The memory.
            vector: The unit vector of its task, shape (dimensions,).
            embedder: The embedder.
        """
        ...

    def append_events(self, taught: Sequence[Taught]) -> None:
        """
        Keep what a review has taught memories: the events, the Q-values after them, and the
        evidence.

        Args:
            taught: What each of the memories has been taught.

        Raises:
            ConflictError: The review has moved one of the memories before.
            NotFoundError: One of the memories does not exist.
        """
        ...

    def remove_events(self, review_id: str) -> Sequence[QValueEvent]:
        """
        Drop the events of a review and return them. Follow it by `set_learned` for each memory.

        Args:
            review_id: The review.
        """
        ...

    def change_events(
        self, review_id: str, *, result: ReviewResult, alpha: float
    ) -> Sequence[QValueEvent]:
        """
        Change what the events of a review say and return them. Follow it by `set_learned` for each
        memory.

        Args:
            review_id: The review.
            result: Its verdict.
            alpha: Its learning rate, in [0, 1].
        """
        ...

    def set_learned(self, memory_id: str, learned: Learned) -> None:
        """
        Set a memory's Q-value and evidence to what its events say, and rewrite their Q-values.

        Args:
            memory_id: The memory.
            learned: What they say; see `learning.replayed`.
        """
        ...

    def history(self, memory_id: str) -> Sequence[QValueEvent]:
        """
        Return the events of a memory, oldest first.

        Args:
            memory_id: The memory.
        """
        ...
