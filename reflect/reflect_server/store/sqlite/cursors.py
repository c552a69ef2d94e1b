"""
Cursors of lists: the position that the entries of a page lie below.

A position stays good when the entry at it is deleted, so a list can be walked and emptied at once.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any, Literal, TypeVar

from reflect_server.errors import InvalidRequestError

_ABOVE_ALL = (1 << 63) - 1
_MOST_DIGITS = 18

Row = TypeVar("Row", bound=tuple[Any, ...])


def next_position(table: Literal["traces", "memories"]) -> str:
    """
    Return the SQL of the position of a new entry, above those of all that there are and have been.

    Args:
        table: Where the entry will be kept.
    """
    return f"""(
        SELECT max(coalesce((SELECT max(seq) FROM {table}), 0), seq) + 1
        FROM deleted_positions
        WHERE list = '{table}'
    )"""  # noqa: S608 - one of two names of our own


def cursor_after(
    connection: sqlite3.Connection, table: Literal["traces", "memories"], entry_id: str
) -> str:
    """
    Return the cursor of the page that follows an entry.

    Args:
        connection: The connection of the transaction.
        table: Where the entry is kept.
        entry_id: The entry; it must exist.
    """
    sql = f"SELECT seq FROM {table} WHERE id = ?"  # noqa: S608 - one of two names of our own
    (seq,) = connection.execute(sql, (entry_id,)).fetchone()
    return str(seq)


def within(rows: Iterable[Row], room: int | None) -> Iterator[Row]:
    """
    Give rows until their texts take up the room; the one that fills it is the last.

    Args:
        rows: The rows, read one by one.
        room: In characters; None for no end.
    """
    taken = 0
    for row in rows:
        yield row
        if room is not None:
            taken += sum(len(value) for value in row if isinstance(value, str | bytes))
            if taken >= room:
                return


def position(cursor: str | None) -> int:
    """
    Return the position that the entries of a page lie below.

    Args:
        cursor: What `cursor_after` returned; None for the first page.

    Raises:
        InvalidRequestError: The cursor is of another form.
    """
    if cursor is None:
        return _ABOVE_ALL
    if not (cursor.isascii() and cursor.isdecimal() and len(cursor) <= _MOST_DIGITS):
        raise InvalidRequestError(
            f"The cursor {cursor!r} is not one of this list. Take it from the page before.",
            field="cursor",
        )
    return int(cursor)
