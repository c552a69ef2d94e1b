"""
`reflect recompute`.
"""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import asdict
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


def recompute(
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; end with 1 where something differs.")
    ] = False,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """
    Work out Q-values and evidence anew from the events. The server must be stopped.

    Try:

    - reflect recompute --check

    - reflect recompute --data-dir ./memory
    """
    from reflect_server.maintenance.recompute import recompute as work_out  # noqa: PLC0415 - slow to import
    from reflect_server.store.sqlite import SqliteStore  # noqa: PLC0415 - slow to import
    from reflect_server.store.sqlite.snapshot import require_database  # noqa: PLC0415 - slow to import

    with exits_with_message():
        settings = configuration_of(config, data_dir=data_dir).settings
        require_database(settings.data_dir)
        with closing(SqliteStore(settings.data_dir)) as store:
            found = work_out(store, mend=not check)
    if as_json:
        typer.echo(json.dumps(asdict(found)))
    else:
        memories = counted(len(found.differing_memory_ids), "memory", "memories")
        projects = counted(len(found.differing_project_ids), "project")
        typer.echo(
            f"Worked out {counted(found.memories, 'memory', 'memories')} from "
            f"{counted(found.events, 'event')}. Other than stored: {memories} and {projects}"
            f"{'' if check else ', set to what their events say'}."
        )
    if check and (found.differing_memory_ids or found.differing_project_ids):
        raise typer.Exit(1)
