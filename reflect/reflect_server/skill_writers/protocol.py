"""
What the service asks of a writer of skills.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from reflect_server.domain.skills.edits import LineEdit
from reflect_server.domain.skills.entities import SkillLine, SkillSection
from reflect_server.domain.skills.lessons import Lesson


class SkillWriter(Protocol):
    """
    Proposes how one section of a skill changes. Safe to call from any thread.
    """

    def edits(
        self,
        section: SkillSection,
        lines: Sequence[SkillLine],
        lessons: Sequence[Lesson],
        *,
        most: int,
    ) -> Sequence[LineEdit]:
        """
        Propose edits. Those that cannot be made are refused by the caller, and lines beyond `most`
        are taken out.

        Args:
            section: The section.
            lines: Its lines now.
            lessons: What the project's memories say, ranked by evidence; at least one.
            most: How many lines the section may have after the edits; at least 1.

        Raises:
            ReflectServerError: It cannot do its work.
        """
        ...
