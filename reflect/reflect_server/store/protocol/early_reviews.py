"""
What the service asks of a store about reviews whose run has not arrived.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from reflect_server.domain.review import Review

KEPT_FOR = timedelta(hours=24)
"""How long a review waits for its run."""

MOST_EARLY_REVIEWS = 1_000
"""How many reviews of a project wait at once."""


class EarlyReviews(Protocol):
    """
    Reviews that came before their run, each known by the id that the run will have.
    """

    def keep(self, project_id: str, review: Review) -> bool:
        """
        Keep a review, and forget those that have waited for longer than `KEPT_FOR`.

        Args:
            project_id: The project.
            review: The review, of a trace that the project has not, and for which none waits.

        Returns:
            Whether there was room: where `MOST_EARLY_REVIEWS` wait, it is not kept.
        """
        ...

    def find(self, project_id: str, trace_id: str, *, now: datetime) -> Review | None:
        """
        Return the review that waits for a trace, or None.

        Args:
            project_id: The project.
            trace_id: The trace.
            now: The present time, in UTC; one that has waited for longer than `KEPT_FOR` is none.
        """
        ...

    def discard(self, project_id: str, trace_id: str) -> None:
        """
        Forget the review that waits for a trace.

        Args:
            project_id: The project.
            trace_id: The trace.
        """
        ...
