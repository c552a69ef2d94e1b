"""
What is read again is what is there now, however often it was read before.
"""

import threading
from collections.abc import Callable

import pytest

from reflect_server.domain.memory import Evidence, Memory, QValueEvent
from reflect_server.domain.review import ReviewResult
from reflect_server.store.protocol.store import Store, Transaction

from .events import append_event

Keep = Callable[..., Memory]
MakeEvent = Callable[..., QValueEvent]


def for_ranking(
    store: Store, *memory_ids: str, project_id: str = "p"
) -> tuple[list[Memory], Evidence]:
    memories, evidence = store.for_ranking(project_id, memory_ids)
    again, evidence_again = store.for_ranking(project_id, memory_ids)
    assert (again, evidence_again) == (memories, evidence)
    return [memories[memory_id] for memory_id in memory_ids if memory_id in memories], evidence


def test_memories_are_weighed_with_the_evidence_of_their_project(
    store: Store, keep_memory: Keep, an_event: MakeEvent
):
    store.write(lambda tx: keep_memory(tx, "m"))
    foreign = store.write(lambda tx: keep_memory(tx, "foreign", "q"))
    store.write(lambda tx: append_event(tx, an_event("1", "m")))
    mine = store.read(lambda tx: tx.memories.get_many("p", ["m"]))["m"]
    assert for_ranking(store, "m", "foreign", "unknown") == ([mine], Evidence(1, 1.0, 0.0))
    assert for_ranking(store, "m", "foreign", project_id="q") == ([foreign], Evidence())


def test_what_a_memory_learned_is_seen_at_once(
    store: Store, keep_memory: Keep, an_event: MakeEvent
):
    store.write(lambda tx: keep_memory(tx, "m"))
    for number in range(1, 4):
        event = an_event(str(number), "m", review_id=str(number), q_after=number / 10)
        store.write(lambda tx, event=event: append_event(tx, event))
        [memory], evidence = for_ranking(store, "m")
        assert memory.q_value == number / 10
        assert evidence == Evidence(number, float(number), 0.0)


def test_a_write_sees_its_own_changes_and_one_that_fails_leaves_none(
    store: Store, keep_memory: Keep, an_event: MakeEvent
):
    store.write(lambda tx: keep_memory(tx, "m"))
    before = for_ranking(store, "m")

    def work(tx: Transaction) -> None:
        append_event(tx, an_event("1", "m"))
        assert tx.memories.get_many("p", ["m"])["m"].evidence.uses == 1
        tx.projects.delete("p")
        raise KeyError

    with pytest.raises(KeyError):
        store.write(work)
    assert for_ranking(store, "m") == before


def test_what_is_deleted_with_something_else_is_gone_at_once(store: Store, keep_memory: Keep):
    for memory_id in ("m", "n"):
        store.write(lambda tx, memory_id=memory_id: keep_memory(tx, memory_id))
    for_ranking(store, "m", "n")
    store.write(lambda tx: tx.traces.delete("p", ["trace-of-m"]))
    assert [memory.id for memory in for_ranking(store, "m", "n")[0]] == ["n"]
    store.write(lambda tx: tx.projects.delete("p"))
    assert for_ranking(store, "m", "n") == ([], Evidence())


def test_reads_during_writes_are_each_of_one_state_and_not_of_an_older_one(
    store: Store, keep_memory: Keep, an_event: MakeEvent
):
    memory_ids = [f"m{number}" for number in range(6)]
    for memory_id in memory_ids:
        store.write(lambda tx, memory_id=memory_id: keep_memory(tx, memory_id))
    applied = 0
    done = threading.Event()

    def review() -> None:
        nonlocal applied
        for number in range(150):
            chosen = [memory_ids[number % 6], memory_ids[(number + 1) % 6]]
            result = ReviewResult.PASS if number % 3 else ReviewResult.FAIL
            events = [
                an_event(f"{number}-{m}", m, review_id=str(number), result=result) for m in chosen
            ]
            store.write(lambda tx, events=events: [append_event(tx, e) for e in events])
            applied += 2
        done.set()

    writer = threading.Thread(target=review)
    writer.start()
    while not done.is_set():
        least = applied
        memories, evidence = store.for_ranking("p", memory_ids)
        seen = [memory.evidence for memory in memories.values()]
        assert sum(one.uses for one in seen) == evidence.uses >= least
        assert sum(one.wins for one in seen) == evidence.wins
    writer.join()
    assert for_ranking(store, *memory_ids)[1].uses == 300
