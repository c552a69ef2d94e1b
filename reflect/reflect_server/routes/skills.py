"""
The guide that a project's memories consolidate into.
"""

from __future__ import annotations

from reflect_contract import models
from reflect_server.calls import Call
from reflect_server.domain import skills
from reflect_server.domain.model import Skill
from reflect_server.routes.fields import given


def get_skill(call: Call, *, project_id: str) -> models.SkillResponse:
    """
    Return the newest version of the skill.
    """
    return _skill_response(skills.get_skill(call.parts, project_id))


def create_skill(
    call: Call, *, project_id: str, body: models.CreateSkillRequest
) -> models.SkillResponse:
    """
    Make a new version of the skill.
    """
    skill = skills.create_skill(
        call.parts,
        project_id,
        n_passed=given(body.n_passed, skills.DEFAULT_PER_SIDE),
        n_failed=given(body.n_failed, skills.DEFAULT_PER_SIDE),
        now=call.now,
    )
    return _skill_response(skill)


def _skill_response(skill: Skill) -> models.SkillResponse:
    return models.SkillResponse(
        content=skill.content,
        version=skill.version,
        n_passed=skill.n_passed,
        n_failed=skill.n_failed,
        created_at=skill.created_at,
        updated_at=skill.updated_at,
    )


HANDLERS = (get_skill, create_skill)
