"""
Dependencies of the use cases: the store, the embedding spaces, settings, and callbacks.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from reflect_server.auth.cache import AuthCache
from reflect_server.retrieval.embedding_space import EmbeddingSpaces
from reflect_server.skill_writers.protocol import SkillWriter
from reflect_server.store.protocol.store import Store

T = TypeVar("T")


class InThread(Protocol):
    """
    Runs a function on a thread.
    """

    def __call__(self, work: Callable[[], T], /) -> Awaitable[T]:
        """
        Run the function, and return what it returns when awaited.

        Args:
            work: The function, which may block.
        """
        ...


@dataclass(frozen=True, slots=True)
class Dependencies:
    """
    The collaborators and the settings of the use cases.

    Attributes:
        store: Where everything is kept.
        auth_cache: Which projects were found to exist lately.
        spaces: Which embedder makes vectors of tasks, and the index that finds memories by them.
        q_learning_alpha: Learning rate of reviews that name none, in [0, 1].
        similarity_threshold: The least similarity of an answer where the query names none.
        exploration: The share of queries that try out memories of uncertain utility, in [0, 1].
        skill_writer: Proposes how a skill is to change.
        queued: Called after a trace has entered the ingest queue.
        origin: Says which request is at work, for spans of what comes of it; None where there are
            none.
        changed: Called with the id of a trace after its state has changed; with None where many may
            have.
        in_thread: Runs what blocks on a thread, while the event loop goes on.
        in_patient_thread: Runs what may wait for a model on a thread, while the event loop goes on.
    """

    store: Store
    auth_cache: AuthCache
    spaces: EmbeddingSpaces
    q_learning_alpha: float
    similarity_threshold: float
    exploration: float
    skill_writer: SkillWriter
    queued: Callable[[], None]
    origin: Callable[[], str | None]
    changed: Callable[[str | None], None]
    in_thread: InThread
    in_patient_thread: InThread
