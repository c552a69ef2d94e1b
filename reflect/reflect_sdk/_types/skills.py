"""
Types of skills, and of how their versions differ.
"""

from datetime import datetime

from attrs import field, frozen

from reflect_sdk._types.api_model import ApiModel, abbreviated


@frozen(kw_only=True, slots=False)
class SkillLine(ApiModel):
    """
    One piece of advice in a skill.

    Attributes:
        id: The line, in all versions that have it.
        section: `strategy` where it says what works, `pitfall` where it says what to avoid.
        title: The advice in a line.
        text: The advice in Markdown.
        memory_ids: The memories that support it.
    """

    id: str
    section: str
    title: str
    text: str = field(repr=abbreviated)
    memory_ids: list[str]


@frozen(kw_only=True, slots=False)
class SkillChange(ApiModel):
    """
    One difference between a version of a skill and the one that it was made from.

    Attributes:
        action: `added`, `revised` or `removed`; `refused` for an edit that was proposed and not
            made.
        line_id: The line; None where an edit was refused that names none.
        title: The line's title, after the change where there is an after.
        before: The text before; None where the line is new.
        after: The text after; None where the line is gone.
        reason: Why, in a sentence; empty where there is nothing to say.
    """

    action: str
    line_id: str | None = None
    title: str
    before: str | None = field(default=None, repr=abbreviated)
    after: str | None = field(default=None, repr=abbreviated)
    reason: str = ""


@frozen(kw_only=True, slots=False)
class SkillCheck(ApiModel):
    """
    A comparison of two versions of a skill on the project's reviewed tasks. No agent ran.

    Attributes:
        tasks: How many reviewed tasks it rests on.
        reviews: How many reviews of runs that used the cited memories it rests on; 0 says nothing.
        before: The estimated share of tasks solved with the version published before.
        after: The same with the new version.
    """

    tasks: int
    reviews: int
    before: float
    after: float


@frozen(kw_only=True, slots=False)
class SkillResponse(ApiModel):
    """
    The guide that a project's memories consolidate into.

    Attributes:
        content: The guide, in Markdown with YAML front matter.
        version: Grows by one with each regeneration.
        n_passed: How many lessons of passed runs it was made of.
        n_failed: How many lessons of failed runs it was made of.
        created_at: When the first version was made; None where the service does not say.
        updated_at: When this version was made; None where the service does not say.
        published: Whether it became the project's skill; False where it was held back.
        held_back: In the answer to a creation, the number of the version that was made and held
            back, as it does worse on the project's reviewed tasks; None where none was.
        lines: What the guide consists of; empty where the service does not say.
        changes: What it changed in the version that it was made from.
        check: How it compares with the version published before; None where it was not compared.
    """

    content: str = field(repr=abbreviated)
    version: int = 1
    n_passed: int = 0
    n_failed: int = 0
    created_at: datetime | None = None
    updated_at: datetime | None = None
    published: bool = True
    held_back: int | None = None
    lines: list[SkillLine] = field(factory=list, repr=abbreviated)
    changes: list[SkillChange] = field(factory=list, repr=abbreviated)
    check: SkillCheck | None = None
