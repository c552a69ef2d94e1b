"""
The suite runs once per implementation of the store: an entry here is all that a new one needs.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reflect_server.domain.memory import Memory, QValueEvent
from reflect_server.domain.reflection import Reflection
from reflect_server.domain.review import Review, ReviewMode, ReviewResult
from reflect_server.domain.trace import IngestStatus, Trace
from reflect_server.domain.trajectory import Trajectory
from reflect_server.store.protocol.store import Store, Transaction
from reflect_server.store.sqlite import SqliteStore

IMPLEMENTATIONS: dict[str, Callable[[Path], Store]] = {"sqlite": SqliteStore}
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(params=IMPLEMENTATIONS)
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Store]]:
    """
    Opens the store of this test; what is still open at its end is closed.
    """
    opened: list[Store] = []

    def open_it() -> Store:
        opened.append(IMPLEMENTATIONS[request.param](tmp_path / "data"))
        return opened[-1]

    yield open_it
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store: Callable[[], Store]) -> Store:
    """
    A store with the projects `p` and `q`.
    """
    made = open_store()

    def create(tx: Transaction) -> None:
        tx.projects.create("p", created_at=NOW)
        tx.projects.create("q", created_at=NOW)

    made.write(create)
    return made


@pytest.fixture
def a_review() -> Callable[..., Review]:
    """
    Makes a review of a trace, deferred unless told otherwise.
    """

    def make(trace_id: str, **changes: Any) -> Review:
        values: dict[str, Any] = {
            "id": f"review-of-{trace_id}",
            "trace_id": trace_id,
            "result": ReviewResult.PASS,
            "feedback_text": None,
            "mode": ReviewMode.DEFERRED,
            "alpha": None,
            "reflection": None,
            "created_at": NOW,
        }
        return Review(**(values | changes))

    return make


@pytest.fixture
def a_trace(a_review: Callable[..., Review]) -> Callable[..., Trace]:
    """
    Makes a trace; `review` may be a mapping of changes to a review of it.
    """

    def make(trace_id: str, project_id: str = "p", **changes: Any) -> Trace:
        if isinstance(changes.get("review"), dict):
            changes["review"] = a_review(trace_id, **changes["review"])
        values: dict[str, Any] = {
            "task": f"task of {trace_id}",
            "trajectory": Trajectory([{"role": "user", "content": "hello"}]),
            "final_response": "done",
            "retrieved_memory_ids": (),
            "used_memory_ids": None,
            "model": None,
            "metadata": {},
            "reference_context": None,
            "created_at": NOW,
        }
        return Trace(id=trace_id, project_id=project_id, **(values | changes))

    return make


@pytest.fixture
def a_queued_trace(a_trace: Callable[..., Trace]) -> Callable[..., Trace]:
    """
    Makes a trace whose review came with it, so that it waits for ingestion.
    """

    def make(trace_id: str, project_id: str = "p", **changes: Any) -> Trace:
        queued: dict[str, Any] = {
            "ingest_status": IngestStatus.QUEUED,
            "review": {"mode": ReviewMode.INLINE},
        }
        return a_trace(trace_id, project_id, **(queued | changes))

    return make


@pytest.fixture
def keep_memory(a_trace: Callable[..., Trace]) -> Callable[..., Memory]:
    """
    Stores a memory, with a trace that it was made of, inside a transaction.
    """

    def keep(
        tx: Transaction,
        memory_id: str,
        project_id: str = "p",
        *,
        vector: tuple[float, ...] = (1.0, 0.0),
        embedder: str = "e",
        **changes: Any,
    ) -> Memory:
        trace_id = f"trace-of-{memory_id}"
        values: dict[str, Any] = {
            "task": f"task of {memory_id}",
            "reflection": Reflection("lesson", "advice"),
            "success": True,
            "created_at": NOW,
        }
        memory = Memory(
            id=memory_id, project_id=project_id, trace_id=trace_id, **(values | changes)
        )
        tx.traces.insert(a_trace(trace_id, project_id))
        tx.memories.insert(memory, vector=np.array(vector, np.float32), embedder=embedder)
        return memory

    return keep


@pytest.fixture
def an_event() -> Callable[..., QValueEvent]:
    """
    Makes an event that moves a memory from 0.5 to 0.65.
    """

    def make(event_id: str, memory_id: str, **changes: Any) -> QValueEvent:
        values: dict[str, Any] = {
            "trace_id": "t",
            "review_id": "r",
            "result": ReviewResult.PASS,
            "alpha": 0.3,
            "weight": 1.0,
            "q_before": 0.5,
            "q_after": 0.65,
            "created_at": NOW,
        }
        return QValueEvent(id=event_id, memory_id=memory_id, **(values | changes))

    return make
