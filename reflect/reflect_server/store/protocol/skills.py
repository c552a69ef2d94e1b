"""
What the service asks of a store about skills.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from reflect_server.domain.skills.entities import Skill


class Skills(Protocol):
    """
    The skills of projects, version by version.
    """

    def latest(self, project_id: str) -> Skill | None:
        """
        Return the newest published version of a project's skill, or None where there is none.

        Args:
            project_id: The project.
        """
        ...

    def versions(self, project_id: str, *, limit: int) -> Sequence[Skill]:
        """
        Return the newest versions, newest first, those that were held back among them.

        Args:
            project_id: The project.
            limit: At most this many.
        """
        ...

    def insert(self, skill: Skill) -> None:
        """
        Store a new version.

        Args:
            skill: The version.

        Raises:
            ConflictError: The project has this version already.
            NotFoundError: The project does not exist.
        """
        ...
