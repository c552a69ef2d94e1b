"""
Run the demo's tasks with other settings, through the public API, and plot what came of it.

`python scripts/draw_runs.py` takes some minutes: it writes `docs/pictures/runs.json` and draws the
plots of the documentation from it. With `--draw` only the drawing is done. The agent is the demo's
simulated one; half of the explanations in its reviews are wrong on purpose.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from attrs import evolve, frozen
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reflect_api.api.memories import get_memory_history
from reflect_cli.demo.agent import SimulatedAgent
from reflect_cli.demo.database import create_database
from reflect_cli.demo.evaluation import Evaluation
from reflect_cli.demo.results import Standing
from reflect_cli.demo.tasks import load_tasks
from reflect_sdk import AugmentedTask, MemoryResponse, ReflectClient, TraceResponse
from reflect_server.testing import running_server

PICTURES = Path(__file__).resolve().parent.parent / "docs" / "pictures"
RESULTS = PICTURES / "runs.json"
SEEDS = range(5)
EPOCHS = 8


@frozen
class Look:
    """
    The colours of a theme.
    """

    ink: str
    grid: str
    lines: tuple[str, ...]


THEMES = {
    "light": Look("#334155", "#e2e8f0", ("#0f766e", "#b45309", "#64748b")),
    "dark": Look("#cbd5e1", "#475569", ("#2dd4bf", "#fbbf24", "#94a3b8")),
}


@frozen
class Setting:
    """
    What the agent is given, and how its reviews are credited.
    """

    lambda_: float = 0.5
    limit: int = 3
    alpha: float = 0.3
    names_used_memories: bool = True


DEFAULT = Setting()
SETTINGS = {
    "default": DEFAULT,
    **{f"lambda {value}": evolve(DEFAULT, lambda_=value) for value in (0.0, 0.25, 0.75, 1.0)},
    **{f"alpha {value}": evolve(DEFAULT, alpha=value) for value in (0.05, 0.1, 0.6)},
    **{f"limit {value}": evolve(DEFAULT, limit=value) for value in (1, 5, 10)},
    "none named": evolve(DEFAULT, names_used_memories=False),
}


@frozen
class TunedClient:
    """
    The client that the demo's loop uses, with a setting.
    """

    client: ReflectClient
    setting: Setting

    def augment_with_memories(self, task: str, *, limit: int = 10) -> AugmentedTask:
        """
        Retrieve as the setting says.
        """
        del limit
        return self.client.augment_with_memories(
            task, limit=self.setting.limit, lambda_=self.setting.lambda_
        )

    def query_memories(self, task: str, **options: Any) -> Sequence[MemoryResponse]:
        """
        Retrieve as the loop says, which looks at the memories at the end.
        """
        return self.client.query_memories(task, **options)

    def create_trace_and_wait(self, **run: Any) -> TraceResponse:
        """
        Record a run with the learning rate and the credit of the setting.
        """
        if not self.setting.names_used_memories:
            run["used_memory_ids"] = None
        return self.client.create_trace_and_wait(**run, alpha=self.setting.alpha)

    def create_memory(self, **reflection: Any) -> object:
        """
        Store a reflection.
        """
        return self.client.create_memory(**reflection)


def run(client: ReflectClient, name: str, seed: int) -> tuple[Evaluation, ReflectClient]:
    """
    Run all epochs with one setting, in a project of its own.
    """
    own = client.with_options(project_id=f"{name} {seed}".replace(" ", "-"))
    with closing(create_database()) as database:
        evaluation = Evaluation(
            agent=SimulatedAgent(),
            client=TunedClient(own, SETTINGS[name]),
            connection=database,
            tasks=load_tasks(),
            epochs=EPOCHS,
            seed=seed,
        )
        for _ in evaluation.run():
            pass
    return evaluation, own


def q_values(client: ReflectClient, evaluation: Evaluation) -> dict[str, list[list[float]]]:
    """
    Look up how the Q-value of the most used memory went, of those that rose and of those that sank.
    """
    ids = {id(standing): memory_id for memory_id, standing in evaluation.standings.items()}

    def histories(standings: Sequence[Standing]) -> list[list[float]]:
        used = sorted(standings, key=lambda standing: -standing.uses)[:1]
        found = (
            get_memory_history.sync(
                client=client.api, project_id=client.project_id, memory_id=ids[id(entry)]
            )
            for entry in used
        )
        lists = [events for events in found if isinstance(events, list)]
        return [[0.5, *(event.q_after for event in events)] for events in lists]

    return {"rose": histories(evaluation.risen()), "sank": histories(evaluation.sunk())}


def measure() -> dict[str, Any]:
    """
    Run every setting with every seed.
    """
    found: dict[str, Any] = {"settings": {}, "q_values": {}}
    with (
        running_server() as server,
        ReflectClient(base_url=server.base_url, api_key=server.api_key) as client,
    ):
        for name in SETTINGS:
            rows: list[dict[str, Any]] = []
            for seed in SEEDS:
                evaluation, own = run(client, name, seed)
                rows.append(
                    {
                        "with_memory": evaluation.rates(with_memory=True),
                        "without_memory": evaluation.rates(with_memory=False),
                        "unseen": evaluation.unseen_rate(with_memory=True),
                    }
                )
                if name == "default" and seed == 0:
                    found["q_values"] = q_values(own, evaluation)
            found["settings"][name] = rows
            last = statistics.mean(row["with_memory"][-1] for row in rows)
            sys.stderr.write(f"{name}: {last:.1%} in the last epoch\n")
    return found


def curves(axes: Axes, found: dict[str, Any], colours: Sequence[str]) -> None:
    """
    Plot the share of solved tasks over the epochs, with the range of the seeds.
    """
    epochs = list(range(1, EPOCHS + 1))
    kinds = (
        ("default", "with_memory", "similarity and Q-value (λ = 0.5)"),
        ("lambda 1.0", "with_memory", "similarity alone (λ = 1)"),
        ("default", "without_memory", "without memory"),
    )
    for (name, key, label), colour in zip(kinds, colours, strict=True):
        columns = list(zip(*(row[key] for row in found["settings"][name]), strict=True))
        means = [100 * statistics.mean(column) for column in columns]
        axes.plot(epochs, means, color=colour, marker="o", linewidth=2.2, label=label)
        low, high = ([100 * pick(column) for column in columns] for pick in (min, max))
        axes.fill_between(epochs, low, high, color=colour, alpha=0.18, linewidth=0)
    axes.set(xlabel="epoch", ylabel="tasks solved, %", ylim=(0, 105), xticks=epochs)
    axes.legend(loc="lower right", frameon=False, labelcolor="linecolor")


def fates(axes: Axes, found: dict[str, Any], colours: Sequence[str]) -> None:
    """
    Plot how the Q-values of two memories moved from review to review.
    """
    for key, colour in zip(("rose", "sank"), colours, strict=False):
        label = {"rose": "a memory that rose", "sank": "one that sank"}[key]
        for values in found["q_values"][key]:
            shown = [*values, values[-1]]  # The last one holds on.
            axes.step(
                range(len(shown)), shown, where="post", color=colour, linewidth=2, label=label
            )
    axes.set(xlabel="reviews of runs that used the memory", ylabel="Q-value", ylim=(0, 1))
    axes.set_xticks(range(max(map(len, found["q_values"]["rose"]))))
    axes.legend(loc="center right", frameon=False, labelcolor="linecolor")


def _bars(axes: Axes, found: dict[str, Any], names: dict[str, str], colours: Sequence[str]) -> None:
    for place, name in enumerate(names):
        values = [100 * row["with_memory"][-1] for row in found["settings"][name]]
        first = [100 * row["with_memory"][1] for row in found["settings"][name]]
        spread = statistics.stdev(values)
        axes.errorbar(place, statistics.mean(values), spread, fmt="o", color=colours[0], capsize=4)
        axes.errorbar(
            place, statistics.mean(first), statistics.stdev(first), fmt="s", color=colours[1],
            capsize=4,
        )  # fmt: skip  # settings of a drawing, many a line
    axes.set_xticks(range(len(names)), list(names.values()))
    axes.set(ylim=(0, 105), xlim=(-0.5, len(names) - 0.5))


def tuning(axes: Sequence[Axes], found: dict[str, Any], colours: Sequence[str]) -> None:
    """
    Plot the second and the last epoch of each setting, with the standard deviation over the seeds.
    """
    panels = (
        ("lambda_", {f"lambda {v}": f"{v:g}" for v in (0.0, 0.25)}
         | {"default": "0.5"} | {f"lambda {v}": f"{v:g}" for v in (0.75, 1.0)}),
        ("alpha", {f"alpha {v}": f"{v:g}" for v in (0.05, 0.1)}
         | {"default": "0.3", "alpha 0.6": "0.6"}),
        ("limit", {"limit 1": "1", "default": "3", "limit 5": "5", "limit 10": "10"}),
        ("named", {"default": "used", "none named": "none"}),
    )  # fmt: skip  # settings of a drawing, many a line
    for ax, (title, names) in zip(axes, panels, strict=True):
        _bars(ax, found, names, colours)
        ax.set_title(title, family="monospace", fontsize=10)
    axes[0].set_ylabel("tasks solved, %")
    axes[0].plot([], [], "o", color=colours[0], label="epoch 8")
    axes[0].plot([], [], "s", color=colours[1], label="epoch 2")
    axes[0].legend(loc="lower left", frameon=False, labelcolor="linecolor")


def table(found: dict[str, Any]) -> str:
    """
    Write the figures as rows of a table in Markdown: means and standard deviations in percent.
    """
    lines = []
    for name, rows in found["settings"].items():
        columns = [
            [row["with_memory"][1] for row in rows],
            [row["with_memory"][-1] for row in rows],
            [row["unseen"] for row in rows],
        ]
        cells = (
            f"{100 * statistics.mean(column):.0f} ± {100 * statistics.stdev(column):.0f}"
            for column in columns
        )
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def draw(found: dict[str, Any]) -> None:
    """
    Draw every plot for the light and for the dark theme.
    """
    for theme, figure, name in _figures(found):
        figure.savefig(PICTURES / f"{name}-{theme}.svg", transparent=True, metadata={"Date": None})


def _figures(found: dict[str, Any]) -> Iterator[tuple[str, Figure, str]]:
    for theme, look in THEMES.items():
        ink, grid, colours = look.ink, look.grid, look.lines
        style: dict[Any, Any] = {
            "axes.edgecolor": ink, "axes.labelcolor": ink, "text.color": ink,
            "xtick.color": ink, "ytick.color": ink, "axes.grid": True, "axes.grid.axis": "y",
            "grid.color": grid, "axes.axisbelow": True, "axes.spines.top": False,
            "axes.spines.right": False, "svg.hashsalt": "reflect", "font.size": 10,
        }  # fmt: skip  # settings of a drawing, many a line
        with rc_context(style):
            for name, plot in (("learning", curves), ("q-values", fates)):
                figure = Figure(figsize=(7, 3.6), layout="constrained")
                plot(figure.subplots(), found, colours)
                yield theme, figure, name
            figure = Figure(figsize=(9, 3.2), layout="constrained")
            ratios = {"width_ratios": [5, 4, 4, 2]}
            panels = figure.subplots(1, 4, sharey=True, gridspec_kw=ratios)
            tuning(list(panels), found, colours)
            yield theme, figure, "tuning"


def main() -> None:
    """
    Measure, unless told not to, and draw.
    """
    parser = argparse.ArgumentParser(description="Plot real runs for the documentation.")
    parser.add_argument("--draw", action="store_true", help="draw the results of the last run")
    if not parser.parse_args().draw:
        RESULTS.write_text(json.dumps(measure(), indent=1) + "\n", encoding="utf-8")
    found = json.loads(RESULTS.read_text(encoding="utf-8"))
    draw(found)
    sys.stdout.write(f"{table(found)}\n")


if __name__ == "__main__":
    main()
