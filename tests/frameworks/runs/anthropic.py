from __future__ import annotations

from typing import Any

from anthropic.types import Message
from scripted_model import ANSWER, TASK


def _message(*blocks: dict[str, Any]) -> Message:
    usage = {"input_tokens": 1, "output_tokens": 1}
    return Message.model_validate(
        {"id": "m", "type": "message", "role": "assistant", "model": "scripted",
         "content": list(blocks), "stop_reason": None, "usage": usage}
    )  # fmt: skip  # a message


def runs(url: str) -> dict[str, Any]:
    add = {"type": "tool_use", "id": "call_1", "name": "add", "input": {"a": 2, "b": 3}}
    divide = {"type": "tool_use", "id": "call_2", "name": "divide", "input": {"a": 1, "b": 0}}
    sum_ = {"type": "tool_result", "tool_use_id": "call_1", "content": "5"}
    failed = {"type": "tool_result", "tool_use_id": "call_2", "is_error": True,
              "content": "division by zero"}  # fmt: skip  # a block
    thought = {"type": "thinking", "thinking": "Add first.", "signature": "x"}
    return {
        "anthropic": [
            {"role": "user", "content": TASK},
            _message(thought, {"type": "text", "text": "I add."}, add),
            {"role": "user", "content": [sum_]},
            _message(divide),
            {"role": "user", "content": [failed]},
            _message({"type": "text", "text": ANSWER}),
        ]
    }
