"""
Eviction: which projects leave the memory where all of them together take too much.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

IDLE_SECONDS = 600.0
"""For how long a project stays in memory after its last search, whatever else takes room."""


class Eviction:
    """
    Evicts the projects that were searched longest ago. Safe to use from any thread.

    Projects in use stay, even where they take more than the limit together: to load them again and
    again would cost each search far more than memory does.

    Args:
        max_bytes: How much all may take before those that are idle have to leave.
        clock: Tells the seconds that have passed.
    """

    def __init__(self, max_bytes: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._max_bytes = max_bytes
        self._clock = clock
        self._lock = threading.Lock()
        self._sizes: OrderedDict[str, int] = OrderedDict()
        self._searched_at: dict[str, float] = {}
        self._total = 0

    @property
    def total(self) -> int:
        """
        How many bytes all projects in memory take.
        """
        return self._total

    def searched(self, project_id: str) -> list[str]:
        """
        Note that a project in memory was searched; nothing is noted where it is not there.

        Args:
            project_id: The project.

        Returns:
            The projects to evict now.
        """
        with self._lock:
            if project_id in self._sizes:
                self._sizes.move_to_end(project_id)
                self._searched_at[project_id] = self._clock()
            return self._to_evict()

    def loaded(self, project_id: str, size: int) -> list[str]:
        """
        Note how much a project takes, which counts as searched where it is new.

        Args:
            project_id: The project.
            size: In bytes.

        Returns:
            The projects to evict now.
        """
        with self._lock:
            self._total += size - self._sizes.get(project_id, 0)
            self._sizes[project_id] = size
            self._searched_at.setdefault(project_id, self._clock())
            return self._to_evict()

    def evicted(self, project_id: str) -> None:
        """
        Note that a project is no longer in memory.

        Args:
            project_id: The project.
        """
        with self._lock:
            self._total -= self._sizes.pop(project_id, 0)
            self._searched_at.pop(project_id, None)

    def is_idle(self, project_id: str) -> bool:
        """
        Say whether a project is in memory and was not searched lately.

        Args:
            project_id: The project.
        """
        with self._lock:
            return self._searched_at.get(project_id, math.inf) <= self._clock() - IDLE_SECONDS

    def _to_evict(self) -> list[str]:
        """
        Return the projects that have to leave, so that the rest fits or is in use.
        """
        excess = self._total - self._max_bytes
        latest = self._clock() - IDLE_SECONDS if excess > 0 else 0.0
        found: list[str] = []
        for project_id, size in self._sizes.items():
            if excess <= 0 or self._searched_at[project_id] > latest:
                break
            found.append(project_id)
            excess -= size
        return found
