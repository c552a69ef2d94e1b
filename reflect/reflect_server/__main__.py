"""
`python -m reflect_server`: the same as `reflect serve`, and as `reflect keys` where that is named.
"""

import sys

import typer

from reflect_server.commands import keys, serve

app = typer.Typer(add_completion=False)
app.command()(serve)
app.add_typer(keys, name="keys")


def main() -> None:
    """
    Run the command that the arguments name; `serve` where they name none.
    """
    arguments = sys.argv[1:]
    if not arguments or arguments[0] not in {"serve", "keys", "--help"}:
        arguments = ["serve", *arguments]
    app(arguments, prog_name="python -m reflect_server")


if __name__ == "__main__":
    main()
