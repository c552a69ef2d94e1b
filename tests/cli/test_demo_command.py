import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from reflect_cli.demo.command import DEFAULT_PICTURE, demo, writable_picture
from reflect_cli.demo.errors import DemoError

COMMAND = [sys.executable, "-c", "from reflect_cli.main import main; main()", "demo"]


def run(*arguments: str, env: dict[str, str] | None = None) -> Result:
    app = typer.Typer()
    app.command()(demo)
    return CliRunner().invoke(app, list(arguments), env=env)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--reflect"], "--base-url and --reflect need --model NAME."),
        (["--base-url", "http://127.0.0.1:9/v1"], "--base-url and --reflect need --model NAME."),
        (["--model", "m"], "No API key was found."),
        (["--model", "m", "--base-url", "localhost:9/v1"], "must begin with http://"),
        (["--picture", "/nosuch/folder/curve.png"], "The picture cannot be written to"),
    ],
)
def test_bad_input_is_refused_in_a_sentence_before_any_work(arguments: list[str], message: str):
    result = run(*arguments, env={"OPENAI_API_KEY": ""})
    assert result.exit_code in {1, 2}
    assert message in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("epochs", ["0", "101", "many"])
def test_the_number_of_epochs_is_checked(epochs: str):
    assert run("--epochs", epochs).exit_code == 2


def test_a_picture_path_is_made_absolute_and_left_untouched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    assert writable_picture(DEFAULT_PICTURE) == tmp_path / DEFAULT_PICTURE
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "old.png").write_bytes(b"old")
    assert writable_picture(Path("old.png")).read_bytes() == b"old"


def test_the_default_picture_goes_to_the_temporary_folder_where_the_current_one_is_no_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / DEFAULT_PICTURE).mkdir()
    path = writable_picture(DEFAULT_PICTURE)
    assert path.is_absolute()
    assert path.parent != tmp_path


def test_a_chosen_picture_that_cannot_be_written_is_refused(tmp_path: Path):
    with pytest.raises(DemoError, match="cannot be written"):
        writable_picture(tmp_path)


def test_json_is_one_object_and_nothing_else_whatever_proxies_the_machine_names(tmp_path: Path):
    picture = tmp_path / "curve.png"
    options = ["--json", "--epochs", "2", "--picture", str(picture)]
    proxies = dict.fromkeys(("HTTP_PROXY", "http_proxy", "ALL_PROXY"), "http://127.0.0.1:9")
    result = subprocess.run(
        [*COMMAND, *options],
        env={**os.environ, **proxies, "NO_PROXY": "fe80::/10", "SSL_CERT_FILE": "/gone.pem"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0
    assert result.stderr == ""
    assert result.stdout.count("\n") == 1
    found = json.loads(result.stdout)
    assert {name: type(value) for name, value in found.items()} == {
        "tasks": int,
        "epochs": int,
        "with_memory": list,
        "without_memory": list,
        "agent": str,
        "seconds": float,
        "picture": str,
    }
    assert found["agent"] == "simulated"
    assert found["tasks"] >= 40
    assert len(found["with_memory"]) == found["epochs"] == 2
    assert found["with_memory"][1] > found["without_memory"][1] > 0
    assert found["picture"] == str(picture)
    assert picture.stat().st_size > 10_000


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_demo_that_is_stopped_says_so_and_leaves_nothing(
    tmp_path: Path, spawn: Callable[..., subprocess.Popen[str]], number: signal.Signals
):
    # A shell's background jobs, and so perhaps this test, are started to ignore SIGINT.
    heeding = f"import signal; signal.signal({number:d}, signal.SIG_DFL); "
    if number == signal.SIGINT:
        heeding = heeding.replace("SIG_DFL", "default_int_handler")
    python, option, code, command = COMMAND
    process = spawn(
        [python, option, heeding + code, command],
        cwd=tmp_path,
        env={**os.environ, "PYTHONUNBUFFERED": "1", "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("epoch"):
            process.send_signal(number)
            break
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 128 + number
    assert errors == "Stopped. The demo keeps nothing; run it again at any time.\n"
    assert list(tmp_path.iterdir()) == []
