from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from reflect_server.domain.abridge import abridged, one_line
from reflect_server.domain.review import Review, ReviewMode, ReviewResult
from reflect_server.domain.trace import Trace
from reflect_server.domain.trajectory import Trajectory
from reflect_server.reflectors import local, tool_arguments
from reflect_server.reflectors.final_answer import substance
from reflect_server.reflectors.local import LocalReflector
from reflect_server.reflectors.protocol import Reflector

NOW = datetime(2026, 11, 1, tzinfo=UTC)
reflector: Reflector = LocalReflector()


def a_trace(
    *,
    task: str = "How many orders did Ada place?",
    trajectory: list[dict[str, Any]] | None = None,
    result: ReviewResult | None = ReviewResult.PASS,
    feedback: str | None = None,
    final_response: str = "",
    reference: str | None = None,
) -> Trace:
    review = result and Review("rev", "trc", result, feedback, ReviewMode.INLINE, None, None, NOW)
    return Trace(
        id="trc",
        project_id="default",
        task=task,
        trajectory=Trajectory(trajectory or []),
        final_response=final_response,
        retrieved_memory_ids=(),
        used_memory_ids=None,
        model=None,
        metadata={},
        reference_context=reference,
        created_at=NOW,
        review=review,
    )


def call(tool: str, arguments: dict[str, Any], answer: str) -> list[dict[str, Any]]:
    return [
        {"role": "assistant", "tool_calls": [
            {"id": "c", "function": {"name": tool, "arguments": json.dumps(arguments)}}
        ]},
        {"role": "tool", "tool_call_id": "c", "content": answer},
    ]  # fmt: skip  # a run, a message per line


WRONG_COLUMN = call("sql", {"query": "SELECT count(*) FROM orders WHERE name = 'Ada'"},
                    "sqlite3.OperationalError: no such column: name")  # fmt: skip  # one call
RIGHT_JOIN = call(
    "sql", {"query": "SELECT count(*) FROM orders JOIN customers USING (customer_id)"}, "[[12]]"
)
SCHEMA = call("schema", {}, "orders(id, customer_id), customers(customer_id, name)")
ANSWER = {"role": "assistant", "content": "Ada placed 12 orders."}

BOOKING = {"guest": "Ada Byron", "rooms": [{"type": "double", "nights": 3}], "deposit": 120}
PATIENCE = {"role": "user", "content": [
    {"type": "tool_result", "tool_use_id": "b2", "content": [{"type": "text", "text": "Room 7."}]}
]}  # fmt: skip  # a run, a message per line
HOTEL = [
    {"role": "user", "content": "A double room for three nights, please."},
    *call("get_guest", {"name": "Ada Byron"}, '{"card": "visa_1", "points": 40}'),
    *call("note", {"text": "She is a regular guest. " * 30}, ""),
    {"role": "assistant", "content": [
        {"type": "text", "text": "I book the room."},
        {"type": "tool_use", "id": "b1", "name": "book_room", "input": BOOKING},
    ]},
    {"role": "user", "content": [{
        "type": "tool_result", "tool_use_id": "b1", "is_error": True,
        "content": [{"type": "text", "text": "Error: the deposit is 180, but 120 was paid"}],
    }]},
    {"role": "assistant", "content": [
        {"type": "tool_use", "id": "b2", "name": "book_room", "input": BOOKING | {"deposit": 180}},
    ]},
    PATIENCE,
    {"role": "assistant", "content": (
        "Your room is booked. Here are the details:\n\n- **Room:** 7, a double with a view of the "
        "harbour, breakfast included\n- **Nights:** 3, from Friday to Monday, late departure until "
        "noon\n- **Deposit:** $180, paid back within 5 days of departure\n\n"
        "If you need anything else, let me know! Have a great stay!"
    )},
    {"role": "user", "content": "Thanks!"},
]  # fmt: skip  # a run, a message per line

TRACES = {
    "a booking in Anthropic's format that passed": a_trace(task="Book a room", trajectory=HOTEL),
    "a booking that failed without a word": a_trace(
        task="Book a room", trajectory=HOTEL, result=ReviewResult.FAIL
    ),
    "passed after an error was overcome": a_trace(
        trajectory=[*WRONG_COLUMN, *SCHEMA, *RIGHT_JOIN, ANSWER],
        feedback="Right. Names live in customers.",
    ),
    "failed with feedback and an open error": a_trace(
        trajectory=[*SCHEMA, *WRONG_COLUMN, {"role": "assistant", "content": "Ada placed none."}],
        result=ReviewResult.FAIL,
        feedback="The answer is 12. Join customers before you filter by name; orders has no names.",
        reference="12",
    ),
    "failed without a word": a_trace(
        trajectory=[*SCHEMA, *RIGHT_JOIN, *RIGHT_JOIN, ANSWER], result=ReviewResult.FAIL
    ),
    "passed with nothing but an answer": a_trace(final_response="SELECT count(*)\nFROM orders"),
    "failed on a plain text summary in another script": a_trace(
        task="アダの注文は何件ですか 🧾",
        trajectory=[{"role": "assistant", "content": "注文表を数えて「0件」と答えた。"}],
        result=ReviewResult.FAIL,
        feedback="顧客表と結合してください。",
    ),
    "not reviewed and empty": a_trace(result=None),
    "passed although an error was never repaired": a_trace(
        task="Move the room to Friday",
        trajectory=[
            *call("get_guest", {"name": "Ada"}, '{"room": 7}'),
            *call("move_room", {"room": 7, "to": "Friday"}, "Error: room 7 is taken on Friday"),
            *call("move_room", {"room": 8, "to": "Friday"}, "Error: room 8 is closed"),
            {"role": "assistant", "content": "No room can be moved to Friday."},
        ],
    ),
    "failed after several errors of one tool": a_trace(
        task="Move the room to Friday",
        trajectory=[
            *call("move_room", {"room": 7, "to": "Friday"}, "Error: room 7 is taken on Friday"),
            *call("move_room", {"room": 8, "to": "Friday"}, "Error: room 8 is closed"),
            *call("move_room", {"room": 9, "to": "Friday"}, "Moved."),
            *call("send_bill", {"room": 9, "amount": 30}, "Sent."),
            {"role": "assistant", "content": "You have room 9 from Friday."},
        ],
        result=ReviewResult.FAIL,
    ),
    "failed with an error that stayed and an action that counted": a_trace(
        task="Move the room to Friday",
        trajectory=[
            *call("send_bill", {"room": 7, "amount": 30}, "Sent."),
            *call("move_room", {"room": 7, "to": "Friday"}, "Error: room 7 is taken on Friday"),
        ],
        result=ReviewResult.FAIL,
    ),
    "failed without having changed anything": a_trace(
        task="Move the room to Friday",
        trajectory=[
            *call("get_guest", {"name": "Ada"}, '{"room": 7}'),
            {"role": "assistant", "content": "Rooms cannot be moved."},
        ],
        result=ReviewResult.FAIL,
    ),
    "a refusal without tools that ends in a farewell": a_trace(
        task="Move the room to Friday",
        trajectory=[
            {"role": "user", "content": "Please move my room."},
            {"role": "assistant", "content": "I cannot find you without your name."},
            {"role": "user", "content": "Never mind."},
            {"role": "assistant", "content": "You're welcome! Have a nice day!"},
        ],
        result=ReviewResult.FAIL,
    ),
    "a conversation that ends in a farewell": a_trace(
        trajectory=[
            *RIGHT_JOIN,
            ANSWER,
            {"role": "user", "content": "Thanks!"},
            {"role": "assistant", "content": "You are welcome!"},
        ]
    ),
}


@pytest.mark.parametrize("case", TRACES)
def test_a_reflection_reports_what_the_trace_contains(case: str, snapshot: SnapshotAssertion):
    assert dataclasses.asdict(reflector.reflect(TRACES[case])) == snapshot


@pytest.mark.parametrize("result", ReviewResult)
def test_feedback_is_carried_word_for_word(result: ReviewResult):
    feedback = "Use `orders.placed_at`, not `created_at`.\n  RULE: dates are UTC.  \nThen retry."
    reflection = reflector.reflect(a_trace(result=result, feedback=feedback))
    assert reflection.guidance.startswith(feedback)
    assert reflection.key_mistake.startswith(feedback) == (result is ReviewResult.FAIL)


def test_a_stated_final_response_wins_over_the_trajectory():
    reflection = reflector.reflect(a_trace(trajectory=[*RIGHT_JOIN, ANSWER], final_response="12"))
    assert "Final answer: 12" in reflection.correct_action.splitlines()


def test_a_lesson_applies_to_the_tools_that_the_feedback_names():
    trace = a_trace(
        trajectory=[*SCHEMA, *RIGHT_JOIN], result=ReviewResult.FAIL, feedback="Read `schema` first."
    )
    reflection = reflector.reflect(trace)
    assert reflection.applicable_tools == ("schema",)
    assert reflection.tools_used == ("schema", "sql")


def test_an_error_counts_as_overcome_only_when_the_same_tool_then_worked():
    reflection = reflector.reflect(
        a_trace(trajectory=[*WRONG_COLUMN, *SCHEMA], result=ReviewResult.FAIL)
    )
    assert "was not repaired" in reflection.key_mistake
    assert "this worked" not in reflection.guidance


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ({"a": 1}, {"a": 1}, ""),
        ({"a": 1, "b": 2}, {"a": 1, "b": 3}, "b=3 instead of 2"),
        ({"a": 1, "b": 1}, {"a": True, "b": 1}, "a=true instead of 1"),
        ({"a": {"b": [1, 2]}, "c": 0}, {"a": {"b": [1]}, "c": 0}, "no a.b[1]"),
        ({"a": 1}, {"a": 1, "b": [2]}, "b=[2] added"),
        ({"a": [0] * 9, "b": 1}, {"a": [1] * 9, "b": 1}, "other values of a"),
        ({"a": "x" * 300}, {"a": [1]}, "a=[1] instead of (a text of 300 characters)"),
        ({"query": "SELECT 1"}, {"query": "SELECT 2"}, ""),
    ],
)
def test_a_later_call_is_told_by_what_it_did_differently(
    before: dict[str, Any], after: dict[str, Any], found: str
):
    assert tool_arguments.differences(json.dumps(before), json.dumps(after)) == found


def test_arguments_that_are_not_json_are_quoted_and_not_compared():
    assert tool_arguments.differences("ls", "ls -l") == ""
    assert tool_arguments.described("ls\n -l") == "ls -l"


def test_long_arguments_are_told_by_their_size_and_short_ones_stay_whole():
    given = {
        "text": "long " * 100,
        "places": [{"name": "x" * 390}],
        "digits": 10**300,
        "city": "Zürich",
    }
    assert tool_arguments.described(json.dumps(given)) == (
        'text=(a text of 500 characters), places=(1 entry), digits=(a long number), city="Zürich"'
    )
    many = {f"argument_{number}": number for number in range(40)}
    assert tool_arguments.described(json.dumps(many)).endswith(" more)")


@pytest.mark.parametrize(
    ("answer", "kept"),
    [
        ("Thank you for your patience.", "Thank you for your patience."),
        ("It is booked. If you need more, ask!", "It is booked."),
        ("SELECT 1\nFROM a", "SELECT 1\nFROM a"),
        ("```\nIf you\n```", "```\nIf you\n```"),
    ],
)
def test_an_answer_is_quoted_without_courtesies_but_never_emptied(answer: str, kept: str):
    assert substance(answer, 100) == kept


def test_tools_that_only_take_notes_are_used_but_teach_nothing():
    reflection = reflector.reflect(TRACES["a booking in Anthropic's format that passed"])
    assert reflection.tools_used == ("get_guest", "note", "book_room")
    assert reflection.applicable_tools == ("get_guest", "book_room")
    assert "regular" not in reflection.text


long_texts = st.text(max_size=40).flatmap(
    lambda text: st.integers(1, 400).map(lambda times: text * times)
)
messages = st.lists(
    st.fixed_dictionaries(
        {"role": st.sampled_from(["assistant", "tool", "user", "odd"])},
        optional={
            "name": st.text(max_size=90),
            "content": st.none()
            | long_texts
            | st.lists(st.just({"type": "tool_use", "name": "x"})),
            "tool_calls": st.none()
            | st.lists(st.fixed_dictionaries({"name": long_texts}), max_size=3),
            "is_error": st.booleans(),
        },
    ),
    max_size=5,
)


@given(
    task=long_texts,
    trajectory=messages,
    result=st.none() | st.sampled_from(ReviewResult),
    feedback=st.none() | long_texts,
    reference=st.none() | long_texts,
)
def test_any_trace_gives_a_reflection_within_the_limits(
    task: str,
    trajectory: list[dict[str, Any]],
    result: ReviewResult | None,
    feedback: str | None,
    reference: str | None,
):
    trace = a_trace(
        task=task, trajectory=trajectory, result=result, feedback=feedback, reference=reference
    )
    reflection = reflector.reflect(trace)
    assert 0 < len(reflection.summary) <= local.MAX_SUMMARY
    assert "\n" not in reflection.summary
    for text in (reflection.key_mistake, reflection.correct_action, reflection.guidance):
        assert len(text) <= local.MAX_FIELD
    assert len(reflection.tools_used) <= local.MAX_TOOLS
    assert set(reflection.applicable_tools) <= set(reflection.tools_used)
    if result is not None:
        assert reflection.guidance


@given(long_texts, st.integers(4, 300))
def test_an_abridged_text_is_a_beginning_of_the_text_within_the_limit(text: str, limit: int):
    short = abridged(text, limit)
    assert len(short) <= limit
    assert text.strip().startswith(short.removesuffix(" …"))
    assert len(one_line(text, limit)) <= limit


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("It fits.", "It fits."),
        ("One two three. Four five six seven", "One two three. …"),
        ("alpha beta gamma delta epsilon", "alpha beta gamma …"),
        ("x" * 30, "x" * 18 + " …"),
    ],
)
def test_texts_are_cut_at_sentences_then_at_words(text: str, short: str):
    assert abridged(text, 20) == short
