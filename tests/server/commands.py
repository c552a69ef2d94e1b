"""
The `reflect` command as the tests run it, in this process.
"""

from __future__ import annotations

import os

from click.testing import Result
from typer import Typer
from typer.testing import CliRunner

from reflect_server.commands import add_commands

CLEAN = {k: v for k, v in os.environ.items() if not k.startswith(("REFLECT_", "Q_LEARNING"))}
_UNSET = {name: None for name in os.environ if name.startswith(("REFLECT_", "Q_LEARNING"))}


def reflect(*arguments: object, text: str = "", **env: str) -> Result:
    app = Typer()
    add_commands(app)
    settings = {**_UNSET, "REFLECT_CONFIG": "", "COLUMNS": "200", **env}
    return CliRunner(env=settings).invoke(app, [*map(str, arguments)], input=text)


def says_one_thing(result: Result, *words: object) -> None:
    assert result.exit_code == 1, result
    assert isinstance(result.exception, SystemExit)
    assert result.stdout == ""
    for word in words:
        assert str(word) in result.stderr, result.stderr
