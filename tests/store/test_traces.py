import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import numpy as np
import pytest

from reflect_server.domain.memory import Memory, QValueEvent
from reflect_server.domain.reflection import Reflection
from reflect_server.domain.review import Review, ReviewMode, ReviewResult, ReviewStatus
from reflect_server.domain.trace import IngestStatus, Trace, TraceFilter
from reflect_server.domain.trajectory import Trajectory
from reflect_server.errors import ConflictError, InvalidRequestError, NotFoundError, StoreError
from reflect_server.store.protocol.store import Store, Transaction

from .events import append_event

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
LEASE = 60 * SECOND
Make = Callable[..., Trace]
Keep = Callable[..., Memory]


def stored(store: Store, *traces: Trace) -> None:
    def insert(tx: Transaction) -> None:
        for trace in traces:
            tx.traces.insert(trace)

    store.write(insert)


def get(store: Store, trace_id: str, project_id: str = "p") -> Trace | None:
    return store.read(lambda tx: tx.traces.get(project_id, trace_id))


def ids(store: Store, **arguments: object) -> list[str]:
    return [t.id for t in store.read(lambda tx: tx.traces.page("p", **arguments))]  # type: ignore[arg-type]  # any of its keywords


def after(store: Store, trace_id: str) -> str:
    return store.read(lambda tx: tx.traces.cursor_after(trace_id))


def test_a_trace_comes_back_as_it_was_stored(store: Store, a_trace: Make):
    full = a_trace(
        "t",
        task='count the 🦊\0 and quote "it\'s"',
        trajectory=Trajectory(
            [{"role": "tool", "content": None, "n": [1, 2.5, 2**70, True, {"é": {}}]}]
        ),
        retrieved_memory_ids=("b", "a"),
        used_memory_ids=("a",),
        model="some-model",
        metadata={"a.b": 1, '"': [None], "": {"x": "y"}},
        reference_context="42",
        created_at=NOW + timedelta(microseconds=123_457),
        ingest_status=IngestStatus.FAILED,
        ingest_attempts=5,
        last_ingest_error="It did not work.",
        review={
            "result": ReviewResult.FAIL,
            "feedback_text": "wrong",
            "alpha": 0.25,
            "reflection": Reflection("s", "g", "k", "c", ("tool",), ("used", "other")),
            "remember": False,
        },
    )
    bare = a_trace("bare", trajectory=Trajectory([]), used_memory_ids=())
    stored(store, full, bare)
    assert get(store, "t") == full
    assert get(store, "bare") == bare


def test_a_trace_belongs_to_one_project(store: Store, a_trace: Make):
    stored(store, a_trace("t", "p"))
    assert get(store, "t", "q") is None
    assert store.read(lambda tx: tx.traces.page("q")) == []


def test_a_second_trace_of_the_same_id_is_refused(store: Store, a_trace: Make):
    stored(store, a_trace("t"))
    with pytest.raises(ConflictError, match="'t' exists already"):
        stored(store, a_trace("t", "q"))


def test_a_trace_of_an_unknown_project_is_refused(store: Store, a_trace: Make):
    with pytest.raises(NotFoundError, match="'nowhere' does not exist"):
        stored(store, a_trace("t", "nowhere"))


def test_pages_follow_the_order_of_insertion(store: Store, a_trace: Make):
    stored(store, *(a_trace(f"t{n}", created_at=NOW - n * SECOND) for n in range(5)))
    assert ids(store) == ["t4", "t3", "t2", "t1", "t0"]
    assert ids(store, limit=2) == ["t4", "t3"]
    assert ids(store, after=after(store, "t3"), limit=2) == ["t2", "t1"]
    assert ids(store, after=after(store, "t0")) == []


def test_a_page_is_not_disturbed_by_new_traces(store: Store, a_trace: Make):
    stored(store, *(a_trace(f"t{n}") for n in range(4)))
    cursor = after(store, "t2")
    stored(store, a_trace("new"))
    assert ids(store, after=cursor) == ["t1", "t0"]


def test_a_page_is_found_although_the_one_before_was_deleted(store: Store, a_trace: Make):
    stored(store, *(a_trace(f"t{n}") for n in range(4)))
    cursor = after(store, "t2")
    store.write(lambda tx: tx.traces.delete("p", ["t3", "t2"]))
    assert ids(store, after=cursor) == ["t1", "t0"]


def test_no_new_trace_appears_behind_a_cursor_whatever_is_deleted(store: Store, a_trace: Make):
    stored(store, *(a_trace(f"t{n}") for n in range(4)))
    cursor = after(store, "t2")
    store.write(lambda tx: tx.traces.delete("p", ["t3", "t2", "t1"]))
    stored(store, a_trace("new"))
    assert ids(store, after=cursor) == ["t0"]
    store.write(lambda tx: tx.projects.delete("p"))
    store.write(lambda tx: tx.projects.create("p", created_at=NOW))
    stored(store, a_trace("newer"))
    assert ids(store, after=cursor) == []


@pytest.mark.parametrize("cursor", ["unknown", "", "-1", "1.5", "9" * 19, "٣"])
def test_a_cursor_of_another_form_is_refused(store: Store, cursor: str):
    with pytest.raises(InvalidRequestError, match="not one of this list") as caught:
        ids(store, after=cursor)
    assert caught.value.field == "cursor"


def test_the_status_filter_agrees_with_the_domain(store: Store, a_trace: Make):
    reviews = [None, {"mode": ReviewMode.INLINE}, {"mode": ReviewMode.DEFERRED}]
    traces = [
        a_trace(f"t{n}", ingest_status=status, review=review)
        for n, (status, review) in enumerate(product(IngestStatus, reviews))
    ]
    stored(store, *traces)
    for status in ReviewStatus:
        expected = [t.id for t in reversed(traces) if t.review_status is status]
        assert ids(store, wanted=TraceFilter(review_status=status)) == expected
        assert ids(store, wanted=TraceFilter(review_status=status), limit=2) == expected[:2]
    for status in IngestStatus:
        expected = [t.id for t in reversed(traces) if t.ingest_status is status]
        assert ids(store, wanted=TraceFilter(ingest_status=status)) == expected


def test_traces_are_found_by_model_and_by_metadata(store: Store, a_trace: Make):
    stored(
        store,
        a_trace("a", model="m", metadata={"n": 1, "o": {"x": [1], "y": None}}),
        a_trace("b", model="M", metadata={"n": 1.0, "o": {"y": None, "x": [1.0]}}),
        a_trace("c", metadata={"n": True}),
        a_trace("d", model="m", metadata={'"; DROP TABLE traces; --': "n", "n": "1"}),
        a_trace("e", "q", model="m", metadata={"n": 1}),
    )

    def found(**wanted: Any) -> list[str]:
        return ids(store, wanted=TraceFilter(**wanted))

    assert found(model="m") == ["d", "a"]
    assert found(metadata={"n": 1}) == ["b", "a"]
    assert found(metadata={"o": {"x": [1], "y": None}, "n": 1}) == ["b", "a"]
    assert found(metadata={"n": True}) == ["c"]
    assert found(metadata={'"; DROP TABLE traces; --': "n"}) == ["d"]
    assert found(metadata={"n": 1}, model="m") == ["a"]
    assert found(metadata={"n": 1, "missing": 1}) == []
    assert found(metadata={}) == ["d", "c", "b", "a"]


def test_a_trajectory_that_is_larger_than_wanted_is_left_out(store: Store, a_trace: Make):
    trajectory = Trajectory([{"role": "assistant", "content": "é" * 500}])
    stored(store, a_trace("t", trajectory=trajectory))
    size = len(get(store, "t").trajectory.to_json(lambda message: json.dumps(message).encode()))

    def read(largest: int) -> Trace:
        return store.read(lambda tx: tx.traces.get("p", "t", largest=largest))

    assert read(size).trajectory == trajectory
    left_out = read(size - 1).trajectory
    assert left_out.is_left_out
    with pytest.raises(RuntimeError, match="was left out"):
        _ = left_out.final_response


def test_the_review_status_follows_each_change_of_a_trace(
    store: Store, a_trace: Make, a_queued_trace: Make, a_review: Callable[..., Review]
):
    def statuses() -> dict[str, str]:
        listed = {
            trace_id: status.value
            for status in ReviewStatus
            for trace_id in ids(store, wanted=TraceFilter(review_status=status))
        }
        for trace in store.read(lambda tx: tx.traces.page("p")):
            state = store.read(lambda tx, trace=trace: tx.traces.state("p", trace.id))
            assert state is not None
            assert trace.in_state(state) == trace
            assert state.review_status == trace.review_status == listed[trace.id]
        return listed

    stored(store, a_trace("later"), a_queued_trace("inline"))
    assert statuses() == {"later": "pending", "inline": "pending"}

    claim(store)

    def finish(tx: Transaction) -> None:
        memory = Memory("m", "p", "inline", "t", Reflection("s", "g"), success=None, created_at=NOW)
        tx.memories.insert(memory, vector=np.ones(2, np.float32), embedder="e")
        tx.traces.complete("inline", memory_id="m", status=ReviewStatus.REVIEWED)

    store.write(finish)
    for remember in (False, True):
        review = a_review("later", remember=remember)
        store.write(lambda tx, review=review: tx.traces.add_review(review, ReviewStatus.REVIEWED))
        assert statuses() == {"later": "reviewed", "inline": "reviewed"}
        store.write(lambda tx: tx.traces.remove_review("later"))
        assert statuses() == {"later": "pending", "inline": "reviewed"}
    store.write(lambda tx: tx.traces.remove_review("inline"))
    assert statuses() == {"later": "pending", "inline": "pending"}
    assert store.read(lambda tx: tx.traces.state("q", "later")) is None


def test_failed_traces_are_retried_with_all_their_attempts(store: Store, a_trace: Make):
    failed = {
        "ingest_status": IngestStatus.FAILED,
        "ingest_attempts": 6,
        "ingest_failures": 5,
        "review": {},
    }
    stored(
        store,
        a_trace("a", last_ingest_error="It broke.", **failed),
        a_trace("b", **failed),
        a_trace("c", "q", **failed),
        a_trace("done", review={}),
    )

    def retried(project_id: str | None, trace_ids: list[str] | None) -> list[str]:
        return list(store.write(lambda tx: tx.traces.retry(project_id, trace_ids, due_at=NOW)))

    assert retried("p", ["a", "c", "done", "unknown"]) == ["a"]
    assert sorted(retried(None, None)) == ["b", "c"]
    assert retried("p", None) == []
    trace = get(store, "a")
    assert trace.ingest_status is IngestStatus.QUEUED
    assert (trace.ingest_attempts, trace.last_ingest_error) == (6, "It broke.")
    claimed = claim(store)
    assert (claimed.id, claimed.ingest_attempts, claimed.ingest_failures) == ("a", 7, 1)


def test_a_review_puts_its_trace_into_the_queue(
    store: Store, a_trace: Make, a_review: Callable[..., Review]
):
    review = a_review("t", created_at=NOW + SECOND)
    stored(store, a_trace("t"))
    store.write(lambda tx: tx.traces.add_review(review, ReviewStatus.REVIEWED))
    trace = get(store, "t")
    assert trace == replace(a_trace("t"), ingest_status=IngestStatus.QUEUED, review=review)
    assert store.read(lambda tx: tx.traces.next_due()) == NOW + SECOND


def test_a_trace_that_is_reviewed_anew_has_all_its_attempts(
    store: Store, a_trace: Make, a_review: Callable[..., Review]
):
    given_up = {"ingest_status": IngestStatus.FAILED, "ingest_attempts": 5, "ingest_failures": 5}
    stored(store, a_trace("t", review={}, last_ingest_error="It broke.", **given_up))

    def review_anew(tx: Transaction) -> None:
        tx.traces.remove_review("t")
        tx.traces.add_review(a_review("t", id="another"), ReviewStatus.REVIEWED)

    store.write(review_anew)
    trace = get(store, "t")
    assert trace is not None
    assert (trace.ingest_attempts, trace.last_ingest_error) == (5, None)
    claimed = claim(store)
    assert claimed is not None
    assert (claimed.ingest_attempts, claimed.ingest_failures) == (6, 1)


def test_a_second_review_is_refused_and_changes_nothing(
    store: Store, a_trace: Make, a_review: Callable[..., Review]
):
    stored(store, a_trace("t", review={}))
    before = get(store, "t")
    with pytest.raises(ConflictError, match="has a review already"):
        store.write(
            lambda tx: tx.traces.add_review(a_review("t", id="another"), ReviewStatus.REVIEWED)
        )
    assert get(store, "t") == before


def test_a_review_of_no_trace_is_refused(store: Store, a_review: Callable[..., Review]):
    with pytest.raises(NotFoundError, match="'t' does not exist"):
        store.write(lambda tx: tx.traces.add_review(a_review("t"), ReviewStatus.REVIEWED))


def claim(store: Store, at: datetime = NOW, **arguments: Any) -> Trace | None:
    """
    Claim a trace, and return it as it is then.
    """
    claimed = store.write(lambda tx: tx.traces.claim(now=at, until=at + LEASE, **arguments))
    if claimed is None:
        return None
    trace = store.read(lambda tx: tx.traces.get(claimed.project_id, claimed.trace_id))
    assert trace is not None
    assert trace.ingest_attempts == claimed.attempt
    return trace


def test_traces_are_claimed_once_each_the_longest_due_first(store: Store, a_queued_trace: Make):
    late, early = a_queued_trace("late"), a_queued_trace("early", created_at=NOW - SECOND)
    stored(store, late, early)
    for queued in (early, late):
        taken = replace(queued, ingest_status=IngestStatus.PROCESSING, ingest_attempts=1)
        assert claim(store) == replace(taken, ingest_failures=1)
        assert get(store, queued.id) == replace(taken, ingest_failures=1)
    assert claim(store) is None


def test_a_trace_that_is_not_due_is_not_claimed(store: Store, a_queued_trace: Make):
    stored(store, a_queued_trace("t", created_at=NOW + SECOND))
    assert claim(store) is None
    assert store.read(lambda tx: tx.traces.next_due()) == NOW + SECOND
    assert claim(store, NOW + SECOND) is not None
    assert store.read(lambda tx: tx.traces.next_due()) is None


def test_a_rescheduled_trace_waits_and_tells_why(store: Store, a_queued_trace: Make):
    stored(store, a_queued_trace("t"))
    claim(store)
    store.write(
        lambda tx: tx.traces.reschedule("t", attempt=1, error="No luck.", due_at=NOW + SECOND)
    )
    assert claim(store) is None
    again = claim(store, NOW + SECOND)
    assert again is not None
    assert (again.ingest_attempts, again.last_ingest_error) == (2, "No luck.")


def test_an_attempt_need_not_count_against_its_trace(store: Store, a_queued_trace: Make):
    stored(store, a_queued_trace("t"))
    for attempt, counts in enumerate((False, True, False), start=1):
        claim(store)
        store.write(
            lambda tx, attempt=attempt, counts=counts: tx.traces.reschedule(
                "t", attempt=attempt, error="Away.", due_at=NOW, counts=counts
            )
        )
    trace = get(store, "t")
    assert trace is not None
    assert (trace.ingest_attempts, trace.ingest_failures) == (3, 1)


def test_claims_of_those_who_still_work_are_not_released(store: Store, a_queued_trace: Make):
    stored(store, *(a_queued_trace(f"t{n}") for n in range(2)))
    claim(store)
    claim(store)
    assert store.write(lambda tx: tx.traces.release_claims(keep=["t0"])) == 1
    again = claim(store)
    assert again is not None
    assert again.id == "t1"
    assert claim(store) is None


def test_a_failed_trace_leaves_the_queue(store: Store, a_queued_trace: Make):
    stored(store, a_queued_trace("t"))
    claim(store)
    store.write(lambda tx: tx.traces.fail("t", attempt=1, error="Never."))
    trace = get(store, "t")
    assert trace is not None
    assert (trace.ingest_status, trace.last_ingest_error) == (IngestStatus.FAILED, "Never.")
    assert claim(store) is None


def test_only_a_claimed_trace_is_rescheduled_or_failed(store: Store, a_trace: Make):
    stored(store, a_trace("t"))
    store.write(lambda tx: tx.traces.reschedule("t", attempt=1, error="x", due_at=NOW))
    store.write(lambda tx: tx.traces.fail("t", attempt=1, error="x"))
    assert get(store, "t") == a_trace("t")


def test_released_claims_can_be_claimed_again(store: Store, a_queued_trace: Make):
    stored(store, *(a_queued_trace(f"t{n}") for n in range(3)))
    claim(store)
    claim(store)
    assert store.write(lambda tx: tx.traces.release_claims()) == 2
    assert store.write(lambda tx: tx.traces.release_claims()) == 0
    again = claim(store)
    assert again is not None
    assert (again.id, again.ingest_attempts) == ("t0", 2)


def expire(store: Store, at: datetime) -> int:
    return store.write(
        lambda tx: tx.traces.expire_claims(now=at, lease=LEASE, error="It took too long.")
    )


def test_a_claim_ends_by_itself_and_its_attempt_counts_as_a_failure(
    store: Store, a_queued_trace: Make
):
    stored(store, *(a_queued_trace(f"t{n}") for n in range(2)))
    claim(store)
    claim(store, NOW + SECOND)
    assert expire(store, NOW + LEASE - SECOND) == 0
    assert expire(store, NOW + LEASE) == 1
    again = claim(store, NOW + LEASE)
    assert again is not None
    assert (again.id, again.ingest_attempts, again.ingest_failures) == ("t0", 2, 2)
    assert again.last_ingest_error == "It took too long."
    assert claim(store, NOW + LEASE) is None


def test_a_claim_of_a_clock_that_was_ahead_has_ended(store: Store, a_queued_trace: Make):
    stored(store, a_queued_trace("t"))
    claim(store)
    assert expire(store, NOW - SECOND) == 0
    assert expire(store, NOW - 2 * LEASE) == 1


def test_an_attempt_that_is_over_moves_its_trace_no_more(store: Store, a_queued_trace: Make):
    stored(store, a_queued_trace("t"))
    claim(store)
    expire(store, NOW + LEASE)
    again = claim(store, NOW + LEASE)
    store.write(lambda tx: tx.traces.reschedule("t", attempt=1, error="x", due_at=NOW))
    store.write(lambda tx: tx.traces.fail("t", attempt=1, error="x"))
    assert get(store, "t") == again


def test_projects_take_turns(store: Store, a_queued_trace: Make):
    stored(
        store,
        *(a_queued_trace(f"p{n}", created_at=NOW + n * SECOND) for n in range(3)),
        a_queued_trace("q0", "q", created_at=NOW + 3 * SECOND),
        a_queued_trace("q1", "q", created_at=NOW + 9 * SECOND),
    )
    assert store.read(lambda tx: tx.traces.next_due()) == NOW
    now, last, taken = NOW + 3 * SECOND, None, []
    while (trace := claim(store, now, after=last)) is not None:
        last = trace.project_id
        taken.append(trace.id)
    assert taken == ["p0", "q0", "p1", "p2"]
    assert store.read(lambda tx: tx.traces.next_due()) == NOW + 9 * SECOND


def test_a_completed_trace_names_its_memory(store: Store, a_queued_trace: Make):
    stored(store, a_queued_trace("t"))
    claim(store)
    store.write(lambda tx: tx.traces.reschedule("t", attempt=1, error="No luck.", due_at=NOW))
    claim(store)

    def finish(tx: Transaction) -> None:
        memory = Memory("m", "p", "t", "task", Reflection("s", "g"), success=None, created_at=NOW)
        tx.memories.insert(memory, vector=np.ones(2, np.float32), embedder="e")
        tx.traces.complete("t", memory_id="m", status=ReviewStatus.REVIEWED)

    store.write(finish)
    trace = get(store, "t")
    assert trace is not None
    assert trace.ingest_status is IngestStatus.COMPLETED
    assert trace.created_memory_id == "m"
    assert trace.last_ingest_error is None


def test_a_trace_is_completed_only_with_a_memory_that_was_made_of_it(
    store: Store, a_queued_trace: Make, keep_memory: Keep
):
    stored(store, a_queued_trace("t"))
    store.write(lambda tx: keep_memory(tx, "m"))
    with pytest.raises(StoreError, match="was not made of it"):
        store.write(lambda tx: tx.traces.complete("t", memory_id="m", status=ReviewStatus.REVIEWED))


def test_deleting_takes_reviews_memories_and_their_events(
    store: Store,
    a_review: Callable[..., Review],
    keep_memory: Keep,
    an_event: Callable[..., QValueEvent],
):
    def fill(tx: Transaction) -> None:
        keep_memory(tx, "m", metadata={"a": 1})
        tx.traces.add_review(a_review("trace-of-m"), ReviewStatus.REVIEWED)
        append_event(tx, an_event("e", "m"))

    store.write(fill)
    deleted = store.write(lambda tx: tx.traces.delete("p", ["trace-of-m", "unknown"]))
    assert deleted == ["trace-of-m"]

    def check(tx: Transaction) -> None:
        assert tx.traces.get("p", "trace-of-m") is None
        assert tx.memories.get_many("p", ["m"]) == {}
        assert tx.memories.of_trace("trace-of-m") is None
        assert tx.memories.matching("p", {"a": 1}) == frozenset()
        assert tx.memories.vectors("p", embedder="e", dimensions=2)[0] == []
        assert tx.memories.history("m") == []

    store.read(check)
    store.write(lambda tx: keep_memory(tx, "m"))
    store.write(lambda tx: tx.traces.add_review(a_review("trace-of-m"), ReviewStatus.REVIEWED))


def test_deleting_a_trace_leaves_the_q_values_that_its_review_moved(
    store: Store, a_trace: Make, keep_memory: Keep, an_event: Callable[..., QValueEvent]
):
    event = an_event("e", "m", trace_id="t", review_id="review-of-t")
    stored(store, a_trace("t", review={}))
    store.write(lambda tx: keep_memory(tx, "m"))
    store.write(lambda tx: append_event(tx, event))
    store.write(lambda tx: tx.traces.delete("p", ["t"]))
    assert store.read(lambda tx: tx.memories.get_many("p", ["m"]))["m"].q_value == 0.65
    assert store.read(lambda tx: tx.memories.history("m")) == [event]


def test_an_id_that_goes_on_after_a_nul_is_another_id(store: Store, a_trace: Make):
    stored(store, a_trace("t1", ingest_status=IngestStatus.FAILED))
    longer = ["t1\x00", "t1\x00and more"]

    assert store.write(lambda tx: tx.traces.retry("p", longer, due_at=NOW)) == []
    assert store.write(lambda tx: tx.traces.delete("p", longer)) == []
    assert get(store, "t1") is not None


def test_deleting_leaves_foreign_traces_alone(store: Store, a_trace: Make):
    stored(store, a_trace("t", "q"), a_trace("u"), a_trace("v"))
    assert store.write(lambda tx: tx.traces.delete("p", ["t"])) == []
    assert store.write(lambda tx: tx.traces.delete("p", [])) == []
    assert store.write(lambda tx: tx.traces.delete("p", ["v", "u", "v"])) == ["v", "u"]
    assert get(store, "t", "q") is not None
