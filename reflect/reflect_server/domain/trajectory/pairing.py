"""
Pairing: the tool calls of a run with what came of them.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from reflect_server.domain.trajectory.content import CUT_SHORT, UNREADABLE
from reflect_server.domain.trajectory.outcomes import error_of, passed_over
from reflect_server.domain.trajectory.steps import (
    ASSISTANT_ROLES,
    Answer,
    Reading,
    Said,
    Step,
    ToolCall,
)

_NOT_AS_IT_STANDS = frozenset({CUT_SHORT, UNREADABLE})
_TAKEN = ("Final result processed.", "Returning structured response: ")


class Run(NamedTuple):
    """
    A run, read.

    Attributes:
        steps: Its steps, oldest first.
        calls: Its tool calls in the order in which they were made, with their results.
        reading: How it was read.
    """

    steps: tuple[Step, ...]
    calls: tuple[ToolCall, ...]
    reading: Reading


def paired(records: Iterable[Said]) -> Run:
    """
    Pair the tool calls of a run with their results.

    A result belongs to the latest open call with its id, otherwise to the oldest open call of its
    tool, otherwise, if it names no tool, to the oldest open call of all. A result with the id of a
    call that has one is that of the same call, made again.

    Args:
        records: What the records of the run say, oldest first.
    """
    pairing = _Pairing()
    for said in records:
        pairing.take(said)
    return pairing.run()


def final_response_of(backwards: Iterable[Said] | Iterable[Step]) -> str:
    """
    Return the last text that the agent said, or an empty one.

    Args:
        backwards: The steps of the run, or what its records say, newest first.
    """
    fallback, has_roles = "", False
    taken: set[str] = set()
    for said in backwards:
        has_roles = has_roles or bool(said.role)
        if isinstance(said, Said):
            taken.update(one.id or one.tool for one in said.answers if one.text.startswith(_TAKEN))
            for call in said.calls if taken else ():
                if call.id in taken or call.tool in taken:
                    return call.arguments
        if said.is_nested or not said.text:
            continue
        if said.role in ASSISTANT_ROLES:
            return said.text
        fallback = fallback or said.text
    return "" if has_roles else fallback


class _Pairing:
    def __init__(self) -> None:
        self._steps: list[Step] = []
        self._calls: list[ToolCall | None] = []
        self._made_in: list[int] = []
        self._open_calls = _OpenCalls()
        self._closed: dict[str, int] = {}
        self._stating: set[str] = set()
        self._not_understood = 0
        self._is_cut = False

    def take(self, said: Said) -> None:
        number = len(self._steps)
        self._not_understood += not said.is_understood
        self._is_cut = self._is_cut or said.is_cut or (said.is_amid and not number)
        for call in said.calls:
            self._open_calls.add(len(self._calls), call)
            self._calls.append(call)
            self._made_in.append(number)
        results: tuple[ToolCall, ...] = ()
        if said.answers:
            found = [self._answered(answer, number) for answer in said.answers]
            results = tuple([result for result in found if result is not None])
        self._steps.append(Step(said.role, said.text, said.calls, results, said.is_nested))

    def run(self) -> Run:
        calls = tuple(
            call for call in self._calls if call is not None and call.tool not in self._stating
        )
        failures = sum(call.error is not None for call in calls)
        reading = Reading(
            len(self._steps), len(calls), failures, self._not_understood, self._is_cut
        )
        return Run(tuple(self._steps), calls, reading)

    def _answered(self, answer: Answer, number: int) -> ToolCall | None:
        index = self._open_calls.take(answer)
        if index is None:
            return self._again(answer, number)
        call = self._calls[index]
        if call is None:
            return None
        if answer.id:
            self._closed[answer.id] = index
        if answer.text.startswith(_TAKEN):
            self._state(index, call)
            return None
        result = self._calls[index] = _with_result(call, answer)
        return result

    def _again(self, answer: Answer, number: int) -> ToolCall | None:
        if not answer.stands_alone:
            return None
        first = self._closed.get(answer.id) if answer.id else None
        call = None if first is None else self._calls[first]
        if call is None:
            if not self._calls:
                self._is_cut = True
            call = ToolCall(answer.tool, id=answer.id)
        elif call.result == answer.text:
            return call  # The same result, told twice.
        result = _with_result(call, answer)
        self._calls.append(result)
        self._made_in.append(number)
        return result

    def _state(self, index: int, call: ToolCall) -> None:
        """
        Make a call that states the final answer what the agent said.
        """
        self._calls[index] = None
        self._stating.add(call.tool)
        number = self._made_in[index]
        step = self._steps[number] if number < len(self._steps) else None
        if step is not None:
            others = tuple(other for other in step.calls if other is not call)
            self._steps[number] = replace(step, text=call.arguments, calls=others)


def _with_result(call: ToolCall, answer: Answer) -> ToolCall:
    ran = answer.failed is True or not passed_over(answer.text)
    error = error_of(answer, call) if ran else None
    if error is None and call.error in _NOT_AS_IT_STANDS:
        error = call.error
    tool, call_id = call.tool or answer.tool, call.id or answer.id
    return ToolCall(tool, call.arguments, answer.text, error, call_id, ran)


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
        self._in_order.append(index)
        self._by_tool[call.tool].append(index)
        if call.id:
            self._by_id[call.id].append(index)

    def take(self, answer: Answer) -> int | None:
        if answer.id and answer.id in self._by_id:
            return self._next(self._by_id[answer.id], newest=True)
        return self._next(self._by_tool[answer.tool] if answer.tool else self._in_order)

    def _next(self, waiting: deque[int], *, newest: bool = False) -> int | None:
        while waiting:
            index = waiting.pop() if newest else waiting.popleft()
            if index in self._open:
                self._open.remove(index)
                return index
        return None
