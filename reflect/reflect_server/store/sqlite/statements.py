"""
SQL whose lists of columns are written from the fields of a row, so that no two lists can differ.
"""

from __future__ import annotations

from typing import Any


def columns(row: type[tuple[Any, ...]], table: str = "", **elsewhere: str) -> str:
    """
    Return the list of columns that a SELECT reads a row from.

    Args:
        row: A `NamedTuple`, each field of which is named like its column.
        table: The alias of the table of the columns; none by default.
        elsewhere: The expression of each field that is not a column of that table.
    """
    prefix = f"{table}." if table else ""
    return ", ".join(elsewhere.get(field, prefix + field) for field in _fields(row))


def insert_into(table: str, row: type[tuple[Any, ...]], **computed: str) -> str:
    """
    Return the statement that inserts a row, which is given its fields in their order.

    Args:
        table: The table.
        row: A `NamedTuple`, each field of which is named like its column.
        computed: The expression of each further column.
    """
    names = (*computed, *_fields(row))
    values = (*computed.values(), *("?" for _ in _fields(row)))
    return f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join(values)})"  # noqa: S608 - names of our own


def _fields(row: type[tuple[Any, ...]]) -> tuple[str, ...]:
    fields: tuple[str, ...] = row._fields  # type: ignore[attr-defined]  # of every NamedTuple
    return fields
