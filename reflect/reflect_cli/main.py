"""
The `reflect` command.
"""

import sys
from importlib import metadata
from typing import Annotated

from reflect_server.terminal import missing_extra

_HELP = """
A memory for AI agents that learns from outcomes.

Start with `reflect demo` to watch it work, then `reflect serve` to use it.
"""


def main() -> None:
    """
    Run the command that the arguments name.
    """
    with missing_extra.explained():
        _run()


def _run() -> None:
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

    version = typer.Option(
        "--version", callback=_print_version, is_eager=True, help="Print the version and end."
    )

    def reflect(version: Annotated[bool, version] = False) -> None:
        pass

    app.callback(help=_HELP)(reflect)
    app.command()(demo)
    add_commands(app)
    app.add_typer(evaluations, name="eval")
    app()


def _print_version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"reflect {metadata.version('reflect-sdk')}\n")
        sys.exit(0)
