"""
Objects that are calls or results themselves: items of OpenAI's Responses API, and plain objects.

A plain object has keys such as `tool`, `input` and `output`: a call and its result in one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reflect_server.domain.trajectory.content import (
    answer_of,
    as_text,
    call_of,
    first_text,
    has_result,
    joined_text,
    message_in,
)
from reflect_server.domain.trajectory.found import Found
from reflect_server.domain.trajectory.steps import TOOL_ROLES, ToolCall
from reflect_server.domain.trajectory.typed_blocks import marked_as_failed

CALL_KINDS = frozenset({"tool_call", "tool_use", "function_call"})
"""Types of items that are tool calls."""

_FREE_TEXT = frozenset({"custom_tool_call"})
_SILENT = frozenset({"mcp_list_tools", "mcp_approval_request", "mcp_approval_response",
                     "item_reference", "compaction"})  # fmt: skip  # a list of words
_OUTPUTS = frozenset({"tool_result"})
_HOSTED = "_call"


def read(item: Mapping[str, Any], role: str, found: Found) -> bool:
    """
    Read an item, and say whether it has a shape of this family.

    Args:
        item: The item.
        role: Who speaks in it; empty where it does not say.
        found: What is added to.
    """
    kind = item.get("type")
    if isinstance(kind, str) and _typed(item, kind, found):
        return True
    if first_text(item, "tool", "tool_name") and role not in TOOL_ROLES:
        return _plain(item, found)
    return False


def _typed(item: Mapping[str, Any], kind: str, found: Found) -> bool:
    if kind in CALL_KINDS or kind.endswith("_tool_use"):
        _call(item, found)
    elif kind in _FREE_TEXT:
        found.calls.append(call_of(item, is_free_text=True))
    elif kind.endswith("call_output") or kind in _OUTPUTS:
        _output(item, found)
    elif kind == "mcp_call":
        _call(item, found)
        _mcp_result(item, found)
    elif kind.endswith(_HOSTED) and "id" in item:
        _hosted(item, kind, found)
    else:
        return kind in _SILENT
    return True


def _call(item: Mapping[str, Any], found: Found) -> None:
    found.calls.append(call_of(item))
    if has_result(item):
        _output(item, found)


def _output(item: Mapping[str, Any], found: Found) -> None:
    failed = marked_as_failed(item)
    answer = answer_of(item, failed=failed)
    if item.get("error") and failed is None:
        answer = answer._replace(failed=True, error=message_in(item["error"]) or None)
    found.answers.append(answer)


def _mcp_result(item: Mapping[str, Any], found: Found) -> None:
    if item.get("error"):
        answer = answer_of(item, content=message_in(item["error"]), failed=True)
        found.answers[:] = [answer]


def _hosted(item: Mapping[str, Any], kind: str, found: Found) -> None:
    arguments = next((item[key] for key in _ASKED if item.get(key) is not None), "")
    found.calls.append(
        ToolCall(
            kind.removesuffix(_HOSTED),
            as_text(arguments),
            error="The call failed." if item.get("status") == "failed" else None,
            id=first_text(item, "call_id", "id"),
        )
    )


_ASKED = ("action", "queries", "code", "operation")


def _plain(item: Mapping[str, Any], found: Found) -> bool:
    call = call_of({**item, "name": item.get("tool") or item["tool_name"]}, is_free_text=True)
    found.calls.append(call)
    if has_result(item):
        told = item.get("tool_output")
        if isinstance(told, dict):  # As LlamaIndex has it.
            answer = answer_of(item, content=joined_text(told.get("blocks")) or as_text(
                told.get("raw_output")), failed=told.get("is_error"))  # fmt: skip  # one call
            found.answers.append(answer)
        else:
            _output(item, found)
    return True
