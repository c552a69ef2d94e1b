"""
Blocks with a `type` in small letters: Anthropic, LangChain, OpenAI, Agent Framework, LlamaIndex and
OpenTelemetry have calls and results among a message's texts so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from reflect_server.domain.trajectory.content import (
    answer_of,
    call_of,
    first_text,
    invalid_call,
    message_in,
)
from reflect_server.domain.trajectory.found import Found

_FAILED = frozenset({"error", "failed", "failure"})

Block = Mapping[str, Any]
"""A block of a message."""

_SILENT = re.compile(
    r"(?:input_)?(?:image|audio|video|file|document|media|blob|binary|data|uri|url|hosted)(?:_\w+)?"
    r"|(?:text_|redacted_)?(?:reasoning|thinking)(?:_\w+)?"
    r"|citations?|cache\w*|usage|source\w*|compaction|container_upload|error|guard\w*|summary_text"
    r"|non_standard|server_tool_call_chunk|tool_call_chunk|token_count|step|mcp_list_tools"
    r"|mcp_approval_\w+|input_json_delta|function_approval_\w+"
)


def read(block: Block, kind: str, found: Found) -> bool:
    """
    Read a block, and say whether it has a shape of this family.

    Args:
        block: The block.
        kind: What it says that it is.
        found: What is added to.
    """
    reader = _READERS.get(kind)
    if reader is None:
        if kind.endswith("_tool_use"):
            reader = _call
        elif kind.endswith("tool_result"):
            reader = _result
        else:
            return bool(_SILENT.fullmatch(kind))
    reader(block, found)
    return True


def marked_as_failed(block: Block) -> bool | None:
    """
    Return what the marks of failure say that a result has; None where it has none.

    Args:
        block: The result, a block or a message.
    """
    mark = block.get("is_error")
    if mark is None:
        mark = block.get("tool_call_error", block.get("isError"))
    if isinstance(mark, bool):
        return mark
    status = block.get("status")
    return True if isinstance(status, str) and status.lower() in _FAILED else None


def _text(block: Block, found: Found) -> None:
    text = block.get("text")
    found.say(text if isinstance(text, str) else block.get("content"))


def _refusal(block: Block, found: Found) -> None:
    found.say(block.get("refusal"))


def _call(block: Block, found: Found) -> None:
    found.calls.append(call_of(block))


def _invalid_call(block: Block, found: Found) -> None:
    found.calls.append(invalid_call(block))


def _result(block: Block, found: Found) -> None:
    content = block.get("content")
    failed = marked_as_failed(block)
    if isinstance(content, dict) and str(content.get("type", "")).endswith("_error"):
        failed, content = True, first_text(content, "error_code", "message", "type")
    answer = answer_of(block, content=content, failed=failed)
    if block.get("error") and failed is None:
        answer = answer._replace(failed=True, error=message_in(block["error"]) or None)
    found.answers.append(answer)


def _function_result(block: Block, found: Found) -> None:
    exception = block.get("exception")
    answer = answer_of(block, content=block.get("result"), failed=bool(exception))
    found.answers.append(answer._replace(error=answer.text or first_text(block, "exception")))


def _response(block: Block, found: Found) -> None:
    told = block["response"] if block.get("response") is not None else block.get("result")
    found.answers.append(answer_of(block, content=told, failed=marked_as_failed(block)))


_READERS: Mapping[str, Callable[[Block, Found], None]] = {
    "text": _text,
    "input_text": _text,
    "output_text": _text,
    "refusal": _refusal,
    "tool_use": _call,
    "tool_call": _call,
    "server_tool_call": _call,
    "function_call": _call,
    "function": _call,
    "invalid_tool_call": _invalid_call,
    "tool_result": _result,
    "server_tool_result": _result,
    "function_call_output": _result,
    "function_result": _function_result,
    "tool_call_response": _response,
    "server_tool_call_response": _response,
}
