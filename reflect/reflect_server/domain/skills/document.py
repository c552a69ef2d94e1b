"""
A skill as a document in Anthropic's skill format: Markdown with YAML front matter.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from reflect_server.domain.memory import Memory
from reflect_server.domain.skills.entities import SkillLine, SkillSection
from reflect_server.domain.skills.lessons import pooled
from reflect_server.domain.utility import utility
from reflect_server.errors import ReflectServerError

LONGEST_NAME = 64
LONGEST_DESCRIPTION = 1_024
RESERVED_WORDS = ("anthropic", "claude")
"""Words that the format does not allow in a name."""

_TITLES = {
    SkillSection.STRATEGY: "Proven strategies",
    SkillSection.PITFALL: "Pitfalls to avoid",
}
_EXAMPLES = 3
_LONGEST_EXAMPLE = 120
_CITED = 5
_NOT_IN_YAML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")
_FRONT_MATTER = re.compile(
    r"---\nname: (?P<name>[^\n]*)\ndescription: (?P<description>[^\n]*)\n---\n\n.+", re.DOTALL
)
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_RESERVED = re.compile("|".join(RESERVED_WORDS))
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")
_STRUCTURE = re.compile(r"^\s*(?:[-*+]\s+)*(?=#|[=-]+\s*$|[-*+]\s+Evidence:)")
_TAG = re.compile(r"<[^>]*>")


class SkillFormatError(ReflectServerError):
    """
    A document is no skill. The message says what the format asks for.
    """

    code = "skill_format"


def document(
    project_id: str,
    lines: Sequence[SkillLine],
    memories: Mapping[str, Memory],
    *,
    base_rate: float,
) -> str:
    """
    Write a skill.

    Args:
        project_id: The project; the name is made of it.
        lines: The lines, best first within their sections.
        memories: The memories that they cite, by id.
        base_rate: The usual rate in the project, in (0, 1).

    Returns:
        The document; each line with the estimated utility of its advice and its citations.

    Raises:
        SkillFormatError: What was written is no skill.
    """
    parts = [
        _front_matter(project_id, lines, memories),
        f"# What the runs of {_line(project_id)} have taught",
    ]
    for section, title in _TITLES.items():
        chosen = [line for line in lines if line.section is section]
        if chosen:
            parts.append(f"## {title}")
            parts.extend(_entry(line, memories, base_rate) for line in chosen)
    content = "\n\n".join(parts) + "\n"
    require_skill_format(content)
    return content


def require_skill_format(content: str) -> None:
    """
    Refuse a document that is no skill.

    Args:
        content: The document.

    Raises:
        SkillFormatError: It does not begin with `name` and `description` between lines of three
            dashes, one of them breaks a rule of the format, or nothing follows.
    """
    found = _FRONT_MATTER.fullmatch(content)
    if found is None:
        raise SkillFormatError(
            "A skill begins with `name` and `description` between two lines of `---`, and has a "
            f"text after them; this begins with {content[:60]!r}."
        )
    name, description = found["name"], str(json.loads(found["description"]))
    if len(name) > LONGEST_NAME or not _NAME.fullmatch(name):
        raise SkillFormatError(
            f"The name of a skill has up to {LONGEST_NAME} small letters, digits and single "
            f"hyphens; found {name!r}."
        )
    for word in RESERVED_WORDS:
        if word in name:
            raise SkillFormatError(f"The name of a skill may not hold {word!r}; found {name!r}.")
    if (
        not description.strip()
        or len(description) > LONGEST_DESCRIPTION
        or _TAG.search(description)
    ):
        raise SkillFormatError(
            f"The description of a skill has 1 to {LONGEST_DESCRIPTION} characters and no tags; "
            f"found {description[:60]!r}, {len(description)} characters."
        )


def _front_matter(
    project_id: str, lines: Sequence[SkillLine], memories: Mapping[str, Memory]
) -> str:
    slug, found = project_id.lower(), 1
    while found:  # What is left on both sides of a word can be one too.
        slug, found = _RESERVED.subn("", slug)
    slug = re.sub(r"[^a-z0-9]+", "-", slug).strip("-") or "project"
    name = f"{slug[: LONGEST_NAME - len('-lessons')].rstrip('-')}-lessons"
    tasks = dict.fromkeys(_line(memories[line.memory_ids[0]].task) for line in lines)
    examples = "; ".join(task[:_LONGEST_EXAMPLE] for task in list(tasks)[:_EXAMPLES])
    description = (
        f"Lessons of {len(lines)} kinds of reviewed runs. Use it for tasks like: {examples}"
    )
    plain = _NOT_IN_YAML.sub(" ", _TAG.sub(" ", description)).replace("<", " ").replace(">", " ")
    said = json.dumps(plain[:LONGEST_DESCRIPTION], ensure_ascii=False)
    return f"---\nname: {name}\ndescription: {said}\n---"


def _entry(line: SkillLine, memories: Mapping[str, Memory], base_rate: float) -> str:
    evidence = pooled(memories[memory_id].evidence for memory_id in line.memory_ids)
    worth = utility(evidence, base_rate=base_rate)
    more = len(line.memory_ids) - _CITED
    cited = ", ".join(line.memory_ids[:_CITED]) + (f" and {more} more" if more > 0 else "")
    support = (
        f"- Evidence: utility {worth.estimate:.2f} ({worth.low:.2f} to {worth.high:.2f}) from "
        f"{evidence.uses} reviews; memories {cited}"
    )
    return f"### {line.title}\n\n{_contained(line.text)}\n{support}"


def _contained(text: str) -> str:
    """
    Return advice so that it cannot pass for other lines of the skill, their evidence or its
    sections: what runs and models say in it does not speak for the service.
    """
    kept, fence = [], ""
    for line in text.splitlines():
        mark = _FENCE.match(line)
        if mark and not fence:
            fence = mark[1]
        elif mark and mark[1].startswith(fence) and not mark[2].strip():
            fence = ""
        kept.append(line if fence or mark else _STRUCTURE.sub(r"\g<0>\\", line))
    return "\n".join([*kept, fence] if fence else kept)


def _line(text: str) -> str:
    return " ".join(text.split())
