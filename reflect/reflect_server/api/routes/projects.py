"""
Projects: deleted.
"""

from __future__ import annotations

from reflect_contract import models
from reflect_server.api.call import Call
from reflect_server.use_cases import projects


def delete_project(call: Call, *, project_id: str) -> models.DeleteProjectResponse:
    """
    Delete the project and everything of it.
    """
    projects.delete_project(call.deps, project_id)
    return models.DeleteProjectResponse(project_id=project_id, deleted=True)


HANDLERS = (delete_project,)
