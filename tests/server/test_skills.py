from __future__ import annotations

import yaml

from .projects import Project


def test_too_few_memories_make_no_skill(project: Project):
    for number in range(4):
        project.memory(f"task {number}")

    answer = project.http.post("/skill/create", json={})

    assert answer.status_code == 409
    assert answer.json()["code"] == "not_enough_memories"
    assert project.http.get("/skill").status_code == 404


def test_a_skill_ranks_strategies_and_pitfalls_by_q_value(project: Project):
    good = [project.memory(f"good task {number}") for number in range(3)]
    for number in range(3):
        project.memory(f"bad task {number}", result="fail")
    project.create(retrieved_memory_ids=[good[2]], review={"result": "pass"})

    skill = project.http.post("/skill/create", json={"n_passed": 2, "n_failed": 1}).json()

    _, front_matter, body = skill["content"].split("---\n", 2)
    strategies, pitfalls = body.split("## Pitfalls to avoid")
    assert set(yaml.safe_load(front_matter)) == {"name", "description"}
    assert (skill["n_passed"], skill["n_failed"], skill["version"]) == (2, 1, 1)
    assert strategies.split("### ")[1].startswith("About good task 2")
    assert "## Proven strategies" in strategies
    assert "bad task" in pitfalls
    assert "bad task" not in strategies


def test_each_regeneration_is_a_new_version(project: Project):
    for number in range(5):
        project.memory(f"task {number}")

    first = project.http.post("/skill/create", json={}).json()
    second = project.http.post("/skill/create", json={}).json()

    assert (first["version"], second["version"]) == (1, 2)
    assert second["created_at"] == first["created_at"]
    assert project.get("/skill") == second


def test_equal_lessons_stand_in_a_skill_once(project: Project):
    for _ in range(6):
        project.memory("the same task")

    skill = project.http.post("/skill/create", json={}).json()

    assert skill["n_passed"] == 1
