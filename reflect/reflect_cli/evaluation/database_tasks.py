"""
Tasks whose answer is an SQL statement, graded by executing it.
"""

from __future__ import annotations

import ast
import json
import random
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from .errors import EvaluationError

Rows = tuple[tuple[Any, ...], ...]

_MOST_STEPS = 2_000_000
_STEPS_PER_LOOK = 10_000
_NUMERIC = ("INT", "INTEGER", "REAL", "FLOAT", "DOUBLE", "DECIMAL")

# Slips of people who write SQL in a hurry: what is written, and what it becomes.
_SLIPS = (
    (r"\s(?:AND|OR)\s[^()]+?(?=;|\sGROUP\b|\sORDER\b|\sHAVING\b|\sLIMIT\b|$)", ""),
    (r"\bDESC\b", "ASC"),
    (r"\bASC\b", "DESC"),
    (r">=", "<"),
    (r">", "<="),
    (r"<", ">="),
    (r"\bSUM\(", "AVG("),
    (r"\bAVG\(", "SUM("),
    (r"\bCOUNT\(", "MAX("),
    (r"\bMAX\(", "MIN("),
    (r"\sLIMIT\s\d+", ""),
    (r"\sWHERE\s[^()]+?(?=;|\sGROUP\b|\sORDER\b|\sLIMIT\b|$)", ""),
    (r"^SELECT\s[^,()]+,", "SELECT"),
    (r"'([^']+)'", r"'\1 '"),
    (r"(?<![\w'-])(\d+)(?![\w'-])", r"1\1"),
)


@dataclass(frozen=True)
class DatabaseTask:
    """
    A task over one table.

    Attributes:
        instruction: What is asked.
        table: The table's name.
        columns: Its columns as pairs of name and type.
        rows: Its rows.
        gold: The statement that is right.
        skills: What solving it takes, in the words of the data set.
    """

    instruction: str
    table: str
    columns: tuple[tuple[str, str], ...]
    rows: Rows = field(repr=False)
    gold: str
    skills: frozenset[str] = frozenset()

    def execute(self, sql: str) -> Rows | None:
        """
        Run a statement on a fresh copy of the table.

        Args:
            sql: One statement; one that reaches for a file does not run.

        Returns:
            The rows that a query answers with, sorted unless the right query asks for an order; the
            whole table after a statement that changes it; None where the statement does not run, or
            the table cannot be made.
        """
        known = self._results
        if sql not in known:
            known[sql] = self._run(sql)
        return known[sql]

    @cached_property
    def _results(self) -> dict[str, Rows | None]:
        return {}

    @cached_property
    def mistakes(self) -> tuple[str, ...]:
        """
        Statements that run and are wrong: the right one with a slip each.
        """
        right = self.execute(self.gold)
        found = dict.fromkeys(_with_a_slip(self.gold))
        return tuple(
            sql for sql in found if (result := self.execute(sql)) is not None and result != right
        )

    def is_right(self, sql: str) -> bool:
        """
        Say whether a statement does what the right one does.

        Args:
            sql: The statement.
        """
        result = self.execute(sql)
        return result is not None and result == self.execute(self.gold)

    def _run(self, sql: str) -> Rows | None:
        names = ", ".join(
            f'"{name}" {"NUMERIC" if kind.upper().startswith(_NUMERIC) else "TEXT"}'
            for name, kind in self.columns
        )
        marks = ", ".join("?" for _ in self.columns)
        with closing(sqlite3.connect(":memory:")) as connection:
            try:
                connection.execute(f'CREATE TABLE "{self.table}" ({names})')
                connection.executemany(f'INSERT INTO "{self.table}" VALUES ({marks})', self.rows)  # noqa: S608 - Of the task's own table, in memory.
                connection.set_authorizer(_within_the_table)
                looks = iter(range(_MOST_STEPS // _STEPS_PER_LOOK))
                connection.set_progress_handler(lambda: next(looks, None) is None, _STEPS_PER_LOOK)
                answer = connection.execute(sql)
                rows = answer.fetchall()
                if answer.description is None:
                    rows = connection.execute(f'SELECT * FROM "{self.table}"').fetchall()  # noqa: S608 - Of the task's own table, in memory.
            except (sqlite3.Error, sqlite3.Warning, OverflowError):
                return None
        is_ordered = "ORDER BY" in self.gold.upper()
        return tuple(rows if is_ordered else sorted(rows, key=repr))


def read_database_tasks(path: Path) -> tuple[DatabaseTask, ...]:
    """
    Read tasks in the form in which MemRL packages those of LifelongAgentBench.

    Args:
        path: A JSON file with a list, or an object, of entries; or a folder with `db_train.json`.
            An entry has `instruction`, `answer_info` with `sql`, and `table_info` with `name`,
            `column_info_list` and `row_list`; the latter two may be Python literals in strings.

    Returns:
        The tasks whose right statement runs in SQLite and has at least one wrong neighbour.

    Raises:
        EvaluationError: The file is missing or has another form, or no task is left.
    """
    file = path / "db_train.json" if path.is_dir() else path
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        entries = list(content.values()) if isinstance(content, dict) else list(content)
        tasks = [_task(entry) for entry in entries]
    except (OSError, ValueError, KeyError, TypeError, SyntaxError) as error:
        raise EvaluationError(
            f"{file} cannot be read as database tasks ({error!r}). Expected are entries with "
            "`instruction`, `answer_info` and `table_info`."
        ) from error
    kept = tuple(task for task in tasks if task.execute(task.gold) is not None and task.mistakes)
    if not kept:
        raise EvaluationError(f"{file} has no task whose right statement runs in SQLite.")
    return kept


def some_of(tasks: tuple[DatabaseTask, ...], count: int | None) -> tuple[DatabaseTask, ...]:
    """
    Draw tasks, the same ones each time.

    Args:
        tasks: The tasks.
        count: How many; None for all.

    Raises:
        EvaluationError: There are not so many.
    """
    if count is None:
        return tasks
    if count > len(tasks):
        raise EvaluationError(f"There are {len(tasks)} tasks, and {count} were asked for.")
    return tuple(random.Random("tasks").sample(tasks, count))  # noqa: S311 - A repeatable draw, no secret.


def _within_the_table(action: int, *_details: str | None) -> int:
    return sqlite3.SQLITE_DENY if action == sqlite3.SQLITE_ATTACH else sqlite3.SQLITE_OK


def _task(entry: dict[str, Any]) -> DatabaseTask:
    answer, table = (_literal(entry[name]) for name in ("answer_info", "table_info"))
    return DatabaseTask(
        instruction=str(entry["instruction"]).strip(),
        table=str(table["name"]),
        columns=tuple((str(c["name"]), str(c["type"])) for c in table["column_info_list"]),
        rows=tuple(tuple(row) for row in table["row_list"]),
        gold=str(answer["sql"]).strip(),
        skills=frozenset(map(str, _literal(entry.get("skill_list", [])))),
    )


def _literal(value: Any) -> Any:
    return ast.literal_eval(value) if isinstance(value, str) else value


def _with_a_slip(sql: str) -> Iterator[str]:
    for written, slip in _SLIPS:
        yield re.sub(written, slip, sql, count=1)
