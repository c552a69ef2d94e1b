"""
What the commands share: the options that lead to the settings, and how errors end a command.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reflect_server.errors import ReflectServerError, SettingsError
from reflect_server.terminal.console import inert

if TYPE_CHECKING:
    from reflect_server.configuration.sources import Configuration


def _names_of_settings(incomplete: str) -> list[str]:
    from reflect_server.configuration.settings import Settings  # noqa: PLC0415 - slow to import

    return [f"{name}=" for name in Settings.model_fields if name.startswith(incomplete)]


DataDir = Annotated[
    Path | None,
    typer.Option(
        help="The folder for everything that is kept. Default: $REFLECT_DATA_DIR, or "
        "`reflect` in the platform's folder for data, such as ~/.local/share/reflect.",
        show_default=False,
    ),
]
Config = Annotated[
    Path | None,
    typer.Option(
        help="A TOML file with settings. Default: $REFLECT_CONFIG, or `reflect/config.toml` in the "
        "platform's folder for settings, such as ~/.config, where there is one.",
        show_default=False,
    ),
]
Changes = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="Any other setting, such as --set max_wait_seconds=30; `reflect config` lists them. "
        "Can be given several times.",
        show_default=False,
        autocompletion=_names_of_settings,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def configuration_of(
    config: Path | None, changes: Sequence[str] | None = None, **options: object
) -> Configuration:
    """
    Read the settings that a command's options name.

    Args:
        config: The option `--config`.
        changes: The options `--set`, each `name=value`.
        options: Options that have a name of their own, by setting; None where not given.

    Raises:
        SettingsError: An option, or a setting from elsewhere, cannot be used.
    """
    from reflect_server.configuration.sources import load_configuration  # noqa: PLC0415 - slow to import

    empty = [change for change in changes or () if "=" not in change]
    if empty:
        raise SettingsError(
            *(f"`--set {name}` names no value. Write `--set {name}=VALUE`." for name in empty)
        )
    named: dict[str, object] = {}
    for change in changes or ():
        name, _, value = change.partition("=")
        named[name.strip()] = value.strip()
    given = {name: value for name, value in options.items() if value is not None}
    return load_configuration(config, **{**named, **given})


@contextmanager
def progress_bar(what: str, *, quiet: bool = False) -> Iterator[Callable[[int, int | None], None]]:
    """
    Show how far long work is, on standard error where that is a terminal.

    Args:
        what: What is done, such as `Copying`.
        quiet: Show nothing.

    Yields:
        A function to be called with how much is done and how much there is in all, None where
        that is unknown.
    """
    from rich.console import Console  # noqa: PLC0415 - slow to import
    from rich.progress import Progress  # noqa: PLC0415 - slow to import

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=quiet or not console.is_terminal) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def exits_with_message() -> Iterator[None]:
    """
    End a command with the message of an error that the service raised on purpose, or of files that
    belong to another user.

    Raises:
        Exit: With 1, where the block raises such an error.
    """
    try:
        yield
    except ReflectServerError as error:
        message = error.message
    except PermissionError as error:  # Even looking whether a file exists can be refused.
        message = (
            f"This user may not look at {error.filename}. "
            "Run this as the user that runs the server."
        )
    else:
        return
    typer.echo(inert(message, keep="\n"), err=True)
    raise typer.Exit(1)
