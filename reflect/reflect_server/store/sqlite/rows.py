"""
The rows of whole projects, table by table.

What belongs to a project is read off the schema: a table has a column `project_id`, or refers to
one that does. So a table that a migration adds is covered from its first day.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

LEFT_OUT = frozenset({"api_keys", "deleted_positions", "trace_origins"})
"""
Tables that are the installation's own: keys that work nowhere else, positions, and the requests
that its spans are linked to.
"""

Row = dict[str, Any]
"""A row by column, with values as SQLite has them."""


@dataclass(frozen=True, slots=True)
class Table:
    """
    A table whose rows belong to projects.

    Attributes:
        name: Its name.
        columns: Its columns, in order.
        references: Columns that refer to another table, with that table and its column.
        condition: SQL that is true for the rows of the project `:project_id`.
    """

    name: str
    columns: tuple[str, ...]
    references: Mapping[str, tuple[str, str]]
    condition: str


def tables(connection: sqlite3.Connection) -> list[Table]:
    """
    Return the tables that hold projects, `projects` first and others after what they refer to.

    Args:
        connection: A database of this program.
    """
    names = connection.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    )
    left = {name: _references(connection, name) for (name,) in names if name not in LEFT_OUT}
    found: dict[str, Table] = {}
    while left:
        ready = [
            name
            for name, references in left.items()
            if all(parent in found or parent == name for parent, _ in references.values())
        ]
        for name in sorted(ready):
            found[name] = _table(connection, name, left.pop(name), found)
    return list(found.values())


def rows_of(connection: sqlite3.Connection, table: Table, project_id: str) -> Iterator[Row]:
    """
    Yield the rows of a table that belong to a project, in the order of their keys.

    Args:
        connection: The database, in a transaction.
        table: The table.
        project_id: The project.
    """
    order = ", ".join(str(number + 1) for number in range(len(table.columns)))
    if "seq" in table.columns:
        order = "seq"
    sql = f"SELECT {_listed(table.columns)} FROM {table.name} WHERE {table.condition} ORDER BY {order}"  # noqa: S608, E501 - names of the schema
    for row in connection.execute(sql, {"project_id": project_id}):
        yield dict(zip(table.columns, row, strict=True))


def count_rows(connection: sqlite3.Connection, table: Table, project_id: str) -> int:
    """
    Return how many rows of a table belong to a project.

    Args:
        connection: The database.
        table: The table.
        project_id: The project.
    """
    sql = f"SELECT count(*) FROM {table.name} WHERE {table.condition}"  # noqa: S608 - names of the schema
    (count,) = connection.execute(sql, {"project_id": project_id}).fetchone()
    return int(count)


def insert_row(connection: sqlite3.Connection, table: Table, row: Row) -> None:
    """
    Store a row.

    Args:
        connection: The database, in a transaction.
        table: The table.
        row: The row, with every column of the table.
    """
    marks = ", ".join("?" for _ in table.columns)
    connection.execute(
        f"INSERT INTO {table.name} ({_listed(table.columns)}) VALUES ({marks})",  # noqa: S608 - names of the schema
        [row[name] for name in table.columns],
    )


def _references(connection: sqlite3.Connection, name: str) -> dict[str, tuple[str, str]]:
    rows = connection.execute(f"PRAGMA foreign_key_list({name})").fetchall()
    return {row[3]: (row[2], row[4] or "id") for row in rows}


def _table(
    connection: sqlite3.Connection,
    name: str,
    references: dict[str, tuple[str, str]],
    found: Mapping[str, Table],
) -> Table:
    columns = tuple(row[1] for row in connection.execute(f"PRAGMA table_info({name})"))
    if name == "projects":
        condition = "id = :project_id"
    elif "project_id" in columns:
        condition = "project_id = :project_id"
    else:
        column, (parent, key) = next(iter(references.items()))
        condition = f"{column} IN (SELECT {key} FROM {parent} WHERE {found[parent].condition})"  # noqa: S608 - names of the schema
    return Table(name, columns, references, condition)


def _listed(columns: Sequence[str]) -> str:
    return ", ".join(f'"{column}"' for column in columns)
