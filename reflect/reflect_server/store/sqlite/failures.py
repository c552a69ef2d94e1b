"""
SQLite's errors in the words of the service.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from reflect_server.errors import ConflictError, NotFoundError, StoreError

_DUPLICATE = frozenset({"SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY"})
_MISSING = "SQLITE_CONSTRAINT_FOREIGNKEY"
_EXPLANATIONS = {
    "SQLITE_FULL": (
        "The disk of the data folder is full, so nothing of this request was stored. "
        "Free some space and try again."
    ),
    "SQLITE_BUSY": (
        "Another program has locked the database, so nothing of this request was stored. "
        "End what works on the data folder beside the server, and try again."
    ),
    "SQLITE_READONLY": (
        "The database cannot be written any longer, so nothing of this request was stored. "
        "Let the server's user write the data folder and its files, and try again."
    ),
    "SQLITE_CORRUPT": (
        "The database is damaged and could not do this. "
        "Stop the server and restore the data folder from a backup."
    ),
}


def store_error(error: sqlite3.Error) -> StoreError:
    """
    Say in one or two sentences what kept the database from doing its work.

    Args:
        error: What SQLite raised.

    Returns:
        The error to raise, with `error` to be set as its cause.
    """
    name = getattr(error, "sqlite_errorname", "")
    explanation = next((text for kind, text in _EXPLANATIONS.items() if name.startswith(kind)), "")
    return StoreError(
        explanation
        or f"The database could not do this ({error}), and nothing of the request was stored. "
        "Check the disk of the data folder and try again."
    )


@contextmanager
def constraints(*, duplicate: str, missing: str) -> Iterator[None]:
    """
    Turn broken constraints of the statements inside into errors of the service.

    Args:
        duplicate: What to say where the row exists already.
        missing: What to say where the row that it refers to does not exist.

    Raises:
        ConflictError: A unique value exists already.
        NotFoundError: A foreign key points nowhere.
    """
    try:
        yield
    except sqlite3.IntegrityError as error:
        if error.sqlite_errorname in _DUPLICATE:
            raise ConflictError(duplicate) from error
        if error.sqlite_errorname == _MISSING:
            raise NotFoundError(missing) from error
        raise
