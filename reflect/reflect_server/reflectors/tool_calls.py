"""
Tool calls in prose: their names and errors, and what became of those that failed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter

from reflect_server.domain.abridge import one_line
from reflect_server.domain.trajectory import ToolCall
from reflect_server.reflectors.tool_arguments import described, differences

_MAX_NAME = 64
_MAX_ERROR = 300
_MAX_QUOTED = 3
_ERROR_WORD = re.compile(r"^\s*error\s*:\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Setback:
    """
    Groups failed calls of a tool, one after the other, with the next one that worked.

    Attributes:
        failed: The last of those that failed.
        worked: The one after it; None where there is none.
        errors: What they were answered, each message once, oldest first.
    """

    failed: ToolCall
    worked: ToolCall | None
    errors: tuple[str, ...]

    def as_open(self) -> str:
        """
        Tell it as one that was not repaired.
        """
        return f"{as_call(self.failed)} failed and was not repaired: {self._told()}"

    def as_overcome(self) -> str:
        """
        Tell it as one that was repaired.
        """
        return f"{as_call(self.failed)} failed at first: {self._told()}"

    def as_needless(self) -> str:
        """
        Tell it as one that was not repaired in a run that passed.
        """
        return (
            f"{name_of(self.failed)} failed with {self._quoted()}, and the run passed without "
            "repairing it."
        )

    def as_advice(self, verb: str) -> str:
        """
        Tell what was done differently when it was repaired; empty where it was not.

        Args:
            verb: What became of the later call, such as `worked`.
        """
        if self.worked is None:
            return ""
        error = f"After {self._quoted()}"
        if self.failed.arguments == self.worked.arguments:
            return f"{error} the same call {verb} when it was repeated: {as_call(self.worked)}"
        changed = differences(self.failed.arguments, self.worked.arguments)
        if changed:
            return f"{error} {name_of(self.worked)} {verb} with {changed}."
        return f"{error} this {verb}: {as_call(self.worked)}"

    def _told(self) -> str:
        *earlier, last = self.errors
        before = f" (before that: {'; '.join(earlier[-_MAX_QUOTED:])})" if earlier else ""
        return f"{last}{before}"

    def _quoted(self) -> str:
        return ", then ".join(f"“{error}”" for error in self.errors[-_MAX_QUOTED:])


def setbacks(calls: Sequence[ToolCall]) -> list[Setback]:
    """
    Return the setbacks of a run, in the order in which they ended.

    Args:
        calls: Its tool calls, oldest first.
    """
    failing: dict[str, list[tuple[int, ToolCall]]] = {}
    found: list[tuple[int, Setback]] = []

    def end(tool: str, worked: ToolCall | None) -> None:
        if tool in failing:
            failed = failing.pop(tool)
            place, last = failed[-1]
            errors = tuple(dict.fromkeys(error_of(call) for _, call in failed))
            found.append((place, Setback(last, worked, errors)))

    for place, call in enumerate(calls):
        if call.worked:
            end(call.tool, call)
        elif call.error is not None:
            failing.setdefault(call.tool, []).append((place, call))
    for tool in list(failing):
        end(tool, None)
    return [setback for _, setback in sorted(found, key=itemgetter(0))]


def name_of(call: ToolCall) -> str:
    """
    Return the name of a call's tool on one line.
    """
    tool = call.tool
    return tool if tool.isidentifier() and len(tool) <= _MAX_NAME else one_line(tool, _MAX_NAME)


def error_of(call: ToolCall) -> str:
    """
    Return the message of a call that failed on one line, without the word that introduces it.
    """
    return one_line(_ERROR_WORD.sub("", call.error or "") or call.error or "", _MAX_ERROR)


def as_call(call: ToolCall) -> str:
    """
    Write a call with its arguments, such as `book_room(nights=3)`.
    """
    return f"{name_of(call)}({described(call.arguments)})"


def as_step(name: str, calls: Sequence[ToolCall]) -> str:
    """
    Write calls of one tool in a row, such as `book_room (3 times, 1 failed)`.

    Args:
        name: The tool's name.
        calls: The calls, at least one.
    """
    count, failed = len(calls), sum(call.error is not None for call in calls)
    facts = [f"{count} times"] if count > 1 else []
    if failed:
        which = "" if count == 1 else "all " if failed == count else f"{failed} "
        facts.append(f"{which}failed")
    return f"{name} ({', '.join(facts)})" if facts else name
