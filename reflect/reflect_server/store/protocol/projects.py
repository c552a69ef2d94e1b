"""
What the service asks of a store about projects.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from reflect_server.domain.memory import Evidence


class Projects(Protocol):
    """
    The projects that exist.
    """

    def exists(self, project_id: str) -> bool:
        """
        Say whether a project exists.

        Args:
            project_id: The project.
        """
        ...

    def created_at(self, project_id: str) -> datetime | None:
        """
        Say when a project was created, in UTC; None where it does not exist.

        Args:
            project_id: The project.
        """
        ...

    def create(self, project_id: str, *, created_at: datetime) -> None:
        """
        Create a project; nothing happens where it exists.

        Args:
            project_id: The project.
            created_at: The present time, in UTC.
        """
        ...

    def ids(self) -> Sequence[str]:
        """
        Return the ids of all projects, sorted.
        """
        ...

    def evidence(self, project_id: str) -> Evidence:
        """
        Return what reviews have shown of all memories of a project together, without
        `last_used_at`.

        Args:
            project_id: The project; one that does not exist has no evidence.
        """
        ...

    def recount(self, project_id: str) -> None:
        """
        Set a project's evidence to that of its memories together.

        Args:
            project_id: The project.
        """
        ...

    def delete(self, project_id: str) -> None:
        """
        Delete a project and everything of it: traces, reviews, memories, events, keys, skills.

        Args:
            project_id: The project.
        """
        ...
