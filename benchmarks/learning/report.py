"""
Run every protocol of `reflect eval` and write what docs/evaluation.md shows.

    python benchmarks/learning/report.py --data DATA --full

DATA holds `banking77` (train.csv, test.csv) and `llb` (db_train.json, db_val.json), or the sets of
these forms that `--sets` names; what is missing is left out and named. Results go to
docs/evaluation/ as JSON and pictures, and as tables into docs/evaluation.md, between its markers.
With `--vectors`, a file that embed.py has made, the servers compare its vectors instead of the
built-in embedder's.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from reflect_cli.evaluation import database, retrieval, stream
from reflect_cli.evaluation.database_tasks import read_database_tasks, some_of
from reflect_cli.evaluation.labelled import read_labelled
from reflect_cli.evaluation.pictures import draw
from reflect_cli.evaluation.results import OURS, Evaluation
from reflect_cli.evaluation.screen import progress, show, signed, written
from reflect_cli.evaluation.service import Service, running_service

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "evaluation.md"
RESULTS = re.compile(r"(<!-- results begin -->\n).*(<!-- results end -->)", re.DOTALL)

CACHED = Path(__file__).parent / "cached"
SETS = ("banking77", "llb")
PROTOCOLS = ("stream", "retrieval", "database")
SHOWN = ("-over-time", "-calibration")
ABOUT = "Mean ± half of the 95% interval; the best of a column is bold."

OTHER_VECTORS = "The same over vectors of this model instead of the built-in embedder's."
EARLIER_MODEL = "all-MiniLM-L6-v2"
EARLIER_SIZES = {"memories": 2_000, "stream": 4_000, "held_out": 1_000}
EARLIER = {
    "similarity only": (".873", ".793", ".622", ".452", ""),
    "best rule of each column": (".882", ".864", ".827", ".792", ".782"),
}
"""The figures of an earlier measurement on BANKING77, by column."""
EARLIER_TOLD = (
    "Earlier measurement: of the same rules with this model at these sizes, before this server was "
    "written, with 4 seeds."
)

Plan = tuple[str, int, Callable[[Service], Evaluation]]


@dataclass(frozen=True, slots=True)
class Sizes:
    """
    How much is run; None for what the commands take by default.
    """

    seeds: int
    memories: int | None = None
    tasks: int | None = None
    held_out: int | None = None
    database_tasks: int | None = None


@dataclass(frozen=True, slots=True)
class Embedder:
    """
    What servers make vectors with: the built-in embedder, or a model's vectors in a file.
    """

    vectors: Path | None = None

    @property
    def name(self) -> str | None:
        """
        The model's name; None for the built-in embedder.
        """
        if self.vectors is None:
            return None
        with np.load(self.vectors) as file:
            return str(file["name"])

    @property
    def env(self) -> dict[str, str]:
        """
        The variables that a server needs for it.
        """
        if self.vectors is None:
            return {}
        return {
            "REFLECT_EMBEDDER": f"sentence-transformers:{self.vectors.resolve()}",
            "PYTHONPATH": str(CACHED),
        }

    def named(self, evaluation: Evaluation) -> Evaluation:
        """
        Have an evaluation say what its vectors were made with.
        """
        if self.name is None:
            return evaluation
        return replace(
            evaluation,
            title=f"{evaluation.title}, with {self.name}",
            settings={
                **evaluation.settings,
                "data": f"{evaluation.settings['data']} {self.name}",
                "embedder": self.name,
            },
        )


def plans(folder: Path, sizes: Sizes, wanted: list[str]) -> Iterator[Plan]:
    """
    Say what there is to run with a data set: title, number of steps, and how.
    """
    name = folder.name
    if "retrieval" in wanted:
        made = retrieval.read_retrieval_set(folder)
        yield (
            f"retrieval {name}",
            retrieval.steps_of(made),
            lambda service: retrieval.evaluate_retrieval(service, made),
        )
    is_labelled = (folder / "train.csv").exists()
    if "database" in wanted and not is_labelled:
        tasks = some_of(read_database_tasks(folder), sizes.database_tasks)
        settings = database.DatabaseSettings(sizes.seeds)
        yield (
            f"database {name}",
            database.steps_of(tasks, settings),
            lambda service: database.evaluate_database(service, tasks, settings, name=name),
        )
    if "stream" in wanted and is_labelled:
        texts = read_labelled(folder)
        options = stream.StreamSettings(
            sizes.seeds, bank=sizes.memories, stream=sizes.tasks, held_out=sizes.held_out
        )
        yield (
            f"stream {name}",
            stream.steps_of(texts, options),
            lambda service: stream.evaluate_stream(service, texts, options),
        )


def present(folder: Path, console: Console) -> bool:
    """
    Say whether a folder is there, and name it where it is not.
    """
    if not folder.is_dir():
        console.print(f"left out: {folder} is missing", style="yellow")
    return folder.is_dir()


def tables(results: Path) -> str:
    """
    Write the results of a folder as Markdown, those of other embedders below a heading each.
    """
    files = sorted(results.glob("*.json"))
    found = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    found.sort(key=lambda kept: PROTOCOLS.index(kept["protocol"]))
    by_embedder: dict[str | None, list[str]] = {None: []}
    for kept in found:
        parts = by_embedder.setdefault(kept["settings"].get("embedder"), [])
        parts.append(kept["markdown"])
        parts.extend(f"![{kept['title']}](evaluation/{name})" for name in kept["pictures"])
    others = [
        part
        for name, parts in by_embedder.items()
        if name is not None
        for part in (f"## Results with {name}", OTHER_VECTORS, *parts)
    ]
    return "\n\n".join([*by_embedder[None], *others])


def markdown(evaluation: Evaluation) -> str:
    """
    Write an evaluation as a Markdown table, with the margins below.
    """
    lines = [
        f"### {evaluation.title}",
        "",
        f"Agent: {evaluation.agent}. {ABOUT} Unit: {evaluation.unit}.",
        "",
        f"| strategy | {' | '.join(evaluation.conditions)} |",
        f"| --- |{' --- |' * len(evaluation.conditions)}",
    ]
    for strategy in evaluation.strategies:
        cells = [cell(evaluation, strategy, condition) for condition in evaluation.conditions]
        lines.append(f"| {strategy} | {' | '.join(cells)} |")
    lines += [f"| *earlier measurement: {n}* | {' | '.join(c)} |" for n, c in earlier(evaluation)]
    if earlier(evaluation):
        lines += ["", EARLIER_TOLD]
    lines += ["", "Against the best other strategy, pair by pair, with the 95% interval:", ""]
    for condition in evaluation.conditions:
        best = evaluation.best_baseline(condition)
        for strategy in evaluation.strategies:
            if best is not None and strategy.startswith(OURS):
                margin = evaluation.margin(strategy, best, condition)
                if margin is not None:
                    lines.append(f"- {condition}: {strategy}: {signed(margin)} to {best}")
    return "\n".join(lines)


def earlier(evaluation: Evaluation) -> list[tuple[str, tuple[str, ...]]]:
    """
    Return the earlier figures that an evaluation can be held against, where there are any.
    """
    wanted: dict[str, Any] = {**EARLIER_SIZES, "data": f"{SETS[0]} {EARLIER_MODEL}"}
    is_the_same = evaluation.protocol == "stream" and wanted.items() <= evaluation.settings.items()
    return list(EARLIER.items()) if is_the_same else []


def cell(evaluation: Evaluation, strategy: str, condition: str) -> str:
    """
    Write one cell, bold where it is the best of its column.
    """
    found = evaluation.of(strategy, condition)
    if found is None:
        return ""
    means = [m.interval.mean for m in evaluation.measurements if m.condition == condition]
    text = written(found.interval)
    return f"**{text}**" if found.interval.mean == max(means) else text


def keep(evaluation: Evaluation, out: Path) -> None:
    """
    Write an evaluation as JSON, with its table, and its pictures.
    """
    shown = []
    for picture in draw(evaluation, out):
        if picture.stem.endswith(SHOWN):
            shown.append(picture.name)
        else:
            picture.unlink()
    kept = {**evaluation.to_json(), "markdown": markdown(evaluation), "pictures": shown}
    file = out / f"{evaluation.stem}.json"
    file.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def main() -> None:
    """
    Run what is wanted, and write the page.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder of the data sets")
    parser.add_argument("--out", type=Path, default=PAGE.with_suffix(""), help="for the results")
    parser.add_argument("--vectors", type=Path, help="a file that embed.py has made")
    parser.add_argument("--full", action="store_true", help="the commands' sizes, instead of half")
    parser.add_argument("--database-tasks", type=int, help="how many; with --full, otherwise all")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument(
        "--only", nargs="+", default=PROTOCOLS, choices=PROTOCOLS, metavar="PROTOCOL"
    )
    parser.add_argument("--sets", nargs="+", default=SETS, help="folders of DATA")
    options = parser.parse_args()
    console = Console(highlight=False)
    options.out.mkdir(parents=True, exist_ok=True)
    embedder = Embedder(options.vectors)
    sizes = Sizes(options.seeds, 1_000, 2_000, 600, options.database_tasks or 100)
    if options.full:
        sizes = Sizes(options.seeds, database_tasks=options.database_tasks)
    folders = [f for name in options.sets if present(f := options.data / name, console)]
    planned = (plans(folder, sizes, options.only) for folder in folders)
    for title, steps, evaluate in chain.from_iterable(planned):
        with (
            progress(console, title, steps) as advanced,
            running_service(options.workers, advanced, env=embedder.env) as service,
        ):
            evaluation = embedder.named(evaluate(service))
        keep(evaluation, options.out)
        show(console, evaluation)
    if options.out == PAGE.with_suffix(""):
        page = PAGE.read_text(encoding="utf-8")
        made = RESULTS.sub(lambda m: f"{m[1]}\n{tables(options.out)}\n\n{m[2]}", page)
        PAGE.write_text(made, encoding="utf-8")
        console.print(f"written: {PAGE}")


if __name__ == "__main__":
    main()
