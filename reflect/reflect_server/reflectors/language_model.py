"""
A reflector that asks a language model.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Annotated, Any

import msgspec

from reflect_server.domain.abridge import abridged, one_line
from reflect_server.domain.reflection import Reflection
from reflect_server.domain.review import ReviewResult
from reflect_server.domain.trace import Trace
from reflect_server.providers.endpoint import ModelEndpoint, RequestRefusedError
from reflect_server.providers.structured_answers import (
    ModelAnswers,
    UnreadableAnswerError,
    is_too_long,
)
from reflect_server.reflectors.local import MAX_FIELD, MAX_SUMMARY, MAX_TOOLS
from reflect_server.reflectors.prompt import INSTRUCTIONS, story
from reflect_server.reflectors.protocol import ReflectionError

MAX_TOOL_NAME = 64
"""Longest name of a tool, in characters."""

_SMALLEST_BUDGET = 500
_FIELDS: Mapping[str, str] = {
    "summary": "One sentence: what the task was, how it went and why.",
    "key_mistake": "What went wrong and at which step; empty where nothing did.",
    "correct_action": "What solved the task, or would have solved it, in concrete terms.",
    "guidance": "What a future agent with a similar task should do and should not do.",
}
_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        **{name: {"type": "string", "description": text} for name, text in _FIELDS.items()},
        "applicable_tools": {
            "type": "array",
            "items": {"type": "string"},
            "description": "The names of the tools that the lesson is about.",
        },
    },
    "required": [*_FIELDS, "applicable_tools"],
    "additionalProperties": False,
}


class _Lesson(msgspec.Struct):
    summary: Annotated[str, msgspec.Meta(min_length=1)]
    guidance: Annotated[str, msgspec.Meta(min_length=1)]
    key_mistake: str | None = None
    correct_action: str | None = None
    applicable_tools: list[str] | None = None


class ModelReflector:
    """
    Has a language model write reflections, behind any endpoint of OpenAI's chat completions.

    The answer is asked for as `model_answers` describes. A run that is longer than the budget is
    shortened as `transcript` describes, and further where the model finds it still too long.

    A run is data: it comes between two lines with a mark that is drawn for each request, and the
    model is told to follow nothing that stands there. What it answers is cut to the limits of
    `reflect_server.reflectors.local`; the tools used are read from the run and not asked for.

    Args:
        endpoint: The model.
        input_tokens: The budget for the run, in estimated tokens.
    """

    def __init__(self, endpoint: ModelEndpoint, *, input_tokens: int) -> None:
        self._endpoint = endpoint
        self._budget = input_tokens
        self._answers = ModelAnswers(endpoint, name="reflection", schema=_SCHEMA, kind=_Lesson)

    @property
    def name(self) -> str:
        """
        The model's name.
        """
        return self._endpoint.model

    def reflect(self, trace: Trace) -> Reflection:
        """
        Have the model write down what the run teaches; see `Reflector.reflect`.

        Args:
            trace: The run, with its review where it has one.

        Raises:
            ProviderUnavailableError: The endpoint does not work at present.
            ReflectionError: The model refused the run, or answered something else than asked.
        """
        lesson = self._lesson(trace)
        known = dict.fromkeys(one_line(n, MAX_TOOL_NAME) for n in lesson.applicable_tools or ())
        tools = trace.trajectory.tools_used[:MAX_TOOLS]
        return Reflection(
            summary=one_line(lesson.summary, MAX_SUMMARY),
            key_mistake=abridged(_mistake(lesson, trace), MAX_FIELD),
            correct_action=abridged(lesson.correct_action or "", MAX_FIELD),
            guidance=abridged(lesson.guidance, MAX_FIELD),
            applicable_tools=tuple(name for name in known if name)[:MAX_TOOLS],
            tools_used=tuple(one_line(tool, MAX_TOOL_NAME) for tool in tools),
        )

    def _lesson(self, trace: Trace) -> _Lesson:
        budget = self._budget
        while True:
            request = story(trace, budget=budget, mark=secrets.token_hex(8))
            try:
                lesson = self._answers.ask(INSTRUCTIONS, request)
            except RequestRefusedError as error:
                if not is_too_long(error) or budget // 2 < _SMALLEST_BUDGET:
                    raise ReflectionError(error.message) from None
                budget //= 2
            except UnreadableAnswerError as error:
                raise ReflectionError(error.message) from None
            else:
                break
        if not lesson.summary.strip() or not lesson.guidance.strip():
            raise ReflectionError(
                f"The model {self.name!r} left the summary or the guidance empty."
            )
        return lesson


def _mistake(lesson: _Lesson, trace: Trace) -> str:
    passed = trace.review is not None and trace.review.result is ReviewResult.PASS
    mistake = (lesson.key_mistake or "").strip()
    return "" if passed and mistake.rstrip(".").casefold() in _NOTHING else mistake


_NOTHING = frozenset({"", "none", "nothing", "n/a", "no mistake", "null"})
