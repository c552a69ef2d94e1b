"""
Shortening: messages that are too large together, cut in the middle of their longest texts.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import pairwise

from reflect_sdk._types.cutting import cut_between, left_out
from reflect_sdk._types.recordable import Json

LEAST_CUT = 200
"""Bytes up to which texts stay whole; where those are too many, messages are left out."""
_MARK = 60
"""Bytes that the mark in a text takes at the most."""

_encode = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, check_circular=False, separators=(",", ":")
).encode


def encoded(value: Json) -> bytes:
    """
    Return JSON as text in UTF-8.

    Args:
        value: The JSON.
    """
    return _encode(value).encode()


def shortened(parts: Sequence[bytes], room: int) -> list[bytes]:
    """
    Make messages short enough to be sent together.

    Args:
        parts: The messages, as JSON.
        room: How many bytes they may have, with the commas between them.

    Returns:
        The messages with their longest texts cut; where there are not enough of those, without the
        messages in the middle.
    """
    shorter = with_cut_texts(parts, room)
    return shorter if _size(shorter) <= room else _without_middle(shorter, room)


def with_cut_texts(parts: Sequence[bytes], room: int) -> list[bytes]:
    """
    Cut the longest texts in the middle, all to one length, as far as needed.

    Args:
        parts: Objects, as JSON.
        room: How many bytes they may have, with the commas between them.

    Returns:
        The objects; still too large where they hold too much else.
    """
    excess = _size(parts) - room
    if excess <= 0:
        return list(parts)
    sizes = [list(_sizes(json.loads(part))) for part in parts]
    every = [size for held in sizes for size in held]
    length = max(LEAST_CUT, common_length(every, excess))
    return [
        encoded(_cut(json.loads(part), length)) if max(held, default=0) > length else part
        for part, held in zip(parts, sizes, strict=True)
    ]


def common_length(sizes: Sequence[int], excess: int) -> int:
    """
    Return to which length the longest texts are to be cut, so that all together lose enough.

    Args:
        sizes: The lengths of all texts that may be cut.
        excess: How much is to go.

    Returns:
        The length; 0 where even that is not enough.
    """
    ordered = [*sorted(sizes, reverse=True), 0]
    gone = 0
    for count, (size, following) in enumerate(pairwise(ordered), start=1):
        gone += count * (size - following)
        if gone >= excess:
            return following + (gone - excess) // count
    return 0


def with_few_containers(parts: Sequence[bytes], most: int) -> list[bytes]:
    """
    Make messages of few lists and objects, where there are too many: what they hold becomes text.

    Args:
        parts: The messages, as JSON.
        most: How many lists and objects all may have together.
    """
    counts = [part.count(b"[") + part.count(b"{") for part in parts]
    if sum(counts) <= most:
        return list(parts)
    each = most // len(parts)
    return [
        _flat(part) if count > each else part for part, count in zip(parts, counts, strict=True)
    ]


def _flat(part: bytes) -> bytes:
    members = json.loads(part).items()
    return encoded(
        {
            name: _encode(member) if isinstance(member, dict | list) else member
            for name, member in members
        }
    )


def _size(parts: Sequence[bytes]) -> int:
    return sum(map(len, parts)) + len(parts)


def _size_of_text(text: str) -> int:
    return len(encoded(text)) - len('""')


def _sizes(value: Json) -> Iterator[int]:
    if isinstance(value, str):
        if len(value) > LEAST_CUT // 4 and (size := _size_of_text(value)) > LEAST_CUT:
            yield size
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _sizes(item)


def _cut(value: Json, length: int) -> Json:
    if isinstance(value, dict):
        return {name: _cut(item, length) for name, item in value.items()}
    if isinstance(value, list):
        return list(map(partial(_cut, length=length), value))
    if not isinstance(value, str) or _size_of_text(value) <= length:
        return value
    each = (length - _MARK) // 2
    return cut_between(
        value,
        _count_within(value[:each], each, slice(None)),
        _count_within(value[-each:], each, slice(None, None, -1)),
    )


def _count_within(text: str, size: int, order: slice) -> int:
    """
    Return how many characters, from the beginning or the end of a text, are not above a size.
    """
    text = text[order]
    while (found := _size_of_text(text)) > size:
        text = text[: len(text) * size // found]
    return len(text)


def _without_middle(parts: Sequence[bytes], room: int) -> list[bytes]:
    room -= len(encoded(left_out(len(parts)))) + 1
    head, tail = 0, len(parts)
    while True:  # They do not all fit.
        at_head = head <= len(parts) - tail
        size = len(parts[head if at_head else tail - 1]) + 1
        if size > room:
            return [*parts[:head], encoded(left_out(tail - head)), *parts[tail:]]
        room -= size
        head, tail = (head + 1, tail) if at_head else (head, tail - 1)
