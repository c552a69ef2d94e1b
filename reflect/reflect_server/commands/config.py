"""
`reflect config`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import typer

from reflect_server.commands.options import (
    AsJson,
    Changes,
    Config,
    DataDir,
    configuration_of,
    exits_with_message,
)

if TYPE_CHECKING:
    from reflect_server.configuration.sources import Configuration, ShownSetting


def config(
    config: Config = None,
    data_dir: DataDir = None,
    changes: Changes = None,
    as_json: AsJson = False,
) -> None:
    """
    Show every setting, its value and its source. Secrets are hidden.

    What is printed is a TOML file itself: keep it, change it, and name it with `--config`.

    Try:

    - reflect config

    - reflect config --json

    - reflect config > reflect.toml
    """
    with exits_with_message():
        configuration = configuration_of(config, changes, data_dir=data_dir)
    typer.echo(_as_json(configuration) if as_json else _as_toml(configuration))


def _as_json(configuration: Configuration) -> str:
    settings = [
        {
            "name": shown.name,
            "value": shown.value,
            "source": shown.origin.kind,
            "source_name": shown.origin.name or None,
            "variable": shown.variable,
            "description": shown.description,
        }
        for shown in configuration.shown()
    ]
    file = None if configuration.file is None else str(configuration.file)
    return json.dumps({"file": file, "settings": settings}, indent=2)


def _as_toml(configuration: Configuration) -> str:
    file = configuration.file or "no file"
    lines = [f"# The settings of Reflect, from options, the environment and {file}."]
    for shown in configuration.shown():
        lines += ["", f"# {shown.description} {_origin(shown)}", _assignment(shown)]
    return "\n".join(lines)


def _origin(shown: ShownSetting) -> str:
    if shown.origin.kind == "default":
        return f"(default; {shown.variable} sets it)"
    return f"(from {shown.origin.name})"


def _assignment(shown: ShownSetting) -> str:
    from reflect_server.configuration.sources import HIDDEN  # noqa: PLC0415 - slow to import

    if shown.value is None:
        return f"# {shown.name} ="
    # A string of JSON is one of TOML too, without surrogates and with DEL escaped.
    value = json.dumps(shown.value, ensure_ascii=False).replace("\x7f", "\\u007f")
    line = f"{shown.name} = {value}"
    return f"# {line}" if shown.value == HIDDEN else line
