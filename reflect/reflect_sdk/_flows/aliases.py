"""
Aliases: what a service calls runs that the client has named otherwise.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from attrs import define, field

_MOST = 10_000


@define(eq=False)
class Aliases:
    """
    The ids that a service gave to runs in the place of the client's own, the newest of them.
    """

    _known: OrderedDict[str, str] = field(factory=OrderedDict, init=False, repr=False)
    _lock: Lock = field(factory=Lock, init=False, repr=False)

    def note(self, chosen: str, answered: str) -> None:
        """
        Keep what the service calls a run.

        Args:
            chosen: What the client calls it.
            answered: What the service calls it.
        """
        if chosen == answered:
            return
        with self._lock:
            self._known[chosen] = answered
            if len(self._known) > _MOST:
                self._known.popitem(last=False)

    def of(self, trace_id: str) -> str:
        """
        Return what the service calls a run.

        Args:
            trace_id: What the client, or the service, calls it.
        """
        return self._known.get(trace_id, trace_id)
