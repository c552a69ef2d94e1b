"""
The service in memory, and its fixtures for pytest.

That it behaves as a server does is what test_against_server says, and tests/server on both.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import trio

from reflect_api.api.memories import get_memory, get_memory_history, list_memories
from reflect_sdk import (
    AuthenticationError,
    ConflictError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    ReflectClient,
)
from reflect_sdk.testing import FakeReflect

MESSAGES = [
    {"role": "user", "content": "Refund order 7"},
    {"role": "assistant", "tool_calls": [{"function": {"name": "refund"}}, {"name": "refund"}, {}]},
    {"role": "assistant", "content": "Refunded."},
]
TRACES = "/v1/projects/default/traces"


@pytest.fixture
def client(fake_reflect: FakeReflect, reflect_client: ReflectClient) -> ReflectClient:
    return reflect_client


def remembered(client: ReflectClient, task: str, **named: Any) -> str:
    trace_id = client.create_memory(
        task=task, summary="s", guidance="Do it.", result="pass", **named
    ).trace_id
    made = client.get_trace(trace_id).created_memory_id
    assert made is not None
    return made


def test_it_ranks_by_shared_words_and_says_so(fake_reflect: FakeReflect, client: ReflectClient):
    near = remembered(client, "Refund the order of a customer")
    far = remembered(client, "Fix the parser")
    silent = remembered(client, "...")
    found = client.query_memories("refund an ORDER")
    assert [memory.id for memory in found] == [near, far, silent]
    assert found[0].similarity > found[1].similarity == found[2].similarity == 0
    assert client.query_memories("refund an order", similarity_threshold=0.1) == found[:1]
    assert client.query_memories("refund", limit=1, lambda_=0)[0].score == 0.5
    assert client.health() == {"status": "ok", "ranks_by": "shared words"}
    assert client.request("GET", TRACES).headers["Reflect-Ranks-By"] == "shared words"
    assert repr(fake_reflect) == "FakeReflect(ranks_by='shared words', projects=['default'])"
    assert fake_reflect.api_key not in repr(fake_reflect)


def test_an_agent_learns_of_its_mistake(client: ReflectClient):
    with client.trace("Refund order 7", blocking=True) as first:
        first.set_output(trajectory=MESSAGES, result="fail", feedback_text="Give a voucher.")
    with client.trace("Refund order 8", blocking=True) as second:
        assert "Give a voucher." in second.augmented_task
        second.set_output(trajectory="Gave one.", result="pass")
    (lesson, newer) = client.query_memories("Refund order 7")
    assert (lesson.key_mistake, lesson.tools_used) == ("Give a voucher.", ["refund"])
    assert (newer.key_mistake, newer.guidance) == ("", "Final answer: Gave one.")
    assert lesson.q_value == pytest.approx(0.65)
    assert (lesson.uses, lesson.wins, lesson.losses) == (1, 1.0, 0.0)
    memory = get_memory.sync(client=client.api, project_id="default", memory_id=newer.id)
    assert memory.source_memory_ids == [lesson.id]
    history = get_memory_history.sync(client=client.api, project_id="default", memory_id=lesson.id)
    assert [event.trace_id for event in history] == [second.trace_id]
    listed = list_memories.sync(client=client.api, project_id="default")
    assert [memory.id for memory in listed] == [newer.id, lesson.id]


def test_a_review_can_be_given_changed_and_taken_back(client: ReflectClient):
    used, other = remembered(client, "a"), remembered(client, "b")
    run = client.create_trace(
        task="t",
        trajectory=[{"role": "user", "content": "?"}],
        retrieved_memory_ids=[other, used],
        used_memory_ids=[used],
    )

    def values() -> list[float]:
        found = {memory.id: memory.q_value for memory in client.query_memories("t")}
        return [round(found[used], 3), found[other]]

    assert client.change_review(run.id, result="pass").review.result == "pass"  # type: ignore[union-attr]
    assert values() == [0.65, 0.5]
    assert client.review_trace(run.id, result="pass").ingest_status == "completed"
    with pytest.raises(ConflictError, match="change_review"):
        client.review_trace(run.id, result="fail")
    made = client.get_trace(run.id).created_memory_id
    for _ in range(2):
        client.change_review(run.id, result="fail", remember=False)
    assert values() == [0.35, 0.5]
    assert client.get_trace(run.id).created_memory_id is None
    for _ in range(2):
        assert client.undo_review(run.id).review is None
    assert values() == [0.5, 0.5]
    client.review_trace(run.id, result="pass", alpha=1)
    assert values() == [1.0, 0.5]
    assert made not in [memory.id for memory in client.query_memories("t")]
    gone = client.delete_traces([run.id, "unknown"])
    assert gone.deleted_trace_ids == [run.id]
    assert len(gone.deleted_memory_ids) == 1
    client.create_trace(
        task="t", trajectory=[], retrieved_memory_ids=gone.deleted_memory_ids, review_result="fail"
    )


@pytest.mark.parametrize("run", [asyncio.run, trio.run])
def test_a_wait_ends_when_a_review_comes_of_another_thread(client: ReflectClient, run: Any):
    waiting = client.create_trace(task="t", trajectory="Did it.").id
    later = threading.Timer(0.05, client.review_trace, (waiting,), {"result": "pass"})
    later.start()
    if run is asyncio.run:
        trace = run(client.wait_for_trace_async(waiting, require_reviewed=True))
    else:

        async def wait() -> Any:
            return await client.wait_for_trace_async(waiting, require_reviewed=True)

        trace = run(wait)
    assert trace.created_memory_id
    later.join()
    waiting = client.create_trace(task="t", trajectory="Did it.").id
    later = threading.Timer(0.05, client.review_trace, (waiting,), {"result": "pass"})
    later.start()
    assert client.wait_for_trace(waiting, require_reviewed=True).review_status == "reviewed"
    later.join()


@pytest.mark.parametrize(
    ("prefer", "applied"), [("wait=0", "wait=0"), ("wait=x, handling=strict", None)]
)
def test_a_wait_that_is_over_shows_the_trace_as_it_is(
    client: ReflectClient, prefer: str, applied: str | None
):
    trace_id = client.create_trace(task="t", trajectory=[]).id
    path = f"{TRACES}/{trace_id}"
    answer = client.request(
        "GET", path, params={"wait_for": "reviewed"}, headers={"Prefer": prefer}
    )
    assert answer.json()["review"] is None
    assert answer.headers.get("Preference-Applied") == applied
    with pytest.raises(NotFoundError):
        client.request("GET", f"{TRACES}/none?wait_for=reviewed", headers={"Prefer": "wait=5"})


def test_traces_are_listed_by_what_is_asked_for(client: ReflectClient):
    ids = [
        client.create_trace(
            task="t", trajectory="x", model=f"m{n % 2}", metadata={"n": n % 2, "m": [1]}
        ).id
        for n in range(4)
    ]
    client.review_trace(ids[0], result="pass")

    def listed(**wanted: Any) -> list[str]:
        return [trace.id for trace in client.iter_traces(page_size=1, **wanted)]

    assert listed() == ids[::-1]
    assert listed(review_status="reviewed") == ids[:1]
    assert listed(ingest_status="completed", model="m1") == [ids[3], ids[1]]
    assert listed(metadata_filter={"n": 0, "m": [1]}) == [ids[2], ids[0]]
    assert listed(metadata_filter={"other": None}) == []
    assert len(client.list_traces(limit=3)) == 3


def test_a_run_that_its_sender_names_is_there_once(client: ReflectClient):
    run = {
        "id": "01890a5d-ac96-774b-bcce-b302099a8057",
        "task": "t",
        "trajectory": '[{"role": "assistant", "content": ["a part"]}]',
        "ended": "interrupted",
        "created_at": "2026-03-01T12:00:00Z",
    }
    for headers in ({"Idempotency-Key": "a"}, {"Idempotency-Key": "b"}):
        answer = client.request("POST", TRACES, json=run, headers=headers)
        assert answer.json()["trace_id"] == run["id"]
    assert answer.headers["Idempotency-Replayed"] == "true"
    with pytest.raises(ConflictError):
        client.request("POST", TRACES, json={**run, "task": "u"})
    trace = client.request("GET", f"{TRACES}/{run['id']}").json()
    assert (trace["ended"], trace["created_at"]) == (run["ended"], run["created_at"])
    assert (trace["final_response"], trace["trajectory"][0]["content"]) == ("", ["a part"])
    assert len(client.list_traces()) == 1
    answer = client.request("POST", TRACES, json={"task": "t", "trajectory": ""}, headers={})
    assert client.get_trace(answer.json()["trace_id"]).trajectory == []


def test_a_creation_without_any_key_is_made_each_time(fake_reflect: FakeReflect):
    with httpx.Client(
        transport=fake_reflect.transport,
        base_url=fake_reflect.base_url,
        headers={"Authorization": f"Bearer {fake_reflect.api_key}"},
    ) as http:
        run = {"task": "t", "trajectory": "[1]"}
        made = {http.post(TRACES, json=run).json()["trace_id"] for _ in range(2)}
        (first, _) = http.get(TRACES).json()
    assert len(made) == 2
    assert first["trajectory"] == [{"role": "assistant", "content": "[1]"}]


def test_keys_open_what_they_may(fake_reflect: FakeReflect, client: ReflectClient):
    made = client.create_api_key(
        label="agent", scopes=["memory:read", "keys:manage"], environment="test"
    )
    assert made.api_key.startswith("rf_test_")
    agent = client.with_options(api_key=made.api_key)
    assert agent.query_memories("t") == []
    with pytest.raises(PermissionDeniedError, match="trace:write"):
        agent.create_trace(task="t", trajectory=[])
    with pytest.raises(PermissionDeniedError, match="'default' alone"):
        agent.with_options(project_id="other").query_memories("t")
    with pytest.raises(PermissionDeniedError, match="trace:read"):
        agent.create_api_key(label="l", scopes=["trace:read"])
    (key,) = client.list_api_keys()
    assert (key.label, key.is_master) == ("agent", False)
    assert key.last_used_at is not None
    for _ in range(2):
        assert client.revoke_api_key(key.id).status == "revoked"
    with pytest.raises(AuthenticationError, match="revoked"):
        agent.query_memories("t")
    with pytest.raises(NotFoundError):
        client.revoke_api_key("unknown")
    assert client.delete_project().deleted
    with pytest.raises(NotFoundError):
        client.delete_project()
    assert client.list_api_keys() == []


def test_a_key_ends_when_it_says(client: ReflectClient):
    def made(by: ReflectClient, until: datetime | None) -> ReflectClient:
        body = {"label": "l", "scopes": ["keys:manage"], "expires_at": until and until.isoformat()}
        created = by.request("POST", "/v1/projects/default/api-keys", json=body).json()
        return by.with_options(api_key=created["api_key"])

    now = datetime.now(UTC)
    manager = made(client, now + timedelta(days=1))
    made(manager, now + timedelta(hours=1))
    for until in (None, now + timedelta(days=2)):
        with pytest.raises(PermissionDeniedError, match="no later"):
            made(manager, until)
    for past in (now, now.replace(tzinfo=None) + timedelta(days=9)):
        with pytest.raises(InvalidRequestError, match="expires_at"):
            made(client, past)
    brief = made(client, datetime.now(UTC) + timedelta(milliseconds=200))
    with pytest.raises(AuthenticationError, match="expired"):
        all(map(bool, iter(lambda: brief.request("GET", "/v1/projects/default/api-keys"), None)))
    assert [key.status for key in client.list_api_keys()] == ["active", "active", "expired"]


@pytest.mark.parametrize(
    ("call", "field"),
    [
        ({"path": f"{TRACES}", "json": {"task": " ", "trajectory": []}}, "task"),
        ({"path": f"{TRACES}", "json": {"task": "t", "trajectory": [5]}}, "trajectory"),
        (
            {
                "path": TRACES,
                "json": {"task": "t", "trajectory": "", "review": {"result": "maybe"}},
            },
            "result",
        ),
        (
            {
                "path": TRACES,
                "json": {
                    "task": "t",
                    "trajectory": "",
                    "review": {
                        "result": "pass",
                        "remember": False,
                        "reflection": {"summary": "s", "guidance": "g"},
                    },
                },
            },
            "review.remember",
        ),
        (
            {
                "path": TRACES,
                "json": {"task": "t", "trajectory": "", "used_memory_ids": ["m"]},
            },
            "used_memory_ids",
        ),
        ({"path": f"{TRACES}/delete", "json": {"trace_ids": []}}, "trace_ids"),
        (
            {
                "path": "/v1/projects/default/api-keys",
                "json": {"label": "l", "scopes": ["all"], "environment": "live"},
            },
            "scopes",
        ),
        (
            {
                "path": "/v1/projects/default/api-keys",
                "json": {"label": "l", "scopes": ["trace:read"], "environment": "prod"},
            },
            "environment",
        ),
        ({"method": "GET", "path": TRACES, "params": {"limit": "x"}}, "limit"),
        ({"method": "GET", "path": TRACES, "params": {"cursor": "x"}}, "cursor"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_place(
    client: ReflectClient, call: dict[str, Any], field: str
):
    with pytest.raises(InvalidRequestError) as caught:
        client.request(**{"method": "POST", **call})
    problem = caught.value.response.json()
    assert problem["errors"][0]["field"].partition("[")[0] == field
    assert (caught.value.code, problem["request_id"]) == (
        "invalid_request",
        caught.value.request_id,
    )
    assert caught.value.detail.endswith(".")


def test_what_it_does_not_do_names_what_does(client: ReflectClient):
    with pytest.raises(NotFoundError, match="running_server"):
        client.create_skill()
    with pytest.raises(NotFoundError, match="running_server"):
        client.request("GET", "/v1/new")
    assert client.get_skill() is None


@pytest.mark.parametrize(("body", "status"), [(b"{", 400), (b"[]", 422)])
def test_a_body_that_is_no_object_is_refused(fake_reflect: FakeReflect, body: bytes, status: int):
    key = {"Authorization": f"Bearer {fake_reflect.api_key}"}
    with httpx.Client(transport=fake_reflect.transport) as http:
        answer = http.post(f"{fake_reflect.base_url}{TRACES}", content=body, headers=key)
        stranger = http.get(f"{fake_reflect.base_url}{TRACES}")
    assert (answer.status_code, answer.json()["status"]) == (status, status)
    assert stranger.headers["WWW-Authenticate"] == "Bearer"


def test_the_fixtures_are_found_by_pytest_and_cost_other_tests_nothing(tmp_path: Path):
    (tmp_path / "test_mine.py").write_text(
        """
import sys


def test_first():
    assert "reflect_sdk" not in sys.modules


def test_mine(reflect_client, fake_reflect):
    with reflect_client.trace("Refund order 7", blocking=True) as ctx:
        ctx.set_output(trajectory="Refunded.", result="pass")
    assert len(fake_reflect.client().query_memories("Refund")) == 1


def test_another(reflect_client):
    assert reflect_client.list_traces() == []
"""
    )
    without = [f"-pno:{plugin}" for plugin in ("randomly", "schemathesis", "cacheprovider")]
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-m", "pytest", *without, "-q", str(tmp_path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "3 passed" in ran.stdout
