"""
What an evaluation shows on a terminal, and line by line where there is none.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from .intervals import Interval
from .results import OURS, Evaluation

SIMULATED = (
    "agent: simulated. No language model runs: it does what its memories say. The numbers "
    "compare rankings, and do not say how much a model gains."
)


@contextmanager
def progress(console: Console, title: str, total: int) -> Iterator[Callable[[int], None]]:
    """
    Show a progress bar during a block; where the output is no terminal, a line per tenth.

    Args:
        console: Where to show it.
        title: What is going on.
        total: How many steps there are.

    Yields:
        A function that is to be called with the number of steps that are done.
    """
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=32),
        TaskProgressColumn(),
        TimeRemainingColumn(),
    )
    if not console.is_terminal:
        yield _Lines(console, title, total)
        return
    with Progress(*columns, console=console) as bars:
        bar = bars.add_task(title, total=total)
        yield lambda steps: bars.advance(bar, steps)


class _Lines:
    """
    Says how far a long piece of work is, a line per tenth. Safe to call from any thread.
    """

    def __init__(self, console: Console, title: str, total: int) -> None:
        self._console = console
        self._title = title
        self._total = total
        self._done = 0
        self._started = time.monotonic()
        self._lock = threading.Lock()

    def __call__(self, steps: int) -> None:
        with self._lock:
            before, self._done = self._done, self._done + steps
            tenth = 10 * self._done // max(self._total, 1)
            if tenth == 10 * before // max(self._total, 1):
                return
            seconds = time.monotonic() - self._started
            _line(self._console, f"{self._title}: {10 * tenth}%, {seconds:.0f} s")


def show(console: Console, evaluation: Evaluation) -> None:
    """
    Show what an evaluation found: a table of all strategies, and what the service's own are worth.

    Args:
        console: Where to show it.
        evaluation: What was found.
    """
    _line(console, evaluation.title, style="bold")
    is_simulated = evaluation.agent == "simulated"
    _line(console, SIMULATED if is_simulated else f"agent: {evaluation.agent}", style="yellow")
    console.print(table(evaluation))
    _line(
        console,
        f"mean ± half of the 95% interval, over {_count(evaluation)}; the best is bold",
    )
    margins = list(evaluation.margins())
    if margins:
        _line(console)
        _line(console, "Against the best other strategy, pair by pair", style="bold")
    for found in margins:
        _line(
            console,
            f"  {found.condition}: {found.strategy}: {signed(found.gain)} to {found.baseline}",
            style="green" if found.gain.low > 0 else "red" if found.gain.high < 0 else None,
        )


def table(evaluation: Evaluation) -> Table:
    """
    Make a table of an evaluation: a row per strategy and a column per condition, or the other way
    round where that is narrower.

    Args:
        evaluation: What was found.
    """
    made = Table()
    if len(evaluation.conditions) <= len(evaluation.strategies):
        made.add_column("strategy", overflow="fold")
        for condition in evaluation.conditions:
            made.add_column(condition, justify="right")
        for strategy in evaluation.strategies:
            cells = [_cell(evaluation, strategy, c) for c in evaluation.conditions]
            made.add_row(_named(strategy), *cells)
        return made
    made.add_column("measure", overflow="fold")
    for strategy in evaluation.strategies:
        made.add_column(_named(strategy), justify="right")
    for condition in evaluation.conditions:
        made.add_row(condition, *(_cell(evaluation, s, condition) for s in evaluation.strategies))
    return made


def _named(strategy: str) -> Text:
    return Text(strategy, style="green" if strategy.startswith(OURS) else "")


def _cell(evaluation: Evaluation, strategy: str, condition: str) -> Text:
    found = evaluation.of(strategy, condition)
    if found is None:
        return Text("")
    means = [m.interval.mean for m in evaluation.measurements if m.condition == condition]
    is_best = found.interval.mean == max(means)
    return Text(written(found.interval), style="bold" if is_best else "")


def written(interval: Interval) -> str:
    """
    Write a mean with half of its interval, as in `.873 ±.012`.

    Args:
        interval: The mean with its interval.
    """
    return f"{_short(interval.mean)} ±{_short(interval.half_width)}"


def signed(interval: Interval) -> str:
    """
    Write a difference with its interval, as in `+.031 [+.012, +.050]`.

    Args:
        interval: The difference with its interval.
    """
    mean, low, high = (
        f"{'-' if value < 0 else '+'}{_short(abs(value))}"
        for value in (interval.mean, interval.low, interval.high)
    )
    return f"{mean} [{low}, {high}]"


def _short(value: float) -> str:
    return f"{value:.3f}".replace("0.", ".", 1) if value < 1 else f"{value:.3f}"


def _count(evaluation: Evaluation) -> str:
    counts = [len(found.outcomes) for found in evaluation.measurements]
    plural = {"query": "queries"}.get(evaluation.unit, f"{evaluation.unit}s")
    low, high = min(counts), max(counts)
    return f"{low} {plural}" if low == high else f"{low} to {high} {plural}"


def _line(console: Console, text: str = "", *, style: str | None = None) -> None:
    console.print(text, style=style, highlight=False, markup=False, soft_wrap=True)
