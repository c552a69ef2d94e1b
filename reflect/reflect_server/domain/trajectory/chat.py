"""
OpenAI's chat API, and whatever follows its form: `tool_calls` of the assistant, messages of tools.

LangChain, Agno, CrewAI, LiteLLM, LlamaIndex and Haystack have such messages too, some with marks of
their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reflect_server.domain.trajectory.content import (
    answer_of,
    call_of,
    first_given,
    first_text,
    invalid_call,
    listed,
    message_in,
)
from reflect_server.domain.trajectory.found import Found
from reflect_server.domain.trajectory.steps import Answer
from reflect_server.domain.trajectory.typed_blocks import marked_as_failed

_SAID = ("output", "result", "observation", "error")


def read_calls(message: Mapping[str, Any], found: Found) -> None:
    """
    Read the tool calls of a message.

    Args:
        message: The message.
        found: What is added to.
    """
    for key in ("tool_calls", "function_call"):
        given = message.get(key)
        if given:
            found.calls.extend(map(call_of, listed(given)))
    given = message.get("invalid_tool_calls")
    if given:
        found.calls.extend(map(invalid_call, listed(given)))


def answer(message: Mapping[str, Any], texts: Sequence[str] = ()) -> Answer:
    """
    Read what a tool has answered, as a message of its own.

    Args:
        message: The message.
        texts: The texts that were found in its blocks.
    """
    failed = marked_as_failed(message)
    content = message.get("content")
    if isinstance(content, list) and texts:
        told: object = "\n".join(texts)
    else:
        told = content if content is not None else first_given(message, _SAID)
    read = answer_of(message, content="\n".join(texts) if told is None else told, failed=failed)
    if message.get("error") and failed is None:
        read = read._replace(failed=True, error=message_in(message["error"]) or None)
    additional = message.get("additional_kwargs")
    if isinstance(additional, dict) and additional.get("tool_call_id"):
        return read._replace(
            id=first_text(additional, "tool_call_id"),
            tool=read.tool or first_text(additional, "name", "tool_name"),
        )
    return read
