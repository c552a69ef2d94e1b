"""
OpenAI's chat API, and whatever follows its form: `tool_calls` of the assistant, messages of tools.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reflect_server.domain.trajectory.content import call_of, listed
from reflect_server.domain.trajectory.steps import ToolCall


def calls(body: Mapping[str, Any]) -> Iterator[ToolCall]:
    """
    Yield the tool calls of a message.

    Args:
        body: What the message says.
    """
    for key in ("tool_calls", "function_call"):
        yield from map(call_of, listed(body.get(key)))
