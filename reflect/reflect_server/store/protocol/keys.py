"""
What the service asks of a store about API keys.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from reflect_server.domain.api_key import ApiKey


class ApiKeys(Protocol):
    """
    API keys, without their secrets.
    """

    def insert(self, key: ApiKey) -> None:
        """
        Store a new key.

        Args:
            key: The key.

        Raises:
            ConflictError: A key with this id or public id exists.
            NotFoundError: Its project does not exist.
        """
        ...

    def nearest(self, public_id: str) -> ApiKey | None:
        """
        Return the key with this public id, or else any other one; None where there is none at all.

        A public id that does not exist so costs what one that does costs, and time tells nothing.

        Args:
            public_id: The public id.
        """
        ...

    def exist(self) -> bool:
        """
        Say whether there is any key, revoked ones included.
        """
        ...

    def of_project(self, project_id: str | None) -> Sequence[ApiKey]:
        """
        Return keys, revoked ones included, oldest first.

        Args:
            project_id: The project that they are for; None for the installation's own.
        """
        ...

    def revoke(self, key_id: str, *, at: datetime) -> None:
        """
        Revoke a key; one that is revoked already keeps its first date.

        Args:
            key_id: The key.
            at: The present time, in UTC.
        """
        ...

    def revoke_all(self, *, at: datetime) -> None:
        """
        Revoke every key of the installation, as `revoke` does.

        Args:
            at: The present time, in UTC.
        """
        ...

    def touch(self, key_id: str, *, at: datetime) -> None:
        """
        Note that a key was used.

        Args:
            key_id: The key.
            at: When, in UTC.
        """
        ...
