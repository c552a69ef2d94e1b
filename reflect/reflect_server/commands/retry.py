"""
`reflect retry`.
"""

from __future__ import annotations

import json
from typing import Annotated

import typer

from reflect_server.commands.options import (
    AsJson,
    Config,
    DataDir,
    configuration_of,
    exits_with_message,
)
from reflect_server.terminal.counting import counted


def retry(  # noqa: PLR0917 - Typer reads the options off the parameters.
    trace_ids: Annotated[
        list[str] | None, typer.Argument(help="Only these traces. Default: all failed ones.")
    ] = None,
    project: Annotated[
        str | None,
        typer.Option(
            envvar="REFLECT_PROJECT_ID",
            help="Only this project. Default: all of them, and `default` where a server runs.",
        ),
    ] = None,
    api_key: Annotated[
        str | None,
        typer.Option(
            envvar="REFLECT_API_KEY",
            help="An API key with `trace:write`, needed where a server runs.",
            show_default=False,
        ),
    ] = None,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """
    Ingest failed traces again. They get as many attempts as new ones.

    Where a server holds the data folder it is asked to, and begins at once; otherwise its next
    start does.

    Try:

    - reflect retry

    - reflect retry --project shop b1946ac92492d234
    """
    from reflect_server.maintenance.retry import retry_failed  # noqa: PLC0415 - slow to import

    with exits_with_message():
        settings = configuration_of(config, data_dir=data_dir).settings
        retried = retry_failed(
            settings.data_dir, project_id=project, trace_ids=trace_ids or None, api_key=api_key
        )
    if as_json:
        typer.echo(json.dumps({"retried_trace_ids": list(retried)}))
    else:
        typer.echo(f"Put {counted(len(retried), 'failed trace')} back into the queue.")
