"""
Staged backups: one that lies ready in the data folder is taken when that is opened.
"""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

from reflect_server.errors import StoreError

DATABASE_NAME = "reflect.db"
"""The file that holds everything but the installation's secret."""

MANIFEST_NAME = "backup.json"
"""The file that says what a backup is; written last, so where it is the backup is whole."""

STAGED_NAME = "restore.staged"
"""The folder in the data folder in which a backup lies ready."""

TAKEN_NAME = "restore.taken"
"""The same folder once it is being taken, so that another backup can be laid ready meanwhile."""

_BESIDE_DATABASE = (f"{DATABASE_NAME}-wal", f"{DATABASE_NAME}-shm")


def lies_ready(folder: Path) -> bool:
    """
    Say whether a backup lies ready in a data folder, whole, or is half put in its place.

    Args:
        folder: The data folder.
    """
    # In this order, as one that is taken between the two looks is seen by the second.
    return _is_whole(folder / STAGED_NAME) or is_half_taken(folder)


def is_half_taken(folder: Path) -> bool:
    """
    Say whether some of a data folder's files are a backup's, and others still the old ones.

    Args:
        folder: The data folder.
    """
    return _is_whole(folder / TAKEN_NAME)


def apply_staged(folder: Path) -> None:
    """
    Put a backup that lies ready in the place of the folder's files, which are kept beside them.

    One that an earlier opening has begun with goes first, and the one that was laid ready since is
    put in its place.

    Args:
        folder: The data folder, which this process holds.

    Raises:
        StoreError: A file cannot be moved.
    """
    staged, taken = folder / STAGED_NAME, folder / TAKEN_NAME
    try:
        while lies_ready(folder):
            if not is_half_taken(folder):
                shutil.rmtree(taken, ignore_errors=True)
                staged.rename(taken)
            _put_in_place(taken, folder)
    except OSError as error:
        raise StoreError(
            f"The backup that lies ready in {folder} cannot be put in place ({error.strerror}). "
            "Mend that and start again: what is missing is done then."
        ) from error


def _put_in_place(taken: Path, folder: Path) -> None:
    """
    Move each file once and in an order in which an interruption can be taken up again: what belongs
    to the old database goes first, and a file that is no longer there has been moved.
    """
    replaced = folder / f"replaced-{_moment(taken / MANIFEST_NAME)}"
    replaced.mkdir(mode=0o700, exist_ok=True)
    for path in sorted(taken.iterdir()):
        if path.name == MANIFEST_NAME:
            continue
        beside = _BESIDE_DATABASE if path.name == DATABASE_NAME else ()
        for name in (*beside, path.name):
            if (replaced / name).exists():  # What is there since is of no database.
                (folder / name).unlink(missing_ok=True)
            elif (folder / name).exists():
                (folder / name).replace(replaced / name)
        path.replace(folder / path.name)
    shutil.rmtree(taken)
    if not any(replaced.iterdir()):
        replaced.rmdir()


def _is_whole(backup: Path) -> bool:
    return (backup / MANIFEST_NAME).exists()


def _moment(manifest: Path) -> str:
    staged_at = datetime.fromtimestamp(manifest.stat().st_mtime, UTC)
    return staged_at.strftime("%Y%m%dT%H%M%S%fZ")
