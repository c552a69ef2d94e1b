from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from reflect_cli.evaluation.command import evaluations

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
