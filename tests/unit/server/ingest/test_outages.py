from datetime import datetime, timedelta

from reflect_server.domain.trace import IngestStatus, Trace
from reflect_server.errors import ProviderUnavailableError
from reflect_server.ingest.worker import MAX_ATTEMPTS
from reflect_server.providers.outage import LONGEST_PAUSE, LONGEST_REQUESTED_PAUSE, Outage

from .ingestion import NOW, PATIENCE, Ingestion, until_waiting


def away(retry_after: float | None = None) -> ProviderUnavailableError:
    return ProviderUnavailableError("It does not answer.", retry_after=retry_after)


def test_a_provider_that_was_away_is_asked_again_after_the_clock_was_set_back():
    outage = Outage()
    outage.note(NOW, away(300))

    assert outage.until(NOW + timedelta(minutes=4)) is not None
    assert outage.until(NOW - timedelta(minutes=4)) is not None
    assert outage.until(NOW - timedelta(hours=1)) is None


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


def test_pauses_grow_while_an_outage_lasts_and_begin_anew_after_it():
    outage, now = Outage(), NOW
    pauses = []
    for _ in range(9):
        until = outage.note(now, away())
        pauses.append((until - now).total_seconds())
        assert outage.until(now) == until
        now = until
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert outage.until(now) is None
    outage.end(now)
    assert outage.note(now, away()) == now + timedelta(seconds=1)


def test_failures_within_a_pause_are_one_and_the_longest_wish_of_the_provider_counts():
    outage = Outage()
    assert outage.note(NOW, away()) == outage.note(NOW, away()) == NOW + timedelta(seconds=1)
    assert outage.note(NOW, away(20)) == NOW + timedelta(seconds=20)
    assert outage.note(NOW, away(5)) == NOW + timedelta(seconds=20)
    assert outage.note(NOW, away(9 * 86_400)) == NOW + LONGEST_REQUESTED_PAUSE
