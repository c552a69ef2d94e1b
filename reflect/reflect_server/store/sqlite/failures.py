"""
Translation of SQLite's errors into those of the service.
"""

from __future__ import annotations

import sqlite3

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


def broken_constraint(error: sqlite3.IntegrityError, *, duplicate: str, missing: str) -> Exception:
    """
    Return the error of the service for a constraint that a statement would have broken.

    Args:
        error: What SQLite raised.
        duplicate: What to say where the row exists already.
        missing: What to say where the row that it refers to does not exist.

    Returns:
        The error to raise from `error`: a `ConflictError` where a unique value exists already, a
        `NotFoundError` where a foreign key points nowhere, and else `error` itself.
    """
    if error.sqlite_errorname in _DUPLICATE:
        return ConflictError(duplicate)
    if error.sqlite_errorname == _MISSING:
        return NotFoundError(missing)
    return error
