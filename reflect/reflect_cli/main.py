"""
The `reflect` command: what needs no server runs in a bare installation, and the rest says what to
install there.
"""

import argparse
import sys
from collections.abc import Sequence
from importlib import metadata
from typing import TYPE_CHECKING, Annotated

from reflect_cli.client_commands import CLIENT_COMMANDS
from reflect_server.errors import MissingExtraError

if TYPE_CHECKING:
    import typer

_HELP = """
A memory for AI agents that learns from outcomes.

Start with `reflect demo` to watch it work, then `reflect serve` to use it.
"""
_VERSION_HELP = "Print the version and end."
_ASK_FOR_HELP = {"-h", "--help"}
_USAGE_ERROR = 2


def main() -> None:
    """
    Run the command that the arguments name.

    Raises:
        SystemExit: The command has ended with another status than 0, or cannot run here.
    """
    arguments = sys.argv[1:]
    _print_version(arguments[:1] == ["--version"])
    for command in CLIENT_COMMANDS:
        if command.name in arguments[:1]:
            sys.exit(command.run(arguments[1:]))
    try:
        _application()()
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("reflect_"):
            raise  # Nothing that can be installed would bring it.
        _run_bare(arguments, error.name or "typer")


def _run_bare(arguments: Sequence[str], package: str) -> None:
    """
    Say what a command needs that is not installed, or show what there is without it.

    Args:
        arguments: The command line without the program.
        package: A package of the extra `server` that is not installed.
    """
    if arguments and arguments[0] not in _ASK_FOR_HELP:
        needed_for = f"`reflect {arguments[0]}`"
        sys.exit(MissingExtraError(package, "server", needed_for=needed_for).message)
    others = "Everything else, such as `reflect demo` and `reflect serve`,"
    parser = argparse.ArgumentParser(
        prog="reflect",
        description=_HELP,
        epilog=MissingExtraError(package, "server", needed_for=others).message,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=_version(), help=_VERSION_HELP)
    if CLIENT_COMMANDS:
        commands = parser.add_subparsers(title="commands", metavar="COMMAND")
        for command in CLIENT_COMMANDS:
            commands.add_parser(command.name, help=command.summary)
    parser.print_help()
    if not arguments:
        sys.exit(_USAGE_ERROR)


def _application() -> "typer.Typer":
    """
    Put all commands together.

    Raises:
        ModuleNotFoundError: The extra `server` is not installed.
    """
    import typer  # noqa: PLC0415 - part of the extra, which may not be installed

    from reflect_cli.demo.command import demo  # noqa: PLC0415 - imports Typer, which may not be installed
    from reflect_cli.evaluation.command import evaluations  # noqa: PLC0415 - imports Typer, which may not be installed
    from reflect_server.commands import add_commands  # noqa: PLC0415 - imports Typer, which may not be installed

    app = typer.Typer(
        name="reflect",
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_show_locals=False,
    )
    version = typer.Option("--version", callback=_print_version, is_eager=True, help=_VERSION_HELP)

    def reflect(version: Annotated[bool, version] = False) -> None:
        pass

    app.callback(help=_HELP)(reflect)
    app.command()(demo)
    add_commands(app)
    app.add_typer(evaluations, name="eval")
    for command in CLIENT_COMMANDS:
        app.command(command.name, help=command.summary)(_listed)
    return app


def _listed() -> None:
    """
    Stand for a command of the client in the help of the application; `main` runs it before.
    """


def _print_version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"{_version()}\n")
        sys.exit(0)


def _version() -> str:
    return f"reflect {metadata.version('reflect-sdk')}"
