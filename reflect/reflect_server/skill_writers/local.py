"""
A writer of skills that needs no language model: it selects, and rewrites nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from reflect_server.domain.skills.edits import LineEdit
from reflect_server.domain.skills.entities import SkillChangeAction, SkillLine, SkillSection
from reflect_server.domain.skills.lessons import Lesson


class LocalSkillWriter:
    """
    Lets a section hold the best lessons, in the words of their memories.
    """

    def edits(
        self,
        section: SkillSection,  # noqa: ARG002 - lessons are those of the section
        lines: Sequence[SkillLine],
        lessons: Sequence[Lesson],
        *,
        most: int,
    ) -> Sequence[LineEdit]:
        """
        Propose to add, bring up to date and remove lines; see `SkillWriter.edits`.
        """
        present = {line.id: line for line in lines}
        best = {lesson.id: lesson for lesson in lessons[:most]}
        removed = [
            LineEdit(SkillChangeAction.REMOVED, line_id, reason="Others have more evidence.")
            for line_id in present
            if line_id not in best
        ]
        kept = [
            LineEdit(
                SkillChangeAction.REVISED if line_id in present else SkillChangeAction.ADDED,
                line_id,
                lesson.title,
                lesson.text,
                lesson.memory_ids,
            )
            for line_id, lesson in best.items()
        ]
        return [*removed, *kept]
