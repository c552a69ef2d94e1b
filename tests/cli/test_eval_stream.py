from __future__ import annotations

import json
from pathlib import Path

import pytest

from reflect_cli.evaluation.errors import EvaluationError
from reflect_cli.evaluation.labelled import draw, read_labelled
from reflect_cli.evaluation.results import Evaluation
from reflect_cli.evaluation.service import Service
from reflect_cli.evaluation.stream import (
    NAMED,
    NO_MEMORY,
    SIMILARITY,
    STRATEGIES,
    UNNAMED,
    Condition,
    StreamSettings,
    evaluate_stream,
    steps_of,
)
from reflect_server.testing import RunningServer

SETTINGS = StreamSettings(
    seeds=2, conditions=(Condition(0.5, 0.1),), bank=30, stream=80, held_out=24
)


@pytest.fixture(scope="module")
def counted() -> list[int]:
    return []


@pytest.fixture(scope="module")
def evaluation(server: RunningServer, labelled_folder: Path, counted: list[int]) -> Evaluation:
    service = Service(server.base_url, server.api_key, 2, counted.append)
    return evaluate_stream(service, read_labelled(labelled_folder), SETTINGS)


def test_every_strategy_meets_every_condition_with_every_seed(evaluation: Evaluation):
    assert evaluation.conditions == ["ρ=0", "ρ=0.5, 10% of reviews wrong"]
    assert tuple(evaluation.strategies) == STRATEGIES
    assert len(evaluation.measurements) == 2 * len(STRATEGIES)
    for found in evaluation.measurements:
        assert len(found.outcomes) == 2
        assert len(found.curve()) == 20
        assert all(0 <= score <= 1 for score in found.scores)


def test_a_simulated_agent_is_called_simulated(evaluation: Evaluation):
    assert evaluation.agent == "simulated"
    assert json.loads(json.dumps(evaluation.to_json()))["agent"] == "simulated"


def test_the_steps_that_are_counted_are_those_that_were_announced(
    evaluation: Evaluation, counted: list[int], labelled_folder: Path
):
    assert sum(counted) == steps_of(read_labelled(labelled_folder), SETTINGS)


def test_right_memories_help_and_learning_tells_them_from_misleading_ones(evaluation: Evaluation):
    def mean(strategy: str, condition: str) -> float:
        found = evaluation.of(strategy, condition)
        assert found is not None
        return found.interval.mean

    clean, misleading = evaluation.conditions
    assert mean(SIMILARITY, clean) > mean(NO_MEMORY, clean) + 0.3
    for strategy in (NAMED, UNNAMED):
        assert mean(strategy, misleading) > mean(SIMILARITY, misleading) + 0.1


def test_the_q_values_that_were_followed_are_held_against_the_outcomes(evaluation: Evaluation):
    found = evaluation.of(NAMED, evaluation.conditions[1])
    assert found is not None
    classes = found.calibration()
    assert sum(entry["count"] for entry in classes) == 2 * 24
    assert [entry["q_value"] for entry in classes] == sorted(e["q_value"] for e in classes)
    assert classes[-1]["solved"] > 0.5


def test_ours_is_compared_with_the_best_other_strategy_pair_by_pair(evaluation: Evaluation):
    margins = evaluation.to_json()["margins"]
    assert {margin["strategy"] for margin in margins} == {NAMED, UNNAMED}
    for margin in margins:
        best = evaluation.of(margin["best_baseline"], margin["condition"])
        ours = evaluation.of(margin["strategy"], margin["condition"])
        assert best is not None
        assert ours is not None
        gain = ours.interval.mean - best.interval.mean
        assert margin["mean"] == pytest.approx(gain, abs=1e-4)
        assert not margin["best_baseline"].startswith("Reflect")


def test_one_seed_draws_the_same_tasks_each_time_and_none_twice(labelled_folder: Path):
    tasks = read_labelled(labelled_folder)
    split = draw(tasks, 3)
    assert split == draw(tasks, 3)
    assert split != draw(tasks, 4)
    drawn = [task.text for task in (*split.bank, *split.stream)]
    assert len(drawn) == len(set(drawn))
    assert len(split.bank) == len(tasks.train) // 5


def test_too_small_a_set_is_refused(labelled_folder: Path):
    with pytest.raises(EvaluationError, match="not enough for 500 memories"):
        draw(read_labelled(labelled_folder), 0, bank=500)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read"),
        ("text,answer\na,b\n", "has the columns text, answer"),
        ("text,label\n,b\nends early\n", "has no task"),
        ("text,label\na,b\nc,b\n", "fewer than two labels"),
    ],
)
def test_a_folder_of_another_form_is_refused(tmp_path: Path, content: str | None, message: str):
    if content is not None:
        (tmp_path / "train.csv").write_text(content)
        (tmp_path / "test.csv").write_text(content)
    with pytest.raises(EvaluationError, match=message):
        read_labelled(tmp_path)


def test_what_a_part_raises_ends_the_others_and_is_raised(server: RunningServer):
    service = Service(server.base_url, server.api_key, 2)

    def fail() -> None:
        raise EvaluationError("no good")

    def go_on() -> None:
        while True:
            service.advance()

    with pytest.raises(EvaluationError, match="no good"):
        service.in_parallel([go_on, fail, go_on])
