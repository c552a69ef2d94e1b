from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from reflect_server.domain.memory import Evidence, Memory, QValueEvent
from reflect_server.domain.reflection import Reflection
from reflect_server.domain.review import ReviewResult
from reflect_server.domain.trace import Trace
from reflect_server.errors import ConflictError, InvalidRequestError, NotFoundError, StoreError
from reflect_server.store.protocol.store import Store, Transaction

from .events import append_event

NOW = datetime(2026, 1, 1, tzinfo=UTC)
Keep = Callable[..., Memory]
MakeEvent = Callable[..., QValueEvent]


def kept(store: Store, memory_id: str) -> Memory:
    return store.read(lambda tx: tx.memories.get_many("p", [memory_id]))[memory_id]


def matching(store: Store, **metadata: Any) -> frozenset[str]:
    return store.read(lambda tx: tx.memories.matching("p", metadata))


@pytest.mark.parametrize("success", [True, False, None])
def test_a_memory_comes_back_as_it_was_stored(
    store: Store, keep_memory: Keep, success: bool | None
):
    memory = store.write(
        lambda tx: keep_memory(
            tx,
            "m",
            reflection=Reflection("s", "g", "k", "c", ("tool",), ("used",)),
            success=success,
            q_value=0.75,
            metadata={"a": {"b": [1, None]}},
            created_at=NOW + timedelta(microseconds=1),
        )
    )
    assert kept(store, "m") == memory
    assert store.read(lambda tx: tx.memories.of_trace("trace-of-m")) == memory
    assert store.read(lambda tx: tx.memories.of_trace("unknown")) is None


def test_only_the_memories_of_the_project_are_found(store: Store, keep_memory: Keep):
    mine = store.write(lambda tx: keep_memory(tx, "m"))
    store.write(lambda tx: keep_memory(tx, "foreign", "q"))
    found = store.read(lambda tx: tx.memories.get_many("p", ["foreign", "m", "unknown", "m"]))
    assert found == {"m": mine}
    assert store.read(lambda tx: tx.memories.get_many("p", [])) == {}


def test_the_id_of_a_deleted_memory_stays_known_in_its_project(store: Store, keep_memory: Keep):
    store.write(lambda tx: keep_memory(tx, "m"))
    store.write(lambda tx: keep_memory(tx, "deleted"))
    store.write(lambda tx: keep_memory(tx, "foreign", "q"))
    store.write(lambda tx: keep_memory(tx, "deleted-foreign", "q"))
    asked = ["deleted-foreign", "foreign", "unknown", "deleted", "m", "m"]

    def delete(tx: Transaction) -> None:
        both = ["trace-of-deleted", "trace-of-deleted-foreign"]
        tx.traces.delete("p", both)
        tx.traces.delete("q", both)

    store.write(delete)
    assert store.read(lambda tx: tx.memories.known("p", asked)) == {"deleted", "m"}
    assert store.read(lambda tx: tx.memories.known("p", [])) == frozenset()

    store.write(lambda tx: tx.projects.delete("p"))
    store.write(lambda tx: tx.projects.create("p", created_at=NOW))
    assert store.read(lambda tx: tx.memories.known("p", asked)) == frozenset()


def test_a_trace_makes_one_memory_at_most(store: Store, keep_memory: Keep):
    memory = store.write(lambda tx: keep_memory(tx, "m"))
    vector = np.ones(2, np.float32)
    with pytest.raises(ConflictError, match="has made a memory already"):
        store.write(
            lambda tx: tx.memories.insert(replace(memory, id="n"), vector=vector, embedder="e")
        )


def test_a_q_value_outside_its_range_is_refused(store: Store, keep_memory: Keep):
    with pytest.raises(StoreError, match="nothing of the request was stored"):
        store.write(lambda tx: keep_memory(tx, "m", q_value=1.5))
    assert store.read(lambda tx: tx.memories.page("p")) == []


def test_a_memory_of_no_trace_is_refused(store: Store):
    memory = Memory("m", "p", "t", "task", Reflection("s", "g"), success=None, created_at=NOW)
    with pytest.raises(NotFoundError, match="'t' does not exist"):
        store.write(
            lambda tx: tx.memories.insert(memory, vector=np.ones(2, np.float32), embedder="e")
        )


def test_pages_are_newest_first(store: Store, keep_memory: Keep):
    for memory_id in ("a", "b", "c"):
        store.write(lambda tx, memory_id=memory_id: keep_memory(tx, memory_id))
    page = store.read(lambda tx: tx.memories.page("p", limit=2))
    rest = store.read(lambda tx: tx.memories.page("p", after=tx.memories.cursor_after("b")))
    assert [m.id for m in page] == ["c", "b"]
    assert [m.id for m in rest] == ["a"]
    with pytest.raises(InvalidRequestError, match="not one of this list"):
        store.read(lambda tx: tx.memories.page("p", after="b"))


def test_vectors_come_back_exactly_for_their_embedder(store: Store, keep_memory: Keep):
    third = float(np.float32(1 / 3))
    store.write(lambda tx: keep_memory(tx, "a", vector=(third, -1.0)))
    store.write(lambda tx: keep_memory(tx, "b", vector=(0.0, 1.0)))
    store.write(lambda tx: keep_memory(tx, "other", vector=(1.0, 1.0, 1.0), embedder="f"))
    ids, vectors, tasks = store.read(
        lambda tx: tx.memories.vectors("p", embedder="e", dimensions=2)
    )
    assert ids == ["a", "b"]
    assert vectors.dtype == np.float32
    assert vectors.tolist() == [[third, -1.0], [0.0, 1.0]]
    assert tasks == ["task of a", "task of b"]
    ids, vectors, tasks = store.read(
        lambda tx: tx.memories.vectors("q", embedder="e", dimensions=2)
    )
    assert (ids, tasks) == ([], [])
    assert len(vectors) == 0


def test_vectors_of_some_memories_come_in_the_same_order(store: Store, keep_memory: Keep):
    for memory_id, project_id in (("a", "p"), ("b", "p"), ("c", "p"), ("d", "q")):
        store.write(lambda tx, i=memory_id, p=project_id: keep_memory(tx, i, p))

    def ids_of(*memory_ids: str) -> list[str]:
        return store.read(
            lambda tx: tx.memories.vectors(
                "p", embedder="e", dimensions=2, memory_ids=set(memory_ids)
            )
        )[0]

    assert ids_of("c", "a", "d", "unknown") == ["a", "c"]
    assert ids_of() == []


def test_vectors_of_other_dimensions_are_never_among_them(store: Store, keep_memory: Keep):
    store.write(lambda tx: keep_memory(tx, "a", vector=(1.0, 0.0)))
    store.write(lambda tx: keep_memory(tx, "b", vector=(1.0, 0.0, 0.0)))
    for memory_id, dimensions in (("a", 2), ("b", 3)):
        ids, vectors, _ = store.read(
            lambda tx, size=dimensions: tx.memories.vectors("p", embedder="e", dimensions=size)
        )
        assert ids == [memory_id]
        assert vectors.shape == (1, dimensions)


def test_memories_without_a_vector_are_found_newest_first_and_page_by_page(
    store: Store, keep_memory: Keep
):
    for number in range(4):
        store.write(lambda tx, number=number: keep_memory(tx, f"m{number}"))
    store.write(lambda tx: keep_memory(tx, "done", embedder="f", vector=(1.0, 0.0)))
    store.write(lambda tx: keep_memory(tx, "other-size", embedder="f", vector=(1.0, 0.0, 0.0)))
    first = store.read(lambda tx: tx.memories.unembedded("f", 2, limit=3))
    assert [memory.id for memory in first] == ["other-size", "m3", "m2"]
    assert (first[1].project_id, first[1].task) == ("p", "task of m3")
    rest = store.read(lambda tx: tx.memories.unembedded("f", 2, before=first[-1].position, limit=3))
    assert [memory.id for memory in rest] == ["m1", "m0"]
    assert store.read(lambda tx: tx.memories.count_unembedded("f")) == 4
    assert store.read(lambda tx: tx.memories.count_unembedded("f", other="e")) == 4
    assert store.read(lambda tx: tx.memories.count_unembedded("f", other="g")) == 0


def test_a_vector_is_set_and_replaced_but_not_for_a_memory_that_is_gone(
    store: Store, keep_memory: Keep
):
    store.write(lambda tx: keep_memory(tx, "a"))
    for values in ([1, 0, 0], [0, 1]):
        vector = np.array(values, np.float32)
        for memory_id in ("a", "gone"):
            store.write(
                lambda tx, vector=vector, memory_id=memory_id: tx.memories.set_vector(
                    memory_id, vector=vector, embedder="f"
                )
            )
    ids, vectors, _ = store.read(lambda tx: tx.memories.vectors("p", embedder="f", dimensions=2))
    assert (ids, vectors.tolist()) == (["a"], [[0, 1]])
    assert store.read(lambda tx: tx.memories.vectors("p", embedder="f", dimensions=3))[0] == []
    assert store.read(lambda tx: tx.memories.vectors("p", embedder="e", dimensions=2))[0] == ["a"]


@pytest.mark.parametrize(
    ("kept_value", "same", "different"),
    [
        (1, [1, 1.0], [True, "1", [1], None, 2]),
        (0, [0, 0.0, -0.0], [False, "", None, []]),
        (True, [True], [1, "true", 1.0, False]),
        (None, [None], ["null", False, 0, {}]),
        ("1", ["1"], [1, True, '"1"']),
        (1.5, [1.5], [1, "1.5"]),
        (2**53 + 1, [2**53 + 1], [float(2**53), 2**53]),
        ([1, 2.0], [[1.0, 2]], [[2, 1], [1], {"0": 1}]),
        ({"a": 1, "b": {"c": [1], "d": 2}}, [{"b": {"d": 2.0, "c": [1]}, "a": 1}], [{"a": 1}]),
        ({}, [{}], [[], None]),
    ],
)
def test_metadata_matches_by_equality_as_json(
    store: Store, keep_memory: Keep, kept_value: object, same: list[Any], different: list[Any]
):
    store.write(lambda tx: keep_memory(tx, "m", metadata={"key": kept_value, "other": 1}))
    for value in same:
        assert matching(store, key=value) == {"m"}, value
    for value in different:
        assert matching(store, key=value) == frozenset(), value


@pytest.mark.parametrize("key", ["a.b", 'say "hi"', "it's", "$", "$.x", "[0]", "", "a\0b", "é"])
def test_any_key_can_be_filtered_by(store: Store, keep_memory: Keep, key: str):
    store.write(lambda tx: keep_memory(tx, "m", metadata={key: 1}))
    store.write(lambda tx: keep_memory(tx, "n", metadata={"a": {"b": 1}}))
    assert matching(store, **{key: 1}) == {"m"}


def test_a_filter_asks_for_all_of_its_keys(store: Store, keep_memory: Keep):
    store.write(lambda tx: keep_memory(tx, "both", metadata={"a": 1, "b": 2}))
    store.write(lambda tx: keep_memory(tx, "one", metadata={"a": 1}))
    store.write(lambda tx: keep_memory(tx, "foreign", "q", metadata={"a": 1, "b": 2}))
    assert matching(store, a=1, b=2) == {"both"}
    assert matching(store, a=1) == {"both", "one"}
    assert matching(store, c=None) == frozenset()
    assert matching(store) == {"both", "one"}


def test_an_event_moves_the_q_value_and_stays(store: Store, keep_memory: Keep, an_event: MakeEvent):
    first = an_event("1", "m", review_id="r1")
    second = an_event("2", "m", review_id="r2", q_before=0.65, q_after=0.4, weight=0.5)
    store.write(lambda tx: keep_memory(tx, "m"))
    store.write(lambda tx: append_event(tx, first))
    store.write(lambda tx: append_event(tx, second))
    assert kept(store, "m").q_value == 0.4
    assert store.read(lambda tx: tx.memories.history("m")) == [first, second]


def test_a_review_moves_a_memory_once(store: Store, keep_memory: Keep, an_event: MakeEvent):
    store.write(lambda tx: keep_memory(tx, "m"))
    store.write(lambda tx: append_event(tx, an_event("1", "m")))
    with pytest.raises(ConflictError, match="already"):
        store.write(lambda tx: append_event(tx, an_event("2", "m", q_after=0.9)))
    assert kept(store, "m").q_value == 0.65


def test_an_event_of_no_memory_is_refused(store: Store, an_event: MakeEvent):
    with pytest.raises(NotFoundError, match="'m' does not exist"):
        store.write(lambda tx: append_event(tx, an_event("1", "m")))


def test_a_trace_shows_its_memory(store: Store, keep_memory: Keep):
    def created_memory(trace: Trace | None) -> str | None:
        return trace and trace.created_memory_id

    store.write(lambda tx: keep_memory(tx, "m"))
    assert created_memory(store.read(lambda tx: tx.traces.get("p", "trace-of-m"))) == "m"


def test_an_event_is_counted_as_evidence_for_its_memory_and_its_project(
    store: Store, keep_memory: Keep, an_event: MakeEvent
):
    store.write(lambda tx: keep_memory(tx, "m"))
    store.write(lambda tx: keep_memory(tx, "n"))
    store.write(lambda tx: keep_memory(tx, "foreign", "q"))
    later = NOW + timedelta(hours=1)
    fail = {"result": ReviewResult.FAIL, "review_id": "s", "weight": 0.25}

    def work(tx: Transaction) -> None:
        append_event(tx, an_event("1", "m", created_at=later))
        append_event(tx, an_event("2", "m", **fail))
        append_event(tx, an_event("3", "n"))

    store.write(work)

    assert kept(store, "m").evidence == Evidence(2, 1.0, 0.25, later)
    assert store.read(lambda tx: tx.projects.evidence("p")) == Evidence(3, 2.0, 0.25)
    assert store.read(lambda tx: tx.projects.evidence("q")) == Evidence()
    assert store.read(lambda tx: tx.projects.evidence("unknown")) == Evidence()


def test_the_evidence_of_a_deleted_memory_leaves_its_project(
    store: Store, keep_memory: Keep, an_event: MakeEvent
):
    for memory_id in ("m", "n"):
        store.write(lambda tx, memory_id=memory_id: keep_memory(tx, memory_id))
        event = an_event(memory_id, memory_id)
        store.write(lambda tx, event=event: append_event(tx, event))

    store.write(lambda tx: tx.traces.delete("p", ["trace-of-m"]))

    assert store.read(lambda tx: tx.projects.evidence("p")) == Evidence(1, 1.0, 0.0)
