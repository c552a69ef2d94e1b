"""
Content: the common ground of all families of message shapes, such as texts, blocks and errors.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from reflect_server.domain.trajectory.steps import ToolCall

_TEXT_BLOCKS = frozenset({"text", "input_text", "output_text"})
_TEXT_KEYS = ("content", "parts", "text", "output_text", "summary", "thought")
_ARGUMENT_KEYS = ("arguments", "args", "input", "tool_input", "action_input")
_RESULT_KEYS = ("output", "result", "observation", "content", "error")
_ID_KEYS = ("tool_call_id", "tool_use_id", "call_id", "id")
_NAME_KEYS = ("name", "tool", "tool_name")
_TRACEBACK = "Traceback (most recent call last)"
_ERROR_START = re.compile(r"\s*(?:[\w.]*(?:error|exception)|fatal|failure)\s*:", re.IGNORECASE)


def body_of(message: Mapping[str, Any]) -> Mapping[str, Any]:
    """
    Return what a message says: itself, or the `data` that LangChain wraps it in.

    Args:
        message: The message.
    """
    data = message.get("data")
    return data if isinstance(data, dict) and "content" not in message else message


def role_of(message: Mapping[str, Any]) -> str:
    """
    Return who speaks in a message, in small letters; empty where it does not say.

    Args:
        message: The message.
    """
    role = message.get("role") or message.get("type")
    return role.lower() if isinstance(role, str) else ""


def said_in(message: Mapping[str, Any]) -> tuple[str, str]:
    """
    Return who speaks in a message, and its readable text, without its tool calls, tool results and
    images.

    Args:
        message: The message.
    """
    body = body_of(message)
    texts = (joined_text(body.get(key)) for key in _TEXT_KEYS)
    return role_of(message), next((text for text in texts if text), "")


def joined_text(content: object) -> str:
    """
    Return the text of content that is one, or a list with blocks of text; else an empty text.

    Args:
        content: The content.
    """
    if isinstance(content, str):
        return content.strip()
    if not isinstance(content, list):
        return ""
    parts = [
        block if isinstance(block, str) else block.get("text")
        for block in content
        if isinstance(block, str) or _is_text_block(block)
    ]
    return "\n".join(part.strip() for part in parts if isinstance(part, str) and part.strip())


def as_text(value: object) -> str:
    """
    Return any value as a text: its own, that of its blocks, or its JSON.

    Args:
        value: The value.
    """
    if isinstance(value, str):
        return value.strip()
    if value is None:
        return ""
    text = joined_text(value)
    if text:
        return text
    try:
        return json.dumps(value, ensure_ascii=False, default=str)
    except (ValueError, RecursionError):
        return ""


def listed(value: object) -> list[dict[str, Any]]:
    """
    Return the objects of a list, or an object alone as a list.

    Args:
        value: The list or the object; anything else has none.
    """
    members = value if isinstance(value, list) else [value]
    return [member for member in members if isinstance(member, dict)]


def first_text(source: Mapping[str, Any], *keys: str) -> str:
    """
    Return the first text that is not blank under some keys of an object, else an empty one.

    Args:
        source: The object.
        keys: The keys, in order.
    """
    for key in keys:
        value = source.get(key)
        if isinstance(value, str) and value.strip():
            return value.strip()
    return ""


def has_result(source: Mapping[str, Any]) -> bool:
    """
    Say whether an object holds what a tool has answered.

    Args:
        source: The object.
    """
    return _first(source, _RESULT_KEYS) is not None


def call_of(raw: Mapping[str, Any]) -> ToolCall:
    """
    Read a tool call.

    Args:
        raw: The call: its name and arguments, or a `function` with them.

    Returns:
        The call; its `tool` is empty where it names none.
    """
    function = raw.get("function")
    source = function if isinstance(function, dict) else raw
    return ToolCall(
        tool=first_text(source, *_NAME_KEYS),
        arguments=as_text(_first(source, _ARGUMENT_KEYS)),
        id=first_text(raw, *_ID_KEYS),
    )


def result_of(raw: Mapping[str, Any]) -> ToolCall:
    """
    Read what a tool has answered.

    Args:
        raw: The answer.
    """
    text = as_text(_first(raw, _RESULT_KEYS))
    marked = raw.get("is_error") is True or raw.get("status") == "error"
    error = _error_in(raw.get("error")) if raw.get("error") else _error_message(text)
    if error is None and marked:
        error = text or "The tool reported an error without a message."
    name = first_text(raw, *_NAME_KEYS)
    return ToolCall(tool=name, result=text, error=error, id=first_text(raw, *_ID_KEYS))


def _is_text_block(block: object) -> bool:
    if not isinstance(block, dict):
        return False
    kind = block.get("type", "text")
    return isinstance(kind, str) and kind in _TEXT_BLOCKS


def _error_message(text: str) -> str | None:
    if text.startswith("{"):
        try:
            parsed = json.loads(text)
        except (ValueError, RecursionError):
            parsed = None
        if isinstance(parsed, dict):
            return _error_in(parsed.get("error") or parsed.get("exception"))
    if _TRACEBACK in text:
        return text.rstrip().rsplit("\n", 1)[-1].strip()
    return text if _ERROR_START.match(text) else None


def _error_in(value: object) -> str | None:
    if not value:
        return None
    if isinstance(value, dict):
        message = first_text(value, "message", "detail", "error")
        if message:
            return message
    return "The tool reported an error." if value is True else as_text(value) or None


def _first(source: Mapping[str, Any], keys: Sequence[str]) -> object:
    return next((source[key] for key in keys if source.get(key) is not None), None)
