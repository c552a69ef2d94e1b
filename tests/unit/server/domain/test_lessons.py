from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflect_server.domain.lessons import agreeing
from reflect_server.domain.memory import Stance
from reflect_server.domain.reflection import Reflection
from reflect_server.domain.review import Review, ReviewMode, ReviewResult
from reflect_server.domain.trace import Trace
from reflect_server.domain.trajectory import Trajectory
from reflect_server.use_cases.memories import memory_of

words = st.lists(st.sampled_from("abcdef"), max_size=4).map(" ".join)


def given_lessons(*guidances: str) -> dict[str, Reflection]:
    return {str(n): Reflection("s", guidance) for n, guidance in enumerate(guidances)}


@pytest.mark.parametrize(
    ("answer", "agreed"),
    [
        ("card_arrival", ["1", "3"]),
        ("I take the action card_arrival.", ["1", "3"]),
        ("TOP_UP", ["0"]),
        ("cash", []),
        ("", []),
    ],
)
def test_an_answer_agrees_with_the_lessons_whose_own_words_it_has(answer: str, agreed: list[str]):
    actions = ("top_up", "card_arrival", "refund", "card_arrival")
    lessons = given_lessons(*(f"Take the action {action}." for action in actions))
    assert agreeing(answer, lessons) == agreed


def test_of_two_queries_that_share_words_the_answer_agrees_with_the_one_it_is():
    queries = ("SELECT id FROM orders", "SELECT id FROM orders WHERE shipped_at IS NOT NULL")
    assert agreeing(queries[1], given_lessons(*queries)) == ["1"]


def test_half_of_a_lessons_own_words_are_the_least():
    lessons = given_lessons("count a b c d", "count e f g h")
    assert agreeing("count a b", lessons) == ["0"]
    assert agreeing("count a", lessons) == []


@pytest.mark.parametrize("guidances", [(), ("Take top_up.",), ("Take top_up.", "take TOP_UP")])
def test_nothing_shows_where_nothing_tells_the_lessons_apart(guidances: tuple[str, ...]):
    assert agreeing("top_up", given_lessons(*guidances)) == []


@given(answer=words, guidances=st.lists(words, max_size=5), data=st.data())
def test_the_order_of_the_memories_changes_nothing(
    answer: str, guidances: list[str], data: st.DataObject
):
    lessons = given_lessons(*guidances)
    order = data.draw(st.permutations(list(lessons)))
    permuted = {memory_id: lessons[memory_id] for memory_id in order}
    assert sorted(agreeing(answer, permuted)) == sorted(agreeing(answer, lessons))


def test_case_white_space_and_the_summary_do_not_make_another_lesson():
    first = Reflection("About one run", "Filter on  shipped_at.\n", "", "SELECT 1")
    same = Reflection("Another", "filter ON shipped_at.", "", "select 1")
    another = Reflection("Another", "Filter on shipped.", "", "SELECT 1")
    assert first.lesson == same.lesson != another.lesson


NOW = datetime(2026, 1, 1, tzinfo=UTC)


def stance(
    answer: str = "", report: str = "", *, task: str = "Count", passed: bool | None = True
) -> Stance | None:
    said = [("tool", "3"), ("assistant", report), ("user", "Thanks"), ("assistant", answer)]
    run = [{"role": role, "content": text} for role, text in said] if report else []
    trace = Trace("t", "p", task, Trajectory(run), answer, (), None, None, {}, None, NOW)
    if passed is not None:
        result = ReviewResult.PASS if passed else ReviewResult.FAIL
        review = Review("r", "t", result, None, ReviewMode.INLINE, None, None, NOW)
        trace = replace(trace, review=review)
    return memory_of(trace, Reflection("s", "g"), now=NOW).stance


def test_a_run_stands_for_its_answer_whatever_its_case_and_white_space():
    assert stance("SELECT 1") == stance(" select\n 1 ", task="count ") != stance("SELECT 2")
    assert stance("SELECT 1") != stance("SELECT 1", task="Sum")


def test_runs_with_one_answer_and_opposite_verdicts_are_contrary():
    passed, failed = stance("SELECT 1"), stance("SELECT 1", passed=False)
    assert passed is not None
    assert passed.contrary == failed != passed


def test_a_run_without_an_answer_or_a_verdict_stands_for_nothing():
    assert stance(" \n") is None
    assert stance("SELECT 1", passed=None) is None


def test_a_farewell_does_not_make_two_answers_the_same():
    assert stance("Goodbye!", "It is cancelled.") != stance("Goodbye!", "There is none.")
    assert stance("Goodbye!", "It is cancelled.") == stance("goodbye!", "It is  cancelled.")
