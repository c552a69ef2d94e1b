"""
The vectors that queries are compared in: an embedder, and the index of what it has embedded.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from reflect_server.domain.entities import Memory
from reflect_server.embedders.cached import CachedEmbedder
from reflect_server.embedders.protocol import Embedder
from reflect_server.errors import ReflectServerError
from reflect_server.retrieval.eviction import Eviction
from reflect_server.retrieval.index import MemoryIndex
from reflect_server.store.protocol.memories import Vector
from reflect_server.store.protocol.store import Store

_log = logging.getLogger("reflect_server.retrieval")


@dataclass(frozen=True, slots=True)
class EmbeddingSpace:
    """
    Vectors that can be compared with each other.

    Attributes:
        embedder: Makes them.
        index: Finds memories by them.
    """

    embedder: Embedder
    index: MemoryIndex


def space_of(embedder: Embedder, store: Store, *, max_index_bytes: int) -> EmbeddingSpace:
    """
    Return the space of an embedder's vectors; of each task asked for lately they are remembered.

    Args:
        embedder: The embedder.
        store: Where memories and their vectors are kept.
        max_index_bytes: How much memory the index may take before projects that nobody searches
            are let go of.
    """
    index = MemoryIndex(store, embedder.name, Eviction(max_index_bytes))
    return EmbeddingSpace(CachedEmbedder(embedder), index)


class EmbeddingSpaces:
    """
    The space in use, which changes once where another embedder takes over.

    A use case takes `active` once and works with that to its end.

    Args:
        active: The space to begin with.
    """

    def __init__(self, active: EmbeddingSpace) -> None:
        self._active = active

    @property
    def active(self) -> EmbeddingSpace:
        """
        The space that memories are put into and looked for in.
        """
        return self._active

    def settle(self, store: Store, space: EmbeddingSpace, memory: Memory, vector: Vector) -> None:
        """
        Make sure that a memory is found after its commit, whatever became active meanwhile.

        Args:
            store: Where it was committed.
            space: The space that its vector is of.
            memory: The memory.
            vector: Its unit vector, shape (dimensions,).
        """
        space.index.confirm(memory.project_id, memory.id, vector, memory.task)
        active = self.active
        if active is space:
            return
        try:
            vector = active.embedder.embed([memory.task])[0]
        except ReflectServerError as error:
            _log.warning("a memory is found from the next start on: %s", error.message)
            return
        name = active.embedder.name
        store.write(lambda tx: tx.memories.set_vector(memory.id, vector=vector, embedder=name))
        active.index.confirm(memory.project_id, memory.id, vector, memory.task)

    def switch(self, space: EmbeddingSpace) -> None:
        """
        Use another space from now on.

        Args:
            space: The other space.
        """
        self._active = space
