"""
Runs of agent frameworks as trajectories: messages with `role`, `content` and `tool_calls`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from reflect_sdk._types.trajectory import SupportsModelDump

_ROLES = {"human": "user", "ai": "assistant"}
_TEXT_OF = ("text", "output_text", "input_text", "content")


class SupportsInputList(Protocol):
    """
    The result of a run of the OpenAI Agents SDK.
    """

    def to_input_list(self) -> Sequence[Any]:
        """
        Return the items of the run, in the form of the Responses API.
        """
        ...


def from_openai_agents(result: SupportsInputList) -> list[dict[str, Any]]:
    """
    Make a trajectory of a run of the OpenAI Agents SDK.

    Args:
        result: What `Runner.run` returns.

    Returns:
        The messages, oldest first; calls of tools and their outputs included. Items that are no
        part of the conversation, such as reasoning, are left out.

    Example:
        >>> from types import SimpleNamespace
        >>> result = SimpleNamespace(
        ...     to_input_list=lambda: [
        ...         {"role": "user", "content": "How many orders?"},
        ...         {"type": "function_call", "call_id": "c1", "name": "count", "arguments": "{}"},
        ...         {"type": "function_call_output", "call_id": "c1", "output": "42"},
        ...     ]
        ... )
        >>> print([message["role"] for message in from_openai_agents(result)])
        ['user', 'assistant', 'tool']
    """
    items = (_plain(item) for item in result.to_input_list())
    return [message for item in items if (message := _of_responses_api(item))]


def from_deepagents(messages: Iterable[object]) -> list[dict[str, Any]]:
    """
    Make a trajectory of messages of Deep Agents, LangGraph or LangChain.

    Args:
        messages: The messages as the agent's result has them, objects or dicts.

    Returns:
        The messages, oldest first, with the calls of tools that they made.

    Example:
        >>> trajectory = from_deepagents(
        ...     [{"type": "human", "content": "Hello"}, {"type": "ai", "content": "Good day"}]
        ... )
        >>> print([message["role"] for message in trajectory])
        ['user', 'assistant']
    """
    return [_of_langchain(_plain(message)) for message in messages]


def _plain(message: object) -> dict[str, Any]:
    if isinstance(message, Mapping):
        return dict(message)
    if isinstance(message, SupportsModelDump):
        return message.model_dump(mode="json")
    return dict(vars(message)) if hasattr(message, "__dict__") else {"content": str(message)}


def _of_responses_api(item: dict[str, Any]) -> dict[str, Any] | None:
    call_id = item.get("call_id") or item.get("id")
    if item.get("type") == "function_call":
        call = _tool_call(call_id, item.get("name"), item.get("arguments"))
        return {"role": "assistant", "content": None, "tool_calls": [call]}
    if item.get("type") == "function_call_output":
        return {"role": "tool", "tool_call_id": call_id, "content": _text(item.get("output"))}
    if str(item.get("type")).endswith(("_call", "_call_output")):
        return item  # Of a tool that OpenAI runs, or one with text as its input.
    role = item.get("role") or ("assistant" if item.get("type") == "message" else None)
    return {"role": role, "content": _text(item.get("content"))} if role else None


def _of_langchain(message: dict[str, Any]) -> dict[str, Any]:
    data = message.get("data")
    if isinstance(data, Mapping) and "content" not in message:  # As `messages_to_dict` wraps it.
        message = {"type": message.get("type"), **data}
    kind = message.get("type") or message.get("role") or "assistant"
    made: dict[str, Any] = {
        "role": _ROLES.get(kind, kind),
        "content": _text(message.get("content")),
    }
    calls = [call for call in message.get("tool_calls") or () if isinstance(call, Mapping)]
    if calls:
        made["tool_calls"] = [_of_tool_call(call) for call in calls]
    for name in ("tool_call_id", "name", "status", "invalid_tool_calls"):
        if message.get(name):
            made[name] = message[name]
    return made


def _of_tool_call(call: Mapping[str, Any]) -> dict[str, Any]:
    function = call.get("function") or {
        "name": call.get("name"),
        "arguments": call.get("args", call.get("arguments")),
    }
    return _tool_call(call.get("id"), function.get("name"), function.get("arguments"))


def _tool_call(identifier: object, name: object, arguments: object) -> dict[str, Any]:
    text = arguments if isinstance(arguments, str) else json.dumps(arguments or {}, default=str)
    return {"id": identifier, "type": "function", "function": {"name": name, "arguments": text}}


def _text(content: object) -> str | None:
    """
    Take the text of a content: a string, or parts of which some have text.
    """
    if content is None or isinstance(content, str):
        return content
    if isinstance(content, Sequence):
        parts = (_text_of_part(part) for part in content)
        return "\n".join(part for part in parts if part)
    return json.dumps(content, default=str)


def _text_of_part(part: object) -> str:
    if isinstance(part, Mapping):
        return next((str(part[name]) for name in _TEXT_OF if part.get(name)), "")
    return str(part)
