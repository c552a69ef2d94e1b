from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflect_cli.evaluation.errors import EvaluationError
from reflect_cli.evaluation.intervals import of_mean, of_paired_tasks

SHARES = st.floats(-1, 1, allow_nan=False).map(lambda value: round(value, 6))


def test_the_interval_of_five_seeds_is_students():
    interval = of_mean([0.80, 0.82, 0.84, 0.86, 0.88])
    reach = 2.776 * math.sqrt(0.001) / math.sqrt(5)
    assert interval.mean == pytest.approx(0.84)
    assert (interval.low, interval.high) == pytest.approx((0.84 - reach, 0.84 + reach))
    assert interval.half_width == pytest.approx(reach)


@pytest.mark.parametrize(
    ("freedom", "quantile"),
    [(2, 4.303), (30, 2.042), (31, 2.040), (40, 2.021), (60, 2.000), (120, 1.980), (10**6, 1.96)],
)
def test_the_interval_narrows_to_the_normal_one_without_a_jump(freedom: int, quantile: float):
    values = [0.0, 1.0] * (freedom // 2) + [0.5] * (freedom + 1 - freedom // 2 * 2)
    spread = math.sqrt(sum((value - 0.5) ** 2 for value in values) / freedom)
    reach = of_mean(values).half_width * math.sqrt(freedom + 1) / spread
    assert reach == pytest.approx(quantile, abs=6e-4)


def test_one_seed_is_too_few_for_an_interval():
    with pytest.raises(EvaluationError, match="at least 2 values, found 1"):
        of_mean([0.5])


@given(st.lists(SHARES, min_size=2, max_size=60))
def test_the_interval_of_a_mean_is_centred_on_it(values: list[float]):
    interval = of_mean(values)
    assert interval.low <= interval.mean <= interval.high
    assert interval.mean - interval.low == pytest.approx(interval.high - interval.mean)


def test_paired_tasks_have_the_interval_of_agresti_and_min():
    differences = [1.0] * 12 + [-1.0] * 4 + [0.0] * 84
    size, gained, lost = 102, 12.5, 4.5
    centre = (gained - lost) / size
    reach = 1.96 * math.sqrt(gained + lost - (gained - lost) ** 2 / size) / size
    interval = of_paired_tasks(differences)
    assert interval.mean == pytest.approx(0.08)
    assert (interval.low, interval.high) == pytest.approx((centre - reach, centre + reach))


def test_tasks_that_all_agree_leave_doubt():
    few, many = of_paired_tasks([0.0] * 5), of_paired_tasks([0.0] * 500)
    assert few.low < -0.1 < 0.1 < few.high
    assert -0.01 < many.low < 0 < many.high < 0.01


def test_no_task_is_refused():
    with pytest.raises(EvaluationError, match="no task"):
        of_paired_tasks([])


@given(st.lists(SHARES, min_size=1, max_size=60))
def test_the_interval_of_paired_tasks_holds_the_mean_and_stays_possible(differences: list[float]):
    interval = of_paired_tasks(differences)
    assert -1 <= interval.low <= interval.mean <= interval.high <= 1
