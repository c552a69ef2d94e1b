"""
Reading: each record is given to the readers of the families whose shape it has.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, islice
from typing import Any

from reflect_server.domain.trajectory import (
    blocks,
    chat,
    envelopes,
    events,
    items,
    spans,
    step_records,
)
from reflect_server.domain.trajectory.content import CUT_SHORT, as_text, joined_text, role_of
from reflect_server.domain.trajectory.found import Found
from reflect_server.domain.trajectory.steps import (
    ASSISTANT_ROLES,
    TOOL_ROLES,
    USER_ROLES,
    Said,
    ToolCall,
)

Record = Mapping[str, Any]
"""A record of a run: a message, an event, a step, or a result that holds such."""

_DEEPEST = 8
_SPECIAL = frozenset(
    (
        "_content", "all_messages", "attributes", "author", "blocks", "choices", "contents",
        "conversation", "data", "errorCode", "error_code", "events", "input_messages",
        "isSidechain", "items", "kwargs", "message", "messages", "model_output_message",
        "new_items", "new_messages",
        "output_messages", "parent_tool_use_id", "parts", "raw_item", "response",
        "responseMessages", "source", "step_number", "subtype", "tasks_output", "trajectory",
        "transcript",
    )
)  # fmt: skip  # a list of words
_ITEM = frozenset({"type", "tool", "tool_name"})
_CHAT = frozenset({"tool_calls", "function_call", "invalid_tool_calls"})
_TOLD = ("refusal", "text", "output_text", "summary", "thought", "message")
_LISTED = ("parts", "contents", "blocks", "_content")
_RARE = frozenset({*_LISTED, "additional_kwargs"})
_ENDS = frozenset(
    ("finishReason", "finish_reason", "response_metadata", "stopReason", "stop_reason")
)
_LIMITS = frozenset({"length", "max_tokens", "model_context_window_exceeded"})
_OF_FRAMEWORKS = frozenset(
    (
        "Agent stopped due to iteration limit or time limit.",
        "Agent stopped due to max iterations.",
        "Function invocation limit reached before a final answer could be produced.",
        "Reached max steps.",
        "Sorry, need more steps to process this request.",
    )
)
_LONGEST_OF_FRAMEWORKS = max(map(len, _OF_FRAMEWORKS))
_SPEAKING = ASSISTANT_ROLES | USER_ROLES | TOOL_ROLES
_SILENT = frozenset(
    ("developer", "message", "rate_limit_event", "reasoning", "remove", "result", "stream_event",
     "summary", "system")
)  # fmt: skip  # a list of words


def read(record: Record, *, depth: int = 0) -> Iterable[Said]:
    """
    Read one record by itself.

    Args:
        record: The record. What of it no family knows is passed over and told as not understood: a
            trajectory is evidence, and none of it is ever refused.
        depth: How many records it stands in.
    """
    if not _SPECIAL.isdisjoint(record):
        return _special(record, depth)
    if "role" in record or "type" in record or "content" in record:
        return (_message(record),)
    return _without_role(record, depth)


def records_in(messages: Iterable[Any]) -> Iterable[Any]:
    """
    Return the records of a run, also where its only message is the JSON of one.

    Args:
        messages: The messages.
    """
    each = iter(messages)
    first = list(islice(each, 2))
    if len(first) != 1:
        return chain(first, each)
    told = joined_text(first[0].get("content"))
    is_json = len(first[0]) <= 2 and told[:1] in _JSON_STARTS
    return _run_in(told) or first if is_json else first


_JSON_STARTS = frozenset({"[", "{", '"'})


def _run_in(text: str) -> list[Any]:
    candidate = _parsed(text)
    told = [said for record in candidate for said in read(record)]
    is_run = all(map(_is_of_a_run, told)) and any(
        said.calls or said.answers or (said.role and said.text) for said in told
    )
    return candidate if is_run else []


def _is_of_a_run(said: Said) -> bool:
    return said.is_understood and bool(said.calls or said.answers or said.role in _KNOWN)


_KNOWN = _SPEAKING | _SILENT | {""}


def _parsed(text: str) -> list[Any]:
    try:
        parsed = json.loads(text)
        if isinstance(parsed, str):
            return _parsed(parsed) if parsed.lstrip()[:1] in {"[", "{"} else []
    except (ValueError, RecursionError):
        lines = [line for line in text.splitlines() if line.strip()]
        try:
            parsed = [json.loads(line) for line in lines] if len(lines) > 1 else []
        except (ValueError, RecursionError):
            return []
    listed = parsed if isinstance(parsed, list) else [parsed]
    return listed if all(isinstance(one, dict) for one in listed) else []


def _special(record: Record, depth: int) -> Iterator[Said]:
    inner = envelopes.unwrapped(record) if depth < _DEEPEST else None
    told = None
    if inner is None and depth < _DEEPEST and isinstance(record.get("attributes"), dict):
        told = spans.records(record)
        inner = told and told.records
    if inner is not None:
        yield from _inner(inner, record, depth, is_cut=told is not None and told.is_cut)
    elif "step_number" in record or "model_output_message" in record:
        yield from step_records.smolagents_step(record)
    else:
        said = events.read(record) or _message(record)
        yield said._replace(is_nested=True) if _is_nested(record) else said


def _inner(
    inner: Sequence[Record], record: Record, depth: int, *, is_cut: bool = False
) -> Iterator[Said]:
    is_nested = _is_nested(record)
    for one in inner:
        for said in read(one, depth=depth + 1):
            if is_nested or is_cut:
                yield said._replace(
                    is_nested=is_nested or said.is_nested, is_cut=is_cut or said.is_cut
                )
            else:
                yield said


def _is_nested(record: Record) -> bool:
    return bool(record.get("parent_tool_use_id")) or record.get("isSidechain") is True


def _without_role(record: Record, depth: int) -> Iterator[Said]:
    if step_records.is_numbered(record):
        yield from step_records.numbered(record)
        return
    if depth < _DEEPEST:
        inner = envelopes.unwrapped(record)
        if inner is not None:
            yield from _inner(inner, record, depth)
            return
    if isinstance(record.get("task"), str) or "plan" in record or "system_prompt" in record:
        yield from step_records.task(record)
        return
    yield _message(record)


def _message(record: Record) -> Said:
    found = Found()
    role = role_of(record)
    if role not in _SPEAKING:
        if (event := events.read(record)) is not None:
            return event
        role = _implied_role(record, role)
    content = record.get("content")
    if isinstance(content, list):
        blocks.read(content, found)
    if not _RARE.isdisjoint(record):
        _read_rare(record, found)
    if not _CHAT.isdisjoint(record):
        chat.read_calls(record, found)
    is_item = False
    if role in TOOL_ROLES:
        if not found.answers:
            found.answers.append(chat.answer(record, found.texts))
    elif not _ITEM.isdisjoint(record):
        is_item = items.read(record, role, found)
    if not is_item and "role" not in record and "content" not in record and not _has(found):
        blocks.read([record], found)
    return _said(record, role, content, found, is_item=is_item)


def _read_rare(record: Record, found: Found) -> None:
    for key in _LISTED:
        if key in record:
            blocks.read(record[key], found)
    additional = record.get("additional_kwargs")
    if isinstance(additional, dict) and additional.get("tool_calls"):
        chat.read_calls(additional, found)


def _has(found: Found) -> bool:
    return bool(found.texts or found.calls or found.answers or found.unknown)


def _implied_role(record: Record, role: str) -> str:
    if "_role" in record and isinstance(record["_role"], str):
        return record["_role"].lower()
    kind = record.get("kind")
    if isinstance(kind, str) and "parts" in record:
        return {"response": "assistant", "request": "request"}.get(kind, kind)
    if "parent_tool_use_id" in record and not role:
        return "assistant" if "model" in record else "user"
    if not role and ("finishReason" in record or "stop_reason" in record):
        return "assistant"
    if not role and record.get("status") == "ERROR":
        return "system"  # A run of Agno that ended so has the error as its content.
    return role


def _said(record: Record, role: str, content: object, found: Found, *, is_item: bool) -> Said:
    if found.speaker or role == "request":
        role = found.speaker or "tool"
    is_tool = role in TOOL_ROLES
    if isinstance(content, list) and (is_tool or role == "assistant"):
        text = "\n".join(found.texts) or joined_text(content)
        told = step_records.smolagents_message(role, text)
        if told is not None:
            return told
    calls = tuple(_each_once(found.calls)) if found.calls else ()
    if is_tool and found.answers:
        return Said(role, "", calls, tuple(found.answers))
    text = "\n".join(found.texts) if found.texts else _text(record, content, is_item=is_item)
    if calls and not _ENDS.isdisjoint(record) and _is_cut_short(record):
        calls = (*calls[:-1], replace(calls[-1], error=CUT_SHORT))
    if text or calls or found.answers:
        is_own = len(text) > _LONGEST_OF_FRAMEWORKS or text not in _OF_FRAMEWORKS
        answers = tuple(found.answers)
        return Said(role if is_own else "system", text, calls, answers, is_amid=found.is_amid)
    is_known = not found.unknown and (role in _SPEAKING or role in _SILENT)
    return Said(role, is_understood=is_item or is_known)


def _is_cut_short(record: Record) -> bool:
    about = record.get("response_metadata")
    places = (record, about) if isinstance(about, dict) else (record,)
    told = (place.get(key) for place in places for key in _ENDS)
    return any(isinstance(one, str) and one.lower() in _LIMITS for one in told)


def _text(record: Record, content: object, *, is_item: bool) -> str:
    if isinstance(content, str) and (text := content.strip()):
        return text
    if isinstance(content, dict) and not is_item:
        return as_text(content)
    if isinstance(content, list):
        return ""
    return next((text for key in _TOLD if key in record and (text := joined_text(record[key]))), "")


def _each_once(calls: list[ToolCall]) -> Iterator[ToolCall]:
    """
    Leave out calls without a name, and those that a message has in more than one form.
    """
    if len(calls) == 1:
        if calls[0].tool:
            yield calls[0]
        return
    seen: dict[tuple[str, str], str] = {}
    for call in calls:
        if not call.tool:
            continue
        key = (call.id, call.tool)
        if call.id and key in seen and (call.arguments in _NOTHING or _same(seen[key], call)):
            continue
        if call.id:
            seen[key] = call.arguments
        yield call


_NOTHING = frozenset({"", "{}"})


def _same(arguments: str, call: ToolCall) -> bool:
    if arguments == call.arguments or arguments in _NOTHING:
        return True
    try:
        return bool(json.loads(arguments) == json.loads(call.arguments))
    except (ValueError, RecursionError):
        return False
