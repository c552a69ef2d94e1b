"""
Backoff during an outage of a model's provider.
"""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from reflect_server.errors import ProviderUnavailableError

FIRST_PAUSE = timedelta(seconds=1)
"""The pause after a first failure; it doubles with each that follows."""

LONGEST_PAUSE = timedelta(seconds=60)
"""The longest pause that is taken without being asked for it."""

LONGEST_REQUESTED_PAUSE = timedelta(minutes=10)
"""The longest pause that a provider can ask for."""

PAUSE_AFTER_TROUBLE = timedelta(seconds=1)
"""The pause after a failure that is no outage."""


class Outage:
    """
    Backs off exponentially for all that need the provider, as long as it cannot be reached.

    Safe to use from any thread.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failures = 0
        self._until: datetime | None = None
        self._answered_at: datetime | None = None

    def until(self, now: datetime) -> datetime | None:
        """
        Return when the provider may be tried again, or None where that is now.

        Args:
            now: The present time.
        """
        until = self._until
        if until is None or until <= now or until - now > LONGEST_REQUESTED_PAUSE:
            return None  # The last: the clock that the pause was set by was ahead of this one.
        return until

    def note(self, now: datetime, error: ProviderUnavailableError) -> datetime:
        """
        Record that the provider could not be reached, and return when to try it again.

        Several failures within one pause are one: they were under way when it began.

        Args:
            now: The present time.
            error: Says why, and for how long the provider asked to be left alone.
        """
        with self._lock:
            until = self._until
            if until is None or until <= now:
                self._failures += 1
                until = now + min(FIRST_PAUSE * 2 ** min(self._failures - 1, 16), LONGEST_PAUSE)
            if error.retry_after is not None:
                asked_for = timedelta(seconds=error.retry_after)
                until = max(until, now + min(asked_for, LONGEST_REQUESTED_PAUSE))
            self._until = until
            return until

    def end(self, now: datetime) -> None:
        """
        Record that the provider has answered.

        Args:
            now: The present time.
        """
        with self._lock:
            self._failures = 0
            self._until = None
            self._answered_at = now

    def has_answered_since(self, moment: datetime) -> bool:
        """
        Say whether the provider has answered after a moment.

        Args:
            moment: The moment.
        """
        return self._answered_at is not None and self._answered_at > moment
