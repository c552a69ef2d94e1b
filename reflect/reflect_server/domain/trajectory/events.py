"""
Events: records of agents that say who speaks in `author` or `source`, and what they are in `type`,
as AutoGen, the Agent Development Kit and the Claude Agent SDK write them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reflect_server.domain.trajectory import blocks
from reflect_server.domain.trajectory.content import as_text, first_text
from reflect_server.domain.trajectory.found import Found
from reflect_server.domain.trajectory.steps import USER_ROLES, Answer, Said, ToolCall

Record = Mapping[str, Any]
"""A record of a run."""

_CALLING = frozenset(
    ("FunctionExecutionResultMessage", "ToolCallExecutionEvent", "ToolCallRequestEvent")
)
_SPEAKING = frozenset(
    ("TextMessage", "MultiModalMessage", "StopMessage", "HandoffMessage", "ToolCallSummaryMessage",
     "UserMessage", "AssistantMessage")
)  # fmt: skip  # a list of words
_SILENT = frozenset(
    ("ThoughtEvent", "MemoryQueryEvent", "ModelClientStreamingChunkEvent", "SelectSpeakerEvent",
     "UserInputRequestedEvent", "CodeGenerationEvent", "CodeExecutionEvent", "SystemMessage",
     "SelectorEvent")
)  # fmt: skip  # a list of words


def read(record: Record) -> Said | None:
    """
    Read an event; None where a record is none.

    Args:
        record: The record.
    """
    if isinstance(record.get("role"), str):
        return None
    if "subtype" in record:
        return _claude(record)
    if "author" in record or "error_code" in record or "errorCode" in record:
        return _adk(record)
    if "source" in record or record.get("type") == "FunctionExecutionResultMessage":
        return _autogen(record)
    return None


def _autogen(record: Record) -> Said | None:
    kind = record.get("type")
    if not isinstance(kind, str):
        return None
    source = record.get("source")
    role = "user" if isinstance(source, str) and source.lower() in USER_ROLES else "assistant"
    if kind == "UserMessage":
        role = "user"
    found = Found()
    content = record.get("content")
    if kind in _CALLING:
        blocks.read(content, found)
        role = role if found.calls else "tool"
    elif kind in _SPEAKING or kind.startswith("StructuredMessage"):
        if isinstance(content, list):
            blocks.read(content, found)
        else:
            found.say(as_text(content))
    elif kind not in _SILENT:
        return None
    return Said(role, "\n".join(found.texts), _named(found), tuple(found.answers))


def _adk(record: Record) -> Said | None:
    content = record.get("content")
    if content is None:
        return _raised(record)
    if not isinstance(content, dict) or not isinstance(content.get("parts"), list):
        return None
    if record.get("partial") is True:
        return Said("")  # The whole of it comes later.
    found = Found()
    blocks.read(content["parts"], found)
    author = record.get("author")
    role = first_text(content, "role").lower() or ("user" if author == "user" else "model")
    is_told = bool(found.texts or found.calls or found.answers)
    return Said(
        "tool" if found.answers else role,
        "\n".join(found.texts),
        _named(found),
        tuple(found.answers),
        is_understood=is_told or not found.unknown,
    )


def _named(found: Found) -> tuple[ToolCall, ...]:
    return tuple(call for call in found.calls if call.tool)


def _raised(record: Record) -> Said:
    code = first_text(record, "error_code", "errorCode")
    if not code:
        return Said("")
    told = first_text(record, "error_message", "errorMessage")
    error = f"{code}: {told}" if told else code
    return Said("", answers=(Answer(error, failed=True, stands_alone=False),))


def _claude(record: Record) -> Said | None:
    structured = record.get("structured_output")
    result = record.get("result")
    if "num_turns" in record and record.get("is_error") is not True:
        return Said("assistant", as_text(structured if structured is not None else result))
    return Said("system")
