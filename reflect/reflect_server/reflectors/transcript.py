"""
A transcript of a run for a model, shortened to a budget of tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reflect_server.domain.trajectory import Step

BYTES_PER_TOKEN = 3
"""A careful estimate: English has about 4 bytes to the token, JSON and other scripts about 3."""

_FIRST = 2
_LAST = 4
_LENGTHS = (6_000, 2_400, 1_000, 400)


@dataclass(frozen=True, slots=True)
class _Entry:
    text: str
    fails: bool


def tokens(text: str) -> int:
    """
    Estimate how many tokens of a model a text takes, rather too many than too few.

    Args:
        text: The text.
    """
    return -(-len(text.encode("utf-8", "replace")) // BYTES_PER_TOKEN)


def transcript(steps: Sequence[Step], budget: int) -> str:
    """
    Write a run down within a budget.

    A run that is too long has the middles of its long messages left out first. If that is not
    enough, whole messages are, and these stay in this order: the first two, the last four, each
    failed call with its error, and then the others from the end backwards. What is left out is
    said in its place.

    Args:
        steps: The steps of the run, oldest first.
        budget: The size aimed at, in tokens as `tokens` counts them. Where not even the most
            important message fits, it is shortened further.
    """
    entries: list[_Entry] = []
    for length in (None, *_LENGTHS):
        entries = [_entry(number, step, length) for number, step in enumerate(steps, start=1)]
        if sum(tokens(entry.text) + 1 for entry in entries) <= budget:
            return "\n".join(entry.text for entry in entries)
    return _chosen(entries, budget) if entries else ""


def shortened(text: str, length: int) -> str:
    """
    Leave the middle of a text out where the text is longer than `length` characters, and say so.

    Args:
        text: The text.
        length: How many characters of it are kept at the most.
    """
    text = text.strip()
    if len(text) <= length:
        return text
    head, tail = text[: length * 2 // 3], text[-(length // 3) :]
    left_out = len(text) - len(head) - len(tail)
    return f"{head.rstrip()} [… {left_out} characters left out …] {tail.lstrip()}"


def _entry(number: int, step: Step, length: int | None) -> _Entry:
    def cut(text: str) -> str:
        return text.strip() if length is None else shortened(text, length)

    lines = [f"{step.role or 'message'}: {cut(step.text)}"] if step.text else []
    lines += [f"call of {call.tool}: {cut(call.arguments)}" for call in step.calls]
    for result in step.results:
        tool = result.tool or "the tool"
        verb = "answered" if result.error is None else "failed"
        lines.append(f"{tool} {verb}: {cut(result.result or result.error or '')}")
    text = "\n".join(
        f"[{number}] {line}" for line in lines or [f"{step.role or 'message'}: (empty)"]
    )
    return _Entry(text, any(result.error is not None for result in step.results))


def _chosen(entries: Sequence[_Entry], budget: int) -> str:
    count = len(entries)
    failing = [index for index, entry in enumerate(entries) if entry.fails]
    by_importance = dict.fromkeys(
        (
            *range(min(_FIRST, count)),
            *range(max(0, count - _LAST), count),
            *(place for index in reversed(failing) for place in (index, index - 1) if place >= 0),
            *reversed(range(count)),
        )
    )
    room = budget
    kept: set[int] = set()
    for index in by_importance:
        room -= tokens(entries[index].text) + 1
        if room < 0:
            break
        kept.add(index)
    if not kept:
        return shortened(entries[-1].text, max(40, budget * BYTES_PER_TOKEN // 2))
    return "\n".join(_with_gaps(entries, sorted(kept)))


def _with_gaps(entries: Sequence[_Entry], kept: Sequence[int]) -> list[str]:
    lines, expected = [], 0
    for index in [*kept, len(entries)]:
        missing = index - expected
        if missing:
            lines.append(f"[… {missing} message{'s' if missing > 1 else ''} left out …]")
        if index < len(entries):
            lines.append(entries[index].text)
        expected = index + 1
    return lines
