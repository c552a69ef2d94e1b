"""
Objects that are calls or results themselves: items of OpenAI's Responses API, and plain objects.

A plain object has keys such as `tool`, `input` and `output`: a call and its result in one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reflect_server.domain.trajectory.content import first_text, has_result, role_of
from reflect_server.domain.trajectory.steps import TOOL_ROLES

_CALL_TYPES = frozenset({"tool_call", "tool_use", "function_call", "custom_tool_call"})


def is_call(source: Mapping[str, Any]) -> bool:
    """
    Say whether an object is a tool call.

    Args:
        source: A message, or a block of one.
    """
    kind = source.get("type")
    if isinstance(kind, str) and (kind in _CALL_TYPES or kind.endswith("_tool_use")):
        return True
    return bool(first_text(source, "tool", "tool_name")) and role_of(source) not in TOOL_ROLES


def is_output(message: Mapping[str, Any]) -> bool:
    """
    Say whether a message is what a tool answered, as an item of its own.

    Args:
        message: The message.
    """
    kind = message.get("type")
    return isinstance(kind, str) and kind.endswith("call_output")


def is_call_with_result(message: Mapping[str, Any]) -> bool:
    """
    Say whether a message is a tool call and its result in one.

    Args:
        message: The message.
    """
    return is_call(message) and has_result(message)
