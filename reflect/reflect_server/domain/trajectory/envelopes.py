"""
Envelopes: records that hold other records, such as the result of a run with its messages.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from reflect_server.domain.trajectory.content import first_text, listed

Record = Mapping[str, Any]
"""A record of a run."""

_LISTS = ("messages", "tasks_output", "responseMessages", "choices", "new_items", "all_messages",
          "new_messages", "input_messages", "output_messages", "transcript", "items", "trajectory",
          "events", "conversation")  # fmt: skip  # a list of words
_SPEAKING = frozenset({"blocks", "content", "messages", "role"})
_SPOKEN = ("role", "kind", "tool", "tool_name")


def unwrapped(record: Record) -> Sequence[Record] | None:
    """
    Return the records that a record holds, oldest first; None where it holds none.

    Args:
        record: The record.
    """
    item = record.get("raw_item")
    if isinstance(item, dict):
        return [item]
    for key, of_one in _ONE.items():
        inner = record.get(key)
        if isinstance(inner, dict) and (found := of_one(record, inner)) is not None:
            return [found]
    if first_text(record, *_SPOKEN):
        return None
    return _of_lists(record)


def _of_lists(record: Record) -> Sequence[Record] | None:
    for key in _LISTS:
        inner = record.get(key)
        if isinstance(inner, list) and inner and all(isinstance(one, dict) for one in inner):
            return [*_members(record), *inner, *_stated(record)]
    trajectory = record.get("trajectory")
    if isinstance(trajectory, dict):  # A prediction of DSPy.
        return [trajectory, *_stated(record)]
    response = record.get("response")
    if isinstance(response, dict) and not _SPEAKING.isdisjoint(response):
        before = listed(record.get("tool_calls") or []) + listed(record.get("steps") or [])
        return [*before, response]
    inner = record.get("output")
    if isinstance(inner, list) and record.get("object") == "response":
        return listed(inner)
    return _of_nodes(record)


def _of_nodes(record: Record) -> Sequence[Record] | None:
    values = [value for value in record.values() if isinstance(value, dict) and "messages" in value]
    if not values or len(values) < len(record):
        return None
    return values  # An update of LangGraph, by the nodes' names.


def _members(record: Record) -> list[Record]:
    members = listed(record.get("member_responses") or [])
    return [{**member, "parent_tool_use_id": "member"} for member in members]


def _stated(record: Record) -> list[Record]:
    stated = record.get("structured_response")
    if stated is None and isinstance(record.get("trajectory"), dict):
        stated = record.get("answer") or _only_output(record)
    if stated is None:
        return []
    text = (
        stated if isinstance(stated, str) else json.dumps(stated, ensure_ascii=False, default=str)
    )
    return [{"role": "assistant", "content": text}]


def _only_output(record: Record) -> object:
    others = [value for key, value in record.items() if key not in {"trajectory", "reasoning"}]
    return others[0] if len(others) == 1 else None


def _of_constructor(record: Record, inner: Record) -> Record | None:
    if record.get("lc") is None:
        return None
    path = record.get("id")
    name = path[-1] if isinstance(path, list) and path and isinstance(path[-1], str) else ""
    kind = name.removesuffix("Chunk").removesuffix("Message").lower()
    return {"type": kind, **inner}


def _of_langchain(record: Record, inner: Record) -> Record | None:
    if "content" in record or "subtype" in record or not isinstance(record.get("type"), str):
        return None
    return {"type": record["type"], **inner}


def _of_stream(record: Record, inner: Record) -> Record | None:
    if "content" in record or isinstance(record.get("role"), str):
        return None
    role = first_text(inner, "role", "type") or first_text(record, "type")
    parent = record.get("parent_tool_use_id")
    told = {"parent_tool_use_id": parent, "finish_reason": record.get("finish_reason")}
    return {**inner, "role": role, **{key: value for key, value in told.items() if value}}


_ONE = {
    "kwargs": _of_constructor,
    "data": _of_langchain,
    "message": _of_stream,
}
