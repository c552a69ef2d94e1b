"""
How long other requests wait while a large run is reviewed and becomes a memory.

One client reviews a run of some megabytes; another creates small traces all the time, on a
connection of its own. Printed is the longest that one of these took, in each round, from the review
until the memory of the large run exists, beside the longest in as much time without a review.

Run with `python benchmarks/large_runs.py`; `--python` takes the interpreters of other environments,
whose installed servers are measured in turn, round by round. `--json` prints one object.
"""

from __future__ import annotations

import argparse
import http.client
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rich.console import Console
from rich.progress import track
from rich.table import Table

MOST_MESSAGES = 9_000
LARGEST_DECODED = 100_000
SMALL = {"task": "Count the orders", "trajectory": [{"role": "assistant", "content": "Done."}]}


class Server:
    """
    A server of an environment, with a client for each thread.
    """

    def __init__(self, python: str, folder: Path, closing: ExitStack) -> None:
        command = [python, "-m", "reflect_server", "serve", "--json", "--port", "0"]
        self._process = closing.enter_context(
            subprocess.Popen(
                [*command, "--data-dir", str(folder)], stdout=subprocess.PIPE, text=True
            )
        )
        closing.callback(self._process.terminate)
        record = json.loads(self._process.stdout.readline() if self._process.stdout else "{}")
        self._address = urlsplit(record["address"])
        self._headers = {
            "Authorization": f"Bearer {record['api_key']}",
            "Content-Type": "application/json",
        }

    def connect(self) -> Callable[..., Any]:
        """
        Return a function that sends requests over a connection of its own.
        """
        connection = http.client.HTTPConnection(self._address.hostname or "", self._address.port)

        def send(
            method: str, path: str, body: Any = None, *, project: str = "p", **headers: str
        ) -> Any:
            raw = None if body is None else json.dumps(body)
            path = f"/v1/projects/{project}{path}"
            connection.request(method, path, raw, {**self._headers, **headers})
            answer = connection.getresponse()
            content = answer.read()
            if answer.status != 200:
                raise SystemExit(f"{method} {path} was answered {answer.status}: {content[:300]!r}")
            # A large one would hold up the other thread, whose requests are timed.
            return json.loads(content) if len(content) < LARGEST_DECODED else None

        return send


def longest_during(server: Server, act: Callable[[], None]) -> float:
    """
    Create small traces while something is done, and return the longest time one took, in ms.
    """
    send, done = server.connect(), threading.Event()
    times: list[float] = []

    def create() -> None:
        while not done.is_set():
            start = time.perf_counter()
            send("POST", "/traces", SMALL)
            times.append((time.perf_counter() - start) * 1e3)

    send("POST", "/traces", SMALL)
    thread = threading.Thread(target=create)
    thread.start()
    try:
        act()
    finally:
        done.set()
        thread.join()
    return max(times)


def large_run(megabytes: float) -> list[dict[str, Any]]:
    """
    Return a run of tool calls whose results are rows of a table.
    """
    row = {"id": 4711, "customer": "Ada Lovelace", "total": 12.5, "tags": ["paid", "shipped"]}
    rows = round(megabytes * 1e6 / MOST_MESSAGES * 2 / len(json.dumps(row)))
    messages: list[dict[str, Any]] = []
    for number in range(MOST_MESSAGES // 2):
        call = {"id": f"c{number}", "type": "function"}
        function = {"name": "run_sql", "arguments": json.dumps({"query": f"SELECT {number}"})}
        messages += [
            {"role": "assistant", "content": None, "tool_calls": [{**call, "function": function}]},
            {"role": "tool", "tool_call_id": f"c{number}", "content": [row] * rows},
        ]
    return messages


def one_round(server: Server, megabytes: float, task: str) -> dict[str, float]:
    """
    Review a large run, and wait until it has become a memory.
    """
    send = server.connect()
    body = {"task": task, "trajectory": large_run(megabytes)}
    trace_id = send("POST", "/traces", body)["trace_id"]
    took = [0.0, 0.0]

    def review() -> None:
        start = time.perf_counter()
        send("POST", f"/traces/{trace_id}/review", {"result": "pass", "remember": False})
        took[0] = time.perf_counter() - start

    def remember() -> None:
        start = time.perf_counter()
        send("PUT", f"/traces/{trace_id}/review", {"result": "pass"})
        send("GET", f"/traces/{trace_id}", Prefer="wait=30")
        took[1] = time.perf_counter() - start

    reviewed = longest_during(server, review)
    remembered = longest_during(server, remember)
    quiet = longest_during(server, lambda: time.sleep(sum(took)))
    return {
        "review": took[0] * 1e3,
        "others during the review": reviewed,
        "others during review and ingestion": remembered,
        "others without": quiet,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n", 1)[0])
    parser.add_argument("--megabytes", type=float, default=8.0, help="how large the run is")
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--python", action="append", help="the interpreter of an environment")
    parser.add_argument("--json", action="store_true", help="print one object")
    options = parser.parse_args()
    found: dict[str, list[dict[str, float]]] = {}
    with ExitStack() as closing:
        folder = Path(closing.enter_context(tempfile.TemporaryDirectory()))
        servers = {
            python: Server(python, folder / str(number), closing)
            for number, python in enumerate(options.python or [sys.executable])
        }
        for number in track(range(options.rounds), disable=options.json):
            for python, server in servers.items():
                measured = one_round(server, options.megabytes, f"Task {number}")
                found.setdefault(python, []).append(measured)
    rows = {
        python: {name: statistics.median(r[name] for r in rounds) for name in rounds[0]}
        for python, rounds in found.items()
    }
    if options.json:
        print(json.dumps({"rounds": options.rounds, "medians in ms": rows}))
        return
    table = Table("environment", *next(iter(rows.values())), title="ms, medians of the rounds")
    for python, row in rows.items():
        table.add_row(python, *(f"{value:.1f}" for value in row.values()))
    Console().print(table)


if __name__ == "__main__":
    main()
