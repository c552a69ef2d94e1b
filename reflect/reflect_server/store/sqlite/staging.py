"""
Taking a backup that lies ready in the data folder, whatever happened the last time.
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
    Say whether a backup lies ready in a data folder, or is being taken.

    Args:
        folder: The data folder.
    """
    return any((folder / name / MANIFEST_NAME).exists() for name in (STAGED_NAME, TAKEN_NAME))


def apply_staged(folder: Path) -> None:
    """
    Put a backup that lies ready in the place of the folder's files, which are kept beside them.

    Each file is moved once and in an order in which an interruption can be taken up again: what
    belongs to the old database goes first, and a file that is no longer staged has been taken.

    Args:
        folder: The data folder, which this process holds.

    Raises:
        StoreError: A file cannot be moved.
    """
    staged, taken = folder / STAGED_NAME, folder / TAKEN_NAME
    manifest = taken / MANIFEST_NAME
    try:
        if not manifest.exists() and (staged / MANIFEST_NAME).exists():
            shutil.rmtree(taken, ignore_errors=True)
            staged.rename(taken)
        if not manifest.exists():
            return
        replaced = folder / f"replaced-{_moment(manifest)}"
        replaced.mkdir(mode=0o700, exist_ok=True)
        for path in sorted(taken.iterdir()):
            if path.name == MANIFEST_NAME:
                continue
            beside = _BESIDE_DATABASE if path.name == DATABASE_NAME else ()
            for name in (*beside, path.name):
                if (folder / name).exists():
                    (folder / name).replace(replaced / name)
            path.replace(folder / path.name)
        shutil.rmtree(taken)
        if not any(replaced.iterdir()):
            replaced.rmdir()
    except OSError as error:
        raise StoreError(
            f"The backup that lies ready in {folder} cannot be put in place ({error.strerror}). "
            "Mend that and start again: what is missing is done then."
        ) from error


def _moment(manifest: Path) -> str:
    staged_at = datetime.fromtimestamp(manifest.stat().st_mtime, UTC)
    return staged_at.strftime("%Y%m%dT%H%M%S%fZ")
