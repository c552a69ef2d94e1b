"""
The circuit breaker: after an outage nobody waits for the service until it may be there again.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock

from attrs import define, field

from reflect_sdk._types.errors import APIStatusError, is_outage

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
"""
How long an outage is believed to last, in seconds: at first, and at the most. Each trial that fails
doubles it.
"""

_TRIAL_SECONDS = 10.0
_WARMING_UP = "warming_up"


@define(eq=False)
class Breaker:
    """
    Whether a service is worth a call that could be done without. Threads and tasks share it.

    Attributes:
        clock: Monotonic seconds; replaced in tests.
    """

    clock: Callable[[], float] = time.monotonic
    _lock: Lock = field(factory=Lock, init=False, repr=False)
    _pause: float = field(default=0.0, init=False)
    _closed_from: float = field(default=0.0, init=False)

    def allows(self) -> bool:
        """
        Say whether to make a call; during an outage only one at a time is, to try.
        """
        with self._lock:
            if self._pause == 0.0:
                return True
            now = self.clock()
            if now < self._closed_from:
                return False
            self._closed_from = now + _TRIAL_SECONDS  # Others wait for what comes of this one.
            return True

    def note(self, error: BaseException | None) -> None:
        """
        Note what came of a call.

        Args:
            error: What it raised; None where the service has answered.
        """
        is_loading = isinstance(error, APIStatusError) and error.code == _WARMING_UP
        with self._lock:
            if error is None or not is_outage(error) or is_loading:
                self._pause = 0.0
                return
            self._pause = min(max(FIRST_PAUSE, 2 * self._pause), LONGEST_PAUSE)
            self._closed_from = self.clock() + self._pause
