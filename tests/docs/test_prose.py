"""
Names in the prose exist, calls in it have the parameters of the code, and links lead somewhere.
"""

from __future__ import annotations

import importlib
import inspect
import json
import re
import statistics
import sys
from collections import Counter
from pathlib import Path

import pytest
import yaml

sys.path.insert(0, str(Path(__file__).parent))

from blocks import ROOT
from test_guides import METRICS, PAGES

import reflect_pytest
import reflect_sdk
from reflect_sdk import ReflectClient, TraceContext
from reflect_server import testing
from reflect_server.configuration.sources import Settings

WRITTEN = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *PAGES]
EVERY_PAGE = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
CALLABLES = {
    **{
        name: member
        for owner in (TraceContext, ReflectClient)
        for name, member in inspect.getmembers(owner, inspect.isroutine)
        if not name.startswith("_")
    },
    "ReflectClient": ReflectClient,
    "running_server": testing.running_server,
}


def outside_blocks(page: Path) -> str:
    text = page.read_text(encoding="utf-8")
    return re.sub(r"^ *```.*?^ *```$", "", text, flags=re.MULTILINE | re.DOTALL)


def spans(page: Path) -> list[str]:
    return re.findall(r"`([^`\n]+)`", outside_blocks(page))


def parameters(function: object) -> set[str]:
    assert callable(function)
    return set(inspect.signature(function).parameters)


def function_of(owner: str, name: str) -> object:
    if owner.startswith("reflect_"):
        return getattr(importlib.import_module(owner), name, None)
    return CALLABLES.get(name)


def vocabulary() -> set[str]:
    names = set(CALLABLES) | set(Settings.model_fields)
    for function in CALLABLES.values():
        names |= parameters(function)
    for name in reflect_sdk.__all__:
        names.add(name)
        kind = getattr(reflect_sdk, name)
        for base in getattr(kind, "__mro__", ()):
            names |= set(getattr(base, "__annotations__", ()))
        names |= set(re.findall(r"^ +(\w+): ", inspect.getdoc(kind) or "", re.MULTILINE))
    contract = yaml.safe_load((ROOT / "openapi.yaml").read_text(encoding="utf-8"))
    for schema in contract["components"]["schemas"].values():
        names |= set(schema.get("properties", ())) | set(schema.get("enum", ()))
    operations = [entry for item in contract["paths"].values() for entry in item.values()]
    names |= {entry["operationId"] for entry in operations if "operationId" in entry}
    folders = ("reflect", "generated", "codegen")
    names |= {path.stem for folder in folders for path in (ROOT / folder).rglob("*")}
    names |= {name for name in vars(reflect_pytest) if "reflect" in name}
    return names | {"sync_detailed", "asyncio_detailed"}


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: page.name)
def test_a_call_in_the_prose_fits_the_code(page: Path):
    for span in spans(page):
        if match := re.fullmatch(r"((?:\w+\.)*)(\w+)\((.*)\)", span):
            function = function_of(match[1].rstrip("."), match[2])
            assert function is not None, span
            given = set(re.findall(r"(?:^|, ?)(\w+)=", match[3]))
            assert given <= parameters(function), span


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: page.name)
def test_every_name_in_the_prose_exists(page: Path):
    known = vocabulary() | METRICS
    for span in spans(page):
        if re.fullmatch(r"[a-z]+(_[a-z]+)+_?", span):
            assert span in known, span


def slugs(page: Path) -> set[str]:
    """The anchors of a page as GitHub and the site make them."""
    seen: Counter[str] = Counter()
    made = set()
    for heading in re.findall(r"^#+ (.+)$", outside_blocks(page), re.MULTILINE):
        plain = re.sub(r"[^\w\- ]", "", heading.replace("\\", "").lower()).strip().replace(" ", "-")
        made.add(f"{plain}-{seen[plain]}" if seen[plain] else plain)
        seen[plain] += 1
    return made


@pytest.mark.parametrize("page", EVERY_PAGE, ids=lambda page: page.name)
def test_every_link_of_a_page_leads_to_a_file_and_an_anchor(page: Path):
    made_with_the_site = {"llms.txt", "llms-full.txt", "changelog.md"}
    text = re.sub(r"`[^`\n]*`", "", outside_blocks(page))
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        path, _, anchor = link.partition("#")
        if "://" in link or path in made_with_the_site:
            continue
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        if anchor and target.suffix == ".md":
            assert anchor in slugs(target), link


def test_the_figures_about_tuning_are_those_of_the_last_run():
    found = json.loads((ROOT / "docs" / "pictures" / "runs.json").read_text(encoding="utf-8"))
    text = (ROOT / "docs" / "guides" / "tuning.md").read_text(encoding="utf-8")
    for name, rows in found["settings"].items():
        cells = [
            f"{100 * statistics.mean(column):.0f} ± {100 * statistics.stdev(column):.0f}"
            for column in (
                [row["with_memory"][1] for row in rows],
                [row["with_memory"][-1] for row in rows],
                [row["unseen"] for row in rows],
            )
        ]
        assert f"| {name} | {' | '.join(cells)} |" in text
