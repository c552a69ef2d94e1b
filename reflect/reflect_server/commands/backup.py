"""
`reflect backup` and `reflect restore`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reflect_server.commands.options import (
    AsJson,
    Config,
    DataDir,
    configuration_of,
    exits_with_message,
    progress_bar,
)
from reflect_server.terminal.counting import counted

if TYPE_CHECKING:
    from reflect_server.store.sqlite.backup import Manifest


def backup(
    target: Annotated[Path, typer.Argument(help="The folder to make; it must not exist yet.")],
    data_dir: DataDir = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """
    Copy the data folder as it is now, and verify the copy. The server may run.

    The copy holds the installation's secret: keep it as safe as the data folder itself.

    Try:

    - reflect backup ./backup-2026-03-01

    - reflect backup /mnt/backups/today --data-dir ./memory
    """
    from reflect_server.data_folder.secret import SECRET_FILE  # noqa: PLC0415 - slow to import
    from reflect_server.store.sqlite.backup import back_up  # noqa: PLC0415 - slow to import

    with exits_with_message():
        settings = configuration_of(config, data_dir=data_dir).settings
        with progress_bar("Copying", quiet=as_json) as progress:
            manifest = back_up(
                settings.data_dir, target, secret_name=SECRET_FILE, progress=progress
            )
    typer.echo(_as_json(manifest) if as_json else f"Saved {_contents(manifest)} in {target}.")


def restore(
    source: Annotated[Path, typer.Argument(help="A folder that `reflect backup` has made.")],
    data_dir: DataDir = None,
    replace: Annotated[
        bool,
        typer.Option(
            "--replace", help="Replace what the data folder holds; the old files are kept in it."
        ),
    ] = False,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """
    Verify a backup and put it into the data folder. The server may run.

    A running server takes it between two requests, without closing its port. What the folder held
    before is kept in it, in a folder named `replaced-` and the time.

    Try:

    - reflect restore ./backup-2026-03-01 --data-dir ./memory

    - reflect restore ./backup-2026-03-01 --replace
    """
    from reflect_server.maintenance.restore import restore as put_back  # noqa: PLC0415 - slow to import

    with exits_with_message():
        settings = configuration_of(config, data_dir=data_dir).settings
        manifest = put_back(source, settings.data_dir, replace=replace)
    typer.echo(
        _as_json(manifest)
        if as_json
        else f"{settings.data_dir} holds {_contents(manifest)} again, "
        f"as of {manifest.created_at:%Y-%m-%d %H:%M} UTC."
    )


def _contents(manifest: Manifest) -> str:
    counts = manifest.counts
    return (
        f"{counted(counts['projects'], 'project')} with {counted(counts['traces'], 'trace')}, "
        f"{counted(counts['memories'], 'memory', 'memories')} and "
        f"{counted(counts['api_keys'], 'key')}"
    )


def _as_json(manifest: Manifest) -> str:
    return json.dumps(
        {
            "created_at": manifest.created_at.isoformat(),
            "schema_version": manifest.schema_version,
            **manifest.counts,
        }
    )
