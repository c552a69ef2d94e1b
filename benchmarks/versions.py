"""
This version beside another, pair by pair: what the same calls of two installed servers take.

Both servers run at once, each in the environment of its interpreter and with the same data. A pair
is some calls of the one and as many of the other, in an order that changes each time, so what else
the machine does meets both alike. Printed is the median of the pairs' ratios with its 95 % interval
(by order statistics: Conover, Practical Nonparametric Statistics, 1999, section 3.2).

- create: a run of 20 messages, without a review.
- query: a task, over 1,000 and over 10,000 memories.
- review: a verdict on a run that was given five memories. Its memory is waited for, untimed.
- start: from the command until the first key is told, in a new folder.
- import: of `reflect_sdk`, and of what a server imports.

Run with `python benchmarks/versions.py OTHER_PYTHON`; `--pairs` says how many pairs, `--only` which
rows, `--json` prints one object.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from large_runs import Server
from rich.console import Console
from rich.progress import track
from rich.table import Table
from server_costs import task

CALLS_PER_PAIR = 8
STARTS_PER_PAIR = 1
GIVEN = 5
BATCH = 50

Act = Callable[[], float]


class Version:
    """
    An installed version with its server.
    """

    def __init__(self, python: str, folder: Path, closing: ExitStack) -> None:
        self.python = python
        self._folder = folder
        self.send = Server(python, folder / "data", closing).connect()
        self._number = 0
        self._reviewable: Iterator[str] = iter(())
        self._memories: list[str] = []

    def fill(self, project: str, count: int) -> None:
        """
        Give a project memories, by runs that bring their reflection.
        """
        for number in range(count):
            reflection = {"summary": f"About {number}", "guidance": f"Advice {number}"}
            review = {"result": "pass", "reflection": reflection}
            self.send("POST", "/traces", self._run(task(number), review=review), project=project)
        found = self.send("POST", "/memory/query", {"task": task(0)}, project=project)
        self._memories = [memory["id"] for memory in found][:GIVEN]

    def create(self) -> float:
        body = self._run(self._next_task(), messages=20)
        return self._timed("POST", "/traces", body)

    def query(self, project: str) -> float:
        return self._timed("POST", "/memory/query", {"task": self._next_task()}, project)

    def review(self) -> float:
        trace_id = next(self._reviewable, None)
        if trace_id is None:
            self._reviewable = iter([self._unreviewed() for _ in range(BATCH)])
            trace_id = next(self._reviewable)
        body = {"result": ("pass", "fail")[self._number % 2]}
        taken = self._timed("POST", f"/traces/{trace_id}/review", body, "small")
        self.send("GET", f"/traces/{trace_id}", project="small", Prefer="wait=30")
        return taken

    def start(self) -> float:
        with tempfile.TemporaryDirectory(dir=self._folder) as folder, ExitStack() as closing:
            began = time.perf_counter()
            Server(self.python, Path(folder) / "data", closing)
            return time.perf_counter() - began

    def imports(self, modules: str) -> float:
        began = time.perf_counter()
        subprocess.run([self.python, "-c", f"import {modules}"], check=True)
        return time.perf_counter() - began

    def _unreviewed(self) -> str:
        body = self._run(self._next_task(), retrieved_memory_ids=self._memories)
        return str(self.send("POST", "/traces", body, project="small")["trace_id"])

    def _next_task(self) -> str:
        self._number += 1
        return task(self._number)

    def _run(self, text: str, messages: int = 1, **fields: Any) -> dict[str, Any]:
        said = [{"role": "assistant", "content": f"Step {n} of {text}"} for n in range(messages)]
        return {"task": text, "trajectory": said, **fields}

    def _timed(self, method: str, path: str, body: Any, project: str = "created") -> float:
        began = time.perf_counter()
        self.send(method, path, body, project=project)
        return time.perf_counter() - began


def paired(mine: Act, other: Act, pairs: int, calls: int, what: str, *, quiet: bool) -> list[float]:
    """
    Return the ratio of each pair.
    """
    ratios = []
    for number in track(range(pairs), what, disable=quiet):
        taken: dict[bool, list[float]] = {True: [], False: []}
        for call in range(2 * calls):
            is_mine = (call + number) % 2 == 0
            taken[is_mine].append((mine if is_mine else other)())
        ratios.append(statistics.median(taken[True]) / statistics.median(taken[False]))
    return ratios


def interval(ratios: list[float]) -> tuple[float, float, float]:
    """
    Return the median, and the ends of its 95 % interval.
    """
    ordered, count = sorted(ratios), len(ratios)
    reach = 1.96 * math.sqrt(count) / 2
    low = ordered[max(0, math.floor(count / 2 - reach))]
    high = ordered[min(count - 1, math.ceil(count / 2 + reach))]
    return statistics.median(ordered), low, high


def rows_of(mine: Version, other: Version) -> dict[str, tuple[Act, Act, int]]:
    def both(name: str, *arguments: str, calls: int = CALLS_PER_PAIR) -> tuple[Act, Act, int]:
        return (
            lambda: getattr(mine, name)(*arguments),
            lambda: getattr(other, name)(*arguments),
            calls,
        )

    return {
        "create": both("create"),
        "query 1,000": both("query", "small"),
        "query 10,000": both("query", "large"),
        "review": both("review"),
        "start": both("start", calls=STARTS_PER_PAIR),
        "import reflect_sdk": both("imports", "reflect_sdk", calls=1),
        "import the server": both("imports", "reflect_server.commands", calls=1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n", 1)[0])
    parser.add_argument("other", help="the interpreter of the other version's environment")
    parser.add_argument("--pairs", type=int, default=300)
    parser.add_argument("--only", nargs="*", help="rows, by the first letters of their names")
    parser.add_argument("--json", action="store_true", help="print one object")
    options = parser.parse_args()
    found = {}
    with ExitStack() as closing:
        folder = Path(closing.enter_context(tempfile.TemporaryDirectory()))
        mine, other = (
            Version(python, folder / name, closing)
            for name, python in (("mine", sys.executable), ("other", options.other))
        )
        rows = {
            name: row
            for name, row in rows_of(mine, other).items()
            if not options.only or name.startswith(tuple(options.only))
        }
        for version in (mine, other):
            if "query 10,000" in rows:
                version.fill("large", 10_000)
            version.fill("small", 1_000)
        for name, (my_act, other_act, calls) in rows.items():
            my_act(), other_act()
            ratios = paired(my_act, other_act, options.pairs, calls, name, quiet=options.json)
            found[name] = interval(ratios)
    if options.json:
        print(json.dumps({"pairs": options.pairs, "ratios": found}))
        return
    table = Table(
        "call", "ratio", "95 % interval", title=f"this version / the other, {options.pairs} pairs"
    )
    for name, (ratio, low, high) in found.items():
        table.add_row(name, f"{ratio:.3f}", f"{low:.3f} to {high:.3f}")
    Console().print(table)


if __name__ == "__main__":
    main()
