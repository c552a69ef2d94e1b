"""
The recorder of a run: how a block opens, and what its end records.
"""

from __future__ import annotations

import json
import logging
import reprlib
import uuid

from attrs import evolve, frozen

from reflect_api.errors import ReflectError
from reflect_sdk._flows.endings import Ending, FailOn, ending_of, kind_of
from reflect_sdk._flows.lookup import look_up, sendable_task
from reflect_sdk._flows.operations import Flows
from reflect_sdk._flows.requests import AgentRun, Query, trace_body
from reflect_sdk._flows.run_body import Limits
from reflect_sdk._flows.run_state import RunState
from reflect_sdk._flows.trace_context import TraceContext, state_of
from reflect_sdk._transport.effects import Flow
from reflect_sdk._types.errors import TraceLostError, is_outage, is_refusal

logger = logging.getLogger("reflect_sdk")

SUBMIT_POLL_INTERVAL = 0.25
SUBMIT_WAIT_TIMEOUT = 60.0
LAST_SECONDS = 5.0
"""How long a run may take to be recorded whose program or task is to end."""
LIMITS = Limits()
"""What the runs of blocks are cut to."""


class ServicePausedError(Exception):
    """
    The service is not asked for a while, after an outage.
    """


@frozen
class Recorder:
    """
    Opens and closes a `TraceContext`; the flows behind `trace` and its twin.

    Attributes:
        flows: The flows of the project.
        query: How to look for memories.
        blocking: Whether closing waits for the memory.
        fail_on: Which exceptions of the block make it a failed run.
        reference_context: What a right answer looks like, for the reflection.
        alpha: The learning rate where the output names none.
    """

    flows: Flows
    query: Query
    blocking: bool
    fail_on: FailOn
    reference_context: str | None
    alpha: float | None

    def open(self) -> Flow[TraceContext]:
        """
        Look for memories; an outage of the service means that there are none.
        """
        augmented = yield from look_up(self.flows, self.query)
        known = AgentRun(
            task=sendable_task(self.query.task),
            retrieved_memory_ids=[memory.id for memory in augmented.memories],
            reference_context=self.reference_context,
            alpha=self.alpha,
        )
        return TraceContext(
            task=self.query.task,
            augmented_task=augmented.augmented_task,
            memories=augmented.memories,
            state=RunState(known, self.flows.outgoing),
        )

    def ended(self, context: TraceContext, error: BaseException | None) -> AgentRun | None:
        """
        Say what is to be recorded of a run.

        Args:
            context: The context of the run, which is over.
            error: The exception that ended its block; None where none did.

        Returns:
            The run, or None where there is nothing to record.
        """
        run = state_of(context).end(is_usual=error is None)
        ending = ending_of(error, self.fail_on)
        if run is None or error is None:
            return run
        if ending is Ending.INTERRUPTED:
            return evolve(run, is_interrupted=True)
        if run.review_result is not None:
            return run
        failed = evolve(
            run, review_result="fail", feedback_text=f"The run raised {kind_of(error)}."
        )
        if run.trajectory:
            return failed
        return evolve(failed, used_memory_ids=(), remember=False)

    def encoded(self, run: AgentRun) -> bytes:
        """
        Return the body of the request that records a run.
        """
        return trace_body(run, self.flows.outgoing, LIMITS)

    def close(self, context: TraceContext, run: AgentRun) -> Flow[None]:
        """
        Record a run, and then those that an outage has kept on disk.
        """
        yield from self._submit(context, run)
        yield from self.follow_up()
        if self.blocking:
            yield from self.flows.wait_for_trace(
                context.trace_id,
                require_reviewed=run.review_result is not None,
                poll_interval=SUBMIT_POLL_INTERVAL,
                wait_timeout=SUBMIT_WAIT_TIMEOUT,
            )

    def follow_up(self) -> Flow[None]:
        """
        Record the runs that an outage has kept on disk, as the service answers again.
        """
        try:
            yield from self.flows.deliver_spooled_traces()
        except OSError as error:
            logger.warning("Runs kept on disk cannot be read: %s", error)

    def deliver(
        self, context: TraceContext, body: bytes, idempotency_key: str, seconds: float | None
    ) -> Flow[None]:
        """
        Record a run whose block has ended some time ago.

        Args:
            context: Its context.
            body: The run, as `encoded` returns it.
            idempotency_key: What makes recording it twice harmless.
            seconds: How long it may take in all; as long as any call where None.
        """
        spooled = self.flows.spool is not None
        if spooled and not self.flows.breaker.allows():
            raise ServicePausedError("the service did not answer shortly before")
        try:
            yield from self._record(context, body, idempotency_key, seconds)
        except Exception as error:
            self.flows.breaker.note(error)
            raise
        self.flows.breaker.note(None)

    def abandon(self, context: TraceContext, run: AgentRun, error: BaseException) -> Flow[None]:
        """
        Record a run whose block has raised.

        A failure to record is logged, never raised: the exception of the run goes on. One that is
        to end the program or the task is not kept waiting for long.
        """
        try:
            seconds = None if isinstance(error, Exception) else LAST_SECONDS
            yield from self._submit(context, run, seconds)
        except Exception as failure:  # noqa: BLE001 - nothing may hide the exception of the run
            logger.warning(
                "The trace of a run that raised could not be recorded: %s",
                self.flows.outgoing.text(failure),
            )

    def abandon_at_once(self, run: AgentRun, error: BaseException) -> None:
        """
        Do what `abandon` does where nobody can wait any more: the run is kept on disk, or lost.
        """
        if not self.keep(self.encoded(run), str(uuid.uuid4()), error):
            logger.warning(
                "The run of the task %s is lost: %s",
                reprlib.repr(self.flows.outgoing.text(run.task)),
                kind_of(error),
            )

    def _submit(
        self, context: TraceContext, run: AgentRun, seconds: float | None = None
    ) -> Flow[None]:
        body, idempotency_key = self.encoded(run), str(uuid.uuid4())
        try:
            yield from self._record(context, body, idempotency_key, seconds)
        except BaseException as error:
            if is_refusal(error):
                raise
            kept = self.keep(body, idempotency_key, error)
            if not isinstance(error, ReflectError) or not is_outage(error):
                raise
            if not kept:
                raise lost(body, error) from error

    def _record(
        self, context: TraceContext, body: bytes, idempotency_key: str, seconds: float | None
    ) -> Flow[None]:
        receipt = yield from self.flows.send_trace(
            body, idempotency_key=idempotency_key, seconds=seconds
        )
        state = state_of(context)
        self.flows.aliases.note(state.trace_id, receipt.trace_id)
        state.recorded_as(receipt.trace_id)

    def keep(self, body: bytes, idempotency_key: str, reason: BaseException) -> bool:
        """
        Keep a run on disk that could not be recorded, and say whether that was possible.
        """
        if self.flows.spool is None:
            return False
        try:
            path = self.flows.spool.keep(self.flows.project_id, idempotency_key, json.loads(body))
        except OSError as error:
            logger.warning("A run could not be kept on disk: %s", error)
            return False
        logger.warning("The run is kept in %s and recorded later: %s", path, kind_of(reason))
        return True


def lost(body: bytes, problem: BaseException) -> TraceLostError:
    """
    Return the error that hands a run back to whoever recorded it.

    Args:
        body: The run, as `Recorder.encoded` returns it.
        problem: Why it could not be recorded.
    """
    run = json.loads(body)
    return TraceLostError(run["task"], run["trajectory"], problem, body=run)
