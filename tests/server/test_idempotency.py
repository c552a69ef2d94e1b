from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from .projects import Project

BODY = {"task": "Count", "trajectory": [], "review": {"result": "pass"}}


def test_a_repeated_key_gets_the_first_answer_and_creates_nothing(project: Project):
    memory_id = project.memory()
    body = {**BODY, "retrieved_memory_ids": [memory_id]}
    headers = {"Idempotency-Key": "k1"}

    first = project.http.post("/traces", json=body, headers=headers)
    trace_id = first.json()["trace_id"]
    project.awaited(trace_id)
    second = project.http.post("/traces", json=body, headers=headers)

    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
    assert second.json() == {"trace_id": trace_id, "ingest_status": "completed"}
    assert len(project.get(f"/memories/{memory_id}/history")) == 1


def test_a_key_does_not_depend_on_the_order_of_fields(project: Project):
    headers = {"Idempotency-Key": "k1"}
    reordered = dict(reversed(BODY.items()))

    first = project.http.post("/traces", json=BODY, headers=headers)
    second = project.http.post("/traces", json=reordered, headers=headers)

    assert first.json()["trace_id"] == second.json()["trace_id"]


def test_a_key_with_a_different_body_is_refused(project: Project):
    headers = {"Idempotency-Key": "k1"}
    project.http.post("/traces", json=BODY, headers=headers)

    answer = project.http.post("/traces", json={**BODY, "task": "Sum"}, headers=headers)

    assert answer.status_code == 409
    assert answer.json()["code"] == "idempotency_key_reused"
    assert len(project.get("/traces")) == 1


def test_a_refused_request_does_not_use_the_key_up(project: Project):
    headers = {"Idempotency-Key": "k1"}
    wrong = {**BODY, "retrieved_memory_ids": ["mem_none"]}

    assert project.http.post("/traces", json=wrong, headers=headers).status_code == 422
    assert project.http.post("/traces", json=BODY, headers=headers).status_code == 200


def test_projects_do_not_share_keys(project: Project, other_project: Project):
    headers = {"Idempotency-Key": "k1"}

    ids = {
        opened.http.post("/traces", json=BODY, headers=headers).json()["trace_id"]
        for opened in (project, other_project)
    }

    assert len(ids) == 2


def test_equal_requests_at_the_same_time_make_one_trace(project: Project):
    def send(_: int) -> str:
        answer = project.http.post("/traces", json=BODY, headers={"Idempotency-Key": "k1"})
        return str(answer.json()["trace_id"])

    with ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(send, range(16)))

    assert len(ids) == 1
    assert [trace["id"] for trace in project.get("/traces")] == list(ids)
