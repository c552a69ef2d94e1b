"""
A reflector that needs no language model: it reports what the trace itself says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import groupby, islice

from reflect_server.domain.abridge import abridged, one_line
from reflect_server.domain.reflection import Reflection
from reflect_server.domain.review import ReviewResult
from reflect_server.domain.trace import Trace
from reflect_server.domain.trajectory import ToolCall
from reflect_server.reflectors.final_answer import is_courtesy, substance
from reflect_server.reflectors.tool_calls import (
    Setback,
    as_call,
    as_step,
    error_of,
    name_of,
    setbacks,
)

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
_MAX_STEPS = 12
_MAX_EXAMPLES = 6
_MAX_LOOKED_AT = 500
_MAX_LISTED = 4
_MAX_ERRORS = 4
_MAX_ACTIONS = 4
_EXCEPTION = re.compile(r"The run raised [^\s.][^.\n]*\.")
"""What the client says of a run that raised: why it failed, and nothing to act on."""

_DASH = " — "
_READING = frozenset(
    (
        "browse", "calculate", "calculator", "cat", "check", "count", "describe", "fetch", "find",
        "get", "grep", "list", "look", "lookup", "ls", "query",
        "read", "retrieve", "search", "show", "think", "view"
    )
)  # fmt: skip  # a list of words
_OTHERS = frozenset(("developer", "function", "human", "reasoning", "system", "tool", "user"))
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")


class LocalReflector:
    """
    Writes reflections from the facts of a trace alone: the verdict, the feedback, the tools called,
    the errors met and what was done differently when they were overcome, the arguments that were
    accepted, the final answer and the reference.

    It invents nothing. A reviewer's feedback is quoted word for word, up to `MAX_FEEDBACK`
    characters, at the beginning of `guidance`; after a failure `key_mistake` begins with it too,
    there up to `MAX_MISTAKE_FEEDBACK`. A final answer follows the words `Final answer: ` or
    `Rejected answer: `, and a reference the words `A right answer: `. Of an answer that ends a
    conversation the substance is quoted, without offers of further help; where nothing is left of
    it, and where the run ends amid its calls, there is none. Only a call that a tool answered, and
    that did not fail, is said to have worked. Where a run that passed has nothing to tell, or was
    not understood, the guidance is one line.

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
            key_mistake=_quoted(run.key_mistake(), MAX_FIELD),
            correct_action=_quoted(run.correct_action(), MAX_FIELD),
            guidance=_quoted(run.guidance(), MAX_FIELD),
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
        self.feedback = _quoted(review.feedback_text if review else None, MAX_FEEDBACK)
        self.reference = _quoted(trace.reference_context, MAX_REFERENCE)
        calls = [call for call in trace.trajectory.calls if call.tool and call.ran]
        self.answer = _answer(trace)
        self.is_understood = trace.trajectory.reading.is_understood
        self.tools = list(dict.fromkeys(name_of(call) for call in calls))
        self.calls = _without_notes(calls)
        self.working_tools = list(dict.fromkeys(name_of(call) for call in self.calls))
        self.setbacks = setbacks(self.calls)

    def summary(self) -> str:
        task = one_line(self.task, _MAX_TASK)
        said = one_line(self.feedback, _MAX_TASK) if self.feedback else ""
        if self.result is ReviewResult.PASS:
            return _headline("Solved", task, said or _with(self._acting_tools()))
        if self.result is ReviewResult.FAIL:
            return _headline("Failed", task, said or self._open_error() or self._answered())
        return _headline("Not reviewed", task, "")

    def key_mistake(self) -> str:
        if self.result is not ReviewResult.FAIL:
            return _lines(setback.as_overcome() for setback in self._overcome())
        facts = [setback.as_open() for setback in self._open()]
        answer = self.answer and f"Rejected answer: {self.answer}"
        feedback = _quoted(self.feedback, MAX_MISTAKE_FEEDBACK)
        action = "" if feedback else self._did()
        parts = [feedback, *facts, action, answer]
        return _lines(parts) or "The run failed; the review gives no reason."

    def correct_action(self) -> str:
        reference = self.reference and f"A right answer: {self.reference}"
        if self.result is ReviewResult.FAIL:
            return reference
        answer = self.answer and f"Final answer: {self.answer}"
        return _lines([*self._examples(), answer, reference])

    def guidance(self) -> str:
        failed, passed = self.result is ReviewResult.FAIL, self.result is ReviewResult.PASS
        advice = [
            found.as_advice("was accepted" if failed else "worked") for found in self._overcome()
        ]
        if failed:
            steps = "" if self.feedback else self._steps()
            path = f"These steps did not lead there: {steps}" if steps else ""
            fallback = "Why it failed is not known; do not repeat the run unchanged."
            feedback = "" if _EXCEPTION.fullmatch(self.feedback) else self.feedback
            return _lines([feedback, path, *advice]) or fallback
        needless = [setback.as_needless() for setback in self._open()] if passed else []
        return _lines([self.feedback, *advice, *needless]) or (self._accepted() if passed else "")

    def applicable_tools(self) -> list[str]:
        if self.result is not ReviewResult.FAIL:
            return self.working_tools
        failed = {name_of(setback.failed) for setback in self._open()}
        named = [tool for tool in self.tools if tool in failed or _mentions(self.feedback, tool)]
        return named or self.working_tools

    def _open(self) -> list[Setback]:
        return [setback for setback in self.setbacks if not setback.worked][-_MAX_ERRORS:]

    def _overcome(self) -> list[Setback]:
        return [setback for setback in self.setbacks if setback.worked][-_MAX_ERRORS:]

    def _accepted(self) -> str:
        if self.answer:
            return "The final answer was accepted."
        if any(call.worked for call in self.calls):
            return "The run passed with these calls and needed no correction."
        if self.is_understood:
            return "The run passed; it does not tell what was decisive."
        return "The run passed, but its record was not understood: nothing is known of how."

    def _open_error(self) -> str:
        still_open = self._open()
        last = still_open[-1].failed if still_open else None
        return f"{name_of(last)}: {error_of(last)}" if last else ""

    def _answered(self) -> str:
        if self.answer:
            return f"rejected: {one_line(self.answer, _MAX_TASK)}"
        return f"it ended with {name_of(self.calls[-1])}" if self.calls else ""

    def _worked(self) -> list[ToolCall]:
        return _actions(call for call in self.calls if call.worked)

    def _acting_tools(self) -> list[str]:
        return list(dict.fromkeys(name_of(call) for call in self._worked()))

    def _did(self) -> str:
        actions = _actions(call for call in self.calls if call.error is None)
        if not actions:
            return ""
        last = _last_written(actions, _MAX_ACTIONS + 1)
        if all(_reads(call.tool) for call in actions):
            return f"It changed nothing and only looked things up, at last by {last[-1]}."
        what = "What it did" if len(last) <= _MAX_ACTIONS else "What it did last"
        return f"{what}: {', then '.join(last[-_MAX_ACTIONS:])}."

    def _steps(self) -> str:
        steps = [as_step(name, list(same)) for name, same in groupby(self.calls, name_of)]
        if len(steps) > _MAX_STEPS:
            half = _MAX_STEPS // 2
            steps = [*steps[:half], f"{len(steps) - 2 * half} more", *steps[-half:]]
        return f"{' → '.join(steps)}." if steps else ""

    def _examples(self) -> list[str]:
        calls = _last_written(self._worked(), _MAX_EXAMPLES, has_arguments=True)
        return [f"Worked: {call}" for call in calls]


def _actions(calls: Iterable[ToolCall]) -> list[ToolCall]:
    found = list(calls)
    return [call for call in found if not _reads(call.tool)] or found


def _last_written(
    calls: Sequence[ToolCall], most: int, *, has_arguments: bool = False
) -> list[str]:
    """
    Write the last calls that differ, the newest last.
    """
    found: dict[str, None] = {}
    for call in islice(reversed(calls), _MAX_LOOKED_AT):
        written = as_call(call)
        if not has_arguments or written != f"{name_of(call)}()":
            found[written] = None
            if len(found) == most:
                break
    return list(found)[::-1]


def _answer(trace: Trace) -> str:
    stated, run = trace.final_response.strip(), trace.trajectory
    if stated and stated != run.final_response and not is_courtesy(stated):
        return abridged(stated, MAX_REFERENCE)
    if not run.ends_in_words:
        return ""
    report = run.closing_report
    if is_courtesy(report):
        said = (step for step in run.steps if step.role not in _OTHERS and not step.is_nested)
        texts = [step.text for step in said if step.text and not is_courtesy(step.text)]
        report = texts[-1] if texts else ""
    return substance(report, MAX_REPORT)


def _quoted(text: str | None, length: int) -> str:
    return abridged(text, length) if text else ""


def _without_notes(calls: Sequence[ToolCall]) -> list[ToolCall]:
    answered = {call.tool for call in calls if call.result is None or call.result or call.error}
    return [call for call in calls if call.tool in answered]


def _reads(tool: str) -> bool:
    first = _WORDS.search(tool)
    return first is not None and first.group().lower() in _READING


def _headline(outcome: str, task: str, why: str) -> str:
    head = one_line(f"{outcome}: {task}", MAX_SUMMARY)
    room = MAX_SUMMARY - len(head) - len(_DASH)
    return f"{head}{_DASH}{one_line(why, room)}" if why else head


def _with(names: Sequence[str]) -> str:
    if not names:
        return ""
    more = len(names) - _MAX_LISTED
    return "with " + ", ".join(names[:_MAX_LISTED]) + (f" and {more} more" if more > 0 else "")


def _lines(parts: Iterable[str]) -> str:
    return "\n".join(dict.fromkeys(part for part in parts if part))


def _mentions(text: str, tool: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(tool)}(?!\w)", text) is not None
