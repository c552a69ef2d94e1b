"""
Steps: the messages of a run as they are read, and tool calls paired with their results.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

Message = dict[str, Any]
"""One step of a trajectory: a message of an agent's run, free-form JSON."""

ASSISTANT_ROLES = frozenset({"assistant", "ai", "model", "agent"})
"""Roles in which the agent speaks."""

USER_ROLES = frozenset({"user", "human"})
"""Roles in which whoever the agent works for speaks."""

TOOL_ROLES = frozenset({"tool", "function"})
"""Roles in which a tool answers."""


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
        id: What the call is known by in its run; empty where it has no id. Calls are compared
            without it.
    """

    tool: str
    arguments: str = ""
    result: str | None = None
    error: str | None = None
    id: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Step:
    """
    One message of a run, read.

    Attributes:
        role: Who speaks, such as `assistant`, in small letters; empty where the message does not
            say.
        text: What is said, without tool calls, tool results and images.
        calls: The tools called.
        results: What tools answered; of each call only `tool`, `result`, `error` and `id` are
            known.
    """

    role: str
    text: str
    calls: tuple[ToolCall, ...] = ()
    results: tuple[ToolCall, ...] = ()


def paired(steps: Iterable[Step]) -> tuple[ToolCall, ...]:
    """
    Return the tool calls of a run in the order in which they were made, with their results.

    A result belongs to the latest open call with its id, otherwise to the oldest open call of its
    tool, otherwise, if it names no tool, to the oldest open call of all.

    Args:
        steps: The steps of the run, oldest first.
    """
    calls: list[ToolCall] = []
    open_calls = _OpenCalls()
    for step in steps:
        for call in step.calls:
            open_calls.add(len(calls), call)
            calls.append(call)
        for answer in step.results:
            index = open_calls.take(answer)
            if index is None:
                calls.append(answer)
            else:
                calls[index] = replace(calls[index], result=answer.result, error=answer.error)
    return tuple(calls)


class _OpenCalls:
    """
    The calls that have no result yet, found without a search: a long run makes thousands of them.
    """

    def __init__(self) -> None:
        self._open: set[int] = set()
        self._in_order: deque[int] = deque()
        self._by_tool: defaultdict[str, deque[int]] = defaultdict(deque)
        self._by_id: defaultdict[str, deque[int]] = defaultdict(deque)

    def add(self, index: int, call: ToolCall) -> None:
        self._open.add(index)
        for waiting in (self._in_order, self._by_tool[call.tool], self._by_id[call.id]):
            waiting.append(index)

    def take(self, answer: ToolCall) -> int | None:
        index = self._next(self._by_id[answer.id], newest=True) if answer.id else None
        if index is None:
            index = self._next(self._by_tool[answer.tool] if answer.tool else self._in_order)
        return index

    def _next(self, waiting: deque[int], *, newest: bool = False) -> int | None:
        while waiting:
            index = waiting.pop() if newest else waiting.popleft()
            if index in self._open:
                self._open.remove(index)
                return index
        return None
