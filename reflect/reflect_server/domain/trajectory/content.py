"""
Content: the common ground of all families of message shapes, such as texts, calls and answers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from reflect_server.domain.trajectory.steps import Answer, ToolCall

UNREADABLE = "The arguments are no JSON, so what was run is not what stands there."
"""The error of a call whose arguments do not parse."""

CUT_SHORT = "The model was cut off amid the call, so what was run is not what stands there."
"""The error of the last call of a message that ends at the limit of tokens."""

_TEXT_BLOCKS = frozenset({"text", "input_text", "output_text"})
_ARGUMENT_KEYS = ("arguments", "args", "input", "tool_input", "action_input", "tool_kwargs")
_MORE_ARGUMENT_KEYS = ("tool_args", "parameters")
_RESULT_KEYS = ("output", "result", "observation", "content", "error", "tool_output")
_ID_KEYS = ("tool_call_id", "tool_use_id", "call_id", "id", "toolCallId", "toolUseId", "tool_id")
_NAME_KEYS = ("name", "tool", "tool_name", "toolName")
_ALIASES = {"tool-response": "tool", "tool-call": "assistant"}
_USUAL = ("assistant", "tool", "user", "system")
_KINDS = {"AIMessageChunk": "ai", "HumanMessageChunk": "human", "ToolMessageChunk": "tool"}


def role_of(message: Mapping[str, Any]) -> str:
    """
    Return who speaks in a message, in small letters; empty where it does not say.

    Args:
        message: The message.
    """
    role = message.get("role")
    if isinstance(role, str) and role:
        if role in _USUAL:
            return role
        role = role.lower()
        return _ALIASES.get(role, role)
    kind = message.get("type")
    return _KINDS.get(kind, kind.lower()) if isinstance(kind, str) else ""


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
        return _encode(value)
    except (ValueError, RecursionError):
        return ""


_encode = json.JSONEncoder(ensure_ascii=False, default=str).encode


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


def first_given(source: Mapping[str, Any], keys: Sequence[str]) -> object:
    """
    Return the first value that is not null under some keys of an object, else None.

    Args:
        source: The object.
        keys: The keys, in order.
    """
    return next((source[key] for key in keys if source.get(key) is not None), None)


def has_result(source: Mapping[str, Any]) -> bool:
    """
    Say whether an object holds what a tool has answered.

    Args:
        source: The object.
    """
    return first_given(source, _RESULT_KEYS) is not None


def call_of(raw: Mapping[str, Any], *, is_free_text: bool = False) -> ToolCall:
    """
    Read a tool call.

    Args:
        raw: The call: its name and arguments, or a `function` with them.
        is_free_text: Whether arguments may be any text. Otherwise a text that is no JSON makes the
            call one that failed.

    Returns:
        The call; its `tool` is empty where it names none.
    """
    function = raw.get("function")
    if function is None and isinstance(raw.get("custom"), dict):
        function, is_free_text = raw["custom"], True
    source = function if isinstance(function, dict) else raw
    arguments = first_given(source, _ARGUMENT_KEYS)
    if arguments is None:
        arguments = first_given(source, _MORE_ARGUMENT_KEYS)
    text = as_text(arguments)
    is_unreadable = not is_free_text and isinstance(arguments, str) and not _is_json(text)
    return ToolCall(
        tool=_name_of(source),
        arguments=text,
        error=UNREADABLE if is_unreadable else None,
        id=_id_of(raw),
    )


def answer_of(
    raw: Mapping[str, Any], *, content: object = None, failed: bool | None = None
) -> Answer:
    """
    Read what a tool has answered.

    Args:
        raw: The answer, with the id and the name that it has.
        content: What the tool said; None to find it in the answer.
        failed: What the framework's mark of failure says; None where it has none.
    """
    told = first_given(raw, _RESULT_KEYS) if content is None else content
    return Answer(
        text=as_text(told),
        tool=_name_of(raw),
        id=_id_of(raw),
        failed=failed,
    )


def message_in(error: object) -> str:
    """
    Return the message of an error that is told as a text or as an object.

    Args:
        error: The error.
    """
    if isinstance(error, dict):
        message = first_text(error, "message", "detail", "error")
        if message:
            return message
    return "" if error is True else as_text(error)


def _is_json(text: str) -> bool:
    if not text:
        return True
    try:
        _, end = _raw_decode(text)
    except (ValueError, RecursionError):
        return False
    return end == len(text)


_raw_decode = json.JSONDecoder().raw_decode


def _name_of(raw: Mapping[str, Any]) -> str:
    name = raw.get("name")  # The usual key first: this is asked of each call and each answer.
    return name if name and isinstance(name, str) else first_text(raw, *_NAME_KEYS)


def _id_of(raw: Mapping[str, Any]) -> str:
    found = raw.get("tool_call_id") or raw.get("tool_use_id") or raw.get("call_id") or raw.get("id")
    return found if found and isinstance(found, str) else first_text(raw, *_ID_KEYS)


def _is_text_block(block: object) -> bool:
    if not isinstance(block, dict):
        return False
    kind = block.get("type") or block.get("block_type") or "text"
    return isinstance(kind, str) and kind in _TEXT_BLOCKS


def invalid_call(raw: Mapping[str, Any]) -> ToolCall:
    """
    Read a call of the model that could not be run, as its arguments do not parse.

    Args:
        raw: The call.
    """
    call = call_of(raw, is_free_text=True)
    return ToolCall(call.tool, call.arguments, error=UNREADABLE, id=call.id)
