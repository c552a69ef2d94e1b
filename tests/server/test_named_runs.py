"""
Runs that their sender names, dates and says the ending of; reviews that come before their run.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from .projects import Project

ID = "01890a5d-ac96-774b-bcce-b302099a8057"
BODY = {"id": ID, "task": "Count", "trajectory": [{"role": "assistant", "content": "42"}]}


def test_a_run_has_the_id_that_its_sender_chose(project: Project):
    assert project.post("/traces", BODY)["trace_id"] == ID
    assert project.get(f"/traces/{ID}")["id"] == ID


def test_the_same_run_twice_is_one_trace_with_the_same_answer(project: Project):
    body = {**BODY, "review": {"result": "pass"}}
    first = project.post("/traces", body)
    project.awaited(ID)
    second = project.http.post("/traces", json=body)

    assert second.headers["Idempotency-Replayed"] == "true"
    assert second.json() == {**first, "ingest_status": "completed"}
    assert len(project.get("/traces")) == 1


def test_another_run_of_the_same_id_is_a_conflict(project: Project):
    project.post("/traces", BODY)
    answer = project.http.post("/traces", json={**BODY, "task": "Sum"})
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert ID in answer.json()["detail"]
    assert project.get(f"/traces/{ID}")["task"] == "Count"


def test_an_id_that_the_service_made_is_no_other_runs(project: Project):
    made = project.post("/traces", {"task": "Count", "trajectory": []})["trace_id"]
    answer = project.http.post("/traces", json={**BODY, "id": made})
    assert answer.status_code == 409


@pytest.mark.parametrize("given", ["short", "A" * 20, "x" * 65, "a_b" * 10, "0@1" * 8])
def test_an_id_of_another_form_is_refused(project: Project, given: str):
    assert project.http.post("/traces", json={**BODY, "id": given}).status_code == 422


def test_an_id_of_another_project_is_free_and_says_nothing(
    project: Project, other_project: Project
):
    project.post("/traces", {**BODY, "task": "Of the first", "review": {"result": "fail"}})
    unknown = other_project.http.get(f"/traces/{ID}")
    body = {**BODY, "task": "Of the other", "review": {"result": "pass"}}
    created = other_project.http.post("/traces", json=body)

    assert unknown.status_code == 404
    assert (created.status_code, created.json()["trace_id"]) == (200, ID)
    trace = other_project.awaited(ID)
    assert (trace["id"], trace["task"]) == (ID, "Of the other")
    assert trace["review"]["trace_id"] == ID
    assert [memory["trace_id"] for memory in other_project.get("/memories")] == [ID]
    assert other_project.http.post("/traces", json=body).headers["Idempotency-Replayed"] == "true"
    assert other_project.http.post("/traces", json={**body, "task": "?"}).status_code == 409
    assert (
        other_project.http.put(f"/traces/{ID}/review", json={"result": "fail"}).json()["review"][
            "result"
        ]
        == "fail"
    )
    other_project.awaited(ID)
    deleted = other_project.post("/traces/delete", {"trace_ids": [ID]})
    assert deleted["deleted_trace_ids"] == [ID]
    assert len(deleted["deleted_memory_ids"]) == 1
    assert project.awaited(ID)["task"] == "Of the first"
    assert len(project.get("/memories")) == 1


def test_a_run_says_how_it_ended_and_a_usual_one_nothing(project: Project):
    project.post("/traces", {**BODY, "ended": "interrupted"})
    usual = project.post("/traces", {"task": "Count", "trajectory": []})["trace_id"]

    trace = project.get(f"/traces/{ID}")
    assert (trace["ended"], trace["review_status"], trace["review"]) == (
        "interrupted",
        "pending",
        None,
    )
    assert "ended" not in project.get(f"/traces/{usual}")
    assert project.http.post("/traces", json={**BODY, "ended": "well"}).status_code == 422


def test_a_run_is_of_the_time_that_its_sender_says_and_listed_by_its_receipt(project: Project):
    project.post("/traces", {"task": "First", "trajectory": []})
    then = datetime.now(UTC) - timedelta(days=29)
    project.post("/traces", {**BODY, "created_at": then.isoformat()})

    listed = project.get("/traces")
    assert listed[0]["id"] == ID
    assert datetime.fromisoformat(listed[0]["created_at"]) == then
    received = datetime.fromisoformat(listed[0]["received_at"])
    assert received - then > timedelta(days=28)


@pytest.mark.parametrize("ahead", [timedelta(days=-31), timedelta(minutes=6)])
def test_a_time_that_cannot_be_believed_is_named_and_has_no_effect(
    project: Project, ahead: timedelta
):
    body = {**BODY, "created_at": (datetime.now(UTC) + ahead).isoformat()}
    refused = project.http.post("/traces", json=body, headers={"Prefer": "handling=strict"})
    created = project.post("/traces", body)

    assert refused.status_code == 422
    assert created["ignored"] == ["created_at"]
    trace = project.get(f"/traces/{ID}")
    assert trace["created_at"] == trace["received_at"]


def test_a_review_for_a_run_that_has_not_arrived_is_404_unless_asked_otherwise(project: Project):
    answer = project.http.post(f"/traces/{ID}/review", json={"result": "pass"})
    assert answer.status_code == 404
    project.post("/traces", BODY)
    assert project.get(f"/traces/{ID}")["review"] is None


def test_a_review_that_waits_is_attached_when_its_run_arrives(project: Project):
    memory_id = project.memory()
    review = {"result": "pass", "feedback_text": "Right."}
    early = {"Prefer": "respond-async"}
    kept = project.http.post(f"/traces/{ID}/review", json=review, headers=early)
    again = project.http.post(f"/traces/{ID}/review", json=review, headers=early)
    other = project.http.post(f"/traces/{ID}/review", json={"result": "fail"}, headers=early)
    before = project.http.get(f"/traces/{ID}")
    project.post("/traces", {**BODY, "retrieved_memory_ids": [memory_id]})

    assert (kept.status_code, kept.json()) == (202, {"trace_id": ID})
    assert kept.headers["Preference-Applied"] == "respond-async"
    assert (again.status_code, other.status_code, before.status_code) == (202, 409, 404)
    trace = project.awaited(ID)
    assert trace["review_status"] == "reviewed"
    assert trace["review"]["feedback_text"] == "Right."
    assert trace["created_memory_id"] is not None
    assert len(project.get(f"/memories/{memory_id}/history")) == 1


def test_a_run_that_brings_a_review_needs_none_that_waits(project: Project):
    project.http.post(
        f"/traces/{ID}/review", json={"result": "pass"}, headers={"Prefer": "respond-async"}
    )
    project.post("/traces", {**BODY, "review": {"result": "fail"}})
    assert project.awaited(ID)["review"]["result"] == "fail"


def test_unknown_fields_are_taken_and_named(project: Project):
    body = {
        **BODY,
        "review_result": "pass",
        "wörtlich, ja": 1,
        "review": {"result": "fail", "verdict": "x", "reflection": None},
    }
    del body["review"]["reflection"]
    answer = project.http.post("/traces", json=body)
    asked = project.http.post("/memory/query", json={"task": "Count", "limits": 3})

    assert answer.json()["ignored"] == ["review_result", "wörtlich, ja", "review.verdict"]
    assert answer.headers["Reflect-Ignored"] == (
        "review_result, w%C3%B6rtlich%2C%20ja, review.verdict"
    )
    assert (asked.status_code, asked.headers["Reflect-Ignored"]) == (200, "limits")
    assert "ignored" not in project.get(f"/traces/{ID}")


def test_unknown_fields_are_refused_where_the_sender_prefers_it(project: Project):
    body = {**BODY, "review": {"result": "fail", "verdict": "x"}}
    answer = project.http.post(
        "/traces", json=body, headers={"Prefer": 'respond-async, Handling = "strict"; x=1'}
    )

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "review.verdict"
    assert project.get("/traces") == []


def test_messages_and_metadata_may_hold_anything(project: Project):
    body = {**BODY, "trajectory": [{"role": "user", "x": 1}], "metadata": {"y": {"z": 1}}}
    answer = project.http.post("/traces", json=body, headers={"Prefer": "handling=strict"})
    assert answer.status_code == 200
    assert "Reflect-Ignored" not in answer.headers
