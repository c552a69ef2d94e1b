"""
`reflect keys`.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from reflect_server.commands.options import Config, DataDir, configuration_of, exits_with_message

keys = typer.Typer(help="API keys of a server that is stopped.", no_args_is_help=True)


@keys.command("create")
def create_key(  # noqa: PLR0917 - Typer reads the options off the parameters.
    master: Annotated[
        bool, typer.Option("--master", help="Make a master key, which may use every project.")
    ] = False,
    label: Annotated[str, typer.Option(help="Its name for people.")] = "Master key",
    days: Annotated[
        int | None,
        typer.Option(min=1, max=36500, help="After how many days it expires. Default: never."),
    ] = None,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """
    Make a master key and show it once. The server must be stopped.

    Keys of a single project are made through the API, by a key that may manage keys.

    Try:

    - reflect keys create --master

    - reflect keys create --master --label laptop --days 90 --data-dir ./memory
    """
    from reflect_server.serving.composition import open_store  # noqa: PLC0415 - slow to import
    from reflect_server.use_cases.api_keys import create_master_key  # noqa: PLC0415 - slow to import

    if not master:
        typer.echo(
            "Only master keys can be made here: add `--master`. "
            "Keys of a project are made through the API.",
            err=True,
        )
        raise typer.Exit(2)
    with exits_with_message():
        settings = configuration_of(config, data_dir=data_dir).settings
        with open_store(settings, may_replace_secret=True) as (store, keyring):
            now = datetime.now(UTC)
            expires_at = None if days is None else now + timedelta(days=days)
            issued = create_master_key(store, keyring, label=label, now=now, expires_at=expires_at)
        typer.echo(json.dumps({"api_key": issued.plaintext}) if as_json else issued.plaintext)
