"""
What the service asks of a store, with a small protocol per resource in a module of its own.

A `Store` runs functions inside transactions. The function receives a `Transaction`, whose
repositories speak of domain objects only; all that it does is committed together or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from reflect_server.domain.trace import IngestStatus
from reflect_server.store.protocol.early_reviews import EarlyReviews
from reflect_server.store.protocol.idempotency import Idempotency
from reflect_server.store.protocol.keys import ApiKeys
from reflect_server.store.protocol.memories import ForRanking, Memories
from reflect_server.store.protocol.projects import Projects
from reflect_server.store.protocol.skills import Skills
from reflect_server.store.protocol.traces import Traces

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Holdings:
    """
    How much a store holds.

    Attributes:
        projects: How many projects.
        traces: How many traces of each ingest status.
        oldest_due_at: Since when the oldest trace in the queue is due; None where none is.
        q_values: How many memories have a Q-value of at most each bound and above the next lower.
        q_value_sum: All Q-values together.
    """

    projects: int
    traces: dict[IngestStatus, int]
    oldest_due_at: datetime | None
    q_values: dict[float, int]
    q_value_sum: float


class Transaction(Protocol):
    """
    One transaction: all its repositories see and change the same state.

    Attributes:
        projects: The projects.
        traces: The traces and their reviews.
        memories: The memories and their events.
        skills: The skills.
        keys: The API keys.
        idempotency: The remembered answers.
        early_reviews: The reviews whose run has not arrived.
    """

    projects: Projects
    traces: Traces
    memories: Memories
    skills: Skills
    keys: ApiKeys
    idempotency: Idempotency
    early_reviews: EarlyReviews

    def holdings(self) -> Holdings:
        """
        Count what there is in all projects together.
        """
        ...


class Store(Protocol):
    """
    Runs functions in transactions. Safe to call from any thread.
    """

    def read(self, work: Callable[[Transaction], T]) -> T:
        """
        Run a function on one consistent snapshot and return its result.

        Args:
            work: The function; it must not write.

        Raises:
            StoreError: The store could not be read, or is closed.
        """
        ...

    def for_ranking(self, project_id: str, memory_ids: Sequence[str]) -> ForRanking:
        """
        Return those of the memories that the project has, by id, and all its evidence together.

        The same as `Memories.get_many` and `Projects.evidence` on one snapshot. Every query asks
        for this, so a store does well to be fast at what it was asked before.

        Args:
            project_id: The project.
            memory_ids: The memories; unknown ones are left out.

        Raises:
            StoreError: The store could not be read, or is closed.
        """
        ...

    def write(self, work: Callable[[Transaction], T]) -> T:
        """
        Run a function in a write transaction and return its result once it is durable.

        Writes take effect in the order in which they came.

        Args:
            work: The function. Writes of other callers wait for it: it should compute nothing slow.

        Raises:
            StoreError: The store could not write it, or is closed.
            Exception: What `work` raised; nothing that it did is stored.
        """
        ...

    async def write_async(self, work: Callable[[Transaction], T]) -> T:
        """
        Do what `write` does while the event loop goes on.

        Whoever stops waiting calls nothing off: `work` is done all the same.

        Args:
            work: As for `write`.

        Raises:
            StoreError: As from `write`.
            Exception: As from `write`.
        """
        ...

    def erase(self) -> None:
        """
        Remove what deleted data has left in files and in memory. Waits some seconds for reads under
        way, and logs a warning where they go on.

        Raises:
            StoreError: The store could not be written.
        """
        ...

    def close(self) -> None:
        """
        Finish what is under way and release the files.
        """
        ...
