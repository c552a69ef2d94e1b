"""
What the demo shows on a terminal, and line by line where there is none.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from reflect_server.terminal.console import inert

from .evaluation import MEMORIES_PER_TASK, Evaluation
from .grading import CARELESS_RATE
from .results import Attempt, Standing

_MOST_SHOWN = 4
_MOST_OF_LESSON = 140
_WITH_SYMBOL, _WITHOUT_SYMBOL = "●", "·"


class Screen:
    """
    The demo's output in order: introduction, progress, summary.
    """

    def __init__(self, console: Console) -> None:
        """
        Show on the given console, which knows whether it has colours and may be redrawn.
        """
        self._console = console

    def introduce(self, evaluation: Evaluation) -> None:
        """
        Say what is going to happen.

        Args:
            evaluation: What is going to run.
        """
        name = evaluation.agent.name
        kind = (
            "agent: simulated. No language model runs: it writes plain SQL and can only follow "
            "what its memories state."
            if name == "simulated"
            else f"agent: {name}"
        )
        repeated = len(evaluation.repeated)
        often = "once" if evaluation.epochs == 1 else f"{evaluation.epochs} times over"
        self._line("Reflect demo: an agent learns the house rules of a tea shop", style="bold")
        self._line(
            f"It answers {repeated} questions with SQL, {often}. Each answer is executed and "
            "graded by its result."
        )
        self._line(
            "A wrong answer gets a review in words, and the server makes a memory of each run; "
            f"later runs are given {MEMORIES_PER_TASK}."
        )
        self._line(
            f"{CARELESS_RATE:.0%} of the explanations are wrong on purpose: only outcomes can tell "
            "which memories to trust."
        )
        self._line(kind, style="yellow")
        self._line()

    @contextmanager
    def progress(self, evaluation: Evaluation) -> Iterator["Meter"]:
        """
        Show the epochs while they run; the terminal is whole again afterwards, come what may.

        Args:
            evaluation: What runs.
        """
        columns = (
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.completed:>3.0f}/{task.total:.0f}"),
            TextColumn("[green]with memory {task.fields[on]}[/]  without {task.fields[off]}"),
        )
        live = self._console.is_terminal
        with Progress(*columns, console=self._console, disable=not live) as bars:
            yield Meter(bars, evaluation, None if live else self._console)

    def summarise(self, evaluation: Evaluation, *, picture: Path, seconds: float) -> None:
        """
        Show the rates, the curve, the memories, and where to go next.

        Args:
            evaluation: What has run.
            picture: Where its picture is.
            seconds: How long it took.
        """
        self._line()
        self._console.print(_rates_table(evaluation))
        self._line(
            "Unseen tasks are asked once, at the end, and never reviewed: only what was learned "
            "from others can help."
        )
        self._line()
        self._line(
            f"Tasks solved in each epoch, %: {_WITH_SYMBOL} with memory, {_WITHOUT_SYMBOL} without",
            style="bold",
        )
        self._console.print(Text.from_ansi(self._curve(evaluation)))
        self._line()
        for title, moved in (("rose", evaluation.risen()), ("sank", evaluation.sunk())):
            table = _standings_table(f"Memories that {title} most", moved[:_MOST_SHOWN])
            self._console.print(table)
            self._line()
        self._line(f"agent: {evaluation.agent.name}, {seconds:.1f} s", style="yellow")
        self._line(f"picture: {picture}")
        self._line()
        self._line("Where to go next", style="bold")
        self._line("  reflect serve      your own server; its first start shows how to use it")
        self._line("  reflect demo --model NAME --base-url URL      the same with a real model")

    def _line(self, text: str = "", *, style: str | None = None) -> None:
        self._console.print(text, style=style, highlight=False, markup=False, soft_wrap=True)

    def _curve(self, evaluation: Evaluation) -> str:
        import plotext  # noqa: PLC0415 - Needed here alone.

        figure = plotext.figure
        figure.clear()
        figure.theme("simple")
        figure.plot_size(min(self._console.width, 72), 16)
        epochs = list(range(1, evaluation.epochs + 1))
        for with_memory, symbol, colour in (
            (False, _WITHOUT_SYMBOL, "orange"),
            (True, _WITH_SYMBOL, "green"),
        ):
            rates = [100 * rate for rate in evaluation.rates(with_memory=with_memory)]
            marker = plotext.marker(symbol, pixel=colour)
            figure.draw(figure.signal(epochs, rates, marker=marker).lines())
        figure.ruler("y", "left").lim(0, 100)
        figure.ruler("y", "left").ticks([0, 25, 50, 75, 100])
        figure.ruler("x").ticks(epochs)
        plain = self._console.no_color or not self._console.is_terminal
        return str(figure.build().string(colorless=plain))


class Meter:
    """
    The progress of a running evaluation.
    """

    def __init__(self, bars: Progress, evaluation: Evaluation, plain: Console | None) -> None:
        """
        Draw on the bars, or where they cannot be redrawn write a line per epoch.
        """
        self._bars = bars
        self._evaluation = evaluation
        self._plain = plain
        self._shown = -1

    def show(self, attempt: Attempt) -> None:
        """
        Move on by one task.

        Args:
            attempt: The task, with how it ended.
        """
        evaluation, epoch = self._evaluation, attempt.epoch
        repeated = len(evaluation.repeated)
        total = repeated if epoch else len(evaluation.tasks) - repeated
        title = f"epoch {epoch:>2}/{evaluation.epochs}" if epoch else "unseen tasks"
        if epoch != self._shown:
            self._bar = self._bars.add_task(f"{title:<12}", total=total, on="", off="")
            self._shown, self._done = epoch, 0
        self._done += 1
        on = f"{evaluation.rate(epoch, with_memory=True):4.0%}"
        off = f"{evaluation.rate(epoch, with_memory=False):4.0%}"
        self._bars.update(self._bar, advance=1, on=on, off=off)
        if self._plain is not None and self._done == total:
            self._plain.print(f"{title:<12}  with memory {on}  without {off}", highlight=False)


def _rates_table(evaluation: Evaluation) -> Table:
    table = Table("epoch", title="Tasks solved", title_justify="left", title_style="bold")
    table.add_column("with memory", justify="right", style="green")
    table.add_column("without memory", justify="right")
    for epoch in [*range(1, evaluation.epochs + 1), 0]:
        on, off = (evaluation.rate(epoch, with_memory=side) for side in (True, False))
        table.add_row(str(epoch or "unseen tasks"), f"{on:.0%}", f"{off:.0%}")
    return table


def _standings_table(title: str, standings: list[Standing]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    table.add_column("Q, before → after", no_wrap=True)
    table.add_column("uses", justify="right", no_wrap=True)
    table.add_column("lesson", overflow="fold")
    for standing in standings:
        moved = f"{standing.before:.2f} → {standing.after:.2f}"
        lesson = Text(inert(standing.lesson))
        lesson.truncate(_MOST_OF_LESSON, overflow="ellipsis")
        table.add_row(moved, str(standing.uses), lesson)
    return table
