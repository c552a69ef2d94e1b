"""
A reflector that asks a language model.
"""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from reflect_server.domain import trajectory
from reflect_server.domain.model import Reflection, ReviewResult, Trace
from reflect_server.model_endpoint import ModelEndpoint, RequestRefusedError
from reflect_server.reflectors.abridge import abridged, one_line
from reflect_server.reflectors.local import MAX_FIELD, MAX_SUMMARY, MAX_TOOLS
from reflect_server.reflectors.prompt import INSTRUCTIONS, story
from reflect_server.reflectors.protocol import ReflectionError

if TYPE_CHECKING:
    from openai import OpenAI
    from openai.types.chat import ChatCompletion

MAX_TOOL_NAME = 64
"""Longest name of a tool, in characters."""

_SMALLEST_BUDGET = 500
_TOO_LONG = re.compile(r"context|too long|too large|tokens", re.IGNORECASE)
_OBJECT = re.compile(r"\{.*\}", re.DOTALL)
_AFTER_THINKING = re.compile(r".*</think>", re.DOTALL)
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
_FORMATS: tuple[Mapping[str, Any], ...] = (
    {
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "reflection", "strict": True, "schema": _SCHEMA},
        }
    },
    {"response_format": {"type": "json_object"}},
    {},
)

_log = logging.getLogger("reflect_server.reflectors")


class _Lesson(msgspec.Struct):
    summary: Annotated[str, msgspec.Meta(min_length=1)]
    guidance: Annotated[str, msgspec.Meta(min_length=1)]
    key_mistake: str | None = None
    correct_action: str | None = None
    applicable_tools: list[str] | None = None


_decoder = msgspec.json.Decoder(_Lesson)


class ModelReflector:
    """
    Has a language model write reflections, behind any endpoint of OpenAI's chat completions.

    The answer is asked for by a JSON Schema. An endpoint that refuses that is asked for a JSON
    object, and where it refuses this too, in words alone; what worked is used from then on. A run
    that is longer than the budget is shortened as `transcript` describes, and further where the
    model finds it still too long.

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
        self._formats = _FORMATS

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
        completion = self._completion(trace)
        lesson = _lesson(completion, self.name)
        known = dict.fromkeys(one_line(n, MAX_TOOL_NAME) for n in lesson.applicable_tools or ())
        tools = trajectory.tools_used(trace.trajectory)[:MAX_TOOLS]
        return Reflection(
            summary=one_line(lesson.summary, MAX_SUMMARY),
            key_mistake=abridged(_mistake(lesson, trace), MAX_FIELD),
            correct_action=abridged(lesson.correct_action or "", MAX_FIELD),
            guidance=abridged(lesson.guidance, MAX_FIELD),
            applicable_tools=tuple(name for name in known if name)[:MAX_TOOLS],
            tools_used=tuple(one_line(tool, MAX_TOOL_NAME) for tool in tools),
        )

    def _completion(self, trace: Trace) -> ChatCompletion:
        budget = self._budget
        while True:
            try:
                return self._answer(trace, budget)
            except RequestRefusedError as error:
                if not _TOO_LONG.search(error.reason) or budget // 2 < _SMALLEST_BUDGET:
                    raise ReflectionError(error.message) from None
                budget //= 2

    def _answer(self, trace: Trace, budget: int) -> ChatCompletion:
        formats = self._formats
        for place, answer_format in enumerate(formats):
            try:
                completion = self._ask(trace, budget, answer_format)
            except RequestRefusedError as error:
                if place + 1 == len(formats) or _TOO_LONG.search(error.reason):
                    raise
                _log.info("%s refused a format: %s", self.name, error.reason)
            else:
                self._formats = formats[place:]
                return completion
        raise AssertionError

    def _ask(self, trace: Trace, budget: int, answer_format: Mapping[str, Any]) -> ChatCompletion:
        mark = secrets.token_hex(8)

        def request(client: OpenAI) -> ChatCompletion:
            completion: ChatCompletion = client.chat.completions.create(
                model=self.name,
                messages=[
                    {"role": "system", "content": INSTRUCTIONS},
                    {"role": "user", "content": story(trace, budget=budget, mark=mark)},
                ],
                **answer_format,
            )
            return completion

        return self._endpoint.call(request)


def _lesson(completion: ChatCompletion, model: str) -> _Lesson:
    choices = getattr(completion, "choices", None)
    message = getattr(choices[0], "message", None) if choices else None
    text = getattr(message, "content", None)
    if not isinstance(text, str) or not text.strip():
        refusal = getattr(message, "refusal", None)
        said = f": {one_line(refusal, 200)}" if isinstance(refusal, str) else "."
        raise ReflectionError(f"The model {model!r} answered without a text{said}")
    found = _OBJECT.search(_AFTER_THINKING.sub("", text))
    try:
        lesson = _decoder.decode(found.group() if found else text)
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise ReflectionError(_unreadable(choices, model, text, str(error))) from None
    if not lesson.summary.strip() or not lesson.guidance.strip():
        raise ReflectionError(f"The model {model!r} left the summary or the guidance empty.")
    return lesson


def _unreadable(choices: Any, model: str, text: str, reason: str) -> str:
    if getattr(choices[0], "finish_reason", None) == "length":
        return (
            f"The answer of the model {model!r} was cut off at its largest length. Allow longer "
            "answers at its endpoint, or choose a model that is briefer."
        )
    return (
        f"The model {model!r} did not answer with the JSON object that was asked for ({reason}). "
        f"It began: {one_line(text, 80)}"
    )


def _mistake(lesson: _Lesson, trace: Trace) -> str:
    passed = trace.review is not None and trace.review.result is ReviewResult.PASS
    mistake = (lesson.key_mistake or "").strip()
    return "" if passed and mistake.rstrip(".").casefold() in _NOTHING else mistake


_NOTHING = frozenset({"", "none", "nothing", "n/a", "no mistake", "null"})
