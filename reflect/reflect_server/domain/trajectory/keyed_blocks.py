"""
Blocks without a type, known by their keys: Gemini and the Agent Development Kit, Strands, Haystack,
AutoGen, and blocks of the Claude Agent SDK as dataclasses are dumped.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reflect_server.domain.trajectory.content import answer_of, as_text, call_of, first_text
from reflect_server.domain.trajectory.found import Found

Block = Mapping[str, Any]
"""A block of a message."""

_OF_STRANDS = "toolUse"
_CALLS = (_OF_STRANDS, "tool_call", "function_call", "functionCall")
_SILENT = frozenset(
    (
        "audio", "base64_image", "cachePoint", "citationsContent", "codeExecutionResult",
        "code_execution_result", "document", "executableCode", "executable_code", "fileData",
        "file_data", "guardContent", "image", "image_url", "inlineData", "inline_data", "reasoning",
        "reasoningContent", "reasoning_text", "redacted_thinking", "thinking", "thought",
        "thoughtSignature", "thought_signature", "video",
    )
)  # fmt: skip  # a list of words


def read(block: Block, found: Found) -> bool:
    """
    Read a block, and say whether it has a shape of this family.

    Args:
        block: The block.
        found: What is added to.
    """
    text = block.get("text")
    if isinstance(text, str):
        if not block.get("thought"):
            found.say(text)
        return True
    return _wrapped(block, found) or _bare(block, found) or not _SILENT.isdisjoint(block)


def _wrapped(block: Block, found: Found) -> bool:
    for key in _CALLS:
        call = block.get(key)
        if isinstance(call, dict):
            found.calls.append(call_of(call))
            found.is_amid = key == _OF_STRANDS
            return True
    result = block.get("toolResult")
    if isinstance(result, dict):
        content = _strands_text(result.get("content"))
        failed = result["status"] != "success" if "status" in result else None
        found.answers.append(answer_of(result, content=content, failed=failed))
        return True
    result = block.get("tool_call_result")
    if isinstance(result, dict):
        return _haystack_result(result, found)
    result = block.get("function_response") or block.get("functionResponse")
    if isinstance(result, dict):
        _response(result, found)
        return True
    return False


def _bare(block: Block, found: Found) -> bool:
    if "tool_use_id" in block or ("call_id" in block and "content" in block):
        failed = block.get("is_error")
        content = block.get("content")
        answer = answer_of(block, content=content, failed=failed if failed is not None else None)
        found.answers.append(answer)
        return True
    if isinstance(block.get("origin"), dict):
        return _haystack_result(block, found)
    is_call = "id" in block and ("input" in block or "arguments" in block)
    if is_call and first_text(block, "name", "tool_name"):
        found.calls.append(call_of(block))
        return True
    return False


def _response(result: Block, found: Found) -> None:
    response = result.get("response")
    error = response.get("error") if isinstance(response, dict) else None
    answer = answer_of(result, content="" if response is None else response)
    if error:
        answer = answer._replace(failed=True, error=as_text(error))
    found.answers.append(answer)


def _haystack_result(result: Block, found: Found) -> bool:
    origin = result.get("origin")
    named = origin if isinstance(origin, dict) else result
    failed = result.get("error")
    found.answers.append(
        answer_of(
            named,
            content=as_text(result.get("result")),
            failed=failed if isinstance(failed, bool) else None,
        )
    )
    return True


def _strands_text(content: object) -> str:
    if isinstance(content, list):
        parts = [
            block["json"] if isinstance(block, dict) and "json" in block else [block]
            for block in content
        ]
        return "\n".join(text for part in parts if (text := as_text(part)))
    return as_text(content)
