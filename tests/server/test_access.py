from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from .projects import Project

BOOTSTRAP_TOKEN = "a-token-for-tests"


def bootstrap(project: Project, token: str = BOOTSTRAP_TOKEN, **fields: str) -> httpx.Response:
    return httpx.post(
        f"{project.server.base_url}/v1/bootstrap",
        json={"user_id": "user-1", "project_id": project.id, **fields},
        headers={"X-Bootstrap-Token": token},
    )


def test_a_master_key_creates_projects_on_first_use(project: Project):
    assert project.get("/traces") == []


def test_a_project_can_have_any_name(project: Project):
    opened = project.named(f"a/b %2F ü☃ ../{project.id}")

    trace_id = opened.create()

    assert opened.get(f"/traces/{trace_id}")["id"] == trace_id
    assert [trace["id"] for trace in opened.get("/traces", params={"limit": 1})] == [trace_id]
    assert opened.delete().json() == {"project_id": opened.id, "deleted": True}


def test_a_key_does_what_its_scopes_allow_and_nothing_else(project: Project):
    reader = project.with_key(project.key("trace:read"))

    assert reader.http.get("/traces").status_code == 200
    answer = reader.http.post("/traces", json={"task": "t", "trajectory": []})

    assert answer.status_code == 403
    assert "trace:write" in answer.json()["detail"]


def test_a_key_opens_only_its_own_project(project: Project, other_project: Project):
    key = project.key("trace:read", "memory:read")
    other_project.create()
    intruder = other_project.with_key(key)
    nowhere = project.named(f"{project.id}-that-does-not-exist", key)

    existing, missing = intruder.http.get("/traces"), nowhere.http.get("/traces")

    assert existing.status_code == missing.status_code == 403
    assert project.id in existing.json()["detail"]
    assert (
        existing.json()["detail"].replace(other_project.id, nowhere.id) == missing.json()["detail"]
    )


def test_a_key_can_give_only_scopes_that_it_has(project: Project):
    manager = project.with_key(project.key("keys:manage", "trace:read"))

    allowed = manager.http.post("/api-keys", json={"label": "x", "scopes": ["trace:read"]})
    refused = manager.http.post("/api-keys", json={"label": "x", "scopes": ["trace:write"]})

    assert allowed.status_code == 200
    assert refused.status_code == 403
    assert "trace:write" in refused.json()["detail"]


def test_keys_are_listed_without_their_secrets(project: Project):
    plaintext = project.key("trace:read")
    project.with_key(plaintext).get("/traces")

    (key,) = project.get("/api-keys")

    assert plaintext.startswith(f"rf_live_{key['public_id']}_")
    assert plaintext.rsplit("_", 1)[1] not in str(key)
    assert key["status"] == "active"
    assert key["scopes"] == ["trace:read"]
    assert key["is_master"] is False
    assert key["last_used_at"] is not None


def test_a_revoked_key_ends_at_once(project: Project):
    holder = project.with_key(project.key("trace:read"))
    assert [holder.http.get("/traces").status_code for _ in range(3)] == [200] * 3
    (key,) = project.get("/api-keys")

    revoked = project.http.post(f"/api-keys/{key['id']}/revoke", json={}).json()
    again = project.http.post(f"/api-keys/{key['id']}/revoke", json={}).json()

    assert revoked["status"] == "revoked"
    assert again == revoked
    assert holder.http.get("/traces").status_code == 401


def test_a_key_expires_by_itself(project: Project):
    soon = datetime.now(UTC) + timedelta(seconds=1)
    answer = project.http.post(
        "/api-keys",
        json={"label": "x", "scopes": ["trace:read"], "expires_at": soon.isoformat()},
    )
    holder = project.with_key(answer.json()["api_key"])
    assert answer.json()["key"]["status"] == "active"
    assert datetime.fromisoformat(answer.json()["key"]["expires_at"]) == soon

    while (refused := holder.http.get("/traces")).status_code == 200:
        pass

    assert datetime.now(UTC) >= soon
    assert refused.status_code == 401
    assert "expired" in refused.json()["detail"]
    assert project.get("/api-keys")[0]["status"] == "expired"


def test_a_key_cannot_be_made_to_have_ended(project: Project):
    for moment in ("2020-01-01T00:00:00Z", "2020-01-01T00:00:00", "0001-01-01T00:00:00+01:00"):
        answer = project.http.post(
            "/api-keys", json={"label": "x", "scopes": ["trace:read"], "expires_at": moment}
        )
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == "expires_at"


def test_a_key_cannot_expire_after_the_last_time_in_utc(project: Project):
    answers = [
        project.http.post(
            "/api-keys", json={"label": "x", "scopes": ["trace:read"], "expires_at": moment}
        )
        for moment in ("9999-12-31T23:59:59+23:00", "9999-12-31T23:59:59-01:00")
    ]

    assert [answer.status_code for answer in answers] == [200, 422]
    assert answers[1].json()["errors"][0]["field"] == "expires_at"
    (key,) = project.get("/api-keys")
    assert key == answers[0].json()["key"]
    assert key["expires_at"] == "9999-12-31T00:59:59Z"


def test_a_key_that_expires_makes_only_keys_that_expire_no_later(project: Project):
    now = datetime.now(UTC)

    def made(opened: Project, days: int | None) -> httpx.Response:
        until = None if days is None else (now + timedelta(days=days)).isoformat()
        return opened.http.post(
            "/api-keys", json={"label": "x", "scopes": ["keys:manage"], "expires_at": until}
        )

    manager = project.with_key(made(project, 2).json()["api_key"])

    assert [made(manager, days).status_code for days in (1, 2, 3, None)] == [200, 200, 403, 403]


def test_a_key_of_another_project_cannot_be_revoked(project: Project, other_project: Project):
    other_project.key("trace:read")
    (key,) = other_project.get("/api-keys")

    assert project.http.post(f"/api-keys/{key['id']}/revoke", json={}).status_code == 404
    assert other_project.get("/api-keys")[0]["status"] == "active"


@pytest.mark.parametrize(
    "header",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Basic abc"},
        {"Authorization": "Bearer nonsense"},
        {"Authorization": "Bearer rf_live_unknown_secret"},
        {"Authorization": "Bearer rf_live___"},
        {"Authorization": b"Bearer \xff\xfe"},
    ],
)
def test_without_a_valid_key_nothing_is_answered(project: Project, header: dict[str, Any]):
    answer = httpx.get(f"{project.http.base_url}traces", headers=header)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.json()["code"] == "unauthenticated"


def test_the_right_public_id_with_a_wrong_secret_is_refused(project: Project):
    plaintext = project.key("trace:read")
    wrong = project.with_key(plaintext[:-1] + ("a" if plaintext[-1] != "a" else "b"))

    assert wrong.http.get("/traces").status_code == 401


def test_bootstrap_makes_a_project_with_a_key_for_everything_in_it(project: Project):
    answer = bootstrap(project, environment="test")
    key = answer.json()["api_key"]
    opened = project.with_key(key)

    assert answer.status_code == 200
    assert key.startswith("rf_test_")
    opened.create()
    assert opened.get("/api-keys")[0]["label"] == "Default Admin Key"
    assert project.named("elsewhere", key).http.get("/traces").status_code == 403
    assert opened.delete().status_code == 200
    assert opened.http.get("/traces").status_code == 401


def test_a_project_may_have_the_character_that_stands_for_unreadable_ones(project: Project):
    key = bootstrap(project, project_id="a\ufffd").json()["api_key"]

    assert project.named("a\ufffd", key).http.get("/traces").status_code == 200


def test_bootstrap_refuses_a_project_that_no_path_could_reach(project: Project):
    answer = bootstrap(project, project_id="..")

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "project_id"


def test_bootstrap_with_a_wrong_token_is_refused(project: Project):
    answer = bootstrap(project, token="guess")

    assert answer.status_code == 403
    assert answer.json()["code"] == "forbidden"
    assert BOOTSTRAP_TOKEN not in answer.text


def test_bootstrap_without_a_token_is_refused(project: Project):
    answer = httpx.post(f"{project.server.base_url}/v1/bootstrap", json={})

    assert answer.status_code == 401


def test_a_deleted_project_is_gone_with_everything_of_it(project: Project):
    memory_id = project.memory()
    holder = project.with_key(project.key("memory:read"))
    assert [holder.http.get("/memories").status_code for _ in range(3)] == [200] * 3
    assert [memory["id"] for memory in project.query("Count the orders")] == [memory_id]

    assert project.delete().status_code == 200

    assert holder.http.get("/memories").status_code == 401
    assert project.delete().status_code == 404
    assert project.query("Count the orders") == []
    assert project.get("/traces") == []
