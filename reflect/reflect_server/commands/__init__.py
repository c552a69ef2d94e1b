"""
The server's commands, below `reflect`.

Nothing heavy is imported before a command runs, so that help comes at once.
"""

from __future__ import annotations

from collections.abc import Callable

import typer

from reflect_server.commands.backup import backup, restore
from reflect_server.commands.config import config
from reflect_server.commands.doctor import doctor
from reflect_server.commands.keys import keys
from reflect_server.commands.recompute import recompute
from reflect_server.commands.retry import retry
from reflect_server.commands.serve import serve
from reflect_server.commands.transfer import export, import_projects

COMMANDS: dict[str, Callable[..., None]] = {
    "serve": serve,
    "config": config,
    "doctor": doctor,
    "backup": backup,
    "restore": restore,
    "export": export,
    "import": import_projects,
    "retry": retry,
    "recompute": recompute,
}
GROUPS = {"keys": keys}


def add_commands(app: typer.Typer) -> None:
    """
    Give an application every command of the server.

    Args:
        app: The application.
    """
    for name, command in COMMANDS.items():
        app.command(name)(command)
    for name, group in GROUPS.items():
        app.add_typer(group, name=name)
