"""
Ranking: candidates scored by what they proved to be worth, and a diverse choice of them.

It has two steps: `score` weighs the pool, `select` chooses from it. The pool comes in the order of
`candidates`, and both break ties by that order, so the order in which memories happen to be stored
never shows in an answer.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from reflect_server.domain.memory import Stance
from reflect_server.domain.similarity import SIMILARITY_DECIMALS, similarities
from reflect_server.errors import InvalidRequestError

LOG_ODDS = 0.15
"""
How much cosine similarity a unit of log odds is worth.

Adding logarithms of odds is how independent evidence combines. Whether two tasks of BANKING77's
training set want the same action rises with their similarity at 6 to 8.5 log odds per unit, so one
log odd is worth 0.12 to 0.17 of similarity (docs/decisions/0014).
"""

UTILITY_WEIGHT = 0.5
"""
How much cosine similarity a unit of the logarithm of a memory's utility is worth.

A run ends well where the memory fits its task and its lesson is right, and the chances s and u of
the two multiply. By `LOG_ODDS`, log s rises by (1 - s)/0.15 per unit of similarity, which is 2
where the best candidates of a query compete, at s = 0.7 (docs/decisions/0014).
"""

OTHER_LESSON = 0.2
"""How redundant two memories of one task are whose lessons differ; 1 where they are equal."""

LEXICAL_WEIGHT = 0.01
"""
How much cosine similarity a unit of BM25 is worth.

BM25 is itself a sum of log odds, with a factor that has to be learned: 0.086 log odds per unit, in
the regression of `LOG_ODDS` with both measures and terms that are words (docs/decisions/0014).
"""

MAX_LEXICAL = 0.15
"""The most that shared letters add to a score; larger BM25 is scaled down to it."""

FEEDBACK_WEIGHT = 0.15
"""How much cosine similarity to the query a unit of likeness to the best candidates is worth."""

FEEDBACK_SIZE = 3
"""How many of the best candidates the others are compared with."""

_NO_SPREAD = 1e-9
_RANGE_WITHOUT_SPREAD = 0.1
_LAST = 10.0


@dataclass(frozen=True, slots=True)
class Ranking:
    """
    How one query wants its memories ranked.

    Attributes:
        limit: How many memories to answer with at most; 1 or more.
        blend: Weight of similarity against utility (`lambda` on the wire), in [0, 1]: 1.0 orders by
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


@dataclass(frozen=True, slots=True)
class Pool:
    """
    The pool of one query, in the order of `candidates`.

    Arrays have the shape (candidates,) where nothing else is said.

    Attributes:
        similarities: Their cosine similarities.
        lexical: BM25 of the letters that they share with the query, at least 0.
        q_values: Their Q-values, in [0, 1].
        gains: How far the evidence moves the logarithm of their utility; see `utility.log_gains`.
        lessons: What each tells a run to do; equal for memories that say the same.
        vectors: The unit vectors of their tasks as rows, shape (candidates, dimensions).
        stances: What the run of each answered, with the verdict; None where unknown, and empty
            where none is known.
    """

    similarities: NDArray[np.floating]
    lexical: NDArray[np.floating]
    q_values: NDArray[np.float64]
    gains: NDArray[np.float64]
    lessons: Sequence[Hashable]
    vectors: NDArray[np.float32]
    stances: Sequence[Stance | None] = ()


@dataclass(frozen=True, slots=True)
class Scores:
    """
    The scores of a pool and what they are made of; all arrays have the shape (candidates,).

    Attributes:
        total: The scores.
        lexical: What shared letters add to each.
        feedback: What unlikeness to the best candidates takes from each, at most 0.
        utility: What the evidence adds to each.
        agreement: What other candidates that say the same add to each.
    """

    total: NDArray[np.float64]
    lexical: NDArray[np.float64]
    feedback: NDArray[np.float64]
    utility: NDArray[np.float64]
    agreement: NDArray[np.float64]


def score(pool: Pool, lambda_: float) -> Scores:
    """
    Score a pool by how relevant its memories are, how useful they proved, and how they agree.

    A memory of its own has similarity + `LEXICAL_WEIGHT`·BM25 + feedback + `UTILITY_WEIGHT`·gain:
    the chances of a task that wants the same and of a lesson that is right. Feedback takes the
    `FEEDBACK_SIZE` candidates that similarity and letters put first for relevant, and is
    `FEEDBACK_WEIGHT` times what the mean cosine similarity to them lacks to 1: what is far from the
    best is less likely to be about the same (pseudo-relevance feedback; Rocchio, in The SMART
    Retrieval System, 1971, chapter 14). Candidates that say the same are
    one piece of advice with more than one witness: the odds of all witnesses add up, and the best
    witness gets the logarithm of the sum, c·log Σ exp(score/c) with c = `LOG_ODDS`; the others keep
    their distance to it.

    Away from λ = 0.5, the lesser side counts min(λ, 1 - λ)/max(λ, 1 - λ), and c shrinks with it
    in the agreement. What letters, feedback and agreement add vanishes towards λ = 1.

    Args:
        pool: The candidates.
        lambda_: Weight of similarity against utility, in [0, 1].

    Returns:
        The scores. With λ = 1 they are the similarities, with λ = 0 the Q-values. They rise with
        similarity, with BM25 as long as it is not the pool's largest, and with gain.
    """
    similar = np.asarray(pool.similarities, dtype=np.float64)
    nothing = np.zeros_like(similar)
    if lambda_ == 1.0:
        return Scores(similar, nothing, nothing, nothing, nothing)
    if lambda_ == 0.0:
        q_values = np.asarray(pool.q_values, dtype=np.float64)
        return Scores(q_values, nothing, nothing, nothing, nothing)
    of_similarity = min(1.0, lambda_ / (1.0 - lambda_))
    of_utility = min(1.0, (1.0 - lambda_) / lambda_)
    lexical = _lexical(pool.lexical)
    feedback = _feedback(similar + lexical, pool.vectors)
    lexical *= of_similarity * of_utility
    feedback *= of_similarity * of_utility
    utility = of_utility * UTILITY_WEIGHT * pool.gains
    own = of_similarity * similar + lexical + feedback + utility
    scale = LOG_ODDS * min(of_similarity, of_utility)
    agreement = nothing if scale < _NO_SPREAD else _agreement(own, pool.lessons, scale)
    return Scores(own + agreement, lexical, feedback, utility, agreement)


def _lexical(scores: NDArray[np.floating]) -> NDArray[np.float64]:
    most = float(scores.max(initial=0.0))
    weight = LEXICAL_WEIGHT if most * LEXICAL_WEIGHT <= MAX_LEXICAL else MAX_LEXICAL / most
    return weight * np.asarray(scores, dtype=np.float64)


def _feedback(relevance: NDArray[np.float64], vectors: NDArray[np.float32]) -> NDArray[np.float64]:
    best = np.argsort(-relevance, kind="stable")[:FEEDBACK_SIZE]
    if not best.size:
        return np.zeros_like(relevance)
    likeness = similarities(vectors @ vectors[best].mean(axis=0)).astype(np.float64)
    return FEEDBACK_WEIGHT * (likeness - 1.0)


def _agreement(
    own: NDArray[np.float64], lessons: Sequence[Hashable], scale: float
) -> NDArray[np.float64]:
    added, values = np.zeros_like(own), own.tolist()
    for members in _by_lesson(lessons):
        if len(members) > 1:
            best = max(values[place] for place in members)
            odds = math.fsum(math.exp((values[place] - best) / scale) for place in members)
            added[members] = scale * math.log(odds)
    return added


def _by_lesson(lessons: Sequence[Hashable]) -> list[list[int]]:
    groups: dict[Hashable, list[int]] = {}
    for place, lesson in enumerate(lessons):
        groups.setdefault(lesson, []).append(place)
    return list(groups.values())


class Choice(NamedTuple):
    """
    A candidate that was chosen.

    Attributes:
        position: Its position in the pool.
        penalty: What its likeness to those chosen before it took away; 0 where nothing did.
    """

    position: int
    penalty: float


def select(pool: Pool, scores: NDArray[np.float64], ranking: Ranking) -> list[Choice]:
    """
    Choose from a scored pool, trading score against likeness to what is chosen already.

    Maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998): the first choice has the best
    score; each next one maximises μ·score - (1 - μ)·(its largest similarity to a chosen one), with
    the scores moved to the range of the similarities. So μ = 1 takes the best scores, and μ = 0
    starts from the best score and then looks at diversity alone. Ties go to the better score, then
    (λ < 1) to the higher Q-value, then to the earlier position.

    Where utility has a say (0 < λ < 1) and diversity too (μ < 1), lessons count beside tasks. The
    likeness of two memories whose lessons differ is `OTHER_LESSON` times that of their tasks.
    Memories that say the same do not crowd the answer, nor do memories contradict one another: of
    those with equal lessons, and of those that accept and reject one answer to one task, all but
    the best scored are chosen last.

    Args:
        pool: The candidates.
        scores: Their scores, shape (candidates,).
        ranking: How many to choose, and μ.

    Returns:
        The choices, each candidate at most once, best score first.
    """
    q_values = pool.q_values if ranking.blend < 1.0 else np.zeros_like(pool.q_values)
    by_score = np.lexsort((-q_values, -scores))
    mu, limit = ranking.mmr_lambda, ranking.limit
    if mu == 1.0 or limit >= by_score.size or limit <= 1:
        return [Choice(int(position), 0.0) for position in by_score[:limit]]
    relevance = mu * _rescaled(scores, np.asarray(pool.similarities, np.float64))[by_score]
    rows = pool.vectors[by_score]
    likeness = (rows @ rows.T).round(SIMILARITY_DECIMALS).astype(np.float64)
    likeness *= 1.0 - mu
    if 0.0 < ranking.blend < 1.0:
        relevance[_outdone(pool, by_score)] -= _LAST
        numbers = dict[Hashable, int]()
        lessons = np.array([numbers.setdefault(said, len(numbers)) for said in pool.lessons])
        lessons = lessons[by_score]
        likeness *= np.where(lessons[:, None] == lessons, 1.0, OTHER_LESSON)
    chosen = {0: 0.0}
    nearest_chosen = likeness[0].copy()
    nearest_chosen[0] = np.inf
    while len(chosen) < limit:
        pick = int((relevance - nearest_chosen).argmax())
        chosen[pick] = float(nearest_chosen[pick])
        np.maximum(nearest_chosen, likeness[pick], out=nearest_chosen)
        nearest_chosen[pick] = np.inf
    return [Choice(int(by_score[place]), penalty) for place, penalty in sorted(chosen.items())]


def _outdone(pool: Pool, by_score: NDArray[np.intp]) -> list[int]:
    """
    Return the places in `by_score` of memories that a better one repeats or contradicts.
    """
    said, outdone = set[Hashable](), list[int]()
    verdicts = dict[Hashable, bool]()
    for place, position in enumerate(by_score.tolist()):
        lesson = pool.lessons[position]
        stance = pool.stances[position] if pool.stances else None
        accepted = stance is not None and stance.accepted
        run = None if stance is None else stance.run
        if lesson in said or verdicts.get(run, accepted) is not accepted:
            outdone.append(place)
        else:
            said.add(lesson)
            verdicts[run] = accepted
    return outdone


def _rescaled(
    scores: NDArray[np.float64], similarities: NDArray[np.float64]
) -> NDArray[np.float64]:
    if np.array_equal(scores, similarities):
        return similarities
    low, high = float(scores.min()), float(scores.max())
    top = float(similarities.max())
    width = top - float(similarities.min())
    if high - low < _NO_SPREAD:
        return similarities
    if width < _NO_SPREAD:
        width = _RANGE_WITHOUT_SPREAD
    return top - width * ((high - scores) / (high - low))
