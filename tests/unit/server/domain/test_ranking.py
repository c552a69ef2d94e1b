from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from reflect_server.domain import ranking
from reflect_server.domain.candidates import candidate_rows, pool_size
from reflect_server.domain.memory import Stance
from reflect_server.domain.ranking import (
    FEEDBACK_WEIGHT,
    LOG_ODDS,
    OTHER_LESSON,
    UTILITY_WEIGHT,
    Pool,
    Ranking,
)
from reflect_server.domain.similarity import similarities as similarities_of
from reflect_server.errors import InvalidRequestError

lambdas = st.sampled_from([0.0, 0.3, 0.5, 0.7, 1.0]) | st.floats(0.0, 1.0)
coarse = st.integers(0, 4).map(lambda step: step / 4)
q_values = st.floats(0.0, 1.0) | coarse
words = st.just(0.0) | st.floats(0.0, 60.0)
gains = st.just(0.0) | st.floats(-6.0, 6.0)
directions = st.tuples(coarse, coarse, st.just(0.5)).map(list)


@dataclass(frozen=True)
class Bank:
    """
    A memory bank and a query into it.
    """

    ids: list[str]
    vectors: NDArray[np.float32]
    lexical: NDArray[np.float64]
    q: NDArray[np.float64]
    gains: NDArray[np.float64]
    lessons: list[str]
    query: NDArray[np.float32]

    def permuted(self, order: list[int]) -> Bank:
        return replace(
            self,
            ids=[self.ids[i] for i in order],
            vectors=self.vectors[order],
            lexical=self.lexical[order],
            q=self.q[order],
            gains=self.gains[order],
            lessons=[self.lessons[i] for i in order],
        )

    def pool(self, how: Ranking) -> tuple[list[int], Pool]:
        similarities = similarities_of(self.vectors @ self.query)
        rows = candidate_rows(similarities, self.lexical, self.ids, how).tolist()
        lessons = [self.lessons[row] for row in rows]
        found = similarities[rows], self.lexical[rows], self.q[rows], self.gains[rows]
        return rows, Pool(*found, lessons, self.vectors[rows])

    def rank(self, how: Ranking) -> list[tuple[str, float]]:
        rows, pool = self.pool(how)
        scores = ranking.score(pool, how.blend).total
        chosen = positions(pool, scores, how)
        return [(self.ids[rows[place]], float(scores[place])) for place in chosen]


def positions(pool: Pool, scores: NDArray[np.float64], how: Ranking) -> list[int]:
    return [choice.position for choice in ranking.select(pool, scores, how)]


def pool_of(
    similar: Sequence[float],
    lessons: Sequence[str | int],
    *,
    lexical: Sequence[float] | None = None,
    gains: Sequence[float] | None = None,
    vectors: NDArray[np.float32] | None = None,
    stances: Sequence[Stance | None] = (),
) -> Pool:
    """
    A pool without Q-values, and without what is not given; of one task where no vectors are.
    """
    size = len(lessons)
    return Pool(
        np.array(similar),
        np.zeros(size) if lexical is None else np.array(lexical),
        np.full(size, 0.5),
        np.zeros(size) if gains is None else np.array(gains),
        lessons,
        unit_rows([[1.0, 0.0, 0.0]] * size) if vectors is None else vectors,
        stances,
    )


def unit_rows(rows: list[list[float]]) -> NDArray[np.float32]:
    matrix = np.array(rows, dtype=np.float32).reshape(len(rows), 3)
    norms = np.linalg.norm(matrix, axis=1, keepdims=True)
    return np.divide(matrix, norms, out=np.zeros_like(matrix), where=norms > 1e-3)


@st.composite
def banks(draw: st.DrawFn) -> Bank:
    rows = draw(st.lists(st.lists(coarse, min_size=3, max_size=3), max_size=40))
    size = len(rows)
    q = draw(st.lists(q_values, min_size=size, max_size=size))
    shared = draw(st.lists(words, min_size=size, max_size=size))
    moved = draw(st.lists(gains, min_size=size, max_size=size))
    lessons = draw(st.lists(st.sampled_from("abcdefgh"), min_size=size, max_size=size))
    query = unit_rows([draw(st.lists(coarse, min_size=3, max_size=3))])[0]
    ids = [f"mem_{number:02}" for number in range(size)]
    return Bank(
        ids, unit_rows(rows), np.array(shared), np.array(q), np.array(moved), lessons, query
    )


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
    similarities = similarities_of(bank.vectors @ bank.query).astype(float)
    expected = sorted(zip(-similarities, bank.ids, strict=True))[:limit]
    assert answer == [(memory_id, -negated) for negated, memory_id in expected]


@st.composite
def pools(draw: st.DrawFn) -> Pool:
    size = draw(st.integers(1, 40))
    similar = draw(st.lists(coarse | st.floats(-1.0, 1.0), min_size=size, max_size=size))
    return Pool(
        np.round(np.array(sorted(similar, reverse=True)), 6),
        np.array(draw(st.lists(words, min_size=size, max_size=size))),
        np.round(np.array(draw(st.lists(q_values, min_size=size, max_size=size))), 6),
        np.array(draw(st.lists(gains, min_size=size, max_size=size))),
        draw(st.lists(st.sampled_from("abcdefgh"), min_size=size, max_size=size)),
        unit_rows(draw(st.lists(directions, min_size=size, max_size=size))),
    )


def order_of(pool: Pool, lambda_: float) -> list[int]:
    size = len(pool.lessons)
    scores = ranking.score(pool, lambda_).total
    how = Ranking(limit=size, blend=lambda_, mmr_lambda=1.0)
    return positions(pool, scores, how)


def distinct(size: int) -> list[int]:
    return list(range(size))


@given(pool=pools())
def test_an_empty_blend_orders_by_q_value_alone_then_by_similarity(pool: Pool):
    q, similar = pool.q_values, pool.similarities
    expected = sorted(range(len(q)), key=lambda i: (-q[i], -similar[i], i))
    assert order_of(pool, 0.0) == expected


@given(pool=pools())
def test_a_full_blend_scores_by_similarity_alone(pool: Pool):
    assert ranking.score(pool, 1.0).total.tolist() == pool.similarities.tolist()


@given(pool=pools(), lambda_=lambdas, data=st.data())
def test_a_memory_that_becomes_more_similar_or_more_useful_never_scores_less(
    pool: Pool, lambda_: float, data: st.DataObject
):
    place = data.draw(st.integers(0, len(pool.lessons) - 1))
    more = st.floats(0.0, 1.0)

    def raised(values: NDArray[np.floating], by: float) -> NDArray[np.float64]:
        changed = np.array(values, np.float64)
        changed[place] += by
        return changed

    better = replace(
        pool,
        similarities=raised(pool.similarities, data.draw(more)),
        q_values=raised(pool.q_values, data.draw(more)),
        gains=raised(pool.gains, data.draw(more)),
    )
    before, after = (ranking.score(p, lambda_).total[place] for p in (pool, better))
    assert after >= before - 1e-6  # Likeness is rounded.


@given(pool=pools(), lambda_=lambdas)
def test_of_two_memories_that_say_the_same_the_better_one_comes_first(pool: Pool, lambda_: float):
    scored = ranking.score(pool, lambda_)
    scores = scored.total
    assert np.isfinite(scores).all()
    alike = np.array(pool.lessons)[:, None] == np.array(pool.lessons)
    dominates = alike
    for values in (pool.similarities, pool.lexical, scored.feedback, pool.gains, pool.q_values):
        dominates = dominates & (values[:, None] >= values)
    assert (scores[:, None] >= scores - 1e-12)[dominates].all()


@given(pool=pools(), lambda_=lambdas)
def test_a_score_is_the_sum_of_its_parts(pool: Pool, lambda_: float):
    scores = ranking.score(replace(pool, lessons=distinct(len(pool.lessons))), lambda_)
    assert (scores.agreement == 0.0).all()
    if 0.0 < lambda_ < 1.0:
        own = min(1.0, lambda_ / (1.0 - lambda_)) * pool.similarities
        own = own + scores.lexical + scores.feedback + scores.utility
        assert scores.total.tolist() == pytest.approx(own.tolist(), abs=1e-9)


def test_a_cold_start_is_ranked_by_similarity():
    pool = pool_of([0.9, 0.8, 0.4], distinct(3))
    assert ranking.score(pool, 0.5).total.tolist() == [0.9, 0.8, 0.4]


def test_a_unit_of_utility_weighs_as_much_as_its_share_of_similarity():
    pool = pool_of([0.8, 0.8], distinct(2), gains=[0.0, -2.0])
    assert ranking.score(pool, 0.5).total.tolist() == pytest.approx([0.8, 0.8 - 2 * UTILITY_WEIGHT])


def test_evidence_weighs_less_as_lambda_rises_and_similarity_less_as_it_falls():
    pool = pool_of([0.8, 0.4], distinct(2), gains=[-1.0, 1.0])
    leads = [float(-np.diff(ranking.score(pool, x).total)[0]) for x in (0.1, 0.3, 0.5, 0.7, 0.9)]
    assert leads == sorted(leads)
    assert leads[0] < 0 < leads[-1]


def test_a_memory_loses_as_much_as_it_is_unlike_the_best_candidates():
    vectors = unit_rows([[1, 0, 0], [1, 0, 0], [1, 0, 0], [0.6, 0.8, 0], [0, 1, 0]])
    pool = pool_of([0.9, 0.9, 0.9, 0.8, 0.8], distinct(5), vectors=vectors)
    scores = ranking.score(pool, 0.5)
    expected = [0.0, 0.0, 0.0, -0.4 * FEEDBACK_WEIGHT, -FEEDBACK_WEIGHT]
    assert scores.feedback.tolist() == pytest.approx(expected)
    assert scores.total[3] > scores.total[4]
    assert ranking.score(pool, 1.0).feedback.tolist() == [0.0] * 5


def test_letters_have_a_say_in_which_candidates_are_the_best():
    vectors = unit_rows([[1, 0, 0]] * 3 + [[0, 1, 0]] * 3)
    similar, apart = [0.8] * 3 + [0.75] * 3, distinct(6)
    alone = pool_of(similar, apart, vectors=vectors)
    lettered = pool_of(similar, apart, vectors=vectors, lexical=[0.0] * 3 + [8.0] * 3)
    loses, wins = [-FEEDBACK_WEIGHT] * 3, [0.0] * 3
    assert ranking.score(alone, 0.5).feedback.tolist() == pytest.approx(wins + loses)
    assert ranking.score(lettered, 0.5).feedback.tolist() == pytest.approx(loses + wins)


def test_the_odds_of_two_equal_witnesses_add_up():
    pool = pool_of([0.7, 0.6, 0.6], ["a", "b", "b"])
    scores = ranking.score(pool, 0.5)
    assert scores.total.tolist() == pytest.approx([0.7, *[0.6 + LOG_ODDS * np.log(2)] * 2])
    assert scores.agreement[0] == 0.0


def test_memories_that_say_the_same_do_not_crowd_the_answer():
    vectors = unit_rows([[1, 0, 0], [0.9, 0.5, 0], [0.5, 0.9, 0], [0, 0.1, 1]])
    pool = pool_of([0.9, 0.8, 0.7, 0.1], ["a", "a", "a", "b"], vectors=vectors)
    scores = ranking.score(pool, 0.5).total

    def chosen(limit: int, **how: float) -> list[int]:
        return positions(pool, scores, Ranking(limit=limit, **how))

    assert chosen(2) == [0, 3]
    assert chosen(3) == [0, 2, 3]
    assert chosen(2, mmr_lambda=1.0) == [0, 1]


def test_memories_do_not_contradict_one_another_in_a_short_answer():
    stances = [
        Stance("t", b"a", accepted=False),
        Stance("t", b"a", accepted=True),
        Stance("t", b"b", accepted=True),
        None,
    ]
    pool = pool_of([0.9, 0.8, 0.7, 0.6], distinct(4), stances=stances)

    def chosen(limit: int, **how: float) -> list[int]:
        return positions(pool, pool.similarities, Ranking(limit=limit, **how))

    assert chosen(3) == [0, 2, 3]
    assert chosen(4) == [0, 1, 2, 3]
    assert chosen(3, mmr_lambda=1.0) == chosen(3, blend=1.0) == [0, 1, 2]


def test_lessons_about_one_task_are_less_redundant_where_they_differ():
    vectors = unit_rows([[1, 0, 0], [1, 0, 0], [0.7, 0.7, 0.1]])
    pool = pool_of([0.9, 0.9, 0.7], distinct(3), vectors=vectors)

    def chosen(**how: float) -> list[int]:
        return positions(pool, pool.similarities, Ranking(limit=2, mmr_lambda=0.5, **how))

    assert chosen() == [0, 1]
    assert chosen(blend=1.0) == [0, 2]


def test_rounding_noise_between_equal_tasks_does_not_count_as_spread():
    vectors = unit_rows([[0.3, 0.4, 0.5]] * 2)
    vectors[1] += np.float32(3e-8)
    assert len(set(similarities_of(vectors @ vectors[0]).tolist())) == 1


def pick(
    vectors: NDArray[np.float32], scores: NDArray[np.float64], limit: int, mu: float
) -> list[int]:
    pool = pool_of(scores.tolist(), distinct(len(scores)), vectors=vectors)
    return positions(pool, scores, Ranking(limit=limit, mmr_lambda=mu))


def test_diversity_passes_over_a_copy_that_utility_would_take():
    vectors = unit_rows([[1, 0, 0], [1, 0.01, 0], [0.6, 0.8, 0]])
    scores = np.array([0.9, 0.89, 0.6])
    assert pick(vectors, scores, 2, 1.0) == [0, 1]
    assert pick(vectors, scores, 2, 0.2) == [0, 2]


def test_pure_diversity_starts_from_the_best_score_and_answers_by_score():
    vectors = unit_rows([[1, 0, 0], [1, 1, 0], [0.9, 0.5, 0.1], [0, 1, 0]])
    scores = np.array([0.2, 0.9, 0.8, 0.4])
    assert pick(vectors, scores, 3, 0.0) == [1, 3, 0]


@given(bank=banks(), how=rankings)
def test_each_choice_maximises_marginal_relevance(bank: Bank, how: Ranking):
    bank = replace(bank, lessons=bank.ids)
    rows, pool = bank.pool(how)
    if not rows:
        return
    scores = ranking.score(pool, how.blend).total
    vectors = bank.vectors[rows]
    likeness = np.round(vectors @ vectors.T, 6)
    likeness *= OTHER_LESSON if 0.0 < how.blend < 1.0 else 1.0
    low, high = pool.similarities.min(), pool.similarities.max()
    width = high - low if high - low > 1e-9 else 0.1
    spread = scores.max() - scores.min()
    relevance = pool.similarities.astype(float)
    if spread > 1e-9:
        relevance = high - width * (scores.max() - scores) / spread
    mu, chosen = how.mmr_lambda, list[int]()
    while len(chosen) < min(how.limit, len(rows)):
        left = [i for i in range(len(rows)) if i not in chosen]
        penalty = {i: max((float(likeness[i, j]) for j in chosen), default=0.0) for i in left}
        gain = {i: mu * relevance[i] - (1 - mu) * penalty[i] for i in left}
        if not chosen:
            gain = {i: float(scores[i]) for i in left}
        best = max(gain.values())
        equal = [i for i in left if gain[i] == best]
        assume(all(gain[i] < best - 1e-5 for i in left if i not in equal))  # Not by rounding.
        chosen.append(max(equal, key=lambda i: (scores[i], -i)))
    answer = positions(pool, scores, how)
    assert scores[answer].sum() == pytest.approx(scores[chosen].sum(), abs=1e-6)


def test_shared_letters_add_their_weight_and_no_more_than_their_most():
    pool = pool_of([0.0, 0.0, 0.0], distinct(3), lexical=[0.0, 5.0, 15.0])
    long = replace(pool, lexical=10 * pool.lexical)
    assert ranking.score(pool, 0.5).lexical.tolist() == pytest.approx([0.0, 0.05, 0.15])
    assert ranking.score(long, 0.5).lexical.tolist() == pytest.approx([0.0, 0.05, 0.15])


def test_the_pool_holds_the_most_similar_memories_and_those_that_share_most_letters():
    similarities = np.linspace(0.9, 0.1, 50)
    lexical = np.zeros(50)
    lexical[40:] = 1.0
    lexical[49] = 2.0
    ids = [f"mem_{number:02}" for number in range(50)]

    def pool(**how: float) -> list[int]:
        return candidate_rows(similarities, lexical, ids, Ranking(**how)).tolist()

    assert pool() == [*range(30), *range(40, 50)]
    assert pool(blend=1.0) == [*range(30)]
    assert pool(similarity_threshold=0.2) == [*range(30), *range(40, 43)]


def test_equal_similarities_are_ordered_by_id_and_cut_by_the_threshold():
    similarities = np.array([0.1, 0.9, 0.5, 0.7, 0.7], dtype=np.float32)
    ids = ["a", "b", "c", "e", "d"]
    how = Ranking(similarity_threshold=0.6)
    pool = candidate_rows(similarities, np.zeros(5), ids, how)
    assert [ids[i] for i in pool] == ["b", "d", "e"]


def test_a_pool_without_candidates_gives_an_empty_answer():
    empty = np.empty(0)
    assert candidate_rows(empty, empty, [], Ranking()).size == 0
    nothing = Pool(empty, empty, empty, empty, [], np.empty((0, 3), np.float32))
    assert ranking.score(nothing, 0.5).total.size == 0
    assert positions(nothing, empty, Ranking()) == []


@pytest.mark.parametrize(("limit", "size"), [(1, 30), (3, 30), (10, 30), (100, 300)])
def test_the_pool_is_three_answers_wide_and_never_below_thirty(limit: int, size: int):
    assert pool_size(limit) == size


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
