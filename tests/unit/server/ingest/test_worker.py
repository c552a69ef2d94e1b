import queue
import threading
from datetime import timedelta

import pytest

from reflect_server.domain.memory import Memory
from reflect_server.domain.ranking import Ranking
from reflect_server.domain.reflection import Reflection
from reflect_server.domain.trace import IngestStatus, Trace
from reflect_server.ingest.worker import MAX_ATTEMPTS, IngestWorker
from reflect_server.reflectors.protocol import ReflectionError

from .ingestion import (
    NOW,
    PATIENCE,
    VECTOR,
    ConstantEmbedder,
    Ingestion,
    assert_true,
    wait_until_queued,
)


def test_a_queued_trace_becomes_a_memory_that_is_found(ingestion: Ingestion):
    ingestion.worker.start()
    ingestion.index.candidates("p", VECTOR, "", Ranking())
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
    assert ingestion.index.candidates("p", VECTOR, "", Ranking()).ids == [memory.id]


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
    assert ingestion.index.candidates("p", VECTOR, "", Ranking()).ids == ["earlier"]


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
    assert ingestion.index.candidates("p", VECTOR, "", Ranking()).ids == []


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
