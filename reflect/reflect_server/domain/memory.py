"""
Memories: reflections with a learned utility, and the events that it was learned from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

from reflect_server.domain.reflection import Reflection
from reflect_server.domain.review import ReviewResult
from reflect_server.domain.texts import normalized

INITIAL_Q_VALUE = 0.5
"""The Q-value of a memory that no review has moved yet."""


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

    def having_learned(self, q_value: float, evidence: Evidence) -> Memory:
        """
        Return the memory after reviews, with all that was derived of the rest of it.

        Args:
            q_value: The Q-value after them.
            evidence: What it rests on then.
        """
        memory = object.__new__(type(self))  # `replace` takes ten times as long, for each review.
        memory.__dict__.update(self.__dict__, q_value=q_value, evidence=evidence)
        return memory

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


class Taught(NamedTuple):
    """
    What one review has taught one memory.

    Attributes:
        event: The change of its Q-value.
        evidence: What all reviews have shown of it, this one included.
    """

    event: QValueEvent
    evidence: Evidence


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
