"""
Run every protocol of `reflect eval` and write what docs/evaluation.md shows.

    python benchmarks/learning/report.py --data DATA

DATA holds `banking77` (train.csv, test.csv) and `llb` (db_train.json, db_val.json); what is missing
is left out and named. Results go to docs/evaluation/ as JSON and pictures, and as tables into
docs/evaluation.md, between its markers.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

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

MEMORIES, TASKS, HELD_OUT = 1_000, 2_000, 600
DATABASE_TASKS = 100
SHOWN = ("-over-time", "-calibration")
ABOUT = "Mean ± half of the 95% interval; the best of a column is bold."

Plan = tuple[str, int, Callable[[Service], Evaluation]]


def plans(data: Path, seeds: int, wanted: list[str], console: Console) -> Iterator[Plan]:
    """
    Say what there is to run: title, number of steps, and how.
    """
    if "retrieval" in wanted:
        for name in ("banking77", "llb"):
            if present(data / name, console):
                made = retrieval.read_retrieval_set(data / name)
                yield (
                    f"retrieval {name}",
                    retrieval.steps_of(made),
                    lambda service, made=made: retrieval.evaluate_retrieval(service, made),
                )
    if "database" in wanted and present(data / "llb", console):
        tasks = some_of(read_database_tasks(data / "llb"), DATABASE_TASKS)
        settings = database.DatabaseSettings(seeds)
        yield (
            "database llb",
            database.steps_of(tasks, settings),
            lambda service: database.evaluate_database(service, tasks, settings, name="llb"),
        )
    if "stream" in wanted and present(data / "banking77", console):
        texts = read_labelled(data / "banking77")
        options = stream.StreamSettings(seeds, bank=MEMORIES, stream=TASKS, held_out=HELD_OUT)
        yield (
            "stream banking77",
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
    Write the results of a folder as Markdown.
    """
    parts = []
    for file in sorted(results.glob("*.json"), key=lambda path: path.stem, reverse=True):
        found = json.loads(file.read_text(encoding="utf-8"))
        parts.append(found["markdown"])
        parts.extend(
            f"![{found['title']}](evaluation/{picture.name})"
            for picture in sorted(results.glob(f"{file.stem}-*.png"), reverse=True)
        )
    return "\n\n".join(parts)


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
    lines += ["", "Against the best other strategy, pair by pair, with the 95% interval:", ""]
    for condition in evaluation.conditions:
        best = evaluation.best_baseline(condition)
        for strategy in evaluation.strategies:
            if best is not None and strategy.startswith(OURS):
                margin = evaluation.margin(strategy, best, condition)
                if margin is not None:
                    lines.append(f"- {condition}: {strategy}: {signed(margin)} to {best}")
    return "\n".join(lines)


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


def main() -> None:
    """
    Run what is wanted, and write the page.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder of the data sets")
    parser.add_argument("--out", type=Path, default=PAGE.with_suffix(""), help="for the results")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument(
        "--only", nargs="*", default=["retrieval", "database", "stream"], metavar="PROTOCOL"
    )
    options = parser.parse_args()
    console = Console(highlight=False)
    options.out.mkdir(parents=True, exist_ok=True)
    for title, steps, evaluate in plans(options.data, options.seeds, options.only, console):
        with (
            progress(console, title, steps) as advanced,
            running_service(options.workers, advanced) as service,
        ):
            evaluation = evaluate(service)
        kept = {**evaluation.to_json(), "markdown": markdown(evaluation)}
        file = options.out / f"{evaluation.stem}.json"
        file.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        for picture in draw(evaluation, options.out):
            if not picture.stem.endswith(SHOWN):
                picture.unlink()
        show(console, evaluation)
    if options.out == PAGE.with_suffix(""):
        page = PAGE.read_text(encoding="utf-8")
        made = RESULTS.sub(lambda m: f"{m[1]}\n{tables(options.out)}\n\n{m[2]}", page)
        PAGE.write_text(made, encoding="utf-8")
        console.print(f"written: {PAGE}")


if __name__ == "__main__":
    main()
