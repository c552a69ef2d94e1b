"""
Options that several commands share, and how they are completed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from reflect_server.commands import COMMANDS
from reflect_server.store.sqlite import SqliteStore

from .commands import CLEAN, reflect

PROGRAM = "import sys; sys.argv = ['reflect']; from reflect_cli.main import main; main()"


def completed(words: str) -> list[str]:
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={
            **CLEAN,
            "_REFLECT_COMPLETE": "complete_bash",
            "COMP_WORDS": f"reflect {words}",
            "COMP_CWORD": str(len(words.split(" "))),
            "PATH": os.environ["PATH"],
        },
        capture_output=True,
        text=True,
        check=False,
    )
    return result.stdout.split()


def test_commands_and_settings_are_completed() -> None:
    assert "doctor" in completed("doc")
    assert "--data-dir" in completed("serve --da")
    assert "max_wait_seconds=" in completed("serve --set max_wait")


@pytest.mark.parametrize("command", [name for name in COMMANDS if name != "serve"])
def test_each_command_shows_how_it_is_used(command: str) -> None:
    result = reflect(command, "--help")

    assert result.exit_code == 0
    assert result.stdout.count(f"reflect {command}") >= 1


def test_a_master_key_can_be_made_to_expire(tmp_path: Path) -> None:
    made = reflect("keys", "create", "--master", "--days", 30, "--data-dir", tmp_path, "--json")

    assert json.loads(made.stdout)["api_key"].startswith("rf_live_")
    with closing(SqliteStore(tmp_path)) as store:
        (key,) = store.read(lambda tx: tx.keys.of_project(None))
    left = key.expires_at - datetime.now(UTC)
    assert timedelta(days=29, hours=23) < left <= timedelta(days=30)
