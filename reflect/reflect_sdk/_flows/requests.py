"""
Arguments that several methods share, and the bodies of requests made of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from attrs import frozen

from reflect_api import models
from reflect_api.errors import InvalidArgumentError
from reflect_api.types import UNSET, Unset
from reflect_sdk._types.trajectory import TrajectoryInput, wire_trajectory

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
    trajectory: TrajectoryInput = ()
    final_response: str | None = None
    retrieved_memory_ids: Sequence[str] = ()
    used_memory_ids: Sequence[str] | None = None
    model: str | None = None
    metadata: dict[str, Any] | None = None
    review_result: str | None = None
    feedback_text: str | None = None
    reference_context: str | None = None
    alpha: float | None = None
    remember: bool = True


def trace_request(run: AgentRun) -> models.CreateTraceRequest:
    """
    Make the request that records a run.

    Raises:
        InvalidArgumentError: If a part of it cannot be used.
    """
    used = run.used_memory_ids
    return models.CreateTraceRequest(
        task=run.task,
        trajectory=wire_trajectory(run.trajectory),
        final_response=given(run.final_response),
        retrieved_memory_ids=string_list("retrieved_memory_ids", run.retrieved_memory_ids),
        used_memory_ids=UNSET if used is None else string_list("used_memory_ids", used),
        model=run.model,
        metadata=run.metadata or {},
        reference_context=given(run.reference_context),
        review=UNSET if run.review_result is None else _review(run, run.review_result),
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


def _review(run: AgentRun, result: str) -> models.ReviewInput:
    return models.ReviewInput(
        result=models.ReviewResult(review_label(result)),
        feedback_text=run.feedback_text,
        alpha=given(run.alpha),
        remember=UNSET if run.remember else False,
    )
