"""
Embedding spaces: an embedder with the index of its vectors, and memories committed to both.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from reflect_server.domain.memory import Memory
from reflect_server.embedders.cached import CachedEmbedder
from reflect_server.embedders.protocol import Embedder
from reflect_server.errors import ReflectServerError
from reflect_server.retrieval.eviction import Eviction
from reflect_server.retrieval.index import MemoryIndex
from reflect_server.store.protocol.memories import Unembedded, Vector
from reflect_server.store.protocol.store import Store, Transaction

T = TypeVar("T")

_log = logging.getLogger("reflect_server.retrieval")


@dataclass(frozen=True, slots=True)
class EmbeddingSpace:
    """
    Pairs an embedder with the index of its vectors, which can be compared with each other alone.

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


class Embedded(NamedTuple):
    """
    A memory with the vector of its task.

    Attributes:
        memory: The memory.
        vector: The unit vector, shape (dimensions,).
        space: The space that the vector is of.
    """

    memory: Memory
    vector: Vector
    space: EmbeddingSpace

    def insert(self, tx: Transaction) -> None:
        """
        Insert the memory into the store.

        Args:
            tx: The transaction.
        """
        embedder = self.space.embedder.name
        tx.memories.insert(self.memory, vector=self.vector, embedder=embedder)


class EmbeddingSpaces:
    """
    Holds the space in use, which changes once where another embedder takes over.

    A use case takes `active` once and works with that to its end.

    Args:
        store: Where memories and their vectors are kept.
        active: The space to begin with.

    Attributes:
        active: The space that memories are put into and looked for in.
    """

    def __init__(self, store: Store, active: EmbeddingSpace) -> None:
        self._store = store
        self.active = active

    def embed(self, memory: Memory) -> Embedded:
        """
        Embed the task of a new memory, in the active space.

        Args:
            memory: The memory.

        Raises:
            ReflectServerError: The embedder cannot do its work.
        """
        space = self.active
        return Embedded(memory, space.embedder.embed([memory.task])[0], space)

    def commit(
        self, embedded: Embedded, work: Callable[[Transaction], T], *, kept: Callable[[T], bool]
    ) -> T:
        """
        Commit a new memory, and make it searchable before anybody learns of the commit.

        Args:
            embedded: The memory.
            work: What is done in the transaction, `embedded.insert` among it.
            kept: Says of the result of `work` whether it has inserted the memory.

        Returns:
            What `work` returned.

        Raises:
            StoreError: The store cannot write it.
            Exception: What `work` raised; nothing that it did is stored.
        """
        (memory, vector, space), index = embedded, embedded.space.index
        index.add(memory.project_id, memory.id, vector, memory.task)
        is_kept = False
        try:
            result = self._store.write(work)
            is_kept = kept(result)
        finally:
            if not is_kept:
                index.remove(memory.project_id, [memory.id])
        if is_kept:
            index.confirm(memory.project_id, memory.id, vector, memory.task)
            if self.active is not space:
                self._embed_again(memory)
        return result

    def commit_vectors(
        self, space: EmbeddingSpace, embedded: Sequence[tuple[Unembedded, Vector]]
    ) -> None:
        """
        Commit vectors of memories that lacked them, and make these searchable.

        Args:
            space: The space that the vectors are of.
            embedded: The memories, each with its unit vector, shape (dimensions,).

        Raises:
            StoreError: The store cannot write them.
        """
        name = space.embedder.name

        def work(tx: Transaction) -> None:
            for memory, vector in embedded:
                tx.memories.set_vector(memory.id, vector=vector, embedder=name)

        self._store.write(work)
        if self.active is space:
            for memory, vector in embedded:
                space.index.confirm(memory.project_id, memory.id, vector, memory.task)

    def _embed_again(self, memory: Memory) -> None:
        """
        Put a memory into the space that became active while it was committed to another.
        """
        space = self.active
        try:
            vector = space.embedder.embed([memory.task])[0]
        except ReflectServerError as error:
            _log.warning("a memory is found from the next start on: %s", error.message)
            return
        found = Unembedded(0, memory.id, memory.project_id, memory.task)
        self.commit_vectors(space, [(found, vector)])
