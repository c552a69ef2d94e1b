"""
Running an agent's SQL safely: one SELECT, read-only, within a time limit.
"""

import sqlite3
from dataclasses import dataclass
from time import monotonic

from reflect_cli.leaving import signals_held_back

_READING = {
    sqlite3.SQLITE_SELECT,
    sqlite3.SQLITE_READ,
    sqlite3.SQLITE_FUNCTION,
    sqlite3.SQLITE_RECURSIVE,
}
_STEPS_BETWEEN_LOOKS = 10_000
_MOST_ROWS = 10_000


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    What running a query gave.

    Attributes:
        rows: The result, empty when the query failed.
        error: Why it failed, one sentence, or None when it ran.
    """

    rows: tuple[tuple[object, ...], ...] = ()
    error: str | None = None

    def preview(self) -> str:
        """
        Describe the outcome as a tool would answer: the error, or the first rows.
        """
        if self.error is not None:
            return f"Error: {self.error}"
        lines = [" | ".join(map(str, row)) for row in self.rows[:5]]
        return "\n".join([f"{len(self.rows)} rows", *lines])


def execute(connection: sqlite3.Connection, sql: str, *, seconds: float = 2.0) -> Outcome:
    """
    Run one query that may read and do nothing else.

    Args:
        connection: The database; it is left as it was.
        sql: One SELECT statement.
        seconds: How long the query may take; defaults to 2.

    Returns:
        The rows or the error. A query that would write, attach a file, run on for ever or give more
        than 10,000 rows ends in an error; nothing is raised.
    """
    deadline = monotonic() + seconds
    connection.set_authorizer(_allow_reading)
    connection.set_progress_handler(lambda: monotonic() > deadline, _STEPS_BETWEEN_LOOKS)
    try:
        with signals_held_back():
            cursor = connection.execute(sql)
            rows = cursor.fetchmany(_MOST_ROWS + 1)
            cursor.close()
    except (sqlite3.Error, sqlite3.Warning) as error:
        if monotonic() > deadline:
            return Outcome(error=f"The query took longer than {seconds:g} s and was stopped.")
        return Outcome(error=_explain(error))
    finally:
        connection.set_authorizer(None)
        connection.set_progress_handler(None, 0)
    if len(rows) > _MOST_ROWS:
        return Outcome(error=f"The query gives more than {_MOST_ROWS} rows.")
    if cursor.description is None:
        return Outcome(error="The answer is not a query: it gives no rows.")
    return Outcome(rows=tuple(rows))


def _allow_reading(action: int, *_details: str | None) -> int:
    return sqlite3.SQLITE_OK if action in _READING else sqlite3.SQLITE_DENY


def _explain(error: Exception) -> str:
    if any(word in str(error) for word in ("not authorized", "authorization", "prohibited")):
        return "Only SELECT statements are allowed; the database may not be changed."
    return str(error)
