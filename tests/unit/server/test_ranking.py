from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from reflect_server.domain import ranking
from reflect_server.domain.ranking import Ranking
from reflect_server.errors import InvalidRequestError

lambdas = st.sampled_from([0.0, 0.3, 0.5, 0.7, 1.0]) | st.floats(0.0, 1.0)
coarse = st.integers(0, 4).map(lambda step: step / 4)
q_values = st.floats(0.0, 1.0) | coarse


@dataclass(frozen=True)
class Bank:
    """
    A memory bank and a query into it.
    """

    ids: list[str]
    vectors: NDArray[np.float32]
    q: NDArray[np.float64]
    query: NDArray[np.float32]

    def permuted(self, order: list[int]) -> Bank:
        return Bank([self.ids[i] for i in order], self.vectors[order], self.q[order], self.query)

    def rank(self, how: Ranking) -> list[tuple[str, float]]:
        similarities = ranking.similarities(self.vectors, self.query)
        pool = ranking.nearest(
            similarities,
            self.ids,
            threshold=how.similarity_threshold,
            size=ranking.pool_size(how.limit),
        )
        scores = ranking.blend(similarities[pool], self.q[pool], how.blend)
        chosen = ranking.select(
            scores, self.vectors[pool], limit=how.limit, mmr_lambda=how.mmr_lambda
        )
        return [(self.ids[pool[position]], float(scores[position])) for position in chosen]


def unit_rows(rows: list[list[float]]) -> NDArray[np.float32]:
    matrix = np.array(rows, dtype=np.float32).reshape(len(rows), 3)
    norms = np.linalg.norm(matrix, axis=1, keepdims=True)
    return np.divide(matrix, norms, out=np.zeros_like(matrix), where=norms > 1e-3)


@st.composite
def banks(draw: st.DrawFn) -> Bank:
    rows = draw(st.lists(st.lists(coarse, min_size=3, max_size=3), max_size=40))
    size = len(rows)
    q = draw(st.lists(q_values, min_size=size, max_size=size))
    query = unit_rows([draw(st.lists(coarse, min_size=3, max_size=3))])[0]
    ids = [f"mem_{number:02}" for number in range(size)]
    return Bank(ids, unit_rows(rows), np.array(q, dtype=np.float64), query)


rankings = st.builds(Ranking, limit=st.integers(1, 12), blend=lambdas, mmr_lambda=lambdas)


@given(bank=banks(), how=rankings, data=st.data())
def test_the_order_of_storage_never_shows_in_an_answer(
    bank: Bank, how: Ranking, data: st.DataObject
):
    order = data.draw(st.permutations(range(len(bank.ids))))
    assert bank.permuted(order).rank(how) == bank.rank(how)


@given(bank=banks(), how=rankings)
def test_an_answer_has_distinct_memories_within_the_limit_by_falling_finite_score(
    bank: Bank, how: Ranking
):
    answer = bank.rank(how)
    ids = [memory_id for memory_id, _ in answer]
    scores = [score for _, score in answer]
    assert len(ids) == len(set(ids)) <= how.limit
    assert np.isfinite(scores).all()
    assert scores == sorted(scores, reverse=True)


@given(bank=banks(), limit=st.integers(1, 12))
def test_a_full_blend_orders_by_similarity_alone(bank: Bank, limit: int):
    answer = bank.rank(Ranking(limit=limit, blend=1.0, mmr_lambda=1.0))
    similarities = ranking.similarities(bank.vectors, bank.query).astype(float)
    expected = sorted(zip(-similarities, bank.ids, strict=True))[:limit]
    assert answer == [(memory_id, -negated) for negated, memory_id in expected]


pools = st.lists(st.tuples(coarse | st.floats(-1.0, 1.0), q_values), min_size=1, max_size=40).map(
    lambda pool: np.array(sorted(pool, key=lambda pair: -pair[0]))
)


@given(pool=pools)
def test_an_empty_blend_orders_by_q_value_alone_then_by_similarity(pool: NDArray[np.float64]):
    similarities, q = np.round(pool[:, 0], 6), np.round(pool[:, 1], 6)
    scores = ranking.blend(similarities, q, 0.0)
    order = ranking.select(scores, np.zeros((len(q), 3), np.float32), limit=len(q), mmr_lambda=1.0)
    assert order == sorted(range(len(q)), key=lambda i: (-q[i], -similarities[i], i))


@given(pool=pools, lambda_=lambdas)
def test_a_memory_that_is_more_similar_and_more_useful_never_scores_less(
    pool: NDArray[np.float64], lambda_: float
):
    similarities, q = pool[:, 0], pool[:, 1]
    scores = ranking.blend(similarities, q, lambda_)
    assert np.isfinite(scores).all()
    dominates = (similarities[:, None] >= similarities) & (q[:, None] >= q)
    assert (scores[:, None] >= scores - 1e-12)[dominates].all()


@given(pool=pools, lambda_=lambdas)
def test_scores_lie_on_the_scale_of_the_similarities(pool: NDArray[np.float64], lambda_: float):
    similarities = pool[:, 0]
    scores = ranking.blend(similarities, pool[:, 1], lambda_)
    assert scores.max() == pytest.approx(similarities.max())
    if np.ptp(similarities) > 1e-6:
        assert scores.min() == pytest.approx(similarities.min())


def test_a_cold_start_is_ranked_by_similarity():
    similarities = np.array([0.9, 0.8, 0.4])
    assert ranking.blend(similarities, np.full(3, 0.3), 0.5).tolist() == similarities.tolist()


def test_among_memories_of_the_same_task_the_useful_one_comes_first():
    similarities = np.full(3, 0.75)
    scores = ranking.blend(similarities, np.array([0.2, 0.5, 0.8]), 0.5)
    assert scores.tolist() == pytest.approx([0.65, 0.7, 0.75])


def test_one_outstanding_q_value_does_not_silence_similarity():
    similarities = np.linspace(0.9, 0.1, 30)
    q = np.full(30, 0.5)
    q[-1] = 1.0
    assert int(np.argmax(ranking.blend(similarities, q, 0.7))) == 0


def test_rounding_noise_between_equal_tasks_does_not_count_as_spread():
    vectors = unit_rows([[0.3, 0.4, 0.5]] * 2)
    vectors[1] += np.float32(3e-8)
    assert len(set(ranking.similarities(vectors, vectors[0]).tolist())) == 1


def test_diversity_passes_over_a_copy_that_utility_would_take():
    vectors = unit_rows([[1, 0, 0], [1, 0.01, 0], [0.6, 0.8, 0]])
    scores = np.array([0.9, 0.89, 0.6])
    assert ranking.select(scores, vectors, limit=2, mmr_lambda=1.0) == [0, 1]
    assert ranking.select(scores, vectors, limit=2, mmr_lambda=0.3) == [0, 2]


def test_pure_diversity_starts_from_the_best_score_and_answers_by_score():
    vectors = unit_rows([[1, 0, 0], [1, 1, 0], [0.9, 0.5, 0.1], [0, 1, 0]])
    scores = np.array([0.2, 0.9, 0.8, 0.4])
    assert ranking.select(scores, vectors, limit=3, mmr_lambda=0.0) == [1, 3, 0]


@given(bank=banks(), how=rankings)
def test_each_choice_maximises_marginal_relevance(bank: Bank, how: Ranking):
    pool = ranking.nearest(
        ranking.similarities(bank.vectors, bank.query), bank.ids, threshold=-1.0, size=40
    )
    scores = ranking.blend(
        ranking.similarities(bank.vectors, bank.query)[pool], bank.q[pool], how.blend
    )
    vectors = bank.vectors[pool]
    likeness = np.round(vectors @ vectors.T, 6)
    mu, chosen = how.mmr_lambda, list[int]()
    while len(chosen) < min(how.limit, len(pool)):
        left = [i for i in range(len(pool)) if i not in chosen]
        penalty = {i: max((float(likeness[i, j]) for j in chosen), default=0.0) for i in left}
        gain = {i: mu * scores[i] - (1 - mu) * penalty[i] for i in left}
        best = max(gain.values())
        chosen.append(max((i for i in left if gain[i] == best), key=lambda i: (scores[i], -i)))
    answer = ranking.select(scores, vectors, limit=how.limit, mmr_lambda=mu)
    assert scores[answer].sum() == pytest.approx(scores[chosen].sum(), abs=1e-6)


def test_the_pool_holds_the_nearest_memories_above_the_threshold():
    similarities = np.array([0.1, 0.9, 0.5, 0.7, 0.7], dtype=np.float32)
    ids = ["a", "b", "c", "e", "d"]
    pool = ranking.nearest(similarities, ids, threshold=0.3, size=2)
    assert [ids[i] for i in pool] == ["b", "d"]
    pool = ranking.nearest(similarities, ids, threshold=0.6, size=10)
    assert [ids[i] for i in pool] == ["b", "d", "e"]


def test_a_pool_without_candidates_gives_an_empty_answer():
    empty = np.empty(0)
    pool = ranking.nearest(empty, [], threshold=0.0, size=10)
    assert pool.size == 0
    assert ranking.blend(empty, empty, 0.5).size == 0
    assert ranking.select(empty, np.empty((0, 3), np.float32), limit=5, mmr_lambda=0.5) == []


@pytest.mark.parametrize(("limit", "size"), [(1, 10), (3, 10), (10, 30), (100, 300)])
def test_the_pool_is_three_answers_wide_and_never_below_ten(limit: int, size: int):
    assert ranking.pool_size(limit) == size


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"limit": 0}, "limit"),
        ({"blend": -0.1}, "lambda"),
        ({"blend": 1.5}, "lambda"),
        ({"mmr_lambda": float("nan")}, "mmr_lambda"),
        ({"similarity_threshold": -1.5}, "similarity_threshold"),
    ],
)
def test_a_ranking_outside_its_ranges_is_refused(values: dict[str, float], field: str):
    with pytest.raises(InvalidRequestError) as raised:
        Ranking(**values)
    assert raised.value.field == field
