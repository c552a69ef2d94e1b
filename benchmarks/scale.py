"""
What queries and reviews cost as a project grows from 1,000 to 1,000,000 memories.

    python benchmarks/scale.py
    python benchmarks/scale.py --memories 1000 10000 --out /tmp/scale   # a quick look

At each size, over HTTP and one kept-alive connection: queries, in turn with a bare endpoint that
scans the same vectors exhaustively (bare_endpoint.py), so that both meet the same machine; the
first query after a start, which loads the project; and the memory of the server. At 100,000
memories eight clients review runs as fast as they can; a tenth of the reviews is sent twice, and
every memory must have been credited as often as its runs were reviewed. Tasks are made of the words
of Python's own documentation, as often as they occur there. Writes `scale.json` and two pictures,
and what the guide to self-hosting says of it, between its markers.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from pydoc_data.topics import topics
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table
from server_costs import (
    BATCH,
    CLIENTS,
    NOW,
    Client,
    bare,
    in_turn,
    keep,
    reflecting,
    resident_mb,
)

from reflect_server.embedders.local import LocalEmbedder
from reflect_server.store.sqlite import SqliteStore

DOCS = Path(__file__).resolve().parent.parent / "docs"
OUT = DOCS / "pictures"
PAGE = DOCS / "guides" / "self-hosting.md"
RESULTS = re.compile(r"(<!-- scale begin -->\n).*(<!-- scale end -->)", re.DOTALL)
COLUMNS = {
    "memories": "memories",
    "reflect_p50_ms": "Reflect, median, ms",
    "reflect_p95_ms": "Reflect, 95%, ms",
    "bare_p50_ms": "bare, median, ms",
    "bare_p95_ms": "bare, 95%, ms",
    "ratio_p50": "ratio of medians",
    "first_query_s": "first query, s",
    "resident_mb": "server's memory, MB",
}
SIZES = [1_000, 10_000, 100_000, 300_000, 1_000_000]
REVIEWED_SIZE = 100_000
REVIEWED_MEMORIES = 50
SENT_TWICE = 10
TASK_WORDS = (6, 18)
QUERIES = 200
PROJECT = "/v1/projects/default"
THEMES = {
    "light": ("#334155", "#e2e8f0", ("#0f766e", "#5eada4", "#b45309", "#d6a06a")),
    "dark": ("#cbd5e1", "#475569", ("#2dd4bf", "#1f8f81", "#fbbf24", "#a87f1f")),
}

Measured = dict[str, Any]


def tasks(seed: str) -> Iterator[str]:
    """
    Make tasks without end; few words are in many of them, and most words in few.
    """
    counted = Counter(re.findall(r"[a-z]{2,}", " ".join(topics.values()).lower()))
    words, frequencies = list(counted), list(counted.values())
    draw = random.Random(seed)
    while True:
        chosen = iter(draw.choices(words, frequencies, k=4_096))
        for _ in range(4_096 // TASK_WORDS[1]):
            text = " ".join(next(chosen) for _ in range(draw.randint(*TASK_WORDS)))
            yield f"{text.capitalize()} {draw.randrange(100_000)}"


class Bank:
    """
    Memories in a data folder that grows while no server has it.
    """

    def __init__(self, folder: Path, most: int) -> None:
        self.folder = folder
        self._tasks = tasks("memories")
        self._embedder = LocalEmbedder()
        self._vectors = np.empty((most, self._embedder.dimensions), np.float32)
        self._count = 0

    def grow(self, count: int) -> NDArray[np.float32]:
        """
        Bring it to a number of memories, and return the vectors of all.
        """
        with closing(SqliteStore(self.folder)) as store:
            if self._count == 0:
                store.write(lambda tx: tx.projects.create("default", created_at=NOW))
            starts = range(self._count, count, BATCH)
            for start in track(starts, f"keeping {count:,} memories", transient=True):
                numbers = range(start, min(start + BATCH, count))
                texts = [next(self._tasks) for _ in numbers]
                self._vectors[start : numbers.stop] = keep(store, self._embedder, numbers, texts)
        self._count = count
        return self._vectors[:count]


def measured(bank: Bank, size: int, times: int, reviews: int, key: str) -> tuple[Measured, str]:
    """
    Measure one size; returns the key of the server beside, which only its first start tells.
    """
    asked = tasks("queries")
    texts = [next(asked) for _ in range(QUERIES)]
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        np.save(scratch / "vectors.npy", bank.grow(size))
        np.save(scratch / "queries.npy", LocalEmbedder().embed(texts))
        server, key = stack.enter_context(reflecting(bank.folder, key))
        ours = stack.enter_context(closing(Client(server.base_url, key)))
        ours.call("POST", "/v1/projects/empty/memory/query", {"task": "Load the embedder"})
        started = time.perf_counter()
        ours.call("POST", f"{PROJECT}/memory/query", {"task": texts[0]})
        first = time.perf_counter() - started
        address = stack.enter_context(
            bare("scan", scratch / "vectors.npy", scratch / "queries.npy")
        )
        theirs = stack.enter_context(closing(Client(address)))
        taken = in_turn(
            {
                "reflect": lambda n: ours.call(
                    "POST", f"{PROJECT}/memory/query", {"task": texts[n % QUERIES]}
                ),
                "bare": lambda n: theirs.call("POST", "/", {"number": n}),
            },
            times,
        )
        found: Measured = {
            "memories": size,
            "first_query_s": round(first, 2),
            "resident_mb": round(resident_mb(server.process.pid)),
        }
        for name, values in taken.items():
            p50, p95 = np.percentile(values, [50, 95])
            found |= {f"{name}_p50_ms": round(p50, 2), f"{name}_p95_ms": round(p95, 2)}
        found["ratio_p50"] = round(found["reflect_p50_ms"] / found["bare_p50_ms"], 2)
        if size == REVIEWED_SIZE:
            found["reviews"] = reviewed(lambda: Client(server.base_url, key), reviews)
    return found, key


def reviewed(connect: Callable[[], Client], count: int) -> Measured:
    """
    Review runs with several clients at once, and count what became of it.
    """
    used = [f"mem_{number:024x}" for number in range(REVIEWED_MEMORIES)]
    count -= count % (CLIENTS * REVIEWED_MEMORIES)
    with closing(connect()) as client:
        runs = [
            client.call("POST", f"{PROJECT}/traces", _run(number, used[number % len(used)]))
            for number in track(range(count), "recording runs", transient=True)
        ]
        before = [_uses(client, memory_id) for memory_id in used]
        started = time.perf_counter()
        threads = [
            threading.Thread(target=_review, args=(connect, runs[place::CLIENTS]))
            for place in range(CLIENTS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seconds = time.perf_counter() - started
        added = [
            _uses(client, memory_id) - uses for memory_id, uses in zip(used, before, strict=True)
        ]
    each = count // len(used)
    return {
        "reviews": count,
        "sent_twice": count // SENT_TWICE,
        "per_s": round(count / seconds),
        "lost": sum(max(each - uses, 0) for uses in added),
        "counted_twice": sum(max(uses - each, 0) for uses in added),
    }


def _run(number: int, memory_id: str) -> dict[str, Any]:
    return {
        "task": f"Reviewed run {number}",
        "trajectory": [{"role": "assistant", "content": "Done."}],
        "retrieved_memory_ids": [memory_id],
        "used_memory_ids": [memory_id],
    }


def _uses(client: Client, memory_id: str) -> int:
    return int(client.call("GET", f"{PROJECT}/memories/{memory_id}")["uses"])


def _review(connect: Callable[[], Client], runs: list[dict[str, Any]]) -> None:
    with closing(connect()) as client:
        for number, run in enumerate(runs):
            for _ in range(2 if number % SENT_TWICE == 0 else 1):
                path = f"{PROJECT}/traces/{run['trace_id']}/review"
                client.call("POST", path, {"result": "pass"})


def draw(found: list[Measured], out: Path) -> None:
    """
    Draw the costs over the number of memories, for the light and for the dark theme.
    """
    lines = (
        ("reflect_p50_ms", "Reflect, median", "-"),
        ("reflect_p95_ms", "Reflect, 95th percentile", "--"),
        ("bare_p50_ms", "bare scan of the same vectors, median", "-"),
        ("bare_p95_ms", "bare scan, 95th percentile", "--"),
    )
    sizes = [row["memories"] for row in found]
    for theme, (ink, grid, colours) in THEMES.items():
        settings: dict[Any, Any] = {
            "text.color": ink, "axes.labelcolor": ink, "xtick.color": ink, "ytick.color": ink,
            "axes.edgecolor": grid, "grid.color": grid, "axes.spines.top": False,
            "axes.spines.right": False, "svg.hashsalt": "reflect", "font.size": 10,
        }  # fmt: skip  # style settings, many a line
        with rc_context(settings):
            figure = Figure(figsize=(8, 4.2), layout="constrained")
            axes = figure.subplots()
            for (name, label, style), colour in zip(lines, colours, strict=True):
                values = [row[name] for row in found]
                axes.plot(sizes, values, style, color=colour, label=label, marker="o", markersize=4)
            axes.set_xscale("log")
            axes.set_yscale("log")
            axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
            axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axes.yaxis.set_major_formatter("{x:g}")
            axes.minorticks_off()
            axes.set_xlabel("memories in the project")
            axes.set_ylabel("a query over HTTP, ms")
            axes.grid()
            axes.legend(frameon=False)
            figure.savefig(out / f"scale-{theme}.svg", transparent=True, metadata={"Date": None})


def markdown(found: list[Measured]) -> str:
    """
    Write the figures as Markdown.
    """
    lines = [f"| {' | '.join(COLUMNS.values())} |", "| ---: " * len(COLUMNS) + "|"]
    lines += [f"| {' | '.join(f'{row[name]:,}' for name in COLUMNS)} |" for row in found]
    for row in found:
        if "reviews" in row:
            lines += ["", told(row)]
    return "\n".join(lines)


def told(row: Measured) -> str:
    """
    Say what became of the reviews.
    """
    counted = row["reviews"]
    return (
        f"With {row['memories']:,} memories, {CLIENTS} clients had {counted['per_s']:,} reviews a "
        f"second applied\n({counted['reviews']:,} in all, {counted['sent_twice']:,} of them sent "
        f"twice): {counted['lost']} lost, {counted['counted_twice']} counted twice."
    )


def show(found: list[Measured]) -> None:
    """
    Show the figures as a table.
    """
    table = Table(title="A query over HTTP")
    for title in COLUMNS.values():
        table.add_column(title, justify="right")
    for row in found:
        table.add_row(*(f"{row[name]:,}" for name in COLUMNS))
    console = Console()
    console.print(table)
    for row in found:
        if "reviews" in row:
            console.print(told(row))


def main() -> None:
    """
    Measure all sizes, and write and draw what was found.
    """
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--memories", type=int, nargs="+", default=SIZES, help="the sizes")
    parser.add_argument("--queries", type=int, default=300, help="how many at each size")
    parser.add_argument("--reviews", type=int, default=4_000, help="at 100,000 memories")
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args()
    sizes = sorted(options.memories)
    found, key = [], ""
    with tempfile.TemporaryDirectory() as folder:
        bank = Bank(Path(folder), sizes[-1])
        for size in sizes:
            row, key = measured(bank, size, options.queries, options.reviews, key)
            found.append(row)
    options.out.mkdir(parents=True, exist_ok=True)
    results = json.dumps({"sizes": found}, indent=1) + "\n"
    (options.out / "scale.json").write_text(results, encoding="utf-8")
    draw(found, options.out)
    show(found)
    if options.out == OUT:
        page = PAGE.read_text(encoding="utf-8")
        made = RESULTS.sub(lambda m: f"{m[1]}\n{markdown(found)}\n\n{m[2]}", page)
        PAGE.write_text(made, encoding="utf-8")


if __name__ == "__main__":
    main()
