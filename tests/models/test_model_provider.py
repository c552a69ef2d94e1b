"""
A running server whose reflections are written by a model that has troubles of its own.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from reflect_server.testing import ServerProcess, running_server

from .scripted import LESSON, Reply, drips, endpoint, fails, says, told, writes

PATIENCE = 30.0
KEY = "sk-a-very-secret-key"


class Api:
    """
    The default project of a server whose model is at an address.
    """

    def __init__(self, http: httpx.Client) -> None:
        self.http = http

    def submit(self, task: str = "Refund order 7", **review: Any) -> str:
        body = {"task": task, "trajectory": [], "review": {"result": "fail", **review}}
        answer = self.http.post("/traces", json=body)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["trace_id"])

    def trace(self, trace_id: str, *, wait: int = 0) -> dict[str, Any]:
        prefer = {"Prefer": f"wait={wait}"} if wait else {}
        answer = self.http.get(f"/traces/{trace_id}", headers=prefer)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def until_attempted(self, trace_id: str) -> dict[str, Any]:
        trace = self.trace(trace_id)
        while trace["last_ingest_error"] is None:
            assert trace["ingest_status"] in {"queued", "processing"}
            trace = self.trace(trace_id)
        return trace

    def query(self) -> list[dict[str, Any]]:
        answer = self.http.post("/memory/query", json={"task": "Refund order 9"})
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()
        return found


@contextmanager
def served(url: str, **env: str) -> Iterator[Api]:
    settings = {"REFLECT_MODEL": "scripted", "REFLECT_MODEL_BASE_URL": url, **env}
    with ExitStack() as stack:
        base_url, key = stack.enter_context(
            running_server(env={"REFLECT_MODEL_API_KEY": KEY, **settings})
        )
        yield Api(
            stack.enter_context(
                httpx.Client(
                    base_url=f"{base_url}/v1/projects/default",
                    headers={"Authorization": f"Bearer {key}"},
                    timeout=PATIENCE,
                )
            )
        )


def test_a_model_writes_the_reflections():
    with endpoint(writes()) as server, served(server.url) as api:
        trace = api.trace(api.submit(feedback_text="Close it first."), wait=20)
        (memory,) = api.query()

    assert trace["ingest_status"] == "completed"
    assert trace["created_memory_id"] == memory["id"]
    assert memory["guidance"] == LESSON["guidance"]
    assert "Close it first." in told(server.requests[0])
    assert server.keys == [f"Bearer {KEY}"]


def test_while_a_model_is_slow_requests_are_answered_and_several_traces_are_in_work():
    together, release = threading.Barrier(5), threading.Event()

    def act(_: dict[str, Any]) -> Reply:
        if not release.is_set():
            together.wait(PATIENCE)
        release.wait(PATIENCE)
        return writes()

    with endpoint(act) as server, served(server.url, REFLECT_INGEST_THREADS="4") as api:
        try:
            ids = [api.submit(f"Refund order {number}") for number in range(8)]
            together.wait(PATIENCE)
            assert len(server.requests) == 4
            assert api.query() == []
            authored = api.submit(reflection={"summary": "s", "guidance": "g"})
            assert api.trace(authored)["ingest_status"] == "completed"
            assert [api.trace(trace_id)["ingest_status"] for trace_id in ids] == [
                *["processing"] * 4,
                *["queued"] * 4,
            ]
        finally:
            release.set()
        traces = [api.trace(trace_id, wait=20) for trace_id in ids]

    assert {trace["ingest_status"] for trace in traces} == {"completed"}
    assert {trace["ingest_attempts"] for trace in traces} == {1}
    assert len({trace["created_memory_id"] for trace in traces}) == 8


def test_while_the_provider_is_down_traces_wait_and_they_finish_when_it_is_back():
    with endpoint(writes()) as gone:
        url, port = gone.url, gone.server_port
    with served(url) as api:
        ids = [api.submit(f"Refund order {number}") for number in range(3)]
        trace = api.until_attempted(ids[0])
        assert trace["ingest_status"] in {"queued", "processing"}
        assert "cannot be reached" in trace["last_ingest_error"]
        assert api.query() == []
        with endpoint(writes(), port=port):
            traces = [api.trace(trace_id, wait=30) for trace_id in ids]

    assert {trace["ingest_status"] for trace in traces} == {"completed"}
    assert {trace["last_ingest_error"] for trace in traces} == {None}
    assert traces[0]["ingest_attempts"] >= 2


@pytest.mark.parametrize(
    ("first", "words"),
    [
        (fails(429, "Slow down", Retry_After="1"), "wants fewer requests (Slow down)"),
        (fails(500, f"Boom at {KEY}"), "failed with the status 500 (Boom at ***)"),
        (says("What?"), "did not answer with the JSON object"),
    ],
)
def test_a_trace_that_met_trouble_says_which_and_is_finished_later(first: Reply, words: str):
    recovered = threading.Event()

    def act(_: dict[str, Any]) -> Reply:
        return writes() if recovered.is_set() else first

    with endpoint(act) as server, served(server.url) as api:
        trace_id = api.submit()
        waiting = api.until_attempted(trace_id)
        recovered.set()
        trace = api.trace(trace_id, wait=30)

    assert words in waiting["last_ingest_error"]
    assert waiting["ingest_attempts"] >= 1
    assert trace["ingest_status"] == "completed"
    assert trace["last_ingest_error"] is None
    assert trace["ingest_attempts"] == len(server.requests)


def test_a_trace_whose_model_drips_its_answer_waits_and_is_finished_later():
    recovered, over = threading.Event(), threading.Event()

    def act(_: dict[str, Any]) -> Reply:
        return writes() if recovered.is_set() else drips(b"HTTP/1.1 200 OK\r\n\r\n{", over)

    settings = {"REFLECT_MODEL_TIMEOUT": "0.3", "REFLECT_INGEST_THREADS": "1"}
    with endpoint(act) as server, served(server.url, **settings) as api:
        try:
            trace_id = api.submit()
            waiting = api.until_attempted(trace_id)
            recovered.set()
            trace = api.trace(trace_id, wait=30)
        finally:
            over.set()

    assert "did not answer within 0.3 s" in waiting["last_ingest_error"]
    assert waiting["ingest_attempts"] >= 1
    assert trace["ingest_status"] == "completed"
    # A request may come too late to be read within the time; none is repeated within an attempt.
    assert 1 <= len(server.requests) <= trace["ingest_attempts"]


def test_a_query_whose_embedder_drips_its_answer_is_answered_503_in_time():
    over = threading.Event()
    settings = {
        "REFLECT_EMBEDDER": "openai:scripted",
        "REFLECT_EMBEDDER_TIMEOUT": "0.3",
        "OPENAI_API_KEY": KEY,
    }
    with endpoint(lambda _: drips(b"HTTP/1.1 200 OK\r\n\r\n{", over)) as server:
        try:
            with served(server.url, REFLECT_EMBEDDER_BASE_URL=server.url, **settings) as api:
                answer = api.http.post("/memory/query", json={"task": "Refund order 9"})
        finally:
            over.set()

    assert answer.status_code == 503
    assert "did not answer within 0.3 s" in answer.json()["detail"]


def test_a_server_that_ends_while_the_model_works_finishes_the_trace_after_the_next_start(
    tmp_path: Path,
):
    started, release = threading.Event(), threading.Event()

    def act(_: dict[str, Any]) -> Reply:
        started.set()
        release.wait(PATIENCE)
        return writes()

    with endpoint(act) as model:
        try:
            env = {"REFLECT_MODEL": "scripted", "REFLECT_MODEL_BASE_URL": model.url}
            server = ServerProcess(tmp_path, env=env)
            key = server.first_key
            with _client(server, key) as http:
                trace_id = Api(http).submit()
            assert started.wait(PATIENCE)
            assert server.stop() == 0
        finally:
            release.set()
        server = ServerProcess(tmp_path, env=env)
        try:
            with _client(server, key) as http:
                trace = Api(http).trace(trace_id, wait=20)
        finally:
            server.stop()

    assert trace["ingest_status"] == "completed"
    assert trace["ingest_attempts"] == 2


def _client(server: ServerProcess, key: str | None) -> httpx.Client:
    return httpx.Client(
        base_url=f"{server.base_url}/v1/projects/default",
        headers={"Authorization": f"Bearer {key}"},
        timeout=PATIENCE,
    )


def test_the_key_of_the_model_is_in_no_log(tmp_path: Path):
    def act(_: dict[str, Any]) -> Reply:
        return fails(401, f"Wrong key {KEY}")

    with endpoint(act) as model:
        server = ServerProcess(
            tmp_path,
            env={
                "REFLECT_MODEL": "scripted",
                "REFLECT_MODEL_BASE_URL": model.url,
                "REFLECT_MODEL_API_KEY": KEY,
            },
        )
        try:
            with _client(server, server.first_key) as http:
                trace = Api(http).until_attempted(Api(http).submit())
        finally:
            server.stop()

    assert "Check `REFLECT_MODEL_API_KEY`" in trace["last_ingest_error"]
    assert "Check `REFLECT_MODEL_API_KEY`" in server.log
    assert KEY not in server.log


def test_an_address_that_is_none_is_refused_at_the_start(tmp_path: Path):
    with pytest.raises(Exception, match="REFLECT_MODEL_BASE_URL"):
        ServerProcess(tmp_path, env={"REFLECT_MODEL_BASE_URL": "localhost:11434"})
