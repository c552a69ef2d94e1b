"""
An ingest worker with scripted surroundings, and a clock that only the test moves.
"""

import queue
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from reflect_server.domain.reflection import Reflection
from reflect_server.domain.review import Review, ReviewMode, ReviewResult
from reflect_server.domain.trace import IngestOutcome, IngestStatus, Trace
from reflect_server.domain.trajectory import Trajectory
from reflect_server.errors import StoreError
from reflect_server.ingest.worker import DEFAULT_LEASE, IngestWorker
from reflect_server.retrieval.embedding_space import EmbeddingSpace, EmbeddingSpaces
from reflect_server.retrieval.eviction import Eviction
from reflect_server.retrieval.index import MemoryIndex
from reflect_server.store.protocol.store import Store, Transaction

T = TypeVar("T")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
VECTOR = np.array([0.6, 0.8], np.float32)
PATIENCE = 20.0


class ConstantEmbedder:
    name = "constant"
    dimensions = 2
    is_quick = True

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.tile(VECTOR, (len(texts), 1))


class ScriptedReflector:
    """
    Reflects as `act` says, which may raise or wait; counts its calls.
    """

    name = "scripted"

    def __init__(self) -> None:
        self.act: Callable[[Trace], None] = lambda _: None
        self.called: queue.Queue[str] = queue.Queue()

    def reflect(self, trace: Trace) -> Reflection:
        self.called.put(trace.id)
        self.act(trace)
        return Reflection(f"lesson of {trace.id}", "advice")


class FailingStore:
    """
    A store that cannot write for the next `failures` times.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self.failures = 0
        self.read = store.read
        self.close = store.close

    def write(self, work: Callable[[Transaction], T]) -> T:
        if self.failures:
            self.failures -= 1
            raise StoreError("The disk is full.")
        return self._store.write(work)


class Ingestion:
    """
    A worker with its surroundings, and a clock that only the test moves.
    """

    def __init__(self, store: Store) -> None:
        self.store = FailingStore(store)
        self.index = MemoryIndex(store, ConstantEmbedder.name, Eviction(2**20))
        self.spaces = EmbeddingSpaces(self.store, EmbeddingSpace(ConstantEmbedder(), self.index))
        self.reflector = ScriptedReflector()
        self.now = NOW
        self.outcomes: list[IngestOutcome] = []
        self._done: queue.Queue[str] = queue.Queue()
        self.worker = self.new_worker()

    def new_worker(
        self,
        *,
        threads: int = 1,
        lease: timedelta = DEFAULT_LEASE,
        clock: Callable[[], datetime] | None = None,
    ) -> IngestWorker:
        return IngestWorker(
            self.store,
            self.spaces,
            self.reflector,
            on_done=self._done.put,
            observe=lambda outcome, _: self.outcomes.append(outcome),
            threads=threads,
            lease=lease,
            clock=clock or (lambda: self.now),
        )

    def submit(
        self, trace_id: str, *, reflection: Reflection | None = None, project_id: str = "p"
    ) -> None:
        review = Review(
            f"r-{trace_id}",
            trace_id,
            ReviewResult.PASS,
            None,
            ReviewMode.INLINE,
            None,
            reflection,
            NOW,
        )
        trace = Trace(
            trace_id,
            project_id,
            f"task of {trace_id}",
            Trajectory([]),
            "",
            (),
            None,
            None,
            {"k": 1},
            None,
            NOW,
            ingest_status=IngestStatus.QUEUED,
            review=review,
        )
        self.store.write(lambda tx: tx.traces.insert(trace))
        self.worker.wake()

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.worker.wake()

    def done(self) -> str:
        return self._done.get(timeout=PATIENCE)

    def attempted(self) -> str:
        return self.reflector.called.get(timeout=PATIENCE)

    def trace(self, trace_id: str) -> Trace:
        trace = self.store.read(lambda tx: tx.traces.get("p", trace_id))
        assert trace is not None
        return trace

    def memories(self) -> list[str]:
        return [m.trace_id for m in self.store.read(lambda tx: tx.memories.page("p"))]

    def fail_until(self, attempts: int, error: Exception) -> None:
        def act(trace: Trace) -> None:
            if trace.ingest_attempts <= attempts:
                raise error

        self.reflector.act = act


def wait_until_queued(ingestion: Ingestion, trace_id: str) -> None:
    """
    The next trace is ingested only after the failed one has gone back into the queue.
    """
    marker = f"after-{trace_id}-{ingestion.now.timestamp()}"
    ingestion.submit(marker, reflection=Reflection("s", "g"))
    assert ingestion.done() == marker
    assert ingestion.trace(trace_id).ingest_status is IngestStatus.QUEUED


def until_waiting(ingestion: Ingestion, trace_id: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while ingestion.trace(trace_id).ingest_status is not IngestStatus.QUEUED:
        assert time.monotonic() < deadline
        threading.Event().wait(0.001)


def assert_true(value: bool) -> None:
    assert value
