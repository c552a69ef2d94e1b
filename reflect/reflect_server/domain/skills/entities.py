"""
What a skill is: its versions, their lines, and what changed from one to the next.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class SkillSection(StrEnum):
    """
    Whether a line of a skill says what works, or what to avoid.
    """

    STRATEGY = "strategy"
    PITFALL = "pitfall"


@dataclass(frozen=True, slots=True)
class SkillLine:
    """
    One piece of advice in a skill.

    Attributes:
        id: The line, in all versions that have it.
        section: Where it stands.
        title: The advice in a line.
        text: The advice in Markdown.
        memory_ids: The memories that support it, the best supported first.
    """

    id: str
    section: SkillSection
    title: str
    text: str
    memory_ids: tuple[str, ...]


class SkillChangeAction(StrEnum):
    """
    What became of a line, or that a proposed edit was not made.
    """

    ADDED = "added"
    REVISED = "revised"
    REMOVED = "removed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class SkillChange:
    """
    One difference between a version and the one that it was made from.

    Attributes:
        action: What happened.
        line_id: The line; None where an edit was refused that names none.
        title: The line's title, after the change where there is an after.
        before: The text before; None where the line is new.
        after: The text after; None where the line is gone.
        reason: Why, in a sentence; empty where there is nothing to say.
    """

    action: SkillChangeAction
    line_id: str | None
    title: str
    before: str | None = None
    after: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SkillCheck:
    """
    A comparison of two versions on the project's reviewed tasks.

    Attributes:
        tasks: How many tasks it rests on.
        reviews: How many reviews of runs that used the cited memories it rests on.
        before: The estimated share of tasks solved with the version published before, in [0, 1].
        after: The same with the new version.
    """

    tasks: int
    reviews: int
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Skill:
    """
    One version of the guide that a project's memories consolidate into.

    Attributes:
        project_id: The project.
        version: 1 for the first, one more for each regeneration.
        content: The guide, in Markdown with YAML front matter.
        n_passed: How many lessons of passed runs it was made of.
        n_failed: How many lessons of failed runs it was made of.
        created_at: When the project's first version was made, in UTC.
        updated_at: When this version was made, in UTC.
        published: Whether it became the project's skill; False where it was held back.
        lines: What it consists of, in order; empty where it is from before lines were kept.
        changes: What it changed in the version that it was made from.
        check: How it compares with the version published before; None where there was none.
    """

    project_id: str
    version: int
    content: str
    n_passed: int
    n_failed: int
    created_at: datetime
    updated_at: datetime
    published: bool = True
    lines: tuple[SkillLine, ...] = ()
    changes: tuple[SkillChange, ...] = ()
    check: SkillCheck | None = None
