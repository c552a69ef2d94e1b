"""
Long polling for a trace, and plain polling where the service cannot hold its answer.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from attrs import define, field

from reflect_api import api, models
from reflect_api.errors import DecodeError, InvalidArgumentError, ReflectError
from reflect_sdk._flows.exchange import respond
from reflect_sdk._transport.effects import Flow, Sleep
from reflect_sdk._types.errors import IngestFailedError, NotFoundError, WaitTimeoutError, is_outage
from reflect_sdk._types.traces import TraceResponse

if TYPE_CHECKING:
    from reflect_api.operation import OperationRequest

NEW_TRACE_GRACE = 5.0
"""Seconds during which a trace that cannot be found may still appear."""

_ANSWER_GRACE = 0.5
"""Seconds that an answer may take which the service sends when the wait is over."""


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


@define(kw_only=True)
class Wait:
    """
    A wait until ingestion of a trace has finished.

    Where the service holds its answer (`Prefer: wait`), nothing is polled. An outage meanwhile is
    waited out, as the trace is recorded already.

    Attributes:
        project_id: The project.
        trace_id: The trace.
        require_reviewed: Whether the trace has to be reviewed as well.
        poll_interval: Seconds between two looks.
        wait_timeout: Seconds after which to give up.
        longest_hold: Seconds for which the service may be asked to hold one answer.
        clock: Monotonic seconds.
    """

    project_id: str
    trace_id: str
    require_reviewed: bool
    poll_interval: float
    wait_timeout: float
    longest_hold: int
    clock: Callable[[], float] = field(repr=False)
    _seen: TraceResponse | None = field(default=None, init=False)
    _outage: ReflectError | None = field(default=None, init=False)

    def flow(self) -> Flow[TraceResponse]:
        """
        Wait, and return the trace.

        Raises:
            IngestFailedError: If the service could not make the memory.
            NotFoundError: If there is no such trace.
            WaitTimeoutError: If it takes too long.
        """
        check_waiting(self.poll_interval, self.wait_timeout)
        started = self.clock()
        hold_works = True
        while True:
            asked = self.clock()
            remaining = started + self.wait_timeout - asked
            hold = min(self.longest_hold, math.floor(remaining)) if hold_works else 0
            held = False
            look = self._look(hold)
            try:
                response = yield from respond(look, max(remaining, 0.0) + _ANSWER_GRACE)
            except NotFoundError:
                if self._seen is not None or asked - started >= NEW_TRACE_GRACE:
                    raise
            except ReflectError as error:
                if isinstance(error, DecodeError) or not is_outage(error):
                    raise
                self._outage = error
                # A gateway may cut an answer that is held, and let others through.
                hold_works = False
            else:
                trace = self._seen = TraceResponse.from_api(look.success(response))
                if self._is_over(trace):
                    return trace
                hold_works = hold > 0 and "Preference-Applied" in response.headers
                held = hold > 0 and self.clock() - asked >= min(hold, self.poll_interval)
            remaining = started + self.wait_timeout - self.clock()
            if remaining <= 0:
                raise self._out_of_time() from self._outage
            if not held:
                yield Sleep(min(self.poll_interval, remaining))

    def _look(
        self, hold: int
    ) -> OperationRequest[models.Problem | models.TraceResponse, models.TraceResponse]:
        """
        Ask for the trace, and to hold the answer for some seconds where that is more than none.
        """
        if hold <= 0:
            return api.traces.get_trace.request(self.project_id, self.trace_id)
        state = (
            models.AwaitedState.REVIEWED if self.require_reviewed else models.AwaitedState.INGESTED
        )
        return api.traces.get_trace.request(
            self.project_id, self.trace_id, wait_for=state, prefer=f"wait={hold}"
        )

    def _is_over(self, trace: TraceResponse) -> bool:
        """
        Say whether a trace is what is waited for. A status that is not known never is.
        """
        if trace.ingest_status == "failed":
            raise IngestFailedError(trace)
        reviewed = trace.review_status == "reviewed" or not self.require_reviewed
        return reviewed and trace.ingest_status == "completed"

    def _out_of_time(self) -> WaitTimeoutError:
        awaited = "ingested and reviewed" if self.require_reviewed else "ingested"
        seen = (
            "it has not been seen yet"
            if self._seen is None
            else f"its ingest_status is {self._seen.ingest_status!r}, "
            f"its review_status {self._seen.review_status!r}"
        )
        lacks_review = self._seen is not None and self._seen.review is None
        remedy = "Wait longer with a larger wait_timeout."
        if self._seen is not None and self._seen.last_ingest_error:
            said = self._seen.last_ingest_error.rstrip(".")
            remedy = f"The last attempt ended with: {said}. When that is mended, wait again."
        if self.require_reviewed and lacks_review:
            remedy = "Nobody has reviewed it: call review_trace, and wait again."
        return WaitTimeoutError(
            f"Trace {self.trace_id} was not {awaited} within {self.wait_timeout:g} s: {seen}. "
            f"{remedy}",
            self.trace_id,
            self._seen,
        )
