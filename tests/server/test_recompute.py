from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import typer
from click.testing import Result
from typer.testing import CliRunner

from reflect_sdk import ReflectClient
from reflect_server.commands import add_commands
from reflect_server.testing import running_server


def asked(*arguments: str) -> Result:
    app = typer.Typer()
    add_commands(app)
    return CliRunner().invoke(app, [*arguments])


def run(*arguments: str) -> tuple[int, dict[str, Any]]:
    result = asked(*arguments, "--json")
    return result.exit_code, json.loads(result.output)


def test_values_that_differ_from_their_events_are_found_and_mended(tmp_path: Path):
    folder = tmp_path / "data"
    with (
        running_server(data_dir=folder) as (base_url, api_key),
        ReflectClient(base_url=base_url, api_key=api_key) as client,
    ):
        for task in ("Count the orders", "Count the customers"):
            client.create_memory(task=task, summary="s", guidance=task, result="pass")
        memories = [memory.id for memory in client.query_memories("Count")]
        for result in ("pass", "fail", "pass"):
            client.create_trace(
                task="Count",
                trajectory="Counted.",
                retrieved_memory_ids=memories,
                review_result=result,
                remember=False,
                alpha=0.21,
            )
    where = ("--data-dir", str(folder))

    code, found = run("recompute", "--check", *where)
    assert (code, found["memories"], found["events"]) == (0, 2, 6)
    assert found["differing_memory_ids"] == found["differing_project_ids"] == []

    with closing(sqlite3.connect(folder / "reflect.db")) as connection, connection:
        connection.execute("UPDATE memories SET q_value = 0.123 WHERE id = ?", memories[:1])
        connection.execute("UPDATE projects SET wins = wins + 1 WHERE id = 'default'")
    differing = {"differing_memory_ids": memories[:1], "differing_project_ids": ["default"]}
    code, found = run("recompute", "--check", *where)
    assert (code, found) == (1, {"memories": 2, "events": 6, **differing})
    assert asked("recompute", *where).output == (
        "Worked out 2 memories from 6 events. Other than stored: 1 memory and 1 project, set to "
        "what their events say.\n"
    )
    assert run("recompute", "--check", *where)[0] == 0


def test_a_folder_without_a_database_is_named_and_not_made(tmp_path: Path):
    for arguments in ((), ("--check",)):
        result = asked("recompute", *arguments, "--data-dir", str(tmp_path / "nothing"))

        assert result.exit_code == 1
        assert "nothing holds no database" in result.output
    assert list(tmp_path.iterdir()) == []
