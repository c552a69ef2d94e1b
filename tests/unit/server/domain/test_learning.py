from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflect_server.domain.learning import DEFAULT_ALPHA, credit, updated
from reflect_server.domain.memory import INITIAL_Q_VALUE
from reflect_server.domain.review import ReviewResult
from reflect_server.errors import InvalidRequestError

unit = st.floats(0.0, 1.0)
results = st.sampled_from(ReviewResult)
memory_ids = st.lists(st.sampled_from("abcdefgh"))


def test_without_used_memories_the_credit_falls_with_the_square_of_the_rank():
    assert credit(["a", "b", "c"], None) == {"a": 1.0, "b": 1 / 4, "c": 1 / 9}


def test_a_repeated_memory_keeps_its_first_rank():
    assert credit(["a", "b", "a", "c"], None) == {"a": 1.0, "b": 1 / 4, "c": 1 / 9}


def test_used_memories_take_the_whole_credit():
    assert credit(["a", "b", "c"], ["c", "b", "c"]) == {"c": 1.0, "b": 1.0}


def test_a_run_that_used_nothing_credits_nothing():
    assert credit(["a", "b"], []) == {}


def test_a_used_memory_that_was_not_retrieved_is_refused():
    with pytest.raises(InvalidRequestError, match="'z'") as raised:
        credit(["a"], ["a", "z"])
    assert raised.value.field == "used_memory_ids"


@given(retrieved=memory_ids)
def test_every_retrieved_memory_gets_a_share_and_the_first_the_largest(retrieved: list[str]):
    weights = credit(retrieved, None)
    assert set(weights) == set(retrieved)
    assert all(0.0 < weight <= 1.0 for weight in weights.values())
    assert list(weights.values()) == sorted(weights.values(), reverse=True)


def test_the_default_rate_moves_a_new_memory_by_its_documented_step():
    step = {"alpha": DEFAULT_ALPHA, "weight": 1.0}
    assert updated(INITIAL_Q_VALUE, result=ReviewResult.PASS, **step) == pytest.approx(0.65)
    assert updated(INITIAL_Q_VALUE, result=ReviewResult.FAIL, **step) == pytest.approx(0.35)


def test_a_full_rate_keeps_only_the_last_outcome():
    assert updated(0.2, alpha=1.0, weight=1.0, result=ReviewResult.PASS) == 1.0
    assert updated(0.9, alpha=1.0, weight=1.0, result=ReviewResult.FAIL) == 0.0


@given(q=unit, alpha=unit, weight=unit, result=results)
def test_a_q_value_stays_in_range_and_never_moves_away_from_the_outcome(
    q: float, alpha: float, weight: float, result: ReviewResult
):
    moved = updated(q, alpha=alpha, weight=weight, result=result)
    assert 0.0 <= moved <= 1.0
    assert moved >= q if result is ReviewResult.PASS else moved <= q


@given(q=unit, rate=unit, result=results)
def test_no_weight_or_no_rate_changes_nothing(q: float, rate: float, result: ReviewResult):
    assert updated(q, alpha=rate, weight=0.0, result=result) == q
    assert updated(q, alpha=0.0, weight=rate, result=result) == q


@given(q=unit, alpha=unit, lighter=unit, heavier=unit, result=results)
def test_more_credit_never_moves_a_q_value_less(
    q: float, alpha: float, lighter: float, heavier: float, result: ReviewResult
):
    lighter, heavier = sorted((lighter, heavier))
    small = updated(q, alpha=alpha, weight=lighter, result=result)
    large = updated(q, alpha=alpha, weight=heavier, result=result)
    assert abs(large - q) >= abs(small - q)


@pytest.mark.parametrize("value", [-0.01, 1.01, float("nan"), float("inf")])
@pytest.mark.parametrize("name", ["q", "alpha", "weight"])
def test_values_outside_the_unit_interval_are_refused(name: str, value: float):
    values = {"q": 0.5, "alpha": 0.3, "weight": 1.0} | {name: value}
    with pytest.raises(InvalidRequestError, match="between 0 and 1"):
        updated(**values, result=ReviewResult.PASS)
