"""
`reflect export` and `reflect import`.
"""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from tempfile import mkstemp
from typing import IO, Annotated, TextIO

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


def export(
    output: Annotated[
        Path | None, typer.Argument(help="The file to write. Default: standard output.")
    ] = None,
    project: Annotated[
        list[str] | None,
        typer.Option(help="Only this project; can be given several times. Default: all projects."),
    ] = None,
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """
    Write projects, without their API keys, as JSON lines. The server may run.

    Try:

    - reflect export everything.jsonl

    - reflect export --project shop | gzip > shop.jsonl.gz

    - reflect export | jq 'select(.table == "memories").row.task'
    """
    from reflect_server.store.sqlite import transfer  # noqa: PLC0415 - slow to import

    with exits_with_message():
        settings = configuration_of(config, data_dir=data_dir).settings
        with writing(output) as file, progress_bar("Exporting", quiet=output is None) as told:
            rows = transfer.export(
                settings.data_dir, file, projects=project, count=lambda done: told(done, None)
            )
    if output is not None:
        typer.echo(f"Wrote {counted(rows, 'row')} to {output}.")


def import_projects(
    source: Annotated[Path, typer.Argument(help="A file of `reflect export`; - for stdin.")],
    data_dir: DataDir = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """
    Store exported projects, all or none. The server must be stopped.

    Their API keys stay where they were made: make new ones here. To move a whole installation with
    its keys, use `reflect backup` and `reflect restore`.

    Try:

    - reflect import everything.jsonl --data-dir ./memory

    - gunzip < shop.jsonl.gz | reflect import -
    """
    from reflect_server.store.sqlite import transfer  # noqa: PLC0415 - slow to import

    with exits_with_message():
        settings = configuration_of(config, data_dir=data_dir).settings
        with _reading(source) as lines, progress_bar("Importing", quiet=as_json) as told:
            projects = transfer.import_(
                settings.data_dir, lines, count=lambda done: told(done, None)
            )
    if as_json:
        typer.echo(json.dumps({"projects": projects}))
    else:
        typer.echo(f"Stored {counted(len(projects), 'project')} in {settings.data_dir}.")
        typer.echo("API keys are not part of an export: make new ones for them here.", err=True)


@contextmanager
def writing(output: Path | None) -> Iterator[IO[str]]:
    """
    Give a file to write in UTF-8, which appears under its name once it is whole.

    Args:
        output: The file; None for standard output.

    Raises:
        TransferError: It cannot be written.
    """
    from reflect_server.store.sqlite.transfer import TransferError  # noqa: PLC0415 - slow to import

    if output is None:
        yield _as_utf8(sys.stdout)
        return
    draft: Path | None = None
    try:
        # A new file for each, which is its owner's alone, as two may be under way at once.
        descriptor, name = mkstemp(prefix=f"{output.name}.", suffix=".partial", dir=output.parent)
        draft = Path(name)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.replace(output)
    except OSError as error:
        raise TransferError(
            f"The file {output} cannot be written ({error.strerror}). Name another one."
        ) from error
    finally:
        if draft is not None:
            draft.unlink(missing_ok=True)


@contextmanager
def _reading(source: Path) -> Iterator[IO[str]]:
    from reflect_server.store.sqlite.transfer import TransferError  # noqa: PLC0415 - slow to import

    try:
        with nullcontext(_as_utf8(sys.stdin)) if str(source) == "-" else _opened(source) as file:
            yield file
    except OSError as error:
        raise TransferError(
            f"The file {source} cannot be read ({error.strerror}). Name a file of `reflect export`."
        ) from error
    except UnicodeDecodeError as error:
        raise TransferError(
            f"The file {source} is not text in UTF-8. Nothing was imported. "
            "Name a file of `reflect export`, unpacked."
        ) from error


def _opened(source: Path) -> IO[str]:
    return source.open(encoding="utf-8")


def _as_utf8(stream: TextIO) -> TextIO:
    """
    Have a standard stream carry UTF-8 as files do, whatever this machine's language is.
    """
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(encoding="utf-8", errors="strict", newline="\n")
    return stream
