"""
Parts, as Gemini has them: calls and responses of functions beside the texts of a message.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reflect_server.domain.trajectory.content import call_of, listed, result_of
from reflect_server.domain.trajectory.steps import ToolCall


def calls(message: Mapping[str, Any]) -> Iterator[ToolCall]:
    """
    Yield the calls of functions among the parts of a message.

    Args:
        message: The message.
    """
    return map(call_of, _under(message, "function_call", "functionCall"))


def results(message: Mapping[str, Any]) -> Iterator[ToolCall]:
    """
    Yield the responses of functions among the parts of a message.

    Args:
        message: The message.
    """
    for answer in _under(message, "function_response", "functionResponse"):
        yield result_of({"output": answer.get("response"), **answer})


def _under(message: Mapping[str, Any], *keys: str) -> Iterator[dict[str, Any]]:
    for part in listed(message.get("parts")):
        for key in keys:
            yield from listed(part.get(key))
