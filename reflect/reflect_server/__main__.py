"""
`python -m reflect_server`: the server's commands of `reflect`; `serve` where none is named.
"""

import sys

from reflect_server.errors import MissingExtraError


def main() -> None:
    """
    Run the command that the arguments name; `serve` where they name none.
    """
    try:
        _run()
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("reflect_"):
            raise  # Nothing that can be installed would bring it.
        needed_for = "`python -m reflect_server`"
        sys.exit(MissingExtraError(error.name or "typer", "server", needed_for=needed_for).message)


def _run() -> None:
    import typer  # noqa: PLC0415 - part of the extra, which may not be installed

    from reflect_server.commands import COMMANDS, GROUPS, add_commands  # noqa: PLC0415 - imports Typer, which may not be installed

    app = typer.Typer(add_completion=False, pretty_exceptions_show_locals=False)
    add_commands(app)
    arguments = sys.argv[1:]
    named = COMMANDS.keys() | GROUPS.keys() | {"--help"}
    if not arguments or arguments[0] not in named:
        arguments = ["serve", *arguments]
    app(arguments, prog_name="python -m reflect_server")


if __name__ == "__main__":
    main()
