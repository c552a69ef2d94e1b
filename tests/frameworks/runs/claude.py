from __future__ import annotations

import dataclasses
from typing import Any

from claude_agent_sdk._internal.message_parser import parse_message
from scripted_model import ANSWER


def _spoken(role: str, *blocks: dict[str, Any]) -> dict[str, Any]:
    message = {"role": role, "model": "scripted", "content": list(blocks), "stop_reason": None}
    return {"type": role, "message": message, "parent_tool_use_id": None, "session_id": "s"}


def runs(url: str) -> dict[str, Any]:
    thought = {"type": "thinking", "thinking": "Add first.", "signature": "x"}
    add = {"type": "tool_use", "id": "call_1", "name": "add", "input": {"a": 2, "b": 3}}
    divide = {"type": "tool_use", "id": "call_2", "name": "divide", "input": {"a": 1, "b": 0}}
    sum_ = {"type": "tool_result", "tool_use_id": "call_1",
            "content": [{"type": "text", "text": "5"}]}  # fmt: skip  # a block
    failed = {"type": "tool_result", "tool_use_id": "call_2", "content": "division by zero",
              "is_error": True}  # fmt: skip  # a block
    stream: list[dict[str, Any]] = [
        {"type": "system", "subtype": "init", "session_id": "s", "tools": ["add", "divide"]},
        _spoken("assistant", thought, {"type": "text", "text": "I add."}, add),
        _spoken("user", sum_),
        _spoken("assistant", divide),
        _spoken("user", failed),
        _spoken("assistant", {"type": "text", "text": ANSWER}),
        {"type": "result", "subtype": "success", "duration_ms": 1, "duration_api_ms": 1,
         "is_error": False, "num_turns": 3, "result": ANSWER, "session_id": "s"},
    ]  # fmt: skip  # a message per line
    objects = [dataclasses.asdict(parse_message(message)) for message in stream]
    return {"claude-agent-sdk-stream": stream, "claude-agent-sdk": objects}
