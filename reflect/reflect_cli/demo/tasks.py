"""
The demo's tasks: questions about the shop, each with its right query and the lessons it needs.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class Lesson:
    """
    A convention of the shop, as a reviewer explains it.

    Attributes:
        why: The convention in words.
        rule: What to do about it, in a form that the simulated agent can follow.
        myth_why: A plausible explanation that is wrong; empty where there is none.
        myth: The rule that follows from the wrong explanation; empty where there is none.
    """

    why: str
    rule: str
    myth_why: str = ""
    myth: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """
    What an agent gets to see of a task.

    Attributes:
        text: The question in words.
        draft: The query that somebody who writes SQL well, but does not know the house, would
            give. It is the simulated agent's own ability; a real model never reads it.
    """

    text: str
    draft: str


@dataclass(frozen=True, slots=True)
class Task:
    """
    A question together with what only the grader and the reviewer may know.

    Attributes:
        id: A readable name, unique among the tasks.
        family: The group of tasks that it belongs to.
        question: What the agent sees.
        gold: A right query.
        lessons: What has to be known to answer, empty where the draft is right by itself.
        ordered: The question asks for an order of the rows.
        unseen: Asked once, after the last epoch, and never reviewed.
    """

    id: str
    family: str
    question: Question
    gold: str
    lessons: tuple[Lesson, ...]
    ordered: bool
    unseen: bool


@cache
def load_lessons() -> dict[str, Lesson]:
    """
    Read the shop's conventions.

    Returns:
        The lessons by their names.
    """
    return {name: Lesson(**values) for name, values in _document()["lessons"].items()}


@cache
def load_tasks() -> tuple[Task, ...]:
    """
    Read the tasks that ship with the demo.

    Returns:
        All of them in the order of the file, the unseen ones included.
    """
    families = _document()["tasks"].items()
    return tuple(_task(family, entry) for family, entries in families for entry in entries)


@cache
def _document() -> dict[str, Any]:
    return tomllib.loads(
        files("reflect_cli.demo").joinpath("tasks.toml").read_text(encoding="utf-8")
    )


def _task(family: str, entry: dict[str, Any]) -> Task:
    lessons = load_lessons()
    return Task(
        id=entry["id"],
        family=family,
        question=Question(text=entry["question"], draft=entry["draft"]),
        gold=entry.get("gold", entry["draft"]),
        lessons=tuple(lessons[name] for name in entry.get("lessons", [])),
        ordered=entry.get("ordered", False),
        unseen=entry.get("unseen", False),
    )
