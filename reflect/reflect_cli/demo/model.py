"""
A real model as the demo's agent, behind any endpoint that speaks OpenAI's chat completions.
"""

import json
import re
import sqlite3
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from reflect_server.configuration.addresses import is_local
from reflect_server.errors import MissingExtraError

from .agent import Answer
from .database import SCHEMA
from .errors import DemoError
from .execution import execute
from .memory import Memory
from .results import Reflection, Run
from .tasks import Question

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletionMessageParam

_TRIES = 2
_SECONDS_PER_CALL = 60.0
_NO_KEY = "none"
_FENCE = re.compile(r"```(?:sql|sqlite)?\s*(.*?)```", re.DOTALL | re.IGNORECASE)
_OBJECT = re.compile(r"\{.*\}", re.DOTALL)
_INSTRUCTIONS = (
    "You answer questions about a tea shop with one SQLite SELECT statement in a ```sql block. "
    "Return exactly the columns that the question asks for. The shop has house conventions that "
    "the schema does not show; where lessons of earlier runs are given, heed those that fit.\n\n"
)
_REFLECT = (
    "You look back on one run of an agent that answers questions with SQL, and write down what a "
    "future run on a similar question should know. Reply with one JSON object with the strings "
    "summary (one line), guidance (what to do), key_mistake (empty after a pass) and "
    "correct_action. Name the tables and values that matter."
)


class ChatModel:
    """
    The endpoint, reduced to question and reply.
    """

    def __init__(self, name: str, *, base_url: str | None, api_key: str | None) -> None:
        """
        Prepare the connection without using it yet.

        Args:
            name: The model's name at the endpoint.
            base_url: The endpoint, such as `http://localhost:11434/v1`; None for OpenAI's own.
            api_key: The key, never shown; None for a local endpoint that needs none.

        Raises:
            DemoError: The package `openai` is missing, or the endpoint needs a key.
        """
        if api_key is None and base_url is None:
            raise DemoError(
                "No API key was found. Set OPENAI_API_KEY, name another variable with "
                "--api-key-env, or give --base-url of an endpoint that needs none."
            )
        try:
            from openai import (  # noqa: PLC0415 - An optional extra, needed here alone.
                DefaultHttpxClient,
                OpenAI,
            )
        except ImportError as error:
            missing = MissingExtraError("openai", "openai", needed_for="`--model`")
            raise DemoError(missing.message) from error
        self.name = name
        self._key = api_key or _NO_KEY
        host = urlsplit(base_url or "").hostname or ""
        self._client: OpenAI = OpenAI(
            api_key=self._key,
            base_url=base_url,
            timeout=_SECONDS_PER_CALL,
            max_retries=2,
            # No proxy leads to this machine itself.
            http_client=DefaultHttpxClient(trust_env=False) if is_local(host) else None,
        )

    def reply(self, messages: Sequence["ChatCompletionMessageParam"]) -> str:
        """
        Have the model continue a conversation.

        Args:
            messages: The conversation so far, oldest message first.

        Raises:
            DemoError: The endpoint failed, refused, or answered without a text.
        """
        from openai import OpenAIError  # noqa: PLC0415 - An optional extra, needed here alone.

        try:
            completion = self._client.chat.completions.create(
                model=self.name, messages=list(messages)
            )
        except OpenAIError as error:
            reason = " ".join(str(error).split())
            if self._key != _NO_KEY:
                reason = reason.replace(self._key, "***")
            address = self._client.base_url.copy_with(userinfo=b"")
            raise DemoError(
                f"The model {self.name} did not answer: {reason[:300]} Check that an "
                f"OpenAI-compatible endpoint with this model is at {address}, and name it with "
                "--base-url."
            ) from None
        choices = completion.choices or []
        text = choices[0].message.content if choices else None
        if not text:
            raise DemoError(f"The model {self.name} answered without any text.")
        return text

    def close(self) -> None:
        """
        Close the connection.
        """
        self._client.close()


class ModelAgent:
    """
    Lets a model write the SQL, and once correct it if it does not run.
    """

    def __init__(self, model: ChatModel, connection: sqlite3.Connection) -> None:
        """
        Take the model, and the database to try its queries on.
        """
        self.name = model.name
        self._model = model
        self._connection = connection

    def answer(self, question: Question, memories: Sequence[Memory], prompt: str) -> Answer:  # noqa: ARG002 - A model reads the prompt alone.
        """
        Ask the model; a query that does not run is shown to it with its error, once.

        Raises:
            DemoError: The endpoint failed.
        """
        conversation: list[ChatCompletionMessageParam] = [
            {"role": "system", "content": f"{_INSTRUCTIONS}{SCHEMA}"},
            {"role": "user", "content": prompt},
        ]
        steps: list[dict[str, Any]] = []
        sql = ""
        for number in range(1, _TRIES + 1):
            reply = self._model.reply(conversation)
            sql = read_sql(reply)
            outcome = execute(self._connection, sql)
            if outcome.error is None or number == _TRIES:
                break
            call = {
                "id": f"try-{number}",
                "type": "function",
                "function": {"name": "run_sql", "arguments": sql},
            }
            steps.append({"role": "assistant", "content": None, "tool_calls": [call]})
            steps.append({"role": "tool", "tool_call_id": call["id"], "content": outcome.preview()})
            conversation.append({"role": "assistant", "content": reply})
            conversation.append(
                {"role": "user", "content": f"{outcome.preview()} Correct the query."}
            )
        return Answer(sql, messages=tuple(steps))


class ModelReflector:
    """
    Lets a model write the reflections in place of the server.
    """

    def __init__(self, model: ChatModel) -> None:
        """
        Take the model.
        """
        self._model = model

    def reflect(self, run: Run) -> Reflection:
        """
        Ask the model what a run teaches.

        Args:
            run: The run.

        Returns:
            The model's reflection; where its reply is no such JSON object, the reviewer's words and
            the answer as they are.

        Raises:
            DemoError: The endpoint failed.
        """
        verdict = "It passed." if run.passed else f"It failed. Reviewer: {run.feedback}"
        story = (
            f"Question: {run.task.question.text}\nAnswer: {run.answer.sql}\n"
            f"Result: {run.outcome.preview()}\n{verdict}"
        )
        reply = self._model.reply(
            [{"role": "system", "content": _REFLECT}, {"role": "user", "content": story}]
        )
        return _read_reflection(reply) or Reflection(
            summary=verdict,
            guidance=run.feedback or f"Answer in the same way: {run.answer.sql}",
        )


def read_sql(reply: str) -> str:
    """
    Take the query out of a reply: the last fenced block, or the whole text.

    Args:
        reply: The model's reply.
    """
    blocks = _FENCE.findall(reply)
    return (blocks[-1] if blocks else reply).strip().rstrip(";")


def _read_reflection(reply: str) -> Reflection | None:
    found = _OBJECT.search(reply)
    try:
        entries = json.loads(found.group()) if found else {}
    except ValueError:
        return None
    names = ("summary", "guidance", "key_mistake", "correct_action")
    texts = {name: str(entries.get(name) or "") for name in names}
    return Reflection(**texts) if texts["summary"] and texts["guidance"] else None
