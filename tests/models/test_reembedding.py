"""
A change of the embedder, with memories that were embedded by another one before.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray

from reflect_server.domain.memory import Memory
from reflect_server.domain.ranking import Ranking
from reflect_server.domain.reflection import Reflection
from reflect_server.domain.trace import Trace
from reflect_server.domain.trajectory import Trajectory
from reflect_server.embedders.protocol import EmbedderError
from reflect_server.errors import ProviderUnavailableError
from reflect_server.retrieval.embedding_space import EmbeddingSpace, EmbeddingSpaces, space_of
from reflect_server.retrieval.reembedding import BATCH, Reembedding
from reflect_server.store.protocol.store import Store, Transaction
from reflect_server.store.sqlite import SqliteStore
from reflect_server.store.sqlite.transfer import export, import_
from reflect_server.testing import ServerProcess

from .scripted import Reply, endpoint
from .test_endpoint_embedder import vectors

NOW = datetime(2026, 11, 1, tzinfo=UTC)
PATIENCE = 30.0
ALL = Ranking(limit=1_000)


class Made:
    """
    An embedder whose every vector is the same, and that waits or fails as a test says.
    """

    is_quick = True

    def __init__(self, name: str, dimensions: int) -> None:
        self.name = name
        self.dimensions = dimensions
        self.may_go_on = threading.Event()
        self.may_go_on.set()
        self.embedding = threading.Event()
        self.errors: list[Exception] = []
        self.refused = ""

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.embedding.set()
        assert self.may_go_on.wait(PATIENCE)
        if self.errors:
            raise self.errors.pop()
        if self.refused in texts:
            raise EmbedderError("I do not read that.")
        return np.tile(np.eye(self.dimensions, dtype=np.float32)[0], (len(texts), 1))


def a_trace(name: str) -> Trace:
    return Trace(f"t-{name}", "p", name, Trajectory([]), "", (), None, None, {}, None, NOW)


class Change:
    """
    A store whose memories are in the space `old`, and shall be in `new`.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self.old, self.new = Made("old", 2), Made("new", 3)
        self.old_space, self.new_space = (
            space_of(embedder, store, max_index_bytes=2**20) for embedder in (self.old, self.new)
        )
        self.spaces = EmbeddingSpaces(store, self.old_space)
        self.reembedding = Reembedding(store, self.spaces, self.new_space)

    def keep_amid_the_change(self, name: str) -> None:
        """
        Keep a memory that is embedded for the old space, and committed when the new one is active.
        """
        memory = Memory(name, "p", f"t-{name}", name, Reflection("s", "g"), None, NOW)
        embedded = self.spaces.embed(memory)

        def work(tx: Transaction) -> bool:
            tx.traces.insert(a_trace(name))
            embedded.insert(tx)
            self.spaces.active = self.new_space
            return True

        self.spaces.commit(embedded, work, kept=bool)

    def keep(self, name: str, *, space: EmbeddingSpace | None = None) -> None:
        memory = Memory(name, "p", f"t-{name}", name, Reflection("s", "g"), None, NOW)
        chosen = space or self.old_space
        vector = chosen.embedder.embed([name])[0]

        def work(tx: Transaction) -> None:
            tx.traces.insert(a_trace(name))
            tx.memories.insert(memory, vector=vector, embedder=chosen.embedder.name)

        self.store.write(work)

    def found(self) -> set[str]:
        active = self.spaces.active
        return set(active.index.candidates("p", active.embedder.embed(["x"])[0], "x", ALL).ids)

    def until_done(self) -> None:
        self.reembedding._thread.join(PATIENCE)
        assert not self.reembedding._thread.is_alive()


@pytest.fixture
def change(tmp_path: Path) -> Iterator[Change]:
    with closing(SqliteStore(tmp_path)) as store:
        store.write(lambda tx: tx.projects.create("p", created_at=NOW))
        made = Change(store)
        yield made
        made.new.may_go_on.set()
        made.reembedding.stop(PATIENCE)


def test_queries_find_everything_before_during_and_after_the_change(change: Change):
    names = {f"m{number}" for number in range(2 * BATCH + 5)}
    for name in names:
        change.keep(name)
    assert change.found() == names
    change.new.may_go_on.clear()
    change.reembedding.start()
    assert change.new.embedding.wait(PATIENCE)
    assert change.spaces.active is change.old_space
    assert change.reembedding.left == len(names)
    assert change.found() == names
    change.keep("late")
    change.old_space.index.forget("p")
    assert change.found() == names | {"late"}
    change.new.may_go_on.set()
    change.until_done()
    assert change.spaces.active is change.new_space
    assert change.found() == names | {"late"}
    assert change.reembedding.progress == (len(names) + 1, len(names) + 1)
    assert change.reembedding.left == 0


def test_a_memory_that_was_embedded_for_the_old_space_is_found_in_the_new_one(change: Change):
    assert change.found() == set()
    change.keep_amid_the_change("late")
    assert change.spaces.active is change.new_space
    assert change.found() == {"late"}


def test_a_memory_that_cannot_be_embedded_anew_waits_for_the_next_start(change: Change):
    change.new.errors = [ProviderUnavailableError("Away.")]
    change.keep_amid_the_change("late")
    assert change.found() == set()
    change.reembedding.start()
    change.until_done()
    assert change.found() == {"late"}


def test_trouble_of_the_endpoint_interrupts_and_does_not_end_the_change(change: Change):
    change.keep("a")
    change.new.errors = [ProviderUnavailableError("Away.", retry_after=0.01)]
    change.reembedding.start()
    change.until_done()
    assert change.spaces.active is change.new_space
    assert change.found() == {"a"}


def test_an_unexpected_error_does_not_end_the_change_either(change: Change):
    change.keep("a")
    change.new.errors = [RuntimeError("Never heard of.")]
    change.reembedding.start()
    change.until_done()
    assert change.spaces.active is change.new_space
    assert change.found() == {"a"}


def test_a_task_that_is_refused_does_not_stop_the_others(change: Change):
    for name in ("a", "odd", "b"):
        change.keep(name)
    change.new.refused = "odd"
    change.reembedding.start()
    change.until_done()
    active = change.spaces.active
    matches = active.index.candidates("p", active.embedder.embed(["x"])[0], "x", ALL)
    similar = dict(zip(matches.ids, matches.similarities.tolist(), strict=True))
    assert similar == {"a": 1, "odd": 0, "b": 1}


def test_an_embedder_that_refuses_everything_for_a_while_spoils_no_memory(change: Change):
    for name in ("a", "b"):
        change.keep(name)
    change.new.errors = [EmbedderError("Not today.")] * 2
    change.reembedding.start()
    change.until_done()
    active = change.spaces.active
    matches = active.index.candidates("p", active.embedder.embed(["x"])[0], "x", ALL)
    assert dict(zip(matches.ids, matches.similarities.tolist(), strict=True)) == {"a": 1, "b": 1}


def test_the_change_can_be_stopped_and_taken_up_again(change: Change):
    for number in range(3 * BATCH):
        change.keep(f"m{number}")
    change.new.may_go_on.clear()
    change.reembedding.start()
    assert change.new.embedding.wait(PATIENCE)
    stopping = threading.Thread(target=change.reembedding.stop, args=(PATIENCE,))
    stopping.start()
    while not change.reembedding._stopping.is_set():
        pass
    change.new.may_go_on.set()
    stopping.join()
    assert change.spaces.active is change.old_space
    change.reembedding = Reembedding(change.store, change.spaces, change.new_space)
    change.reembedding.start()
    change.until_done()
    assert change.spaces.active is change.new_space
    assert len(change.found()) == 3 * BATCH


def test_a_server_changes_its_embedder_while_queries_are_answered(tmp_path: Path):
    release = threading.Event()

    def act(request: dict[str, Any]) -> Reply:
        release.wait(PATIENCE)
        return vectors(request)

    server = ServerProcess(tmp_path)
    key = server.first_key
    tasks = ["Refund order 7", "Send the parcel again", "Cancel the flight"]
    try:
        with _client(server, key) as http:
            _remember(http, *tasks)
    finally:
        server.stop()

    with endpoint(act) as model:
        env = {
            "REFLECT_EMBEDDER": "openai:small",
            "REFLECT_EMBEDDER_BASE_URL": model.url,
            "REFLECT_EMBEDDER_TIMEOUT": "60",
        }
        server = ServerProcess(tmp_path, env=env)
        try:
            with _client(server, key) as http:
                assert _best(http, tasks[0]) == tasks[0]
                while _to_embed(http) != len(tasks):
                    pass
                release.set()
                while not _is_asked(model.requests, tasks[0]):
                    assert _best(http, tasks[0]) == tasks[0]
                assert {_best(http, task) for task in tasks} == set(tasks)
                assert _to_embed(http) == 0
        finally:
            release.set()
            server.stop()


def test_memories_imported_from_another_embedder_hide_no_others(tmp_path: Path):
    release = threading.Event()

    def act(request: dict[str, Any]) -> Reply:
        if "Imported" in request["input"]:
            release.wait(PATIENCE)
        return vectors(request)

    mine, other, exported = tmp_path / "mine", tmp_path / "other", io.StringIO()
    local = ServerProcess(other)
    with _client(local, local.first_key, project="imported") as http:
        _remember(http, "Imported")
    local.stop()
    export(other, exported, count=lambda _: None)
    tasks = ["Refund order 7", "Send the parcel again"]

    with endpoint(act) as model:
        env = {
            "REFLECT_EMBEDDER": "openai:small",
            "REFLECT_EMBEDDER_BASE_URL": model.url,
            "REFLECT_EMBEDDER_TIMEOUT": "60",
        }
        server = ServerProcess(mine, env=env)
        key = server.first_key
        with _client(server, key) as http:
            _remember(http, *tasks)
        server.stop()
        import_(mine, exported.getvalue().splitlines(keepends=True), count=lambda _: None)
        server = ServerProcess(mine, env=env)
        try:
            with _client(server, key) as http, _client(server, key, project="imported") as new:
                assert {_best(http, task) for task in tasks} == set(tasks)
                release.set()
                while not (found := new.post("/memory/query", json={"task": "Imported"}).json()):
                    pass
                assert [memory["task"] for memory in found] == ["Imported"]
        finally:
            release.set()
            server.stop()


def _remember(http: httpx.Client, *tasks: str) -> None:
    for task in tasks:
        review = {"result": "pass", "reflection": {"summary": task, "guidance": task}}
        body = {"task": task, "trajectory": [], "review": review}
        assert http.post("/traces", json=body).status_code == 200


def _to_embed(http: httpx.Client) -> float:
    lines = http.get(f"{http.base_url.copy_with(path='/metrics')}").text.splitlines()
    (line,) = (line for line in lines if line.startswith("reflect_memories_to_embed "))
    return float(line.split()[1])


def _is_asked(requests: Sequence[dict[str, Any]], task: str) -> bool:
    return any(request["input"] == [task] for request in requests)


def _best(http: httpx.Client, task: str) -> str:
    answer = http.post("/memory/query", json={"task": task, "limit": 1, "lambda": 1.0})
    assert answer.status_code == 200, answer.text
    return str(answer.json()[0]["task"])


def _client(server: ServerProcess, key: str | None, *, project: str = "default") -> httpx.Client:
    return httpx.Client(
        base_url=f"{server.base_url}/v1/projects/{project}",
        headers={"Authorization": f"Bearer {key}"},
        timeout=PATIENCE,
    )
