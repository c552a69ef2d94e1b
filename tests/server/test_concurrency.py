"""
Sixty-four clients at once on one project: what remains is what some order of their requests leaves.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from threading import Barrier
from typing import Any

import httpx
import pytest

from reflect_server.domain.learning import credit, updated
from reflect_server.domain.review import ReviewResult
from reflect_server.testing import ServerProcess

CLIENTS = 64
ROUNDS = 4
TASKS = [
    f"Count the {thing} of the shop" for thing in ("orders", "returns", "customers", "parcels")
]


@dataclass
class Ledger:
    """
    What one client was told that it has done.
    """

    created: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)
    lost_memories: set[str] = field(default_factory=set)
    reviews: dict[str, tuple[str, list[str]]] = field(default_factory=dict)


class Client:
    def __init__(self, number: int, url: str, key: str) -> None:
        self.ledger = Ledger()
        self._random = random.Random(number)
        self._http = httpx.Client(
            base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=60
        )

    def work(self, start: Barrier) -> Ledger:
        start.wait()
        with self._http:
            for _ in range(ROUNDS):
                self._round()
        return self.ledger

    def _round(self) -> None:
        task = self._random.choice(TASKS)
        found = self._asked("POST", "/memory/query", json={"task": task, "limit": 4})
        used = [memory["id"] for memory in found]
        result = self._random.choice(["pass", "fail"])
        review: dict[str, Any] = {"result": result, "alpha": self._random.choice([0.1, 0.5])}
        inline = self._random.random() < 0.5
        body = {"task": task, "trajectory": [], "retrieved_memory_ids": used}
        if inline:
            body["review"] = review
        trace_id = self._asked("POST", "/traces", json=body)["trace_id"]
        self.ledger.created.add(trace_id)
        if not inline:
            self._asked("POST", f"/traces/{trace_id}/review", json=review)
        self.ledger.reviews[trace_id] = (result, used)
        if self._random.random() < 0.3:
            chosen = self._random.choice(sorted(self.ledger.created - self.ledger.deleted))
            gone = self._asked("POST", "/traces/delete", json={"trace_ids": [chosen]})
            assert gone["deleted_trace_ids"] == [chosen]
            self.ledger.deleted.add(chosen)
            self.ledger.lost_memories.update(gone["deleted_memory_ids"])
        listed = self._asked("GET", "/traces", params={"limit": 5})
        assert len({trace["id"] for trace in listed}) == len(listed)

    def _asked(self, method: str, path: str, **options: Any) -> Any:
        answer = self._http.request(method, path, **options)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    started = ServerProcess(tmp_path / "data")
    try:
        yield started
    finally:
        started.kill()


def test_what_remains_is_what_some_order_of_all_requests_leaves(server: ServerProcess) -> None:
    url = f"{server.base_url}/v1/projects/p"
    key = str(server.first_key)
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=60) as http:
        for task in TASKS:
            reflection = {"summary": task, "guidance": "Look."}
            review = {"result": "pass", "reflection": reflection}
            http.post("/traces", json={"task": task, "trajectory": [], "review": review})
        first = {trace["id"] for trace in http.get("/traces").json()}
        start = Barrier(CLIENTS)
        with ThreadPoolExecutor(CLIENTS) as pool:
            clients = [Client(number, url, key) for number in range(CLIENTS)]
            ledgers = [done.result() for done in [pool.submit(c.work, start) for c in clients]]
        for status in ("queued", "processing"):
            while http.get("/traces", params={"ingest_status": status}).json():
                pass
        traces = {trace["id"]: trace for trace in http.get("/traces").json()}
        memories = {memory["id"]: memory for memory in http.get("/memories").json()}
        histories = {
            memory_id: http.get(f"/memories/{memory_id}/history").json() for memory_id in memories
        }
    code = server.stop()

    created = first.union(*(ledger.created for ledger in ledgers))
    deleted = set().union(*(ledger.deleted for ledger in ledgers))
    reviews = {k: v for ledger in ledgers for k, v in ledger.reviews.items()}
    assert traces.keys() == created - deleted
    assert {trace["ingest_status"] for trace in traces.values()} == {"completed"}
    assert Counter(memory["trace_id"] for memory in memories.values()) == Counter(traces.keys())
    assert not memories.keys() & set().union(*(ledger.lost_memories for ledger in ledgers))
    for memory_id, memory in memories.items():
        events = histories[memory_id]
        q = 0.5
        for event in events:
            result, used = reviews[event["trace_id"]]
            assert (event["result"], event["q_before"]) == (result, q)
            q = updated(
                q,
                alpha=event["alpha"],
                weight=event["weight"],
                result=ReviewResult(result),
            )
            assert event["q_after"] == q
            assert memory_id in used
        assert memory["q_value"] == q
        credited = {
            trace_id
            for trace_id, (_, used) in reviews.items()
            if memory_id in used and credit(used, None).get(memory_id, 0) > 0
        }
        assert Counter(event["trace_id"] for event in events) == Counter(credited)
    assert code == 0
    assert "locked" not in server.log
    assert server.log == ""
