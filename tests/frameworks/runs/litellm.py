from __future__ import annotations

import json
from typing import Any

import litellm
import sums
from scripted_model import TASK

_NUMBERS = {"a": {"type": "integer"}, "b": {"type": "integer"}}
_TOOLS = [
    {"type": "function", "function": {
        "name": name, "parameters": {"type": "object", "properties": _NUMBERS}}}
    for name in ("add", "divide")
]  # fmt: skip  # a tool


def runs(url: str) -> dict[str, Any]:
    messages: list[Any] = [{"role": "user", "content": TASK}]
    while True:
        answer = litellm.completion(
            "openai/scripted", messages=messages, tools=_TOOLS, api_base=url, api_key="none"
        )
        messages.append(answer.choices[0].message)
        for call in messages[-1].tool_calls or []:
            try:
                text = str(getattr(sums, call.function.name)(**json.loads(call.function.arguments)))
            except ZeroDivisionError as error:
                text = f"Error: {error}"
            messages.append({"role": "tool", "tool_call_id": call.id, "content": text})
        if not messages[-1].get("tool_call_id"):
            return {"litellm": messages}
