from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner, Result

from reflect_cli.evaluation.command import evaluations
from reflect_cli.evaluation.results import Evaluation, Measurement, Outcome
from reflect_cli.evaluation.screen import progress, show

SMALL = ["--seeds", "2", "--memories", "12", "--tasks", "10", "--held-out", "6", "--rho", "0.5"]


def run(*arguments: str | Path) -> Result:
    app = typer.Typer()
    app.add_typer(evaluations, name="eval")
    return CliRunner().invoke(app, ["eval", *map(str, arguments)])


def test_a_stream_is_shown_as_a_table_and_kept_as_json_and_pictures(
    labelled_folder: Path, tmp_path: Path
):
    result = run("stream", labelled_folder, *SMALL, "--out", tmp_path / "new" / "out")
    assert result.exit_code == 0, result.output
    assert "agent: simulated" in result.output
    assert "similarity only (lambda_=1)" in result.output
    assert "Against the best other strategy" in result.output
    names = sorted(path.name for path in (tmp_path / "new" / "out").iterdir())
    assert names == [
        "stream-small-set-calibration.png",
        "stream-small-set-means.png",
        "stream-small-set-over-time.png",
        "stream-small-set.json",
    ]
    kept = json.loads((tmp_path / "new" / "out" / "stream-small-set.json").read_text())
    assert kept["settings"]["memories"] == 12


def test_json_is_one_object_and_nothing_else(labelled_folder: Path, tmp_path: Path):
    result = run("stream", labelled_folder, *SMALL, "--json", "--out", tmp_path)
    printed = json.loads(result.stdout)
    assert printed == json.loads((tmp_path / "stream-small-set.json").read_text())
    assert printed["measurements"][0]["condition"] == "ρ=0"


@pytest.mark.parametrize("option", [["--seeds", "1"], ["--rho", "1.5"], ["--workers", "0"]])
def test_values_out_of_range_are_refused(labelled_folder: Path, option: list[str]):
    assert run("stream", labelled_folder, *option).exit_code == 2


def test_a_missing_folder_is_refused_in_a_sentence(tmp_path: Path):
    result = run("stream", tmp_path / "nowhere")
    assert result.exit_code == 1
    assert "Give a folder with `train.csv` and `test.csv`." in result.stderr
    assert result.stdout == ""


def test_a_folder_that_cannot_be_written_is_refused_before_any_work(
    labelled_folder: Path, tmp_path: Path
):
    (tmp_path / "file").touch()
    result = run("stream", labelled_folder, *SMALL, "--out", tmp_path / "file" / "out")
    assert result.exit_code == 1
    assert "Choose another folder with --out." in result.stderr


def test_database_tasks_and_retrieval_have_commands_too(database_folder: Path, tmp_path: Path):
    options = ["--out", tmp_path, "--json"]
    epochs = ["--seeds", "2", "--epochs", "1", "--tasks", "3", "--wrong-reviews", "0"]
    database = json.loads(run("database", database_folder, *epochs, *options).stdout)
    assert database["settings"]["tasks"] == 3
    retrieval = json.loads(run("retrieval", database_folder, *options).stdout)
    assert retrieval["unit"] == "query"
    names = {path.name for path in tmp_path.iterdir()}
    assert {"database-shop.json", "database-shop-over-time.png", "retrieval-shop.json"} <= names


def test_on_a_terminal_a_bar_moves_and_colours_tell_what_is_sure():
    drawn = io.StringIO()
    console = Console(file=drawn, force_terminal=True, width=100, highlight=False)
    with progress(console, "evaluating", 4) as advanced:
        advanced(4)
    outcomes = [tuple(Outcome(score + n / 100) for n in range(5)) for score in (0.2, 0.6)]
    found = [
        Measurement(strategy, "ρ=0", scores)
        for strategy, scores in zip(("similarity only", "Reflect"), outcomes, strict=True)
    ]
    evaluation = Evaluation("stream", "t", "simulated", "seed", "", {}, tuple(found))
    show(console, evaluation)
    text = drawn.getvalue()
    assert "evaluating" in text
    assert "100%" in text
    assert "\x1b[32m  ρ=0: Reflect: +.400" in text


def test_where_there_is_no_terminal_a_line_tells_each_tenth():
    drawn = io.StringIO()
    console = Console(file=drawn, width=100)
    with progress(console, "evaluating", 20) as advanced:
        for _ in range(20):
            advanced(1)
    said = re.findall(r"evaluating: (\d+)%, \d+ s", drawn.getvalue())
    assert said == [str(10 * tenth) for tenth in range(1, 11)]
