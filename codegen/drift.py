"""
How two folders of generated files differ.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path

_SHOWN_LINES = 20


def differences(committed: Path, fresh: Path) -> Iterator[str]:
    """
    Compare two folders byte by byte.

    Args:
        committed: The folder that is there.
        fresh: The folder that should be there.

    Yields:
        A text for each file that is missing, left over or different; for the last the beginning of
        a unified diff.
    """
    there, wanted = _files(committed), _files(fresh)
    for name in sorted(there.keys() | wanted.keys()):
        shown = f"{committed.name}/{name}"
        if name not in there:
            yield f"{shown}: is missing"
        elif name not in wanted:
            yield f"{shown}: is left over"
        elif there[name] != wanted[name]:
            yield _diff(shown, there[name], wanted[name])


def _files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
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
