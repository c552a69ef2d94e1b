"""
Traces: the recorded runs of agents, and how far the service has come with them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from reflect_server.domain.review import Review, ReviewMode, ReviewStatus
from reflect_server.domain.trajectory import Trajectory


class IngestStatus(StrEnum):
    """
    How far the service has come in turning a trace into a memory.
    """

    QUEUED = "queued"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"


class RunEnding(StrEnum):
    """
    How a run ended that did not end by itself.
    """

    INTERRUPTED = "interrupted"


class IngestOutcome(StrEnum):
    """
    How an attempt at a trace ended.
    """

    COMPLETED = "completed"
    RETRIED = "retried"
    WAITING = "waiting"
    FAILED = "failed"
    EXPIRED = "expired"


_OWNER = "@"
"""Stands in no id that a caller may choose, nor in one that the service makes."""


def id_within(project_id: str, trace_id: str) -> str:
    """
    Return the id of a trace whose caller chose one that a trace of another project has.

    Args:
        project_id: Its project.
        trace_id: What the caller chose.
    """
    return f"{trace_id}{_OWNER}{project_id}"


def public_id(trace_id: str) -> str:
    """
    Return the id by which callers know a trace: what they chose, where they chose it.

    Args:
        trace_id: The trace's identifier.
    """
    return trace_id.partition(_OWNER)[0]


def review_status_of(review: Review | None, ingest_status: IngestStatus) -> ReviewStatus:
    """
    Say whether a review has taken full effect.

    A deferred review counts at once. A review that came with its trace counts when the memory of it
    exists, so whoever polls for `reviewed` finds `created_memory_id` set.

    Args:
        review: The trace's review; None where it has none.
        ingest_status: How far its ingestion has come.
    """
    if review is None:
        return ReviewStatus.PENDING
    if review.mode is ReviewMode.INLINE and ingest_status is not IngestStatus.COMPLETED:
        return ReviewStatus.PENDING
    return ReviewStatus.REVIEWED


@dataclass(frozen=True, slots=True)
class TraceState:
    """
    What of a trace changes after it was recorded.

    Attributes:
        ingest_status: How far ingestion has come.
        ingest_attempts: How often ingestion was started.
        last_ingest_error: Why the last attempt failed, one sentence; None where none did.
        ingest_failures: How many of those attempts count against it; 0 once it is ingested.
        created_memory_id: The memory made of it; None as long as there is none.
        review: The verdict on it; None as long as there is none.
    """

    ingest_status: IngestStatus
    ingest_attempts: int
    last_ingest_error: str | None
    ingest_failures: int
    created_memory_id: str | None
    review: Review | None

    @property
    def review_status(self) -> ReviewStatus:
        """
        Whether its review has taken full effect; see `review_status_of`.
        """
        return review_status_of(self.review, self.ingest_status)


@dataclass(frozen=True, slots=True)
class Trace:
    """
    One run of an agent.

    Attributes:
        id: Identifier, unique in the service; callers know it as its `public_id`.
        project_id: The project that it belongs to.
        task: What the agent was asked to do.
        trajectory: What the run did; a plain-text summary is one message.
        final_response: The final answer; empty where the run gave none.
        retrieved_memory_ids: The memories that the run was given, best first.
        used_memory_ids: The subset of them that the answer relied on; None where unknown.
        model: The model that the agent ran on; None where unknown.
        metadata: The caller's own facts about the run.
        reference_context: What a right answer looks like, for the reflection; None where unknown.
        ingest_status: How far ingestion has come.
        ingest_attempts: How often ingestion was started.
        last_ingest_error: Why the last attempt failed, one sentence; None where none did.
        created_memory_id: The memory made of it; None as long as there is none.
        ingest_failures: How many of those attempts count against it; 0 once it is ingested.
        review: The verdict on it; None as long as there is none.
        created_at: When the run ended as its sender says, or was received, in UTC.
        received_at: When it was received, in UTC; None where that was not noted yet.
        ended: How the run ended where not by itself.
    """

    id: str
    project_id: str
    task: str
    trajectory: Trajectory
    final_response: str
    retrieved_memory_ids: tuple[str, ...]
    used_memory_ids: tuple[str, ...] | None
    model: str | None
    metadata: Mapping[str, Any]
    reference_context: str | None
    created_at: datetime
    ingest_status: IngestStatus = IngestStatus.COMPLETED
    ingest_attempts: int = 0
    last_ingest_error: str | None = None
    created_memory_id: str | None = None
    review: Review | None = None
    ingest_failures: int = 0
    received_at: datetime | None = None
    ended: RunEnding | None = None

    @property
    def review_status(self) -> ReviewStatus:
        """
        Whether its review has taken full effect; see `review_status_of`.
        """
        return review_status_of(self.review, self.ingest_status)

    def reviewed(self, review: Review) -> Trace:
        """
        Return the trace after a review, which puts a run that is to be remembered into the queue.

        Args:
            review: The review.
        """
        status = IngestStatus.QUEUED if review.remember else self.ingest_status
        return self.in_state(
            TraceState(
                ingest_status=status,
                ingest_attempts=self.ingest_attempts,
                last_ingest_error=self.last_ingest_error,
                ingest_failures=self.ingest_failures,
                created_memory_id=self.created_memory_id,
                review=review,
            )
        )

    def in_state(self, state: TraceState) -> Trace:
        """
        Return the trace in another state.

        Args:
            state: The state.
        """
        # Not by `replace`, which takes ten times as long: each review comes through here.
        return Trace(
            id=self.id,
            project_id=self.project_id,
            task=self.task,
            trajectory=self.trajectory,
            final_response=self.final_response,
            retrieved_memory_ids=self.retrieved_memory_ids,
            used_memory_ids=self.used_memory_ids,
            model=self.model,
            metadata=self.metadata,
            reference_context=self.reference_context,
            created_at=self.created_at,
            ingest_status=state.ingest_status,
            ingest_attempts=state.ingest_attempts,
            last_ingest_error=state.last_ingest_error,
            ingest_failures=state.ingest_failures,
            created_memory_id=state.created_memory_id,
            review=state.review,
            received_at=self.received_at,
            ended=self.ended,
        )


@dataclass(frozen=True, slots=True)
class TraceFilter:
    """
    Which traces a list is of. What is None does not count; of the others all must fit.

    Attributes:
        review_status: Only traces of this review status.
        ingest_status: Only traces of this ingest status.
        model: Only traces of runs on this model.
        metadata: Only traces whose metadata has each of these keys with an equal value.
    """

    review_status: ReviewStatus | None = None
    ingest_status: IngestStatus | None = None
    model: str | None = None
    metadata: Mapping[str, Any] | None = None


ALL_TRACES = TraceFilter()
"""A filter that every trace fits."""
