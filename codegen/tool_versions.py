"""
The tools whose every version writes other bytes.
"""

from __future__ import annotations

import tomllib
from importlib.metadata import version
from pathlib import Path

_TOOLS = ("openapi-python-client", "ruff")


def require_pinned_tools(pyproject: Path) -> None:
    """
    Refuse to generate with other versions of the tools than those that are pinned.

    Args:
        pyproject: The file whose dependency group `generate` pins them.

    Raises:
        SystemExit: An installed version is not the pinned one.
    """
    groups = tomllib.loads(pyproject.read_text(encoding="utf-8"))["dependency-groups"]
    pins = dict(pin.split("==") for pin in groups["generate"] if "==" in pin)
    for tool in _TOOLS:
        if version(tool) != pins[tool]:
            raise SystemExit(
                f"{tool} {version(tool)} is installed where {pins[tool]} is pinned, and would "
                "write other bytes. Run `nox -s generate`, which installs the pinned tools."
            )
