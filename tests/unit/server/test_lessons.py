from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflect_server.domain.lessons import Stance, agreeing, lesson_of, stance_of
from reflect_server.domain.model import Reflection, Review, ReviewMode, ReviewResult, Trace
from reflect_server.reflectors.local import LocalReflector

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
    assert lesson_of(first) == lesson_of(same) != lesson_of(another)


@pytest.mark.parametrize(
    ("action", "mistake", "stance"),
    [
        ("Final answer: SELECT 1", "", Stance("count", "select 1", accepted=True)),
        (
            "Worked: f(1)\nFinal answer: a\n  b\nA right answer: c",
            "",
            Stance("count", "a b", accepted=True),
        ),
        (
            "A right answer: c",
            "Too slow.\nRejected answer: a",
            Stance("count", "a", accepted=False),
        ),
        ("Use shipped_at.", "Used created_at.", None),
        ("", "", None),
    ],
)
def test_a_run_stands_for_the_answer_that_its_reflection_quotes(
    action: str, mistake: str, stance: Stance | None
):
    assert stance_of(" Count ", Reflection("s", "g", mistake, action)) == stance


def test_the_local_reflector_quotes_answers_in_a_form_that_is_recognised():
    def stance(result: ReviewResult) -> Stance | None:
        now = datetime(2026, 1, 1, tzinfo=UTC)
        review = Review("r", "t", result, "Well.", ReviewMode.INLINE, None, None, now)
        trace = Trace(
            "t", "p", "Count", [], "```sql\nSELECT 1\n```", (), None, None, {}, "Like so.", now
        )
        return stance_of("Count", LocalReflector().reflect(replace(trace, review=review)))

    passed, failed = stance(ReviewResult.PASS), stance(ReviewResult.FAIL)
    assert passed == Stance("count", "```sql select 1 ```", accepted=True)
    assert failed == passed.contrary
