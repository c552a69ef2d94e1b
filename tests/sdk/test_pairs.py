"""
Each method and its twin ask the same of the service and make the same of its answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from reflect_sdk import PermissionDeniedError, ReflectClient

from .scripted import MEMORY, RECEIPT, TRACE, Answer, Asked, Scripted

KEY = {
    "id": "k1",
    "public_id": "abc",
    "label": "ci",
    "scopes": ["memory:read"],
    "environment": "live",
    "status": "active",
    "is_master": False,
    "created_at": "2026-03-01T12:00:00+00:00",
    "last_used_at": None,
    "revoked_at": None,
}
SKILL = {"content": "---\nname: sql\n---\n", "version": 2}
FULL_SKILL = {
    **SKILL,
    "published": False,
    "held_back": None,
    "lines": [
        {"id": "l1", "section": "strategy", "title": "t", "text": "- Do", "memory_ids": ["m1"]}
    ],
    "changes": [{"action": "added", "line_id": "l1", "title": "t", "after": "- Do"}],
    "check": {"tasks": 9, "reviews": 4, "before": 0.6, "after": 0.5},
}
RUN: dict[str, Any] = {
    "task": "Count",
    "trajectory": [{"role": "assistant", "content": "42"}],
    "retrieved_memory_ids": ("m1", "m2"),
    "used_memory_ids": ["m2"],
    "review_result": " Success ",
    "feedback_text": "fine",
    "alpha": 0.1,
    "metadata": {"a": [1, None]},
    "model": "some-model",
    "final_response": "42",
    "reference_context": "42",
}
CALLS: list[tuple[str, tuple[Any, ...], dict[str, Any], Any]] = [
    ("health", (), {}, {"status": "ok"}),
    (
        "query_memories",
        ("Count",),
        {"metadata_filter": {"a": 1}, "similarity_threshold": 0.2},
        [MEMORY],
    ),
    (
        "augment_with_memories",
        ("Count",),
        {"limit": 3, "lambda_": 1.0, "mmr_lambda": 0.0},
        [MEMORY],
    ),
    ("get_skill", (), {}, SKILL),
    ("create_skill", (), {"n_passed": 3}, SKILL),
    ("list_skill_versions", (), {}, [FULL_SKILL, SKILL]),
    ("create_trace", (), RUN, RECEIPT),
    ("create_trace", (), {"task": "Count", "trajectory": "A summary."}, RECEIPT),
    ("create_trace", (), {**RUN, "remember": False}, RECEIPT),
    (
        "create_memory",
        (),
        {"task": "Count", "summary": "s", "guidance": "g", "result": "failure"},
        RECEIPT,
    ),
    ("wait_for_trace", ("t1",), {"require_reviewed": True}, TRACE),
    ("get_trace", ("t/1",), {}, TRACE),
    ("review_trace", ("t1",), {"result": "FAIL", "feedback_text": "no"}, TRACE),
    ("review_trace", ("t1",), {"result": "pass", "remember": False}, TRACE),
    ("change_review", ("t1",), {"result": "Pass", "alpha": 0.1, "remember": False}, TRACE),
    ("undo_review", ("t1",), {}, {**TRACE, "review": None}),
    ("list_traces", (), {"review_status": "pending"}, [TRACE]),
    ("list_traces", (), {"review_status": "some_new_status"}, [TRACE]),
    (
        "list_traces",
        (),
        {"ingest_status": "failed", "model": "m", "metadata_filter": {"a": ["b"]}, "limit": 7},
        [TRACE],
    ),
    ("delete_traces", (["t1"],), {}, {"deleted_trace_ids": ["t1"]}),
    ("list_api_keys", (), {}, [KEY]),
    (
        "create_api_key",
        (),
        {"label": "ci", "scopes": ("memory:read",), "environment": "test"},
        {"api_key": "rf_test_x_y", "key": KEY},
    ),
    ("revoke_api_key", ("k1",), {}, {**KEY, "status": "revoked"}),
    ("delete_project", (), {}, {"project_id": "default", "deleted": True}),
]


def _without_noise(asked: Asked) -> tuple[str, str, dict[str, str], Any]:
    noise = {"Idempotency-Key", "Host", "Connection"}
    headers = {
        name: value
        for name, value in asked.headers.items()
        if name.title() not in {entry.title() for entry in noise}
    }
    return asked.method, asked.path, headers, asked.body


@pytest.mark.parametrize(
    ("name", "positional", "named", "answer"), CALLS, ids=[call[0] for call in CALLS]
)
def test_both_worlds_send_the_same_request_and_return_the_same_value(
    service: Scripted,
    client: ReflectClient,
    name: str,
    positional: tuple[Any, ...],
    named: dict[str, Any],
    answer: Any,
    snapshot: Any,
):
    service.script(Answer(body=answer))
    method: Callable[..., Any] = getattr(client, name)
    twin: Callable[..., Any] = getattr(client, f"{name}_async")

    result = method(*positional, **named)
    assert asyncio.run(twin(*positional, **named)) == result

    first, second = (_without_noise(asked) for asked in service.asked)
    assert first == second
    assert (first[0], first[1], first[3]) == snapshot
    assert result == snapshot


@pytest.mark.parametrize(
    ("name", "positional", "named", "answer"), CALLS, ids=[call[0] for call in CALLS]
)
def test_both_worlds_raise_the_same_error(
    service: Scripted,
    client: ReflectClient,
    name: str,
    positional: tuple[Any, ...],
    named: dict[str, Any],
    answer: Any,
):
    service.script(Answer(status=403, body={"detail": "no", "code": "forbidden"}))
    raised = []
    for call in (
        getattr(client, name),
        lambda *args, **kwargs: asyncio.run(getattr(client, f"{name}_async")(*args, **kwargs)),
    ):
        with pytest.raises(PermissionDeniedError) as caught:
            call(*positional, **named)
        raised.append((str(caught.value), caught.value.code, caught.value.path))
    assert raised[0] == raised[1]


def test_every_pair_is_walked():
    elsewhere = {
        "bootstrap": "below",
        "create_trace_and_wait": "below",
        "deliver_spooled_traces": "test_spool",
        "flush": "test_background",
        "iter_traces": "below and test_against_server",
        "request": "test_requests",
        "trace": "test_trace_context",
    }
    twins = {
        name.removesuffix("_async")
        for name in dir(ReflectClient)
        if name.endswith("_async") and not name.startswith("_")
    }
    assert twins == {name for name, *_ in CALLS} | elsewhere.keys()


def test_create_trace_and_wait_asks_for_the_trace_it_created(
    service: Scripted, client: ReflectClient
):
    def answer(asked: Asked) -> Answer:
        return Answer(body=RECEIPT if asked.method == "POST" else TRACE)

    service.always = answer
    result = client.create_trace_and_wait(**RUN)
    assert asyncio.run(client.create_trace_and_wait_async(**RUN)) == result
    requests = [(asked.method, asked.path) for asked in service.asked]
    assert requests[:2] == requests[2:]
    assert requests[1] == ("GET", "/v1/projects/default/traces/t1?wait_for=reviewed")
    assert result.created_memory_id == "m2"


@pytest.mark.parametrize("world", ["", "_async"])
def test_bootstrap_sends_its_token_and_no_bearer(service: Scripted, world: str):
    service.script(
        Answer(status=201, body={"user_id": "u", "project_id": "p", "api_key": "rf_live_a_b"})
    )
    method = getattr(ReflectClient, f"bootstrap{world}")
    called = method(base_url=service.url, bootstrap_token="the-token", user_id="u", project_id="p")
    info = asyncio.run(called) if world else called
    assert info.api_key == "rf_live_a_b"
    assert "rf_live_a_b" not in repr(info)
    headers = {name.lower(): value for name, value in service.asked[0].headers.items()}
    assert headers["x-bootstrap-token"] == "the-token"
    assert "authorization" not in headers


def test_health_sends_no_credential(service: Scripted, client: ReflectClient):
    service.script(Answer(body={"status": "ok"}))
    assert client.health() == {"status": "ok"}
    assert "Authorization" not in service.asked[0].headers


def test_a_skill_that_was_never_created_is_none(service: Scripted, client: ReflectClient):
    service.script(Answer(status=404, body={"detail": "There is no skill yet."}))
    assert client.get_skill() is None
    assert asyncio.run(client.get_skill_async()) is None


def test_the_next_page_is_the_one_that_the_service_links_to(
    service: Scripted, client: ReflectClient
):
    link = '<https://x.test/traces?cursor=a%2Fb>; rel="prev", </traces?cursor=c%2Fd>; rel="next"'
    service.script(Answer(body=[TRACE], headers={"Link": link}), Answer(body=[]))
    assert [trace.id for trace in client.iter_traces(page_size=1)] == ["t1"]
    assert service.asked[1].path.endswith("?limit=1&cursor=c%2Fd")
