"""
Builds the documentation site, its plain-text forms for agents, and checks what came out.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from contextlib import suppress
from pathlib import Path
from typing import Any

from site_changelog import changelog
from site_links import faults
from site_text import TOKENS_OF_FULL, TOKENS_OF_INDEX, Page, full_text, index_text, tokens

ROOT = Path(__file__).resolve().parent.parent


def build(root: Path) -> int:
    """
    Build the site into `site/`.

    Args:
        root: The root of the repository.

    Returns:
        The exit status: 1 where a link leads nowhere, something is loaded from elsewhere, or a text
        for agents is over its budget.
    """
    stage(root)
    done = _zensical(root, "build", "--clean", "--strict")
    if done:
        return done
    site = root / "site"
    pages = _pages(root)
    for page in pages:
        _write(site / page.markdown, page.text)
    found = []
    for name, budget in (("llms.txt", TOKENS_OF_INDEX), ("llms-full.txt", TOKENS_OF_FULL)):
        spent = tokens((site / name).read_text(encoding="utf-8"))
        print(f"{name}: about {spent:,} tokens of {budget:,}")
        if spent > budget:
            found.append(f"{name} has about {spent:,} tokens, {budget:,} are allowed")
    checked, broken = faults(site)
    found += broken
    print(f"{len(pages)} pages, {checked:,} internal links and anchors")
    print("\n".join(found) or "All of them lead somewhere, and nothing is loaded from elsewhere.")
    print("The site is in site/; `nox -s docs -- serve` shows it.")
    return 1 if found else 0


def serve(root: Path) -> int:
    """
    Show the site on this machine until Ctrl+C, without the Markdown of its pages.

    Args:
        root: The root of the repository.
    """
    stage(root)
    with suppress(KeyboardInterrupt):
        return _zensical(root, "serve")
    return 0


def stage(root: Path) -> None:
    """
    Put the files together from which the site is built: those of `docs/`, the changelog, a list of
    the decisions, and the texts for agents.

    Args:
        root: The root of the repository.
    """
    staged = root / _configuration(root)["docs_dir"]
    shutil.rmtree(staged, ignore_errors=True)
    shutil.copytree(root / "docs", staged)
    text = changelog(root / "CHANGELOG.md", root / "changelog.d")
    _write(staged / "changelog.md", text)
    index = staged / "decisions" / "README.md"
    records = sorted(set(index.parent.glob("*.md")) - {index})
    listed = "\n".join(f"- [{_title(record)}]({record.name})" for record in records)
    _write(index, f"{index.read_text(encoding='utf-8').rstrip()}\n\n{listed}\n")
    pages = _pages(root)
    _write(staged / "llms.txt", index_text(pages))
    _write(staged / "llms-full.txt", full_text(pages))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")


def _configuration(root: Path) -> dict[str, Any]:
    text = (root / "zensical.toml").read_text(encoding="utf-8")
    found: dict[str, Any] = tomllib.loads(text)["project"]
    return found


def _zensical(root: Path, *arguments: str) -> int:
    command = [sys.executable, "-m", "zensical", *arguments]
    return subprocess.run(command, cwd=root, check=False).returncode


def _pages(root: Path) -> list[Page]:
    configuration = _configuration(root)
    staged = root / configuration["docs_dir"]
    listed = [
        Page.read(staged, name, section) for section, name in _listed(configuration["nav"], "")
    ]
    known = {page.source for page in listed}
    others = (path.relative_to(staged).as_posix() for path in sorted(staged.rglob("*.md")))
    return listed + [Page.read(staged, name, "") for name in others if name not in known]


def _listed(entries: list[dict[str, Any]], section: str) -> list[tuple[str, str]]:
    found = []
    for entry in entries:
        for title, target in entry.items():
            if isinstance(target, str):
                found.append((section or "Start", target))
            else:
                found += _listed(target, title)
    return found


def _title(record: Path) -> str:
    match = re.search(r"^# (.+)$", record.read_text(encoding="utf-8"), re.MULTILINE)
    return match[1] if match else record.stem


def main(arguments: list[str]) -> int:
    """
    Build the site, or show it where the first argument is `serve`.
    """
    return serve(ROOT) if arguments[:1] == ["serve"] else build(ROOT)
