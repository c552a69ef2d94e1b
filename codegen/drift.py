"""
How generated files, or folders of them, differ.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path

_SHOWN_LINES = 20


def differences(committed: Path, fresh: Path) -> Iterator[str]:
    """
    Compare two folders, or two files, byte by byte.

    Args:
        committed: What is there.
        fresh: What should be there; of the same name.

    Yields:
        A text for each file that is missing, left over or different; for the last the beginning of
        a unified diff.
    """
    there, wanted = _files(committed), _files(fresh)
    for name in sorted(there.keys() | wanted.keys()):
        if name not in there:
            yield f"{name}: is missing"
        elif name not in wanted:
            yield f"{name}: is left over"
        elif there[name] != wanted[name]:
            yield _diff(name, there[name], wanted[name])


def _files(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root.parent).as_posix(): path.read_bytes()
        for path in (root, *root.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def _diff(name: str, there: bytes, wanted: bytes) -> str:
    lines = list(
        difflib.unified_diff(
            there.decode(errors="replace").splitlines(),
            wanted.decode(errors="replace").splitlines(),
            f"{name} (committed)",
            f"{name} (generated)",
            lineterm="",
        )
    )
    left = len(lines) - _SHOWN_LINES
    more = [f"... and {left} more lines"] if left > 0 else []
    return "\n".join([*lines[:_SHOWN_LINES], *more]) or f"{name}: line ends differ"
