from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from reflect_server.testing import RunningServer

from .projects import Project

NESTED = "[" * 300 + "]" * 300
MEGABYTE = 1024 * 1024


def refused(answer: httpx.Response, status: int, code: str) -> dict:
    problem: dict = answer.json()
    assert (answer.status_code, problem["code"]) == (status, code), answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert problem["request_id"] == answer.headers["X-Request-Id"]
    assert problem["detail"].endswith(".")
    return problem


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "no body"),
        (b"{", "line 1, column 2"),
        (b'{"task": x}', "line 1, column 10"),
        (b'{"task": "x"} {}', "column 15"),
        (b'{"task": "\xff"}', "UTF-8"),
        (b"\x00", "not JSON"),
        (b'{"task": "x", "metadata": {"a": NaN}}', "NaN"),
        (b'{"task": "x", "metadata": {"a": -Infinity}}', "Infinity"),
        (b'{"task": "x", "metadata": {"a": ' + b"1" * 5000 + b"}", "integer"),
        (b'{"task": "\\ud800", "trajectory": []}', "surrogate"),
        (b'{"task": "\\udc00 and more", "trajectory": []}', "surrogate"),
        (f'{{"task": "x", "trajectory": [{{"a": {NESTED}}}]}}'.encode(), "nested"),
        (b'{"task": "x", "trajectory": ' + b"[" * 100_000, "nested"),
    ],
)
def test_what_is_not_json_is_refused(project: Project, body: Any, says: str):
    problem = refused(project.http.post("/traces", content=body), 400, "malformed_request")

    assert says in problem["detail"]
    assert project.get("/traces") == []


@pytest.mark.parametrize(
    ("fields", "field", "says"),
    [
        ({"task": ""}, "task", "an empty string"),
        ({"task": " \n "}, "task", "blank"),
        ({"task": "x" * 100_001}, "task", "100001 characters"),
        ({"task": None}, "task", "found null"),
        ({"trajectory": 5}, "trajectory", "an array of at most 10000 entries or a string"),
        ({"trajectory": ["step"]}, "trajectory[0]", "an object"),
        ({"trajectory": '[{"a": NaN}]'}, "trajectory", "NaN"),
        ({"trajectory": '[{"a": "\\ud800"}]'}, "trajectory", "surrogate"),
        ({"trajectory": f'[{{"a": {NESTED}}}]'}, "trajectory", "nested"),
        ({"metadata": []}, "metadata", "an object"),
        ({"metadata": {str(n): n for n in range(201)}}, "metadata", "at most 200 members"),
        ({"retrieved_memory_ids": [""]}, "retrieved_memory_ids[0]", "an empty string"),
        ({"review": {}}, "review.result", "found nothing"),
        ({"review": {"result": "great"}}, "review.result", "`fail` or `pass`, found 'great'"),
        ({"review": {"result": "pass", "alpha": 1.5}}, "review.alpha", "from 0 to 1, found 1.5"),
        ({"review": {"result": "pass", "alpha": True}}, "review.alpha", "found true"),
        (
            {"review": {"result": "pass", "reflection": {"summary": " ", "guidance": "x"}}},
            "review.reflection.summary",
            "blank",
        ),
    ],
)
def test_a_value_of_a_trace_that_cannot_be_used_is_named(
    project: Project, fields: dict[str, Any], field: str, says: str
):
    body = {"task": "x", "trajectory": [], **fields}

    problem = refused(project.http.post("/traces", json=body), 422, "invalid_request")

    assert [error["field"] for error in problem["errors"]] == [field]
    assert f"`{field}`" in problem["detail"]
    assert says in problem["detail"]
    assert project.get("/traces") == []


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"limit": 0}, "`limit` must be an integer from 1 to 100, found 0."),
        ({"limit": 10_000}, "`limit` must be an integer from 1 to 100, found 10000."),
        ({"limit": 5.5}, "`limit` must be an integer from 1 to 100, found 5.5."),
        ({"limit": "5"}, "`limit` must be an integer from 1 to 100, found '5'."),
        ({"lambda": 1.1}, "`lambda` must be a number from 0 to 1, found 1.1."),
        ({"lambda": -0.1}, "`lambda` must be a number from 0 to 1, found -0.1."),
        ({"mmr_lambda": 2}, "`mmr_lambda` must be a number from 0 to 1, found 2."),
        ({"similarity_threshold": None}, "found null"),
        ({"metadata_filter": "x"}, "`metadata_filter` must be an object"),
    ],
)
def test_a_value_of_a_query_that_cannot_be_used_is_named(
    project: Project, fields: dict[str, Any], says: str
):
    answer = project.http.post("/memory/query", json={"task": "x", **fields})

    assert says in refused(answer, 422, "invalid_request")["detail"]


def test_every_wrong_value_is_named_at_once(project: Project):
    answer = project.http.post("/memory/query", json={"limit": 0, "lambda": 7})

    problem = refused(answer, 422, "invalid_request")

    assert [error["field"] for error in problem["errors"]] == ["task", "limit", "lambda"]


def test_of_thousands_of_wrong_values_the_first_are_named(project: Project):
    answer = project.http.post("/traces", json={"task": "x", "trajectory": [1] * 5000})

    problem = refused(answer, 422, "invalid_request")

    assert [e["field"] for e in problem["errors"]] == [f"trajectory[{n}]" for n in range(20)]
    assert len(problem["detail"]) < 2000


@pytest.mark.parametrize("body", [[], "x", None, 5, True])
def test_a_body_that_is_no_object_is_refused(project: Project, body: Any):
    answer = project.http.post("/traces", content=json.dumps(body))

    assert "The body must be an object" in refused(answer, 422, "invalid_request")["detail"]


def test_numbers_beyond_the_range_of_floats_are_refused(project: Project):
    answer = project.http.post("/traces", content=b'{"task": "x", "trajectory": [{"a": 1e999}]}')

    refused(answer, 422, "invalid_request")


@pytest.mark.parametrize(
    "value", ["\x00", "'; DROP TABLE traces; --", '" OR "1"="1', "☃ 𝄞", "\u202e"]
)
def test_any_text_is_kept_as_it_is(project: Project, value: str):
    metadata = {value: [value, 10**30, -0.5, None]}
    trace_id = project.create(f"x{value}", metadata=metadata, trajectory=[{value: value}])

    trace = project.get(f"/traces/{trace_id}")

    assert (trace["task"], trace["metadata"]) == (f"x{value}", metadata)
    assert trace["trajectory"] == [{value: value}]
    project.memory(f"x{value}", metadata={"v": value})
    assert len(project.query(f"x{value}", metadata_filter={"v": value})) == 1


@pytest.mark.parametrize("container", ["[]", "{}", '{"a":[]}'])
def test_a_body_of_too_many_containers_is_refused(project: Project, container: str):
    inner = ",".join([container] * 500_000)
    answer = project.http.post(
        "/traces", content=f'{{"task":"t","trajectory":[{{"a":[{inner}]}}]}}'.encode()
    )

    assert answer.status_code == 400
    assert "500,000 arrays and objects" in answer.json()["detail"]


def test_brackets_in_texts_are_no_containers(project: Project):
    text = '[{"\\' * 300_000

    trace_id = project.create(trajectory=[{"role": "user", "content": text}])

    assert project.get(f"/traces/{trace_id}")["trajectory"][0]["content"] == text


def test_a_body_over_the_limit_is_refused_by_its_announced_size(project: Project):
    answer = project.http.post("/traces", content=b'{"task": "' + b"x" * 17 * MEGABYTE)

    refused(answer, 413, "request_too_large")


def test_a_body_over_the_limit_is_refused_while_it_streams(project: Project):
    def chunks() -> Iterator[bytes]:
        for _ in range(17):
            yield b"x" * MEGABYTE

    refused(project.http.post("/traces", content=chunks()), 413, "request_too_large")


def test_a_compressed_body_is_refused_with_the_reason(project: Project):
    body = gzip.compress(b'{"task": "x", "trajectory": []}')

    answer = project.http.post("/traces", content=body, headers={"Content-Encoding": "gzip"})

    assert "'gzip'" in refused(answer, 400, "malformed_request")["detail"]


@pytest.mark.parametrize("segment", ["%2E", "%2e%2E", "", "%FF"])
def test_an_id_that_could_be_misread_is_refused(project: Project, segment: str):
    answer = project.http.get(f"{project.server.base_url}/v1/projects/{segment}/traces")

    assert "`project_id`" in refused(answer, 422, "invalid_request")["detail"]


def test_an_id_that_is_too_long_is_refused(project: Project):
    refused(project.named("x" * 201).http.get("/traces"), 422, "invalid_request")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=x", "limit"),
        ("limit=", "limit"),
        ("limit=1&limit=2", "limit"),
        ("limit=" + "9" * 5000, "limit"),
        ("cursor=unknown", "cursor"),
        ("review_status=x", "review_status"),
        ("ingest_status=x", "ingest_status"),
        ("metadata_filter=x!", "metadata_filter"),
        ("metadata_filter=[1]", "metadata_filter"),
        ("metadata_filter=" + "[" * 2000, "metadata_filter"),
        ('metadata_filter={"a":' + "[" * 150 + "]" * 150 + "}", "metadata_filter"),
    ],
)
def test_a_query_parameter_that_cannot_be_used_is_named(project: Project, query: str, field: str):
    problem = refused(project.http.get(f"/traces?{query}"), 422, "invalid_request")

    assert [error["field"] for error in problem["errors"]] == [field]


def test_a_header_that_is_too_long_is_named(project: Project):
    answer = project.http.post(
        "/traces",
        json={"task": "x", "trajectory": []},
        headers={"Idempotency-Key": "k" * 201},
    )

    assert "`Idempotency-Key`" in refused(answer, 422, "invalid_request")["detail"]


@pytest.mark.parametrize("path", ["/nothing", "/v1", "/health/", "//v1/bootstrap"])
def test_an_unknown_path_is_not_found(server: RunningServer, path: str):
    refused(httpx.get(server.base_url + path), 404, "not_found")


def test_a_wrong_method_is_refused_with_the_right_ones(project: Project):
    answer = project.http.put("/traces", json={})

    refused(answer, 405, "method_not_allowed")
    assert answer.headers["Allow"] == "GET, POST, HEAD"


@pytest.mark.parametrize(("unknown", "others"), [(5, False), (6, True)])
def test_unknown_memories_are_named_up_to_five(project: Project, unknown: int, others: bool):
    ids = [f"mem_{number}" for number in range(unknown)]
    body = {"task": "t", "trajectory": [], "retrieved_memory_ids": ids}

    answer = project.http.post("/traces", json=body)

    assert answer.status_code == 422
    detail = answer.json()["detail"]
    assert all(repr(memory_id) in detail for memory_id in ids[:5])
    assert ("and others" in detail) == others
    assert "mem_5" not in detail
