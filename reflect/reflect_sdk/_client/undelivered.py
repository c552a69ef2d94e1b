"""
Runs that could not be recorded: kept on disk after an outage, and told of where they cannot be.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from reflect_api.errors import ReflectError
from reflect_sdk._types.errors import TraceLostError, is_outage
from reflect_sdk._types.outgoing import Outgoing

logger = logging.getLogger("reflect_sdk")

MOST_TOLD = 100
"""How many errors wait for somebody to raise them to."""


class Undelivered:
    """
    What becomes of runs that could not be recorded.

    Args:
        tell: Is told of each that is refused or lost; None for nobody.
        outgoing: Redacts what is logged of them.
    """

    def __init__(self, tell: Callable[[TraceLostError], object] | None, outgoing: Outgoing) -> None:
        self.tell = tell
        self._outgoing = outgoing
        self._lock = threading.Lock()
        self._errors: list[Exception] = []

    def handle(
        self,
        problem: BaseException,
        keep: Callable[[BaseException], bool],
        lost: Callable[[BaseException], TraceLostError],
    ) -> None:
        """
        Keep a run, or say that it is lost.

        Args:
            problem: Why it was not recorded.
            keep: Keeps it on disk, and says whether that was possible.
            lost: Makes the error that hands it back.
        """
        kept = keep(problem)
        is_passing = not isinstance(problem, ReflectError) or is_outage(problem)
        if kept and is_passing:
            return
        handed_back = lost(problem)
        if is_passing or not isinstance(problem, Exception):
            logger.error("%s", self._outgoing.text(handed_back))
        else:
            logger.error(
                "A run was refused, which the next call raises: %s", self._outgoing.text(problem)
            )
            with self._lock:
                self._errors = [*self._errors, problem][:MOST_TOLD]
        if self.tell is not None:
            try:
                self.tell(handed_back)
            except Exception:
                logger.exception("on_undelivered has raised.")

    def raise_once(self) -> None:
        """
        Raise the oldest refusal that nobody was told of yet.

        Raises:
            ReflectError: There is one.
        """
        with self._lock:
            error = self._errors.pop(0) if self._errors else None
        if error is not None:
            raise error
