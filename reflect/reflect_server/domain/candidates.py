"""
Candidate generation: which memories of a project a query weighs, and how they compare with it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from reflect_server.domain.ranking import Ranking

_LEAST_LEXICAL = 1e-4
_LEAST_SAMPLE_STEP = 16


class Candidates(NamedTuple):
    """
    The candidates of a query, most similar first, and by id among equals. None of it may be written
    to.

    Attributes:
        ids: Identifiers of the memories.
        vectors: The unit vectors of their tasks as rows, shape (candidates, dimensions).
        similarities: Their cosine similarities to the query, shape (candidates,).
        lexical: BM25 of the letters that their tasks share with the query's, same shape.
    """

    ids: list[str]
    vectors: NDArray[np.float32]
    similarities: NDArray[np.float32]
    lexical: NDArray[np.float64]


def pool_size(limit: int) -> int:
    """
    Return how many of the most similar memories are weighed.

    Three times the answer, and never fewer than thirty: wide enough that a useful memory can
    overtake and that memories which say the same meet.

    Args:
        limit: How many memories the query asks for.
    """
    return max(30, 3 * limit)


def candidate_rows(
    similarities: NDArray[np.floating],
    lexical: NDArray[np.floating],
    ids: Sequence[str],
    ranking: Ranking,
) -> NDArray[np.intp]:
    """
    Pick the pool of candidates: the most similar memories, and those that share the most letters.

    Of the `pool_size` most similar memories all are candidates, and of the others a third as many
    by their letters, unless similarity alone decides. Every candidate has the least similarity that
    the query asks for.

    Args:
        similarities: Cosine similarity of each memory, shape (memories,).
        lexical: BM25 of each memory, at least 0; same shape.
        ids: Identifier of each memory, which decides between equal values.
        ranking: The threshold, the blend, and how many memories are wanted.

    Returns:
        Indices of the candidates, most similar first, and by id among equals. May be empty.
    """
    size, threshold = pool_size(ranking.limit), ranking.similarity_threshold
    pool = set(_best(similarities, ids, threshold, size))
    if ranking.blend < 1.0:
        sharing = most_letters(lexical, ids, ranking)
        if not (similarities[sharing] >= threshold).all():  # Seldom: it takes a pass over all.
            allowed = np.where(similarities >= threshold, lexical, 0.0)
            sharing = _best(allowed, ids, _LEAST_LEXICAL, size // 3)
        pool.update(sharing)
    return np.array(_ordered(similarities, ids, list(pool)), dtype=np.intp)


def most_letters(lexical: NDArray[np.floating], ids: Sequence[str], ranking: Ranking) -> list[int]:
    """
    Return the indices of the memories that share the most letters, most first, however similar.

    Args:
        lexical: BM25 of each memory, at least 0, shape (memories,).
        ids: Identifier of each memory, which decides between equal values.
        ranking: How many memories are wanted.
    """
    return _best(lexical, ids, _LEAST_LEXICAL, pool_size(ranking.limit) // 3)


def _best(values: NDArray[np.floating], ids: Sequence[str], least: float, size: int) -> list[int]:
    # Of n values a sample of √(n·size) costs as much as sorting out those that it leaves.
    sample = values[:: max(_LEAST_SAMPLE_STEP, math.isqrt(values.size // size))]
    if sample.size > size:
        # The size-th best of a sample is at most the size-th best of all.
        least = max(least, float(np.partition(sample, -size)[-size]))
    among = np.flatnonzero(values >= least)
    if among.size > size:
        least = max(least, float(np.partition(values[among], -size)[-size]))
        among = among[values[among] >= least]
    return _ordered(values, ids, among.tolist())[:size]


def _ordered(values: NDArray[np.floating], ids: Sequence[str], indices: Sequence[int]) -> list[int]:
    """
    Return indices by their values, the largest first, and by id among equals.
    """
    found = values[np.array(indices, dtype=np.intp)].tolist()
    keys = zip((-value for value in found), [ids[index] for index in indices], indices, strict=True)
    return [index for _, _, index in sorted(keys)]
