"""
What the service asks of a store, one small protocol per resource.

A `Store` runs functions inside transactions. The function receives a `Transaction`, whose
repositories speak of domain objects only; all that it does is committed together or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from reflect_server.domain.model import (
    ALL_TRACES,
    ApiKey,
    Evidence,
    IngestStatus,
    Learned,
    Memory,
    QValueEvent,
    Review,
    ReviewResult,
    Skill,
    Trace,
    TraceFilter,
)

T = TypeVar("T")

FARTHEST_DUE = timedelta(minutes=15)
"""
No trace is put off for longer. One that is due later was put off by a clock that was ahead, and is
due at once: otherwise it would wait until this clock is there too.
"""
REMEMBERED_FOR = timedelta(hours=24)
"""How long the answer of an idempotency key is kept at least."""

Vector = NDArray[np.float32]
"""A unit vector, shape (dimensions,)."""


@dataclass(frozen=True, slots=True)
class IdempotentAnswer:
    """
    The answer that a creation gave when its idempotency key was first seen.

    Attributes:
        fingerprint: Hash of the request that it answered.
        resource_id: What that request created.
    """

    fingerprint: bytes
    resource_id: str


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


class Projects(Protocol):
    """
    The projects that exist.
    """

    def exists(self, project_id: str) -> bool:
        """
        Say whether the project exists.
        """
        ...

    def create(self, project_id: str, *, created_at: datetime) -> None:
        """
        Create the project; nothing happens where it exists.
        """
        ...

    def ids(self) -> Sequence[str]:
        """
        Return the ids of all projects, sorted.
        """
        ...

    def evidence(self, project_id: str) -> Evidence:
        """
        Return what reviews have shown of all its memories together, without `last_used_at`.
        """
        ...

    def recount(self, project_id: str) -> None:
        """
        Set the project's evidence to that of its memories together.
        """
        ...

    def delete(self, project_id: str) -> None:
        """
        Delete the project and everything of it: traces, reviews, memories, events, keys, skills.
        """
        ...


class Traces(Protocol):
    """
    Traces with their reviews. The trace's row is also its entry in the ingest queue.
    """

    def insert(self, trace: Trace) -> None:
        """
        Store a new trace, with its review where it has one.
        """
        ...

    def get(self, project_id: str, trace_id: str) -> Trace | None:
        """
        Return the trace, or None where the project has none of that id.
        """
        ...

    def page(
        self,
        project_id: str,
        *,
        wanted: TraceFilter = ALL_TRACES,
        after: str | None = None,
        limit: int | None = None,
    ) -> Sequence[Trace]:
        """
        Return traces, newest first.

        Args:
            project_id: The project.
            wanted: Which traces.
            after: The cursor of the page, from `cursor_after`; None for the first page.
            limit: At most this many; None for all.
        """
        ...

    def cursor_after(self, trace_id: str) -> str:
        """
        Return the cursor of the page that follows a trace, which must exist.

        It stays good when the trace is deleted.
        """
        ...

    def add_review(self, review: Review) -> None:
        """
        Attach a review, and put the trace into the ingest queue where it is to be remembered.
        """
        ...

    def remove_review(self, trace_id: str) -> None:
        """
        Take a trace's review back, with the memory that was made of the trace, whose id stays
        known; the trace leaves the ingest queue.
        """
        ...

    def note_origin(self, trace_id: str, origin: str) -> None:
        """
        Keep which request put a trace into the queue, in the place of an earlier one.

        Args:
            trace_id: The trace.
            origin: What spans of that request are known by.
        """
        ...

    def origin(self, trace_id: str) -> str | None:
        """
        Return what `note_origin` kept last, or None.
        """
        ...

    def claim(self, *, now: datetime, until: datetime, after: str | None = None) -> Trace | None:
        """
        Take a queued trace that is due, mark it `processing`, and count the attempt and, until it
        ends well, the failure. The number of the attempt is what its results are known by later.

        Projects take turns, so that none waits for all traces of another; of one project, the trace
        that has been due longest is taken.

        Args:
            now: The present time.
            until: When the claim ends; see `expire_claims`.
            after: The project that had its turn last; None where none had.

        Returns:
            The trace as it is now, or None where nothing is due.
        """
        ...

    def complete(self, trace_id: str, *, memory_id: str) -> None:
        """
        Mark the trace as `completed`, with the memory that was made of it.
        """
        ...

    def reschedule(
        self, trace_id: str, *, attempt: int, error: str, due_at: datetime, counts: bool = True
    ) -> None:
        """
        Put the trace back into the queue after a failed attempt; only where that is under way.

        Args:
            trace_id: The trace.
            attempt: Which attempt: the trace's `ingest_attempts` when it was claimed.
            error: Why the attempt failed.
            due_at: When it may be tried again.
            counts: Whether the attempt counts as a failure of the trace.
        """
        ...

    def fail(self, trace_id: str, *, attempt: int, error: str) -> None:
        """
        Give the trace up after its last attempt; only where that is under way.

        Args:
            trace_id: The trace.
            attempt: Which attempt: the trace's `ingest_attempts` when it was claimed.
            error: Why it failed.
        """
        ...

    def retry(
        self, project_id: str | None, trace_ids: Sequence[str] | None, *, due_at: datetime
    ) -> Sequence[str]:
        """
        Put failed traces back into the queue, with as many attempts as a new one has.

        Args:
            project_id: The project; None for all projects.
            trace_ids: The traces; None for all failed ones.
            due_at: When they are due.

        Returns:
            Their ids.
        """
        ...

    def expire_claims(self, *, now: datetime, lease: timedelta, error: str) -> int:
        """
        Put every trace whose claim has ended back into the queue; the attempt counts as a failure.

        Args:
            now: The present time.
            lease: How long claims last. One that lasts for two more of that was made by a clock
                that was ahead, and has ended.
            error: What is said of the attempt.

        Returns:
            How many there were.
        """
        ...

    def release_claims(self, *, keep: Collection[str] = ()) -> int:
        """
        Put every trace that is `processing` back into the queue, and return how many there were.

        Args:
            keep: The traces that somebody is working on; none at the start of the service.
        """
        ...

    def next_due(self) -> datetime | None:
        """
        Return when the next queued trace is due, or None where the queue is empty.
        """
        ...

    def delete(self, project_id: str, trace_ids: Sequence[str]) -> Sequence[str]:
        """
        Delete those traces that the project has, with reviews and memories, and return their ids.
        """
        ...


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


class Skills(Protocol):
    """
    The skills of projects, version by version.
    """

    def latest(self, project_id: str) -> Skill | None:
        """
        Return the newest published version of the project's skill, or None where there is none.
        """
        ...

    def versions(self, project_id: str, *, limit: int) -> Sequence[Skill]:
        """
        Return the newest versions, newest first, those that were held back among them.
        """
        ...

    def insert(self, skill: Skill) -> None:
        """
        Store a new version.
        """
        ...


class ApiKeys(Protocol):
    """
    API keys, without their secrets.
    """

    def insert(self, key: ApiKey) -> None:
        """
        Store a new key.
        """
        ...

    def nearest(self, public_id: str) -> ApiKey | None:
        """
        Return the key with this public id, or else any other one; None where there is none at all.

        A public id that does not exist so costs what one that does costs, and time tells nothing.
        """
        ...

    def exist(self) -> bool:
        """
        Say whether there is any key, revoked ones included.
        """
        ...

    def of_project(self, project_id: str | None) -> Sequence[ApiKey]:
        """
        Return the keys of a project (None: the installation's own), oldest first.
        """
        ...

    def revoke(self, key_id: str, *, at: datetime) -> None:
        """
        Revoke the key; one that is revoked already keeps its first date.
        """
        ...

    def touch(self, key_id: str, *, at: datetime) -> None:
        """
        Note that the key was used.
        """
        ...


class Idempotency(Protocol):
    """
    The answers of creations that carried an idempotency key.
    """

    def find(self, project_id: str, key: str) -> IdempotentAnswer | None:
        """
        Return the first answer that this key got in the project, or None.
        """
        ...

    def remember(
        self, project_id: str, key: str, answer: IdempotentAnswer, *, at: datetime
    ) -> None:
        """
        Keep the answer of a creation, and forget some of those older than `REMEMBERED_FOR`.
        """
        ...


class Transaction(Protocol):
    """
    One transaction: all its repositories see and change the same state.
    """

    def holdings(self) -> Holdings:
        """
        Count what there is in all projects together.
        """
        ...

    @property
    def projects(self) -> Projects:
        """
        The projects.
        """
        ...

    @property
    def traces(self) -> Traces:
        """
        The traces and their reviews.
        """
        ...

    @property
    def memories(self) -> Memories:
        """
        The memories and their events.
        """
        ...

    @property
    def skills(self) -> Skills:
        """
        The skills.
        """
        ...

    @property
    def keys(self) -> ApiKeys:
        """
        The API keys.
        """
        ...

    @property
    def idempotency(self) -> Idempotency:
        """
        The remembered answers.
        """
        ...


class Store(Protocol):
    """
    Runs functions in transactions. Safe to call from any thread.
    """

    def read(self, work: Callable[[Transaction], T]) -> T:
        """
        Run `work` on one consistent snapshot and return its result. It must not write.
        """
        ...

    def write(self, work: Callable[[Transaction], T]) -> T:
        """
        Run `work` in a write transaction and return its result once it is durable.

        An exception from `work` rolls back all that it did, and is raised again here.
        """
        ...

    def submit(self, work: Callable[[Transaction], T]) -> Future[T]:
        """
        Do what `write` does without waiting for it.

        The future has the result once it is durable, or the exception. What is called when it is
        done runs on a thread of the store's own, and must not block.
        """
        ...

    def erase(self) -> None:
        """
        Remove what deleted data has left in files and in memory. Waits for reads under way.
        """
        ...

    def close(self) -> None:
        """
        Finish what is under way and release the files.
        """
        ...
