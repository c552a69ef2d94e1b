"""
What the service asks of a store about idempotency keys.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

REMEMBERED_FOR = timedelta(hours=24)
"""How long the answer of an idempotency key is kept at least."""


@dataclass(frozen=True, slots=True)
class IdempotentAnswer:
    """
    The answer that a creation gave when its idempotency key was first seen.

    Attributes:
        fingerprint: Hash of the request that it answered.
        resource_id: What that request created.
    """

    fingerprint: bytes
    resource_id: str


class Idempotency(Protocol):
    """
    The answers of creations that carried an idempotency key.
    """

    def find(self, project_id: str, key: str) -> IdempotentAnswer | None:
        """
        Return the first answer that an idempotency key got in a project, or None.

        Args:
            project_id: The project.
            key: The key.
        """
        ...

    def remember(
        self, project_id: str, key: str, answer: IdempotentAnswer, *, at: datetime
    ) -> None:
        """
        Keep the answer of a creation, and forget some of those older than `REMEMBERED_FOR`.

        Args:
            project_id: The project.
            key: The idempotency key of the creation.
            answer: What it answered.
            at: When, in UTC.

        Raises:
            ConflictError: The key has an answer already.
            NotFoundError: The project does not exist.
        """
        ...
