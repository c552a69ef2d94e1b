"""
Types of recorded runs and their reviews.
"""

from datetime import datetime
from typing import Any

from attrs import field, frozen

from reflect_sdk._types.api_model import ApiModel, abbreviated
from reflect_sdk._types.labels import IngestStatus, ReviewMode, ReviewResult, ReviewStatus


@frozen(kw_only=True, slots=False)
class TraceReading(ApiModel):
    """
    How the trajectory of a run was read.

    Attributes:
        steps: How many steps were found.
        calls: How many calls of tools were found.
        failures: How many of these calls failed.
        not_understood: How many steps have no shape that the service knows; as many as there are
            steps where nothing was understood.
        beginning_missing: Whether the run tells that its beginning is missing.
    """

    steps: int
    calls: int
    failures: int
    not_understood: int
    beginning_missing: bool


@frozen(kw_only=True, slots=False)
class TraceCreateResponse(ApiModel):
    """
    The receipt of a trace.

    Attributes:
        trace_id: The trace.
        ingest_status: How far ingestion is: `queued`, `processing`, `completed` or `failed`, or a
            value that this version does not know.
        reading: How the trajectory was read, where something in it was not understood or its
            beginning is missing; None where it was read in full, and where the service does not
            say.
    """

    trace_id: str
    ingest_status: IngestStatus | str
    reading: TraceReading | None = field(default=None, repr=False)

    @property
    def id(self) -> str:
        """
        The trace; the same as `trace_id`.
        """
        return self.trace_id


@frozen(kw_only=True, slots=False)
class ReviewResponse(ApiModel):
    """
    A verdict on a trace.

    Attributes:
        id: The review.
        trace_id: The trace that it judges.
        result: `pass` or `fail`.
        feedback_text: What the reviewer said; None where nothing.
        mode: `inline` where it came with its trace, `deferred` where it came later.
        remember: Whether a memory is made of the run.
    """

    id: str
    trace_id: str
    result: ReviewResult | str
    feedback_text: str | None = field(default=None, repr=abbreviated)
    mode: ReviewMode | str
    remember: bool = True


@frozen(kw_only=True, slots=False)
class TraceResponse(ApiModel):
    """
    A recorded run with everything that has become of it.

    Attributes:
        id: The trace.
        task: What the agent was asked to do.
        trajectory: The messages of the run, oldest first.
        final_response: The agent's final answer.
        retrieved_memory_ids: The memories that the run was given, best first.
        used_memory_ids: Those of them that the answer relied on; None where unknown.
        review_status: `pending` or `reviewed`.
        ingest_status: `queued`, `processing`, `completed` or `failed`.
        ingest_attempts: How often ingestion was started.
        last_ingest_error: Why the last attempt failed; None where none did.
        model: The model that the agent ran on; None where unknown.
        metadata: The facts that were attached to the run.
        created_memory_id: The memory that was made of it; None as long as there is none.
        review: The verdict on it; None as long as there is none.
        created_at: When the run ended, or was received; None where the service does not say.
        received_at: When the service received it; None where it does not say.
        ended: `interrupted` where the run did not end by itself; None where it did.
        reading: How the trajectory was read; None where the service does not say, as in lists.
    """

    id: str
    task: str = field(repr=abbreviated)
    trajectory: list[dict[str, Any]] = field(repr=abbreviated)
    final_response: str = field(repr=abbreviated)
    retrieved_memory_ids: list[str] = field(repr=abbreviated)
    used_memory_ids: list[str] | None = field(default=None, repr=abbreviated)
    review_status: ReviewStatus | str
    ingest_status: IngestStatus | str
    ingest_attempts: int
    last_ingest_error: str | None
    model: str | None
    metadata: dict[str, Any] = field(repr=abbreviated)
    created_memory_id: str | None
    review: ReviewResponse | None
    created_at: datetime | None = None
    received_at: datetime | None = None
    ended: str | None = None
    reading: TraceReading | None = field(default=None, repr=False)

    @property
    def trace_id(self) -> str:
        """
        The trace; the same as `id`.
        """
        return self.id


@frozen(kw_only=True, slots=False)
class DeleteTracesResponse(ApiModel):
    """
    What became of a request to delete traces.

    Attributes:
        deleted_trace_ids: The traces that are gone.
        deleted_memory_ids: The memories that went with them.
    """

    deleted_trace_ids: list[str] = field(factory=list)
    deleted_memory_ids: list[str] = field(factory=list)
