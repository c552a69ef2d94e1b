"""
Every part of every request is sent and found again; none is taken and dropped.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from reflect_contract import openapi_json
from reflect_server.store.protocol.store import Transaction
from reflect_server.store.sqlite import SqliteStore
from reflect_server.testing import ServerProcess, running_server

from .conftest import BOOTSTRAP_TOKEN
from .projects import Project

DOCUMENT = json.loads(openapi_json())
REFLECTION = {
    "summary": "A summary",
    "guidance": "Some guidance",
    "key_mistake": "A mistake",
    "correct_action": "An action",
    "applicable_tools": ["a_tool"],
}
Parts = dict[str, tuple[object, object]]
"""By the place of a property in the body: what was found, and what was to be found."""


def parts_of(schema: dict[str, Any], place: str = "") -> Iterator[str]:
    """
    Name every property of a body, with those of the objects in it.
    """
    while "$ref" in schema:
        schema = DOCUMENT["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
    for kind in ("oneOf", "anyOf", "allOf"):
        for alternative in schema.get(kind, []):
            yield from parts_of(alternative, place)
    if "items" in schema:
        yield from parts_of(schema["items"], f"{place}[]")
    for name, definition in schema.get("properties", {}).items():
        inner = f"{place}.{name}" if place else name
        yield inner
        yield from parts_of(definition, inner)


PARTS = {
    operation["operationId"]: set(
        parts_of(operation["requestBody"]["content"]["application/json"]["schema"])
    )
    for item in DOCUMENT["paths"].values()
    for operation in item.values()
    if "requestBody" in operation
}


def a_while_ago() -> str:
    return f"{(datetime.now(UTC) - timedelta(hours=1)).isoformat(timespec='seconds')[:19]}Z"


def bootstrapped(project: Project) -> Parts:
    body = {
        "user_id": "someone",
        "project_id": f"{project.id}-new",
        "key_label": "A label",
        "environment": "test",
    }
    answer = httpx.post(
        f"{project.server.base_url}/v1/bootstrap",
        headers={"X-Bootstrap-Token": BOOTSTRAP_TOKEN},
        json=body,
    ).json()
    made = project.named(body["project_id"], answer["api_key"])
    (key,) = made.get("/api-keys")
    return {
        "user_id": (answer["user_id"], body["user_id"]),
        "project_id": (made.query("anything"), []),
        "key_label": (key["label"], body["key_label"]),
        "environment": (key["environment"], body["environment"]),
    }


def queried(project: Project) -> Parts:
    near = project.memory("Refund order 7", metadata={"desk": 1})
    twin = project.memory("Refund order 8", metadata={"desk": 1})
    other = project.memory("Paint the house blue", metadata={"desk": 2})
    far = project.memory("Translate a letter", metadata={"desk": 2})
    for _ in range(4):
        project.create(retrieved_memory_ids=[far], review={"result": "pass"})
        project.create(retrieved_memory_ids=[near], review={"result": "fail"})

    def ids(task: str = "Refund order 7", **fields: Any) -> list[str]:
        asked = {"lambda": 1, "mmr_lambda": 1, **fields}
        return [memory["id"] for memory in project.query(task, **asked)]

    return {
        "task": (ids("Paint the house blue")[0], other),
        "limit": (len(ids(limit=3)), 3),
        "lambda": (ids(**{"lambda": 0})[0], far),
        "mmr_lambda": ([twin in ids(limit=2, mmr_lambda=mu) for mu in (0, 1)], [False, True]),
        "metadata_filter": (set(ids(metadata_filter={"desk": 2})), {other, far}),
        "similarity_threshold": (ids(similarity_threshold=0.999), [near]),
    }


def made_a_skill(project: Project) -> Parts:
    for number in range(4):
        project.memory(f"good task {number}")
        project.memory(f"bad task {number}", result="fail")
    made = project.http.post("/skill/create", json={"n_passed": 3, "n_failed": 2}).json()
    strategies, pitfalls = made["content"].split("## Pitfalls to avoid")
    return {
        "n_passed": (strategies.count("### "), 3),
        "n_failed": (pitfalls.count("About bad task"), 2),
    }


def created(project: Project) -> Parts:
    used, unused = project.memory("one"), project.memory("two")
    before = project.q_value(used)
    body: dict[str, Any] = {
        "task": "A task",
        "trajectory": [{"role": "assistant", "content": "A step", "an_extension": [1]}],
        "final_response": "A response",
        "retrieved_memory_ids": [used, unused],
        "used_memory_ids": [used],
        "model": "a-model",
        "metadata": {"a": {"key": 1}},
        "ended": "interrupted",
        "created_at": a_while_ago(),
        "id": uuid.uuid4().hex,
        "review": {
            "result": "fail",
            "feedback_text": "Some feedback",
            "alpha": 0.25,
            "reflection": REFLECTION,
        },
    }
    trace = project.get(f"/traces/{project.create(**body)}")
    memory = project.get(f"/memories/{trace['created_memory_id']}")
    wrong = {"result": "fail", "feedback_text": "Wrong."}
    taught = project.awaited(project.create(reference_context="Exactly 42", review=wrong))
    lesson = project.get(f"/memories/{taught['created_memory_id']}")
    forgotten = project.awaited(project.create(review={"result": "pass", "remember": False}))
    plain = {name: (trace[name], body[name]) for name in body if name != "review"}
    reflected = {
        f"review.reflection.{name}": (memory[name], value) for name, value in REFLECTION.items()
    }
    return (
        plain
        | reflected
        | {
            "reference_context": ("Exactly 42" in json.dumps(lesson), True),
            "review": (trace["review_status"], "reviewed"),
            "review.result": (trace["review"]["result"], "fail"),
            "review.feedback_text": (trace["review"]["feedback_text"], "Some feedback"),
            "review.alpha": (project.q_value(used), pytest.approx(before * 0.75)),
            "review.reflection": (memory["success"], False),
            "review.remember": (forgotten["created_memory_id"], None),
        }
    )


def verdict(project: Project, method: str) -> Parts:
    """
    Review runs by one of two methods: the first verdict on a run, or another in its place.
    """

    def review(trace_id: str, **fields: Any) -> dict[str, Any]:
        path = f"/traces/{trace_id}/review"
        if method == "PUT":
            project.http.post(path, json={"result": "pass"})
            project.awaited(trace_id)
        answer = project.http.request(method, path, json=fields)
        assert answer.status_code == 200, answer.text
        return project.awaited(trace_id)

    used = project.memory()
    before = project.q_value(used)
    body = {"result": "fail", "feedback_text": "Some feedback", "alpha": 0.25}
    said = review(project.create(retrieved_memory_ids=[used]), **body)["review"]
    forgotten = review(project.create("Another task"), result="pass", remember=False)
    return {
        "result": (said["result"], "fail"),
        "feedback_text": (said["feedback_text"], "Some feedback"),
        "alpha": (project.q_value(used), pytest.approx(before * 0.75)),
        "remember": (forgotten["created_memory_id"], None),
    }


def deleted(project: Project) -> Parts:
    gone, kept = project.create("one"), project.create("two")
    project.http.post("/traces/delete", json={"trace_ids": [gone]})
    return {"trace_ids": ([trace["id"] for trace in project.get("/traces")], [kept])}


def issued(project: Project) -> Parts:
    body = {
        "label": "A label",
        "scopes": ["memory:read", "trace:read"],
        "environment": "test",
        "expires_at": "2100-01-01T00:00:00Z",
    }
    key = project.http.post("/api-keys", json=body).json()["key"]
    return {name: (key[name], value) for name, value in body.items()}


EVIDENCE: dict[str, Callable[[Project], Parts]] = {
    "bootstrap": bootstrapped,
    "query_memories": queried,
    "create_skill": made_a_skill,
    "create_trace": created,
    "review_trace": lambda project: verdict(project, "POST"),
    "change_review": lambda project: verdict(project, "PUT"),
    "delete_traces": deleted,
    "create_api_key": issued,
    "revoke_api_key": lambda _: {},
}


@pytest.mark.parametrize("operation_id", sorted(PARTS.keys() - {"retry_traces"}))
def test_every_part_of_a_request_is_found_again(operation_id: str, project: Project):
    parts = EVIDENCE[operation_id](project)

    assert parts.keys() == PARTS[operation_id], "Say here where a part of the request goes."
    found = {name: pair[0] for name, pair in parts.items()}
    assert found == {name: pair[1] for name, pair in parts.items()}


def test_the_traces_that_are_named_are_tried_again_and_no_others(
    own_server: ServerProcess, data: Path
):
    key = str(own_server.first_key)
    with httpx.Client(headers={"Authorization": f"Bearer {key}"}) as http:

        def traces(server_url: str) -> str:
            return f"{server_url}/v1/projects/default/traces"

        for task in ("one", "two"):
            body = {"task": task, "trajectory": [], "review": {"result": "pass"}}
            trace_id = http.post(traces(own_server.base_url), json=body).json()["trace_id"]
            path = f"{traces(own_server.base_url)}/{trace_id}"
            http.get(path, headers={"Prefer": "wait=20"})
        own_server.stop()
        with closing(SqliteStore(data)) as store:

            def fail(tx: Transaction) -> None:
                store._connection.execute("DELETE FROM memories")
                store._connection.execute("UPDATE traces SET ingest_status = 'failed'")

            store.write(fail)
        with running_server(data_dir=data) as server:
            url = traces(server.base_url)
            answer = http.post(f"{url}/retry", json={"trace_ids": [trace_id]}).json()
            assert answer == {"retried_trace_ids": [trace_id]}
            assert len(http.get(url, params={"ingest_status": "failed"}).json()) == 1
    assert PARTS["retry_traces"] == {"trace_ids"}
