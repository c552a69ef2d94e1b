"""
Runs of agent frameworks as trajectories.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from reflect_sdk import from_deepagents, from_openai_agents


class Dumped:
    """
    A message object as pydantic makes them.
    """

    def __init__(self, **fields: Any) -> None:
        self.fields = fields

    def model_dump(self, *, mode: str) -> dict[str, Any]:
        assert mode == "json"
        return self.fields


def _assistant(name: str, arguments: str) -> dict[str, Any]:
    call = {"id": "c1", "type": "function", "function": {"name": name, "arguments": arguments}}
    return {"role": "assistant", "content": None, "tool_calls": [call]}


ITEMS: list[dict[str, Any]] = [
    {"role": "developer", "content": "Be brief."},
    {"role": "user", "content": [{"type": "input_text", "text": "How many?"}]},
    {"type": "reasoning", "summary": []},
    {"type": "function_call", "call_id": "c1", "name": "count", "arguments": '{"month": 3}'},
    {"type": "function_call_output", "call_id": "c1", "output": {"orders": 42}},
    {"type": "message", "content": [{"type": "output_text", "text": "There are"}, "42."]},
]


@pytest.mark.parametrize(
    "kind", [dict, Dumped, SimpleNamespace], ids=["dicts", "models", "objects"]
)
def test_a_run_of_openai_agents(kind: Any):
    result = SimpleNamespace(to_input_list=lambda: [kind(**item) for item in ITEMS])
    assert from_openai_agents(result) == [
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": "How many?"},
        _assistant("count", '{"month": 3}'),
        {"role": "tool", "tool_call_id": "c1", "content": '{"orders": 42}'},
        {"role": "assistant", "content": "There are\n42."},
    ]


MESSAGES: list[dict[str, Any]] = [
    {"type": "system", "content": "Be brief."},
    {"type": "human", "content": "How many?"},
    {
        "type": "ai",
        "content": None,
        "tool_calls": [{"id": "c1", "name": "count", "args": {"a": 1}}],
    },
    {
        "type": "tool",
        "content": [{"type": "text", "text": "42"}],
        "tool_call_id": "c1",
        "name": "count",
    },
    {"role": "assistant", "content": "There are 42.", "tool_calls": [None]},
]


@pytest.mark.parametrize(
    "kind", [dict, Dumped, SimpleNamespace], ids=["dicts", "models", "objects"]
)
def test_messages_of_deepagents(kind: Any):
    assert from_deepagents([kind(**message) for message in MESSAGES]) == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "How many?"},
        _assistant("count", '{"a": 1}'),
        {"role": "tool", "content": "42", "tool_call_id": "c1", "name": "count"},
        {"role": "assistant", "content": "There are 42."},
    ]


def test_calls_that_are_in_the_form_of_openai_already_and_plain_texts():
    call = {"id": "c1", "function": {"name": "count", "arguments": "{}"}}
    assert from_deepagents([{"type": "ai", "content": "", "tool_calls": [call]}, "done"]) == [
        {**_assistant("count", "{}"), "content": ""},
        {"role": "assistant", "content": "done"},
    ]


def test_marks_of_failure_and_calls_cut_short_are_kept():
    invalid = [{"name": "count", "args": '{"a": ', "id": "c1", "error": "cut"}]
    failed = {"content": "no such month", "tool_call_id": "c1", "status": "error"}
    messages = [
        {"type": "ai", "content": "", "tool_calls": [], "invalid_tool_calls": invalid},
        {"type": "tool", "data": failed},
    ]
    assert from_deepagents(messages) == [
        {"role": "assistant", "content": "", "invalid_tool_calls": invalid},
        {"role": "tool", **failed},
    ]


def test_calls_of_tools_that_openai_runs_are_kept():
    items = [
        {"type": "mcp_call", "id": "m", "name": "find", "arguments": "{}", "error": "down"},
        {"type": "custom_tool_call_output", "call_id": "k", "output": "a.txt"},
    ]
    assert from_openai_agents(SimpleNamespace(to_input_list=lambda: items)) == items
