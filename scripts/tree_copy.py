"""
A copy of the working tree, to try what must not touch it.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def tracked_files(*folders: str) -> list[Path]:
    """
    Return what a clone would have, with what is not committed yet.

    Args:
        folders: Only what is in these; everything without one.

    Returns:
        Paths relative to the root of the working tree.
    """
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *folders]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True)  # noqa: S603
    names = map(Path, sorted(set(listed.stdout.decode().split("\0")) - {""}))
    return [name for name in names if (ROOT / name).is_file()]


def copy_tree(copy: Path) -> None:
    """
    Copy what `tracked_files` names.

    Args:
        copy: The folder to make.
    """
    for name in tracked_files():
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, copy / name)
