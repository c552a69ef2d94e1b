import math
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest

from reflect_server.domain.candidates import Candidates, candidate_rows
from reflect_server.domain.memory import Memory
from reflect_server.domain.ranking import Ranking
from reflect_server.domain.reflection import Reflection
from reflect_server.domain.similarity import similarities as similarities_of
from reflect_server.domain.trace import Trace
from reflect_server.domain.trajectory import Trajectory
from reflect_server.retrieval.bm25 import LexicalIndex
from reflect_server.retrieval.eviction import IDLE_SECONDS, Eviction
from reflect_server.retrieval.index import MemoryIndex
from reflect_server.retrieval.quantized import BLOCK, QuantizedVectors
from reflect_server.store.protocol.memories import Vector
from reflect_server.store.protocol.store import Store, Transaction
from reflect_server.store.sqlite import SqliteStore

T = TypeVar("T")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
ROOM = 2**30
EAST, NORTH, NORTHEAST = (np.array(v, np.float32) for v in ((1.0, 0.0), (0.0, 1.0), (0.6, 0.8)))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(SqliteStore(tmp_path)) as opened:
        opened.write(lambda tx: tx.projects.create("p", created_at=NOW))
        opened.write(lambda tx: tx.projects.create("q", created_at=NOW))
        yield opened


@pytest.fixture
def index(store: Store) -> MemoryIndex:
    return MemoryIndex(store, "e", Eviction(ROOM))


def keep(
    tx: Transaction,
    memory_id: str,
    vector: Vector,
    task: str = "task",
    *,
    project_id: str = "p",
    embedder: str = "e",
) -> None:
    trace_id = f"t-{memory_id}"
    tx.traces.insert(
        Trace(trace_id, project_id, task, Trajectory([]), "", (), None, None, {}, None, NOW)
    )
    reflection = Reflection("s", "g")
    memory = Memory(memory_id, project_id, trace_id, task, reflection, success=None, created_at=NOW)
    tx.memories.insert(memory, vector=vector, embedder=embedder)


def commit(
    store: Store, memory_id: str, vector: Vector, *, project_id: str = "p", embedder: str = "e"
) -> None:
    store.write(lambda tx: keep(tx, memory_id, vector, project_id=project_id, embedder=embedder))


EVERYTHING = Ranking(limit=10_000, blend=1.0, similarity_threshold=-1.0)


def compared(
    index: MemoryIndex,
    vector: Vector,
    project_id: str = "p",
    *,
    allowed: Collection[str] | None = None,
) -> Candidates:
    """
    Return all memories of a project as candidates, the most similar first.
    """
    return index.candidates(project_id, vector, "", EVERYTHING, allowed=allowed)


def ids(index: MemoryIndex, project_id: str = "p") -> list[str]:
    """
    Return the memories that the index has of a project, sorted.
    """
    return sorted(compared(index, EAST, project_id).ids)


def test_a_search_compares_with_every_memory_of_the_project(store: Store, index: MemoryIndex):
    commit(store, "a", EAST)
    commit(store, "b", NORTHEAST)
    commit(store, "other embedder", EAST, embedder="f")
    commit(store, "other project", EAST, project_id="q")
    found, vectors, similarities, _ = compared(index, EAST)
    assert found == ["a", "b"]
    assert vectors.tolist() == [EAST.tolist(), NORTHEAST.tolist()]
    assert similarities.tolist() == pytest.approx([1.0, 0.6])
    assert ids(index, "q") == ["other project"]


def test_an_addition_that_fails_leaves_the_index_as_it_was(
    store: Store, index: MemoryIndex, monkeypatch: pytest.MonkeyPatch
):
    commit(store, "a", EAST)
    assert ids(index) == ["a"]
    with monkeypatch.context() as failing:
        failing.setattr(QuantizedVectors, "extended", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            index.add("p", "b", NORTH, "task")
    index.add("p", "c", NORTHEAST, "task")
    index.add("p", "b", NORTH, "task")
    found, vectors, _, _ = compared(index, EAST)
    assert dict(zip(found, vectors.tolist(), strict=True)) == {
        "a": EAST.tolist(),
        "b": NORTH.tolist(),
        "c": NORTHEAST.tolist(),
    }


def test_an_empty_project_has_no_matches(index: MemoryIndex):
    found, vectors, similarities, _ = compared(index, EAST)
    assert found == []
    assert vectors.shape == (0, 2)
    assert similarities.shape == (0,)


def test_a_search_can_be_restricted(store: Store, index: MemoryIndex):
    for memory_id, vector in (("a", EAST), ("b", NORTH), ("c", NORTHEAST)):
        commit(store, memory_id, vector)
    found, vectors, similarities, _ = compared(index, NORTH, allowed=frozenset({"c", "b", "gone"}))
    assert found == ["b", "c"]
    assert vectors.tolist() == [NORTH.tolist(), NORTHEAST.tolist()]
    assert similarities.tolist() == pytest.approx([1.0, 0.8])
    assert compared(index, NORTH, allowed=frozenset()).ids == []


def test_added_memories_are_found_once(store: Store, index: MemoryIndex):
    assert ids(index) == []
    for number in range(200):
        commit(store, f"m{number}", EAST)
        index.add("p", f"m{number}", EAST, "task")
        index.add("p", f"m{number}", EAST, "task")
    assert ids(index) == sorted(f"m{number}" for number in range(200))


def test_a_memory_added_before_the_first_search_is_found_once(store: Store, index: MemoryIndex):
    commit(store, "a", EAST)
    index.add("p", "a", EAST, "task")
    assert ids(index) == ["a"]


def test_an_earlier_answer_is_not_changed_by_later_memories(store: Store, index: MemoryIndex):
    commit(store, "a", EAST)
    before = compared(index, EAST)
    index.add("p", "b", NORTH, "task")
    index.remove("p", ["a"])
    assert before.ids == ["a"]
    assert before.vectors.tolist() == [EAST.tolist()]
    assert ids(index) == ["b"]


def test_removed_memories_are_not_found(store: Store, index: MemoryIndex):
    for memory_id, vector in (("a", EAST), ("b", NORTH), ("c", NORTHEAST)):
        commit(store, memory_id, vector)
    assert ids(index) == ["a", "b", "c"]
    index.remove("p", ["b", "unknown"])
    assert ids(index) == ["a", "c"]
    index.add("p", "d", NORTH, "task")
    found = compared(index, NORTH, allowed={"c", "d"})
    assert found.ids == ["d", "c"]
    assert found.similarities.tolist() == pytest.approx([1.0, 0.8])


def test_a_memory_that_was_deleted_before_it_is_confirmed_is_not_found(
    store: Store, index: MemoryIndex
):
    assert ids(index) == []
    commit(store, "kept", EAST)
    commit(store, "deleted", EAST)
    store.write(lambda tx: tx.traces.delete("p", ["t-deleted"]))
    index.remove("p", ["deleted"])

    index.confirm("p", "deleted", EAST, "task")
    index.confirm("p", "kept", EAST, "task")

    assert ids(index) == ["kept"]


def test_a_forgotten_project_is_loaded_anew(store: Store, index: MemoryIndex):
    commit(store, "a", EAST)
    assert ids(index) == ["a"]
    store.write(lambda tx: tx.projects.delete("p"))
    index.forget("p")
    assert ids(index) == []


class Clock:
    """
    A clock that a test moves, or that moves by itself at each look.
    """

    def __init__(self, step: float = 0.0) -> None:
        self.now, self.step = 0.0, step

    def __call__(self) -> float:
        self.now += self.step
        return self.now


def test_projects_without_searches_leave_the_memory_where_others_need_it(store: Store):
    clock = Clock()
    full = MemoryIndex(store, "e", Eviction(0, clock))
    commit(store, "a", EAST)
    commit(store, "b", EAST, project_id="q")
    assert ids(full, "p") == ["a"]
    held = full.nbytes
    clock.now = IDLE_SECONDS - 1
    assert ids(full, "q") == ["b"]
    assert full.nbytes > held
    assert full.size("p") == 1  # It was searched a moment ago.

    clock.now = 2 * IDLE_SECONDS
    full.forget("q")
    assert ids(full, "q") == ["b"]
    assert full.nbytes == held
    assert full.size("p") == math.inf
    commit(store, "c", EAST)
    full.confirm("p", "c", EAST, "task")
    assert ids(full, "p") == ["a", "c"]


@pytest.mark.parametrize("how", ["search", "addition"])
def test_idle_projects_leave_the_memory_although_no_other_is_loaded(store: Store, how: str):
    clock = Clock()
    full = MemoryIndex(store, "e", Eviction(0, clock))
    ids(full, "p")
    clock.now = 1.0
    ids(full, "q")
    clock.now = IDLE_SECONDS
    assert full.size("p") == 0
    if how == "search":
        ids(full, "q")
    else:
        full.add("q", "a", EAST, "task")
    assert full.size("p") == math.inf
    assert full.size("q") < math.inf


def test_a_project_that_is_forgotten_while_it_is_loaded_counts_no_longer(store: Store):
    observed = ObservedStore(store)
    index = MemoryIndex(observed, "e", Eviction(ROOM))
    forgetting = threading.Thread(target=index.forget, args=("p",))
    observed.after_read = forgetting.start
    ids(index)
    forgetting.join()
    observed.after_read = lambda: None
    assert (index.nbytes, index.size("p")) == (0, math.inf)
    ids(index)
    assert index.nbytes > 0


def test_as_many_projects_leave_the_memory_as_have_to_and_the_longest_unused_first(store: Store):
    names = ["first", "second", "third", "fourth"]
    for name in names:
        store.write(lambda tx, name=name: tx.projects.create(name, created_at=NOW))
        commit(store, f"m-{name}", EAST, project_id=name)
    clock = Clock()
    one = MemoryIndex(store, "e", Eviction(ROOM))
    ids(one, "first")
    index = MemoryIndex(store, "e", Eviction(3 * one.nbytes, clock))
    for name in (*names[:3], "first"):
        ids(index, name)
        clock.now += IDLE_SECONDS
    ids(index, "fourth")
    assert [name for name in names if index.size(name) == math.inf] == ["second"]
    assert index.nbytes == 3 * one.nbytes


def test_what_is_in_memory_is_counted_as_it_changes(store: Store, index: MemoryIndex):
    assert index.nbytes == 0
    ids(index)
    empty = index.nbytes
    for number in range(200):
        commit(store, f"m{number}", EAST)
        index.confirm("p", f"m{number}", EAST, "task")
    grown = index.nbytes
    assert grown > empty
    index.remove("p", [f"m{number}" for number in range(150)])
    assert empty < index.nbytes < grown
    index.forget("p")
    assert index.nbytes == 0


def test_nothing_is_lost_where_projects_leave_the_memory_all_the_time(store: Store):
    index = MemoryIndex(store, "e", Eviction(0, Clock(step=IDLE_SECONDS + 1)))
    lost: list[str] = []

    def work(project_id: str, worker: int) -> None:
        for number in range(50):
            memory_id = f"{project_id}{worker}-{number}"
            index.add(project_id, memory_id, EAST, "task")
            commit(store, memory_id, EAST, project_id=project_id)
            index.confirm(project_id, memory_id, EAST, "task")
            if memory_id not in ids(index, project_id):
                lost.append(memory_id)

    threads = [
        threading.Thread(target=work, args=(project_id, worker))
        for project_id in ("p", "q")
        for worker in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert lost == []
    for project_id in ("p", "q"):
        found = ids(index, project_id)
        assert len(found) == len(set(found)) == 100


def test_vectors_of_different_dimensions_are_never_compared(store: Store, index: MemoryIndex):
    commit(store, "a", EAST)
    assert ids(index) == ["a"]
    assert compared(index, np.ones(3, np.float32)).ids == []
    assert ids(index) == ["a"]
    longer = np.ones(3, np.float32)
    commit(store, "b", longer)
    index.confirm("p", "b", longer, "task")
    assert ids(index) == ["a"]
    assert compared(index, longer).ids == ["b"]


class ObservedStore:
    """
    A store that lets a test act between a read's snapshot and its result.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self.after_read: Callable[[], None] = lambda: None

    def read(self, work: Callable[[Transaction], T]) -> T:
        result = self._store.read(work)
        self.after_read()
        return result

    def write(self, work: Callable[[Transaction], T]) -> T:
        return self._store.write(work)

    def close(self) -> None:
        self._store.close()


def test_a_memory_committed_while_the_project_is_loaded_is_not_lost(store: Store):
    observed = ObservedStore(store)
    index = MemoryIndex(observed, "e", Eviction(ROOM))
    commit(store, "early", EAST)
    adding = threading.Thread(target=index.add, args=("p", "late", NORTH, "task"))

    def commit_another() -> None:
        commit(store, "late", NORTH)
        adding.start()

    observed.after_read = commit_another
    compared(index, EAST)
    adding.join()
    assert ids(index) == ["early", "late"]


def test_searches_beside_additions_see_whole_rows(index: MemoryIndex):
    ids(index)
    stop = threading.Event()
    wrong: list[str] = []

    def search() -> None:
        while not stop.is_set():
            found = compared(index, EAST)
            if len(found.ids) != len(found.vectors) or not (found.similarities == 1.0).all():
                wrong.append("a row that was not written yet")

    searchers = [threading.Thread(target=search) for _ in range(2)]
    for thread in searchers:
        thread.start()
    for number in range(2000):
        index.add("p", f"m{number}", EAST, "task")
    stop.set()
    for thread in searchers:
        thread.join()
    assert wrong == []
    assert len(ids(index)) == 2000


RANKINGS = [
    Ranking(),
    Ranking(limit=1, blend=1.0),
    Ranking(limit=100, mmr_lambda=0.0),
    Ranking(similarity_threshold=0.3),
    Ranking(similarity_threshold=-1.0, limit=40),
]


def test_what_is_compared_at_a_glance_has_the_candidates_of_what_is_compared_exactly(
    index: MemoryIndex, store: Store
):
    random = np.random.default_rng(1)
    vectors = random.standard_normal((2 * BLOCK + 400, 64)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors[5::1_000] = vectors[5]
    words = ["orders", "refunds", "parcels", "Lima", "Oslo"]
    tasks = [f"Count {words[row % 5]} {row % 97}" for row in range(len(vectors))]
    present = dict.fromkeys(range(2 * BLOCK + 200))

    def add(row: int) -> None:
        store.write(lambda tx: keep(tx, f"m{row}", vectors[row], tasks[row]))
        index.confirm("p", f"m{row}", vectors[row], tasks[row])
        present[row] = None

    def check() -> None:
        rows = list(present)
        letters = LexicalIndex.of([tasks[row] for row in rows])
        names = [f"m{row}" for row in rows]
        for query in (vectors[5], vectors[7] + vectors[8], vectors[9], -vectors[3]):
            unit = query / np.float32(np.linalg.norm(query))
            similar = similarities_of(vectors[rows] @ unit)
            lexical = letters.scores("Count orders 3")
            for ranking in RANKINGS:
                found = index.candidates("p", unit, "Count orders 3", ranking)
                chosen = candidate_rows(similar, lexical, names, ranking)
                assert found.ids == [names[place] for place in chosen]
                assert found.vectors.tolist() == vectors[rows][chosen].tolist()
                assert np.abs(found.similarities - similar[chosen]).max(initial=0.0) <= 1.1e-6
                assert found.lexical.tolist() == pytest.approx(lexical[chosen].tolist())

    def fill(tx: Transaction) -> None:
        for row in present:
            keep(tx, f"m{row}", vectors[row], tasks[row])

    store.write(fill)
    check()
    index.remove("p", [f"m{BLOCK + 3}", f"m{2 * BLOCK + 1}"])
    del present[BLOCK + 3], present[2 * BLOCK + 1]
    check()
    for row in range(2 * BLOCK + 200, 2 * BLOCK + 210):
        add(row)
    check()
