"""
Leases: the claims of this process on traces in the ingest queue.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from reflect_server.store.protocol.store import Store, Transaction
from reflect_server.store.protocol.traces import Claimed


@dataclass(frozen=True, slots=True)
class Claim:
    """
    A trace that a thread works on.

    Attributes:
        claimed: The trace, and the number of the attempt.
        until: When the claim ends.
        thread: The thread.
    """

    claimed: Claimed
    until: datetime
    thread: threading.Thread


class Claims:
    """
    Leases traces to the threads of a process, each for a time.

    A claim that has ended is no longer held: `expire` puts the trace back for whoever claims next,
    and what the earlier attempt brings after that is not stored. Safe to use from any thread.

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
        self.next_due: datetime | None = None
        """When something is due, as of the last time that nothing was; None where nothing waits."""

    def take(self) -> Claimed | None:
        """
        Claim the next trace for the thread that calls, or return None where nothing is due; then
        `next_due` says when something is.

        Raises:
            StoreError: The queue cannot be read or written.
        """
        with self._taking:
            if self._has_strays:
                held = [claimed.trace_id for claimed in self.held]
                self._store.write(lambda tx: tx.traces.release_claims(keep=held))
                self._has_strays = False
            now = self._clock()
            until = now + self._lease
            claimed = self._store.write(lambda tx: self._next(tx, now, until))
            if claimed is not None:
                self._last_project = claimed.project_id
                claim = Claim(claimed, until, threading.current_thread())
                self._held[claimed.trace_id, claimed.attempt] = claim
        return claimed

    def drop(self, claimed: Claimed) -> bool:
        """
        Forget a claim whose attempt has come to its end, and say whether it was still held.

        Args:
            claimed: What was claimed.
        """
        return self._held.pop((claimed.trace_id, claimed.attempt), None) is not None

    def suspect_strays(self) -> None:
        """
        Say that the store failed, and may have a claim that no thread knows of.
        """
        self._has_strays = True

    def expire(self) -> Sequence[Claim]:
        """
        Put every trace whose claim has ended back into the queue, whoever had claimed it, and
        return the claims of this process among them, which it holds no longer.

        Raises:
            StoreError: The queue cannot be written.
        """
        now = self._clock()
        error = (
            f"The attempt did not end within {self._lease.total_seconds():g} s. It is repeated; "
            "traces that need longer need a larger `REFLECT_INGEST_TIMEOUT`."
        )
        self._store.write(
            lambda tx: tx.traces.expire_claims(now=now, lease=self._lease, error=error)
        )
        ended = [claim for claim in list(self._held.values()) if claim.until <= now]
        return [claim for claim in ended if self.drop(claim.claimed)]

    @property
    def held(self) -> Sequence[Claimed]:
        """
        What this process works on.
        """
        return [claim.claimed for claim in list(self._held.values())]

    def pause(self) -> timedelta:
        """
        Return for how long no claim ends, those that are yet to be made included.
        """
        first = min((claim.until for claim in list(self._held.values())), default=None)
        return self._lease if first is None else min(first - self._clock(), self._lease)

    def _next(self, tx: Transaction, now: datetime, until: datetime) -> Claimed | None:
        claimed = tx.traces.claim(now=now, until=until, after=self._last_project)
        self.next_due = None if claimed else tx.traces.next_due()
        return claimed
