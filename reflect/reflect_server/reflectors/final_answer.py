"""
Final answers: what an agent reports, without the courtesies around it.
"""

from __future__ import annotations

import re

from reflect_server.domain.abridge import abridged

LONGEST_AS_IT_IS = 240
"""Up to this length an answer without courtesies is quoted as it is, line breaks included."""

_COURTESY = re.compile(
    r"(?:if (?:you|there)\b|(?:please )?(?:feel free|let me know|hold on)\b|is there anything|"
    r"(?:would|do) you (?:like|want)\b|have a (?:great|good|nice|safe|wonderful)|safe travels|"
    r"thank you|thanks\b|you(?:'|’)re welcome|how can i|here (?:are|is)\b.*:$)",  # noqa: RUF001 - both apostrophes
    re.IGNORECASE,
)
_LIST_ITEM = re.compile(r"\s*(?:[-*•]|\d+[.)])\s+")
_EMPHASIS = re.compile(r"\*\*|__")
_SENTENCES = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")


def substance(answer: str, limit: int) -> str:
    """
    Return what an answer says in at most `limit` characters, without offers of further help.

    A short answer without a list and one with a block of code keep their form. In any other the
    lines are joined, items of a list by semicolons, and emphasis is taken off. Where nothing is
    left, the answer is returned as it was.

    Args:
        answer: The answer, in plain text or Markdown.
        limit: The largest length, in characters.
    """
    if "```" in answer:
        return abridged(answer, limit)
    kept = _kept(answer)
    if not kept:
        return abridged(answer, limit)
    if len(kept) <= LONGEST_AS_IT_IS and not any(map(_LIST_ITEM.match, kept.splitlines())):
        return abridged(kept, limit)
    return abridged(" ".join(_flowing(part) for part in kept.split("\n\n")), limit)


def is_courtesy(answer: str) -> bool:
    """
    Say whether an answer is nothing but courtesies, such as a farewell.

    Args:
        answer: The answer, in plain text or Markdown.
    """
    return not _kept(answer)


def _kept(answer: str) -> str:
    paragraphs = [_without_courtesies(part) for part in re.split(r"\n\s*\n", answer.strip())]
    return "\n\n".join(part for part in paragraphs if part)


def _without_courtesies(paragraph: str) -> str:
    lines = []
    for line in paragraph.splitlines():
        sentences = _SENTENCES.split(line)
        kept = [part for part in sentences if not _COURTESY.match(part.strip())]
        if kept == sentences:
            lines.append(line)
        elif kept:
            lines.append(" ".join(kept))
    return "\n".join(lines).strip()


def _flowing(paragraph: str) -> str:
    lines = [_EMPHASIS.sub("", line).strip() for line in paragraph.splitlines() if line.strip()]
    if not any(_LIST_ITEM.match(line) for line in lines):
        return " ".join(lines)
    text = ""
    for line in lines:
        item = _LIST_ITEM.sub("", line)
        separator = "" if not text else " " if text.endswith((":", ".", "!", "?")) else "; "
        text += separator + item
    return text if text.endswith((".", "!", "?")) else f"{text}."
