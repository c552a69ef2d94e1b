"""
The context of a run: what `with client.trace(...)` yields, and how its end records the run.
"""

import json
import logging
import reprlib
import uuid
from collections.abc import Sequence
from typing import Any, TypeVar

from attrs import asdict, define, evolve, field, frozen

from reflect_api import models
from reflect_api.errors import DecodeError, FieldError, InvalidArgumentError, ReflectError
from reflect_sdk._flows.operations import Flows
from reflect_sdk._flows.requests import AgentRun, Query, review_label, string_list, trace_request
from reflect_sdk._transport.effects import Flow
from reflect_sdk._types.errors import (
    ServerError,
    TraceLostError,
    TransportError,
    is_outage,
    is_refusal,
)
from reflect_sdk._types.labels import ReviewLabel
from reflect_sdk._types.memories import AugmentedTask, MemoryResponse
from reflect_sdk._types.trajectory import TrajectoryInput, wire_trajectory

logger = logging.getLogger("reflect_sdk")

T = TypeVar("T")

SUBMIT_POLL_INTERVAL = 0.25
SUBMIT_WAIT_TIMEOUT = 60.0
LAST_SECONDS = 5.0
"""How long a run may take to be recorded whose program or task is to end."""
LONGEST_REASON = 10_000
"""How many characters of an exception are sent; services have limits."""


@define(eq=False)
class TraceContext:
    """
    What `ReflectClient.trace` yields: the task with its memories, and the place for the output.

    Attributes:
        task: The task as it was given.
        augmented_task: The task with the memories behind it, ready to be a prompt.
        memories: The memories that were found, best first.
        trace_id: The recorded trace; None until the block has ended, and after it where
            `set_output` was never called.
    """

    task: str = field(repr=reprlib.repr)
    augmented_task: str = field(repr=reprlib.repr)
    memories: list[MemoryResponse] = field(repr=reprlib.repr)
    trace_id: str | None = field(default=None, init=False)
    _defaults: AgentRun = field(alias="defaults", repr=False, kw_only=True)
    _output: AgentRun | None = field(default=None, init=False, repr=False)
    _over: bool = field(default=False, init=False, repr=False)

    @property
    def memory_ids(self) -> list[str]:
        """
        Ids of the memories that were found, best first.
        """
        return [memory.id for memory in self.memories]

    @property
    def retrieved_memory_ids(self) -> list[str]:
        """
        The same as `memory_ids`.
        """
        return self.memory_ids

    def set_output(
        self,
        *,
        trajectory: TrajectoryInput,
        final_response: str | None = None,
        result: ReviewLabel | None = None,
        feedback_text: str | None = None,
        model: str | None = None,
        metadata: dict[str, Any] | None = None,
        task: str | None = None,
        alpha: float | None = None,
        used_memory_ids: Sequence[str] | None = None,
        remember: bool = True,
    ) -> None:
        """
        Record what the agent did; it is sent when the block ends. The last call counts.

        Args:
            trajectory: The run, as `ReflectClient.create_trace` takes it; copied, so it may change
                afterwards.
            final_response: The final answer. Where None, the text of the last assistant message.
            result: The verdict: `pass` or `success`, `fail` or `failure`. Where None, the trace is
                recorded without a review, which can follow later.
            feedback_text: What went wrong; used with a `result`.
            model: The model that the agent ran on.
            metadata: Facts about the run, JSON.
            task: Another text for the recorded task. Memories were looked up with the task that
                `trace` was given; here goes what the conversation turned out to be about.
            alpha: The learning rate of this review, in [0, 1]; wins over the one given to `trace`.
                Where both are None, the server's default.
            used_memory_ids: Those of `memory_ids` that the answer relied on; only they are
                credited. Where None, those are that the final answer agrees with, or, where that
                does not show, all, the less the lower their rank.
            remember: Whether a memory is made of the run; where False its review only moves
                Q-values. True by default; used with a `result`.

        Raises:
            InvalidArgumentError: If the trajectory or the result cannot be used, something is no
                JSON or of another type, or a used memory was not retrieved. What was set before
                stays.

        Example:
            >>> with client.trace("Help the customer") as ctx:
            ...     ctx.set_output(
            ...         trajectory=messages,
            ...         task="Refund an order that was paid by voucher",
            ...         result="pass",
            ...     )
        """
        if self._over:
            logger.warning(
                "The output of the task %s came after its block had ended and is not recorded. "
                "Call set_output inside the block.",
                reprlib.repr(self.task),
            )
        used = None if used_memory_ids is None else string_list("used_memory_ids", used_memory_ids)
        retrieved = self.memory_ids
        foreign = [memory for memory in used or () if memory not in retrieved]
        if foreign:
            raise InvalidArgumentError(
                "used_memory_ids names memories that this run did not retrieve: "
                f"{', '.join(map(str, foreign))}."
            )
        output = evolve(
            self._defaults,
            task=self.task if task is None else task,
            trajectory=wire_trajectory(trajectory),
            final_response=final_response,
            retrieved_memory_ids=retrieved,
            used_memory_ids=used,
            model=model,
            metadata=metadata,
            review_result=None if result is None else review_label(result),
            feedback_text=feedback_text,
            alpha=self._defaults.alpha if alpha is None else alpha,
            remember=remember,
        )
        self._output = _sendable(output)


def _sendable(output: AgentRun) -> AgentRun:
    """
    Copy a run, so that what cannot be sent is refused before the work is lost.
    """
    values = asdict(output, recurse=False)
    copied = evolve(output, **{name: _snapshot(name, values[name]) for name in values})
    try:
        models.CreateTraceRequest.from_dict(trace_request(copied).to_dict())
    except FieldError as error:
        raise InvalidArgumentError(f"{error.path.removeprefix('.')} {error.problem}.") from None
    return copied


def _snapshot(name: str, value: T) -> T:
    """
    Copy a value as JSON.
    """
    try:
        copied: T = json.loads(json.dumps(value, allow_nan=False, ensure_ascii=False).encode())
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidArgumentError(f"{name} cannot be written as JSON: {error}.") from error
    return copied


@frozen
class Recorder:
    """
    Opens and closes a `TraceContext`; the flows behind `trace` and its twin.

    Attributes:
        flows: The flows of the project.
        query: How to look for memories.
        blocking: Whether closing waits for the memory.
        auto_fail_on_exception: Whether a run that raised is recorded as failed.
        reference_context: What a right answer looks like, for the reflection.
        alpha: The learning rate where the output names none.
    """

    flows: Flows
    query: Query
    blocking: bool
    auto_fail_on_exception: bool
    reference_context: str | None
    alpha: float | None

    def open(self) -> Flow[TraceContext]:
        """
        Look for memories; an outage of the service means that there are none.
        """
        try:
            augmented = yield from self.flows.augment_with_memories(self.query)
        except (TransportError, ServerError, DecodeError) as outage:
            if self.flows.strict:
                raise
            logger.warning("The run goes on without memories: %s", outage)
            augmented = AugmentedTask(augmented_task=self.query.task, memories=[])
        return TraceContext(
            task=self.query.task,
            augmented_task=augmented.augmented_task,
            memories=augmented.memories,
            defaults=AgentRun(
                task=self.query.task, reference_context=self.reference_context, alpha=self.alpha
            ),
        )

    def close(self, context: TraceContext) -> Flow[None]:
        """
        Record the run, where it has an output, and then those that an outage has kept on disk.
        """
        output = _final_output(context)
        if output is not None:
            yield from self._submit(context, output)

    def _follow_up(self, trace_id: str, output: AgentRun) -> Flow[None]:
        try:
            yield from self.flows.deliver_spooled_traces()
        except OSError as error:
            logger.warning("Runs kept on disk cannot be read: %s", error)
        if self.blocking:
            yield from self.flows.wait_for_trace(
                trace_id,
                require_reviewed=output.review_result is not None,
                poll_interval=SUBMIT_POLL_INTERVAL,
                wait_timeout=SUBMIT_WAIT_TIMEOUT,
            )

    def abandon(self, context: TraceContext, error: BaseException) -> Flow[None]:
        """
        Record the run as failed because of an exception, where it has an output.

        A failure to record is logged, never raised: the exception of the run goes on. One that is
        to end the program or the task is not kept waiting for long.
        """
        failed = self._failed(context, error)
        if failed is None:
            return
        try:
            seconds = None if isinstance(error, Exception) else LAST_SECONDS
            yield from self._submit(context, failed, seconds, follow_up=False)
        except Exception as failure:  # noqa: BLE001 - nothing may hide the exception of the run
            logger.warning("The trace of a run that raised could not be recorded: %s", failure)

    def abandon_at_once(self, context: TraceContext, error: BaseException) -> None:
        """
        Do what `abandon` does where nobody can wait any more: the run is kept on disk, or lost.
        """
        failed = self._failed(context, error)
        if failed is not None and not self._keep(failed, str(uuid.uuid4()), error):
            logger.warning("The run of the task %s is lost: %r", reprlib.repr(failed.task), error)

    def _failed(self, context: TraceContext, error: BaseException) -> AgentRun | None:
        output = _final_output(context)
        if output is None or not self.auto_fail_on_exception:
            return None
        judged = output.feedback_text if output.review_result == "fail" else None
        feedback = "\n".join(filter(None, (_words_of(error), judged)))
        return evolve(output, review_result="fail", feedback_text=feedback)

    def _submit(
        self,
        context: TraceContext,
        output: AgentRun,
        seconds: float | None = None,
        *,
        follow_up: bool = True,
    ) -> Flow[None]:
        idempotency_key = str(uuid.uuid4())
        try:
            receipt = yield from self.flows.create_trace(
                output, idempotency_key=idempotency_key, seconds=seconds
            )
        except BaseException as error:
            if is_refusal(error):
                raise
            kept = self._keep(output, idempotency_key, error)
            if not isinstance(error, ReflectError) or not is_outage(error):
                raise
            if not kept:
                raise TraceLostError(output.task, output.trajectory, error) from error
        else:
            context.trace_id = receipt.trace_id
            if follow_up:
                yield from self._follow_up(receipt.trace_id, output)

    def _keep(self, output: AgentRun, idempotency_key: str, reason: BaseException) -> bool:
        """
        Keep a run on disk that could not be recorded, and say whether that was possible.
        """
        if self.flows.spool is None:
            return False
        body = trace_request(output).to_dict()
        try:
            path = self.flows.spool.keep(self.flows.project_id, idempotency_key, body)
        except OSError as error:
            logger.warning("A run could not be kept on disk: %s", error)
            return False
        logger.warning("The run is kept in %s and recorded later: %s", path, _words_of(reason))
        return True


def _final_output(context: TraceContext) -> AgentRun | None:
    context._over = True  # noqa: SLF001 - two halves of one thing
    return context._output  # noqa: SLF001 - two halves of one thing


def _words_of(error: BaseException) -> str:
    """
    Return what an exception says, as text that can be sent; of a group, what each in it says.
    """
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - an exception whose text cannot be had is still one
        text = ""
    words = text.encode(errors="backslashreplace").decode() or type(error).__name__
    if isinstance(error, BaseExceptionGroup):
        words = "\n".join([words, *map(_words_of, error.exceptions)])
    return words[:LONGEST_REASON]
