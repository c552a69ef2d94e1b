"""
Parts with a kind in words with dashes, such as `tool-call`: Pydantic AI and the AI SDK of Vercel.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from reflect_server.domain.trajectory.content import answer_of, as_text, call_of, first_text
from reflect_server.domain.trajectory.found import Found
from reflect_server.domain.trajectory.steps import ToolCall

Part = Mapping[str, Any]
"""A part of a message."""

_SILENT = re.compile(
    r"step-\w+|source(?:-\w+)?|data-.+|tool-approval-\w+|tool-input-\w+|reasoning-\w+"
    r"|(?:image|audio|video|document|binary|file)-\w+|tool-search\w*|uploaded-file"
    r"|compaction|file|thinking|custom|start|finish|text-\w+|native-tool-\w+"
)
_FAILED_STATES = frozenset({"output-error", "output-denied"})


def read(part: Part, kind: str, found: Found) -> bool:
    """
    Read a part, and say whether it has a shape of this family.

    Args:
        part: The part.
        kind: What it says that it is.
        found: What is added to.
    """
    reader = _READERS.get(kind)
    if reader is not None:
        reader(part, found)
        return True
    if kind.startswith(("tool-", "dynamic-tool")) and ("toolCallId" in part or "state" in part):
        _shown_call(part, kind, found)
        return True
    return bool(_SILENT.fullmatch(kind))


def _call(part: Part, found: Found) -> None:
    call = call_of(part)
    if part.get("invalid") is True and call.error is None:
        call = ToolCall(call.tool, call.arguments, error=as_text(part.get("error")) or _INVALID,
                        id=call.id)  # fmt: skip  # one call
    found.calls.append(call)


_INVALID = "The call is marked as invalid."


def _return(part: Part, found: Found) -> None:
    outcome = part.get("outcome")
    failed = outcome != "success" if isinstance(outcome, str) else None
    content = part.get("content")
    found.answers.append(answer_of(part, content="" if content is None else content, failed=failed))


def _retry(part: Part, found: Found) -> None:
    if not first_text(part, "tool_name"):
        return  # An answer of the agent was not accepted; no tool was called.
    found.answers.append(answer_of(part, content=_issues(part.get("content")), failed=True))


def _issues(content: object) -> object:
    if not isinstance(content, list):
        return content
    told = [
        f"{'.'.join(map(str, issue.get('loc') or ()))}: {issue.get('msg')}"
        for issue in content
        if isinstance(issue, dict) and issue.get("msg")
    ]
    return "; ".join(told) or content


def _result(part: Part, found: Found) -> None:
    output = part.get("output")
    if isinstance(output, dict) and isinstance(output.get("type"), str):
        kind = output["type"]
        value = output.get("value", output.get("reason", ""))
        failed = kind.startswith("error") or kind == "execution-denied"
        found.answers.append(answer_of(part, content=_text_of(value), failed=failed))
        return
    told = output if output is not None else part.get("result")
    failed = part.get("isError")
    found.answers.append(
        answer_of(
            part,
            content="" if told is None else told,
            failed=failed if isinstance(failed, bool) else None,
        )
    )


def _error(part: Part, found: Found) -> None:
    error = part.get("error")
    message = first_text(error, "message") if isinstance(error, dict) else as_text(error)
    found.answers.append(answer_of(part, content=message, failed=True))


def _shown_call(part: Part, kind: str, found: Found) -> None:
    name = first_text(part, "toolName") or kind.removeprefix("tool-")
    call = call_of({**part, "toolName": name, "name": None})
    if call.arguments == "" and part.get("rawInput") is not None:
        call = call_of({"toolName": name, "toolCallId": call.id, "input": part["rawInput"]})
    found.calls.append(call)
    state = part.get("state")
    if state in _FAILED_STATES:
        told = first_text(part, "errorText") or "The call was denied."
        found.answers.append(answer_of(part, content=told, failed=True)._replace(tool=name))
    elif state == "output-available":
        output = part.get("output")
        told = "" if output is None else output
        found.answers.append(answer_of(part, content=told, failed=False)._replace(tool=name))


def _user(part: Part, found: Found) -> None:
    if found.speaker == "system":
        found.texts.clear()
    found.speaker = "user"
    found.say(_text_of(part.get("content")))


def _system(part: Part, found: Found) -> None:
    found.speaker = found.speaker or "system"
    if found.speaker == "system":
        found.say(_text_of(part.get("content")))


def _text_of(content: object) -> str:
    if isinstance(content, list):
        parts = (part for part in content if isinstance(part, str | dict))
        return "\n".join(text for part in parts if (text := _text_of_member(part)))
    return as_text(content)


def _text_of_member(part: str | dict[str, Any]) -> str:
    if isinstance(part, str):
        return part.strip()
    return first_text(part, "text", "content")


_READERS: Mapping[str, Callable[[Part, Found], None]] = {
    "tool-call": _call,
    "builtin-tool-call": _call,
    "native-tool-call": _call,
    "tool-return": _return,
    "builtin-tool-return": _return,
    "native-tool-return": _return,
    "retry-prompt": _retry,
    "tool-result": _result,
    "tool-error": _error,
    "user-prompt": _user,
    "system-prompt": _system,
    "instruction": _system,
}
