"""
The server's commands, below `reflect`.

Nothing heavy is imported before a command runs, so that help comes at once.
"""

from __future__ import annotations

import typer

from reflect_server.commands.backup import backup, restore
from reflect_server.commands.config import config
from reflect_server.commands.keys import keys
from reflect_server.commands.serve import serve

COMMANDS = (serve, config, backup, restore)
GROUPS = {"keys": keys}


def add_commands(app: typer.Typer) -> None:
    """
    Give an application every command of the server.

    Args:
        app: The application.
    """
    for command in COMMANDS:
        app.command()(command)
    for name, group in GROUPS.items():
        app.add_typer(group, name=name)
