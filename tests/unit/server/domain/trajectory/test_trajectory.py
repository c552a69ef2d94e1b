from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflect_server.domain.trajectory import ToolCall, Trajectory

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
    (call,) = Trajectory(messages).calls
    assert (call.tool, json.loads(call.arguments)) == ("sql", {"query": "SELECT 1"})
    assert Trajectory(messages).tools_used == ("sql",)
    assert call.error == "Error: no such table: order"
    assert Trajectory(messages).final_response == "There are 12 orders."
    assert Trajectory.of(json.dumps(messages)).messages == messages


def test_plain_text_is_one_message_of_the_assistant():
    messages = Trajectory.of("Looked the order up and refunded it.").messages
    assert messages == [{"role": "assistant", "content": "Looked the order up and refunded it."}]
    assert Trajectory(messages).final_response == "Looked the order up and refunded it."


@pytest.mark.parametrize(
    "text", ["[1, 2]", '["a"]', '{"role": "user"}', "12", "[" * 200_000, "[{]"]
)
def test_text_that_is_no_list_of_messages_is_a_summary(text: str):
    assert Trajectory.of(text).messages == [{"role": "assistant", "content": text}]


def test_members_that_are_no_objects_become_messages():
    assert Trajectory.of(["looked", {"role": "user"}, 3, None]).messages == [
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
    assert Trajectory(messages).closing_report == "There are 12 orders."
    assert Trajectory(messages).final_response == "You are welcome."
    assert Trajectory(messages[-2:]).closing_report == "You are welcome."


def test_parallel_calls_get_their_own_results():
    messages = [
        {"tool_calls": [{"id": "a", "name": "find"}, {"id": "b", "name": "find"}]},
        {"role": "tool", "tool_call_id": "b", "content": "second"},
        {"role": "tool", "tool_call_id": "a", "content": "first"},
    ]
    assert [call.result for call in Trajectory(messages).calls] == ["first", "second"]


def test_a_repeated_id_answers_the_latest_open_call():
    call = {"tool_calls": [{"id": "a", "name": "find"}]}
    messages = [
        call,
        {"role": "tool", "tool_call_id": "a", "content": "1"},
        call,
        {"role": "tool", "tool_call_id": "a", "content": "2"},
    ]
    assert [call.result for call in Trajectory(messages).calls] == ["1", "2"]


def test_a_result_without_its_call_still_names_its_tool():
    messages = [{"role": "function", "name": "find", "content": "42"}]
    assert Trajectory(messages).calls == (ToolCall("find", result="42"),)
    assert Trajectory(messages).tools_used == ("find",)


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
    (call,) = Trajectory([{"role": "tool", "name": "book", "content": content}]).calls
    assert (call.tool, call.error) == ("book", message)


@pytest.mark.parametrize(
    "content", ["0 errors found", '{"error": null, "id": 1}', "The error rate is 2%.", "", "[]"]
)
def test_answers_that_only_speak_of_errors_are_not_errors(content: str):
    (call,) = Trajectory([{"role": "tool", "name": "book", "content": content}]).calls
    assert call.error is None


class CountingMessage(dict[str, Any]):
    """
    A message that counts how often it is read.
    """

    reads = 0

    def get(self, key: str, default: Any = None) -> Any:
        self.reads += 1
        return super().get(key, default)


@pytest.mark.parametrize("asked", ["closing_report", "calls"])
def test_a_message_is_not_read_again_for_each_that_follows(asked: str):
    def reads_of_the_second(length: int) -> int:
        roles = ["tool", *("assistant", "user") * length]
        messages = [CountingMessage(role=role, content="") for role in roles]
        getattr(Trajectory(messages), asked)
        return messages[1].reads

    assert reads_of_the_second(100) == reads_of_the_second(1)


def test_a_run_of_thousands_of_open_calls_is_read():
    count = 10_000
    calls = [{"id": str(n), "name": f"tool-{n}", "type": "tool_use"} for n in range(count)]
    answers = [{"role": "tool", "tool_call_id": str(n), "content": str(n)} for n in range(count)]
    strangers = [{"role": "tool", "name": "other", "content": "x"} for _ in range(count)]

    found = Trajectory(
        [{"role": "assistant", "content": calls}, *strangers, *answers, *strangers]
    ).calls

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
    (step,) = Trajectory([message]).steps
    assert step.text == "Here it is.\nDone."


def encode(value: object) -> bytes:
    return json.dumps(value).encode()


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
    assert Trajectory.of(messages).messages == messages
    calls = Trajectory(messages).calls
    assert set(Trajectory(messages).tools_used) == {call.tool for call in calls if call.tool}
    assert isinstance(Trajectory(messages).final_response, str)


@given(st.lists(st.dictionaries(keys, json_values, max_size=4), max_size=4))
def test_a_trajectory_is_read_the_same_once_it_was_kept(messages: list[dict[str, Any]]):
    kept = Trajectory.of_json(Trajectory(messages).to_json(encode), json.loads)
    assert kept == Trajectory(messages)
    assert kept.steps == Trajectory(messages).steps
    assert kept.final_response == Trajectory(messages).final_response


@pytest.mark.parametrize("indent", [None, 0, 1])
def test_json_that_something_else_has_written_is_read(indent: int | None):
    text = json.dumps(OPENAI_CHAT, indent=indent).encode()
    assert Trajectory.of_json(text, json.loads) == Trajectory(OPENAI_CHAT)


def test_what_is_kept_is_decoded_once_and_only_when_it_is_read():
    decoded: list[bytes] = []

    def decode(text: bytes) -> Any:
        decoded.append(text)
        return json.loads(text)

    encoded = Trajectory(OPENAI_CHAT).to_json(encode)
    kept = Trajectory.of_json(encoded, decode)
    assert kept.to_json(encode) is encoded
    assert decoded == []
    assert kept.final_response == "There are 12 orders."
    assert kept.closing_report == "There are 12 orders."
    assert list(map(json.loads, decoded)) == OPENAI_CHAT


def test_deeply_nested_content_never_fails():
    nested: Any = "bottom"
    for _ in range(100_000):
        nested = [nested]
    messages = [{"role": "tool", "name": "find", "content": nested}]
    assert Trajectory(messages).tools_used == ("find",)
    assert Trajectory.of([nested]).messages == [{"role": "assistant", "content": ""}]
