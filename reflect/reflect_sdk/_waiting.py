"""
When a wait for a trace is over, and what is said of one that takes too long.
"""

from __future__ import annotations

import math

from reflect_api.errors import InvalidArgumentError
from reflect_sdk._errors import WaitTimeoutError
from reflect_sdk._types import TraceResponse


def check_waiting(poll_interval: float, wait_timeout: float) -> None:
    """
    Refuse a wait that cannot work.

    Raises:
        InvalidArgumentError: If a number of seconds is out of its range.
    """
    if not 0 < poll_interval < math.inf:
        raise InvalidArgumentError(f"poll_interval must be above 0 seconds, found {poll_interval}.")
    if not 0 <= wait_timeout < math.inf:
        raise InvalidArgumentError(
            f"wait_timeout must be a finite number of seconds from 0, found {wait_timeout}."
        )


def has_reached(trace: TraceResponse, *, require_reviewed: bool) -> bool:
    """
    Say whether a trace is what was waited for. A status that is not known never is.
    """
    reviewed = trace.review_status == "reviewed" or not require_reviewed
    return reviewed and trace.ingest_status == "completed"


def out_of_time(
    trace_id: str, trace: TraceResponse | None, wait_timeout: float, *, require_reviewed: bool
) -> WaitTimeoutError:
    """
    Make the error of a wait that took too long, with the trace as it was last seen.
    """
    awaited = "ingested and reviewed" if require_reviewed else "ingested"
    seen = (
        "it could not be found yet"
        if trace is None
        else f"its ingest_status is {trace.ingest_status!r}, "
        f"its review_status {trace.review_status!r}"
    )
    return WaitTimeoutError(
        f"Trace {trace_id} was not {awaited} within {wait_timeout:g} seconds: {seen}. "
        "Wait longer with a larger wait_timeout.",
        trace,
    )
