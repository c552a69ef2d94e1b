"""
Records of whole steps: a thought, calls and what came of them in one, as smolagents and DSPy write
them.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from reflect_server.domain.trajectory.content import (
    as_text,
    call_of,
    first_text,
    joined_text,
    listed,
    message_in,
)
from reflect_server.domain.trajectory.steps import Answer, Said, ToolCall

Record = Mapping[str, Any]
"""A record of a run."""

_FINAL = "final_answer"
_NUMBERED = re.compile(r"(thought|tool_name|tool_args|observation)_(\d{1,9})")
_CALLING = "Calling tools:"
_OBSERVATION = "Observation:"
_ERROR = "Error:"
_RETRYING = "\nNow let's retry: "
_LONGEST_LITERAL = 200_000


def is_numbered(record: Record) -> bool:
    """
    Say whether a record is a run of DSPy: steps under keys with numbers.

    Args:
        record: The record.
    """
    return any(isinstance(key, str) and _NUMBERED.fullmatch(key) for key in record)


def numbered(record: Record) -> Iterator[Said]:
    """
    Read a run of DSPy, by the numbers that are there.

    Args:
        record: The run.
    """
    numbers = sorted({
        int(found[2]) for key in record if isinstance(key, str)
        and (found := _NUMBERED.fullmatch(key))
    })  # fmt: skip  # a set
    is_cut = bool(numbers) and numbers[0] > 0
    for number in numbers:
        thought = as_text(record.get(f"thought_{number}"))
        name = as_text(record.get(f"tool_name_{number}"))
        if name in {"", "finish"}:
            yield Said("reasoning", thought, is_cut=is_cut)
            continue
        call = ToolCall(name, as_text(record.get(f"tool_args_{number}")))
        observation = f"observation_{number}"
        answers = (Answer(as_text(record[observation]), name),) if observation in record else ()
        yield Said("reasoning", thought, (call,), answers, is_cut=is_cut)


def _call_of(raw: Record) -> ToolCall:
    return call_of(raw, is_free_text=True)  # Of an agent that writes code, it is the program.


def smolagents_step(record: Record) -> Iterator[Said]:
    """
    Read an action of smolagents.

    Its calls stand in `tool_calls`, or, where one failed, in the model's message alone.

    Args:
        record: The step.
    """
    written = record.get("model_output_message")
    asked = listed(written.get("tool_calls") or []) if isinstance(written, dict) else []
    made = [call for call in map(_call_of, listed(record.get("tool_calls") or [])) if call.tool]
    known = {call.id for call in made}
    calls = [*made, *(call for call in map(_call_of, asked) if call.tool and call.id not in known)]
    role, text = "reasoning", as_text(record.get("model_output"))
    error = record.get("error")
    is_final = record.get("is_final_answer") is True
    if is_final or any(call.tool == _FINAL for call in calls):
        stated = record.get("action_output")
        final = next((call for call in calls if call.tool == _FINAL), None)
        role, text = "assistant", as_text(stated) if stated is not None else _only_text(final)
        calls = [call for call in calls if call.tool != _FINAL]
    elif not calls and record.get("action_output") is not None:
        role, text = "assistant", as_text(record["action_output"])
    answers = list(_answers(calls, record.get("observations"), error))
    yield Said(role, text, tuple(calls), tuple(answers))


def smolagents_message(role: str, text: str) -> Said | None:
    """
    Read a message of smolagents, in which calls and observations are texts.

    Args:
        role: Who speaks: the assistant or a tool.
        text: The text.

    Returns:
        What it says; None where it is no such message.
    """
    if text.startswith(_CALLING):
        calls = [call for call in map(_call_of, _literal(text[len(_CALLING) :])) if call.tool]
        final = next((call for call in calls if call.tool == _FINAL), None)
        others = tuple(call for call in calls if call is not final)
        return Said("assistant", _only_text(final), others)
    if role == "tool" and text.startswith(_OBSERVATION):
        told = text[len(_OBSERVATION) :].strip()
        return Said("tool", "", (), (Answer(told, failed=False, stands_alone=False),))
    if role == "tool" and text.startswith(_ERROR):
        told = text[len(_ERROR) :].partition(_RETRYING)[0].strip()
        called = _EXECUTED.match(told)
        if called is None:
            return Said("tool", "", (), (Answer(told, failed=True, stands_alone=False),))
        call = ToolCall(called[1], _as_json(called[2]))
        return Said("tool", "", (call,), (Answer(told, called[1], failed=True),))
    return None


_EXECUTED = re.compile(r"Error executing tool '([^']+)' with arguments (.*?): \w+: ", re.DOTALL)


def _answers(calls: list[ToolCall], observations: object, error: object) -> Iterator[Answer]:
    told = as_text(observations)
    if error:
        message = message_in(error)
        named = [call for call in calls if f"'{call.tool}'" in message] or calls[-1:]
        for call in named[-1:]:
            yield Answer(message, call.tool, call.id, failed=True)
        return
    if len(calls) == 1:
        yield Answer(told, calls[0].tool, calls[0].id, failed=False)
        return
    lines = told.splitlines()
    if len(lines) != len(calls):
        lines = [told] * len(calls)  # Whose each line is cannot be told.
    for call, line in zip(calls, lines, strict=True):
        yield Answer(line, call.tool, call.id, failed=False)


def _only_text(call: ToolCall | None) -> str:
    if call is None:
        return ""
    try:
        parsed = json.loads(call.arguments)
    except (ValueError, RecursionError):
        return call.arguments
    if isinstance(parsed, dict) and len(parsed) == 1:
        return as_text(next(iter(parsed.values())))
    return as_text(parsed)


def _literal(text: str) -> list[dict[str, Any]]:
    if len(text) > _LONGEST_LITERAL:
        return []
    try:
        return listed(ast.literal_eval(text.strip()))
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return []


def _as_json(text: str) -> str:
    if len(text) > _LONGEST_LITERAL:
        return text
    try:
        return json.dumps(ast.literal_eval(text), ensure_ascii=False)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return text


def task(record: Record) -> Iterator[Said]:
    """
    Read what is no action of smolagents: the task, a plan, or the system's prompt.

    Args:
        record: The step.
    """
    text = first_text(record, "task", "system_prompt") or joined_text(record.get("plan"))
    yield Said("user" if "task" in record else "system", text)
