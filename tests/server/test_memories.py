from __future__ import annotations

from contextlib import ExitStack

import pytest

from reflect_server.testing import running_server

from .projects import Project

SHIPPED = "How many orders did we ship in March?"
FLIGHT = "Cancel the flight to Rome"
PARSER = "Fix the failing unit test of the parser"


def test_a_query_puts_the_most_similar_memory_first(project: Project):
    for task in (FLIGHT, SHIPPED, PARSER):
        project.memory(task)

    found = project.query("How many orders were shipped in April?")

    assert found[0]["task"] == SHIPPED
    assert found[0]["similarity"] > 0.4
    assert [m["score"] for m in found] == sorted((m["score"] for m in found), reverse=True)


def test_a_memory_is_returned_with_all_that_its_reflection_says(project: Project):
    reflection = {
        "summary": "Shipped orders have a shipping date.",
        "guidance": "Filter on shipped_at.",
        "key_mistake": "Counted cancelled orders.",
        "correct_action": "Filtered.",
        "applicable_tools": ["run_sql"],
    }
    trajectory = [{"role": "assistant", "tool_calls": [{"function": {"name": "run_sql"}}]}]
    trace_id = project.create(
        SHIPPED,
        trajectory=trajectory,
        metadata={"source": "test"},
        review={"result": "fail", "reflection": reflection},
    )

    (memory,) = project.query(SHIPPED)

    assert {name: memory[name] for name in reflection} == reflection
    assert reflection["guidance"] in memory["reflection"]
    assert memory["q_value"] == 0.5
    assert memory["success"] is False
    assert memory["tools_used"] == ["run_sql"]
    assert memory["trace_id"] == trace_id
    assert memory["metadata"] == {"source": "test"}


def test_a_learned_q_value_overtakes_similarity_as_far_as_lambda_allows(project: Project):
    near = project.memory("Count the orders of March")
    far = project.memory("Count the customers of March")
    for _ in range(3):
        project.create("another run", retrieved_memory_ids=[near], review={"result": "fail"})
        project.create("another run", retrieved_memory_ids=[far], review={"result": "pass"})
    wanted = "Count the orders of March"
    settings = {"mmr_lambda": 1.0, "limit": 2, "metadata_filter": {}}

    by_similarity = project.query(wanted, **settings, **{"lambda": 1.0})
    by_q_value = project.query(wanted, **settings, **{"lambda": 0.0})

    assert by_similarity[0]["id"] == near
    assert by_q_value[0]["id"] == far


def test_a_rare_word_that_a_task_shares_counts_beside_its_similarity(project: Project):
    for number in range(20):
        project.memory(f"Look into the failed payment of customer K{number:02}X")
    task = "What became of K07X, whose payment failed?"

    by_both = project.query(task, limit=3)
    by_similarity = project.query(task, limit=20, **{"lambda": 1.0})

    assert by_both[0]["task"] == "Look into the failed payment of customer K07X"
    assert [m["score"] for m in by_similarity] == [m["similarity"] for m in by_similarity]


@pytest.mark.parametrize("task", ['"orders', "orders* NEAR(", "a' OR 1=1; --", "{orders} : -^"])
def test_search_syntax_in_a_task_means_nothing(project: Project, task: str):
    memory_id = project.memory("Count the orders")

    found = project.query(task, similarity_threshold=-1.0)

    assert [memory["id"] for memory in found] == [memory_id]


def test_a_memory_shows_the_evidence_behind_its_q_value(project: Project):
    memory_id = project.memory()
    fresh = project.get(f"/memories/{memory_id}")
    assert (fresh["uses"], fresh["wins"], fresh["losses"]) == (0, 0, 0)
    assert fresh["last_used_at"] is None

    for review in ({"result": "pass"}, {"result": "fail", "alpha": 0.15}):
        project.create(retrieved_memory_ids=[memory_id], review={**review, "remember": False})

    (reviewed,) = project.query("Count the orders")
    history = project.get(f"/memories/{memory_id}/history")
    assert (reviewed["uses"], reviewed["wins"], reviewed["losses"]) == (2, 1.0, 0.5)
    assert reviewed["last_used_at"] == history[-1]["created_at"]


def test_evidence_outweighs_a_little_similarity_and_not_much(project: Project):
    near = project.memory("Count the orders of March")
    close = project.memory("Count the orders of April")
    far = project.memory(FLIGHT)
    for _ in range(6):
        for memory_id, result in ((near, "fail"), (far, "pass")):
            review = {"result": result, "alpha": 1.0, "remember": False}
            project.create("a run", retrieved_memory_ids=[memory_id], review=review)

    found = project.query("Count the orders of March", similarity_threshold=-1.0)

    assert [memory["id"] for memory in found] == [close, near, far]


def test_advice_that_several_memories_give_takes_one_place_in_a_short_answer(project: Project):
    def keep(task: str, guidance: str) -> str:
        reflection = {"summary": f"About {task}", "guidance": guidance}
        trace_id = project.create(task, review={"result": "pass", "reflection": reflection})
        return str(project.get(f"/traces/{trace_id}")["created_memory_id"])

    first = keep("Count the orders of March", "Filter on shipped_at.")
    keep("Count the orders of April", "filter on  SHIPPED_AT.")
    other = keep("Count the customers", "Leave the test accounts out.")

    answer = project.query("Count the orders of March", limit=2)

    assert [memory["id"] for memory in answer] == [first, other]


def test_exploration_draws_utilities_anew_for_each_query():
    def answers(share: str) -> set[tuple[float, ...]]:
        with running_server(env={"REFLECT_EXPLORATION": share}) as server, ExitStack() as closing:
            project = Project(server, "default", server.api_key, closing)
            memory_id = project.memory()
            review = {"result": "pass", "remember": False}
            project.create(retrieved_memory_ids=[memory_id], review=review)
            found = [project.query("Count the orders")[0]["why"] for _ in range(5)]
        return {(why["utility"], why["estimate"]) for why in found}

    assert len(answers("0")) == 1
    assert len(answers("1")) == 5


def test_a_retrieved_memory_says_why_it_is_there(project: Project):
    near = project.memory("Count the orders of March")
    for _ in range(2):
        review = {"result": "pass", "remember": False}
        project.create("a run", retrieved_memory_ids=[near], review=review)
    for month in ("April", "May", "June"):
        project.memory(f"Count the orders of {month}")

    found = project.query("Count the orders of March", limit=2)

    first, second = (memory["why"] for memory in found)
    assert found[0]["id"] == near
    assert (first["candidates"], first["lexical_rank"], first["evidence"]) == (4, 1, 2.0)
    assert first["base_rate"] == 0.75
    assert first["estimate_low"] < first["estimate"] < first["estimate_high"]
    assert first["estimate"] == pytest.approx((2 + 2 * 0.75) / 4)
    assert first["diversity_penalty"] == 0 < second["diversity_penalty"]
    for memory in found:
        parts = ("similarity", "lexical", "feedback", "utility", "agreement")
        assert memory["score"] == pytest.approx(sum(memory["why"][part] for part in parts))
    assert "why" not in project.get(f"/memories/{near}")


def test_a_memory_is_compared_with_the_others_of_its_task(project: Project):
    failing, fresh = project.memory("Count the orders"), project.memory("Count the  ORDERS")
    other = project.memory("Count the chairs")
    for _ in range(2):
        review = {"result": "fail", "remember": False}
        project.create("a run", retrieved_memory_ids=[failing], review=review)

    why = {memory["id"]: memory["why"] for memory in project.query("Count the orders")}

    assert [why[memory_id]["base_rate"] for memory_id in (failing, fresh, other)] == [
        pytest.approx(0.25),
        pytest.approx((2 * 0.25) / 4),
        pytest.approx(0.25),
    ]
    assert why[failing]["utility"] < 0 < why[fresh]["utility"]
    assert why[other]["utility"] == 0


def test_memories_that_say_the_same_say_so(project: Project):
    reflection = {"summary": "One", "guidance": "Filter on shipped_at."}
    for task in ("Count the orders of March", "Count the orders of April"):
        project.create(task, review={"result": "pass", "reflection": reflection})

    first, second = project.query("Count the orders of March")

    assert first["why"]["agreeing"] == second["why"]["agreeing"] == 1
    assert first["why"]["agreement"] == pytest.approx(second["why"]["agreement"])
    assert first["why"]["agreement"] > 0


def test_runs_with_one_answer_testify_for_and_against_it_and_the_weaker_side_waits(
    project: Project,
):
    task, shown = "Count the orders of March", []
    for answer, result in (("42", "pass"), ("42", "pass"), ("42", "fail"), ("7", "fail")):
        said = {"review": {"result": result}, "final_response": answer}
        shown.append(project.awaited(project.create(task, **said))["created_memory_id"])

    found = project.query(task, limit=4)
    first, second = project.query(task, limit=2)

    evidence = {memory["id"]: memory["why"]["evidence"] for memory in found}
    assert [evidence[memory_id] for memory_id in shown] == [3.0, 3.0, 2.0, 0.0]
    assert first["id"] in shown[:2]
    assert second["id"] == shown[3]


def test_the_threshold_cuts_on_similarity(project: Project):
    project.memory(SHIPPED)
    project.memory(FLIGHT)

    found = project.query(SHIPPED, similarity_threshold=0.9)

    assert [memory["task"] for memory in found] == [SHIPPED]
    assert project.query("entirely different words", similarity_threshold=0.99) == []


def test_the_metadata_filter_keeps_only_equal_values(project: Project):
    wanted = project.memory(SHIPPED, metadata={"source": "a", "run": 1})
    project.memory(SHIPPED, metadata={"source": "b", "run": 1})
    project.memory(SHIPPED)

    found = project.query(SHIPPED, metadata_filter={"source": "a", "run": 1})

    assert [memory["id"] for memory in found] == [wanted]


def test_limit_bounds_the_answer(project: Project):
    for number in range(12):
        project.memory(f"Count the orders of customer {number}")

    assert len(project.query("Count the orders", limit=3)) == 3
    assert len(project.query("Count the orders")) == 10


def test_memories_are_listed_newest_first_in_pages(project: Project):
    created = [project.memory(f"task {number}") for number in range(5)]

    everything = project.get("/memories")
    first = project.http.get("/memories", params={"limit": 2})
    second = project.http.get(first.links["next"]["url"].removeprefix(project.http.base_url.path))

    assert [m["id"] for m in everything] == created[::-1]
    assert [m["id"] for m in first.json()] == created[:2:-1]
    assert [m["id"] for m in second.json()] == created[2:0:-1]
    assert "next" in second.links


def test_the_last_page_links_to_no_other(project: Project):
    project.memory()

    assert "link" not in project.http.get("/memories", params={"limit": 1}).headers


@pytest.mark.parametrize("path", ["/memories/mem_none", "/memories/mem_none/history"])
def test_an_unknown_memory_is_not_found(project: Project, path: str):
    answer = project.http.get(path)

    assert answer.status_code == 404
    assert "mem_none" in answer.json()["detail"]


def test_deleting_a_trace_takes_its_memory_out_of_answers(project: Project):
    memory_id = project.memory(SHIPPED)
    kept = project.memory(FLIGHT)
    trace_id = project.get(f"/memories/{memory_id}")["trace_id"]
    assert memory_id in [memory["id"] for memory in project.query(SHIPPED)]

    answer = project.http.post("/traces/delete", json={"trace_ids": [trace_id, "unknown"]})

    assert answer.json() == {"deleted_trace_ids": [trace_id], "deleted_memory_ids": [memory_id]}
    assert memory_id not in [memory["id"] for memory in project.query(SHIPPED)]
    assert [memory["id"] for memory in project.get("/memories")] == [kept]
    assert project.http.get(f"/traces/{trace_id}").status_code == 404


def test_a_memory_names_the_memories_that_it_descends_from(project: Project):
    first, second = (project.memory(f"Count the orders of {month}") for month in ("May", "June"))
    given = {"retrieved_memory_ids": [first, second]}

    of_all = project.memory("Count the orders of July", **given)
    of_one = project.memory("Count the orders of August", **given, used_memory_ids=[second])

    assert project.get(f"/memories/{of_all}")["source_memory_ids"] == [first, second]
    assert project.get(f"/memories/{of_one}")["source_memory_ids"] == [second]
    assert project.get(f"/memories/{first}")["source_memory_ids"] == []
