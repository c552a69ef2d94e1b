"""
Reading: each message is given to the readers of the families whose shape it has.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reflect_server.domain.trajectory import chat, content_blocks, objects, parts
from reflect_server.domain.trajectory.content import body_of, call_of, result_of, said_in
from reflect_server.domain.trajectory.steps import TOOL_ROLES, Step, ToolCall

_CHAT = frozenset({"tool_calls", "function_call"})
_OBJECT = frozenset({"type", "tool", "tool_name"})


def read(message: Mapping[str, Any]) -> Step:
    """
    Read one message by itself.

    Args:
        message: The message. What of it no family knows is passed over: a trajectory is evidence,
            and none of it is ever refused.
    """
    role, text = said_in(message)
    body = message if "data" not in message else body_of(message)
    results = tuple(_results(message, body, role))
    is_answer = bool(results) and role in TOOL_ROLES
    return Step(
        role=role,
        text="" if is_answer else text,
        calls=tuple(_each_once(_calls(message, body))),
        results=results,
    )


def _calls(message: Mapping[str, Any], body: Mapping[str, Any]) -> Iterator[ToolCall]:
    if not _CHAT.isdisjoint(body):
        yield from chat.calls(body)
    if isinstance(body.get("content"), list):
        yield from content_blocks.calls(body)
    if not _OBJECT.isdisjoint(message) and objects.is_call(message):
        yield call_of(message)
    if "parts" in message:
        yield from parts.calls(message)


def _results(message: Mapping[str, Any], body: Mapping[str, Any], role: str) -> Iterator[ToolCall]:
    if isinstance(body.get("content"), list):
        yield from content_blocks.results(body)
    if "parts" in message:
        yield from parts.results(message)
    if role in TOOL_ROLES:
        yield result_of(body)
    elif not _OBJECT.isdisjoint(message):
        if objects.is_output(message):
            yield result_of(body)
        elif objects.is_call_with_result(message):
            yield result_of(message)


def _each_once(calls: Iterator[ToolCall]) -> Iterator[ToolCall]:
    """
    Leave out calls without a name, and those that a message has in more than one form.
    """
    seen: set[str] = set()
    for call in calls:
        if call.tool and call.id not in seen:
            yield call
        if call.id:
            seen.add(call.id)
