"""
Reads what an agent did out of a trajectory, whatever framework wrote it.

Understood are the messages of OpenAI's chat and Responses APIs, Anthropic's content blocks,
Gemini's parts, LangChain's messages, and plain objects with keys such as `tool` and `output`. What
is not understood is passed over: a trajectory is evidence, and none of it is ever refused.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from reflect_server.domain.entities import Message

_ASSISTANT_ROLES = frozenset({"assistant", "ai", "model", "agent"})
_USER_ROLES = frozenset({"user", "human"})
_TOOL_ROLES = frozenset({"tool", "function"})
_TEXT_BLOCKS = frozenset({"text", "input_text", "output_text"})
_CALL_TYPES = frozenset({"tool_call", "tool_use", "function_call", "custom_tool_call"})
_ARGUMENT_KEYS = ("arguments", "args", "input", "tool_input", "action_input")
_RESULT_KEYS = ("output", "result", "observation", "content", "error")
_TRACEBACK = "Traceback (most recent call last)"
_ERROR_START = re.compile(r"\s*(?:[\w.]*(?:error|exception)|fatal|failure)\s*:", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ToolCall:
    """
    One call of a tool, with what came of it.

    Attributes:
        tool: The tool's name; empty where the trajectory has an answer but not the call.
        arguments: The arguments, as JSON or as the text that the agent wrote.
        result: The tool's answer as text; None where the trajectory has none.
        error: The message of an answer that looks like an error: it is marked as one, it is an
            object with an `error`, it begins like `Error:` or `ValueError:`, or it holds a Python
            traceback. None for any other.
    """

    tool: str
    arguments: str = ""
    result: str | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """
    One message of a run, read.

    Attributes:
        role: Who speaks, such as `assistant`, in small letters; empty where the message does not
            say.
        text: What is said.
        calls: The tools called.
        results: What tools answered; of each call only `tool`, `result` and `error` are known.
    """

    role: str
    text: str
    calls: tuple[ToolCall, ...]
    results: tuple[ToolCall, ...]


def parse(trajectory: str | Sequence[Any]) -> list[Message]:
    """
    Bring a trajectory into a list of messages.

    Args:
        trajectory: A list of messages, the same list as JSON text, or plain text that sums the run
            up.

    Returns:
        The messages. Plain text becomes one message of the assistant, and so does each member of a
        list that is not an object.
    """
    if not isinstance(trajectory, str):
        return [_message(member) for member in trajectory]
    try:
        parsed = json.loads(trajectory)
    except (ValueError, RecursionError):
        parsed = None
    if isinstance(parsed, list) and all(isinstance(member, dict) for member in parsed):
        return parsed
    return [_message(trajectory)]


def _message(member: object) -> Message:
    if isinstance(member, dict):
        return member
    return {"role": "assistant", "content": _as_text(member)}


def text_of(message: Mapping[str, Any]) -> str:
    """
    Return the readable text of a message, without its tool calls, tool results and images.

    Args:
        message: The message.
    """
    body = _body(message)
    for key in ("content", "parts", "text", "output_text", "summary", "thought"):
        text = _joined_text(body.get(key))
        if text:
            return text
    return ""


def final_response(messages: Sequence[Mapping[str, Any]]) -> str:
    """
    Return the text of the last message in which the agent said something, or an empty string.

    Where no message names a role, the last one with text counts.

    Args:
        messages: The messages of the run, oldest first.
    """
    has_roles = any(_role(message) for message in messages)
    for message in reversed(messages):
        if not has_roles or _role(message) in _ASSISTANT_ROLES:
            text = text_of(message)
            if text:
                return text
    return ""


def closing_report(messages: Sequence[Mapping[str, Any]]) -> str:
    """
    Return what the agent said in its turn after the last tool answered, or `final_response`.

    In a conversation the last message is often a farewell, and the outcome stands before it.

    Args:
        messages: The messages of the run, oldest first.
    """
    report, in_turn = "", False
    for message in messages:
        if any(True for _ in _results_in(message)):
            report, in_turn = "", True
        elif _role(message) in _ASSISTANT_ROLES:
            if in_turn:
                report = text_of(message) or report
        elif _role(message) in _USER_ROLES:
            in_turn = in_turn and not report
    return report or final_response(messages)


def tool_calls(messages: Sequence[Mapping[str, Any]]) -> tuple[ToolCall, ...]:
    """
    Return the tool calls of a run in the order in which they were made, with their results.

    A result belongs to the latest open call with its id, otherwise to the oldest open call of its
    tool, otherwise, if it names no tool, to the oldest open call of all.

    Args:
        messages: The messages of the run, oldest first.
    """
    calls: list[ToolCall] = []
    open_calls = _OpenCalls()
    for message in messages:
        for call_id, call in _calls_in(message):
            open_calls.add(len(calls), call_id, call.tool)
            calls.append(call)
        for call_id, answer in _results_in(message):
            index = open_calls.take(call_id, answer.tool)
            if index is None:
                calls.append(answer)
            else:
                calls[index] = replace(calls[index], result=answer.result, error=answer.error)
    return tuple(calls)


def tools_used(messages: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """
    Return the names of the tools that the run called, in order of first use.

    Args:
        messages: The messages of the run, oldest first.
    """
    return tuple(dict.fromkeys(call.tool for call in tool_calls(messages) if call.tool))


def steps(messages: Sequence[Mapping[str, Any]]) -> Iterator[Step]:
    """
    Read the messages of a run one by one, each by itself.

    Args:
        messages: The messages of the run, oldest first.
    """
    for message in messages:
        results = tuple(answer for _, answer in _results_in(message))
        yield Step(
            role=_role(message),
            text="" if results and _role(message) in _TOOL_ROLES else text_of(message),
            calls=tuple(call for _, call in _calls_in(message)),
            results=results,
        )


def _body(message: Mapping[str, Any]) -> Mapping[str, Any]:
    data = message.get("data")
    return data if isinstance(data, dict) and "content" not in message else message


def _role(message: Mapping[str, Any]) -> str:
    role = message.get("role") or message.get("type")
    return role.lower() if isinstance(role, str) else ""


def _joined_text(content: object) -> str:
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


def _is_text_block(block: object) -> bool:
    if not isinstance(block, dict):
        return False
    kind = block.get("type", "text")
    return isinstance(kind, str) and kind in _TEXT_BLOCKS


def _as_text(value: object) -> str:
    if isinstance(value, str):
        return value.strip()
    if value is None:
        return ""
    text = _joined_text(value)
    if text:
        return text
    try:
        return json.dumps(value, ensure_ascii=False, default=str)
    except (ValueError, RecursionError):
        return ""


def _blocks(message: Mapping[str, Any]) -> list[dict[str, Any]]:
    content = _body(message).get("content")
    return [b for b in content if isinstance(b, dict)] if isinstance(content, list) else []


def _in_parts(message: Mapping[str, Any], *keys: str) -> list[dict[str, Any]]:
    """
    Return what the parts of a message of Gemini have under one of some keys.
    """
    parts = _listed(message.get("parts"))
    return [member for part in parts for key in keys for member in _listed(part.get(key))]


def _listed(value: object) -> list[dict[str, Any]]:
    members = value if isinstance(value, list) else [value]
    return [member for member in members if isinstance(member, dict)]


def _calls_in(message: Mapping[str, Any]) -> Iterator[tuple[str, ToolCall]]:
    body = _body(message)
    listed: list[Mapping[str, Any]] = []
    listed += _listed(body.get("tool_calls")) + _listed(body.get("function_call"))
    listed += [block for block in (*_blocks(message), message) if _is_call(block)]
    listed += _in_parts(message, "function_call", "functionCall")
    seen: set[str] = set()
    for raw in listed:
        function = raw.get("function")
        source = function if isinstance(function, dict) else raw
        name = _first_text(source, "name", "tool", "tool_name")
        call_id = _call_id(raw)
        if name and call_id not in seen:
            yield call_id, ToolCall(tool=name, arguments=_as_text(_first(source, _ARGUMENT_KEYS)))
        if call_id:
            seen.add(call_id)


def _is_call(block: Mapping[str, Any]) -> bool:
    kind = block.get("type")
    if isinstance(kind, str) and (kind in _CALL_TYPES or kind.endswith("_tool_use")):
        return True
    plain = _first_text(block, "tool", "tool_name")
    return bool(plain) and _role(block) not in _TOOL_ROLES


def _results_in(message: Mapping[str, Any]) -> Iterator[tuple[str, ToolCall]]:
    body = _body(message)
    for block in _blocks(message):
        kind = block.get("type")
        if isinstance(kind, str) and kind.endswith("tool_result"):
            yield _result(block)
    for answer in _in_parts(message, "function_response", "functionResponse"):
        yield _result({"output": answer.get("response"), **answer})
    kind = message.get("type")
    is_output = isinstance(kind, str) and kind.endswith("call_output")
    is_plain = _is_call(message) and _first(message, _RESULT_KEYS) is not None
    if _role(message) in _TOOL_ROLES or is_output:
        yield _result(body)
    elif is_plain and not is_output:
        yield _result(message)


def _result(raw: Mapping[str, Any]) -> tuple[str, ToolCall]:
    text = _as_text(_first(raw, _RESULT_KEYS))
    marked = raw.get("is_error") is True or raw.get("status") == "error"
    error = _error_in(raw.get("error")) if raw.get("error") else _error_message(text)
    if error is None and marked:
        error = text or "The tool reported an error without a message."
    name = _first_text(raw, "name", "tool", "tool_name")
    return _call_id(raw), ToolCall(tool=name, result=text, error=error)


def _error_message(text: str) -> str | None:
    if text.startswith("{"):
        try:
            parsed = json.loads(text)
        except (ValueError, RecursionError):
            parsed = None
        if isinstance(parsed, dict):
            return _error_in(parsed.get("error") or parsed.get("exception"))
    if _TRACEBACK in text:
        return text.rstrip().rsplit("\n", 1)[-1].strip()
    return text if _ERROR_START.match(text) else None


def _error_in(value: object) -> str | None:
    if not value:
        return None
    if isinstance(value, dict):
        message = _first_text(value, "message", "detail", "error")
        if message:
            return message
    return "The tool reported an error." if value is True else _as_text(value) or None


def _first(source: Mapping[str, Any], keys: Sequence[str]) -> object:
    return next((source[key] for key in keys if source.get(key) is not None), None)


def _first_text(source: Mapping[str, Any], *keys: str) -> str:
    for key in keys:
        value = source.get(key)
        if isinstance(value, str) and value.strip():
            return value.strip()
    return ""


def _call_id(raw: Mapping[str, Any]) -> str:
    return _first_text(raw, "tool_call_id", "tool_use_id", "call_id", "id")


class _OpenCalls:
    """
    The calls that have no result yet, found without a search: a long run makes thousands of them.
    """

    def __init__(self) -> None:
        self._open: set[int] = set()
        self._in_order: deque[int] = deque()
        self._by_tool: defaultdict[str, deque[int]] = defaultdict(deque)
        self._by_id: defaultdict[str, deque[int]] = defaultdict(deque)

    def add(self, index: int, call_id: str, tool: str) -> None:
        self._open.add(index)
        for waiting in (self._in_order, self._by_tool[tool], self._by_id[call_id]):
            waiting.append(index)

    def take(self, call_id: str, tool: str) -> int | None:
        index = self._next(self._by_id[call_id], newest=True) if call_id else None
        if index is None:
            index = self._next(self._by_tool[tool] if tool else self._in_order)
        return index

    def _next(self, waiting: deque[int], *, newest: bool = False) -> int | None:
        while waiting:
            index = waiting.pop() if newest else waiting.popleft()
            if index in self._open:
                self._open.remove(index)
                return index
        return None
