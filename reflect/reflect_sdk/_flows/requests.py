"""
Arguments that several methods share, and the bodies of requests made of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar

from attrs import frozen

from reflect_api import models
from reflect_api.errors import InvalidArgumentError
from reflect_api.types import UNSET, Unset
from reflect_sdk._flows.run_body import Limits, cut_fields, encoded_body
from reflect_sdk._types.outgoing import Outgoing
from reflect_sdk._types.snapshot import Snapshot
from reflect_sdk._types.trajectory import TrajectoryInput, checked

T = TypeVar("T")

_LABELS = {"pass": "pass", "success": "pass", "fail": "fail", "failure": "fail"}


@frozen(kw_only=True)
class Query:
    """
    How memories are looked for; the arguments that `query_memories` and `trace` have in common.
    """

    task: str
    limit: int
    lambda_: float
    metadata_filter: dict[str, Any] | None
    similarity_threshold: float | None
    mmr_lambda: float


@frozen(kw_only=True)
class AgentRun:
    """
    What an agent did; the arguments that `create_trace` and `create_trace_and_wait` have in common.
    """

    task: str
    trajectory: TrajectoryInput | Snapshot = ()
    final_response: object = None
    retrieved_memory_ids: Sequence[str] = ()
    used_memory_ids: Sequence[str] | None = None
    model: str | None = None
    metadata: object = None
    review_result: str | None = None
    feedback_text: str | None = None
    reference_context: str | None = None
    alpha: float | None = None
    remember: bool = True
    id: str | None = None
    is_interrupted: bool = False
    created_at: datetime | None = None


def trace_body(run: AgentRun, outgoing: Outgoing, limits: Limits | None = None) -> bytes:
    """
    Make the body of the request that records a run.

    Args:
        run: The run.
        outgoing: Makes JSON of it, redacted.
        limits: What the run is cut to; where None, it goes as it is.

    Raises:
        InvalidArgumentError: If a part of it cannot be used.
    """
    trajectory = run.trajectory
    if not isinstance(trajectory, Snapshot):
        trajectory = checked(trajectory)
    fields = trace_request(run, outgoing).to_dict()
    if limits is not None:
        fields = cut_fields(fields, limits)
    del fields["trajectory"]
    return encoded_body(fields, trajectory, outgoing, limits)


def trace_request(run: AgentRun, outgoing: Outgoing) -> models.CreateTraceRequest:
    """
    Make the request that records a run, without its trajectory.

    Args:
        run: The run.
        outgoing: Makes JSON of it, redacted.

    Raises:
        InvalidArgumentError: If a part of it cannot be used.
    """
    used = run.used_memory_ids
    metadata = outgoing.json({} if run.metadata is None else run.metadata)
    return models.CreateTraceRequest(
        task=outgoing.text(run.task),
        trajectory=[],
        final_response=_text(run.final_response, outgoing),
        retrieved_memory_ids=string_list("retrieved_memory_ids", run.retrieved_memory_ids),
        used_memory_ids=UNSET if used is None else string_list("used_memory_ids", used),
        model=None if run.model is None else outgoing.text(run.model),
        metadata=metadata if isinstance(metadata, dict) else {"metadata": metadata},
        reference_context=_text(run.reference_context, outgoing),
        review=(UNSET if run.review_result is None else _review(run, run.review_result, outgoing)),
        id=given(run.id),
        ended=models.RunEnding.INTERRUPTED if run.is_interrupted else UNSET,
        created_at=given(run.created_at),
    )


def review_label(result: str) -> str:
    """
    Translate a review label into the API's.

    Args:
        result: `pass` or `success`, `fail` or `failure`, in any case and with surrounding blanks.

    Returns:
        `pass` or `fail`.

    Raises:
        InvalidArgumentError: For anything else, before a request is sent.
    """
    label = _LABELS.get(result.strip().lower()) if isinstance(result, str) else None
    if label is None:
        raise InvalidArgumentError(
            f"A review's result must be 'pass' (or 'success') or 'fail' (or 'failure'), "
            f"found {result!r}."
        )
    return label


def given(value: T | None) -> T | Unset:
    """
    Leave out of a request what is None.
    """
    return UNSET if value is None else value


def string_list(name: str, values: Sequence[str]) -> list[str]:
    """
    Take a sequence of strings.

    Raises:
        InvalidArgumentError: If it is a single string, of which each character would be one.
    """
    if isinstance(values, str):
        raise InvalidArgumentError(f"{name} must be a list of strings, found a single string.")
    return list(values)


def _text(value: object, outgoing: Outgoing) -> str | Unset:
    return UNSET if value is None else outgoing.text(value)


def _review(run: AgentRun, result: str, outgoing: Outgoing) -> models.ReviewInput:
    feedback = run.feedback_text
    return models.ReviewInput(
        result=models.ReviewResult(review_label(result)),
        feedback_text=None if feedback is None else outgoing.text(feedback),
        alpha=given(run.alpha),
        remember=UNSET if run.remember else False,
    )
