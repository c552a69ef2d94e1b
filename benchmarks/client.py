"""
What the client costs, side by side in one run with what it could not do without.

Each line pairs the client with a baseline: both do the same, in turn, so that whatever else the
machine does meets both alike. The ratio is that of the medians.

    python benchmarks/client.py
    python benchmarks/client.py --published other-environment/bin/python --json
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import httpx
from query_overhead import fill, timed
from rich.console import Console
from rich.progress import track
from rich.table import Table

from reflect_sdk import ReflectClient, TraceResponse
from reflect_server.testing import running_server

TASK = "Count the refunds of month 7"
QUERY = {"task": TASK, "limit": 10, "lambda": 0.5, "mmr_lambda": 0.7}
MESSAGES = [
    {"role": "user" if n % 2 == 0 else "assistant", "content": f"Message {n}. " + "Text. " * 60}
    for n in range(20)
]
TRACE = {
    "task": TASK,
    "trajectory": MESSAGES,
    "retrieved_memory_ids": [],
    "model": None,
    "metadata": {},
}
QUERY_PATH = "/v1/projects/default/memory/query"
TRACES_PATH = "/v1/projects/default/traces"
PUBLISHED = """
import json, sys, time
from reflect_sdk import ReflectClient
client = ReflectClient(base_url=sys.argv[1], api_key=sys.argv[2])
for _ in sys.stdin:
    started = time.perf_counter()
    client.query_memories(sys.argv[3])
    print(time.perf_counter() - started, flush=True)
"""
IMPORT = "import time; s = time.process_time(); import {}; print(time.process_time() - s)"


def once() -> dict[str, str]:
    """
    Make the header that the client sends with a creation, which costs the server something.
    """
    return {"Idempotency-Key": str(uuid.uuid4())}


@dataclass
class Line:
    """
    One comparison; both figures are medians.
    """

    what: str
    client: float
    baseline: str
    baseline_figure: float
    unit: str = "ms"

    @property
    def ratio(self) -> float:
        return self.client / self.baseline_figure


def line(what: str, baseline: str, pairs: list[tuple[float, float]]) -> Line:
    """
    Make a line of pairs of seconds: the client's and the baseline's.
    """
    ours, theirs = (statistics.median(column) * 1000 for column in zip(*pairs, strict=True))
    return Line(what, ours, baseline, theirs)


def pairs(
    what: str, rounds: int, ours: Callable[[], object], theirs: Callable[[], object]
) -> list[tuple[float, float]]:
    """
    Time two calls in turn, after some that do not count.
    """
    for _ in range(rounds // 10 + 1):
        timed(ours), timed(theirs)
    return [(timed(ours), timed(theirs)) for _ in track(range(rounds), what, transient=True)]


async def pairs_async(
    what: str,
    rounds: int,
    ours: Callable[[], Awaitable[object]],
    theirs: Callable[[], Awaitable[object]],
) -> list[tuple[float, float]]:
    """
    Do what `pairs` does on the running event loop.
    """

    async def once(call: Callable[[], Awaitable[object]]) -> float:
        started = time.perf_counter()
        await call()
        return time.perf_counter() - started

    for _ in range(rounds // 10 + 1):
        await once(ours), await once(theirs)
    return [
        (await once(ours), await once(theirs)) for _ in track(range(rounds), what, transient=True)
    ]


def calls(client: ReflectClient, bare: httpx.Client, rounds: int) -> Iterator[Line]:
    """
    Compare a query and the creation of a trace with bare pooled httpx.
    """
    what = "query, 10 memories"
    measured = pairs(
        what,
        rounds,
        lambda: client.query_memories(TASK),
        lambda: bare.post(QUERY_PATH, json=QUERY).json(),
    )
    yield line(what, "httpx", measured)
    what = "create a trace, 20 messages"
    measured = pairs(
        what,
        rounds,
        lambda: client.create_trace(task=TASK, trajectory=MESSAGES),
        lambda: bare.post(TRACES_PATH, json=TRACE, headers=once()).json(),
    )
    yield line(what, "httpx", measured)


async def calls_async(base_url: str, api_key: str, rounds: int) -> list[Line]:
    """
    Compare the same calls asynchronously, both over httpx's own transport.
    """
    lines = []
    headers = {"Authorization": f"Bearer {api_key}"}
    async with (
        httpx.AsyncClient() as given,
        ReflectClient(base_url=base_url, api_key=api_key, async_http_client=given) as client,
        httpx.AsyncClient(base_url=base_url, headers=headers) as bare,
    ):

        async def post(path: str, body: dict[str, Any], headers: dict[str, str]) -> object:
            return (await bare.post(path, json=body, headers=headers)).json()

        what = "query, 10 memories, asynchronous"
        measured = await pairs_async(
            what,
            rounds,
            lambda: client.query_memories_async(TASK),
            lambda: post(QUERY_PATH, QUERY, {}),
        )
        lines.append(line(what, "httpx", measured))
        what = "create a trace, 20 messages, asynchronous"
        measured = await pairs_async(
            what,
            rounds,
            lambda: client.create_trace_async(task=TASK, trajectory=MESSAGES),
            lambda: post(TRACES_PATH, TRACE, once()),
        )
        lines.append(line(what, "httpx", measured))
    return lines


async def together(client: ReflectClient, rounds: int, at_once: int = 32) -> Line:
    """
    Compare many asynchronous calls at once with the same over httpx's own transport.

    They differ where the extra `speedups` is installed. What is called costs the service little:
    32 queries at once are bound by the two cores that the service has here.
    """

    async def calls(one: ReflectClient) -> float:
        started = time.perf_counter()
        await asyncio.gather(*[one.health_async() for _ in range(at_once)])
        return (time.perf_counter() - started) / at_once

    async with httpx.AsyncClient() as given:
        plain = ReflectClient(
            base_url=client.base_url, api_key=client.api.token, async_http_client=given
        )
        await calls(client), await calls(plain)
        what = f"health, {at_once} at once, asynchronous"
        measured = [
            (await calls(client), await calls(plain))
            for _ in track(range(rounds), what, transient=True)
        ]
    return line(what, "httpx's transport", measured)


def memory(client: ReflectClient, calls: int) -> Line:
    """
    Compare the memory of this process after many calls with that after a tenth of them.
    """

    def peak_after(count: int) -> float:
        for _ in track(range(count), "memory", transient=True):
            client.health()
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    early = peak_after(calls // 10)
    late = peak_after(calls - calls // 10)
    return Line(f"memory after {calls:,} calls", late, "after a tenth", early, "MB")


def waiting(client: ReflectClient, bare: httpx.Client, rounds: int) -> Iterator[Line]:
    """
    Compare how long after the service has completed a trace its caller knows of it.

    Another thread looks every millisecond; when it sees the trace completed, it is.
    """

    def look(trace_id: str, interval: float) -> float:
        while bare.get(f"{TRACES_PATH}/{trace_id}").json()["ingest_status"] != "completed":
            time.sleep(interval)
        return time.perf_counter()

    def lateness(wait: Callable[[str], object]) -> float:
        receipt = client.create_trace(task=TASK, trajectory=MESSAGES, review_result="pass")
        with ThreadPoolExecutor(1) as other:
            completed = other.submit(look, receipt.trace_id, 0.001)
            wait(receipt.trace_id)
            known = time.perf_counter()
            return known - completed.result()

    measured = [
        (lateness(client.wait_for_trace), lateness(lambda trace_id: look(trace_id, 0.25)))
        for _ in track(range(rounds), "waiting", transient=True)
    ]
    yield line("known after completion", "polling every 250 ms", measured)


@contextmanager
def published_client(python: str, base_url: str, api_key: str) -> Iterator[Callable[[], float]]:
    """
    Run the published client in its own environment; what is yielded times one query there.
    """
    with subprocess.Popen(
        [python, "-c", PUBLISHED, base_url, api_key, TASK],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin
        assert process.stdout
        to_it, of_it = process.stdin, process.stdout

        def query() -> float:
            to_it.write("\n")
            to_it.flush()
            return float(of_it.readline())

        yield query
        to_it.close()


def published(client: ReflectClient, python: str, api_key: str, rounds: int) -> Line:
    """
    Compare a query with one of the published client.
    """
    what = "query, 10 memories"
    with published_client(python, client.base_url, api_key) as query:
        query()
        measured = [
            (timed(lambda: client.query_memories(TASK)), query())
            for _ in track(range(rounds), "published client", transient=True)
        ]
    return line(what, "published client", measured)


def decoding(rounds: int) -> Line:
    """
    Compare making 1,000 traces of JSON with parsing the JSON.
    """
    trace = {
        "final_response": "42",
        "review_status": "pending",
        "ingest_status": "completed",
        "ingest_attempts": 1,
        "last_ingest_error": None,
        "created_memory_id": None,
        "review": None,
        "created_at": "2026-03-01T12:00:00Z",
        **TRACE,
    }
    payload = json.dumps([{**trace, "id": f"trc_{n}"} for n in range(1000)])
    measured = pairs(
        "decode 1,000 traces",
        rounds,
        lambda: [TraceResponse.from_dict(entry) for entry in json.loads(payload)],
        lambda: json.loads(payload),
    )
    return line("decode 1,000 traces", "json.loads", measured)


def importing(rounds: int) -> Line:
    """
    Compare the processor time of `import reflect_sdk` with that of importing httpx and attrs.
    """

    def cpu(modules: str) -> float:
        command = [sys.executable, "-c", IMPORT.format(modules)]
        # An installed package has bytecode, so that is what is measured.
        environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
        result = subprocess.run(
            command, capture_output=True, text=True, check=True, env=environment
        )
        return float(result.stdout)

    cpu("httpx, attrs, reflect_sdk")

    measured = [
        (cpu("httpx, attrs, reflect_sdk"), cpu("httpx, attrs"))
        for _ in track(range(rounds), "import", transient=True)
    ]
    return line("import reflect_sdk, CPU", "httpx, attrs", measured)


def measure(options: argparse.Namespace) -> Iterator[Line]:
    """
    Take all measurements.
    """
    rounds = options.rounds
    with running_server() as (base_url, api_key):
        headers = {"Authorization": f"Bearer {api_key}"}
        with (
            ReflectClient(base_url=base_url, api_key=api_key) as client,
            httpx.Client(base_url=base_url, headers=headers) as bare,
        ):
            fill(client, options.memories)
            yield from calls(client, bare, rounds)
            yield from asyncio.run(calls_async(base_url, api_key, rounds))
            yield asyncio.run(together(client, rounds // 10 + 1))
            if options.published:
                yield published(client, options.published, api_key, rounds // 20 + 1)
            yield from waiting(client, bare, rounds // 40 + 1)
            yield memory(client, rounds * 100)
    yield decoding(rounds // 40 + 1)
    yield importing(rounds // 100 + 3)


def main() -> None:
    """
    Measure and print a table, or one JSON object.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--memories", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=1_000)
    parser.add_argument(
        "--published", metavar="PYTHON", help="interpreter that has the published client"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    lines = list(measure(options))
    if options.json:
        print(json.dumps([{**asdict(entry), "ratio": entry.ratio} for entry in lines]))
        return
    table = Table()
    for header in ("", "client", "baseline", "", "difference", "", "ratio"):
        table.add_column(header, no_wrap=True)
    for entry in lines:
        figures = entry.client, entry.baseline_figure, entry.client - entry.baseline_figure
        ours, theirs, difference = (f"{figure:.3f}" for figure in figures)
        ratio = f"{entry.ratio:.3f}"
        table.add_row(entry.what, ours, entry.baseline, theirs, difference, entry.unit, ratio)
    Console(width=None if sys.stdout.isatty() else 120).print(table)


if __name__ == "__main__":
    main()
