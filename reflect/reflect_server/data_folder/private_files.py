"""
Files that only their owner may read and write.
"""

from __future__ import annotations

import os
from pathlib import Path


def make_private(path: Path) -> None:
    """
    Make an empty file that only its owner may read and write; nothing happens where one exists.

    SQLite would make it with the rights that the folder's other files usually have, and gives the
    files beside a database the rights of the database.

    Args:
        path: The file.
    """
    if not path.exists():
        path.touch(mode=0o600)


def may_use(path: Path) -> bool:
    """
    Say whether this user may read and write a file.

    Args:
        path: The file.
    """
    return path.is_file() and os.access(path, os.R_OK | os.W_OK)
