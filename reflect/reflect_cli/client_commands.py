"""
Commands that need nothing but the client, so that they run in a bare installation.

Such a command is parsed by argparse, since Typer comes with the extra `server`, and its module is
imported when it runs, since hooks of other programs start it often.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Protocol, cast


class CommandModule(Protocol):
    """
    What the module of a command has.
    """

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """
        Give the command's parser its arguments.
        """
        ...

    def run(self, options: argparse.Namespace) -> int:
        """
        Run the command and return its exit status.
        """
        ...


@dataclass(frozen=True)
class ClientCommand:
    """
    A command that needs nothing but the client.

    Attributes:
        name: What follows `reflect`.
        summary: What it does, in a line for the help.
        module: The name of its module, which is a `CommandModule`.
    """

    name: str
    summary: str
    module: str

    def run(self, arguments: Sequence[str]) -> int:
        """
        Run the command.

        Args:
            arguments: What follows its name on the command line.

        Returns:
            The exit status.

        Raises:
            SystemExit: The arguments ask for help, or cannot be used.
        """
        module = cast("CommandModule", import_module(self.module))
        parser = argparse.ArgumentParser(prog=f"reflect {self.name}", description=self.summary)
        module.add_arguments(parser)
        return module.run(parser.parse_args(arguments))


CLIENT_COMMANDS: tuple[ClientCommand, ...] = ()
"""
All of them, in the order of the help.
"""
