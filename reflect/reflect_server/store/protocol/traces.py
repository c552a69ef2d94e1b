"""
What the service asks of a store about traces, and of the queue that their rows form.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from reflect_server.domain.review import Review, ReviewStatus
from reflect_server.domain.trace import ALL_TRACES, IngestStatus, Trace, TraceFilter, TraceState
from reflect_server.store.protocol.paged import Paged

FARTHEST_DUE = timedelta(minutes=15)
"""
No trace is put off for longer. One that is due later was put off by a clock that was ahead, and is
due at once: otherwise it would wait until this clock is there too.
"""


class Claimed(NamedTuple):
    """
    A trace that was taken from the queue.

    Attributes:
        project_id: Its project.
        trace_id: The trace.
        attempt: The number of the attempt.
    """

    project_id: str
    trace_id: str
    attempt: int


class Holder(NamedTuple):
    """
    What tells a repeated creation from another one of the same id.

    Attributes:
        project_id: The project of the trace.
        fingerprint: Hash of the request that created it; None where that did not name it.
        ingest_status: How far ingestion has come.
    """

    project_id: str
    fingerprint: bytes | None
    ingest_status: IngestStatus


class Traces(Paged[Trace], Protocol):
    """
    Traces with their reviews. The trace's row is also its entry in the ingest queue.
    """

    def insert(self, trace: Trace, *, fingerprint: bytes | None = None) -> None:
        """
        Store a new trace, with its review where it has one; a queued one is due at once.

        Args:
            trace: The trace.
            fingerprint: Hash of the request, where that named the trace; see `holder`.

        Raises:
            ConflictError: A trace or a review with this id exists.
            NotFoundError: Its project does not exist.
        """
        ...

    def get(self, project_id: str, trace_id: str, *, largest: int | None = None) -> Trace | None:
        """
        Return the trace, or None where the project has none of that id.

        Args:
            project_id: The project.
            trace_id: The trace.
            largest: The largest trajectory that is read, in bytes: of a longer run it is left out,
                so that a write can ask for the rest and holds no other up. None for any.
        """
        ...

    def state(self, project_id: str, trace_id: str) -> TraceState | None:
        """
        Return what of a trace changes, or None where the project has none of that id.

        Args:
            project_id: The project.
            trace_id: The trace.
        """
        ...

    def holder(self, trace_id: str) -> Holder | None:
        """
        Return what a repeated creation of a trace is known by, whichever project has it; None where
        none has.

        Args:
            trace_id: The trace's identifier.
        """
        ...

    def page(
        self,
        project_id: str,
        *,
        wanted: TraceFilter = ALL_TRACES,
        after: str | None = None,
        limit: int | None = None,
        room: int | None = None,
    ) -> Sequence[Trace]:
        """
        Return traces, newest first; see `Paged.page`.

        Args:
            project_id: The project.
            wanted: Which traces.
            after: The cursor of the page, from `cursor_after`; None for the first page.
            limit: At most this many; None for all.
            room: How long the texts of all may be before the last one, in characters; None for any
                length.

        Raises:
            InvalidRequestError: The cursor is of another form.
        """
        ...

    def add_review(self, review: Review, status: ReviewStatus) -> None:
        """
        Attach a review. Where the run is to be remembered, put the trace into the ingest queue, due
        when the review was received.

        Args:
            review: The review.
            status: The trace's review status from now on.

        Raises:
            ConflictError: The trace has a review already.
            NotFoundError: The trace does not exist.
        """
        ...

    def remove_review(self, trace_id: str) -> None:
        """
        Take a trace's review back, with the memory that was made of the trace, whose id stays
        known; its review is pending, and it leaves the ingest queue, where its failures are
        forgotten.

        Args:
            trace_id: The trace.
        """
        ...

    def note_origin(self, trace_id: str, origin: str) -> None:
        """
        Keep which request put a trace into the queue, in the place of an earlier one.

        Args:
            trace_id: The trace.
            origin: What spans of that request are known by.
        """
        ...

    def origin(self, trace_id: str) -> str | None:
        """
        Return what `note_origin` kept last, or None.

        Args:
            trace_id: The trace.
        """
        ...

    def claim(self, *, now: datetime, until: datetime, after: str | None = None) -> Claimed | None:
        """
        Take a queued trace that is due, mark it `processing`, and count the attempt and, until it
        ends well, the failure. The number of the attempt is what its results are known by later.

        Projects take turns, so that none waits for all traces of another; of one project, the trace
        that has been due longest is taken.

        Args:
            now: The present time.
            until: When the claim ends; see `expire_claims`.
            after: The project that had its turn last; None where none had.

        Returns:
            Which trace it is, or None where nothing is due.
        """
        ...

    def complete(self, trace_id: str, *, memory_id: str, status: ReviewStatus) -> None:
        """
        Mark the trace as `completed`, with the memory that was made of it.

        Args:
            trace_id: The trace.
            memory_id: The memory.
            status: The trace's review status from now on.

        Raises:
            StoreError: That memory was not made of that trace.
        """
        ...

    def reschedule(
        self, trace_id: str, *, attempt: int, error: str, due_at: datetime, counts: bool = True
    ) -> None:
        """
        Put the trace back into the queue after a failed attempt; only where that is under way.

        Args:
            trace_id: The trace.
            attempt: Which attempt: the trace's `ingest_attempts` when it was claimed.
            error: Why the attempt failed.
            due_at: When it may be tried again.
            counts: Whether the attempt counts as a failure of the trace.
        """
        ...

    def fail(self, trace_id: str, *, attempt: int, error: str) -> None:
        """
        Give the trace up after its last attempt; only where that is under way.

        Args:
            trace_id: The trace.
            attempt: Which attempt: the trace's `ingest_attempts` when it was claimed.
            error: Why it failed.
        """
        ...

    def retry(
        self, project_id: str | None, trace_ids: Sequence[str] | None, *, due_at: datetime
    ) -> Sequence[str]:
        """
        Put failed traces back into the queue, with as many attempts as a new one has.

        Args:
            project_id: The project; None for all projects.
            trace_ids: The traces; None for all failed ones.
            due_at: When they are due.

        Returns:
            Their ids.
        """
        ...

    def expire_claims(self, *, now: datetime, lease: timedelta, error: str) -> int:
        """
        Put every trace whose claim has ended back into the queue; the attempt counts as a failure.

        Args:
            now: The present time.
            lease: How long claims last. One that lasts for two more of that was made by a clock
                that was ahead, and has ended.
            error: What is said of the attempt.

        Returns:
            How many there were.
        """
        ...

    def release_claims(self, *, keep: Collection[str] = ()) -> int:
        """
        Put every trace that is `processing` back into the queue, and return how many there were.

        Args:
            keep: The traces that somebody is working on; none at the start of the service.
        """
        ...

    def next_due(self) -> datetime | None:
        """
        Return when the next queued trace is due, or None where the queue is empty.
        """
        ...

    def delete(self, project_id: str, trace_ids: Sequence[str]) -> Sequence[str]:
        """
        Delete those traces that the project has, with reviews and memories, and return their ids.

        Q-values that their reviews have moved stay, and so do the events that say so. Of their
        memories the ids stay known.

        Args:
            project_id: The project.
            trace_ids: The traces.
        """
        ...
