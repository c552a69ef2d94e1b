"""
Reflections that the local reflector writes of runs, for tests.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from reflect_server.domain.reflection import Reflection
from reflect_server.domain.review import Review, ReviewMode, ReviewResult
from reflect_server.domain.trace import Trace
from reflect_server.domain.trajectory import Trajectory
from reflect_server.reflectors.local import LocalReflector

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def reflected(
    run: str | list[dict[str, Any]],
    *,
    result: ReviewResult = ReviewResult.PASS,
    final_response: str | None = None,
) -> Reflection:
    """
    Return what the local reflector says of a run without feedback.
    """
    trajectory = Trajectory.of(run)
    stated = trajectory.final_response if final_response is None else final_response
    trace = Trace(
        id="trc",
        project_id="default",
        task="Do the sums",
        trajectory=trajectory,
        final_response=stated,
        retrieved_memory_ids=(),
        used_memory_ids=None,
        model=None,
        metadata={},
        reference_context=None,
        created_at=NOW,
        review=Review("rev", "trc", result, None, ReviewMode.INLINE, None, None, NOW),
    )
    return LocalReflector().reflect(trace)
