"""
The learning curve as a picture.
"""

from pathlib import Path

from .evaluation import Evaluation
from .grading import CARELESS_RATE

_MOST_LABELS = 12
_WITH, _WITHOUT, _INK = "#0f766e", "#b45309", "#334155"


def draw_learning_curve(evaluation: Evaluation, path: Path) -> None:
    """
    Draw the success rates over the epochs, and beside them those of the unseen tasks.

    Args:
        evaluation: A finished evaluation.
        path: The PNG file to write.

    Raises:
        OSError: The file cannot be written.
    """
    from matplotlib.figure import Figure  # noqa: PLC0415 - Slow to import, needed here alone.

    epochs = range(1, evaluation.epochs + 1)
    last = evaluation.epochs + 1
    step = -(-evaluation.epochs // _MOST_LABELS)
    figure = Figure(figsize=(9, 5), dpi=150, layout="constrained")
    axes = figure.subplots()
    for with_memory, colour, label, side in (
        (True, _WITH, "with memory", 9),
        (False, _WITHOUT, "without memory", -16),
    ):
        rates = [100 * rate for rate in evaluation.rates(with_memory=with_memory)]
        unseen = 100 * evaluation.unseen_rate(with_memory=with_memory)
        axes.plot(epochs, rates, color=colour, marker="o", linewidth=2.5, label=label)
        axes.plot([last], [unseen], color=colour, marker="D", markersize=9, linestyle="none")
        points = [*zip(epochs[::step], rates[::step], strict=True), (last, unseen)]
        for x, y in points:
            axes.annotate(
                f"{y:.0f}",
                (x, y),
                xytext=(0, side),
                textcoords="offset points",
                ha="center",
                color=colour,
                fontsize=9,
            )
    axes.axvline(last - 0.5, color=_INK, linewidth=0.8, linestyle=":")
    axes.set_xticks([*epochs[::step], last], [*map(str, epochs[::step]), "unseen\ntasks"])
    axes.set_xlim(0.6, last + 0.4)
    axes.set_ylim(0, 110)
    axes.set_yticks(range(0, 101, 20))
    axes.set_xlabel("epoch", color=_INK)
    axes.set_ylabel("tasks solved, %", color=_INK)
    axes.set_title(
        f"{len(evaluation.repeated)} text-to-SQL tasks, each answer executed and graded\n"
        f"agent: {evaluation.agent.name}; "
        f"{CARELESS_RATE:.0%} of the explanations in reviews are wrong on purpose",
        loc="left",
        color=_INK,
        fontsize=11,
    )
    axes.grid(axis="y", color="#e2e8f0")
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(loc="center right", bbox_to_anchor=(0.87, 0.5), frameon=False)
    figure.savefig(path, format="png")
