"""
The `reflect` command as a whole.
"""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import metadata

import pytest

from reflect_server.serving.greeting import remote_warning

HEAVY = ("matplotlib", "numpy", "pydantic", "starlette", "uvicorn", "wordllama")


def python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        env={**os.environ, "COLUMNS": "200", "NO_COLOR": "1"},
    )


def reflect(*arguments: str) -> subprocess.CompletedProcess[str]:
    return python("from reflect_cli.main import main; main()", *arguments)


def test_version_is_that_of_the_distribution() -> None:
    assert reflect("--version").stdout == f"reflect {metadata.version('reflect-sdk')}\n"


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (["--help"], ["serve", "demo", "keys"]),
        (["serve", "--help"], ["--host", "--port", "--data-dir", "reflect serve --port 0"]),
        (["keys", "create", "--help"], ["--master", "reflect keys create --master"]),
    ],
)
def test_help_names_what_there_is(arguments: list[str], names: list[str]) -> None:
    result = reflect(*arguments)

    assert result.returncode == 0
    for name in names:
        assert name in result.stdout


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom reflect_cli.main import main\ntry:\n    main()\nexcept SystemExit:\n"
        f"    print('loaded:', [m for m in {HEAVY!r} if m in sys.modules])"
    )

    assert python(code, "--help").stdout.endswith("loaded: []\n")


def test_project_keys_are_not_made_on_the_command_line() -> None:
    result = reflect("keys", "create")

    assert result.returncode == 2
    assert "--master" in result.stderr


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_an_address_of_this_machine_alone_needs_no_warning(host: str) -> None:
    assert remote_warning(host) is None


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org"])
def test_an_address_that_others_can_reach_is_warned_of(host: str) -> None:
    assert host in (remote_warning(host) or "")
