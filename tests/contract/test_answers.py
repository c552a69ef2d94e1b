"""
Every operation of the contract, driven over HTTP; every answer held against `openapi.yaml`.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import httpx
import jsonschema
import pytest

from reflect_contract import openapi_json
from reflect_contract.operations import OPERATIONS
from reflect_server.testing import RunningServer, running_server

BOOTSTRAP_TOKEN = "a-token-for-tests"
ALL = {operation.operation_id: operation for operation in OPERATIONS}
GUARDED = sorted(i for i, o in ALL.items() if any(c.scheme == "api_key" for c in o.credentials))
WITH_BODY = sorted(i for i, o in ALL.items() if o.body is not None)
REFLECTION = {"summary": "A lesson", "guidance": "Do it"}


def closed(schema: Any) -> Any:
    """
    Return a schema that refuses the fields that the contract does not name.
    """
    if isinstance(schema, list):
        return [closed(member) for member in schema]
    if not isinstance(schema, dict):
        return schema
    stricter = {name: closed(member) for name, member in schema.items()}
    if "properties" in stricter and stricter.get("type") == "object":
        stricter.setdefault("additionalProperties", False)
    return stricter


DOCUMENT = json.loads(openapi_json())
COMPONENTS = closed(copy.deepcopy(DOCUMENT["components"]))
DESCRIBED = {
    operation["operationId"]: operation
    for item in DOCUMENT["paths"].values()
    for operation in item.values()
    if isinstance(operation, dict)
}


def resolved(node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        target: Any = {"components": COMPONENTS}
        for name in node["$ref"].removeprefix("#/").split("/"):
            target = target[name]
        node = target
    return node


class Contract:
    """
    Sends requests by operation, and refuses answers that the contract does not allow.
    """

    def __init__(self, server: RunningServer, http: httpx.Client) -> None:
        self.server = server
        self.http = http
        self.driven: set[str] = set()

    def call(
        self,
        operation_id: str,
        status: int = 200,
        *,
        key: str | None = "",
        headers: dict[str, str] | None = None,
        params: dict[str, Any] | None = None,
        body: object = None,
        **path_values: str,
    ) -> Any:
        operation = ALL[operation_id]
        values = {name: quote(value, safe="") for name, value in path_values.items()}
        sent = dict(headers or {})
        if key is not None and operation_id in GUARDED:
            sent["Authorization"] = f"Bearer {key or self.server.api_key}"
        answer = self.http.request(
            operation.method,
            operation.path.format_map(values),
            headers=sent,
            params=params,
            json=body,
        )
        assert answer.status_code == status, answer.text
        self.check(operation_id, answer)
        if answer.is_success:
            self.driven.add(operation_id)
        return answer.json()

    def check(self, operation_id: str, answer: httpx.Response) -> None:
        responses = DESCRIBED[operation_id]["responses"]
        described = responses.get(str(answer.status_code))
        if described is None:
            described = responses[f"{answer.status_code // 100}XX"]
        described = resolved(described)
        media_type = answer.headers["Content-Type"]
        schema = described["content"][media_type]["schema"]
        jsonschema.validate(
            answer.json(),
            {**schema, "components": COMPONENTS},
            cls=jsonschema.Draft202012Validator,
        )
        assert answer.headers["X-Request-Id"]
        if media_type == "application/problem+json":
            assert answer.json()["status"] == answer.status_code
        for name in ("Link", "Preference-Applied", "Idempotency-Replayed"):
            assert name not in answer.headers or name in described["headers"]


@pytest.fixture(scope="module")
def contract() -> Iterator[Contract]:
    with (
        running_server(env={"REFLECT_BOOTSTRAP_TOKEN": BOOTSTRAP_TOKEN}) as server,
        httpx.Client(base_url=server.base_url, timeout=30) as http,
    ):
        yield Contract(server, http)


def path_values(operation_id: str, project_id: str) -> dict[str, str]:
    names = [p.name for p in ALL[operation_id].parameters if p.location == "path"]
    return {name: project_id if name == "project_id" else "none" for name in names}


def test_every_operation_answers_as_the_contract_says(
    contract: Contract, until_ready: Callable[[str], None]
) -> None:
    call = contract.call
    project = {"project_id": "whole story / with a slash"}
    trace = {
        "task": "Count the orders",
        "trajectory": [{"role": "assistant", "content": "42"}],
        "model": "some-model",
        "metadata": {"run": 1},
    }
    authored = {"result": "fail", "feedback_text": "No.", "reflection": REFLECTION}

    call("health")
    call(
        "bootstrap",
        headers={"X-Bootstrap-Token": BOOTSTRAP_TOKEN},
        body={"user_id": "u", **project},
    )
    for number in range(5):
        call("create_trace", **project, body={**trace, "task": f"t{number}", "review": authored})
    (memory, *_) = call("query_memories", **project, body={"task": "t1"})
    until_ready(contract.server.base_url)
    assert call("readiness") == {"status": "ready"}
    memory_id = memory["id"]
    created = call(
        "create_trace",
        **project,
        headers={"Idempotency-Key": "k"},
        body={**trace, "retrieved_memory_ids": [memory_id], "used_memory_ids": [memory_id]},
    )
    trace_id = created["trace_id"]
    call("get_trace", **project, trace_id=trace_id)
    call("review_trace", **project, trace_id=trace_id, body={"result": "pass"})
    waited = call("get_trace", **project, trace_id=trace_id, headers={"Prefer": "wait=20"})
    assert waited["created_memory_id"]
    changed = call("change_review", **project, trace_id=trace_id, body={"result": "fail"})
    assert changed["review"]["result"] == "fail"
    assert call("undo_review", **project, trace_id=trace_id)["review"] is None
    call("review_trace", **project, trace_id=trace_id, body={"result": "pass"})
    assert call("get_trace", **project, trace_id=trace_id, headers={"Prefer": "wait=20"})["review"]
    call("list_traces", **project, params={"limit": 2})
    filters = {"model": "some-model", "metadata_filter": '{"run": 1}', "ingest_status": "completed"}
    assert len(call("list_traces", **project, params=filters)) == 6
    assert call("retry_traces", **project, body={}) == {"retried_trace_ids": []}
    call("list_memories", **project, params={"limit": 2})
    call("get_memory", **project, memory_id=memory_id)
    assert call("get_memory_history", **project, memory_id=memory_id)
    call("create_skill", **project, body={})
    call("get_skill", **project)
    call("list_skill_versions", **project)
    key = call("create_api_key", **project, body={"label": "l", "scopes": ["trace:read"]})["key"]
    call("list_api_keys", **project)
    call("revoke_api_key", **project, key_id=key["id"], body={})
    call("delete_traces", **project, body={"trace_ids": [trace_id]})
    call("delete_project", **project)

    assert contract.driven == set(ALL)


@pytest.mark.parametrize("operation_id", GUARDED)
@pytest.mark.parametrize(
    "key", [None, "nonsense", "rf_live_unknown_key", "rf_test_unknown_key"], ids=str
)
def test_without_a_valid_key_the_answer_is_401(
    contract: Contract, operation_id: str, key: str | None
) -> None:
    contract.call(operation_id, 401, key=key, **path_values(operation_id, "p"))


@pytest.fixture(scope="module")
def keys(contract: Contract) -> dict[str, str]:
    """
    For each scope, a key that has all the others.
    """
    scopes = sorted({scope for o in OPERATIONS for c in o.credentials for scope in c.scopes})
    return {
        scope: contract.call(
            "create_api_key",
            project_id="walled",
            body={"label": f"all but {scope}", "scopes": [s for s in scopes if s != scope]},
        )["api_key"]
        for scope in scopes
    }


@pytest.mark.parametrize("operation_id", GUARDED)
def test_a_key_without_the_scope_is_answered_403(
    contract: Contract, keys: dict[str, str], operation_id: str
) -> None:
    (credential,) = ALL[operation_id].credentials
    (scope,) = credential.scopes

    problem = contract.call(
        operation_id, 403, key=keys[scope], **path_values(operation_id, "walled")
    )

    assert scope in problem["detail"]


@pytest.mark.parametrize("operation_id", GUARDED)
def test_a_key_of_another_project_is_answered_403(
    contract: Contract, keys: dict[str, str], operation_id: str
) -> None:
    scopes = ALL[operation_id].credentials[0].scopes
    key = next(key for scope, key in keys.items() if scope not in scopes)

    contract.call(operation_id, 403, key=key, **path_values(operation_id, "elsewhere"))


@pytest.mark.parametrize("operation_id", WITH_BODY)
@pytest.mark.parametrize(
    ("content", "status"),
    [(b"", 400), (b"{", 400), (b"[]", 422), (b"x" * (17 << 20), 413)],
    ids=["empty", "not JSON", "array", "too large"],
)
def test_an_unusable_body_is_answered_with_a_problem(
    contract: Contract, operation_id: str, content: bytes, status: int
) -> None:
    operation = ALL[operation_id]
    answer = contract.http.request(
        operation.method,
        operation.path.format_map(path_values(operation_id, "bodies")),
        content=content,
        headers={
            "Authorization": f"Bearer {contract.server.api_key}",
            "X-Bootstrap-Token": BOOTSTRAP_TOKEN,
        },
    )

    assert answer.status_code == status
    contract.check(operation_id, answer)


@pytest.mark.parametrize(
    "operation_id", sorted(i for i in GUARDED if "none" in path_values(i, "p").values())
)
def test_what_does_not_exist_is_answered_404(contract: Contract, operation_id: str) -> None:
    verdict = {"result": "pass"}
    bodies = {"review_trace": verdict, "change_review": verdict, "revoke_api_key": {}}
    body = bodies.get(operation_id)

    contract.call(operation_id, 404, body=body, **path_values(operation_id, "empty"))


@pytest.mark.parametrize(
    ("operation_id", "code", "body"),
    [
        ("create_skill", "not_enough_memories", {}),
        ("create_trace", "idempotency_key_reused", {"task": "other", "trajectory": []}),
    ],
)
def test_a_conflict_is_answered_409(
    contract: Contract, operation_id: str, code: str, body: dict[str, Any]
) -> None:
    headers = {"Idempotency-Key": "k"} if operation_id == "create_trace" else None
    if headers:
        first = {"task": "first", "trajectory": []}
        contract.call("create_trace", project_id="conflicts", body=first, headers=headers)

    problem = contract.call(operation_id, 409, project_id="conflicts", body=body, headers=headers)

    assert problem["code"] == code
