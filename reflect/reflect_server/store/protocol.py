"""
What the service asks of a store, one small protocol per resource.

A `Store` runs functions inside transactions. The function receives a `Transaction`, whose
repositories speak of domain objects only; all that it does is committed together or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from reflect_server.domain.model import ApiKey, Evidence, IngestStatus
from reflect_server.domain.skill_model import Skill
from reflect_server.store.memories import Memories, Weighed
from reflect_server.store.traces import Traces

T = TypeVar("T")

REMEMBERED_FOR = timedelta(hours=24)
"""How long the answer of an idempotency key is kept at least."""


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
        Say whether a project exists.

        Args:
            project_id: The project.
        """
        ...

    def create(self, project_id: str, *, created_at: datetime) -> None:
        """
        Create a project; nothing happens where it exists.

        Args:
            project_id: The project.
            created_at: The present time, in UTC.
        """
        ...

    def ids(self) -> Sequence[str]:
        """
        Return the ids of all projects, sorted.
        """
        ...

    def evidence(self, project_id: str) -> Evidence:
        """
        Return what reviews have shown of all memories of a project together, without
        `last_used_at`.

        Args:
            project_id: The project; one that does not exist has no evidence.
        """
        ...

    def recount(self, project_id: str) -> None:
        """
        Set a project's evidence to that of its memories together.

        Args:
            project_id: The project.
        """
        ...

    def delete(self, project_id: str) -> None:
        """
        Delete a project and everything of it: traces, reviews, memories, events, keys, skills.

        Args:
            project_id: The project.
        """
        ...


class Skills(Protocol):
    """
    The skills of projects, version by version.
    """

    def latest(self, project_id: str) -> Skill | None:
        """
        Return the newest published version of a project's skill, or None where there is none.

        Args:
            project_id: The project.
        """
        ...

    def versions(self, project_id: str, *, limit: int) -> Sequence[Skill]:
        """
        Return the newest versions, newest first, those that were held back among them.

        Args:
            project_id: The project.
            limit: At most this many.
        """
        ...

    def insert(self, skill: Skill) -> None:
        """
        Store a new version.

        Args:
            skill: The version.

        Raises:
            ConflictError: The project has this version already.
            NotFoundError: The project does not exist.
        """
        ...


class ApiKeys(Protocol):
    """
    API keys, without their secrets.
    """

    def insert(self, key: ApiKey) -> None:
        """
        Store a new key.

        Args:
            key: The key.

        Raises:
            ConflictError: A key with this id or public id exists.
            NotFoundError: Its project does not exist.
        """
        ...

    def nearest(self, public_id: str) -> ApiKey | None:
        """
        Return the key with this public id, or else any other one; None where there is none at all.

        A public id that does not exist so costs what one that does costs, and time tells nothing.

        Args:
            public_id: The public id.
        """
        ...

    def exist(self) -> bool:
        """
        Say whether there is any key, revoked ones included.
        """
        ...

    def of_project(self, project_id: str | None) -> Sequence[ApiKey]:
        """
        Return keys, revoked ones included, oldest first.

        Args:
            project_id: The project that they are for; None for the installation's own.
        """
        ...

    def revoke(self, key_id: str, *, at: datetime) -> None:
        """
        Revoke a key; one that is revoked already keeps its first date.

        Args:
            key_id: The key.
            at: The present time, in UTC.
        """
        ...

    def revoke_all(self, *, at: datetime) -> None:
        """
        Revoke every key of the installation, as `revoke` does.

        Args:
            at: The present time, in UTC.
        """
        ...

    def touch(self, key_id: str, *, at: datetime) -> None:
        """
        Note that a key was used.

        Args:
            key_id: The key.
            at: When, in UTC.
        """
        ...


class Idempotency(Protocol):
    """
    The answers of creations that carried an idempotency key.
    """

    def find(self, project_id: str, key: str) -> IdempotentAnswer | None:
        """
        Return the first answer that an idempotency key got in a project, or None.

        Args:
            project_id: The project.
            key: The key.
        """
        ...

    def remember(
        self, project_id: str, key: str, answer: IdempotentAnswer, *, at: datetime
    ) -> None:
        """
        Keep the answer of a creation, and forget some of those older than `REMEMBERED_FOR`.

        Args:
            project_id: The project.
            key: The idempotency key of the creation.
            answer: What it answered.
            at: When, in UTC.

        Raises:
            ConflictError: The key has an answer already.
            NotFoundError: The project does not exist.
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
        Run a function on one consistent snapshot and return its result.

        Args:
            work: The function; it must not write.

        Raises:
            StoreError: The store could not be read, or is closed.
        """
        ...

    def weighed(self, project_id: str, memory_ids: Sequence[str]) -> Weighed:
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
