"""
The container's files name settings, commands and files that exist.
"""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from typer import Typer
from typer.main import get_command

from reflect_server.commands import COMMANDS, GROUPS, add_commands
from reflect_server.configuration.sources import CONFIG_VARIABLE, load_configuration
from reflect_server.testing import running_server

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE = (ROOT / "compose.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("text", [DOCKERFILE, COMPOSE], ids=["Dockerfile", "compose.yaml"])
def test_each_variable_is_one_of_a_setting(text: str) -> None:
    variables = {shown.variable for shown in load_configuration().shown()} | {CONFIG_VARIABLE}
    named = set(re.findall(r"\b(?:REFLECT_[A-Z_]+|Q_LEARNING_ALPHA)\b", text))

    assert named
    assert named <= variables


def test_the_settings_of_the_image_can_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    (block,) = re.findall(r"^ENV (.*?[^\\])$", DOCKERFILE, flags=re.MULTILINE | re.DOTALL)
    for word in shlex.split(block.replace("\\\n", " ")):
        name, _, value = word.partition("=")
        if name.startswith("REFLECT_"):
            monkeypatch.setenv(name, value)

    settings = load_configuration().settings

    assert (settings.host, settings.port, settings.data_dir) == ("0.0.0.0", 8000, Path("/data"))
    assert f"EXPOSE {settings.port}\n" in DOCKERFILE
    assert f"VOLUME {settings.data_dir}\n" in DOCKERFILE


@pytest.mark.parametrize("text", [DOCKERFILE, COMPOSE], ids=["Dockerfile", "compose.yaml"])
def test_each_command_exists(text: str) -> None:
    app = Typer()
    add_commands(app)
    known = {*COMMANDS, *GROUPS}
    commands = re.findall(r"(?:run --rm reflect|exec reflect reflect|/data reflect) (\w+)", text)

    assert commands
    assert set(commands) <= known
    assert known <= set(get_command(app).commands)


def test_the_image_is_built_of_files_that_exist_and_are_let_through() -> None:
    let_through = set(re.findall(r"^!(.*)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE))
    copied = {
        name
        for line in re.findall(r"^COPY (?!--from)(.*)$", DOCKERFILE, flags=re.MULTILINE)
        for name in line.split()[:-1]
    }

    assert copied == let_through
    assert all((ROOT / name).exists() for name in copied)


def test_compose_publishes_to_this_machine_alone_and_drops_what_it_does_not_need() -> None:
    service = yaml.safe_load(COMPOSE)["services"]["reflect"]

    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["volumes"] == ["data:/data"]


def test_compose_bounds_what_a_container_may_take() -> None:
    service = yaml.safe_load(COMPOSE)["services"]["reflect"]

    assert {"mem_limit", "pids_limit"} <= service.keys()
    assert service["ulimits"]["core"] == 0
    assert service["logging"]["options"].keys() == {"max-size", "max-file"}


def test_the_image_looks_after_the_port_that_it_serves(
    until_ready: Callable[[str], None],
) -> None:
    (words,) = re.findall(r"^HEALTHCHECK [^\[]*CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)
    _, _, program = json.loads(words)

    with running_server() as server:
        until_ready(server.base_url)
        port = server.base_url.rpartition(":")[2]
        for env, code in (({"REFLECT_PORT": port}, 0), ({"REFLECT_PORT": "1"}, 1)):
            checked = subprocess.run(
                [sys.executable, "-c", program], env=env, capture_output=True, check=False
            )
            assert checked.returncode == code, checked.stderr
