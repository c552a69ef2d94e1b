"""
Structured outputs: answers of a language model as values of one type.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import msgspec

from reflect_server.domain.abridge import one_line
from reflect_server.errors import ReflectServerError
from reflect_server.providers.endpoint import ModelEndpoint, RequestRefusedError

if TYPE_CHECKING:
    from openai import AsyncOpenAI
    from openai.types.chat import ChatCompletion

T = TypeVar("T")

_TOO_LONG = re.compile(r"context|too long|too large|tokens", re.IGNORECASE)
_END_OF_THINKING = "</think>"

_log = logging.getLogger("reflect_server.providers")


class UnreadableAnswerError(ReflectServerError):
    """
    The model answered something else than it was asked for.
    """

    code = "unreadable_answer"


class ModelAnswers(Generic[T]):
    """
    Asks a language model for JSON objects of one shape.

    The shape is asked for by a JSON Schema. An endpoint that refuses that is asked for a JSON
    object, and where it refuses this too, in words alone; what worked is used from then on. Safe to
    call from any thread.

    Args:
        endpoint: The model.
        name: What is asked for, in a word, for the endpoint.
        schema: The JSON Schema of the object.
        kind: The type that it is decoded to.
    """

    def __init__(
        self, endpoint: ModelEndpoint, *, name: str, schema: Mapping[str, Any], kind: type[T]
    ) -> None:
        self._endpoint = endpoint
        self._decoder = msgspec.json.Decoder(kind)
        json_schema = {"name": name, "strict": True, "schema": schema}
        self._formats: Sequence[Mapping[str, Any]] = (
            {"response_format": {"type": "json_schema", "json_schema": json_schema}},
            {"response_format": {"type": "json_object"}},
            {},
        )

    def ask(self, instructions: str, request: str) -> T:
        """
        Ask once.

        Args:
            instructions: What the model is told about its work.
            request: What it is to work on.

        Raises:
            ProviderUnavailableError: The endpoint does not work at present.
            RequestRefusedError: The endpoint does not accept this request; see `is_too_long`.
            UnreadableAnswerError: The model answered something else than asked.
        """
        formats = self._formats
        for place, answer_format in enumerate(formats):
            try:
                completion = self._completion(instructions, request, answer_format)
            except RequestRefusedError as error:
                if place + 1 == len(formats) or is_too_long(error):
                    raise
                _log.info("%s refused a format: %s", self._endpoint.model, error.reason)
            else:
                self._formats = formats[place:]
                return self._read(completion)
        raise AssertionError

    def _completion(
        self, instructions: str, request: str, answer_format: Mapping[str, Any]
    ) -> ChatCompletion:
        async def create(client: AsyncOpenAI) -> ChatCompletion:
            completion: ChatCompletion = await client.chat.completions.create(
                model=self._endpoint.model,
                messages=[
                    {"role": "system", "content": instructions},
                    {"role": "user", "content": request},
                ],
                **answer_format,
            )
            return completion

        return self._endpoint.call(create)

    def _read(self, completion: ChatCompletion) -> T:
        model = self._endpoint.model
        choices = getattr(completion, "choices", None)
        message = getattr(choices[0], "message", None) if choices else None
        text = getattr(message, "content", None)
        if not isinstance(text, str) or not text.strip():
            refusal = getattr(message, "refusal", None)
            said = f": {one_line(refusal, 200)}" if isinstance(refusal, str) else "."
            raise UnreadableAnswerError(f"The model {model!r} answered without a text{said}")
        try:
            return self._decoder.decode(_object_in(text))
        except (msgspec.MsgspecError, UnicodeError) as error:
            raise UnreadableAnswerError(_unreadable(choices, model, text, str(error))) from None


def is_too_long(error: RequestRefusedError) -> bool:
    """
    Say whether a request was refused because of its length.

    Args:
        error: What the endpoint said.
    """
    return _TOO_LONG.search(error.reason) is not None


def _object_in(text: str) -> str:
    # Not by patterns: on a text of a megabyte without these characters they took minutes.
    answer = text.rpartition(_END_OF_THINKING)[2]
    start, end = answer.find("{"), answer.rfind("}")
    return answer[start : end + 1] if 0 <= start < end else text


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
