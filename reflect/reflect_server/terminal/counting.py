"""
Counts in words, singular and plural.
"""

from __future__ import annotations


def counted(number: int, one: str, several: str | None = None) -> str:
    """
    Return a number with its noun, such as `1 trace` or `2 traces`.

    Args:
        number: How many, at least 0.
        one: The noun for one.
        several: The noun for any other number; `one` with an s where None.
    """
    return f"{number} {one if number == 1 else several or one + 's'}"
