"""
Projects: whether one exists, created on first use, deleted.
"""

from __future__ import annotations

from datetime import datetime

from reflect_server.domain.api_key import ApiKey
from reflect_server.errors import InvalidRequestError, NotFoundError
from reflect_server.store.protocol.store import Transaction
from reflect_server.use_cases.dependencies import Dependencies

DEFAULT_PROJECT = "default"
"""The project of callers that name none."""

UNREACHABLE = frozenset({"", ".", ".."})
"""Ids to which no path can lead, as paths with them mean other paths."""


def require_reachable(project_id: str) -> None:
    """
    Refuse an id under which a project could never be reached.

    Args:
        project_id: The project.

    Raises:
        InvalidRequestError: The id is `.` or `..`, or empty.
    """
    if project_id in UNREACHABLE:
        raise InvalidRequestError(
            f"`project_id` is {project_id!r}, and no path can lead to such a project. "
            "Choose another id.",
            field="project_id",
        )


def exists(deps: Dependencies, project_id: str) -> bool:
    """
    Say whether the project exists. Reads one row, unless it was found lately.

    Args:
        deps: The collaborators.
        project_id: The project.
    """
    auth_cache = deps.auth_cache
    if auth_cache.has_project(project_id):
        return True
    moment = auth_cache.moment
    found = deps.store.read(lambda tx: tx.projects.exists(project_id))
    if found:
        auth_cache.add_project(project_id, read_after=moment)
    return found


def created_at(deps: Dependencies, project_id: str) -> datetime | None:
    """
    Say when the project was created, which tells it from one of the same id that came before or
    after; None where it does not exist.

    Args:
        deps: The collaborators.
        project_id: The project.
    """
    return deps.store.read(lambda tx: tx.projects.created_at(project_id))


def enter(deps: Dependencies, key: ApiKey, project_id: str, *, now: datetime) -> None:
    """
    Make sure that the project exists; a master key creates it on first use.

    Args:
        deps: The collaborators.
        key: The key of the request.
        project_id: The project of the request.
        now: The present time, in UTC.

    Raises:
        NotFoundError: The project does not exist, and the key is no master key.
    """
    if exists(deps, project_id):
        return
    if not key.is_master:
        raise _missing(project_id)
    deps.store.write(lambda tx: tx.projects.create(project_id, created_at=now))


def delete_project(deps: Dependencies, project_id: str) -> None:
    """
    Delete the project and everything of it, at once and for good.

    Args:
        deps: The collaborators.
        project_id: The project.

    Raises:
        NotFoundError: The project does not exist.
    """

    def work(tx: Transaction) -> None:
        if not tx.projects.exists(project_id):
            raise _missing(project_id)
        tx.projects.delete(project_id)

    with deps.auth_cache.ending():
        deps.store.write(work)
    deps.spaces.active.index.forget(project_id)
    deps.changed(None)
    deps.store.erase()


def _missing(project_id: str) -> NotFoundError:
    return NotFoundError(
        f"The project {project_id!r} does not exist. A master key creates it on first use."
    )
