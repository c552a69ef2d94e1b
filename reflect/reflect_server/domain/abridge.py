"""
Abridging: texts shortened where a reader would, after a sentence or between words.
"""

from __future__ import annotations

import re

ELLIPSIS = " …"
"""What a shortened text ends with."""

_SENTENCE_END = re.compile(r"[.!?。！？][\"')\]]*(?=\s|$)|(?<=\S)(?=\n)")  # noqa: RUF001 - CJK stops


def abridged(text: str, limit: int) -> str:
    """
    Return a text of at most `limit` characters, cut at a sentence or a word where possible.

    A text that fits is returned as it is, but for blanks around it. A longer one is cut after the
    last sentence or line that ends in the second half of the limit, otherwise after the last word
    there, otherwise anywhere, and ends with an ellipsis.

    Args:
        text: The text.
        limit: The largest length, in characters; at least 4.
    """
    text = text.strip()
    if len(text) <= limit:
        return text
    room = limit - len(ELLIPSIS)
    head = text[:room]
    ends = [match.end() for match in _SENTENCE_END.finditer(text[: room + 1])]
    cut = next((end for end in reversed(ends) if room // 2 <= end <= room), None)
    if cut is None:
        word_end = max(head.rfind(" "), head.rfind("\n"))
        cut = word_end if word_end >= room // 2 else room
    return head[:cut].rstrip() + ELLIPSIS


def one_line(text: str, limit: int) -> str:
    """
    Return a text on a single line of at most `limit` characters, cut as `abridged` does.

    Args:
        text: The text.
        limit: The largest length, in characters; at least 4.
    """
    return abridged(" ".join(text.split()), limit)
