"""
The changelog as a page: the releases, and above them what is not released yet.
"""

from __future__ import annotations

from pathlib import Path

_KINDS = ("added", "changed", "fixed", "removed")
_MARK = "<!-- towncrier release notes start -->"


def changelog(released: Path, fragments: Path) -> str:
    """
    Write the page.

    Args:
        released: The changelog of the releases.
        fragments: The folder with a file for each change since then.
    """
    unreleased = []
    for kind in _KINDS:
        entries = sorted(fragments.glob(f"*.{kind}.md"))
        if entries:
            lines = (" ".join(entry.read_text(encoding="utf-8").split()) for entry in entries)
            unreleased += [f"### {kind.capitalize()}", "\n".join(f"- {line}" for line in lines)]
    text = released.read_text(encoding="utf-8")
    news = "\n\n".join(["## Not released yet", *unreleased]) if unreleased else ""
    without_folder = text.replace("What is not released yet stands in `changelog.d/`.\n", "")
    return without_folder.replace(_MARK, news)
