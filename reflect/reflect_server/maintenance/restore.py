"""
Restore: a backup put back, into a folder that nobody uses or under a server that runs.
"""

from __future__ import annotations

from pathlib import Path

from reflect_server.data_folder.presence import presence_in, reopen
from reflect_server.errors import StoreError
from reflect_server.store.sqlite import SqliteStore
from reflect_server.store.sqlite.backup import Manifest, stage, verify
from reflect_server.store.sqlite.folder_lock import FolderHeldError, restoring_alone
from reflect_server.store.sqlite.staging import DATABASE_NAME, lies_ready


def restore(backup: Path, folder: Path, *, replace: bool) -> Manifest:
    """
    Put a backup into a data folder.

    Args:
        backup: The folder that the backup was made in.
        folder: The data folder; made when it does not exist.
        replace: Whether a database that is there may be replaced. Its files are kept.

    Returns:
        What was restored.

    Raises:
        StoreError: The backup cannot be used, the folder holds a database already, or another
            process is restoring into it.
        ReopenError: The folder's server cannot be made to take it.
    """
    verify(backup)
    _require_room(folder, replace=replace)
    with restoring_alone(folder):
        _require_room(folder, replace=replace)  # Another restore may have ended meanwhile.
        manifest = stage(backup, folder)
        try:
            SqliteStore(folder).close()
        except FolderHeldError:
            reopen(presence_in(folder), done=lambda: not lies_ready(folder))
    return manifest


def _require_room(folder: Path, *, replace: bool) -> None:
    if (folder / DATABASE_NAME).exists() and not replace:
        raise StoreError(
            f"The folder {folder} holds a database already. Add `--replace` to put the backup in "
            "its place; the old files are kept beside it. Or name another folder."
        )
