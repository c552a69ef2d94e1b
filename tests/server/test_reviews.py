from __future__ import annotations

from typing import Any

import pytest

from .projects import Project

ALPHA = 0.3


def test_a_review_moves_only_the_memories_it_credits(project: Project):
    used, retrieved, bystander = (project.memory(f"task {n}") for n in range(3))

    project.create(
        retrieved_memory_ids=[retrieved, used],
        used_memory_ids=[used],
        review={"result": "pass"},
    )

    assert project.q_value(used) == pytest.approx(0.5 + ALPHA * 0.5)
    assert project.q_value(retrieved) == 0.5
    assert project.q_value(bystander) == 0.5


def test_without_used_memories_credit_falls_with_the_square_of_the_rank(project: Project):
    first, second = (project.memory(f"task {n}") for n in range(2))

    project.create(retrieved_memory_ids=[first, second], review={"result": "fail"})

    assert project.q_value(first) == pytest.approx(0.5 - ALPHA * 0.5)
    assert project.q_value(second) == pytest.approx(0.5 - ALPHA / 4 * 0.5)


def test_without_used_memories_an_answer_credits_the_advice_that_it_follows(project: Project):
    first, second = (project.memory(f"task {n}") for n in ("refund", "exchange"))
    run = {"retrieved_memory_ids": [first, second], "review": {"result": "pass"}}

    project.create(final_response="I chose: task EXCHANGE.", **run)

    assert project.q_value(first) == 0.5
    assert project.q_value(second) == pytest.approx(0.5 + ALPHA * 0.5)
    (event,) = project.get(f"/memories/{second}/history")
    assert event["weight"] == 1.0

    project.create(final_response="Something else.", **run)
    assert project.q_value(first) == pytest.approx(0.5 + ALPHA * 0.5)


def test_a_reviews_own_alpha_wins(project: Project):
    memory_id = project.memory()

    project.create(retrieved_memory_ids=[memory_id], review={"result": "pass", "alpha": 1.0})
    assert project.q_value(memory_id) == 1.0
    project.create(retrieved_memory_ids=[memory_id], review={"result": "fail", "alpha": 0.0})
    assert project.q_value(memory_id) == 1.0


def test_every_change_stands_in_the_history(project: Project):
    memory_id = project.memory()
    passed = project.create(retrieved_memory_ids=[memory_id], review={"result": "pass"})
    failed = project.create(retrieved_memory_ids=[memory_id])
    project.http.post(f"/traces/{failed}/review", json={"result": "fail", "alpha": 0.5})

    history = project.get(f"/memories/{memory_id}/history")

    assert [event["trace_id"] for event in history] == [passed, failed]
    assert [event["result"] for event in history] == ["pass", "fail"]
    assert [event["alpha"] for event in history] == [ALPHA, 0.5]
    assert [event["weight"] for event in history] == [1.0, 1.0]
    assert history[0]["q_before"] == 0.5
    assert history[0]["q_after"] == history[1]["q_before"]
    assert history[1]["q_after"] == project.q_value(memory_id)


def test_a_trace_without_a_review_moves_nothing_and_needs_no_ingestion(project: Project):
    memory_id = project.memory()

    trace = project.get(f"/traces/{project.create(retrieved_memory_ids=[memory_id])}")

    assert (trace["review_status"], trace["ingest_status"]) == ("pending", "completed")
    assert (trace["review"], trace["created_memory_id"]) == (None, None)
    assert project.q_value(memory_id) == 0.5


def test_a_reviewed_trace_becomes_a_memory_in_the_background(project: Project):
    trajectory = [
        {"role": "user", "content": "How many?"},
        {"role": "assistant", "content": "42"},
    ]
    answer = project.http.post(
        "/traces",
        json={
            "task": "Count the orders",
            "trajectory": trajectory,
            "metadata": {"source": "test"},
            "review": {"result": "fail", "feedback_text": "Counted cancelled orders."},
        },
    )
    assert answer.json()["ingest_status"] == "queued"

    trace = project.awaited(answer.json()["trace_id"])
    memory = project.get(f"/memories/{trace['created_memory_id']}")

    assert trace["ingest_status"] == "completed"
    assert trace["review_status"] == "reviewed"
    assert trace["final_response"] == "42"
    assert trace["trajectory"] == trajectory
    assert trace["review"]["mode"] == "inline"
    assert "Counted cancelled orders." in memory["reflection"]
    assert memory["metadata"] == {"source": "test"}
    assert memory["success"] is False


def test_an_authored_reflection_is_a_memory_before_the_answer(project: Project):
    reflection = {"summary": "A lesson", "guidance": "Do it"}
    answer = project.http.post(
        "/traces",
        json={
            "task": "t",
            "trajectory": [],
            "review": {"result": "pass", "reflection": reflection},
        },
    )

    assert answer.json()["ingest_status"] == "completed"
    assert [memory["summary"] for memory in project.query("t")] == ["A lesson"]


def test_a_review_that_is_not_to_be_remembered_only_moves_q_values(project: Project):
    memory_id = project.memory()

    trace_id = project.create(
        retrieved_memory_ids=[memory_id], review={"result": "pass", "remember": False}
    )
    trace = project.get(f"/traces/{trace_id}")

    assert (trace["ingest_status"], trace["review_status"]) == ("completed", "reviewed")
    assert (trace["ingest_attempts"], trace["created_memory_id"]) == (0, None)
    assert trace["review"]["remember"] is False
    assert project.q_value(memory_id) == pytest.approx(0.5 + ALPHA * 0.5)
    assert [memory["id"] for memory in project.get("/memories")] == [memory_id]


def test_a_later_review_that_is_not_to_be_remembered_makes_no_memory(project: Project):
    memory_id = project.memory()
    trace_id = project.create(retrieved_memory_ids=[memory_id])
    body = {"result": "fail", "remember": False}

    trace = project.http.post(f"/traces/{trace_id}/review", json=body).json()

    assert (trace["ingest_status"], trace["review_status"]) == ("completed", "reviewed")
    assert project.awaited(trace_id, wait_for="reviewed")["created_memory_id"] is None
    assert project.q_value(memory_id) == pytest.approx(0.5 - ALPHA * 0.5)
    assert project.http.post(f"/traces/{trace_id}/review", json=body).status_code == 200
    remembered = project.http.post(f"/traces/{trace_id}/review", json={"result": "fail"})
    assert remembered.json()["code"] == "already_reviewed"


def test_a_reflection_that_is_not_to_be_remembered_is_refused(project: Project):
    review = {
        "result": "pass",
        "remember": False,
        "reflection": {"summary": "A lesson", "guidance": "Do it"},
    }
    answer = project.http.post("/traces", json={"task": "t", "trajectory": [], "review": review})

    assert answer.status_code == 422
    assert [problem["field"] for problem in answer.json()["errors"]] == ["review.remember"]
    assert project.get("/traces") == []


def test_a_deferred_review_makes_a_memory_too(project: Project):
    trace_id = project.create(trajectory="The agent counted the orders.")

    answer = project.http.post(f"/traces/{trace_id}/review", json={"result": "pass"})
    trace = project.awaited(trace_id, wait_for="reviewed")

    assert answer.status_code == 200
    assert answer.json()["review"]["mode"] == "deferred"
    assert answer.json()["review_status"] == "reviewed"
    assert trace["created_memory_id"]


@pytest.mark.parametrize("size", [10, 100_000])
def test_each_change_of_a_review_answers_the_whole_trace(project: Project, size: int):
    messages = [
        {"role": "user", "content": [{"type": "text", "text": "é" * size}]},
        {"role": "assistant", "content": "Done.", "extra": {"n": [1, 2.5, None, True]}},
    ]
    trace_id = project.create(trajectory=messages)
    path = f"/traces/{trace_id}/review"

    answers = [
        project.http.post(path, json={"result": "pass"}),
        project.http.post(path, json={"result": "pass"}),
        project.http.put(path, json={"result": "fail"}),
        project.http.delete(path),
    ]

    assert [answer.status_code for answer in answers] == [200] * 4
    assert [answer.json()["trajectory"] for answer in answers] == [messages] * 4
    verdicts = [answer.json()["review"] and answer.json()["review"]["result"] for answer in answers]
    assert verdicts == ["pass", "pass", "fail", None]


def test_repeating_a_review_changes_nothing(project: Project):
    memory_id = project.memory()
    trace_id = project.create(retrieved_memory_ids=[memory_id])
    review = {"result": "pass", "feedback_text": "Right."}

    first = project.http.post(f"/traces/{trace_id}/review", json=review).json()
    second = project.http.post(f"/traces/{trace_id}/review", json=review).json()

    assert second["review"] == first["review"]
    assert project.q_value(memory_id) == pytest.approx(0.5 + ALPHA * 0.5)


@pytest.mark.parametrize(
    "different",
    [{"result": "fail"}, {"result": "pass", "feedback_text": "x"}, {"result": "pass", "alpha": 1}],
)
def test_a_different_second_review_is_refused_and_changes_nothing(
    project: Project, different: dict[str, Any]
):
    memory_id = project.memory()
    trace_id = project.create(retrieved_memory_ids=[memory_id], review={"result": "pass"})

    answer = project.http.post(f"/traces/{trace_id}/review", json=different)

    assert answer.status_code == 409
    assert answer.json()["code"] == "already_reviewed"
    assert len(project.get(f"/memories/{memory_id}/history")) == 1


def test_a_review_of_an_unknown_trace_is_not_found(project: Project, other_project: Project):
    foreign = other_project.create()

    for trace_id in ("none", foreign):
        answer = project.http.post(f"/traces/{trace_id}/review", json={"result": "pass"})
        assert answer.status_code == 404


def test_memories_must_be_the_projects_own(project: Project, other_project: Project):
    own, foreign = project.memory(), other_project.memory()
    body = {
        "task": "t",
        "trajectory": [],
        "retrieved_memory_ids": [own, foreign, "mem_none"],
        "review": {"result": "pass"},
    }

    answer = project.http.post("/traces", json=body)

    assert answer.status_code == 422
    assert foreign in answer.json()["detail"]
    assert "mem_none" in answer.json()["detail"]
    assert own not in answer.json()["detail"]
    assert project.q_value(own) == 0.5
    assert other_project.q_value(foreign) == 0.5


def test_a_run_is_kept_although_a_memory_was_deleted_since_it_was_retrieved(
    project: Project, other_project: Project
):
    deleted, kept = project.memory("deleted"), project.memory("kept")
    made_by = project.get(f"/memories/{deleted}")["trace_id"]
    project.http.post("/traces/delete", json={"trace_ids": [made_by]})
    body = {
        "task": "t",
        "trajectory": [],
        "retrieved_memory_ids": [deleted, kept],
        "review": {"result": "pass"},
    }

    answer = project.http.post("/traces", json=body)
    elsewhere = other_project.http.post("/traces", json=body)

    assert answer.status_code == 200
    trace = project.awaited(answer.json()["trace_id"])
    assert trace["retrieved_memory_ids"] == [deleted, kept]
    assert project.q_value(kept) == pytest.approx(0.5 + ALPHA / 4 * 0.5)
    assert elsewhere.status_code == 422


def test_a_used_memory_must_be_a_retrieved_one(project: Project):
    memory_id = project.memory()
    body = {"task": "t", "trajectory": [], "used_memory_ids": [memory_id]}

    answer = project.http.post("/traces", json=body)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "used_memory_ids"


def test_traces_are_listed_by_review_status(project: Project):
    pending = project.create("pending")
    reviewed = project.create("reviewed", review={"result": "pass"})
    project.awaited(reviewed)

    def ids(**params: str) -> list[str]:
        return [trace["id"] for trace in project.get("/traces", params=params)]

    assert ids() == [reviewed, pending]
    assert ids(review_status="pending") == [pending]
    assert ids(review_status="reviewed") == [reviewed]


def test_a_list_can_be_emptied_page_by_page(project: Project):
    created = {project.create(f"task {number}") for number in range(5)}
    deleted: list[str] = []
    url: str | None = "/traces?limit=2"
    while url:
        page = project.http.get(url.removeprefix(project.http.base_url.path))
        assert page.status_code == 200
        deleted += [trace["id"] for trace in page.json()]
        project.http.post("/traces/delete", json={"trace_ids": deleted[-len(page.json()) :]})
        url = page.links.get("next", {}).get("url")

    assert (len(deleted), set(deleted)) == (5, created)
    assert project.get("/traces") == []


def test_pages_of_a_filtered_list_keep_the_filter(project: Project):
    created = [project.create(f"task {number}") for number in range(3)]
    project.awaited(project.create("reviewed", review={"result": "pass"}))
    base = project.http.base_url.path

    first = project.http.get("/traces", params={"limit": 2, "review_status": "pending"})
    second = project.http.get(first.links["next"]["url"].removeprefix(base))

    assert [trace["id"] for trace in first.json()] == created[:0:-1]
    assert [trace["id"] for trace in second.json()] == created[:1]


def state(project: Project, memory_ids: list[str]) -> list[Any]:
    """
    Return all that reviews have taught memories, without what is drawn anew for each review.
    """
    drawn = {"id", "trace_id", "review_id", "created_at"}
    learned = ("q_value", "uses", "wins", "losses")
    memories = [project.get(f"/memories/{memory_id}") for memory_id in memory_ids]
    histories = [project.get(f"/memories/{memory_id}/history") for memory_id in memory_ids]
    return [
        [[memory[name] for name in learned] for memory in memories],
        [[{k: v for k, v in e.items() if k not in drawn} for e in events] for events in histories],
    ]


def test_an_undone_review_leaves_what_the_other_reviews_make(project: Project):
    verdicts = [
        {"result": "pass", "alpha": 0.7},
        {"result": "fail"},
        {"result": "pass", "alpha": 0.1},
        {"result": "fail", "alpha": 1 / 3},
    ]
    undone = 1
    with_it, without_it = ([project.memory(f"task {n}") for n in range(2)] for _ in range(2))
    traces = []
    for number, verdict in enumerate(verdicts):
        review = {**verdict, "remember": False}
        traces.append(project.create(retrieved_memory_ids=with_it, review=review))
        if number != undone:
            project.create(retrieved_memory_ids=without_it, review=review)
    assert state(project, with_it) != state(project, without_it)

    answer = project.http.delete(f"/traces/{traces[undone]}/review")

    assert answer.json()["review"] is None
    assert answer.json()["review_status"] == "pending"
    assert state(project, with_it) == state(project, without_it)
    assert project.http.delete(f"/traces/{traces[undone]}/review").status_code == 200
    assert state(project, with_it) == state(project, without_it)


def test_a_changed_review_counts_as_if_it_had_been_given_so_at_first(project: Project):
    verdicts = [{"result": "pass", "alpha": 0.7}, {"result": "fail"}, {"result": "pass"}]
    changed, instead = 1, {"result": "pass", "alpha": 0.9, "remember": False}
    with_it, without_it = ([project.memory(f"task {n}") for n in range(2)] for _ in range(2))
    traces = []
    for number, verdict in enumerate(verdicts):
        review = {**verdict, "remember": False}
        traces.append(project.create(retrieved_memory_ids=with_it, review=review))
        same = instead if number == changed else review
        project.create(retrieved_memory_ids=without_it, review=same)
    assert state(project, with_it) != state(project, without_it)

    for _ in range(2):
        answer = project.http.put(f"/traces/{traces[changed]}/review", json=instead)

        assert answer.json()["review"]["result"] == "pass"
        assert state(project, with_it) == state(project, without_it)


def test_a_changed_review_makes_its_memory_anew(project: Project):
    credited = project.memory("Count the customers")
    trace_id = project.create("Count the orders", retrieved_memory_ids=[credited])
    given = project.http.post(f"/traces/{trace_id}/review", json={"result": "fail"}).json()
    old = project.awaited(trace_id, wait_for="reviewed")["created_memory_id"]

    answer = project.http.put(f"/traces/{trace_id}/review", json={"result": "pass"})

    assert answer.status_code == 200, answer.text
    changed = project.awaited(trace_id, wait_for="reviewed")
    assert changed["review"] == {**given["review"], "result": "pass"}
    assert project.http.get(f"/memories/{old}").status_code == 404
    assert project.get(f"/memories/{changed['created_memory_id']}")["success"] is True
    found = [memory["id"] for memory in project.query("Count the orders")]
    assert changed["created_memory_id"] in found
    assert old not in found
    assert project.q_value(credited) == pytest.approx(0.5 + ALPHA * 0.5)


def test_changing_the_review_of_a_trace_without_one_reviews_it(project: Project):
    credited = project.memory("Count the customers")
    trace_id = project.create(retrieved_memory_ids=[credited])

    answer = project.http.put(f"/traces/{trace_id}/review", json={"result": "fail"})

    assert answer.json()["review"]["result"] == "fail"
    assert project.q_value(credited) == pytest.approx(0.5 - ALPHA * 0.5)
    assert project.http.put("/traces/unknown/review", json={"result": "fail"}).status_code == 404


def test_an_undone_review_takes_its_memory_along_and_the_trace_can_be_reviewed_anew(
    project: Project,
):
    credited = project.memory("Count the customers")
    trace_id = project.create("Count the orders", retrieved_memory_ids=[credited])
    project.http.post(f"/traces/{trace_id}/review", json={"result": "fail"})
    made = project.awaited(trace_id, wait_for="reviewed")["created_memory_id"]

    undone = project.http.delete(f"/traces/{trace_id}/review").json()

    assert (undone["created_memory_id"], undone["ingest_status"]) == (None, "completed")
    assert project.http.get(f"/memories/{made}").status_code == 404
    assert made not in [memory["id"] for memory in project.query("Count the orders")]
    assert project.q_value(credited) == 0.5

    project.http.post(f"/traces/{trace_id}/review", json={"result": "pass"})
    anew = project.awaited(trace_id, wait_for="reviewed")
    assert anew["review"]["result"] == "pass"
    assert project.get(f"/memories/{anew['created_memory_id']}")["success"] is True
    assert project.q_value(credited) == pytest.approx(0.5 + ALPHA * 0.5)
    assert len(project.get(f"/memories/{credited}/history")) == 1


def test_a_review_that_was_never_given_cannot_be_undone_for_a_trace_that_never_was(
    project: Project,
):
    assert project.http.delete("/traces/unknown/review").status_code == 404
    trace_id = project.create()
    assert project.http.delete(f"/traces/{trace_id}/review").json()["review"] is None
