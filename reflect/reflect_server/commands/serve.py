"""
`reflect serve`.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from reflect_server.commands.options import (
    Changes,
    Config,
    DataDir,
    configuration_of,
    exits_with_message,
)

if TYPE_CHECKING:
    from reflect_server.http.service import Service


def serve(  # noqa: PLR0917 - Typer reads the options off the parameters.
    host: Annotated[
        str | None,
        typer.Option(help="The address to listen on. Default: 127.0.0.1, this machine alone."),
    ] = None,
    port: Annotated[
        int | None, typer.Option(help="The port to listen on; 0 picks a free one. Default: 8000.")
    ] = None,
    data_dir: DataDir = None,
    config: Config = None,
    changes: Changes = None,
    end_with_stdin: Annotated[
        bool,
        typer.Option(
            "--end-with-stdin",
            help="End when standard input does: for programs that start a server and keep that "
            "pipe open, so that it never outlives them.",
        ),
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Say where it serves as one JSON object, for programs.")
    ] = False,
) -> None:
    """
    Run the server until Ctrl+C.

    The first start makes a data folder and a master key, and shows the key once.

    Try:

    - reflect serve

    - reflect serve --port 0 --data-dir ./memory

    - reflect serve --config reflect.toml --set max_wait_seconds=30
    """
    from reflect_server.serving import listening  # noqa: PLC0415 - slow to import
    from reflect_server.serving.greeting import as_record, as_text  # noqa: PLC0415 - slow to import

    def announce(address: str, service: Service) -> None:
        text = json.dumps(as_record(address, service)) if as_json else as_text(address, service)
        sys.stdout.write(text + "\n")
        sys.stdout.flush()

    with exits_with_message():
        settings = configuration_of(
            config, changes, host=host, port=port, data_dir=data_dir
        ).settings
        listening.serve(settings, announce, end_with_stdin=end_with_stdin)
