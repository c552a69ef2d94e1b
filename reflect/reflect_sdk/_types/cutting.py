"""
Cutting: texts and lists of messages made short enough, with a mark where something is missing.
"""

from __future__ import annotations

_NEAR = 100
"""How many characters may be cut more to end between words, as no key is to be cut in two."""


def cut_text(text: str, limit: int) -> str:
    """
    Return a text of at most `limit` characters, cut in the middle.

    Args:
        text: The text.
        limit: The largest length, in characters; with less than 100, there is no room for words on
            both sides of the mark.

    Returns:
        The text as it is, where it fits; else its beginning and its end, with a mark between them
        that says how much is missing.
    """
    if len(text) <= limit:
        return text
    room = max(0, limit - len(_mark(len(text))))
    return cut_between(text, room - room // 2, room // 2)[:limit]


def cut_between(text: str, head: int, tail: int) -> str:
    """
    Return a text without its middle, with a mark there.

    Args:
        text: The text.
        head: How many characters are kept of its beginning, or some fewer.
        tail: How many are kept of its end, or some fewer.
    """
    end = _end_of_word(text, head)
    start = _start_of_word(text, len(text) - tail)
    return f"{text[:end]}{_mark(start - end)}{text[start:]}"


def _mark(count: int) -> str:
    return f" … {count:,} characters left out … "


def _end_of_word(text: str, end: int) -> int:
    for place in range(end, max(0, end - _NEAR), -1):
        if text[place].isspace():
            return place
    return end


def _start_of_word(text: str, start: int) -> int:
    for place in range(start, min(len(text), start + _NEAR)):
        if text[place - 1].isspace():
            return place
    return start


def left_out(count: int) -> dict[str, object]:
    """
    Return the message that stands for messages that are left out.

    Args:
        count: How many.
    """
    return {"type": "left_out", "content": f"… {count:,} messages left out …", "messages": count}


def without_middle(count: int, most: int) -> tuple[int, int]:
    """
    Return which messages are kept of too many: the beginning, which has the task, and the end.

    Args:
        count: How many there are.
        most: How many there may be, with the mark.

    Returns:
        Up to where they are kept, and from where on again.
    """
    if count <= most:
        return count, count
    head = (most - 1) // 2
    return head, count - (most - 1 - head)
