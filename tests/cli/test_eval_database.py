from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from reflect_cli.evaluation.database import (
    NAMED,
    NO_MEMORY,
    RIGHT_HABITS,
    STRATEGIES,
    DatabaseSettings,
    SimulatedAnalyst,
    evaluate_database,
    steps_of,
)
from reflect_cli.evaluation.database_tasks import DatabaseTask, read_database_tasks, some_of
from reflect_cli.evaluation.errors import EvaluationError
from reflect_cli.evaluation.results import Evaluation
from reflect_cli.evaluation.service import Service
from reflect_sdk import MemoryResponse
from reflect_server.testing import RunningServer

SETTINGS = DatabaseSettings(seeds=2, epochs=6, wrong_reviews=(0.0,))


@pytest.fixture
def tasks(database_folder: Path) -> tuple[DatabaseTask, ...]:
    return read_database_tasks(database_folder)


@pytest.fixture(scope="module")
def evaluation(server: RunningServer, database_folder: Path) -> Evaluation:
    counted: list[int] = []
    given = read_database_tasks(database_folder)[:6]
    service = Service(server.base_url, server.api_key, 2, counted.append)
    made = evaluate_database(service, given, SETTINGS, name="shop")
    assert sum(counted) == steps_of(given, SETTINGS)
    return made


def a_memory(sql: str, *, success: bool, memory_id: str = "m1") -> MemoryResponse:
    said = f"Answer: ```sql\n{sql}\n```"
    field = "correct_action" if success else "key_mistake"
    return MemoryResponse(
        id=memory_id, task="t", reflection="```sql cut", success=success, **{field: said}
    )


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("row_list", [[["open"], 1]]),
        ("row_list", [["open", 2**70]]),
        ("row_list", [["open"]]),
        ("name", 'orders"'),
        ("column_info_list", [{"name": "state", "type": None}, {"name": "state", "type": "INT"}]),
    ],
)
def test_a_task_whose_table_cannot_be_made_is_left_out(
    database_folder: Path, tmp_path: Path, place: str, value: object
):
    content = json.loads((database_folder / "db_train.json").read_text())
    content["0"]["table_info"][place] = value
    (tmp_path / "db_train.json").write_text(json.dumps(content))
    assert len(read_database_tasks(tmp_path)) == len(content) - 1


@pytest.mark.parametrize("sql", ["ATTACH DATABASE '{}' AS other", "VACUUM INTO '{}'"])
def test_a_statement_of_a_data_set_makes_no_file(
    tasks: tuple[DatabaseTask, ...], tmp_path: Path, sql: str
):
    assert tasks[0].execute(sql.format(tmp_path / "made.db")) is None
    assert not list(tmp_path.iterdir())


def test_every_mistake_runs_and_is_wrong(tasks: tuple[DatabaseTask, ...]):
    assert len(tasks) == 10
    for task in tasks:
        assert task.is_right(task.gold)
        assert task.mistakes
        for sql in task.mistakes:
            assert task.execute(sql) is not None
            assert not task.is_right(sql)


def test_an_answer_is_judged_by_what_it_does(tasks: tuple[DatabaseTask, ...]):
    counted = tasks[0]
    assert counted.is_right(counted.gold.replace("pieces > 1", "pieces >= 2"))
    assert not counted.is_right("SELECT 1")
    assert counted.execute("SELECT nothing FROM nowhere") is None
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) SELECT * FROM n"
    assert counted.execute(endless) is None
    written = next(task for task in tasks if task.gold.startswith("UPDATE"))
    assert written.is_right(written.gold.replace("'late' AND", "'late'  AND"))


def test_the_agent_has_habits_and_repeats_what_was_accepted(tasks: tuple[DatabaseTask, ...]):
    agent = SimulatedAnalyst(0)
    for task in tasks:
        habit = agent.answer(task, ())
        assert habit == agent.answer(task, ())
        assert habit.used == ()
        accepted = agent.answer(task, [a_memory(task.gold, success=True)])
        assert (accepted.sql, accepted.used) == (task.gold, ("m1",))
        elsewhere = agent.answer(task, [a_memory("SELECT * FROM elsewhere", success=True)])
        assert elsewhere == habit


def test_the_agent_leaves_out_what_was_rejected_and_says_which_memory_told_it(
    tasks: tuple[DatabaseTask, ...],
):
    agent = SimulatedAnalyst(0)
    task = next(task for task in tasks if not task.is_right(agent.answer(task, ()).sql))
    habit = agent.answer(task, ()).sql
    other = agent.answer(task, [a_memory(habit, success=False)])
    assert other.sql != habit
    assert other.used == ("m1",)
    drafts = (task.gold, *task.mistakes)
    everything = [a_memory(sql, success=False, memory_id=sql) for sql in drafts]
    assert agent.answer(task, everything).sql == habit


def test_without_wrong_verdicts_memory_comes_to_solve_what_habits_do_not(evaluation: Evaluation):
    assert evaluation.agent == "simulated"
    assert tuple(evaluation.strategies) == STRATEGIES
    alone, ours = evaluation.of(NO_MEMORY, "ε=0"), evaluation.of(NAMED, "ε=0")
    assert alone is not None
    assert ours is not None
    assert alone.curve() == [alone.interval.mean] * 6
    assert abs(alone.interval.mean - RIGHT_HABITS) < 0.4
    assert ours.interval.mean > alone.interval.mean + 0.1
    assert ours.calibration()


def test_results_carry_what_they_were_made_with(evaluation: Evaluation):
    kept = json.loads(json.dumps(evaluation.to_json()))
    assert evaluation.stem == "database-shop"
    assert kept["settings"]["epochs"] == 6
    assert {entry["strategy"] for entry in kept["measurements"]} == set(STRATEGIES)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("no JSON", "cannot be read as database tasks"),
        ('[{"instruction": "x"}]', "cannot be read as database tasks"),
        ("[]", "has no task whose right statement runs"),
    ],
)
def test_a_file_of_another_form_is_refused(tmp_path: Path, content: str, message: str):
    (tmp_path / "tasks.json").write_text(content)
    with pytest.raises(EvaluationError, match=message):
        read_database_tasks(tmp_path / "tasks.json")


def test_a_task_whose_right_statement_does_not_run_is_left_out(
    tasks: tuple[DatabaseTask, ...], tmp_path: Path
):
    broken = replace(tasks[0], gold="SELECT FROM")
    assert broken.execute(broken.gold) is None
    assert not broken.is_right("SELECT FROM")


def test_some_of_the_tasks_are_the_same_ones_each_time(tasks: tuple[DatabaseTask, ...]):
    assert some_of(tasks, None) == tasks
    assert some_of(tasks, 4) == some_of(tasks, 4)
    assert len({task.instruction for task in some_of(tasks, 4)}) == 4
    with pytest.raises(EvaluationError, match="There are 10 tasks, and 11 were asked for"):
        some_of(tasks, 11)
