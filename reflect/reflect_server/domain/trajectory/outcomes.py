"""
Outcomes: whether a tool call failed, by the framework's mark or by what the tool answered.

A mark decides. Where a framework has only a text, that is compared as a whole with what the
frameworks write, and where this names a tool, with the name of the tool that was called. Any other
text that begins like an error (`Error: …`, `ValueError: …`), holds a traceback, or is the message
of an exception of Python's is one only where there is no mark, and not where the tool looks into
texts: what a search of logs finds may begin so too, as `sought_texts` says.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from reflect_server.domain.trajectory.content import joined_text, message_in
from reflect_server.domain.trajectory.sought_texts import is_found_text
from reflect_server.domain.trajectory.steps import Answer, ToolCall

_NO_MESSAGE = "The tool reported an error without a message."
_TRACEBACK = "Traceback (most recent call last)"
_ERROR_START = re.compile(
    r"\s*(?:(?:tool )?[\w.]*(?:error|exception)|fatal|failure)\s*:", re.IGNORECASE
)
_WHOLE = "|".join(
    (
        r"An error occurred while running the tool\. Please try again\.(?: Error: .+)?",
        r"Error executing tool '?(?P<t1>[^\s':]+)'?(?:: .+| with (?:arguments|kwargs) .+)?",
        r"Error invoking tool '(?P<t2>[^']+)' with kwargs .+",
        r"Error: .+\n ?Please fix your mistakes\.",
        r"Error: (?P<t3>\S+) is not a valid tool, try one of \[.*\]\.",
        r"Error: tool '(?P<t4>[^']+)' not found in any workbench",
        r"Error: Requested function \"(?P<t5>[^\"]+)\" not found\.",
        r"Error: The requested tool does not exist or is not available\.",
        r"Error: (?:Function|Argument parsing) failed\.(?: Exception: .+)?",
        r"Unknown tool:? '?(?P<t6>[^\s',]+)'?(?:, should be one of: .+|\.)?",
        r"Unknown tool name: '(?P<t7>[^']+)'\..*",
        r"Tool '?(?P<t8>[^\s']+)'? not found\.(?: Available tools: .*| Please select a tool .+)?",
        r"Tool '(?P<t9>[^']+)' has reached its (?:maximum )?usage limit.*",
        r"Tool call limit reached\. Tool call (?P<t10>\S+) not executed\..*",
        r"Tool call limit exceeded\. Do not (?:make|call '(?P<t11>[^']+)') .+",
        r"Failed to invoke Tool `(?P<t12>[^`]+)` with parameters \{.*\}\. Error: .+",
        r"Execution error in (?P<t13>[^\s:]+): .+",
        r"Action '(?P<t14>[^']+)' don't exist, these are the only available Actions:.*",
        r"Error while (?:decoding|parsing) function arguments: .+\n\n ?Please .+ retry\.",
        r"Function arguments are not a valid JSON object\.\s+Please fix and retry\.",
        r"<tool_use_error>.+</tool_use_error>",
    )
)
_TEMPLATE = re.compile(rf"\s*(?:{_WHOLE})\s*", re.DOTALL)
_BEGINNINGS = (
    "<tool_use_error>", "Action '", "An error ", "Error", "Execution error ", "Failed to invoke ",
    "Function arg", "Tool ", "Unknown tool",
)  # fmt: skip  # a list of words
_OPEN_TEMPLATE = re.compile(
    r"\s*(?:Error executing tool: |Error while decoding function arguments: |Encountered error: |"
    r"Tool call limit reached\. |I encountered an error(?: while trying to use the tool)?[.:] )"
)
_OF_PYTHON = re.compile(
    r"(?:(?:integer |float )?division(?: or modulo)? by zero|(?:integer )?modulo by zero"
    r"|\[Errno -?\d+\] .+"
    r"|(?:list|tuple|string|deque)(?: assignment)? index out of range|math domain error"
    r"|invalid literal for int\(\) with base \d+: .+|could not convert string to float: .+"
    r"|unsupported operand type\(s\) for .+"
    r"|'\w+' object (?:has no attribute '\w+'|is not (?:subscriptable|callable|iterable))"
    r"|[\w.]+\(\) (?:got an unexpected keyword argument|missing \d+ required \w+(?:-only)?) .+"
    r"|\d+ validation errors? for \S+\n.+|maximum recursion depth exceeded.*)",
    re.DOTALL,
)
_PASSED_OVER = re.compile(
    r"Multiple handoffs detected, ignoring this one\.|"
    r"(?:Tool not executed|Output tool not used) - .+|"
    r"Tool call \S+ with id \S+ was cancelled .+",
    re.DOTALL,
)
_PASSED_OVER_BEGINNINGS = ("Multiple handoffs", "Tool not executed", "Output tool", "Tool call ")


def error_of(answer: Answer, call: ToolCall | None) -> str | None:
    """
    Say why a call failed, or None where it did not.

    Args:
        answer: What the tool answered, where it was run.
        call: The call that it belongs to; None where the run has none.
    """
    text = answer.text
    if answer.failed:
        return answer.error or _told(text) or _NO_MESSAGE
    if not text:
        return None
    tool = (call.tool if call else "") or answer.tool
    if text.startswith("{"):
        return _error_in(text)
    if text.startswith(_BEGINNINGS):
        found = _TEMPLATE.fullmatch(text)
        if found and _is_about(found.groupdict(), tool):
            return _told(text)
    if answer.failed is False:
        return None
    looks_failed = (
        _TRACEBACK in text
        or _ERROR_START.match(text)
        or _OPEN_TEMPLATE.match(text)
        or _OF_PYTHON.fullmatch(text)
    )
    arguments = call.arguments if call else ""
    return _told(text) if looks_failed and not is_found_text(text, tool, arguments) else None


def passed_over(text: str) -> bool:
    """
    Say whether an answer tells that the framework did not run the tool.

    Args:
        text: The answer.
    """
    return text.startswith(_PASSED_OVER_BEGINNINGS) and bool(_PASSED_OVER.fullmatch(text))


def _told(text: str) -> str:
    if _TRACEBACK in text:
        return text.rstrip().rsplit("\n", 1)[-1].strip()
    return text


def _error_in(text: str) -> str | None:
    if not any(word in text for word in ('"error"', '"exception"', '"isError"')):
        return None
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(parsed, dict):
        return None
    error = parsed.get("error") or parsed.get("exception")
    if parsed.get("isError") is True:
        return joined_text(parsed.get("content")) or _NO_MESSAGE
    return (message_in(error) or "The tool reported an error.") if error else None


def _is_about(named: Mapping[str, str | None], tool: str) -> bool:
    name = next((name for name in named.values() if name), None)
    return not name or not tool or tool == name or tool.endswith((f"_{name}", f".{name}"))
