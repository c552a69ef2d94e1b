"""
Content blocks, as Anthropic and LangChain have them: calls and results among a message's texts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reflect_server.domain.trajectory.content import call_of, listed, result_of
from reflect_server.domain.trajectory.objects import is_call
from reflect_server.domain.trajectory.steps import ToolCall


def calls(body: Mapping[str, Any]) -> Iterator[ToolCall]:
    """
    Yield the tool calls among the blocks of a message.

    Args:
        body: What the message says; its `content` is a list.
    """
    return (call_of(block) for block in listed(body.get("content")) if is_call(block))


def results(body: Mapping[str, Any]) -> Iterator[ToolCall]:
    """
    Yield what tools answered among the blocks of a message.

    Args:
        body: What the message says; its `content` is a list.
    """
    for block in listed(body.get("content")):
        kind = block.get("type")
        if isinstance(kind, str) and kind.endswith("tool_result"):
            yield result_of(block)
