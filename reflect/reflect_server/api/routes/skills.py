"""
Skills: created, read, and listed version by version.
"""

from __future__ import annotations

from reflect_contract import models
from reflect_server.api.call import Call
from reflect_server.api.fields import given
from reflect_server.domain.skills.entities import Skill, SkillChange, SkillCheck, SkillLine
from reflect_server.http.threads import PATIENT
from reflect_server.use_cases import skills


def get_skill(call: Call, *, project_id: str) -> models.SkillResponse:
    """
    Return the published version of the skill.
    """
    return _skill_response(skills.get_skill(call.deps, project_id))


async def create_skill(
    call: Call, *, project_id: str, body: models.CreateSkillRequest
) -> models.SkillResponse:
    """
    Make a new version of the skill.
    """

    def created() -> models.SkillResponse:
        made = skills.create_skill(
            call.deps,
            project_id,
            n_passed=given(body.n_passed, skills.DEFAULT_PER_SIDE),
            n_failed=given(body.n_failed, skills.DEFAULT_PER_SIDE),
            now=call.now,
        )
        return _skill_response(made.skill, held_back=made.held_back)

    return await PATIENT.run(created)


def list_skill_versions(call: Call, *, project_id: str) -> models.SkillList:
    """
    List the versions of the skill.
    """
    return [_skill_response(s) for s in skills.list_skill_versions(call.deps, project_id)]


def _skill_response(skill: Skill, *, held_back: int | None = None) -> models.SkillResponse:
    return models.SkillResponse(
        content=skill.content,
        version=skill.version,
        n_passed=skill.n_passed,
        n_failed=skill.n_failed,
        created_at=skill.created_at,
        updated_at=skill.updated_at,
        published=skill.published,
        held_back=held_back,
        lines=[_line_response(line) for line in skill.lines],
        changes=[_change_response(change) for change in skill.changes],
        check=None if skill.check is None else _check_response(skill.check),
    )


def _line_response(line: SkillLine) -> models.SkillLine:
    return models.SkillLine(
        id=line.id,
        section=models.SkillSection(line.section),
        title=line.title,
        text=line.text,
        memory_ids=list(line.memory_ids),
    )


def _change_response(change: SkillChange) -> models.SkillChange:
    return models.SkillChange(
        action=models.SkillChangeAction(change.action),
        line_id=change.line_id,
        title=change.title,
        before=change.before,
        after=change.after,
        reason=change.reason,
    )


def _check_response(check: SkillCheck) -> models.SkillCheck:
    return models.SkillCheck(
        tasks=check.tasks, reviews=check.reviews, before=check.before, after=check.after
    )


HANDLERS = (get_skill, create_skill, list_skill_versions)
