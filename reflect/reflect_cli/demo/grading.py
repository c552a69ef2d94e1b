"""
Grading an answer by its result, and the reviewer who explains what was wrong.
"""

import random
import sqlite3
from collections import Counter

from .execution import Outcome, execute
from .tasks import Task

CARELESS_RATE = 0.5
"""The share of reviews whose explanation is wrong."""


def is_right(connection: sqlite3.Connection, task: Task, outcome: Outcome) -> bool:
    """
    Compare a result with that of the task's gold query.

    Args:
        connection: The database that the answer was run against.
        task: The task that was answered.
        outcome: What the answer's query gave.

    Returns:
        Whether both give the same rows: in the same order where the question asks for one, else in
        any. Numbers are compared to 6 decimals; names of columns do not matter.
    """
    if outcome.error is not None:
        return False
    wanted = _comparable(execute(connection, task.gold).rows)
    found = _comparable(outcome.rows)
    return wanted == found if task.ordered else Counter(wanted) == Counter(found)


def explain_failure(task: Task, rng: random.Random) -> str:
    """
    Say in words what a wrong answer missed, as a reviewer in a hurry would.

    Args:
        task: The task that was answered wrongly.
        rng: Decides whether this review is careless. Half of them are: the verdict is still right,
            the explanation names a plausible convention that does not exist.

    Returns:
        The feedback; it never contains the gold query.
    """
    careless = rng.random() < CARELESS_RATE
    parts = [
        f"{lesson.myth_why} {lesson.myth}"
        if careless and lesson.myth
        else f"{lesson.why} {lesson.rule}"
        for lesson in task.lessons
    ]
    return " ".join(parts) or "No house rule applies here: the plain query was right."


def _comparable(rows: tuple[tuple[object, ...], ...]) -> list[tuple[object, ...]]:
    return [
        tuple(round(float(value), 6) if isinstance(value, int | float) else value for value in row)
        for row in rows
    ]
