"""
Spans: the messages of a run that stand in the attributes of a span, as OpenInference and
OpenTelemetry's conventions for generative AI have them.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, NamedTuple

from reflect_server.domain.trajectory.content import listed

_PLACE = re.compile(
    r"(?:llm\.(input|output)_messages\.(\d{1,9})\.message|gen_ai\.(prompt|completion)\.(\d{1,9}))\."
    r"(.+)"
)
_CALL = re.compile(r"tool_calls\.(\d{1,9})\.(?:tool_call\.)?(?:function\.)?(id|name|arguments)")
_BEFORE = frozenset({"input", "prompt"})
_DROPPED = ("dropped_attributes", "dropped_attributes_count", "droppedAttributesCount")
_CONTENT = re.compile(r"contents\.(\d{1,9})\.message_content\.text")
_ALL = ("gen_ai.input.messages", "gen_ai.output.messages")


class Told(NamedTuple):
    """
    What the attributes of a span tell.

    Attributes:
        records: The messages, oldest first.
        is_cut: Whether the first ones are missing.
    """

    records: list[dict[str, Any]]
    is_cut: bool


def records(span: Mapping[str, Any]) -> Told | None:
    """
    Return the messages in the attributes of a span; None where there are none.

    Args:
        span: The span; its `attributes` are an object.
    """
    attributes = span["attributes"]
    dropped = any(isinstance(n := span.get(key), int) and n > 0 for key in _DROPPED)
    whole = [message for key in _ALL for message in _parsed(attributes.get(key))]
    if whole:
        return Told(whole, dropped)
    before: defaultdict[int, dict[str, Any]] = defaultdict(dict)
    after: defaultdict[int, dict[str, Any]] = defaultdict(dict)
    for key, value in attributes.items():
        found = _PLACE.fullmatch(key) if isinstance(key, str) else None
        if found:
            numbered = before if (found[1] or found[3]) in _BEFORE else after
            numbered[int(found[2] or found[4])][found[5]] = value
    if not before and not after:
        return None
    ordered = [*sorted(before.items()), *sorted(after.items())]
    is_cut = dropped or (bool(before) and min(before) > 0)
    return Told([_message(fields) for _, fields in ordered], is_cut)


def _message(fields: Mapping[str, Any]) -> dict[str, Any]:
    message: dict[str, Any] = {
        "role": fields.get("role") or "assistant",
        "content": fields.get("content"),
    }
    calls: defaultdict[int, dict[str, Any]] = defaultdict(dict)
    texts: dict[int, str] = {}
    for key, value in fields.items():
        if found := _CALL.fullmatch(key):
            calls[int(found[1])][found[2]] = value
        elif (found := _CONTENT.fullmatch(key)) and isinstance(value, str):
            texts[int(found[1])] = value
    if calls:
        message["tool_calls"] = [call for _, call in sorted(calls.items())]
    if texts and message["content"] is None:
        message["content"] = "\n".join(text for _, text in sorted(texts.items()))
    for key in ("tool_call_id", "name"):
        if fields.get(key):
            message[key] = fields[key]
    return message


def _parsed(value: object) -> list[dict[str, Any]]:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return []
    return listed(value) if isinstance(value, list) else []
