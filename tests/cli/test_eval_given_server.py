from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from reflect_cli.evaluation import does_memory_help
from reflect_cli.evaluation.command import evaluations
from reflect_cli.evaluation.errors import EvaluationError
from reflect_sdk import ReflectClient
from reflect_server.store.sqlite import SqliteStore
from reflect_server.testing import RunningServer, running_server

SMALL = ["--seeds", "2", "--memories", "12", "--tasks", "10", "--held-out", "6", "--rho", "0.5"]


def run(*arguments: str | Path, **variables: str) -> Result:
    app = typer.Typer()
    app.add_typer(evaluations, name="eval")
    return CliRunner().invoke(app, ["eval", *map(str, arguments)], env=variables)


def test_a_given_server_finds_the_same_as_one_of_its_own_and_keeps_no_project_of_it(
    labelled_folder: Path, tmp_path: Path
):
    stream = ["stream", labelled_folder, *SMALL, "--json", "--out", tmp_path / "out"]
    data = tmp_path / "data"
    with running_server(data_dir=data) as server:
        with ReflectClient(base_url=server.base_url, api_key=server.api_key) as client:
            kept = client.create_trace(task="Stays", trajectory=[])
        given = run(*stream, "--base-url", server.base_url, REFLECT_API_KEY=server.api_key)
        with ReflectClient(base_url=server.base_url, api_key=server.api_key) as client:
            assert client.get_trace(kept.trace_id).task == "Stays"
    assert given.exit_code == 0, given.output
    own = run(*stream)
    assert json.loads(given.stdout) == json.loads(own.stdout)
    with closing(SqliteStore(data)) as store:
        assert store.read(lambda tx: list(tx.projects.ids())) == ["default"]


def test_own_tasks_can_be_solved_on_a_given_server(server: RunningServer):
    evaluation = does_memory_help(
        ["What is one plus two?", "What is two plus two?"],
        lambda prompt: prompt,
        lambda task, answer: task in answer,
        epochs=1,
        base_url=server.base_url,
        api_key=server.api_key,
    )
    assert [found.interval.mean for found in evaluation.measurements] == [1, 1]


def _nothing_listens(server: RunningServer) -> tuple[str, str]:
    return "http://127.0.0.1:9", server.api_key


def _is_another_service(server: RunningServer) -> tuple[str, str]:
    return f"{server.base_url}/elsewhere", server.api_key


def _key_is_unknown(server: RunningServer) -> tuple[str, str]:
    return server.base_url, "rf_live_unknown_key"


def _key_is_of_a_project(server: RunningServer) -> tuple[str, str]:
    with ReflectClient(base_url=server.base_url, api_key=server.api_key) as client:
        scopes = ["memory:read", "trace:write", "review:write", "project:delete"]
        return server.base_url, client.create_api_key(label="app", scopes=scopes).api_key


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (_nothing_listens, "cannot be reached"),
        (_is_another_service, "did not answer as a Reflect server does"),
        (_key_is_unknown, "does not know the key"),
        (_key_is_of_a_project, "is no master key of the server"),
        (lambda server: ("localhost", server.api_key), "base_url must be an address"),
        (lambda server: (server.base_url, ""), "api_key must not be empty"),
    ],
)
def test_a_server_or_key_that_cannot_be_used_is_refused_before_any_task(
    server: RunningServer, wrong: Callable[[RunningServer], tuple[str, str]], message: str
):
    def solve(prompt: str) -> str:
        raise AssertionError(prompt)

    def grade(task: str, answer: str) -> bool:
        raise AssertionError(task, answer)

    base_url, api_key = wrong(server)
    with pytest.raises(EvaluationError, match=message) as caught:
        does_memory_help(["a", "b"], solve, grade, base_url=base_url, api_key=api_key)
    assert not api_key or api_key not in str(caught.value)


def test_a_command_without_a_key_says_which_variable_is_missing(
    labelled_folder: Path, server: RunningServer, tmp_path: Path
):
    named = ["--base-url", server.base_url, "--api-key-env", "EVAL_KEY", "--out", tmp_path]
    result = run("retrieval", labelled_folder, *named)
    assert result.exit_code == 1
    assert "The variable EVAL_KEY is not set." in result.stderr
