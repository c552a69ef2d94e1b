"""
Skills: a project's memories consolidated into one guide.

In levels, after Trace2Skill (arXiv 2603.25158): memories that say the same become a lesson, the
lessons of passed runs become proven strategies and those of failed runs pitfalls to avoid, and both
become one document in Anthropic's skill format. A new version is the published one with edits to
single lines, each of which cites memories, and it is published where it does no worse on the
project's reviewed tasks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

from reflect_server.domain.memory import Evidence, Memory
from reflect_server.domain.skills.document import document
from reflect_server.domain.skills.edits import Draft
from reflect_server.domain.skills.entities import Skill, SkillCheck, SkillLine, SkillSection
from reflect_server.domain.skills.gate import Ground, compare
from reflect_server.domain.skills.lessons import ranked_lessons, ranked_lines, section_of
from reflect_server.domain.utility import base_rate
from reflect_server.embedders.protocol import Embedder
from reflect_server.errors import ConflictError, InvalidRequestError, NotFoundError
from reflect_server.store.protocol.store import Transaction
from reflect_server.use_cases.dependencies import Dependencies

LEAST_MEMORIES = 5
"""From this many reviewed memories on there is enough to make a skill of."""

DEFAULT_PER_SIDE = 5
"""How many lessons of passed runs, and of failed ones, a skill is made of."""

MOST_TASKS = 1_000
"""How many reviewed tasks the comparison of two versions rests on at the most, the newest."""

MOST_VERSIONS = 100
"""How many versions a list shows, the newest."""


class NotEnoughMemoriesError(ConflictError):
    """
    The project has too few reviewed memories for a skill.
    """

    code = "not_enough_memories"


@dataclass(frozen=True, slots=True)
class CreatedSkill:
    """
    What a creation brings.

    Attributes:
        skill: The published version: the new one, or the one before where that is held back.
        held_back: The number of the version that was held back; None where none was.
    """

    skill: Skill
    held_back: int | None = None


@dataclass(frozen=True, slots=True)
class _Knowledge:
    """
    What a skill is made of.
    """

    earlier: Skill | None
    memories: Mapping[str, Memory]
    evidence: Evidence

    @property
    def base_rate(self) -> float:
        return base_rate(self.evidence)


def get_skill(deps: Dependencies, project_id: str) -> Skill:
    """
    Return the newest published version of the project's skill.

    Args:
        deps: The collaborators.
        project_id: The project.

    Raises:
        NotFoundError: None has been created.
    """
    skill = deps.store.read(lambda tx: tx.skills.latest(project_id))
    if skill is None:
        raise NotFoundError(
            f"The project {project_id!r} has no skill yet. Create one once "
            f"{LEAST_MEMORIES} of its memories are reviewed."
        )
    return skill


def list_skill_versions(deps: Dependencies, project_id: str) -> Sequence[Skill]:
    """
    Return the newest 100 versions, newest first, those that were held back among them.

    Args:
        deps: The collaborators.
        project_id: The project.
    """
    return deps.store.read(lambda tx: tx.skills.versions(project_id, limit=MOST_VERSIONS))


def create_skill(
    deps: Dependencies, project_id: str, *, n_passed: int, n_failed: int, now: datetime
) -> CreatedSkill:
    """
    Make a new version of the project's skill, and publish it where it does no worse.

    Args:
        deps: The collaborators.
        project_id: The project.
        n_passed: How many lessons of passed runs to use at the most.
        n_failed: How many lessons of failed runs to use at the most.
        now: The present time, in UTC.

    Raises:
        InvalidRequestError: No lessons at all are to be used.
        NotEnoughMemoriesError: The project has fewer than 5 reviewed memories.
        ConflictError: Another version was published meanwhile.
        ReflectServerError: The writer of skills cannot do its work.
    """
    if not n_passed and not n_failed:
        raise InvalidRequestError(
            "`n_passed` and `n_failed` are both 0, and a skill of no lessons would say nothing. "
            "Ask for at least one of either kind.",
            field="n_passed",
        )
    known = deps.store.read(lambda tx: _knowledge(tx, project_id))
    if len(known.memories) < LEAST_MEMORIES:
        raise NotEnoughMemoriesError(
            f"The project {project_id!r} has {len(known.memories)} reviewed memories, and a skill "
            f"needs {LEAST_MEMORIES}. Review more runs first."
        )
    embedder = deps.spaces.active.embedder
    sizes = {SkillSection.STRATEGY: n_passed, SkillSection.PITFALL: n_failed}
    drafts = {s: _draft(deps, embedder, known, s, size) for s, size in sizes.items()}
    lines = tuple(
        line
        for draft in drafts.values()
        for line in ranked_lines(
            list(draft.lines.values()), known.memories, base_rate=known.base_rate
        )
    )
    candidate = Skill(
        project_id=project_id,
        version=1,
        content=document(project_id, lines, known.memories, base_rate=known.base_rate),
        n_passed=len(drafts[SkillSection.STRATEGY].lines),
        n_failed=len(drafts[SkillSection.PITFALL].lines),
        created_at=now,
        updated_at=now,
        lines=lines,
        changes=tuple(change for draft in drafts.values() for change in draft.changes),
    )
    check = deps.store.read(lambda tx: _check(tx, candidate.lines, known, embedder))
    is_worse = check is not None and check.after < check.before
    checked = replace(candidate, check=check, published=not is_worse)
    return deps.store.write(lambda tx: _keep(tx, checked, known.earlier))


def _knowledge(tx: Transaction, project_id: str) -> _Knowledge:
    memories = tx.memories.page(project_id)
    return _Knowledge(
        earlier=tx.skills.latest(project_id),
        memories={memory.id: memory for memory in memories if memory.success is not None},
        evidence=tx.projects.evidence(project_id),
    )


def _draft(
    deps: Dependencies, embedder: Embedder, known: _Knowledge, section: SkillSection, size: int
) -> Draft:
    memories = {i: m for i, m in known.memories.items() if section_of(m) is section}
    earlier = known.earlier.lines if known.earlier else ()
    draft = Draft(
        section,
        {line.id: line for line in earlier if line.section is section},
        memories,
        embedder,
    )
    draft.forget_deleted()
    lessons = ranked_lessons(memories.values(), section, base_rate=known.base_rate)
    if lessons and size:
        present = list(draft.lines.values())
        draft.apply(deps.skill_writer.edits(section, present, lessons, most=size))
    ranked = ranked_lines(list(draft.lines.values()), memories, base_rate=known.base_rate)
    draft.shorten(ranked[:size])
    return draft


def _check(
    tx: Transaction, lines: Sequence[SkillLine], known: _Knowledge, embedder: Embedder
) -> SkillCheck | None:
    earlier = known.earlier
    if earlier is None or not earlier.lines:
        return None
    cited = {memory_id for line in (*earlier.lines, *lines) for memory_id in line.memory_ids}
    tasks = list(islice(known.memories.values(), MOST_TASKS))
    ids, rows, _ = tx.memories.vectors(
        earlier.project_id,
        embedder=embedder.name,
        dimensions=embedder.dimensions,
        memory_ids=cited.union(task.id for task in tasks),
    )
    ground = Ground(
        tasks=tasks,
        vectors=dict(zip(ids, rows, strict=True)),
        histories={memory_id: tx.memories.history(memory_id) for memory_id in cited},
        base_rate=known.base_rate,
    )
    return compare(earlier.lines, lines, ground)


def _keep(tx: Transaction, candidate: Skill, earlier: Skill | None) -> CreatedSkill:
    project_id = candidate.project_id
    published = tx.skills.latest(project_id)
    if published != earlier:
        raise ConflictError(
            f"Another version of the skill of {project_id!r} was published while this one was made "
            "of the one before. Create it again."
        )
    newest = next(iter(tx.skills.versions(project_id, limit=1)), None)
    if newest is not None:
        candidate = replace(candidate, version=newest.version + 1, created_at=newest.created_at)
    tx.skills.insert(candidate)
    if published is None or candidate.published:
        return CreatedSkill(candidate)
    return CreatedSkill(published, held_back=candidate.version)
