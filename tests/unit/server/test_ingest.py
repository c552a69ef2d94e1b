import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
from numpy.typing import NDArray

from reflect_server.domain.model import (
    IngestStatus,
    Memory,
    Reflection,
    Review,
    ReviewMode,
    ReviewResult,
    Trace,
)
from reflect_server.errors import ProviderUnavailableError, StoreError
from reflect_server.index import MemoryIndex
from reflect_server.ingest.outage import LONGEST_PAUSE, LONGEST_REQUESTED_PAUSE, Outage
from reflect_server.ingest.worker import MAX_ATTEMPTS, IngestWorker
from reflect_server.reflectors.protocol import ReflectionError
from reflect_server.spaces import Space, Spaces
from reflect_server.store.protocol import Store, Transaction
from reflect_server.store.sqlite import SqliteStore

T = TypeVar("T")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
VECTOR = np.array([0.6, 0.8], np.float32)
PATIENCE = 20.0


class ConstantEmbedder:
    name = "constant"
    dimensions = 2

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
        self.index = MemoryIndex(store, ConstantEmbedder.name)
        self.spaces = Spaces(Space(ConstantEmbedder(), self.index))
        self.reflector = ScriptedReflector()
        self.now = NOW
        self._done: queue.Queue[str] = queue.Queue()
        self.worker = self.new_worker()

    def new_worker(
        self, *, threads: int = 1, clock: Callable[[], datetime] | None = None
    ) -> IngestWorker:
        return IngestWorker(
            self.store,
            self.spaces,
            self.reflector,
            on_done=self._done.put,
            threads=threads,
            clock=clock or (lambda: self.now),
        )

    def submit(self, trace_id: str, *, reflection: Reflection | None = None) -> None:
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
            trace_id, "p", f"task of {trace_id}", [], "", (), None, None, {"k": 1}, None, NOW,
            ingest_status=IngestStatus.QUEUED, review=review,
        )  # fmt: skip
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


@pytest.fixture
def ingestion(tmp_path: Path) -> Iterator[Ingestion]:
    with closing(SqliteStore(tmp_path)) as store:
        store.write(lambda tx: tx.projects.create("p", created_at=NOW))
        made = Ingestion(store)
        yield made
        made.worker.stop(PATIENCE)


def test_a_queued_trace_becomes_a_memory_that_is_found(ingestion: Ingestion):
    ingestion.worker.start()
    ingestion.index.search("p", VECTOR, "")
    ingestion.submit("t")
    assert ingestion.done() == "t"
    trace = ingestion.trace("t")
    assert trace.ingest_status is IngestStatus.COMPLETED
    assert trace.ingest_attempts == 1
    memory = ingestion.store.read(lambda tx: tx.memories.of_trace("t"))
    assert memory is not None
    assert memory.id == trace.created_memory_id
    assert memory.reflection == Reflection("lesson of t", "advice")
    assert (memory.task, memory.success, memory.q_value) == ("task of t", True, 0.5)
    assert memory.metadata == {"k": 1}
    assert ingestion.index.search("p", VECTOR, "").ids == [memory.id]


def test_an_authored_reflection_is_kept_and_no_reflector_asked(ingestion: Ingestion):
    authored = Reflection("mine", "do this", applicable_tools=("sql",))
    ingestion.worker.start()
    ingestion.submit("t", reflection=authored)
    ingestion.done()
    memory = ingestion.store.read(lambda tx: tx.memories.of_trace("t"))
    assert memory is not None
    assert memory.reflection == authored
    assert ingestion.reflector.called.empty()


def test_what_waited_at_the_start_is_ingested(ingestion: Ingestion):
    for number in range(20):
        ingestion.submit(f"t{number}")
    ingestion.worker.start()
    assert [ingestion.done() for _ in range(20)] == [f"t{n}" for n in range(20)]


def test_what_a_killed_process_had_claimed_is_ingested_once(ingestion: Ingestion):
    ingestion.submit("t")
    ingestion.store.write(lambda tx: tx.traces.claim(now=NOW))
    ingestion.worker.start()
    ingestion.done()
    assert ingestion.trace("t").ingest_attempts == 2
    assert ingestion.memories() == ["t"]


def test_a_memory_that_exists_already_is_not_made_again(ingestion: Ingestion):
    ingestion.submit("t")
    trace = ingestion.trace("t")
    memory = Memory(
        "earlier", "p", "t", trace.task, Reflection("s", "g"), success=True, created_at=NOW
    )
    ingestion.store.write(
        lambda tx: tx.memories.insert(memory, vector=VECTOR, embedder=ConstantEmbedder.name)
    )
    ingestion.worker.start()
    assert ingestion.done() == "t"
    assert ingestion.trace("t").ingest_status is IngestStatus.COMPLETED
    assert ingestion.trace("t").created_memory_id == "earlier"
    assert ingestion.index.search("p", VECTOR, "").ids == ["earlier"]


def test_a_failed_attempt_is_repeated_after_growing_pauses(ingestion: Ingestion):
    ingestion.fail_until(3, ReflectionError("The model did not answer."))
    ingestion.worker.start()
    ingestion.submit("t")
    ingestion.attempted()
    for pause in (1, 4, 16):
        wait_until_queued(ingestion, "t")
        due_at = ingestion.store.read(lambda tx: tx.traces.next_due())
        assert due_at == ingestion.now + timedelta(seconds=pause)
        assert ingestion.trace("t").last_ingest_error == "The model did not answer."
        ingestion.advance(pause)
        ingestion.attempted()
    assert ingestion.done() == "t"
    assert ingestion.trace("t").ingest_attempts == 4
    assert ingestion.trace("t").last_ingest_error is None


@pytest.mark.parametrize("days", [-400, -1, 1, 400])
def test_a_clock_that_jumps_delays_no_trace_beyond_its_pause(ingestion: Ingestion, days: int):
    ingestion.fail_until(1, ReflectionError("The model did not answer."))
    ingestion.worker.start()
    ingestion.submit("t")
    ingestion.attempted()
    wait_until_queued(ingestion, "t")

    ingestion.advance(days * 86_400)

    assert ingestion.done() == "t"
    assert ingestion.memories().count("t") == 1


def test_a_provider_that_was_away_is_asked_again_after_the_clock_was_set_back():
    outage = Outage()
    outage.note(NOW, retry_after=timedelta(minutes=5))

    assert outage.until(NOW + timedelta(minutes=4)) is not None
    assert outage.until(NOW - timedelta(minutes=4)) is not None
    assert outage.until(NOW - timedelta(hours=1)) is None


def wait_until_queued(ingestion: Ingestion, trace_id: str) -> None:
    """
    The next trace is ingested only after the failed one has gone back into the queue.
    """
    marker = f"after-{trace_id}-{ingestion.now.timestamp()}"
    ingestion.submit(marker, reflection=Reflection("s", "g"))
    assert ingestion.done() == marker
    assert ingestion.trace(trace_id).ingest_status is IngestStatus.QUEUED


def test_a_trace_that_never_works_is_given_up_and_stops_no_other(ingestion: Ingestion):
    def act(trace: Trace) -> None:
        if trace.id == "poisoned":
            raise ValueError("secret content")

    ingestion.reflector.act = act
    ingestion.worker.start()
    ingestion.submit("poisoned")
    ingestion.submit("good")
    assert ingestion.done() == "good"
    assert [ingestion.attempted(), ingestion.attempted()] == ["poisoned", "good"]
    for _ in range(MAX_ATTEMPTS - 1):
        wait_until_queued(ingestion, "poisoned")
        ingestion.advance(100)
        assert ingestion.attempted() == "poisoned"
    assert ingestion.done() == "poisoned"
    trace = ingestion.trace("poisoned")
    assert trace.ingest_status is IngestStatus.FAILED
    assert trace.ingest_attempts == MAX_ATTEMPTS
    assert trace.last_ingest_error == (
        "The attempt failed with an unexpected ValueError; the server's log has the details."
    )


def test_a_trace_that_ends_the_process_every_time_is_given_up(ingestion: Ingestion):
    ingestion.submit("t")
    for _ in range(MAX_ATTEMPTS):
        ingestion.store.write(lambda tx: tx.traces.claim(now=NOW))
        ingestion.store.write(lambda tx: tx.traces.release_claims())
    ingestion.worker.start()
    assert ingestion.done() == "t"
    assert ingestion.trace("t").ingest_status is IngestStatus.FAILED
    assert ingestion.reflector.called.empty()


@pytest.mark.parametrize("what", ["trace", "project"])
def test_what_is_deleted_during_the_attempt_makes_no_memory(ingestion: Ingestion, what: str):
    def delete(_: Trace) -> None:
        if what == "trace":
            ingestion.store.write(lambda tx: tx.traces.delete("p", ["t"]))
        else:
            ingestion.store.write(lambda tx: tx.projects.delete("p"))

    ingestion.reflector.act = delete
    ingestion.worker.start()
    ingestion.submit("t")
    assert ingestion.done() == "t"
    assert ingestion.memories() == []
    assert ingestion.index.search("p", VECTOR, "").ids == []


def test_trouble_with_the_listener_does_not_stop_the_queue(ingestion: Ingestion):
    seen: queue.Queue[str] = queue.Queue()

    def listen(trace_id: str) -> None:
        seen.put(trace_id)
        if trace_id == "first":
            raise RuntimeError("listener")

    ingestion.worker = IngestWorker(
        ingestion.store, ingestion.spaces, ingestion.reflector, on_done=listen
    )
    ingestion.worker.start()
    ingestion.submit("first")
    ingestion.submit("second")
    assert [seen.get(timeout=PATIENCE) for _ in range(2)] == ["first", "second"]


def test_a_store_that_fails_for_a_while_loses_no_trace(ingestion: Ingestion):
    def act(trace: Trace) -> None:
        ingestion.store.failures = 2 if trace.ingest_attempts == 1 else 0

    ingestion.reflector.act = act
    ingestion.worker.start()
    ingestion.submit("t")
    ingestion.attempted()
    ingestion.worker.wake()
    assert ingestion.done() == "t"
    assert ingestion.trace("t").ingest_attempts == 2
    assert ingestion.memories() == ["t"]


def test_stopping_waits_for_the_trace_in_work(ingestion: Ingestion):
    proceed = threading.Event()
    ingestion.reflector.act = lambda _: assert_true(proceed.wait(PATIENCE))
    ingestion.worker.start()
    ingestion.submit("t")
    ingestion.submit("u")
    ingestion.attempted()
    stopping = threading.Thread(target=ingestion.worker.stop, args=(PATIENCE,))
    stopping.start()
    proceed.set()
    stopping.join()
    assert ingestion.trace("t").ingest_status is IngestStatus.COMPLETED


def test_a_trace_that_outlasts_the_stop_goes_back_and_is_not_finished_twice(ingestion: Ingestion):
    proceed = threading.Event()
    ingestion.reflector.act = lambda _: assert_true(proceed.wait(PATIENCE))
    ingestion.worker.start()
    ingestion.submit("t")
    ingestion.attempted()
    ingestion.worker.stop(0)
    assert ingestion.trace("t").ingest_status is IngestStatus.QUEUED
    proceed.set()
    ingestion.worker.stop(PATIENCE)
    assert ingestion.memories() == []
    ingestion.worker = ingestion.new_worker()
    ingestion.worker.start()
    assert "t" in {ingestion.done(), ingestion.done()}
    assert ingestion.memories() == ["t"]


def test_several_threads_work_at_once_and_on_different_traces(ingestion: Ingestion):
    together = threading.Barrier(3, timeout=PATIENCE)
    ingestion.reflector.act = lambda _: assert_true(together.wait() >= 0)
    ingestion.worker = ingestion.new_worker(threads=3)
    ingestion.worker.start()
    for number in range(12):
        ingestion.submit(f"t{number}")
    expected = sorted(f"t{number}" for number in range(12))
    assert sorted(ingestion.done() for _ in range(12)) == expected
    assert sorted(ingestion.memories()) == expected
    assert {ingestion.trace(name).ingest_attempts for name in expected} == {1}


def test_a_store_that_fails_for_one_thread_leaves_the_others_their_traces(ingestion: Ingestion):
    proceed = threading.Event()

    def act(trace: Trace) -> None:
        if trace.id == "slow":
            assert_true(proceed.wait(PATIENCE))
        elif trace.ingest_attempts == 1:
            ingestion.store.failures = 2

    ingestion.reflector.act = act
    ingestion.worker = ingestion.new_worker(threads=2)
    ingestion.worker.start()
    ingestion.submit("slow")
    assert ingestion.attempted() == "slow"
    ingestion.submit("t")
    assert ingestion.attempted() == "t"
    ingestion.worker.wake()
    assert ingestion.done() == "t"
    assert ingestion.trace("slow").ingest_status is IngestStatus.PROCESSING
    proceed.set()
    assert ingestion.done() == "slow"
    assert ingestion.trace("slow").ingest_attempts == 1
    assert sorted(ingestion.memories()) == ["slow", "t"]


def test_an_outage_gives_no_trace_up_however_long_it_lasts(ingestion: Ingestion):
    rounds = 3 * MAX_ATTEMPTS
    ingestion.fail_until(rounds, ProviderUnavailableError("The model cannot be reached."))
    ingestion.worker.start()
    ingestion.submit("t")
    for _ in range(rounds):
        assert ingestion.attempted() == "t"
        until_waiting(ingestion, "t")
        assert ingestion.trace("t").last_ingest_error == "The model cannot be reached."
        ingestion.advance(LONGEST_PAUSE.total_seconds())
    assert ingestion.done() == "t"
    trace = ingestion.trace("t")
    assert trace.ingest_status is IngestStatus.COMPLETED
    assert (trace.ingest_attempts, trace.last_ingest_error) == (rounds + 1, None)


def until_waiting(ingestion: Ingestion, trace_id: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while ingestion.trace(trace_id).ingest_status is not IngestStatus.QUEUED:
        assert time.monotonic() < deadline
        threading.Event().wait(0.001)


def test_no_trace_is_claimed_before_the_provider_may_be_asked_again(ingestion: Ingestion):
    error = ProviderUnavailableError("Too many requests.", retry_after=30)
    ingestion.fail_until(1, error)
    ingestion.worker.start()
    ingestion.submit("t")
    assert ingestion.attempted() == "t"
    until_waiting(ingestion, "t")
    due_at = ingestion.store.read(lambda tx: tx.traces.next_due())
    assert due_at == NOW + timedelta(seconds=30)
    ingestion.submit("u")
    ingestion.advance(29)
    ingestion.worker.stop(PATIENCE)
    assert ingestion.reflector.called.empty()
    assert ingestion.trace("u").ingest_attempts == 0


def test_a_trace_that_takes_too_long_while_others_are_answered_is_given_up(ingestion: Ingestion):
    def act(trace: Trace) -> None:
        if trace.id == "endless":
            raise ProviderUnavailableError("No answer within 1 s.", may_be_the_request=True)

    def every_pause_is_over() -> datetime:
        ingestion.now += timedelta(hours=1)
        return ingestion.now

    ingestion.reflector.act = act
    ingestion.worker = ingestion.new_worker(clock=every_pause_is_over)
    ingestion.worker.start()
    ingestion.submit("endless")
    others = 0
    ingestion.submit("t0")
    while ingestion.done() != "endless":
        others += 1
        ingestion.submit(f"t{others}")
    trace = ingestion.trace("endless")
    assert trace.ingest_status is IngestStatus.FAILED
    assert trace.ingest_attempts > MAX_ATTEMPTS
    assert trace.last_ingest_error == "No answer within 1 s."


def test_a_stop_during_an_attempt_does_not_count_against_the_trace(ingestion: Ingestion):
    proceed = threading.Event()
    ingestion.reflector.act = lambda _: assert_true(proceed.wait(PATIENCE))
    ingestion.worker.start()
    ingestion.submit("t")
    ingestion.attempted()
    ingestion.worker.stop(0)
    trace = ingestion.trace("t")
    assert (trace.ingest_attempts, trace.ingest_failures) == (1, 0)
    proceed.set()


def test_pauses_grow_while_an_outage_lasts_and_begin_anew_after_it():
    outage, now = Outage(), NOW
    pauses = []
    for _ in range(9):
        until = outage.note(now)
        pauses.append((until - now).total_seconds())
        assert outage.until(now) == until
        now = until
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert outage.until(now) is None
    outage.end(now)
    assert outage.note(now) == now + timedelta(seconds=1)


def test_failures_within_a_pause_are_one_and_the_longest_wish_of_the_provider_counts():
    outage = Outage()
    assert outage.note(NOW) == outage.note(NOW) == NOW + timedelta(seconds=1)
    assert outage.note(NOW, retry_after=timedelta(seconds=20)) == NOW + timedelta(seconds=20)
    assert outage.note(NOW, retry_after=timedelta(seconds=5)) == NOW + timedelta(seconds=20)
    assert outage.note(NOW, retry_after=timedelta(days=9)) == NOW + LONGEST_REQUESTED_PAUSE


def test_a_worker_that_never_started_can_be_stopped(ingestion: Ingestion):
    ingestion.worker.stop(0)


def assert_true(value: bool) -> None:
    assert value
