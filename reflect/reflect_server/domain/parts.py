"""
What the use cases work with: the store, the embedder, the index, and who wants to hear of changes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from reflect_server.embedders.protocol import Embedder
from reflect_server.index import MemoryIndex
from reflect_server.store.protocol import Store


@dataclass(frozen=True, slots=True)
class Parts:
    """
    The collaborators and the settings of the use cases.

    Attributes:
        store: Where everything is kept.
        embedder: Makes vectors of tasks.
        index: Finds memories by vector.
        q_learning_alpha: Learning rate of reviews that name none, in [0, 1].
        similarity_threshold: The least similarity of an answer where the query names none.
        queued: Called after a trace has entered the ingest queue.
        changed: Called with the id of a trace after its state has changed; with None where many may
            have.
    """

    store: Store
    embedder: Embedder
    index: MemoryIndex
    q_learning_alpha: float
    similarity_threshold: float
    queued: Callable[[], None]
    changed: Callable[[str | None], None]
