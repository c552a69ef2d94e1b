from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflect_server.domain import trajectory
from reflect_server.domain.trajectory import ToolCall

OPENAI_CHAT = [
    {"role": "system", "content": "You run SQL."},
    {"role": "user", "content": "How many orders?"},
    {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {
                "id": "c1",
                "type": "function",
                "function": {"name": "sql", "arguments": '{"query": "SELECT 1"}'},
            }
        ],
    },
    {"role": "tool", "tool_call_id": "c1", "content": "Error: no such table: order"},
    {"role": "assistant", "content": "There are 12 orders."},
]
ANTHROPIC = [
    {"role": "user", "content": "How many orders?"},
    {
        "role": "assistant",
        "content": [
            {"type": "text", "text": "Let me look."},
            {"type": "tool_use", "id": "c1", "name": "sql", "input": {"query": "SELECT 1"}},
        ],
    },
    {
        "role": "user",
        "content": [
            {
                "type": "tool_result",
                "tool_use_id": "c1",
                "is_error": True,
                "content": [{"type": "text", "text": "Error: no such table: order"}],
            }
        ],
    },
    {"role": "assistant", "content": [{"type": "text", "text": "There are 12 orders."}]},
]
RESPONSES = [
    {"type": "message", "role": "user", "content": "How many orders?"},
    {"type": "reasoning", "summary": []},
    {
        "type": "function_call",
        "id": "fc_9",
        "call_id": "c1",
        "name": "sql",
        "arguments": '{"query": "SELECT 1"}',
    },
    {
        "type": "function_call_output",
        "call_id": "c1",
        "output": '{"error": {"message": "Error: no such table: order"}}',
    },
    {
        "type": "message",
        "role": "assistant",
        "content": [{"type": "output_text", "text": "There are 12 orders."}],
    },
]
LANGCHAIN = [
    {"type": "human", "content": "How many orders?"},
    {
        "type": "ai",
        "content": [
            {"type": "tool_use", "id": "c1", "name": "sql", "input": {"query": "SELECT 1"}}
        ],
        "tool_calls": [{"name": "sql", "args": {"query": "SELECT 1"}, "id": "c1"}],
    },
    {
        "type": "tool",
        "tool_call_id": "c1",
        "status": "error",
        "content": "Error: no such table: order",
    },
    {"type": "ai", "data": {"content": "There are 12 orders."}},
]
GEMINI = [
    {"role": "user", "parts": [{"text": "How many orders?"}]},
    {
        "role": "model",
        "parts": [
            {"text": "Let me look.", "function_call": None},
            {"text": None, "function_call": {"name": "sql", "args": {"query": "SELECT 1"}}},
        ],
    },
    {
        "role": "user",
        "parts": [
            {
                "functionResponse": {
                    "name": "sql",
                    "response": {"error": "Error: no such table: order"},
                }
            }
        ],
    },
    {"role": "model", "parts": [{"text": "There are 12 orders."}]},
]
PLAIN = [
    {
        "tool": "sql",
        "input": {"query": "SELECT 1"},
        "output": "Error: no such table: order",
    },
    {"text": "There are 12 orders."},
]


@pytest.mark.parametrize(
    "messages",
    [OPENAI_CHAT, ANTHROPIC, RESPONSES, GEMINI, LANGCHAIN, PLAIN],
    ids=["openai-chat", "anthropic", "responses", "gemini", "langchain", "plain"],
)
def test_every_usual_shape_reads_the_same(messages: list[dict[str, Any]]):
    (call,) = trajectory.tool_calls(messages)
    assert (call.tool, json.loads(call.arguments)) == ("sql", {"query": "SELECT 1"})
    assert trajectory.tools_used(messages) == ("sql",)
    assert call.error == "Error: no such table: order"
    assert trajectory.final_response(messages) == "There are 12 orders."
    assert trajectory.parse(json.dumps(messages)) == messages


def test_plain_text_is_one_message_of_the_assistant():
    messages = trajectory.parse("Looked the order up and refunded it.")
    assert messages == [{"role": "assistant", "content": "Looked the order up and refunded it."}]
    assert trajectory.final_response(messages) == "Looked the order up and refunded it."


@pytest.mark.parametrize(
    "text", ["[1, 2]", '["a"]', '{"role": "user"}', "12", "[" * 200_000, "[{]"]
)
def test_text_that_is_no_list_of_messages_is_a_summary(text: str):
    assert trajectory.parse(text) == [{"role": "assistant", "content": text}]


def test_members_that_are_no_objects_become_messages():
    assert trajectory.parse(["looked", {"role": "user"}, 3, None]) == [
        {"role": "assistant", "content": "looked"},
        {"role": "user"},
        {"role": "assistant", "content": "3"},
        {"role": "assistant", "content": ""},
    ]


def test_the_closing_report_stands_before_the_farewell():
    messages = [
        *OPENAI_CHAT,
        {"role": "user", "content": "Thanks!"},
        {"role": "assistant", "content": "You are welcome."},
    ]
    assert trajectory.closing_report(messages) == "There are 12 orders."
    assert trajectory.final_response(messages) == "You are welcome."
    assert trajectory.closing_report(messages[-2:]) == "You are welcome."


def test_parallel_calls_get_their_own_results():
    messages = [
        {"tool_calls": [{"id": "a", "name": "find"}, {"id": "b", "name": "find"}]},
        {"role": "tool", "tool_call_id": "b", "content": "second"},
        {"role": "tool", "tool_call_id": "a", "content": "first"},
    ]
    assert [call.result for call in trajectory.tool_calls(messages)] == ["first", "second"]


def test_a_repeated_id_answers_the_latest_open_call():
    call = {"tool_calls": [{"id": "a", "name": "find"}]}
    messages = [
        call,
        {"role": "tool", "tool_call_id": "a", "content": "1"},
        call,
        {"role": "tool", "tool_call_id": "a", "content": "2"},
    ]
    assert [call.result for call in trajectory.tool_calls(messages)] == ["1", "2"]


def test_a_result_without_its_call_still_names_its_tool():
    messages = [{"role": "function", "name": "find", "content": "42"}]
    assert trajectory.tool_calls(messages) == (ToolCall("find", result="42"),)
    assert trajectory.tools_used(messages) == ("find",)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("Error: seat taken", "Error: seat taken"),
        ("sqlite3.OperationalError: no such column", "sqlite3.OperationalError: no such column"),
        (
            'Traceback (most recent call last):\n  File "a.py"\nKeyError: 1\n',
            "KeyError: 1",
        ),
        ('{"error": "seat taken"}', "seat taken"),
        ({"error": {"message": "seat taken"}}, "seat taken"),
    ],
)
def test_answers_that_look_like_errors_are_found(content: object, message: str):
    (call,) = trajectory.tool_calls([{"role": "tool", "name": "book", "content": content}])
    assert (call.tool, call.error) == ("book", message)


@pytest.mark.parametrize(
    "content", ["0 errors found", '{"error": null, "id": 1}', "The error rate is 2%.", "", "[]"]
)
def test_answers_that_only_speak_of_errors_are_not_errors(content: str):
    (call,) = trajectory.tool_calls([{"role": "tool", "name": "book", "content": content}])
    assert call.error is None


class CountingMessage(dict[str, Any]):
    """
    A message that counts how often it is read.
    """

    reads = 0

    def get(self, key: str, default: Any = None) -> Any:
        self.reads += 1
        return super().get(key, default)


@pytest.mark.parametrize("read", [trajectory.closing_report, trajectory.tool_calls])
def test_a_message_is_not_read_again_for_each_that_follows(
    read: Callable[[list[dict[str, Any]]], object],
):
    def reads_of_the_second(length: int) -> int:
        roles = ["tool", *("assistant", "user") * length]
        messages = [CountingMessage(role=role, content="") for role in roles]
        read(messages)
        return messages[1].reads

    assert reads_of_the_second(100) == reads_of_the_second(1)


def test_a_run_of_thousands_of_open_calls_is_read():
    count = 10_000
    calls = [{"id": str(n), "name": f"tool-{n}", "type": "tool_use"} for n in range(count)]
    answers = [{"role": "tool", "tool_call_id": str(n), "content": str(n)} for n in range(count)]
    strangers = [{"role": "tool", "name": "other", "content": "x"} for _ in range(count)]

    found = trajectory.tool_calls(
        [{"role": "assistant", "content": calls}, *strangers, *answers, *strangers]
    )

    assert [(call.tool, call.result) for call in found[:count]] == [
        (f"tool-{n}", str(n)) for n in range(count)
    ]
    assert {call.tool for call in found[count:]} == {"other"}
    assert len(found) == 3 * count


def test_text_leaves_out_calls_results_and_images():
    message = {
        "role": "assistant",
        "content": [
            {"type": "text", "text": " Here it is. "},
            {"type": "image_url", "image_url": {"url": "data:"}},
            {"type": "tool_use", "name": "find", "input": {}},
            {"type": "text", "text": "Done."},
        ],
    }
    assert trajectory.text_of(message) == "Here it is.\nDone."


keys = st.sampled_from(
    [
        "role",
        "type",
        "content",
        "text",
        "tool",
        "name",
        "output",
        "error",
        "tool_calls",
        "id",
        "data",
    ]
)
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.sampled_from(
        ["tool", "assistant", "tool_use", "tool_result", "function_call_output", "Error: x"]
    )
)
json_values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=8,
)


@given(st.lists(st.dictionaries(keys, json_values, max_size=4), max_size=4))
def test_odd_messages_never_fail(messages: list[dict[str, Any]]):
    assert trajectory.parse(messages) == messages
    calls = trajectory.tool_calls(messages)
    assert set(trajectory.tools_used(messages)) == {call.tool for call in calls if call.tool}
    assert isinstance(trajectory.final_response(messages), str)


def test_deeply_nested_content_never_fails():
    nested: Any = "bottom"
    for _ in range(100_000):
        nested = [nested]
    messages = [{"role": "tool", "name": "find", "content": nested}]
    assert trajectory.tools_used(messages) == ("find",)
    assert trajectory.parse([nested]) == [{"role": "assistant", "content": ""}]
