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

_BESIDE_DATABASE = (f"{DATABASE_NAME}-wal", f"{DATABASE_NAME}-shm")


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
    staged = folder / STAGED_NAME
    manifest = staged / MANIFEST_NAME
    if not manifest.exists():
        return
    try:
        replaced = folder / f"replaced-{_moment(manifest)}"
        replaced.mkdir(mode=0o700, exist_ok=True)
        for path in sorted(staged.iterdir()):
            if path.name == MANIFEST_NAME:
                continue
            beside = _BESIDE_DATABASE if path.name == DATABASE_NAME else ()
            for name in (*beside, path.name):
                if (folder / name).exists():
                    (folder / name).replace(replaced / name)
            path.replace(folder / path.name)
        shutil.rmtree(staged)
        if not any(replaced.iterdir()):
            replaced.rmdir()
    except OSError as error:
        raise StoreError(
            f"The backup that lies ready in {staged} cannot be put in place ({error.strerror}). "
            "Mend that and start again: what is missing is done then."
        ) from error


def _moment(manifest: Path) -> str:
    staged_at = datetime.fromtimestamp(manifest.stat().st_mtime, UTC)
    return staged_at.strftime("%Y%m%dT%H%M%S%fZ")
