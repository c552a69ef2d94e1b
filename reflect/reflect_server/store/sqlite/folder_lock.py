"""
The lock of a data folder, which is made when missing and held by one server at a time.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from reflect_server.data_folder.presence import holder_of, withdraw
from reflect_server.data_folder.private_files import make_private, may_use
from reflect_server.errors import StoreError

LOCK_NAME = "reflect.lock"
RESTORE_LOCK_NAME = "restore.lock"

_LOCK_SECONDS = 0.1
"""Without any, processes that come at the same moment can all be refused."""


class FolderHeldError(StoreError):
    """
    Another process holds the data folder.

    Args:
        folder: The data folder.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"The data folder {folder} is in use by {holder_of(folder)}. "
            "Stop that, or choose another folder with `--data-dir`."
        )


class FolderLock:
    """
    Exclusive hold on a data folder, from construction to `release` or the end of the process.

    The lock is an exclusive transaction on an empty SQLite file, so it works wherever SQLite does,
    and ends with the process however that ends.

    Args:
        folder: The data folder; made, for its owner only, when it does not exist.

    Raises:
        FolderHeldError: Another process holds it.
        StoreError: The folder cannot be made or written.
    """

    def __init__(self, folder: Path) -> None:
        _make(folder)
        connection = _locked(folder, LOCK_NAME)
        if connection is None:
            raise FolderHeldError(folder)
        self._connection = connection
        withdraw(folder)  # A server that was killed left its file, and has the folder no longer.

    def release(self) -> None:
        """
        Let others have the folder; does nothing the second time.
        """
        self._connection.close()


@contextmanager
def restoring_alone(folder: Path) -> Iterator[None]:
    """
    Let one process at a time put a backup into a data folder, which a server may hold meanwhile.

    Args:
        folder: The data folder; made, for its owner only, when it does not exist.

    Raises:
        StoreError: Another process is at it, or the folder cannot be made or written.
    """
    _make(folder)
    connection = _locked(folder, RESTORE_LOCK_NAME)
    if connection is None:
        raise StoreError(
            f"Another `reflect restore` is at work in {folder}. Wait until it has ended, look at "
            "what it restored, and run this again if it is still wanted."
        )
    with closing(connection):
        yield


def is_held(folder: Path) -> bool:
    """
    Say whether a process holds a data folder. Makes nothing.

    Args:
        folder: The folder; it need not exist.
    """
    path = folder / LOCK_NAME
    if not path.exists():
        return False
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            connection.execute("PRAGMA busy_timeout = 0")
            connection.execute("PRAGMA schema_version")
    except sqlite3.Error as error:
        return error.sqlite_errorname.startswith("SQLITE_BUSY")
    return False


def _make(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise _unusable(folder, error.strerror or str(error)) from error


def _locked(folder: Path, name: str) -> sqlite3.Connection | None:
    """
    Lock a file until the connection is closed; None where another process has it.
    """
    path = folder / name
    connection: sqlite3.Connection | None = None
    try:
        make_private(path)
        if not may_use(path):  # SQLite would open it to read, and lock nothing.
            raise _unusable_lock(path, "this user may not read and write it")
        connection = sqlite3.connect(
            path, timeout=_LOCK_SECONDS, isolation_level=None, check_same_thread=False
        )
        connection.execute("BEGIN EXCLUSIVE")
    except OSError as error:
        raise _unusable(folder, error.strerror or str(error)) from error
    except sqlite3.Error as error:
        if connection is not None:
            connection.close()
        if error.sqlite_errorname == "SQLITE_BUSY":
            return None
        if error.sqlite_errorname.startswith("SQLITE_READONLY"):
            raise _unusable(folder, str(error)) from error
        raise _unusable_lock(path, str(error)) from error
    return connection


def _unusable_lock(path: Path, reason: str) -> StoreError:
    return StoreError(
        f"The file {path} cannot be used ({reason}), and it is needed to hold the data folder. "
        "Let this user read and write it, or choose another folder."
    )


def _unusable(folder: Path, reason: str) -> StoreError:
    return StoreError(
        f"The data folder {folder} cannot be written ({reason}). "
        "Make it a folder that this user may write, or choose another one."
    )
