"""
Reflections: what a run teaches.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from reflect_server.domain.texts import normalized


@dataclass(frozen=True)  # Without slots, so that what is derived from it is derived once.
class Reflection:
    """
    What a run teaches.

    Attributes:
        summary: The lesson in one line.
        guidance: What a future run should do.
        key_mistake: What went wrong; empty where nothing did.
        correct_action: What the run did right, or should have done instead.
        applicable_tools: The tools or areas that the lesson applies to.
        tools_used: The tools that the run called, in order of first use.
    """

    summary: str
    guidance: str
    key_mistake: str = ""
    correct_action: str = ""
    applicable_tools: tuple[str, ...] = ()
    tools_used: tuple[str, ...] = ()

    @cached_property
    def text(self) -> str:
        """
        The whole lesson as readable paragraphs, in the order summary, mistake, action, guidance.
        """
        parts = (
            self.summary,
            self.key_mistake and f"What went wrong: {self.key_mistake}",
            self.correct_action and f"What to do: {self.correct_action}",
            self.guidance,
        )
        return "\n\n".join(part for part in parts if part)

    @cached_property
    def lesson(self) -> str:
        """
        What it says, equal for two that say the same whatever runs they come from.

        Mistake, action and guidance count, the summary does not, as it often names the run. Case
        and white space do not count. Nothing looser is compared: one other word can be another
        advice.
        """
        said = (self.key_mistake, self.correct_action, self.guidance)
        return "\n".join(map(normalized, said))
