import threading

import pytest

from reflect_server.domain.trace import IngestStatus, Trace
from reflect_server.errors import StoreError
from reflect_server.ingest.worker import MAX_ATTEMPTS

from .ingestion import NOW, PATIENCE, Ingestion, assert_true


def test_what_a_killed_process_had_claimed_is_ingested_once(ingestion: Ingestion):
    ingestion.submit("t")
    ingestion.store.write(lambda tx: tx.traces.claim(now=NOW, until=NOW))
    ingestion.worker.start()
    ingestion.done()
    assert ingestion.trace("t").ingest_attempts == 2
    assert ingestion.memories() == ["t"]


def test_a_trace_that_ends_the_process_every_time_is_given_up(ingestion: Ingestion):
    ingestion.submit("t")
    for _ in range(MAX_ATTEMPTS):
        ingestion.store.write(lambda tx: tx.traces.claim(now=NOW, until=NOW))
        ingestion.store.write(lambda tx: tx.traces.release_claims())
    ingestion.worker.start()
    assert ingestion.done() == "t"
    assert ingestion.trace("t").ingest_status is IngestStatus.FAILED
    assert ingestion.reflector.called.empty()


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
    assert ingestion.done() == "t"
    assert ingestion.memories() == ["t"]


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


def test_a_stop_that_cannot_be_written_leaves_the_trace_to_the_next_start(
    ingestion: Ingestion, caplog: pytest.LogCaptureFixture
):
    proceed = threading.Event()
    ingestion.reflector.act = lambda _: assert_true(proceed.wait(PATIENCE))
    ingestion.worker.start()
    ingestion.submit("t")
    ingestion.attempted()
    ingestion.store.failures = 1
    ingestion.worker.stop(0)
    assert "The disk is full." in caplog.text
    ingestion.worker = ingestion.new_worker()
    ingestion.worker.start()
    proceed.set()
    assert ingestion.done() == "t"
    assert ingestion.memories() == ["t"]


def test_a_worker_that_never_started_can_be_stopped(ingestion: Ingestion):
    ingestion.worker.stop(0)


def test_whoever_waits_for_a_memory_is_told_also_where_it_cannot_be_made_searchable(
    ingestion: Ingestion, monkeypatch: pytest.MonkeyPatch
):
    def fail(*_: object) -> None:
        raise StoreError("The disk is full.")

    monkeypatch.setattr(ingestion.index, "confirm", fail)
    ingestion.worker.start()
    ingestion.submit("t")
    assert ingestion.done() == "t"
    assert ingestion.memories() == ["t"]
