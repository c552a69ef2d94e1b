import random
import re
import sqlite3
from contextlib import closing

import pytest

from reflect_cli.demo.database import create_database
from reflect_cli.demo.execution import execute
from reflect_cli.demo.grading import explain_failure, is_right
from reflect_cli.demo.rules import read_rules
from reflect_cli.demo.tasks import Task, load_lessons, load_tasks

TASKS = load_tasks()
IDS = [task.id for task in TASKS]
each_task = pytest.mark.parametrize("task", TASKS, ids=IDS)


def needs_a_rule(task: Task) -> bool:
    return any("leave the query" not in lesson.rule for lesson in task.lessons)


def follow_all(task: Task, sentences: list[str]) -> str:
    sql = task.question.draft
    for sentence in sentences:
        for rule in read_rules(sentence):
            assert rule.concerns(task.question.text)
            changed = rule.follow(sql)
            assert changed is not None
            sql = changed
    return sql


def passes(task: Task, sql: str) -> bool:
    with closing(create_database()) as connection:
        outcome = execute(connection, sql)
        assert outcome.error is None
        return is_right(connection, task, outcome)


def test_the_database_is_the_same_each_time(shop: sqlite3.Connection):
    with closing(create_database()) as another:
        assert list(shop.iterdump()) == list(another.iterdump())


def test_there_are_at_least_forty_tasks_to_repeat_and_some_never_seen():
    assert sum(not task.unseen for task in TASKS) >= 40
    assert sum(task.unseen for task in TASKS) >= 10


def test_ids_and_questions_are_unique():
    assert len(set(IDS)) == len(TASKS)
    assert len({task.question.text for task in TASKS}) == len(TASKS)


@each_task
def test_the_gold_query_gives_a_result(shop: sqlite3.Connection, task: Task):
    outcome = execute(shop, task.gold)
    assert outcome.error is None
    assert outcome.rows
    assert None not in outcome.rows[0]


@each_task
def test_the_draft_is_right_exactly_where_no_rule_is_needed(task: Task):
    assert passes(task, task.question.draft) is not needs_a_rule(task)


@each_task
def test_following_the_lessons_makes_the_draft_right(task: Task):
    assert passes(task, follow_all(task, [lesson.rule for lesson in task.lessons]))


@each_task
def test_following_the_myths_fails(task: Task):
    myths = [lesson.myth for lesson in task.lessons if lesson.myth]
    if myths:
        assert not passes(task, follow_all(task, myths))


@each_task
def test_a_look_alike_fails_with_the_lesson_that_it_resembles(task: Task):
    subject = re.match(
        r"For (?:the |an? )?(\w+) (\w+),", task.lessons[0].rule if task.lessons else ""
    )
    if not task.lessons or needs_a_rule(task) or subject is None:
        return
    lesson = load_lessons()[subject.group(2)]
    assert not passes(task, follow_all(task, [lesson.rule]))


def test_every_family_of_conventions_but_one_has_a_look_alike():
    with_look_alike = {task.family for task in TASKS if task.lessons and not needs_a_rule(task)}
    conventions = {task.family for task in TASKS if needs_a_rule(task)} - {"combined"}
    assert conventions - with_look_alike == {"dollars"}


@each_task
def test_feedback_explains_in_words_and_never_gives_the_query_away(task: Task):
    for seed in range(8):
        feedback = explain_failure(task, random.Random(seed))
        assert feedback
        assert "SELECT" not in feedback


def test_half_of_the_reviews_are_careless():
    task = next(task for task in TASKS if task.id == "revenue-by-channel")
    rng = random.Random(1)
    careful = sum(task.lessons[0].rule in explain_failure(task, rng) for _ in range(400))
    assert 160 < careful < 240


def test_rows_may_come_in_any_order_unless_the_question_asks_for_one(shop: sqlite3.Connection):
    by_id = {task.id: task for task in TASKS}
    free, ordered = by_id["warehouse-count"], by_id["category-names"]
    names = execute(shop, "SELECT name FROM categories ORDER BY name DESC")
    assert not is_right(shop, ordered, names)
    topics = by_id["ticket-topics"]
    for direction in ("ASC", "DESC"):
        sql = f"SELECT topic FROM tickets GROUP BY topic ORDER BY topic {direction}"
        assert is_right(shop, topics, execute(shop, sql))
    assert is_right(shop, free, execute(shop, "SELECT 3.0"))
    assert not is_right(shop, free, execute(shop, "SELECT 3 UNION ALL SELECT 3"))
