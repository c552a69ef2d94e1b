"""
The claims of this process on traces in the ingest queue.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from reflect_server.domain.entities import Trace
from reflect_server.store.protocol.store import Store, Transaction


@dataclass(frozen=True, slots=True)
class Claim:
    """
    A trace that a thread works on.

    Attributes:
        trace: The trace as it was when it was claimed; `ingest_attempts` numbers the attempt.
        until: When the claim ends.
        thread: The thread.
    """

    trace: Trace
    until: datetime
    thread: threading.Thread


class Claims:
    """
    Claims traces for the threads of a process, and remembers until when.

    A claim that has ended is no longer held: whoever claims next puts the trace back and may take
    it, and what the earlier attempt brings after that is not stored. Safe to use from any thread.

    Args:
        store: Where the queue is.
        lease: How long a claim lasts.
        clock: The present time, in UTC.
    """

    def __init__(self, store: Store, lease: timedelta, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._lease = lease
        self._clock = clock
        self._taking = threading.Lock()
        self._held: dict[tuple[str, int], Claim] = {}
        self._has_strays = False
        self._last_project: str | None = None

    def take(self) -> Trace | None:
        """
        Claim the next trace for the thread that calls, or return None where nothing is due.

        Raises:
            StoreError: The queue cannot be read or written.
        """
        with self._taking:
            if self._has_strays:
                held = [claim.trace.id for claim in list(self._held.values())]
                self._store.write(lambda tx: tx.traces.release_claims(keep=held))
                self._has_strays = False
            now = self._clock()
            until = now + self._lease
            trace = self._store.write(lambda tx: self._next(tx, now, until))
            if trace is not None:
                self._last_project = trace.project_id
                self._held[_key(trace)] = Claim(trace, until, threading.current_thread())
        return trace

    def drop(self, trace: Trace) -> bool:
        """
        Forget a claim whose attempt has come to its end, and say whether it was still held.

        Args:
            trace: The trace as it was claimed.
        """
        return self._held.pop(_key(trace), None) is not None

    def suspect_strays(self) -> None:
        """
        Say that the store failed, and may have a claim that no thread knows of.
        """
        self._has_strays = True

    def drop_ended(self) -> Sequence[Claim]:
        """
        Forget the claims that have ended, and return them.
        """
        now = self._clock()
        ended = [claim for claim in list(self._held.values()) if claim.until <= now]
        return [claim for claim in ended if self.drop(claim.trace)]

    @property
    def held(self) -> Sequence[Trace]:
        """
        The traces that this process works on.
        """
        return [claim.trace for claim in list(self._held.values())]

    def pause(self) -> timedelta:
        """
        Return for how long no claim ends, those that are yet to be made included.
        """
        first = min((claim.until for claim in list(self._held.values())), default=None)
        return self._lease if first is None else min(first - self._clock(), self._lease)

    def _next(self, tx: Transaction, now: datetime, until: datetime) -> Trace | None:
        error = (
            f"The attempt did not end within {self._lease.total_seconds():g} s. It is repeated; "
            "traces that need longer need a larger `REFLECT_INGEST_TIMEOUT`."
        )
        tx.traces.expire_claims(now=now, lease=self._lease, error=error)
        return tx.traces.claim(now=now, until=until, after=self._last_project)


def _key(trace: Trace) -> tuple[str, int]:
    return trace.id, trace.ingest_attempts
