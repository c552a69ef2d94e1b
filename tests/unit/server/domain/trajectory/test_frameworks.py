"""
Runs of agent frameworks, as each has written one: 2 and 3 are added, 1 is divided by 0, which
fails, and a text ends the run.

`nox -s frameworks` captures the samples anew, from the frameworks at the versions named there and a
model that answers by a script.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from reflect_server.domain.trajectory import Trajectory

from .reflections import reflected

SAMPLES = {path.stem: path for path in (Path(__file__).parent / "samples").glob("*.json")}
ADD, DIVIDE = ("add", {"a": 2, "b": 3}), ("divide", {"a": 1, "b": 0})
ANSWER = "The sum is 5; dividing by zero is not possible."
OTHER_ANSWERS: Mapping[str, str] = {
    "dspy": "",  # The answer stands in the prediction, beside the trajectory.
    "google-adk-raised": "",  # The tool's exception ended the run.
    "llama-index-tools": "",  # The calls alone.
}


def run_of(name: str) -> list[dict[str, Any]]:
    run: list[dict[str, Any]] = json.loads(SAMPLES[name].read_text(encoding="utf-8"))
    return run


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_a_run_of_a_framework_is_read_in_full(name: str):
    trajectory = Trajectory.of(run_of(name))
    calls = trajectory.calls
    assert [(call.tool, json.loads(call.arguments)) for call in calls] == [ADD, DIVIDE]
    assert [call.error is not None for call in calls] == [False, True]
    assert [call.worked for call in calls] == [True, False]
    assert trajectory.final_response == OTHER_ANSWERS.get(name, ANSWER)
    assert trajectory.tools_used == ("add", "divide")
    reading = trajectory.reading
    assert (reading.calls, reading.failures, reading.not_understood) == (2, 1, 0)
    assert not reading.beginning_missing


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_the_final_answer_is_the_same_where_only_the_end_is_read(name: str):
    whole = Trajectory.of(run_of(name))
    assert whole.steps
    assert Trajectory.of(run_of(name)).final_response == whole.final_response


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_the_lesson_of_a_run_says_only_of_what_worked_that_it_did(name: str):
    said = reflected(run_of(name))
    assert "Worked: add(a=2, b=3)" in said.correct_action
    assert "Worked: divide" not in said.text
    assert "divide worked" not in said.text
    assert "These steps led there" not in said.text
    assert said.tools_used == ("add", "divide")


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_the_json_text_of_a_run_is_read_as_the_run(name: str):
    run = run_of(name)
    texts = [
        json.dumps(run),
        json.dumps(json.dumps(run)),
        "\n".join(map(json.dumps, run)),
        *([json.dumps(run[0])] if len(run) == 1 else []),
    ]
    for text in texts:
        read = Trajectory.of(text)
        assert read.calls == Trajectory.of(run).calls
        assert read.final_response == Trajectory.of(run).final_response
    as_message = Trajectory.of([{"role": "assistant", "content": json.dumps(run)}])
    assert as_message.calls == Trajectory.of(run).calls
