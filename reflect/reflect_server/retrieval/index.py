"""
The memory index: every memory's vector and letters in memory, compared with a query exactly.

The store is the truth, and the index a copy of it. A project is loaded when it is first searched;
from then on whoever commits a memory confirms it here. An id may come before its memory and outlive
it for a moment, so callers skip ids that the store does not have. Where all that was loaded takes
more memory than it may, projects that nobody searches any longer are let go of.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from reflect_server.domain.candidates import (
    Candidates,
    candidate_rows,
    most_letters,
    pool_size,
)
from reflect_server.domain.ranking import Ranking
from reflect_server.domain.similarity import similarities
from reflect_server.retrieval.bm25 import LexicalIndex
from reflect_server.retrieval.eviction import Eviction
from reflect_server.retrieval.inner_products import Products
from reflect_server.retrieval.quantized import BLOCK, NOISE, QuantizedQuery, QuantizedVectors
from reflect_server.store.protocol.memories import Vector
from reflect_server.store.protocol.store import Store

Lexical = NDArray[np.float64]

_SMALLEST_CAPACITY = 64
_LOOKED_AT_AGAIN = 8
_SAMPLED = 64
_BYTES_PER_ID = 250


class _Compared(NamedTuple):
    """
    Memories compared with a query, by row.
    """

    similarities: NDArray[np.float32]
    lexical: Lexical


@dataclass(frozen=True, slots=True)
class _Rows:
    """
    One state of a project's index. Rows below `count` never change; later states share them.
    """

    count: int
    ids: list[str]
    matrix: NDArray[np.float32]
    positions: dict[str, int]
    letters: LexicalIndex
    quantized: QuantizedVectors

    @property
    def nbytes(self) -> int:
        held = self.matrix.nbytes + self.letters.nbytes + self.quantized.nbytes
        return held + _BYTES_PER_ID * self.count

    def with_row(self, memory_id: str, vector: Vector, task: str) -> _Rows:
        matrix = self.matrix
        if self.count == len(matrix):
            matrix = np.empty((max(_SMALLEST_CAPACITY, 2 * self.count), vector.size), np.float32)
            if self.count:
                matrix[: self.count] = self.matrix
        matrix[self.count] = vector
        quantized = self.quantized.extended(matrix[: self.count + 1], most=1)
        letters = self.letters.with_text(task)
        # Last, as later states share them: a row that failed midway would leave its id behind.
        self.ids.append(memory_id)
        self.positions[memory_id] = self.count
        return _Rows(self.count + 1, self.ids, matrix, self.positions, letters, quantized)

    def without(self, memory_ids: Collection[str]) -> _Rows:
        gone = {self.positions[i] for i in memory_ids if i in self.positions}
        if not gone:
            return self
        leaves = np.zeros(self.count, np.bool_)
        leaves[list(gone)] = True
        kept = np.flatnonzero(~leaves)
        ids = [self.ids[row] for row in kept.tolist()]
        quantized = self.quantized.before(min(gone))
        return _rows(ids, self.matrix[kept], self.letters.without(leaves), quantized)


def _rows(
    ids: list[str], matrix: NDArray[np.float32], letters: LexicalIndex, quantized: QuantizedVectors
) -> _Rows:
    positions = {memory_id: row for row, memory_id in enumerate(ids)}
    return _Rows(len(ids), ids, matrix, positions, letters, quantized)


@dataclass(slots=True)
class _Project:
    lock: threading.Lock = field(default_factory=threading.Lock)
    rows: _Rows | None = None


class MemoryIndex:
    """
    Exact search over the memories of each project. Safe to use from any thread.

    Args:
        store: Where the vectors are kept.
        embedder_name: The embedder whose vectors are searched.
        eviction: Says which projects have to leave the memory.
    """

    def __init__(self, store: Store, embedder_name: str, eviction: Eviction) -> None:
        self._store = store
        self._embedder_name = embedder_name
        self._eviction = eviction
        self._projects: dict[str, _Project] = {}
        self._products = Products()

    def candidates(
        self,
        project_id: str,
        vector: Vector,
        task: str,
        ranking: Ranking,
        *,
        allowed: Collection[str] | None = None,
    ) -> Candidates:
        """
        Return the memories of a project that a query weighs, as they were at one moment.

        Args:
            project_id: The project.
            vector: Unit vector of the query, shape (dimensions,).
            task: The text of the query, for the letters in it.
            ranking: How many are wanted, and how similar they have to be.
            allowed: Ids of the memories that may be candidates; None for all.

        Returns:
            The candidates, of those memories whose vectors have the query's dimensions.

        Raises:
            StoreError: The vectors could not be loaded.
        """
        rows = self._loaded(project_id, vector.size)
        if allowed is not None:
            return self._among(rows, vector, task, ranking, allowed)
        compared = self._quantized(rows, vector, task, ranking)
        vectors = rows.matrix[: rows.count]
        if compared is None:
            compared = self._compared(vectors, vector, lambda: rows.letters.scores(task))
        return _candidates(rows.ids, vectors, *compared, ranking)

    def _among(
        self,
        rows: _Rows,
        vector: Vector,
        task: str,
        ranking: Ranking,
        allowed: Collection[str],
    ) -> Candidates:
        found = (rows.positions.get(memory_id, rows.count) for memory_id in allowed)
        chosen = sorted(row for row in found if row < rows.count)
        ids, vectors = [rows.ids[row] for row in chosen], rows.matrix[chosen]
        compared = self._compared(vectors, vector, lambda: rows.letters.scores(task)[chosen])
        return _candidates(ids, vectors, *compared, ranking)

    def _compared(
        self, vectors: NDArray[np.float32], query: Vector, letters: Callable[[], Lexical]
    ) -> _Compared:
        products, scan = self._products.inner_products(vectors, query)
        lexical = letters()
        scan.finish()
        return _Compared(similarities(products), lexical)

    def _quantized(
        self, rows: _Rows, vector: Vector, task: str, ranking: Ranking
    ) -> _Compared | None:
        """
        Compare a query with all memories at a glance and with the nearest exactly: of those that
        may become candidates the similarities are exact, of others so far that they do not.

        Returns:
            None where too many are near, or the letters need all similarities.
        """
        if not rows.quantized.blocks:
            return None
        size, vectors = pool_size(ranking.limit), rows.matrix[: rows.count]
        # Gathering more than a share of the vectors would take as long as comparing all.
        most = rows.count // _LOOKED_AT_AGAIN
        if rows.quantized.covered < most or size > most:
            return None
        products, bound, lexical = self._estimated(rows, vector, task)
        # As many memories are within the bound of the size-th largest estimate or above it, and
        # whatever may be above them is within twice the bound.
        near = np.flatnonzero(products >= _kth_largest(products, size) - 2.0 * bound)
        sharing = most_letters(lexical, rows.ids, ranking) if ranking.blend < 1.0 else []
        if near.size > most:
            return None
        exact = np.concatenate((near, np.array(sharing, np.intp)))
        products[exact] = similarities(vectors[exact] @ vector)
        if (products[sharing] < ranking.similarity_threshold).any():
            return None
        return _Compared(products, lexical)

    def _estimated(
        self, rows: _Rows, vector: Vector, task: str
    ) -> tuple[NDArray[np.float32], float, Lexical]:
        """
        Return estimated products, how far they may be wrong, and BM25 of each row.
        """
        products, bounds = np.empty(rows.count, np.float32), [NOISE]
        look, covered = QuantizedQuery(vector), rows.quantized.covered

        def work(number: int) -> None:
            if number < len(rows.quantized.blocks):
                part = products[number * BLOCK : (number + 1) * BLOCK]
                bounds.append(look.estimate(rows.quantized.blocks[number], part))
            else:
                rest = rows.matrix[covered : rows.count]
                np.matmul(rest, vector, out=products[covered:])

        parts = range(len(rows.quantized.blocks) + 1)
        scan = self._products.begin(work, parts, rows=rows.count)
        lexical = rows.letters.scores(task)
        scan.finish()
        return products, max(bounds), lexical

    def size(self, project_id: str) -> float:
        """
        Say how many memories of a project a search compares; infinite where it has to load them.

        Args:
            project_id: The project.
        """
        project = self._projects.get(project_id)
        rows = None if project is None else project.rows
        return math.inf if rows is None else rows.count

    @property
    def nbytes(self) -> int:
        """
        How much memory all loaded projects take, in bytes by estimate.
        """
        return self._eviction.total

    def add(self, project_id: str, memory_id: str, vector: Vector, task: str) -> bool:
        """
        Add a memory that is about to be committed; nothing happens where the index has it.

        Follow it by `confirm`, or by `remove` where the commit fails.

        Args:
            project_id: The project.
            memory_id: The memory.
            vector: Its unit vector, shape (dimensions,).
            task: Its task.

        Returns:
            Whether the index did not have it, and has it now.
        """
        project, is_new = self._projects.get(project_id), False
        if project is None:  # Whoever loads it from now on finds what was committed.
            return False
        with project.lock:
            rows = project.rows
            if rows is not None and rows.matrix.shape[1] != vector.size:
                self._drop(project_id, project)
            elif rows is not None and memory_id not in rows.positions:
                self._keep(project_id, project, rows.with_row(memory_id, vector, task))
                is_new = True
        return is_new

    def confirm(self, project_id: str, memory_id: str, vector: Vector, task: str) -> None:
        """
        Make sure that a memory that was committed is found, unless it has been deleted since.

        Where it was added before its commit it is there already, unless the project was loaded in
        between, from before the commit.

        Args:
            project_id: The project.
            memory_id: The memory.
            vector: Its unit vector, shape (dimensions,).
            task: Its task.
        """
        if self.add(project_id, memory_id, vector, task):
            known = self._store.read(lambda tx: tx.memories.get_many(project_id, [memory_id]))
            if not known:
                self.remove(project_id, [memory_id])

    def remove(self, project_id: str, memory_ids: Collection[str]) -> None:
        """
        Remove memories after their deletion was committed; unknown ids are skipped.

        Args:
            project_id: The project.
            memory_ids: The memories.
        """
        project = self._projects.get(project_id)
        if project is None:
            return
        with project.lock:
            if project.rows is not None:
                self._keep(project_id, project, project.rows.without(memory_ids))

    def forget(self, project_id: str) -> None:
        """
        Let go of a project, because it was deleted or to have it loaded anew.

        Args:
            project_id: The project.
        """
        project = self._projects.get(project_id)
        if project is not None:
            with project.lock:
                self._drop(project_id, project)

    def _loaded(self, project_id: str, dimensions: int) -> _Rows:
        project = self._projects.get(project_id)
        if project is None:
            project = self._projects.setdefault(project_id, _Project())
        rows = project.rows
        if rows is None or rows.matrix.shape[1] != dimensions:
            rows = self._load(project_id, project, dimensions)
        self._evict(self._eviction.searched(project_id))
        return rows

    def _load(self, project_id: str, project: _Project, dimensions: int) -> _Rows:
        with project.lock:
            rows = project.rows
            if rows is None or rows.matrix.shape[1] != dimensions:
                name = self._embedder_name
                ids, matrix, tasks = self._store.read(
                    lambda tx: tx.memories.vectors(project_id, embedder=name, dimensions=dimensions)
                )
                quantized = QuantizedVectors().extended(matrix)
                rows = _rows(ids, matrix, LexicalIndex.of(tasks), quantized)
                self._keep(project_id, project, rows)
            return rows

    def _evict(self, project_ids: Sequence[str]) -> None:
        for project_id in project_ids:
            project = self._projects.get(project_id)
            # One that is being loaded or written is in use, and nobody waits for that here.
            if project is not None and project.lock.acquire(blocking=False):
                try:
                    if self._eviction.is_idle(project_id):
                        self._drop(project_id, project)
                finally:
                    project.lock.release()

    def _keep(self, project_id: str, project: _Project, rows: _Rows) -> None:
        """
        Take a new state of a project, whose lock is held; one that was dropped counts no longer.
        """
        project.rows = rows
        if self._projects.get(project_id) is project:
            self._evict(self._eviction.loaded(project_id, rows.nbytes))

    def _drop(self, project_id: str, project: _Project) -> None:
        """
        Let go of a project, whose lock is held, unless that has been done.
        """
        project.rows = None
        if self._projects.get(project_id) is project:
            self._eviction.evicted(project_id)
            del self._projects[project_id]


def _candidates(
    ids: list[str],
    vectors: NDArray[np.float32],
    similar: NDArray[np.float32],
    lexical: Lexical,
    ranking: Ranking,
) -> Candidates:
    chosen = candidate_rows(similar, lexical, ids, ranking)
    named = [ids[row] for row in chosen.tolist()]
    return Candidates(named, vectors[chosen], similar[chosen], lexical[chosen])


def _kth_largest(values: NDArray[np.float32], k: int) -> float:
    """
    Return the k-th largest of values; a sample tells first which may be among them.
    """
    sample = values[::_SAMPLED]
    if sample.size > k:
        values = values[values >= np.partition(sample, -k)[-k]]
    return float(np.partition(values, -k)[-k])
