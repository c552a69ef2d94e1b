"""
A read-only snapshot of a data folder, whether a server holds it or not.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from reflect_server.errors import StoreError
from reflect_server.store.sqlite.failures import store_error
from reflect_server.store.sqlite.folder_lock import FolderHeldError, FolderLock
from reflect_server.store.sqlite.schema import connect, migrations, refuse_foreign_file
from reflect_server.store.sqlite.staging import DATABASE_NAME, is_half_taken


@contextmanager
def snapshot(folder: Path, *, older: bool = False) -> Iterator[sqlite3.Connection]:
    """
    Read a data folder's database as it is at one moment, while a server may go on writing.

    Args:
        folder: The data folder.
        older: Whether a database that this version has not migrated yet will do.

    Yields:
        A connection in a read transaction, which refuses to write.

    Raises:
        StoreError: There is no database of this version, half of a restore, or it cannot be read.
    """
    path = require_database(folder)
    lock: FolderLock | None = None
    with suppress(FolderHeldError):  # A server that holds the folder may go on.
        lock = FolderLock(folder)
    try:
        require_one_database(folder)
        connection = connect(path)
        try:
            connection.execute("PRAGMA query_only = ON")
            connection.execute("BEGIN")
            _require_version(connection, path, older=older)
            yield connection
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise store_error(error) from error
    finally:
        if lock is not None:
            lock.release()


def require_one_database(folder: Path) -> None:
    """
    Refuse a data folder in which a restore has put some files in place and others not yet.

    Args:
        folder: The data folder.

    Raises:
        StoreError: It is one.
    """
    if is_half_taken(folder):
        raise StoreError(
            f"A restore into {folder} is under way or was interrupted, and the files there are of "
            "two databases. Wait until it has ended, or start the server once, which completes it, "
            "and try again."
        )


def require_database(folder: Path) -> Path:
    """
    Return the path of a data folder's database.

    Args:
        folder: The data folder.

    Raises:
        StoreError: There is none, or the file is no database of this program.
    """
    path = folder / DATABASE_NAME
    if not path.is_file():
        raise StoreError(
            f"The folder {folder} holds no database {DATABASE_NAME}. "
            "Name the data folder of a server with `--data-dir`."
        )
    try:
        refuse_foreign_file(path)
    except OSError as error:
        raise StoreError(
            f"The database {path} cannot be read ({error.strerror}). "
            "Run this as the user that runs the server."
        ) from error
    return path


def _require_version(connection: sqlite3.Connection, path: Path, *, older: bool) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    known = len(migrations())
    if version > known or (version < known and not older):
        remedy = "Use the Reflect that wrote it" if version > known else "Start the server once"
        raise StoreError(
            f"The database {path} has schema version {version}, and this version of Reflect works "
            f"on version {known}. {remedy}, and try again."
        )
