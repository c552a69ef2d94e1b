from __future__ import annotations

from typing import Any

import yaml

from .projects import Project


def test_too_few_memories_make_no_skill(project: Project):
    for number in range(4):
        project.memory(f"task {number}")

    answer = project.http.post("/skill/create", json={})

    assert answer.status_code == 409
    assert answer.json()["code"] == "not_enough_memories"
    assert project.http.get("/skill").status_code == 404


def test_a_skill_of_no_lessons_is_refused_and_the_published_one_stays(project: Project):
    for number in range(5):
        project.memory(f"Task {number}")
    made = project.http.post("/skill/create", json={}).json()

    answer = project.http.post("/skill/create", json={"n_passed": 0, "n_failed": 0})

    assert answer.status_code == 422
    assert "both 0" in answer.json()["detail"]
    assert project.get("/skill")["content"] == made["content"]


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


def _tried(project: Project, memory_id: str, *results: str) -> None:
    for number, result in enumerate(results):
        project.create(
            f"a run that used {memory_id} ({number})",
            retrieved_memory_ids=[memory_id],
            used_memory_ids=[memory_id],
            review={"result": result, "remember": False},
        )


def _created(project: Project, **sizes: int) -> Any:
    answer = project.http.post("/skill/create", json=sizes)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_line_cites_all_memories_that_say_the_same(project: Project):
    same = [project.memory("the same task") for _ in range(2)]
    for number in range(3):
        project.memory(f"other task {number}")

    skill = _created(project)

    cited = [line["memory_ids"] for line in skill["lines"]]
    assert sorted(map(len, cited)) == [1, 1, 1, 2]
    assert set(max(cited, key=len)) == set(same)
    for line in skill["lines"]:
        assert line["section"] == "strategy"
        assert f"### {line['title']}" in skill["content"]
        assert all(memory_id in skill["content"] for memory_id in line["memory_ids"])


def test_a_version_says_what_it_changed(project: Project):
    good = [project.memory(f"good task {number}") for number in range(5)]
    first = _created(project, n_passed=2)
    assert [change["action"] for change in first["changes"]] == ["added", "added"]

    unlisted = next(m for m in good if all(m not in li["memory_ids"] for li in first["lines"]))
    _tried(project, unlisted, "pass", "pass", "pass")
    second = _created(project, n_passed=2)

    changes = {change["action"]: change for change in second["changes"]}
    assert changes.keys() == {"removed", "added"}
    assert changes["removed"]["after"] is None
    assert changes["removed"]["reason"] == "Others have more evidence."
    assert changes["added"]["before"] is None
    kept = {line["id"] for line in first["lines"]} & {line["id"] for line in second["lines"]}
    assert len(kept) == 1
    assert second["published"] is True
    assert second["check"]["after"] >= second["check"]["before"]
    assert project.get("/skill/versions") == [second, first]


def test_a_version_that_does_worse_on_reviewed_tasks_is_held_back(project: Project):
    helpful = [project.memory(task) for task in ("count the cats", "paint the old wall")]
    useless = project.memory("sing a song about rain")
    for task in ("count the cats again", "paint the old wall again"):
        project.memory(task)
    for memory_id in helpful:
        _tried(project, memory_id, "pass", "pass", "pass")
    _tried(project, useless, *["fail"] * 6)
    full = _created(project, n_passed=2)
    assert {line["memory_ids"][0] for line in full["lines"]} == set(helpful)

    short = _created(project, n_passed=1)

    assert short == {**full, "held_back": 2}
    assert project.get("/skill") == full
    held_back, published = project.get("/skill/versions")
    assert (held_back["version"], held_back["published"]) == (2, False)
    assert held_back["check"]["after"] < held_back["check"]["before"]
    assert (held_back["check"]["tasks"], held_back["check"]["reviews"]) == (5, 6)
    assert (published["version"], published["published"]) == (1, True)
    assert _created(project, n_passed=2)["version"] == 3


def test_advice_that_reviews_speak_against_gives_way(project: Project):
    good, bad = project.memory("weigh the cats"), project.memory("weigh the dogs")
    for number in range(4):
        project.memory(f"task {number}", result="fail")
    _created(project, n_passed=2, n_failed=0)
    _tried(project, bad, "fail", "fail", "fail", "fail")
    _tried(project, good, "pass", "pass")

    skill = _created(project, n_passed=1, n_failed=0)

    assert skill["held_back"] is None
    assert [line["memory_ids"] for line in skill["lines"]] == [[good]]
    assert skill["check"]["after"] > skill["check"]["before"]


def test_a_line_whose_memories_were_deleted_goes(project: Project):
    for number in range(6):
        project.memory(f"task {number}")
    first = _created(project, n_passed=3)
    gone = first["lines"][0]["memory_ids"][0]
    trace_id = project.get(f"/memories/{gone}")["trace_id"]
    project.http.post("/traces/delete", json={"trace_ids": [trace_id]})

    second = _created(project, n_passed=3)

    removed = [change for change in second["changes"] if change["action"] == "removed"]
    assert [change["reason"] for change in removed] == ["Its memories were deleted."]
    assert all(gone not in line["memory_ids"] for line in second["lines"])


def test_a_skill_is_yaml_whatever_its_tasks_hold(project: Project):
    for number in range(5):
        project.memory(f"\x00\x1b\x7f\x85\x9f\u2028\ufffe\uffff😀 \"'# --- {number}")

    front_matter = yaml.safe_load(_created(project)["content"].split("---\n", 2)[1])

    assert "😀 \"'# --- 4" in front_matter["description"]


def test_a_skill_keeps_to_the_format_whatever_the_project_is_called(project: Project):
    odd = project.named("Claude's <b>own</b> Anthropic projekt " + "x" * 80)
    for number in range(5):
        odd.memory(f"<task> {number}")

    content = _created(odd)["content"]
    odd.delete()

    front_matter = yaml.safe_load(content.split("---\n", 2)[1])
    assert len(front_matter["name"]) <= 64
    assert "claude" not in front_matter["name"]
    assert "anthropic" not in front_matter["name"]
    assert "<" not in front_matter["description"]
