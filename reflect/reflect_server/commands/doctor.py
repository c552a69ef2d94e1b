"""
`reflect doctor`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Annotated

import typer

from reflect_server.commands.options import AsJson, Changes, Config, DataDir, configuration_of
from reflect_server.errors import SettingsError
from reflect_server.terminal.console import console as terminal_console
from reflect_server.terminal.console import inert
from reflect_server.terminal.counting import counted

if TYPE_CHECKING:
    from rich.console import RenderableType

    from reflect_server.maintenance.doctor.findings import Finding

_MARKS = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "problem": ("✗", "red")}
_WIDTH = 16


def doctor(  # noqa: PLR0917 - Typer reads the options off the parameters.
    host: Annotated[str | None, typer.Option(help="As for `reflect serve`.")] = None,
    port: Annotated[int | None, typer.Option(help="As for `reflect serve`.")] = None,
    data_dir: DataDir = None,
    config: Config = None,
    changes: Changes = None,
    as_json: AsJson = False,
) -> None:
    """
    Say what is wrong with an installation and how to mend it. Nothing is changed.

    Reads the database through, tries the embedder, the port and the disk, and looks at keys, failed
    traces and what holds the data folder. Ends with 1 where something does not work.

    Try:

    - reflect doctor

    - reflect doctor --data-dir ./memory --json
    """
    from reflect_server.maintenance.doctor.examination import examine  # noqa: PLC0415 - slow to import
    from reflect_server.maintenance.doctor.findings import Level, problem_of  # noqa: PLC0415 - slow to import

    try:
        configuration = configuration_of(config, changes, host=host, port=port, data_dir=data_dir)
    except SettingsError as error:
        findings: Iterable[Finding] = [
            problem_of("settings", message) for message in error.problems
        ]
    else:
        findings = examine(configuration)
    shown = _as_json(findings) if as_json else _as_lines(findings)
    if any(finding.level is Level.PROBLEM for finding in shown):
        raise typer.Exit(1)


def _as_json(findings: Iterable[Finding]) -> list[Finding]:
    shown = list(findings)
    typer.echo(json.dumps([asdict(finding) for finding in shown], indent=2))
    return shown


def _as_lines(findings: Iterable[Finding]) -> list[Finding]:
    console = terminal_console(soft_wrap=True)
    shown = []
    for finding in map(_inert, findings):
        if console.is_terminal:
            console.print(_columns(finding), soft_wrap=False)
        else:
            mark, _ = _MARKS[finding.level]
            console.print(f"{mark} {finding.check.ljust(_WIDTH)}{finding.found}", markup=False)
            if finding.remedy:
                console.print(f"{' ' * (_WIDTH + 2)}→ {finding.remedy}", markup=False)
        shown.append(finding)
    console.print()
    console.print(_summary(shown))
    return shown


def _inert(finding: Finding) -> Finding:
    remedy = None if finding.remedy is None else inert(finding.remedy)
    return replace(finding, found=inert(finding.found), remedy=remedy)


def _columns(finding: Finding) -> RenderableType:
    """
    Lay a finding out so that on a screen its lines break within their column.
    """
    from rich.table import Table  # noqa: PLC0415 - slow to import
    from rich.text import Text  # noqa: PLC0415 - slow to import

    mark, colour = _MARKS[finding.level]
    table = Table.grid()
    table.add_column(width=_WIDTH + 2)
    table.add_column(overflow="fold")
    table.add_row(Text(f"{mark} {finding.check}", colour), Text(finding.found))
    if finding.remedy:
        table.add_row("", Text(f"→ {finding.remedy}", "bold"))
    return table


def _summary(shown: list[Finding]) -> str:
    counts = [
        (sum(finding.level == level for finding in shown), level)
        for level in ("problem", "warning")
    ]
    parts = [counted(count, level) for count, level in counts if count]
    return f"{' and '.join(parts)}." if parts else "All is well."
