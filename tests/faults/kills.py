"""
Kills a server at random moments while clients write, and looks at what is left.

As a script it plays many rounds and prints a table: `python tests/faults/kills.py --rounds 200`.
"""

from __future__ import annotations

import argparse
import json
import random
import sqlite3
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import httpx

from reflect_server.testing import ServerProcess

CLIENTS = 4
TASKS = ("Count the orders", "Refund order 7", "Cancel the flight", "Send the parcel again")
PATIENCE = 120.0


@dataclass
class Figures:
    """
    What was found after all rounds; every figure but the first three shall be 0.
    """

    rounds: int = 0
    acknowledged_traces: int = 0
    repeated_requests: int = 0
    lost_traces: int = 0
    lost_reviews: int = 0
    traces_back_after_deletion: int = 0
    doubled_traces: int = 0
    doubled_memories: int = 0
    reviewed_without_memory: int = 0
    wrong_q_values: int = 0
    broken_histories: int = 0
    integrity_errors: int = 0

    @property
    def faults(self) -> dict[str, int]:
        counts = ("rounds", "acknowledged_traces", "repeated_requests")
        return {name: value for name, value in asdict(self).items() if name not in counts}


@dataclass
class Ledger:
    """
    What the server has acknowledged, and what was asked for without an answer.
    """

    lock: threading.Lock = field(default_factory=threading.Lock)
    created: dict[str, str] = field(default_factory=dict)
    reviewed: set[str] = field(default_factory=set)
    deletion_asked: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)
    unanswered: list[dict[str, Any]] = field(default_factory=list)
    repeated: int = 0


class Client:
    """
    One client that creates, reviews, queries and deletes until its server is gone.
    """

    def __init__(self, ledger: Ledger, rng: random.Random, base_url: str, key: str) -> None:
        self.ledger = ledger
        self.rng = rng
        self.http = httpx.Client(
            base_url=f"{base_url}/v1/projects/default",
            headers={"Authorization": f"Bearer {key}"},
            timeout=PATIENCE,
        )

    def work(self) -> None:
        try:
            with self.http:
                while True:
                    self.rng.choice((self.create, self.create, self.create, self.review))()
                    if self.rng.random() < 0.05:
                        self.delete()
        except httpx.TransportError:
            return

    def create(self) -> None:
        with self.ledger.lock:
            waiting = self.ledger.unanswered
            body = waiting.pop() if waiting else None
            self.ledger.repeated += body is not None
        body = body or self.body()
        try:
            answer = self.http.post(
                "/traces", json=body, headers={"Idempotency-Key": body["metadata"]["key"]}
            )
        except httpx.TransportError:
            with self.ledger.lock:
                self.ledger.unanswered.append(body)
            raise
        assert answer.status_code == 200, answer.text
        with self.ledger.lock:
            self.ledger.created[body["metadata"]["key"]] = answer.json()["trace_id"]
            if "review" in body:
                self.ledger.reviewed.add(answer.json()["trace_id"])

    def body(self) -> dict[str, Any]:
        body: dict[str, Any] = {
            "task": self.rng.choice(TASKS),
            "trajectory": [{"role": "assistant", "content": "word " * self.rng.randrange(400)}],
            "metadata": {"key": f"{self.rng.getrandbits(96):024x}"},
        }
        if self.rng.random() < 0.5:
            answer = self.http.post("/memory/query", json={"task": body["task"], "limit": 3})
            assert answer.status_code == 200, answer.text
            body["retrieved_memory_ids"] = [memory["id"] for memory in answer.json()]
        if self.rng.random() < 0.7:
            body["review"] = {"result": self.rng.choice(("pass", "fail"))}
            if self.rng.random() < 0.3:
                body["review"]["reflection"] = {"summary": "s", "guidance": "g"}
            if self.rng.random() < 0.3:
                body["review"]["alpha"] = self.rng.random()
        return body

    def review(self) -> None:
        with self.ledger.lock:
            known = set(self.ledger.created.values())
            open_ids = sorted(known - self.ledger.reviewed - self.ledger.deletion_asked)
        if not open_ids:
            return
        trace_id = self.rng.choice(open_ids)
        answer = self.http.post(f"/traces/{trace_id}/review", json={"result": "pass"})
        assert answer.status_code in {200, 404, 409}, answer.text
        if answer.status_code == 200:
            with self.ledger.lock:
                self.ledger.reviewed.add(trace_id)

    def delete(self) -> None:
        with self.ledger.lock:
            ids = sorted(set(self.ledger.created.values()) - self.ledger.deletion_asked)
            chosen = self.rng.sample(ids, min(2, len(ids)))
            self.ledger.deletion_asked.update(chosen)
        answer = self.http.post("/traces/delete", json={"trace_ids": chosen})
        assert answer.status_code == 200, answer.text
        with self.ledger.lock:
            self.ledger.deleted.update(chosen)


def play(rounds: int, folder: Path, *, seed: int) -> Figures:
    """
    Kill a server `rounds` times amid the work of its clients, and examine its data.
    """
    rng = random.Random(seed)
    ledger = Ledger()
    key = ""
    for _ in range(rounds):
        server = ServerProcess(folder)
        key = key or server.first_key or ""
        clients = [
            Client(ledger, random.Random(rng.getrandbits(64)), server.base_url, key)
            for _ in range(CLIENTS)
        ]
        failures: list[Exception] = []
        threads = [threading.Thread(target=_guarded, args=(client, failures)) for client in clients]
        for thread in threads:
            thread.start()
        time.sleep(rng.uniform(0.0, 0.6))
        server.kill()
        for thread in threads:
            thread.join()
        if failures:
            raise failures[0]
    _finish(folder, key)
    return _examine(folder, ledger, rounds)


def _guarded(client: Client, failures: list[Exception]) -> None:
    try:
        client.work()
    except Exception as error:  # noqa: BLE001 - raised again by the thread that waits
        failures.append(error)


def _finish(folder: Path, key: str) -> None:
    """
    Start once more, and let the server ingest all that waits.
    """
    server = ServerProcess(folder)
    headers = {"Authorization": f"Bearer {key}", "Prefer": "wait=60"}
    address = f"{server.base_url}/v1/projects/default"
    with httpx.Client(base_url=address, headers=headers, timeout=PATIENCE) as http:
        for trace in http.get("/traces").json():
            if trace["ingest_status"] in {"queued", "processing"}:
                http.get(f"/traces/{trace['id']}")
    server.stop()


def _examine(folder: Path, ledger: Ledger, rounds: int) -> Figures:
    with closing(sqlite3.connect(folder / "reflect.db")) as database:
        query = database.execute
        traces = {
            trace_id: json.loads(metadata).get("key")
            for trace_id, metadata in query("SELECT id, metadata FROM traces")
        }
        reviewed = {trace_id for (trace_id,) in query("SELECT trace_id FROM reviews")}
        memories = Counter(trace_id for (trace_id,) in query("SELECT trace_id FROM memories"))
        wrong, broken = _q_values(database)
        findings = (
            query("PRAGMA integrity_check").fetchall()
            + query("PRAGMA foreign_key_check").fetchall()
        )
    expected = set(ledger.created.values()) - ledger.deletion_asked
    keys = Counter(traces.values())
    return Figures(
        rounds=rounds,
        acknowledged_traces=len(ledger.created),
        repeated_requests=ledger.repeated,
        lost_traces=len(expected - traces.keys()),
        lost_reviews=len((ledger.reviewed & expected) - reviewed),
        traces_back_after_deletion=len(ledger.deleted & traces.keys()),
        doubled_traces=sum(count - 1 for count in keys.values()),
        doubled_memories=sum(count - 1 for count in memories.values()),
        reviewed_without_memory=len(reviewed - memories.keys()),
        wrong_q_values=wrong,
        broken_histories=broken,
        integrity_errors=len(findings) - 1,
    )


def _q_values(database: sqlite3.Connection) -> tuple[int, int]:
    """
    Compute every Q-value anew from its memory's history, by the published rule.
    """
    now = dict.fromkeys((i for (i,) in database.execute("SELECT id FROM memories")), 0.5)
    broken = 0
    events = database.execute(
        "SELECT memory_id, result, alpha, weight, q_before, q_after FROM q_value_events "
        "ORDER BY seq"
    )
    for memory_id, result, alpha, weight, q_before, q_after in events:
        q = now[memory_id]
        now[memory_id] = q + alpha * weight * ((result == "pass") - q)
        broken += abs(q_before - q) > 1e-9 or abs(q_after - now[memory_id]) > 1e-9
    kept = dict(database.execute("SELECT id, q_value FROM memories"))
    wrong = sum(abs(kept[memory_id] - q) > 1e-9 for memory_id, q in now.items())
    return wrong, broken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="reflect-kills-") as folder:
        figures = play(options.rounds, Path(folder), seed=options.seed)
    if options.json:
        text = json.dumps({"seed": options.seed, **asdict(figures)})
    else:
        lines = [
            f"{name.replace('_', ' '):>28}  {value}" for name, value in asdict(figures).items()
        ]
        text = "\n".join([f"{'seed':>28}  {options.seed}", *lines])
    sys.stdout.write(text + "\n")
    if any(figures.faults.values()):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
