"""
What the hand-written pages tell people to type works, and prints what they say.

The Python of a page runs from top to bottom in one process, against a server and a project of its
own. Shell blocks are checked command by command.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import httpx
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from blocks import ROOT, Block, blocks_of
from scripted_model import scripted_model

from reflect_server.testing import RunningServer, running_server

PAGES = [
    page
    for page in sorted((ROOT / "docs").rglob("*.md"))
    if not {"decisions", "reference"} & set(page.parts) and page.name != "api.md"
]
SELF_HOSTING = (ROOT / "docs/guides/self-hosting.md").read_text(encoding="utf-8")
METRICS = {
    name
    for line in re.findall(r"^\| `.*", SELF_HOSTING.partition("| Metric |")[2], re.MULTILINE)
    for name in re.findall(r"`((?:reflect|process)_\w+)`", line)
}
WITH_PYTHON = [page for page in PAGES if blocks_of(page, "python")]
NEEDED = {"applications.md": ("celery", "fastapi")}
MARK = "\x1eblock\x1e"


@pytest.fixture(scope="module")
def model() -> Iterator[str]:
    with scripted_model("SELECT count(*) FROM orders WHERE shipped_at IS NOT NULL") as address:
        yield address


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    with running_server() as server:
        yield server


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", WITH_PYTHON, ids=name_of)
def test_the_python_of_a_page_runs_from_top_to_bottom(
    page: Path, server: RunningServer, model: str, tmp_path: Path
):
    for framework in NEEDED.get(page.name, ()):
        pytest.importorskip(framework, reason="The group `applications` is not installed.")
    blocks = blocks_of(page, "python")
    program = f"print({MARK!r})\n".join(block.code for block in blocks)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        env={
            **{name: value for name, value in os.environ.items() if "REFLECT" not in name},
            "REFLECT_API_URL": server.base_url,
            "REFLECT_API_KEY": server.api_key,
            "REFLECT_PROJECT_ID": f"docs-{page.stem}-{os.getpid()}",
            "OPENAI_BASE_URL": model,
            "OPENAI_API_KEY": "not-a-real-key",
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for block, printed in zip(blocks, done.stdout.split(f"{MARK}\n"), strict=True):
        if block.printed:
            assert printed == block.printed, str(block)


def test_each_metric_that_is_explained_is_served(server: RunningServer) -> None:
    key = {"Authorization": f"Bearer {server.api_key}"}
    served = httpx.get(f"{server.base_url}/metrics", headers=key).text

    assert set(re.findall(r"^# TYPE (\w+)", served, re.MULTILINE)) >= METRICS
    assert "reflect_traces" in METRICS


def commands() -> Iterator[tuple[str, str]]:
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *PAGES]
    for page in pages:
        for block in blocks_of(page, "console", "bash"):
            for command in commands_of(block):
                yield str(block), command


def commands_of(block: Block) -> list[str]:
    if block.language == "bash":
        return [block.code.strip()]
    joined = re.sub(r"\\\n(?:> )?", " ", block.code)
    return [line.removeprefix("$ ") for line in joined.splitlines() if line.startswith("$ ")]


@pytest.mark.parametrize(("place", "command"), list(commands()))
def test_a_command_is_one_that_exists(place: str, command: str):
    checked = subprocess.run(
        ["bash", "-n", "-c", command], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr
    for part in re.split(r"&&|\|\|?|;", command.removeprefix(AS_THE_SERVICE)):
        check_words(shlex.split(part, comments=True))


def check_words(words: list[str]) -> None:
    match words:
        case ["reflect", *arguments]:
            options = [word.split("=")[0] for word in arguments if word.startswith("-")]
            names = [word for word in arguments if re.fullmatch(r"[a-z]+", word)]
            help_of = reflect_help(*subcommands(names))
            assert set(options) <= set(re.findall(r"--[\w-]+", help_of)), words
        case ["docker", "compose", "run", "--rm", "reflect", *arguments]:
            check_words(["reflect", *arguments])
        case ["docker", "compose", "exec", "reflect", *arguments]:
            check_words(arguments)
        case ["docker", "compose", "up", "--detach"]:
            pass
        case ["nox", *arguments]:
            sessions = set(re.findall(r"^def (\w+)\(session", NOXFILE, re.MULTILINE))
            named = [word for word in arguments if not word.startswith("-")]
            assert set(named) <= sessions, words
        case ["pip", "install", *arguments]:
            assert set(arguments) & INSTALLABLE or "-e" in arguments, words
        case ["python" | "python3", script, *_] if script.endswith(".py"):
            assert (ROOT / script).exists() or script in MADE_BY_THE_READER, words
        case ["pytest", path, *_] if not path.startswith("-"):
            assert (ROOT / path).exists(), words
        case [first, *_]:
            assert first in KNOWN, words


NOXFILE = (ROOT / "noxfile.py").read_text(encoding="utf-8")
INSTALLABLE = {
    ".[server,openai]",
    ".[server]",
    "nox",
    "nox[uv]",
    "openai",
    "pip",
    "sentence-transformers",
}
MADE_BY_THE_READER = {"first.py"}
KNOWN = {".", "python3", "export", "git", "curl", "pytest", "sudo"}
AS_THE_SERVICE = "sudo -u reflect "
NESTED = {"keys", "eval"}


def subcommands(names: list[str]) -> list[str]:
    return names[:2] if names[:1] and names[0] in NESTED else names[:1]


@cache
def reflect_help(*command: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", "from reflect_cli.main import main; main()", *command, "--help"],
        env={**os.environ, "COLUMNS": "200", "TERM": "dumb"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
