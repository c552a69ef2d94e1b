"""
Where settings come from, and `reflect config`, which shows them.
"""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer import Typer
from typer.testing import CliRunner

from reflect_server.commands import add_commands
from reflect_server.configuration.sources import config_file, load_configuration
from reflect_server.errors import SettingsError

TOKEN = "a-token-that-nobody-may-see"


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("REFLECT_CONFIG", "REFLECT_PORT", "REFLECT_BOOTSTRAP_TOKEN", "Q_LEARNING_ALPHA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("HOME", str(tmp_path))


def written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def asked(*arguments: str) -> Result:
    app = Typer()
    add_commands(app)
    return CliRunner().invoke(app, ["config", *arguments])


def shown(*arguments: str) -> dict[str, dict[str, Any]]:
    result = asked("--json", *arguments)
    assert result.exit_code == 0, result.output
    return {setting["name"]: setting for setting in json.loads(result.output)["settings"]}


def test_options_win_over_the_environment_and_that_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = written(tmp_path / "r.toml", 'host = "10.0.0.1"\nport = 1\nq_learning_alpha = 0.1\n')
    monkeypatch.setenv("REFLECT_PORT", "2")
    monkeypatch.setenv("Q_LEARNING_ALPHA", "0.2")

    loaded = load_configuration(file, q_learning_alpha=0.3)

    settings, origins = loaded.settings, loaded.origins
    assert (settings.host, settings.port, settings.q_learning_alpha) == ("10.0.0.1", 2, 0.3)
    assert [origins[name].kind for name in ("host", "port", "q_learning_alpha", "data_dir")] == [
        "file",
        "environment",
        "option",
        "default",
    ]


def test_the_file_in_the_platforms_folder_is_read_unless_the_environment_says_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path / "config" / "reflect" / "config.toml", "port = 4711\n")

    assert load_configuration().settings.port == 4711
    monkeypatch.setenv("REFLECT_CONFIG", str(written(tmp_path / "other.toml", "port = 4712\n")))
    assert load_configuration().settings.port == 4712
    monkeypatch.setenv("REFLECT_CONFIG", "")
    assert load_configuration().settings.port == 8000


@pytest.mark.parametrize("how", ["option", "environment"])
def test_a_file_that_is_named_must_exist(
    how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = tmp_path / "missing.toml"
    monkeypatch.setenv("REFLECT_CONFIG", str(missing))

    with pytest.raises(SettingsError, match="--config" if how == "option" else "REFLECT_CONFIG"):
        config_file(missing if how == "option" else None)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("port = 70000\n", "port in "),
        ("prot = 8000\n", "Did you mean `port`?"),
        ("zzz = 1\n", "The settings are host, port,"),
        ("port 8000\n", "is not TOML"),
        (f'bootstrap_token = ["{TOKEN}"]\n', "bootstrap_token in "),
        ('bootstrap_token = ""\n', "it is empty"),
        ('metrics_token = ""\n', "it is empty"),
        ('trusted_proxies = "proxy.example"\n', "addresses or networks"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_and_named(
    text: str, says: str, tmp_path: Path
) -> None:
    file = written(tmp_path / "r.toml", text)

    with pytest.raises(SettingsError) as refusal:
        load_configuration(file)

    assert says in refusal.value.message
    assert str(file) in refusal.value.message
    assert TOKEN not in refusal.value.message


def test_all_settings_that_cannot_be_used_are_named_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = written(tmp_path / "r.toml", "port = 70000\nprot = 8000\n")
    monkeypatch.setenv("Q_LEARNING_ALPHA", "2")

    result = asked("--config", str(file), "--set", "log_level=loud")

    assert result.exit_code == 1
    wrong = (f"`port in {file}`", "`Q_LEARNING_ALPHA`", "`--set log_level`", "`prot`")
    for line, name in zip(result.output.splitlines(), wrong, strict=True):
        assert name in line


def test_config_says_where_each_value_comes_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = written(tmp_path / "r.toml", "max_wait_seconds = 5\n")
    monkeypatch.setenv("REFLECT_PORT", "2")

    settings = shown("--config", str(file), "--set", "host=::1", "--data-dir", str(tmp_path))

    assert {name: settings[name]["source_name"] for name in ("host", "port", "data_dir")} == {
        "host": "--host",
        "port": "REFLECT_PORT",
        "data_dir": "--data-dir",
    }
    assert settings["max_wait_seconds"]["source_name"] == f"max_wait_seconds in {file}"
    assert settings["similarity_threshold"]["source"] == "default"
    assert all(setting["description"] for setting in settings.values())


def test_config_shows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REFLECT_BOOTSTRAP_TOKEN", TOKEN)

    assert shown()["bootstrap_token"]["value"] == "********"
    assert TOKEN not in asked().output


@pytest.mark.parametrize("name", ['a "quoted" folder', "😀 ☃", "a\x7fb\\c\td"])
def test_what_config_prints_is_a_file_with_the_same_settings(tmp_path: Path, name: str) -> None:
    changes = ("--set", "max_wait_seconds=7", "--set", "max_body_seconds=inf")
    changes += ("--data-dir", str(tmp_path / name))
    file = written(tmp_path / "r.toml", asked(*changes).output)

    before, after = shown(*changes), shown("--config", str(file))

    assert {name: s["value"] for name, s in before.items()} == {
        name: s["value"] for name, s in after.items()
    }
    assert tomllib.loads(file.read_text(encoding="utf-8"))["max_wait_seconds"] == 7


def test_a_change_without_a_value_is_refused() -> None:
    result = asked("--set", "port")

    assert result.exit_code == 1
    assert "--set port=VALUE" in result.output
