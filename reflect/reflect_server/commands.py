"""
The server's commands: `reflect serve` and `reflect keys`.

Nothing heavy is imported before a command runs, so that help comes at once.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from reflect_server.service import Service

DataDir = Annotated[
    Path | None,
    typer.Option(
        help="The folder for everything that is kept. Default: $REFLECT_DATA_DIR, or "
        "`reflect` in the platform's folder for data, such as ~/.local/share/reflect.",
        show_default=False,
    ),
]

keys = typer.Typer(help="API keys of a server that is stopped.", no_args_is_help=True)


def serve(
    host: Annotated[
        str | None,
        typer.Option(help="The address to listen on. Default: 127.0.0.1, this machine alone."),
    ] = None,
    port: Annotated[
        int | None, typer.Option(help="The port to listen on; 0 picks a free one. Default: 8000.")
    ] = None,
    data_dir: DataDir = None,
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

    - REFLECT_BOOTSTRAP_TOKEN=secret reflect serve --host 0.0.0.0
    """
    from reflect_server import serving  # noqa: PLC0415 - slow to import
    from reflect_server.greeting import as_record, as_text, remote_warning  # noqa: PLC0415 - as above
    from reflect_server.settings import load_settings  # noqa: PLC0415 - as above

    def announce(address: str, service: "Service") -> None:
        text = json.dumps(as_record(address, service)) if as_json else as_text(address, service)
        sys.stdout.write(text + "\n")
        sys.stdout.flush()

    with _one_sentence():
        settings = load_settings(host=host, port=port, data_dir=data_dir)
        warning = remote_warning(settings.host)
        if warning:
            typer.echo(warning, err=True)
        serving.serve(settings, announce)


@keys.command("create")
def create_key(
    master: Annotated[
        bool, typer.Option("--master", help="Make a master key, which may use every project.")
    ] = False,
    label: Annotated[str, typer.Option(help="Its name for people.")] = "Master key",
    data_dir: DataDir = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """
    Make a new master key while the server is stopped, and show it once.

    Keys of a single project are made through the API, by a key that may manage keys.

    Examples:
        reflect keys create --master

        reflect keys create --master --label laptop --data-dir ./memory
    """
    from datetime import UTC, datetime  # noqa: PLC0415 - with the rest

    from reflect_server.domain.keys import create_master_key  # noqa: PLC0415 - slow to import
    from reflect_server.service import open_store  # noqa: PLC0415 - as above
    from reflect_server.settings import load_settings  # noqa: PLC0415 - as above

    if not master:
        typer.echo(
            "Only master keys can be made here: add `--master`. "
            "Keys of a project are made through the API.",
            err=True,
        )
        raise typer.Exit(2)
    with _one_sentence():
        settings = load_settings(data_dir=data_dir)
        with open_store(settings, may_replace_secret=True) as (store, keyring):
            issued = create_master_key(store, keyring, label=label, now=datetime.now(UTC))
        typer.echo(json.dumps({"api_key": issued.plaintext}) if as_json else issued.plaintext)


@contextmanager
def _one_sentence() -> Iterator[None]:
    from reflect_server.errors import ReflectServerError  # noqa: PLC0415 - with the rest

    try:
        yield
    except ReflectServerError as error:
        typer.echo(error.message, err=True)
        raise typer.Exit(1) from None
