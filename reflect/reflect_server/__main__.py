"""
`python -m reflect_server`: the same as `reflect serve`, and as `reflect keys` where that is named.
"""

import sys

from reflect_server import missing_parts


def main() -> None:
    """
    Run the command that the arguments name; `serve` where they name none.
    """
    with missing_parts.explained():
        _run()


def _run() -> None:
    import typer  # noqa: PLC0415 - part of the extra, which may not be installed

    from reflect_server.commands import keys, serve  # noqa: PLC0415 - as above

    app = typer.Typer(add_completion=False)
    app.command()(serve)
    app.add_typer(keys, name="keys")
    arguments = sys.argv[1:]
    if not arguments or arguments[0] not in {"serve", "keys", "--help"}:
        arguments = ["serve", *arguments]
    app(arguments, prog_name="python -m reflect_server")


if __name__ == "__main__":
    main()
