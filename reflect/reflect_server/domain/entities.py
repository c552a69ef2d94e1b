"""
The things that the service keeps: projects, traces, reviews, memories, Q-value events and keys.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any, NamedTuple

from reflect_server.domain.texts import normalized

Message = dict[str, Any]
"""One step of a trajectory: a message of an agent's run, free-form JSON."""

INITIAL_Q_VALUE = 0.5
"""The Q-value of a memory that no review has moved yet."""


class ReviewResult(StrEnum):
    """
    The verdict of a review.
    """

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    FAIL = "fail"


class ReviewMode(StrEnum):
    """
    How a review came: with its trace, or later.
    """

    INLINE = "inline"
    DEFERRED = "deferred"


class ReviewStatus(StrEnum):
    """
    Whether a trace's review has taken full effect.
    """

    PENDING = "pending"
    REVIEWED = "reviewed"


class IngestStatus(StrEnum):
    """
    How far the service has come in turning a trace into a memory.
    """

    QUEUED = "queued"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"


class IngestOutcome(StrEnum):
    """
    How an attempt at a trace ended.
    """

    COMPLETED = "completed"
    RETRIED = "retried"
    WAITING = "waiting"
    FAILED = "failed"
    EXPIRED = "expired"


@dataclass(frozen=True)  # Without slots, so that what is derived from it is derived once.
class Reflection:
    """
    What a run teaches.

    Attributes:
        summary: The lesson in one line.
        guidance: What a future run should do.
        key_mistake: What went wrong; empty where nothing did.
        correct_action: What the run did right, or should have done instead.
        applicable_tools: The tools or areas that the lesson applies to.
        tools_used: The tools that the run called, in order of first use.
    """

    summary: str
    guidance: str
    key_mistake: str = ""
    correct_action: str = ""
    applicable_tools: tuple[str, ...] = ()
    tools_used: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """
        The whole lesson as readable paragraphs, in the order summary, mistake, action, guidance.
        """
        parts = (
            self.summary,
            self.key_mistake and f"What went wrong: {self.key_mistake}",
            self.correct_action and f"What to do: {self.correct_action}",
            self.guidance,
        )
        return "\n\n".join(part for part in parts if part)

    @cached_property
    def lesson(self) -> str:
        """
        What it says, equal for two that say the same whatever runs they come from.

        Mistake, action and guidance count, the summary does not, as it often names the run. Case
        and white space do not count. Nothing looser is compared: one other word can be another
        advice.
        """
        said = (self.key_mistake, self.correct_action, self.guidance)
        return "\n".join(map(normalized, said))


@dataclass(frozen=True, slots=True)
class Review:
    """
    A verdict on a trace.

    Attributes:
        id: Identifier, unique in the service.
        trace_id: The trace that it judges.
        result: Pass or fail.
        feedback_text: What the reviewer said; None where nothing.
        mode: Whether it came with the trace or later.
        alpha: The learning rate that it asked for, in [0, 1]; None for the service's default.
        reflection: A reflection that the agent wrote itself; None where the service writes it.
        created_at: When it was received, in UTC.
        remember: Whether a memory is made of the run.
    """

    id: str
    trace_id: str
    result: ReviewResult
    feedback_text: str | None
    mode: ReviewMode
    alpha: float | None
    reflection: Reflection | None
    created_at: datetime
    remember: bool = True


@dataclass(frozen=True, slots=True)
class Trace:
    """
    One run of an agent.

    Attributes:
        id: Identifier, unique in the service.
        project_id: The project that it belongs to.
        task: What the agent was asked to do.
        trajectory: The messages of the run, oldest first; a plain-text summary is one message.
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
        created_at: When it was received, in UTC.
    """

    id: str
    project_id: str
    task: str
    trajectory: Sequence[Message]
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

    @property
    def review_status(self) -> ReviewStatus:
        """
        `reviewed` once the review has taken full effect.

        A deferred review counts at once. A review that came with its trace counts when the memory
        of it exists, so whoever polls for `reviewed` finds `created_memory_id` set.
        """
        if self.review is None:
            return ReviewStatus.PENDING
        if (
            self.review.mode is ReviewMode.INLINE
            and self.ingest_status is not IngestStatus.COMPLETED
        ):
            return ReviewStatus.PENDING
        return ReviewStatus.REVIEWED


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


@dataclass(frozen=True, slots=True)
class Evidence:
    """
    What reviews have shown of a memory, or of all memories of a project.

    Attributes:
        uses: How many reviews have credited it.
        wins: The evidence that it helps; see `learning.evidence_of`.
        losses: The evidence that it misleads, counted the same way.
        last_used_at: When the latest of those reviews was received, in UTC; None where none was.
    """

    uses: int = 0
    wins: float = 0.0
    losses: float = 0.0
    last_used_at: datetime | None = None


class Stance(NamedTuple):
    """
    The answer of a run to its task, and whether it was accepted.

    Attributes:
        task: The task, with case and white space normalized out.
        answer: A digest of the answer; see `lessons.answer_digest`.
        accepted: Whether the run passed.
    """

    task: str
    answer: bytes
    accepted: bool

    @property
    def run(self) -> tuple[str, bytes]:
        """
        The answer and its task, without a verdict.
        """
        return self.task, self.answer

    @property
    def contrary(self) -> Stance:
        """
        The opposite verdict on the same answer to the same task.
        """
        return Stance(self.task, self.answer, not self.accepted)


@dataclass(frozen=True)  # Without slots, as `Reflection`.
class Memory:
    """
    A reflection that future runs can retrieve, with the utility that reviews have taught it.

    Attributes:
        id: Identifier, unique in the service.
        project_id: The project that it belongs to.
        trace_id: The trace that it was made of.
        task: The task of that trace; what queries are compared with.
        reflection: What the run taught.
        success: Whether that run passed; None where unknown.
        q_value: The learned utility, in [0, 1].
        evidence: What the Q-value rests on.
        metadata: The metadata of its trace, for filters.
        answer: A digest of what its run answered, equal for equal answers; empty for none.
        created_at: When it was made, in UTC.
    """

    id: str
    project_id: str
    trace_id: str
    task: str
    reflection: Reflection
    success: bool | None
    created_at: datetime
    q_value: float = INITIAL_Q_VALUE
    evidence: Evidence = Evidence()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    answer: bytes = b""

    @cached_property
    def stance(self) -> Stance | None:
        """
        What its run stands for: the answer, with the verdict; None where it has none of the two.
        """
        if self.success is None or not self.answer:
            return None
        return Stance(self.normalized_task, self.answer, self.success)

    @cached_property
    def normalized_task(self) -> str:
        """
        The task, with case and white space normalized out.
        """
        return normalized(self.task)


@dataclass(frozen=True, slots=True)
class QValueEvent:
    """
    One change of one memory's Q-value.

    Attributes:
        id: Identifier, unique in the service.
        memory_id: The memory that changed.
        trace_id: The run that had used it.
        review_id: The review that changed it.
        result: That review's verdict.
        alpha: The learning rate that was applied, in [0, 1].
        weight: The memory's share of the credit, in [0, 1].
        q_before: The Q-value before.
        q_after: The Q-value after.
        created_at: When it changed, in UTC.
    """

    id: str
    memory_id: str
    trace_id: str
    review_id: str
    result: ReviewResult
    alpha: float
    weight: float
    q_before: float
    q_after: float
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Learned:
    """
    What the events of a memory add up to.

    Attributes:
        events: The events, oldest first, each from the Q-value that the one before it left.
        q_value: The Q-value after the last one.
        evidence: What they have shown.
    """

    events: tuple[QValueEvent, ...]
    q_value: float
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class ApiKey:
    """
    What the service keeps of an API key: everything but its secret.

    Attributes:
        id: Identifier, unique in the service.
        public_id: The middle part of the plaintext key, by which it is looked up.
        secret_hash: Keyed hash of the whole plaintext key.
        label: The name that a person gave it.
        scopes: What it may do.
        environment: `live` or `test`.
        is_master: Whether it may use every project, and create one.
        project_id: The project that it belongs to; None for a master key of the installation.
        user_id: Whose key it is; None where unknown.
        created_at: When it was made, in UTC.
        last_used_at: When it was last used; None where never.
        revoked_at: When it was revoked; None while it is active.
        expires_at: When it ends by itself; None for never.
    """

    id: str
    public_id: str
    secret_hash: bytes = field(repr=False)
    label: str
    scopes: tuple[str, ...]
    environment: str
    is_master: bool
    project_id: str | None
    user_id: str | None
    created_at: datetime
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None
    expires_at: datetime | None = None

    def has_expired(self, now: datetime) -> bool:
        """
        Say whether the key has ended by itself.

        Args:
            now: The present time, in UTC.
        """
        return self.expires_at is not None and self.expires_at <= now
