"""
What the server costs, beside the least that such a service could do, in one run on one machine.

- Creating a trace of 20 messages, beside a bare endpoint that keeps the same bytes in SQLite with
  the same durability: median, and requests per second of eight clients.
- A query over many memories, beside a bare endpoint that scans the same vectors exhaustively; and,
  for the `--peers` that are installed, beside their own search in this process, without HTTP.
- From a review to a memory that a query finds, with the local writer.
- The start of a server with many traces in one project, and with many projects, and its memory.

Run with `nox -s bench`. `--quick` takes fewer memories and calls; `--json` prints one object.
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
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray
from peers import PEERS
from rich.console import Console
from rich.progress import track
from rich.table import Table

from reflect_server.domain.memory import Memory
from reflect_server.domain.reflection import Reflection
from reflect_server.domain.trace import Trace
from reflect_server.domain.trajectory import Trajectory
from reflect_server.embedders.local import LocalEmbedder
from reflect_server.store.protocol.store import Transaction
from reflect_server.store.sqlite import SqliteStore
from reflect_server.testing import ServerProcess

HERE = Path(__file__).parent
NOW = datetime(2026, 11, 1, tzinfo=UTC)
VERBS = (
    "Count",
    "List",
    "Compare",
    "Sum",
    "Export",
    "Check",
    "Rank",
    "Explain",
    "Cancel",
    "Refund",
)
THINGS = ("orders", "refunds", "customers", "invoices", "parcels", "tickets", "flights", "seats")
PLACES = ("Berlin", "Lagos", "Lima", "Oslo", "Osaka", "Paris", "Quito", "Riga", "Seoul", "Turin")
CLIENTS = 8
BLOCK = 50
BATCH = 2_000

Row = dict[str, Any]


def task(number: int) -> str:
    verb, thing = VERBS[number % 10], THINGS[number // 10 % 8]
    return f"{verb} the {thing} of {PLACES[number // 80 % 10]} in case {number // 800}"


class Client:
    """
    One kept-alive connection, as each of a pool.
    """

    def __init__(self, base_url: str, key: str | None = None) -> None:
        address = urlsplit(base_url)
        self._connection = http.client.HTTPConnection(address.hostname or "", address.port)
        self._headers = {"Content-Type": "application/json"}
        if key:
            self._headers["Authorization"] = f"Bearer {key}"

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self._connection.request(
            method, path, None if method == "GET" else raw, self._headers | headers
        )
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{method} {path} was answered {answer.status}: {content[:300]!r}")
        return json.loads(content)

    def close(self) -> None:
        self._connection.close()


@contextmanager
def bare(kind: str, *paths: Path) -> Iterator[str]:
    command = [sys.executable, str(HERE / "bare_endpoint.py"), kind, *map(str, paths)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            port = process.stdout.readline().strip() if process.stdout else ""
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


@contextmanager
def reflecting(folder: Path, key: str | None = None) -> Iterator[tuple[ServerProcess, str]]:
    server = ServerProcess(folder)
    try:
        yield server, server.first_key or key or ""
    finally:
        server.stop()


def in_turn(calls: dict[str, Callable[[int], object]], times: int) -> dict[str, list[float]]:
    """
    Return the milliseconds of calls made in turn, a few of each, so that all meet the same machine.

    Not one of each: after a product the threads of BLAS keep a processor busy for some time, and
    would take it from the call that follows.

    Args:
        calls: What to call, with a number that rises.
        times: How often each; a tenth more is made before, and does not count.
    """
    taken: dict[str, list[float]] = {name: [] for name in calls}
    unmeasured = max(BLOCK, times // 10)
    for start in range(0, unmeasured + times, BLOCK):
        for name, call in calls.items():
            for number in range(start, start + BLOCK):
                started = time.perf_counter()
                call(number)
                taken[name].append((time.perf_counter() - started) * 1000)
    return {name: values[unmeasured:] for name, values in taken.items()}


def medians(calls: dict[str, Callable[[], object]], times: int) -> dict[str, float]:
    """
    Return the median milliseconds of calls made in turn.
    """
    taken = in_turn({name: lambda _, call=call: call() for name, call in calls.items()}, times)
    return {name: statistics.median(values) for name, values in taken.items()}


def throughput(make: Callable[[], Client], call: Callable[[Client], object], each: int) -> float:
    """
    Return how many calls per second `CLIENTS` clients get answered.
    """
    clients = [make() for _ in range(CLIENTS)]

    def work(client: Client) -> None:
        for _ in range(each):
            call(client)

    threads = [threading.Thread(target=work, args=(client,)) for client in clients]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - started
    for client in clients:
        client.close()
    return CLIENTS * each / seconds


def creating(times: int) -> list[Row]:
    messages = [
        {"role": ("user", "assistant")[turn % 2], "content": "word " * 70} for turn in range(20)
    ]
    body = json.dumps({"task": "Count the orders", "trajectory": messages}).encode()
    path = "/v1/projects/default/traces"
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server, key = stack.enter_context(reflecting(folder / "data"))
        address = stack.enter_context(bare("traces", folder / "bare.db"))
        ours = stack.enter_context(closing(Client(server.base_url, key)))
        theirs = stack.enter_context(closing(Client(address)))
        found = medians(
            {
                "reflect": lambda: ours.call("POST", path, body),
                "bare": lambda: theirs.call("POST", "/", body),
            },
            times,
        )
        rates: dict[str, list[float]] = {"reflect": [], "bare": []}
        for _ in range(5):
            rates["bare"].append(
                throughput(lambda: Client(address), lambda c: c.call("POST", "/", body), times // 8)
            )
            rates["reflect"].append(
                throughput(
                    lambda: Client(server.base_url, key),
                    lambda c: c.call("POST", path, body),
                    times // 8,
                )
            )
    reflect, least = (statistics.median(rates[name]) for name in ("reflect", "bare"))
    return [
        row("create a trace, median ms", found["reflect"], found["bare"]),
        row(f"create traces, {CLIENTS} clients, per s", reflect, least, ratio=least / reflect),
    ]


def fill(folder: Path, memories: int) -> NDArray[np.float32]:
    """
    Keep memories in a data folder that no server has yet, and return their vectors.
    """
    embedder = LocalEmbedder()
    parts = []
    with closing(SqliteStore(folder)) as store:
        store.write(lambda tx: tx.projects.create("default", created_at=NOW))
        starts = range(0, memories, BATCH)
        for start in track(starts, f"keeping {memories} memories", transient=True):
            numbers = range(start, min(start + BATCH, memories))
            parts.append(keep(store, embedder, numbers, [task(number) for number in numbers]))
    return np.concatenate(parts)


def keep(
    store: SqliteStore, embedder: LocalEmbedder, numbers: range, tasks: list[str]
) -> NDArray[np.float32]:
    """
    Keep a memory of each task in one transaction, and return their vectors.
    """
    vectors = embedder.embed(tasks)
    store.write(lambda tx: _insert(tx, embedder.name, numbers, tasks, vectors))
    return vectors


def _insert(
    tx: Transaction, embedder: str, numbers: range, tasks: list[str], vectors: NDArray[np.float32]
) -> None:
    for number, text, vector in zip(numbers, tasks, vectors, strict=True):
        identifier = f"{number:024x}"
        reflection = Reflection(f"Lesson {number}", f"Do it as in case {number}.")
        tx.traces.insert(
            Trace(identifier, "default", text, Trajectory([]), "", (), None, None, {}, None, NOW)
        )
        memory = Memory(
            f"mem_{identifier}", "default", identifier, text, reflection, number % 3 > 0, NOW
        )
        tx.memories.insert(memory, vector=vector, embedder=embedder)


def querying(memories: int, times: int, peers: list[str]) -> list[Row]:
    path = "/v1/projects/default/memory/query"
    tasks = [f"{task(number * 7)} again" for number in range(200)]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        vectors = fill(folder / "data", memories)
        queries = LocalEmbedder().embed(tasks)
        np.save(folder / "vectors.npy", vectors)
        np.save(folder / "queries.npy", queries)
        server, key = stack.enter_context(reflecting(folder / "data"))
        address = stack.enter_context(bare("scan", folder / "vectors.npy", folder / "queries.npy"))
        ours = stack.enter_context(closing(Client(server.base_url, key)))
        theirs = stack.enter_context(closing(Client(address)))
        turn = iter(range(10**9))
        found = medians(
            {
                "reflect": lambda: ours.call("POST", path, {"task": tasks[next(turn) % 200]}),
                "bare": lambda: theirs.call("POST", "/", {"number": next(turn)}),
            },
            times,
        )
        rows = [row(f"query {memories} memories, median ms", found["reflect"], found["bare"])]
        for name in peers:
            peer = PEERS[name](vectors, [task(number) for number in range(memories)])
            search = stack.enter_context(peer)
            taken = medians(
                {name: lambda search=search: search(queries[next(turn) % 200])}, times // 4
            )
            rows.append(row(f"… beside {name}, in process", found["reflect"], taken[name]))
    return rows


def reviewing(times: int) -> list[Row]:
    path = "/v1/projects/default"
    taken = []
    with (
        tempfile.TemporaryDirectory() as folder,
        reflecting(Path(folder) / "data") as (server, key),
        closing(Client(server.base_url, key)) as client,
    ):
        for number in range(times):
            body = {"task": task(number), "trajectory": [{"role": "assistant", "content": "Done."}]}
            trace_id = client.call("POST", f"{path}/traces", body)["trace_id"]
            started = time.perf_counter()
            client.call("POST", f"{path}/traces/{trace_id}/review", {"result": "pass"})
            trace = client.call("GET", f"{path}/traces/{trace_id}", Prefer="wait=20")
            found = client.call("POST", f"{path}/memory/query", {"task": task(number)})
            taken.append(time.perf_counter() - started)
            if trace["created_memory_id"] not in {memory["id"] for memory in found}:
                raise SystemExit(f"The memory of {trace_id} was not found.")
    return [row("review to found memory, median ms", statistics.median(taken) * 1000, limit=50)]


def starting(traces: int, projects: int) -> list[Row]:
    rows = []
    for what, fill_store in (
        (f"start with {traces} traces, s", lambda tx: many_traces(tx, traces)),
        (f"start with {projects} projects, s", lambda tx: many_projects(tx, projects)),
    ):
        with tempfile.TemporaryDirectory() as folder:
            with closing(SqliteStore(Path(folder))) as store:
                store.write(fill_store)
            taken, resident = [], []
            for _ in range(3):
                started = time.perf_counter()
                server = ServerProcess(Path(folder))
                taken.append(time.perf_counter() - started)
                resident.append(resident_mb(server.process.pid))
                server.stop()
        rows.append(row(what, statistics.median(taken), limit=2))
        rows.append(row("… memory of the process, MB", statistics.median(resident)))
    return rows


def many_traces(tx: Transaction, count: int) -> None:
    tx.projects.create("default", created_at=NOW)
    run = [{"role": "assistant", "content": "word " * 300} for _ in range(5)]
    for number in range(count):
        tx.traces.insert(
            Trace(f"{number:024x}", "default", task(number), run, "", (), None, None, {}, None, NOW)
        )


def many_projects(tx: Transaction, count: int) -> None:
    for number in range(count):
        name = f"project-{number}"
        tx.projects.create(name, created_at=NOW)
        tx.traces.insert(
            Trace(
                f"{number:024x}",
                name,
                task(number),
                Trajectory([]),
                "",
                (),
                None,
                None,
                {},
                None,
                NOW,
            )
        )


def resident_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return float("nan")
    line = next(x for x in status.read_text().splitlines() if x.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


def row(
    what: str,
    reflect: float,
    least: float | None = None,
    *,
    ratio: float | None = None,
    limit: float | None = None,
) -> Row:
    if ratio is None and least is not None:
        ratio = reflect / least
    return {"what": what, "reflect": reflect, "beside": least, "ratio": ratio, "wanted": limit}


def show(rows: list[Row]) -> None:
    table = Table(title="Costs of the server")
    table.add_column("what")
    for name in ("reflect", "beside", "ratio", "at most"):
        table.add_column(name, justify="right")
    for entry in rows:
        table.add_row(
            entry["what"],
            *(
                "" if value is None else f"{value:,.2f}"
                for value in (entry["reflect"], entry["beside"], entry["ratio"], entry["wanted"])
            ),
        )
    Console().print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--only", choices=["create", "query", "review", "start"])
    parser.add_argument("--memories", type=int, nargs="+", help="sizes for the queries")
    parser.add_argument("--peers", nargs="*", default=[], choices=sorted(PEERS))
    parser.add_argument("--quick", action="store_true", help="fewer memories and calls")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    times = 100 if options.quick else 400
    sizes = options.memories or ([1_000, 10_000] if options.quick else [1_000, 10_000, 100_000])
    parts: dict[str, Callable[[], list[Row]]] = {
        "create": lambda: creating(times),
        "query": lambda: [r for size in sizes for r in querying(size, times, options.peers)],
        "review": lambda: reviewing(times),
        "start": lambda: starting(1_000, 100) if options.quick else starting(10_000, 1_000),
    }
    rows = [r for name, part in parts.items() if options.only in {None, name} for r in part()]
    if options.json:
        print(json.dumps({"rows": rows}))
    else:
        show(rows)


if __name__ == "__main__":
    main()
