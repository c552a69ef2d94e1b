from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflect_server.domain.learning import evidence_of
from reflect_server.domain.memory import Evidence, QValueEvent, Stance
from reflect_server.domain.review import ReviewResult
from reflect_server.domain.utility import (
    LEAST_GAIN,
    base_rate,
    log_gains,
    usual_rates,
    utility,
    with_other_runs,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
counts = st.floats(0.0, 1e6) | st.integers(0, 50).map(float)
shares = st.integers(0, 10**6).map(lambda thousandths: thousandths / 1000)
"""Evidence in the shares of a review that memories get; floats cannot order far smaller ones."""
rates = st.floats(0.01, 0.99)
unit = st.floats(0.0, 1.0)
events = st.builds(
    QValueEvent,
    id=st.just("e"),
    memory_id=st.just("m"),
    trace_id=st.just("t"),
    review_id=st.just("r"),
    result=st.sampled_from(ReviewResult),
    alpha=unit,
    weight=unit,
    q_before=unit,
    q_after=unit,
    created_at=st.integers(0, 9).map(lambda days: NOW + timedelta(days=days)),
)


def gain(wins: float, losses: float, rate: float) -> float:
    return gain_beside(rate, wins, losses, rate)


def gain_beside(usual: float, wins: float, losses: float, rate: float) -> float:
    found = log_gains(np.array([wins]), np.array([losses]), np.array([usual]), rate)
    return float(found[0])


def test_a_project_without_reviews_expects_either_outcome():
    assert base_rate(Evidence()) == 0.5


def test_the_base_rate_follows_the_reviews_of_the_project():
    assert base_rate(Evidence(wins=80.0, losses=18.0)) == pytest.approx(0.81)


@given(rate=rates)
def test_a_new_memory_stands_exactly_where_the_project_is(rate: float):
    assert gain(0.0, 0.0, rate) == 0.0
    assert utility(Evidence(), base_rate=rate).estimate == pytest.approx(rate)


@given(wins=counts, losses=counts, rate=rates)
def test_a_gain_is_the_logarithm_of_the_posterior_over_the_base_rate_within_its_bound(
    wins: float, losses: float, rate: float
):
    mean = (wins + 2 * rate) / (wins + losses + 2)
    assert gain(wins, losses, rate) == pytest.approx(max(np.log(mean / rate), LEAST_GAIN), abs=1e-6)


@given(wins=shares, losses=shares, more=shares, rate=rates)
def test_wins_raise_a_gain_and_losses_lower_it(
    wins: float, losses: float, more: float, rate: float
):
    here = gain(wins, losses, rate)
    assert gain(wins + more, losses, rate) >= here >= gain(wins, losses + more, rate)


def test_more_evidence_of_the_same_rate_narrows_the_interval():
    few, many = (utility(Evidence(wins=n, losses=n), base_rate=0.5) for n in (2.0, 200.0))
    assert few.low < many.low < 0.5 < many.high < few.high


@given(wins=counts, losses=counts, rate=rates)
def test_the_interval_holds_the_estimate_and_stays_in_range(
    wins: float, losses: float, rate: float
):
    judged = utility(Evidence(wins=wins, losses=losses), base_rate=rate)
    assert 0.0 <= judged.low <= judged.estimate <= judged.high <= 1.0


def test_draws_of_a_gain_scatter_around_it_and_less_with_more_evidence():
    draw = np.random.default_rng(1)

    def draws(count: float) -> np.ndarray:
        wins, losses, usual = np.full(2000, 3 * count), np.full(2000, count), np.full(2000, 0.5)
        return log_gains(wins, losses, usual, 0.5, draw=draw)

    assert draws(1.0).mean() == pytest.approx(gain(3.0, 1.0, 0.5), abs=0.3)
    assert draws(100.0).std() < draws(1.0).std() / 4


def test_draws_without_any_evidence_are_finite():
    draw = np.random.default_rng(1)
    nothing, usual = np.zeros(5000), np.full(5000, 0.001)
    assert np.isfinite(log_gains(nothing, nothing, usual, 0.001, draw=draw)).all()


def test_what_is_usual_for_a_memory_is_what_the_others_of_its_task_have_shown():
    failed, passed = Evidence(losses=4.0), Evidence(wins=2.0)
    usual = usual_rates([failed, passed, Evidence(), failed], ["t", "t", "t", "u"], 0.5)
    assert usual == pytest.approx([(2 + 1) / 4, 1 / 6, (2 + 1) / 8, 0.5])


@given(wins=counts, losses=counts, rate=rates)
def test_a_memory_alone_with_its_task_is_compared_with_the_project(
    wins: float, losses: float, rate: float
):
    others = [Evidence(wins=9.0), Evidence()]
    usual = usual_rates([Evidence(wins=wins, losses=losses), *others], ["t", "u", "v"], rate)
    assert usual[0] == pytest.approx(rate)


def test_the_same_evidence_is_worth_more_where_the_others_of_a_task_failed():
    usual = usual_rates([Evidence(losses=1.0), Evidence(losses=9.0)], ["t", "t"], 0.5)
    assert gain_beside(usual[0], 0.0, 1.0, 0.5) > 0.0 > gain(0.0, 1.0, 0.5)


def test_runs_that_gave_the_same_answer_to_the_same_task_testify_for_and_against_it():
    accepted, rejected = Stance("t", b"a", accepted=True), Stance("t", b"a", accepted=False)
    others = [Stance("t", b"b", accepted=True), Stance("u", b"a", accepted=True), None]
    stances = [accepted, accepted, rejected, *others]
    found = with_other_runs([Evidence(3, 2.0, 1.0, NOW)] * 6, stances)
    assert found[0] == found[1] == Evidence(3, 4.0, 2.0, NOW)
    assert found[2] == Evidence(3, 2.0, 3.0, NOW)
    assert found[3:] == [Evidence(3, 2.0, 1.0, NOW)] * 3


EVENT = QValueEvent("e", "m", "t", "r", ReviewResult.PASS, 0.3, 1.0, 0.5, 0.65, NOW)


@pytest.mark.parametrize(
    ("alpha", "weight", "counted"),
    [(0.3, 1.0, 1.0), (0.15, 1.0, 0.5), (0.3, 0.25, 0.25), (0, 1, 0)],
)
def test_a_review_counts_by_its_credit_and_its_rate(alpha: float, weight: float, counted: float):
    event = replace(EVENT, alpha=alpha, weight=weight)
    failed = replace(event, result=ReviewResult.FAIL, created_at=NOW + timedelta(days=1))
    assert evidence_of([event, failed]) == Evidence(2, counted, counted, failed.created_at)


@given(changes=st.lists(events, max_size=30), data=st.data())
def test_the_evidence_is_exactly_the_same_in_any_order(
    changes: list[QValueEvent], data: st.DataObject
):
    assert evidence_of(data.draw(st.permutations(changes))) == evidence_of(changes)
