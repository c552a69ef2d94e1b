"""
Tool arguments in prose: what a call was given, and what a later one did differently.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from reflect_server.domain.abridge import one_line

MAX_ARGUMENTS = 400
"""How much of the arguments of one call is written, in characters, before values are left out."""

MAX_VALUE = 240
"""The longest value that is written whole beside others, in characters."""

MAX_DIFFERENCES = 4
"""With more differences than this, only the arguments that differ are named."""

_DEEPEST = 8
_encode = json.JSONEncoder(ensure_ascii=False).encode


def described(arguments: str) -> str:
    """
    Write arguments as a reader would, such as `amount=5, flights=(2 entries)`.

    No value is cut in the middle: one that is too long is told by its size. Arguments that are one
    text, such as a query or a program, are written up to `MAX_ARGUMENTS` characters.

    Args:
        arguments: The arguments as JSON, or as the text that the agent wrote.
    """
    parsed = _object(arguments)
    if parsed is None:
        return one_line(arguments, MAX_ARGUMENTS)
    if len(parsed) == 1:
        ((name, value),) = parsed.items()
        if isinstance(value, str):
            return one_line(f"{name}={_text(value)}", MAX_ARGUMENTS)
    written = {name: _value(value) for name, value in parsed.items()}
    excess = sum(len(f"{name}={value}, ") for name, value in written.items()) - MAX_ARGUMENTS
    for name in sorted(written, key=lambda name: len(written[name]), reverse=True):
        size = _size(parsed[name])
        if excess > 0 and size:
            excess -= len(written[name]) - len(size)
            written[name] = size
    return _joined([f"{name}={value}" for name, value in written.items()], MAX_ARGUMENTS)


def differences(before: str, after: str) -> str:
    """
    Say what a call did differently from an earlier one of the same tool.

    Args:
        before: The arguments of the earlier call.
        after: The arguments of the later one.

    Returns:
        Such as `amount=55 instead of 5`; empty where both are the same, or where one of them is no
        JSON object or one single text, so that it is better to read the later call itself.
    """
    old, new = _object(before), _object(after)
    if old is None or new is None or _is_one_text(new):
        return ""
    found = list(_differences(old, new, ""))
    if len(found) <= MAX_DIFFERENCES:
        return "; ".join(found)
    changed = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    return f"other values of {_joined(changed, MAX_ARGUMENTS)}"


def _differences(old: object, new: object, path: str, depth: int = 0) -> Iterator[str]:
    old_members, new_members = _members(old, path), _members(new, path)
    if old_members is None or new_members is None or depth == _DEEPEST:
        if old != new or type(old) is not type(new):
            yield f"{path}={_value(new)} instead of {_value(old)}"
        return
    for name in {**old_members, **new_members}:
        if name not in new_members:
            yield f"no {name}"
        elif name not in old_members:
            yield f"{name}={_value(new_members[name])} added"
        else:
            yield from _differences(old_members[name], new_members[name], name, depth + 1)


def _members(value: object, path: str) -> dict[str, object] | None:
    if isinstance(value, dict):
        return {f"{path}.{name}" if path else name: inner for name, inner in value.items()}
    if isinstance(value, list):
        return {f"{path}[{index}]": inner for index, inner in enumerate(value)}
    return None


def _object(arguments: str) -> dict[str, Any] | None:
    try:
        parsed = json.loads(arguments)
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, dict) else None


def _is_one_text(arguments: dict[str, Any]) -> bool:
    return len(arguments) == 1 and all(isinstance(value, str) for value in arguments.values())


def _value(value: object) -> str:
    if isinstance(value, str):
        written = _text(value)
    else:
        try:
            written = _encode(value)
        except (ValueError, RecursionError):
            written = ""
    return written if 0 < len(written) <= MAX_VALUE else _size(value) or "(a long number)"


def _size(value: object) -> str:
    if isinstance(value, str):
        return f"(a text of {len(value)} characters)"
    if isinstance(value, list):
        return "(1 entry)" if len(value) == 1 else f"({len(value)} entries)"
    if isinstance(value, dict):
        return "(1 member)" if len(value) == 1 else f"({len(value)} members)"
    return ""


def _text(value: str) -> str:
    return f'"{" ".join(value.split())}"'


def _joined(parts: list[str], limit: int) -> str:
    kept: list[str] = []
    room = limit
    for part in parts:
        room -= len(part) + len(", ")
        if room < 0:
            return ", ".join([*kept, f"({len(parts) - len(kept)} more)"])
        kept.append(part)
    return ", ".join(kept)
