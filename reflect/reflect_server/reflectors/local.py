"""
A reflector that needs no language model: it reports what the trace itself says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from reflect_server.domain import trajectory
from reflect_server.domain.model import Reflection, ReviewResult, Trace
from reflect_server.domain.trajectory import ToolCall
from reflect_server.reflectors.abridge import abridged, one_line
from reflect_server.reflectors.answers import substance
from reflect_server.reflectors.arguments import described, differences

MAX_SUMMARY = 240
"""Longest summary, in characters."""

MAX_FIELD = 4_000
"""Longest mistake, action and guidance each, in characters."""

MAX_FEEDBACK = 2_000
"""How much of the feedback is quoted, in characters; up to here it is verbatim."""

MAX_MISTAKE_FEEDBACK = 400
"""How much of the feedback `key_mistake` repeats, in characters."""

MAX_REFERENCE = 1_000
"""How much of the reference, and of a stated final answer, is quoted, in characters."""

MAX_REPORT = 500
"""How much of an answer that was found in the trajectory is quoted, in characters."""

MAX_TOOLS = 32
"""How many tools are listed at most."""

_MAX_TASK = 140
_MAX_NAME = 64
_MAX_ERROR = 300
_MAX_STEPS = 12
_MAX_EXAMPLES = 6
_MAX_LISTED = 4
_MAX_ERRORS = 4
_MAX_ACTIONS = 2
_READING = frozenset(
    (
        "browse", "calculate", "calculator", "cat", "check", "count", "describe", "fetch", "find",
        "get", "grep", "list", "look", "lookup", "ls", "query",
        "read", "retrieve", "search", "show", "think", "view"
    )
)  # fmt: skip
_ERROR_WORD = re.compile(r"^\s*error\s*:\s*", re.IGNORECASE)
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")


@dataclass(frozen=True, slots=True)
class _Setback:
    """
    A call that was answered with an error, and the next call of that tool that was not.
    """

    failed: ToolCall
    worked: ToolCall | None


class LocalReflector:
    """
    Writes reflections from the facts of a trace alone: the verdict, the feedback, the tools called,
    the errors met and what was done differently when they were overcome, the actions that counted,
    the final answer and the reference.

    It invents nothing. A reviewer's feedback is quoted word for word, up to `MAX_FEEDBACK`
    characters, at the beginning of `guidance`; after a failure `key_mistake` begins with it too,
    there up to `MAX_MISTAKE_FEEDBACK`. A final answer follows the words `Final answer: ` or
    `Rejected answer: `, and a reference the words `A right answer: `. Of an answer that ends a
    conversation the substance is quoted, without offers of further help.

    Tools that only take notes, whose answers are all empty, are listed as used and play no other
    part. Tools whose names begin with a verb of reading, such as `get` or `search`, count as
    preparation; the calls of all others are the actions of a run.
    """

    name = "local"

    def reflect(self, trace: Trace) -> Reflection:
        """
        Write down what the run teaches; see `Reflector.reflect`.

        Args:
            trace: The run, with its review where it has one; without one it is reported as a run of
                unknown outcome.

        Returns:
            The reflection, within the limits of this module.
        """
        run = _Run(trace)
        tools = run.tools[:MAX_TOOLS]
        return Reflection(
            summary=run.summary(),
            key_mistake=abridged(run.key_mistake(), MAX_FIELD),
            correct_action=abridged(run.correct_action(), MAX_FIELD),
            guidance=abridged(run.guidance(), MAX_FIELD),
            applicable_tools=tuple(run.applicable_tools()[:MAX_TOOLS]),
            tools_used=tuple(tools),
        )


class _Run:
    """
    The facts of one trace, each worked out once.
    """

    def __init__(self, trace: Trace) -> None:
        review = trace.review
        self.task = trace.task
        self.result = review.result if review else None
        self.feedback = abridged((review and review.feedback_text) or "", MAX_FEEDBACK)
        self.reference = abridged(trace.reference_context or "", MAX_REFERENCE)
        self.answer = _answer(trace)
        calls = [call for call in trajectory.tool_calls(trace.trajectory) if call.tool]
        self.tools = list(dict.fromkeys(_name(call) for call in calls))
        self.calls = _without_notes(calls)
        self.working_tools = list(dict.fromkeys(_name(call) for call in self.calls))
        self.setbacks = list(_setbacks(self.calls))

    def summary(self) -> str:
        task = one_line(self.task, _MAX_TASK)
        said = one_line(self.feedback, _MAX_TASK)
        if self.result is ReviewResult.PASS:
            return _headline("Solved", task, said or _with(self._acting_tools()))
        if self.result is ReviewResult.FAIL:
            return _headline("Failed", task, said or self._open_error() or self._end())
        return _headline("Not reviewed", task, "")

    def key_mistake(self) -> str:
        if self.result is not ReviewResult.FAIL:
            return _lines(_as_overcome(setback) for setback in self._overcome())
        facts = [_as_open(setback) for setback in self._open()]
        answer = self.answer and f"Rejected answer: {self.answer}"
        feedback = abridged(self.feedback, MAX_MISTAKE_FEEDBACK)
        action = "" if facts or feedback else self._last_actions()
        parts = [feedback, *facts, action, answer]
        return _lines(parts) or "The run failed; the review gives no reason."

    def correct_action(self) -> str:
        reference = self.reference and f"A right answer: {self.reference}"
        if self.result is ReviewResult.FAIL:
            return reference
        answer = self.answer and f"Final answer: {self.answer}"
        return _lines([*self._examples(), answer, reference])

    def guidance(self) -> str:
        advice = [_as_advice(setback) for setback in self._overcome()]
        steps = self._steps()
        if self.result is ReviewResult.FAIL:
            path = f"These steps did not lead there: {steps}" if steps and not self.feedback else ""
            fallback = "Why it failed is not known; do not repeat the run unchanged."
            return _lines([self.feedback, path, *advice]) or fallback
        passed = self.result is ReviewResult.PASS
        path = f"These steps led there: {steps}" if steps and passed else ""
        fallback = "The final answer was accepted." if passed else ""
        return _lines([self.feedback, path, *advice]) or fallback

    def applicable_tools(self) -> list[str]:
        if self.result is not ReviewResult.FAIL:
            return self.working_tools
        failed = {_name(setback.failed) for setback in self._open()}
        named = [tool for tool in self.tools if tool in failed or _mentions(self.feedback, tool)]
        return named or self.working_tools

    def _open(self) -> list[_Setback]:
        return [setback for setback in self.setbacks if not setback.worked][-_MAX_ERRORS:]

    def _overcome(self) -> list[_Setback]:
        return [setback for setback in self.setbacks if setback.worked][-_MAX_ERRORS:]

    def _open_error(self) -> str:
        still_open = self._open()
        last = still_open[-1].failed if still_open else None
        return f"{_name(last)}: {_error(last)}" if last else ""

    def _end(self) -> str:
        return f"it ended with {_name(self.calls[-1])}" if self.calls else ""

    def _actions(self) -> list[ToolCall]:
        worked = [call for call in self.calls if call.error is None]
        return [call for call in worked if not _reads(call.tool)] or worked

    def _acting_tools(self) -> list[str]:
        return list(dict.fromkeys(_name(call) for call in self._actions()))

    def _last_actions(self) -> str:
        newest_first = dict.fromkeys(_as_call(call) for call in reversed(self._actions()))
        last = list(newest_first)[:_MAX_ACTIONS][::-1]
        return f"What it did last: {', then '.join(last)}." if last else ""

    def _steps(self) -> str:
        runs = [(name, len(list(same))) for name, same in groupby(map(_name, self.calls))]
        steps = [f"{name} ({count} times)" if count > 1 else name for name, count in runs]
        if len(steps) > _MAX_STEPS:
            half = _MAX_STEPS // 2
            steps = [*steps[:half], f"{len(steps) - 2 * half} more", *steps[-half:]]
        return f"{' → '.join(steps)}." if steps else ""

    def _examples(self) -> list[str]:
        with_arguments = (call for call in self._actions() if described(call.arguments))
        calls = dict.fromkeys(_as_call(call) for call in with_arguments)
        return [f"Worked: {call}" for call in calls][-_MAX_EXAMPLES:]


def _answer(trace: Trace) -> str:
    stated = trace.final_response.strip()
    if stated and stated != trajectory.final_response(trace.trajectory):
        return abridged(stated, MAX_REFERENCE)
    return substance(trajectory.closing_report(trace.trajectory), MAX_REPORT)


def _without_notes(calls: Sequence[ToolCall]) -> list[ToolCall]:
    answered = {call.tool for call in calls if call.result is None or call.result or call.error}
    return [call for call in calls if call.tool in answered]


def _reads(tool: str) -> bool:
    first = _WORDS.search(tool)
    return first is not None and first.group().lower() in _READING


def _setbacks(calls: Sequence[ToolCall]) -> Iterator[_Setback]:
    following: dict[str, ToolCall] = {}
    found: list[_Setback] = []
    for call in reversed(calls):
        later = following.get(call.tool)
        if call.error is not None and (later is None or later.error is None):
            found.append(_Setback(call, later))
        following[call.tool] = call
    return reversed(found)


def _headline(outcome: str, task: str, why: str) -> str:
    return one_line(f"{outcome}: {task}{why and f' — {why}'}", MAX_SUMMARY)


def _name(call: ToolCall) -> str:
    return one_line(call.tool, _MAX_NAME)


def _error(call: ToolCall) -> str:
    return one_line(_ERROR_WORD.sub("", call.error or "") or call.error or "", _MAX_ERROR)


def _as_call(call: ToolCall) -> str:
    return f"{_name(call)}({described(call.arguments)})"


def _as_open(setback: _Setback) -> str:
    return f"{_as_call(setback.failed)} failed and was not repaired: {_error(setback.failed)}"


def _as_overcome(setback: _Setback) -> str:
    return f"{_as_call(setback.failed)} failed at first: {_error(setback.failed)}"


def _as_advice(setback: _Setback) -> str:
    if setback.worked is None:
        return ""
    failed, worked = setback.failed.arguments, setback.worked.arguments
    error = f"After “{_error(setback.failed)}”"
    if failed == worked:
        return f"{error} the same call worked when it was repeated: {_as_call(setback.worked)}"
    changed = differences(failed, worked)
    if changed:
        return f"{error} {_name(setback.worked)} worked with {changed}."
    return f"{error} this worked: {_as_call(setback.worked)}"


def _with(names: Sequence[str]) -> str:
    if not names:
        return ""
    more = len(names) - _MAX_LISTED
    return "with " + ", ".join(names[:_MAX_LISTED]) + (f" and {more} more" if more > 0 else "")


def _lines(parts: Iterable[str]) -> str:
    return "\n".join(dict.fromkeys(part for part in parts if part))


def _mentions(text: str, tool: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(tool)}(?!\w)", text) is not None
