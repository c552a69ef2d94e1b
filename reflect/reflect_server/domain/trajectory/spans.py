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

_PLACE = re.compile(r"llm\.(input|output)_messages\.(\d{1,9})\.message\.(.+)")
_CALL = re.compile(r"tool_calls\.(\d{1,9})\.tool_call\.(id|function\.name|function\.arguments)")
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


def records(attributes: Mapping[str, Any]) -> Told | None:
    """
    Return the messages in the attributes of a span; None where there are none.

    Args:
        attributes: The attributes.
    """
    whole = [message for key in _ALL for message in _parsed(attributes.get(key))]
    if whole:
        return Told(whole, is_cut=False)
    inputs: defaultdict[int, dict[str, Any]] = defaultdict(dict)
    outputs: defaultdict[int, dict[str, Any]] = defaultdict(dict)
    for key, value in attributes.items():
        found = _PLACE.fullmatch(key) if isinstance(key, str) else None
        if found:
            (inputs if found[1] == "input" else outputs)[int(found[2])][found[3]] = value
    if not inputs and not outputs:
        return None
    numbered = [*sorted(inputs.items()), *sorted(outputs.items())]
    is_cut = bool(inputs) and min(inputs) > 0
    return Told([_message(fields) for _, fields in numbered], is_cut)


def _message(fields: Mapping[str, Any]) -> dict[str, Any]:
    message: dict[str, Any] = {
        "role": fields.get("role") or "assistant",
        "content": fields.get("content"),
    }
    calls: defaultdict[int, dict[str, Any]] = defaultdict(dict)
    texts: dict[int, str] = {}
    for key, value in fields.items():
        if found := _CALL.fullmatch(key):
            calls[int(found[1])][found[2].removeprefix("function.")] = value
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
