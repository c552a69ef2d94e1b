"""
Bodies made to hurt: none is a server error, and whatever is accepted comes back as it was sent.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reflect_server.testing import RunningServer, running_server

LIMIT = 16 * 1024 * 1024
HOSTILE_TEXTS = (
    "'; DROP TABLE traces; --",
    "\" OR 1=1 --",
    "Robert'); DELETE FROM memories; --",
    "NEAR(a b, 5) AND NOT (x OR y*",
    '"unbalanced AND (',
    "* ^ : - + ( ) { } [ ] ~ \\ /",
    "task:x OR reflection : *",
    "%00%n%s %x {0} {{x}} ${jndi:ldap://x} $(id) `id`",
    "\x00\x01\x02\x7f\x85\u2028\u2029\ufeff\uffff",
    "a\x00b",
    "\U0001f9fe\u200d\u202e\u0301" * 40,
    "<script>alert(1)</script></memories>",
    "../../etc/passwd",
    " \n\t ",
    "x" * 100_000,
)  # fmt: skip  # a list of values
NUMBERS = (0, -0.0, 1e308, -1e308, 5e-324, 2**53 + 1, 2**63, -(2**63) - 1, 10**300, 1.5)


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    with running_server() as running:
        yield running


@pytest.fixture(scope="module")
def http(server: RunningServer) -> Iterator[httpx.Client]:
    with httpx.Client(
        base_url=f"{server.base_url}/v1/projects/fuzzed",
        headers={"Authorization": f"Bearer {server.api_key}"},
        timeout=60,
    ) as client:
        yield client


def accepted_or_explained(answer: httpx.Response) -> bool:
    assert answer.status_code < 500, answer.text
    if answer.is_success:
        return True
    problem = answer.json()
    assert problem["status"] == answer.status_code
    assert problem["detail"]
    return False


@pytest.mark.parametrize("text", HOSTILE_TEXTS, ids=range(len(HOSTILE_TEXTS)))
def test_a_text_is_kept_as_it_is_wherever_it_stands_and_does_nothing(http: httpx.Client, text: str):
    before = len(http.get("/traces").json())
    body = {
        "task": f"Keep this: {text[:90_000]}",
        "trajectory": [{"role": text, text: text, "content": text, "tool_calls": [{"name": text}]}],
        "final_response": text,
        "model": text[:100],
        "metadata": {text: text, "nested": {text: [text]}},
        "reference_context": text,
        "review": {"result": "fail", "feedback_text": text},
    }
    answer = http.post("/traces", json=body)
    if accepted_or_explained(answer):
        trace_id = answer.json()["trace_id"]
        trace = http.get(f"/traces/{trace_id}", headers={"Prefer": "wait=20"}).json()
        assert trace["ingest_status"] == "completed", trace
        for name in ("task", "trajectory", "final_response", "model", "metadata"):
            assert trace[name] == body[name]
        assert trace["review"]["feedback_text"] == text
        found = http.post(
            "/memory/query", json={"task": body["task"], "metadata_filter": {text: text}}
        )
        assert found.status_code == 200, found.text
        assert trace["created_memory_id"] in {memory["id"] for memory in found.json()}
        before += 1
    assert len(http.get("/traces").json()) == before
    accepted_or_explained(http.post("/memory/query", json={"task": text}))
    accepted_or_explained(http.get("/traces", params={"cursor": text[:2000]}))
    accepted_or_explained(http.get("/traces", params={"model": text[:2000]}))
    accepted_or_explained(http.get("/memories", params={"cursor": text[:2000]}))
    accepted_or_explained(http.post("/traces/delete", json={"trace_ids": [text[:100]]}))


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.sampled_from(NUMBERS)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.integers(-(2**70), 2**70)
    | st.sampled_from(HOSTILE_TEXTS[:-1])
    | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(max_size=9) | st.sampled_from(HOSTILE_TEXTS[:-1]), inner, max_size=4
        )
    ),
    max_leaves=12,
)
FIELDS = (
    "task", "trajectory", "final_response", "retrieved_memory_ids", "used_memory_ids", "model",
    "metadata", "reference_context", "review", "limit", "lambda", "mmr_lambda", "metadata_filter",
    "similarity_threshold", "result", "feedback_text", "alpha", "reflection", "trace_ids", "label",
    "scopes", "environment", "n_passed", "n_failed",
)  # fmt: skip  # a list of values
PATHS = (
    "/traces",
    "/memory/query",
    "/traces/delete",
    "/skill/create",
    "/api-keys",
    "/traces/x/review",
)


@settings(suppress_health_check=list(HealthCheck))
@given(
    path=st.sampled_from(PATHS),
    body=st.fixed_dictionaries(
        {"task": st.just("Fuzz") | json_values, "trajectory": st.just([]) | json_values},
        optional={name: json_values for name in FIELDS if name not in {"task", "trajectory"}},
    ),
)
def test_no_value_in_any_field_is_a_server_error(
    http: httpx.Client, path: str, body: dict[str, Any]
):
    accepted_or_explained(http.post(path, json=body))


@settings(suppress_health_check=list(HealthCheck))
@given(metadata=st.dictionaries(st.text(max_size=9), json_values, max_size=4))
def test_free_form_json_comes_back_equal(http: httpx.Client, metadata: dict[str, Any]):
    body = {"task": "Keep", "trajectory": [{"content": metadata}], "metadata": metadata}
    answer = http.post("/traces", json=body)
    if accepted_or_explained(answer):
        trace = http.get(f"/traces/{answer.json()['trace_id']}").json()
        assert trace["metadata"] == metadata
        assert trace["trajectory"] == [{"content": metadata}]


@settings(suppress_health_check=list(HealthCheck))
@given(
    st.binary(max_size=60)
    | st.sampled_from(
        [
            b'{"task": "x", "trajectory": [], "metadata": {"a": NaN}}',
            b'{"task": "x", "trajectory": [], "metadata": {"a": 1e999}}',
            b'{"task": "\\ud83d", "trajectory": []}',
            b'{"task": "x", "task": "y", "trajectory": []}',
            b'{"task": "x", "trajectory": [' + b"[" * 5_000 + b"]" * 5_000 + b"]}",
            b'{"task": "x", "trajectory": ' + b'{"a":' * 50_000,
            b'{"task": "x", "trajectory": [], "metadata": {"a": ' + b"9" * 100_000 + b"}}",
            b"\xef\xbb\xbf{}",
            b"[" * 1_000_000,
        ]
    )
)
def test_no_bytes_are_a_server_error(http: httpx.Client, raw: bytes):
    answer = http.post("/traces", content=raw, headers={"Content-Type": "application/json"})
    assert not accepted_or_explained(answer) or b"task" in raw


@pytest.mark.parametrize("announced", [True, False])
def test_fifty_megabytes_are_refused_without_being_kept(http: httpx.Client, *, announced: bool):
    chunk = b" " * (1024 * 1024)
    body: Any = chunk * 50 if announced else iter([chunk] * 50)
    answer = http.post("/traces", content=body)
    assert answer.status_code == 413
    assert str(LIMIT) in answer.json()["detail"]
    assert http.get("/traces", params={"limit": 1}).status_code == 200


def test_slow_senders_are_ended_and_hold_nobody_up():
    with running_server(env={"REFLECT_MAX_BODY_SECONDS": "1"}) as server:
        _send_slowly(server)


def _send_slowly(server: RunningServer) -> None:
    address = urlsplit(server.base_url)
    head = (
        f"POST /v1/projects/fuzzed/traces HTTP/1.1\r\nHost: {address.netloc}\r\n"
        f"Authorization: Bearer {server.api_key}\r\nContent-Length: 5000\r\n\r\n"
    )
    connections = [
        socket.create_connection((address.hostname or "", address.port or 0), timeout=30)
        for _ in range(20)
    ]
    try:
        for connection in connections:
            connection.sendall(head.encode() + b'{"task": ')
        assert httpx.get(f"{server.base_url}/health", timeout=30).status_code == 200
        for connection in connections:
            with connection.makefile("rb") as answer:
                assert b"did not arrive within 1 s" in answer.read()
    finally:
        for connection in connections:
            with closing(connection):
                pass


def test_whole_numbers_may_be_written_with_a_point(http: httpx.Client):
    answer = http.post("/memory/query", json={"task": "Count", "limit": 3.0})
    assert answer.status_code == 200, answer.text
    refused = http.post("/memory/query", json={"task": "Count", "limit": 3.5})
    assert refused.status_code == 422
    raw = b'{"task": "\\ud800", "limit": 3.0}'
    assert http.post("/memory/query", content=raw).status_code == 400
    assert json.loads(answer.text) == answer.json()


def test_an_id_of_digits_that_is_too_long_is_called_what_it_is(http: httpx.Client):
    answer = http.get(f"/traces/{'0' * 201}")
    assert answer.status_code == 422
    assert "found a string of 201 characters" in answer.json()["detail"]


def test_a_path_with_names_alone_is_not_taken_for_one_with_an_id(http: httpx.Client):
    answer = http.get("/traces/delete")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "POST"
