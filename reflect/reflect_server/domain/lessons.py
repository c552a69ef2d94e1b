"""
Lessons: digests of what runs answered, and which lessons an answer agrees with.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from reflect_server.domain.reflection import Reflection
from reflect_server.domain.texts import normalized
from reflect_server.domain.trace import Trace

LEAST_AGREEMENT = 0.5
"""An answer agrees with a lesson where it has at least this share of the lesson's own words."""

_WORD = re.compile(r"\w+")
_MOST_CHARACTERS = 16_384
_DIGEST_BYTES = 16


def answer_digest(trace: Trace) -> bytes:
    """
    Return a digest of what a run answered, equal for equal answers, case and white space aside.

    What the agent reported after its last tool and its final response count both: in a
    conversation the latter is often a farewell, which says nothing.

    Args:
        trace: The run.

    Returns:
        16 bytes; none for a run without an answer.
    """
    said = [normalized(text) for text in (trace.trajectory.closing_report, trace.final_response)]
    if not any(said):
        return b""
    return hashlib.blake2b("\n".join(said).encode(), digest_size=_DIGEST_BYTES).digest()


def agreeing(answer: str, reflections: Mapping[str, Reflection]) -> list[str]:
    """
    Say which memories an answer agrees with, judged by the words that tell their lessons apart.

    Words that all of the lessons have say nothing. Of the others, the answer must have a share of
    at least `LEAST_AGREEMENT`, and as large a share as of any other lesson. This recognises answers
    that state what a lesson advises, such as a choice, a name or a query; where an answer is put in
    other words, nothing is recognised.

    Args:
        answer: The final answer of a run.
        reflections: What the memories say that the run was given, by id.

    Returns:
        The ids of those that it agrees with, in their order; none where that does not show, as with
        fewer than two memories, or where all say the same.
    """
    advice = {memory_id: _advice(reflection) for memory_id, reflection in reflections.items()}
    if len(advice) < 2:
        return []
    common = frozenset.intersection(*advice.values())
    said = _words(answer)
    shares = {
        memory_id: len(own & said) / len(own)
        for memory_id, words in advice.items()
        if (own := words - common)
    }
    most = max(shares.values(), default=0.0)
    if most < LEAST_AGREEMENT:
        return []
    return [memory_id for memory_id, share in shares.items() if share == most]


def _advice(reflection: Reflection) -> frozenset[str]:
    return _words(f"{reflection.correct_action}\n{reflection.guidance}")


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text[:_MOST_CHARACTERS].casefold()))
