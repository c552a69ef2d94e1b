"""
Skills: a project's memories consolidated into one guide, without a model.

Two levels, after Trace2Skill (arXiv 2603.25158): memories of passed runs become proven strategies
and those of failed runs pitfalls to avoid, each side ranked by Q-value and freed of repetitions;
both then become one document in Anthropic's skill format.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from reflect_server.domain.model import Memory, Skill
from reflect_server.domain.parts import Parts
from reflect_server.errors import ConflictError, NotFoundError
from reflect_server.store.protocol import Transaction

LEAST_MEMORIES = 5
"""From this many reviewed memories on there is enough to make a skill of."""

DEFAULT_PER_SIDE = 5
"""How many memories of passed runs, and of failed ones, a skill is made of."""

_LONGEST_NAME = 64
_EXAMPLES_SHOWN = 3
_LONGEST_EXAMPLE = 120


class NotEnoughMemoriesError(ConflictError):
    """
    The project has too few reviewed memories for a skill.
    """

    code = "not_enough_memories"


def get_skill(parts: Parts, project_id: str) -> Skill:
    """
    Return the newest version of the project's skill.

    Args:
        parts: The collaborators.
        project_id: The project.

    Raises:
        NotFoundError: None has been created.
    """
    skill = parts.store.read(lambda tx: tx.skills.latest(project_id))
    if skill is None:
        raise NotFoundError(
            f"The project {project_id!r} has no skill yet. Create one once "
            f"{LEAST_MEMORIES} of its memories are reviewed."
        )
    return skill


def create_skill(
    parts: Parts, project_id: str, *, n_passed: int, n_failed: int, now: datetime
) -> Skill:
    """
    Make a new version of the project's skill.

    Args:
        parts: The collaborators.
        project_id: The project.
        n_passed: How many memories of passed runs to use at the most.
        n_failed: How many memories of failed runs to use at the most.
        now: The present time, in UTC.

    Raises:
        NotEnoughMemoriesError: The project has fewer than 5 reviewed memories.
    """
    memories = parts.store.read(lambda tx: tx.memories.page(project_id))
    reviewed = [memory for memory in memories if memory.success is not None]
    if len(reviewed) < LEAST_MEMORIES:
        raise NotEnoughMemoriesError(
            f"The project {project_id!r} has {len(reviewed)} reviewed memories, and a skill needs "
            f"{LEAST_MEMORIES}. Review more runs first."
        )
    passed = _best((m for m in reviewed if m.success), n_passed)
    failed = _best((m for m in reviewed if not m.success), n_failed)
    content = _document(project_id, passed, failed)

    def work(tx: Transaction) -> Skill:
        earlier = tx.skills.latest(project_id)
        skill = Skill(
            project_id=project_id,
            version=earlier.version + 1 if earlier else 1,
            content=content,
            n_passed=len(passed),
            n_failed=len(failed),
            created_at=earlier.created_at if earlier else now,
            updated_at=now,
        )
        tx.skills.insert(skill)
        return skill

    return parts.store.write(work)


def _best(memories: Iterable[Memory], count: int) -> list[Memory]:
    distinct: dict[str, Memory] = {}
    for memory in sorted(memories, key=lambda memory: -memory.q_value):
        lesson = " ".join(memory.reflection.guidance.casefold().split())
        distinct.setdefault(lesson, memory)
    return list(distinct.values())[:count]


def _document(project_id: str, passed: Sequence[Memory], failed: Sequence[Memory]) -> str:
    parts = [
        _front_matter(project_id, [*passed, *failed]),
        f"# What the runs of {_line(project_id)} have taught",
        *_section("Proven strategies", passed),
        *_section("Pitfalls to avoid", failed),
    ]
    return "\n\n".join(parts) + "\n"


def _front_matter(project_id: str, memories: Sequence[Memory]) -> str:
    slug = re.sub(r"[^a-z0-9]+", "-", project_id.lower()).strip("-") or "project"
    name = f"{slug[: _LONGEST_NAME - len('-lessons')].rstrip('-')}-lessons"
    tasks = "; ".join(_line(m.task)[:_LONGEST_EXAMPLE] for m in memories[:_EXAMPLES_SHOWN])
    description = f"Lessons of {len(memories)} reviewed runs. Use it for tasks like: {tasks}"
    return f"---\nname: {name}\ndescription: {json.dumps(description, ensure_ascii=False)}\n---"


def _section(title: str, memories: Sequence[Memory]) -> list[str]:
    if not memories:
        return []
    return [f"## {title}", *(_lesson(memory) for memory in memories)]


def _lesson(memory: Memory) -> str:
    reflection = memory.reflection
    points = (
        ("Seen in", memory.task),
        ("What went wrong", reflection.key_mistake),
        ("Do", reflection.correct_action),
        ("Guidance", reflection.guidance),
        ("Tools", ", ".join(reflection.applicable_tools)),
    )
    lines = [f"- {name}: {_indented(text)}" for name, text in points if text.strip()]
    evidence = f"- Utility: {memory.q_value:.2f}, from the trace {memory.trace_id}"
    return "\n".join([f"### {_line(reflection.summary)}", "", *lines, evidence])


def _line(text: str) -> str:
    return " ".join(text.split())


def _indented(text: str) -> str:
    return "\n  ".join(line.rstrip() for line in text.strip().splitlines() if line.strip())
