"""
Validation of free text and free-form JSON, and the normal form in which texts are compared.
"""

from __future__ import annotations

from collections.abc import Iterable

from reflect_server.errors import InvalidRequestError

DEEPEST_NESTING = 100
"""How many arrays and objects may lie within each other."""


def require_text(value: str, field: str) -> None:
    """
    Refuse a text that is blank.

    Args:
        value: The text.
        field: Its place in the request.

    Raises:
        InvalidRequestError: The text has no visible character.
    """
    if not value.strip():
        raise InvalidRequestError(
            f"`{field}` is blank; it must have at least one visible character.", field=field
        )


def normalized(text: str) -> str:
    """
    Return a text with case and white space normalized out, for comparing what it says.

    Args:
        text: The text.
    """
    return " ".join(text.casefold().split())


def is_shallow(value: object) -> bool:
    """
    Say whether JSON is nested no deeper than `DEEPEST_NESTING`.

    Args:
        value: The decoded JSON.
    """
    level: list[object] = [value]
    for _ in range(DEEPEST_NESTING + 1):
        level = [inner for outer in level for inner in _members(outer)]
        if not level:
            return True
    return False


def _members(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
