import queue
import threading
from datetime import timedelta

from reflect_server.domain.trace import IngestOutcome, IngestStatus, Trace
from reflect_server.ingest.worker import MAX_ATTEMPTS

from .ingestion import NOW, PATIENCE, Ingestion, assert_true

LEASE = timedelta(milliseconds=20)


class Hangs:
    """
    Lets attempts hang, each until it is let go, and says which threads they are on.
    """

    def __init__(self, ingestion: Ingestion, attempts: int, error: Exception | None = None) -> None:
        self._error = error
        self._attempts = attempts
        self._ends = [threading.Event() for _ in range(attempts)]
        self._threads: queue.Queue[threading.Thread] = queue.Queue()
        ingestion.reflector.act = self._act
        ingestion.worker = ingestion.new_worker(lease=LEASE)
        ingestion.worker.start()

    def _act(self, trace: Trace) -> None:
        if trace.id == "t" and trace.ingest_attempts <= self._attempts:
            self._threads.put(threading.current_thread())
            assert_true(self._ends[trace.ingest_attempts - 1].wait(PATIENCE))
            if self._error is not None:
                raise self._error

    def thread(self) -> threading.Thread:
        return self._threads.get(timeout=PATIENCE)

    def let_go(self, attempt: int) -> None:
        self._ends[attempt - 1].set()


def test_a_trace_whose_attempt_hangs_is_taken_again_and_so_are_those_behind_it(
    ingestion: Ingestion,
):
    hangs = Hangs(ingestion, attempts=1)
    ingestion.submit("t")
    ingestion.submit("u")
    hung = hangs.thread()

    ingestion.advance(LEASE.total_seconds())

    assert {ingestion.done(), ingestion.done()} == {"t", "u"}
    trace = ingestion.trace("t")
    assert (trace.ingest_status, trace.ingest_attempts) == (IngestStatus.COMPLETED, 2)
    assert hung.is_alive()
    hangs.let_go(1)
    hung.join(PATIENCE)
    assert not hung.is_alive()
    assert sorted(ingestion.memories()) == ["t", "u"]
    ingestion.submit("v")
    assert ingestion.done() == "v"
    assert ingestion.outcomes.count(IngestOutcome.EXPIRED) == 1


def test_what_a_hung_attempt_brings_while_the_next_one_is_at_work_is_not_stored(
    ingestion: Ingestion,
):
    hangs = Hangs(ingestion, attempts=2)
    ingestion.submit("t")
    first = hangs.thread()
    ingestion.advance(LEASE.total_seconds())
    hangs.thread()

    hangs.let_go(1)
    first.join(PATIENCE)

    assert not first.is_alive()
    assert ingestion.memories() == []
    trace = ingestion.trace("t")
    assert (trace.ingest_status, trace.ingest_attempts) == (IngestStatus.PROCESSING, 2)
    assert "did not end within 0.02 s" in str(trace.last_ingest_error)
    hangs.let_go(2)
    assert ingestion.done() == "t"
    assert ingestion.memories() == ["t"]
    assert ingestion.trace("t").last_ingest_error is None


def test_a_trace_that_hangs_every_attempt_is_given_up(ingestion: Ingestion):
    hangs = Hangs(ingestion, attempts=MAX_ATTEMPTS)
    ingestion.submit("t")
    for _ in range(MAX_ATTEMPTS):
        hangs.thread()
        ingestion.advance(LEASE.total_seconds())

    assert ingestion.done() == "t"
    trace = ingestion.trace("t")
    assert trace.ingest_status is IngestStatus.FAILED
    assert "No attempt at this trace came to its end" in str(trace.last_ingest_error)
    for attempt in range(1, MAX_ATTEMPTS + 1):
        hangs.let_go(attempt)
    assert ingestion.memories() == []


def test_a_hung_attempt_that_fails_late_leaves_the_next_one_alone(ingestion: Ingestion):
    hangs = Hangs(ingestion, attempts=2, error=ValueError("late"))
    ingestion.submit("t")
    first = hangs.thread()
    ingestion.advance(LEASE.total_seconds())
    hangs.thread()

    hangs.let_go(1)
    first.join(PATIENCE)

    trace = ingestion.trace("t")
    assert (trace.ingest_status, trace.ingest_attempts) == (IngestStatus.PROCESSING, 2)
    assert "did not end within 0.02 s" in str(trace.last_ingest_error)
    hangs.let_go(2)


def test_projects_take_turns_however_much_one_of_them_has_waiting(ingestion: Ingestion):
    for project_id in ("a", "z"):
        ingestion.store.write(lambda tx, p=project_id: tx.projects.create(p, created_at=NOW))
    for number in range(6):
        ingestion.submit(f"p{number}")
    ingestion.submit("a0", project_id="a")
    ingestion.submit("z0", project_id="z")
    ingestion.submit("z1", project_id="z")

    ingestion.worker.start()

    done = [ingestion.done() for _ in range(9)]
    assert done == ["a0", "p0", "z0", "p1", "z1", "p2", "p3", "p4", "p5"]
