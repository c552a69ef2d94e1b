"""
Which memories a query gets: the nearest, blended with what they proved to be worth, and diverse.

A query runs through four steps: `similarities` compares it with every memory, `nearest` picks the
pool, `blend` scores the pool, `select` chooses from it. `nearest` puts the pool in an order that
depends on similarities and ids alone, and the later steps break ties by that order, so the order in
which memories happen to be stored never shows in an answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reflect_server.errors import InvalidRequestError

MAX_Q_DEVIATION = 3.0
"""Largest weight of a Q-value in the blend, in standard deviations of the pool (MemRL)."""

SIMILARITY_DECIMALS = 6
"""Precision of a similarity; beyond it lies the rounding noise of float32 dot products."""

_NO_SPREAD = 1e-9
_RANGE_WITHOUT_SPREAD = 0.1


@dataclass(frozen=True, slots=True)
class Ranking:
    """
    How one query wants its memories ranked.

    Attributes:
        limit: How many memories to answer with at most; 1 or more.
        blend: Weight of similarity against Q-value (`lambda` on the wire), in [0, 1]: 1.0 orders by
            similarity alone, 0.0 by Q-value alone.
        mmr_lambda: Weight of score against diversity, in [0, 1]: 1.0 takes the best scores, 0.0 the
            memories least alike.
        similarity_threshold: The least cosine similarity that a memory must have, in [-1, 1].

    Raises:
        InvalidRequestError: A value is outside its range.
    """

    limit: int = 10
    blend: float = 0.5
    mmr_lambda: float = 0.7
    similarity_threshold: float = 0.0

    def __post_init__(self) -> None:
        """
        Refuse values outside their ranges.
        """
        if self.limit < 1:
            raise InvalidRequestError(
                f"`limit` is {self.limit}; it must be at least 1.", field="limit"
            )
        _require_range("lambda", self.blend, 0.0)
        _require_range("mmr_lambda", self.mmr_lambda, 0.0)
        _require_range("similarity_threshold", self.similarity_threshold, -1.0)


def _require_range(field: str, value: float, low: float) -> None:
    if not low <= value <= 1.0:
        raise InvalidRequestError(
            f"`{field}` is {value}; it must lie between {low:g} and 1.", field=field
        )


def pool_size(limit: int) -> int:
    """
    Return how many of the most similar memories enter the blend.

    Three times the answer, and never fewer than ten: wide enough that a memory with a high Q-value
    can overtake, narrow enough that a useful memory of another subject does not.

    Args:
        limit: How many memories the query asks for.
    """
    return max(10, 3 * limit)


def similarities(vectors: NDArray[np.float32], query: NDArray[np.float32]) -> NDArray[np.float32]:
    """
    Compare a query with every memory.

    Args:
        vectors: Unit vectors of the memories as rows, shape (memories, dimensions).
        query: Unit vector of the query, shape (dimensions,).

    Returns:
        The cosine similarities in [-1, 1], rounded to `SIMILARITY_DECIMALS`, shape (memories,).
        Rounding makes memories of one and the same task equally similar wherever they are stored.
    """
    return np.clip(np.round(vectors @ query, SIMILARITY_DECIMALS), -1.0, 1.0)


def nearest(
    similarities: NDArray[np.floating],
    ids: Sequence[str],
    *,
    threshold: float,
    size: int,
) -> NDArray[np.intp]:
    """
    Pick the pool of candidates: the most similar memories above the threshold.

    Args:
        similarities: Cosine similarity of each memory, shape (memories,).
        ids: Identifier of each memory, which decides between equal similarities.
        threshold: The least similarity that a candidate must have.
        size: The largest pool; see `pool_size`.

    Returns:
        Indices of the candidates, most similar first, and by id among equals. May be empty.
    """
    candidates = np.flatnonzero(similarities >= threshold)
    if candidates.size > size:
        values = similarities[candidates]
        weakest = np.partition(values, candidates.size - size)[candidates.size - size]
        candidates = candidates[values >= weakest]
    ordered = sorted(candidates.tolist(), key=lambda index: (-similarities[index], ids[index]))
    return np.array(ordered[:size], dtype=np.intp)


def blend(
    similarities: NDArray[np.floating], q_values: NDArray[np.floating], lambda_: float
) -> NDArray[np.float64]:
    """
    Score a pool by how similar its memories are and how useful they proved.

    Similarities live in a narrow band and Q-values do not, so both enter as z-scores within the
    pool: λ·z(similarity) + (1 - λ)·clip(z(Q), ±3), after MemRL (arXiv 2601.03192). A pool whose
    Q-values are all equal, as at a cold start, is ranked by similarity. The clip keeps one outlier
    from silencing similarity; with λ = 0 there is none to silence, and it is left out.

    Args:
        similarities: Cosine similarity of each candidate, shape (candidates,).
        q_values: Q-value of each candidate, in [0, 1]; same shape.
        lambda_: Weight of similarity against Q-value, in [0, 1].

    Returns:
        Scores on the scale of the pool's similarities: the best candidate has the largest of them,
        the worst the smallest. With λ = 1, and wherever Q-values do not differ, the scores are the
        similarities. Where the similarities do not differ and the Q-values do, the scores span the
        0.1 below that similarity. Always finite; same shape.
    """
    similar = np.asarray(similarities, dtype=np.float64)
    utility = _z_scores(np.asarray(q_values, dtype=np.float64))
    if lambda_ == 1.0 or not utility.any():
        return similar
    if lambda_ > 0.0:
        utility = np.clip(utility, -MAX_Q_DEVIATION, MAX_Q_DEVIATION)
    blended = lambda_ * _z_scores(similar) + (1.0 - lambda_) * utility
    return _rescaled(blended, similar)


def _z_scores(values: NDArray[np.float64]) -> NDArray[np.float64]:
    if values.size == 0 or values.max() - values.min() < _NO_SPREAD:
        return np.zeros_like(values)
    deviations: NDArray[np.float64] = values - values.mean()
    scaled: NDArray[np.float64] = deviations / np.sqrt(np.mean(deviations * deviations))
    return scaled


def _rescaled(
    scores: NDArray[np.float64], similarities: NDArray[np.float64]
) -> NDArray[np.float64]:
    low, high = float(scores.min()), float(scores.max())
    top = float(similarities.max())
    width = top - float(similarities.min())
    if high - low < _NO_SPREAD:
        return similarities
    if width < _NO_SPREAD:
        width = _RANGE_WITHOUT_SPREAD
    return top - width * ((high - scores) / (high - low))


def select(
    scores: NDArray[np.float64], vectors: NDArray[np.float32], *, limit: int, mmr_lambda: float
) -> list[int]:
    """
    Choose from a scored pool, trading score against likeness to what is chosen already.

    Maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998): the first choice has the best
    score; each next one maximises μ·score - (1 - μ)·(its largest similarity to a chosen one). So
    μ = 1 takes the best scores, and μ = 0 starts from the best score and then looks at diversity
    alone. Ties go to the better score, then to the earlier position.

    Args:
        scores: Scores of the pool as `blend` gives them, in the order of `nearest`, shape
            (candidates,).
        vectors: Unit vectors of the candidates as rows, shape (candidates, dimensions).
        limit: How many to choose at most.
        mmr_lambda: μ, in [0, 1].

    Returns:
        Positions in the pool, each at most once, best score first.
    """
    by_score = np.argsort(-scores, kind="stable")
    if mmr_lambda == 1.0 or limit >= by_score.size or limit <= 1:
        return [int(position) for position in by_score[:limit]]
    relevance = mmr_lambda * scores[by_score]
    rows = vectors[by_score]
    likeness = np.round(rows @ rows.T, SIMILARITY_DECIMALS).astype(np.float64)
    likeness *= 1.0 - mmr_lambda
    chosen = [0]
    nearest_chosen = likeness[0].copy()
    nearest_chosen[0] = np.inf
    while len(chosen) < limit:
        pick = int(np.argmax(relevance - nearest_chosen))
        chosen.append(pick)
        np.maximum(nearest_chosen, likeness[pick], out=nearest_chosen)
        nearest_chosen[pick] = np.inf
    return [int(by_score[position]) for position in sorted(chosen)]
