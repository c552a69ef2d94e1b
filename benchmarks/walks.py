"""
How far a request walks through the server: every call from one of its modules to another, counted.

A service runs in this process and listens; a profiler counts the calls of its threads while one
real request is under way, and what it sets off in the background, until nothing more happens.

- trace: a run with its review is posted, until its memory can be found.
- query: a task is asked about, until the five memories there are are ranked.
- review: a verdict is posted on a run that had three memories, until their Q-values have moved.

A call counts for the nearest module above it, whatever other code lies between, and each time a
generator goes on. What a module calls in itself does not count.

Run with `python benchmarks/walks.py`; `--calls` lists each pair of modules, `--json` prints one
object.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import httpx
import uvicorn
from rich.console import Console
from rich.table import Table

import reflect_server
from reflect_server.configuration.settings import Settings
from reflect_server.serving.app import App
from reflect_server.serving.composition import running_service
from reflect_server.serving.connection import Connection

ROOT = Path(reflect_server.__file__).parent
QUIET_SECONDS = 0.5
TASKS = tuple(f"Count the orders of {month}" for month in ("March", "April", "May", "June"))
CREDITED = 3


@dataclass
class Walk:
    """
    The calls that were counted.

    Attributes:
        calls: How often each module called each other one.
        threads: The threads that took part.
    """

    calls: Counter[tuple[str, str]] = field(default_factory=Counter)
    threads: set[str] = field(default_factory=set)

    @property
    def modules(self) -> set[str]:
        return {module for pair in self.calls for module in pair}

    @property
    def between_rooms(self) -> int:
        return sum(n for (a, b), n in self.calls.items() if _room(a) != _room(b))


class Profiler:
    """
    Counts calls between modules on all threads that start after it.
    """

    def __init__(self) -> None:
        self._modules: dict[str, str | None] = {}
        self._walk: Walk | None = None
        self._last = 0.0
        threading.setprofile(self._note)
        sys.setprofile(self._note)

    @contextmanager
    def counting(self) -> Iterator[Walk]:
        """
        Count from here on, and on after the block until nothing more happens.
        """
        walk = Walk()
        self._last = time.monotonic()
        self._walk = walk
        yield walk
        while time.monotonic() - self._last < QUIET_SECONDS:
            time.sleep(QUIET_SECONDS / 10)
        self._walk = None

    def _note(self, frame: FrameType, event: str, _: object) -> None:
        walk = self._walk
        if walk is None or event != "call":
            return
        callee = self._module(frame.f_code.co_filename)
        if callee is None:
            return
        self._last = time.monotonic()
        walk.threads.add(threading.current_thread().name.rstrip("0123456789").rstrip("-_"))
        above = frame.f_back
        while above is not None and self._module(above.f_code.co_filename) is None:
            above = above.f_back
        caller = None if above is None else self._module(above.f_code.co_filename)
        if caller is not None and caller != callee:
            walk.calls[caller, callee] += 1

    def _module(self, filename: str) -> str | None:
        if filename not in self._modules:
            path = Path(filename)
            inside = path.is_relative_to(ROOT)
            parts = path.relative_to(ROOT).with_suffix("").parts if inside else ()
            self._modules[filename] = ".".join(parts) if inside else None
        return self._modules[filename]


def _room(module: str) -> str:
    return module.split(".", maxsplit=1)[0]


@contextmanager
def listening(folder: Path) -> Iterator[httpx.Client]:
    """
    Run a service in this process, and give a client for a project of it.
    """
    with running_service(Settings(data_dir=folder)) as service:
        config = uvicorn.Config(
            App(service), http=Connection, port=0, lifespan="off", log_config=None, access_log=False
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, name="event-loop")
        thread.start()
        while not server.started:
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        key = service.first_key.plaintext if service.first_key else ""
        with httpx.Client(
            base_url=f"http://127.0.0.1:{port}/v1/projects/p",
            headers={"Authorization": f"Bearer {key}"},
            timeout=60,
        ) as client:
            yield client
        server.should_exit = True
        thread.join()


def walks(client: httpx.Client, profiler: Profiler) -> dict[str, Walk]:
    """
    Take each walk once, after others that leave nothing to be done for the first time.
    """
    memories = [record(client, task, "pass") for task in TASKS]
    send(client, "/memory/query", {"task": TASKS[0]})
    used = [record(client, task, None, retrieved=memories[:CREDITED]) for task in ("A", "B")]
    verdict = {"result": "fail", "remember": False}  # Without a memory, which is the other walk.
    send(client, f"/traces/{used[0]}/review", verdict)
    with profiler.counting():  # Until the background has come to rest.
        pass
    actions: dict[str, Callable[[], object]] = {
        "trace": lambda: send(client, "/traces", run_of("Count the parcels", "pass", ())),
        "query": lambda: send(client, "/memory/query", {"task": TASKS[0]}),
        "review": lambda: send(client, f"/traces/{used[1]}/review", verdict),
    }
    found = {}
    for name, action in actions.items():
        with profiler.counting() as walk:
            action()
        found[name] = walk
    return found


def run_of(task: str, result: str | None, retrieved: tuple[str, ...]) -> dict[str, Any]:
    body: dict[str, Any] = {
        "task": task,
        "trajectory": [
            {"role": "user", "content": task},
            {"role": "assistant", "content": f"The answer to {task}"},
        ],
        "retrieved_memory_ids": list(retrieved),
    }
    return body if result is None else {**body, "review": {"result": result}}


def record(
    client: httpx.Client, task: str, result: str | None, retrieved: list[str] | None = None
) -> str:
    trace_id = send(client, "/traces", run_of(task, result, tuple(retrieved or ())))["trace_id"]
    found = client.get(f"/traces/{trace_id}", headers={"Prefer": "wait=20"}).json()
    return str(found["created_memory_id"] if result else trace_id)


def send(client: httpx.Client, path: str, body: dict[str, Any]) -> Any:
    answer = client.post(path, json=body)
    if answer.status_code != 200:
        raise SystemExit(f"POST {path} was answered {answer.status_code}: {answer.text[:300]}")
    return answer.json()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n", 1)[0])
    parser.add_argument("--calls", action="store_true", help="list each pair of modules")
    parser.add_argument("--json", action="store_true", help="print one object")
    options = parser.parse_args()
    profiler = Profiler()
    with tempfile.TemporaryDirectory() as folder, listening(Path(folder) / "data") as client:
        found = walks(client, profiler)
    rows = {
        name: {
            "between modules": walk.calls.total(),
            "between rooms": walk.between_rooms,
            "modules": len(walk.modules),
            "threads": sorted(walk.threads),
        }
        for name, walk in found.items()
    }
    if options.json:
        print(json.dumps(rows))
        return
    table = Table("walk", "calls between modules", "between rooms", "modules", "threads")
    for name, row in rows.items():
        table.add_row(name, *(str(v) if isinstance(v, int) else ", ".join(v) for v in row.values()))
    console = Console()
    console.print(table)
    if options.calls:
        for name, walk in found.items():
            console.print(f"\n[bold]{name}[/bold]")
            for (caller, callee), number in walk.calls.most_common():
                console.print(f"{number:5}  {caller} → {callee}")


if __name__ == "__main__":
    main()
