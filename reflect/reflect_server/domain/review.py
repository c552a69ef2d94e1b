"""
Reviews: verdicts on traces.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from reflect_server.domain.reflection import Reflection


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
