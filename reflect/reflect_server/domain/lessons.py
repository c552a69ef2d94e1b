"""
What a memory tells a run to do, when two memories say the same, and when an answer agrees.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from reflect_server.domain.model import Memory, Reflection, Trace
from reflect_server.domain.trajectory import closing_report

LEAST_AGREEMENT = 0.5
"""An answer agrees with a lesson where it has at least this share of the lesson's own words."""

_WORD = re.compile(r"\w+")
_MOST_CHARACTERS = 16_384
_DIGEST_BYTES = 16


@lru_cache(maxsize=8_192)
def lesson_of(reflection: Reflection) -> tuple[str, ...]:
    """
    Return what a reflection says, equal for two that say the same whatever runs they come from.

    Mistake, action and guidance count, the summary does not, as it often names the run. Case and
    white space do not count. Nothing looser is compared: one other word can be another advice.

    Args:
        reflection: What a run taught.
    """
    said = (reflection.key_mistake, reflection.correct_action, reflection.guidance)
    return tuple(map(_evened, said))


class Stance(NamedTuple):
    """
    The answer of a run to its task, and whether it was accepted.

    Attributes:
        task: The task, with case and white space evened out.
        answer: A digest of the answer; see `answer_digest`.
        accepted: Whether the run passed.
    """

    task: str
    answer: bytes
    accepted: bool

    @property
    def contrary(self) -> Stance:
        """
        The opposite verdict on the same answer to the same task.
        """
        return self._replace(accepted=not self.accepted)


def stance_of(memory: Memory) -> Stance | None:
    """
    Return what the run of a memory stands for.

    Args:
        memory: The memory.

    Returns:
        The run's answer with its verdict; None where it has no answer, or no verdict.
    """
    if memory.success is None or not memory.answer:
        return None
    return Stance(_evened(memory.task), memory.answer, memory.success)


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
    said = [_evened(text) for text in (closing_report(trace.trajectory), trace.final_response)]
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


def _evened(text: str) -> str:
    return " ".join(text.casefold().split())
