"""
The lessons of a project: its memories, those that say the same as one, ranked by evidence.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from reflect_server.domain.memory import Evidence, Memory
from reflect_server.domain.skills.entities import SkillLine, SkillSection
from reflect_server.domain.utility import Utility, utility

_CITED = 20


@dataclass(frozen=True)
class Lesson:
    """
    What one or several memories of a section say alike.

    Attributes:
        section: Whether their runs passed (a strategy) or failed (a pitfall).
        memories: The memories, the best supported first; at least one.
    """

    section: SkillSection
    memories: tuple[Memory, ...]

    @property
    def id(self) -> str:
        """
        The same for the same advice in the same section, whatever memories say it.
        """
        said = "\n".join((self.section, self.memories[0].reflection.lesson))
        return hashlib.sha256(said.encode()).hexdigest()[:16]

    @property
    def title(self) -> str:
        """
        The advice in a line.
        """
        return " ".join(self.memories[0].reflection.summary.split())

    @property
    def text(self) -> str:
        """
        The advice in Markdown.
        """
        memory = self.memories[0]
        reflection = memory.reflection
        points = (
            ("Seen in", memory.task),
            ("What went wrong", reflection.key_mistake),
            ("Do", reflection.correct_action),
            ("Guidance", reflection.guidance),
            ("Tools", ", ".join(reflection.applicable_tools)),
        )
        return "\n".join(f"- {name}: {_indented(said)}" for name, said in points if said.strip())

    @property
    def memory_ids(self) -> tuple[str, ...]:
        """
        The memories to cite, 20 at most.
        """
        return tuple(memory.id for memory in self.memories[:_CITED])

    @cached_property
    def evidence(self) -> Evidence:
        """
        What reviews have shown of all its memories together.
        """
        return pooled(memory.evidence for memory in self.memories)

    def utility(self, base_rate: float) -> Utility:
        """
        Estimate how often following it ends well.

        Args:
            base_rate: The usual rate in the project, in (0, 1).
        """
        return utility(self.evidence, base_rate=base_rate)


def pooled(evidence: Iterable[Evidence]) -> Evidence:
    """
    Return the evidence of several memories together.

    Args:
        evidence: The evidence of each.
    """
    uses, wins, losses = 0, 0.0, 0.0
    for one in evidence:
        uses += one.uses
        wins += one.wins
        losses += one.losses
    return Evidence(uses, wins, losses)


def section_of(memory: Memory) -> SkillSection:
    """
    Return where a reviewed memory's advice belongs.

    Args:
        memory: The memory; its `success` is known.
    """
    return SkillSection.STRATEGY if memory.success else SkillSection.PITFALL


def ranked_lessons(
    memories: Iterable[Memory], section: SkillSection, *, base_rate: float
) -> list[Lesson]:
    """
    Bring the memories of a section together by what they say, and rank that by evidence.

    Lessons are ranked by the lower end of their utility's interval, which rises with evidence, then
    by how many runs taught them.

    Args:
        memories: Reviewed memories, of whatever section.
        section: The wanted section.
        base_rate: The usual rate in the project, in (0, 1).
    """
    groups: dict[str, list[Memory]] = {}
    for memory in memories:
        if section_of(memory) is section:
            groups.setdefault(memory.reflection.lesson, []).append(memory)
    lessons = [
        Lesson(section, tuple(sorted(group, key=lambda m: (-m.q_value, m.id))))
        for group in groups.values()
    ]
    return sorted(
        lessons,
        key=lambda lesson: (-lesson.utility(base_rate).low, -len(lesson.memories), lesson.id),
    )


def ranked_lines(
    lines: Sequence[SkillLine], memories: Mapping[str, Memory], *, base_rate: float
) -> list[SkillLine]:
    """
    Rank lines by the evidence of the memories that they cite, as lessons are ranked.

    Args:
        lines: The lines.
        memories: The memories by id; a cited one that is missing does not count.
        base_rate: The usual rate in the project, in (0, 1).
    """

    def key(line: SkillLine) -> tuple[float, int, str]:
        cited = [memories[i].evidence for i in line.memory_ids if i in memories]
        return -utility(pooled(cited), base_rate=base_rate).low, -len(cited), line.id

    return sorted(lines, key=key)


def _indented(text: str) -> str:
    return "\n  ".join(line.rstrip() for line in text.strip().splitlines() if line.strip())
