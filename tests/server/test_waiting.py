from __future__ import annotations

import threading

import httpx
import pytest

from .projects import Project


def test_waiting_answers_when_the_review_has_come_and_is_ingested(project: Project):
    trace_id = project.create()
    answers: list[dict] = []
    waiter = threading.Thread(
        target=lambda: answers.append(project.awaited(trace_id, wait_for="reviewed"))
    )
    waiter.start()

    project.http.post(f"/traces/{trace_id}/review", json={"result": "pass"})
    waiter.join(20)

    assert answers[0]["review"]["result"] == "pass"
    assert answers[0]["ingest_status"] == "completed"
    assert answers[0]["created_memory_id"]


def test_waiting_ends_with_the_time_and_shows_the_trace_as_it_is(project: Project):
    trace_id = project.create()

    answer = project.http.get(
        f"/traces/{trace_id}", headers={"Prefer": "wait=1"}, params={"wait_for": "reviewed"}
    )

    assert answer.status_code == 200
    assert answer.headers["Preference-Applied"] == "wait=1"
    assert answer.json()["review"] is None


@pytest.mark.parametrize(
    "prefer",
    ["wait=0", "respond-async, wait=0", 'WAIT = "0"', "wait=0; foo=bar", "handling=strict,wait=0"],
)
def test_a_wait_is_found_among_other_preferences(project: Project, prefer: str):
    answer = project.http.get(f"/traces/{project.create()}", headers={"Prefer": prefer})

    assert answer.headers["Preference-Applied"] == "wait=0"


@pytest.mark.parametrize("prefer", ["", "wait", "wait=", "wait=-1", "wait=1.5", "wait=x", "other"])
def test_what_is_no_wait_is_ignored(project: Project, prefer: str):
    answer = project.http.get(
        f"/traces/{project.create()}", headers={"Prefer": prefer}, params={"wait_for": "reviewed"}
    )

    assert answer.status_code == 200
    assert "Preference-Applied" not in answer.headers


@pytest.mark.parametrize("prefer", ["wait=99999", "wait=" + "9" * 100])
def test_long_waits_are_capped(project: Project, prefer: str):
    answer = project.http.get(f"/traces/{project.create()}", headers={"Prefer": prefer})

    assert answer.headers["Preference-Applied"] == "wait=60"


def test_a_trace_that_is_deleted_meanwhile_is_not_found(project: Project):
    trace_id = project.create()
    statuses: list[int] = []

    def wait() -> None:
        answer = project.http.get(
            f"/traces/{trace_id}", headers={"Prefer": "wait=20"}, params={"wait_for": "reviewed"}
        )
        statuses.append(answer.status_code)

    waiter = threading.Thread(target=wait)
    waiter.start()
    project.http.post("/traces/delete", json={"trace_ids": [trace_id]})
    waiter.join(20)

    assert statuses == [404]


def test_a_client_that_leaves_while_it_waits_disturbs_nobody(project: Project):
    trace_id = project.create()
    with pytest.raises(httpx.ReadTimeout):
        project.http.get(
            f"/traces/{trace_id}",
            headers={"Prefer": "wait=20"},
            params={"wait_for": "reviewed"},
            timeout=0.2,
        )

    project.http.post(f"/traces/{trace_id}/review", json={"result": "pass"})

    assert project.awaited(trace_id)["created_memory_id"]
