"""
What a memory tells a run to do, and when two memories say the same.
"""

from __future__ import annotations

from reflect_server.domain.model import Reflection


def lesson_of(reflection: Reflection) -> tuple[str, ...]:
    """
    Return what a reflection says, equal for two that say the same whatever runs they come from.

    Mistake, action and guidance count, the summary does not, as it often names the run. Case and
    white space do not count. Nothing looser is compared: one other word can be another advice.

    Args:
        reflection: What a run taught.
    """
    said = (reflection.key_mistake, reflection.correct_action, reflection.guidance)
    return tuple(" ".join(text.casefold().split()) for text in said)
