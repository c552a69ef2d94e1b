from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import cast

import pytest
import typer
from typer.testing import CliRunner

from reflect_cli.evaluation import does_memory_help
from reflect_cli.evaluation.command import evaluations
from reflect_cli.evaluation.errors import EvaluationError
from reflect_cli.evaluation.own_tasks import (
    WITH,
    WITHOUT,
    Grade,
    OwnSettings,
    OwnTask,
    OwnTasks,
    Solve,
    evaluate_own_tasks,
    load_own_tasks,
    verdict,
)
from reflect_cli.evaluation.results import Evaluation, Measurement, Outcome
from reflect_cli.evaluation.service import Service
from reflect_server.testing import RunningServer

ANSWERS = {
    "Which colour has grass?": "green",
    "What is the capital of Peru?": "Lima",
    "Who wrote the play Hamlet?": "Shakespeare",
    "How many legs does a spider walk on?": "eight",
    "Which gas do plants breathe in?": "carbon",
    "What do bees make out of nectar?": "honey",
    "On which river lies Vienna?": "Danube",
    "Which metal is liquid at room temperature?": "mercury",
}
TASKS = tuple({"task": task, "answer": answer} for task, answer in ANSWERS.items())
FILE = """
import re

tasks = ["What is one plus two?", {"task": "What is two plus two?", "right": "4"}]

def solve(prompt):
    found = re.findall(r"Say (\\d)", prompt)
    return found[0] if found else "I do not know"

def grade(task, answer):
    right = "3" if isinstance(task, str) else task["right"]
    return (answer == right, f"Say {right}")
"""

FILE_WITH_A_CLASS = """
from __future__ import annotations

from dataclasses import dataclass

@dataclass
class Task:
    text: str

tasks = [Task("What is one plus two?").text, Task("What is two plus two?").text]

def solve(prompt):
    from my_agent_beside_it import ANSWER
    return ANSWER

def grade(task, answer):
    return answer == "3"
"""


def solve(prompt: str) -> str:
    told = re.findall(r"(?:It is|Final answer:) (\w+)", prompt)
    return told[0] if told else "I do not know"


def grade(task: dict[str, str], answer: str) -> tuple[bool, str]:
    return answer == task["answer"], f"It is {task['answer']}"


def test_an_agent_that_heeds_feedback_is_helped_by_memory():
    evaluation = does_memory_help(TASKS, solve, grade, epochs=3, limit=1)
    first, *_, last = evaluation.conditions
    alone, helped = evaluation.of(WITHOUT, last), evaluation.of(WITH, last)
    assert first == "epoch 1 (first meeting)"
    assert alone is not None
    assert helped is not None
    assert alone.interval.mean == 0
    assert helped.interval.mean > 0.5
    gain = evaluation.margin(WITH, WITHOUT, last)
    assert gain is not None
    assert gain.low > 0
    assert verdict(evaluation).startswith("Memory helps: +")


def test_an_agent_that_ignores_its_prompt_is_not(server: RunningServer):
    own = OwnTasks(TASKS[:3], lambda prompt: "yellow", grade)  # noqa: ARG005 - its answer is fixed
    service = Service(server.base_url, server.api_key)
    evaluation = evaluate_own_tasks(service, own, OwnSettings(epochs=1, repeats=2))
    assert verdict(evaluation).startswith("It cannot be told whether memory helps: +0%")
    assert evaluation.settings["repeats"] == 2


def test_memory_that_hurts_is_told_so():
    results = [
        Measurement(name, "epoch 1", tuple(Outcome(score) for _ in range(30)))
        for name, score in ((WITHOUT, 1.0), (WITH, 0.2))
    ]
    evaluation = Evaluation("own-tasks", "t", "yours", "task", "", {}, tuple(results))
    assert verdict(evaluation).startswith("Memory hurts: -80% of the tasks in epoch 1")


@pytest.mark.parametrize(
    ("tasks", "message"),
    [
        (["only one"], "at least 2 tasks, found 1"),
        (["fine", " "], "A task must be a text"),
        (["fine", {"text": "x"}], "A task must be a text"),
    ],
)
def test_tasks_that_cannot_be_used_are_refused(tasks: list[OwnTask], message: str):
    with pytest.raises(EvaluationError, match=message):
        does_memory_help(tasks, solve, grade)


def test_a_function_that_raises_ends_the_evaluation_in_a_sentence(server: RunningServer):
    def fail(prompt: str) -> str:
        raise ValueError("no luck")

    service = Service(server.base_url, server.api_key)
    with pytest.raises(EvaluationError, match="`solve` raised ValueError: no luck on the task"):
        evaluate_own_tasks(service, OwnTasks(TASKS, fail, grade), OwnSettings())


def test_functions_that_are_asynchronous_are_refused(server: RunningServer):
    async def think(prompt: str) -> str:
        return prompt

    service = Service(server.base_url, server.api_key)
    own = OwnTasks(TASKS, cast("Solve", think), grade)
    with pytest.raises(EvaluationError, match="`solve` is asynchronous"):
        evaluate_own_tasks(service, own, OwnSettings())


@pytest.mark.parametrize("graded", ["fail", None, 0.5, (False, "Say 3", "Say 4")])
def test_grades_that_are_neither_true_nor_false_are_refused(server: RunningServer, graded: object):
    service = Service(server.base_url, server.api_key)
    own = OwnTasks(TASKS, solve, cast("Grade", lambda _, __: graded))
    with pytest.raises(EvaluationError, match="`grade` must return True or False"):
        evaluate_own_tasks(service, own, OwnSettings())


def test_the_command_answers_for_a_file(tmp_path: Path):
    (tmp_path / "mine.py").write_text(FILE)
    app = typer.Typer()
    app.add_typer(evaluations, name="eval")
    arguments = ["eval", "own", str(tmp_path / "mine.py"), "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(app, [*arguments, "--epochs", "2", "--limit", "1"])
    assert result.exit_code == 0, result.output
    assert "of the tasks in epoch 2, 95% interval" in result.output
    assert (tmp_path / "out" / "own-tasks.json").exists()


def test_a_file_may_define_classes_and_import_what_lies_beside_it_when_it_is_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "my_agent_beside_it.py").write_text("ANSWER = '3'")
    (tmp_path / "mine.py").write_text(FILE_WITH_A_CLASS)
    own = load_own_tasks(tmp_path / "mine.py")
    assert own.solve("What is one plus two?") == "3"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "does not exist"),
        ("tasks = [", "raised SyntaxError"),
        ("tasks = []", "must define `tasks`"),
        ("def tasks():\n    raise OSError('gone')", "raised OSError: gone"),
    ],
)
def test_a_file_that_defines_no_tasks_is_refused(tmp_path: Path, content: str | None, message: str):
    path = tmp_path / "mine.py"
    if content is not None:
        path.write_text(content)
    with pytest.raises(EvaluationError, match=message):
        load_own_tasks(path)
