"""
What an evaluation found, drawn: success over time, and Q-values held against the truth.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from .results import OURS, Evaluation

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_INK, _GRID = "#334155", "#e2e8f0"
_OURS = ("#0f766e", "#5eead4", "#65a30d")
_OTHERS = ("#94a3b8", "#b45309", "#7c3aed", "#be123c", "#2563eb", "#ca8a04", "#0c4a6e")
_LEAST_COUNTED = 20
_PANEL_INCHES = 4.2
_ROOM_FOR_TEXT = 0.15


def draw(evaluation: Evaluation, folder: Path) -> list[Path]:
    """
    Draw an evaluation.

    Args:
        evaluation: What was found.
        folder: Where to write the pictures; it must exist.

    Returns:
        The PNG files: success over time where there is time, calibration where Q-values were
        followed, else the means with their intervals.

    Raises:
        OSError: A file cannot be written.
    """
    pictures = {}
    if any(found.curve() for found in evaluation.measurements):
        pictures["over-time"] = _over_time(evaluation)
    if any(found.calibration() for found in evaluation.measurements):
        pictures["calibration"] = _calibration(evaluation)
    pictures["means"] = _means(evaluation)
    written = []
    for name, figure in pictures.items():
        path = folder / f"{evaluation.stem}-{name}.png"
        figure.savefig(path, format="png")
        written.append(path)
    return written


def _over_time(evaluation: Evaluation) -> Figure:
    figure, panels = _panels(evaluation, evaluation.title)
    for condition, axes in zip(evaluation.conditions, panels, strict=True):
        steps = range(1, 1)
        for strategy in evaluation.strategies:
            found = evaluation.of(strategy, condition)
            if found is None or not (curve := found.curve()):
                continue
            steps = range(1, len(curve) + 1)
            axes.plot(steps, curve, label=strategy, **_style(evaluation, strategy))
        axes.set_title(condition, loc="left", color=_INK, fontsize=10)
        axes.set_xlabel(evaluation.time, color=_INK)
        axes.set_xticks(range(0, len(steps) + 1, 1 + len(steps) // 11))
    panels[0].set_ylabel("solved", color=_INK)
    _legend(figure, panels[0])
    return figure


def _calibration(evaluation: Evaluation) -> Figure:
    title = (
        f"Q-value of the memory that was followed, against what that brought\n{evaluation.title}"
    )
    figure, panels = _panels(evaluation, title)
    for condition, axes in zip(evaluation.conditions, panels, strict=True):
        axes.plot([0, 1], [0, 1], color=_INK, linewidth=0.8, linestyle=":")
        for strategy in evaluation.strategies:
            found = evaluation.of(strategy, condition)
            classes = [] if found is None else found.calibration()
            shown = [entry for entry in classes if entry["count"] >= _LEAST_COUNTED]
            if shown:
                q_values = [entry["q_value"] for entry in shown]
                solved = [entry["solved"] for entry in shown]
                style = {**_style(evaluation, strategy), "marker": "o", "markersize": 4}
                axes.plot(q_values, solved, label=strategy, **style)
        axes.set_title(condition, loc="left", color=_INK, fontsize=10)
        axes.set_xlabel("Q-value", color=_INK)
        axes.set_xlim(0, 1)
    panels[0].set_ylabel("solved", color=_INK)
    _legend(figure, panels[0])
    return figure


def _means(evaluation: Evaluation) -> Figure:
    figure, panels = _panels(evaluation, evaluation.title, bars=True)
    strategies = evaluation.strategies[::-1]
    for condition, axes in zip(evaluation.conditions, panels, strict=True):
        for row, strategy in enumerate(strategies):
            found = evaluation.of(strategy, condition)
            if found is None:
                continue
            interval = found.interval
            colour = _style(evaluation, strategy)["color"]
            reach = [[interval.mean - interval.low], [interval.high - interval.mean]]
            axes.barh(row, interval.mean, xerr=reach, color=colour, ecolor=_INK, capsize=3)
            inside = interval.mean > _ROOM_FOR_TEXT
            axes.annotate(
                f"{interval.mean:.3f}",
                (0 if inside else max(interval.high, interval.mean), row),
                xytext=(4, 0),
                textcoords="offset points",
                va="center",
                fontsize=8,
                color="white" if inside else _INK,
                fontweight="bold",
            )
        axes.set_title(condition, loc="left", color=_INK, fontsize=10)
        axes.set_yticks(range(len(strategies)), strategies, fontsize=8)
        axes.set_xlim(0, 1)
    return figure


def _panels(evaluation: Evaluation, title: str, *, bars: bool = False) -> tuple[Figure, list[Axes]]:
    from matplotlib.figure import Figure  # noqa: PLC0415 - Slow to import, needed here alone.

    count = len(evaluation.conditions)
    height = 1.6 + 0.3 * len(evaluation.strategies) if bars else 5.4
    margin = 3.4 if bars else 0.6
    figure = Figure(
        figsize=(max(7.5, margin + _PANEL_INCHES * count), height), dpi=110, layout="constrained"
    )
    grid = figure.subplots(1, count, sharey=True, squeeze=False)
    panels = list(grid[0])
    for axes in panels:
        axes.grid(color=_GRID)
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
        if not bars:
            axes.set_ylim(0, 1)
    figure.suptitle(
        f"{title}\nagent: {evaluation.agent}", x=0.01, ha="left", fontsize=11, color=_INK
    )
    return figure, panels


def _legend(figure: Figure, axes: Axes) -> None:
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower left", ncols=2, frameon=False, fontsize=8)


def _style(evaluation: Evaluation, strategy: str) -> dict[str, Any]:
    ours = [name for name in evaluation.strategies if name.startswith(OURS)]
    others = [name for name in evaluation.strategies if not name.startswith(OURS)]
    if strategy in ours:
        return {"color": _OURS[ours.index(strategy) % len(_OURS)], "linewidth": 2.6}
    return {"color": _OTHERS[others.index(strategy) % len(_OTHERS)], "linewidth": 1.3}
