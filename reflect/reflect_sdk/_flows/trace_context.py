"""
The context of a run: what `with client.trace(...)` yields.
"""

import logging
import reprlib
from collections.abc import Mapping, Sequence
from typing import Any

from attrs import define, evolve, field

from reflect_api.errors import InvalidArgumentError
from reflect_sdk._flows.requests import review_label, string_list
from reflect_sdk._flows.run_state import RunState
from reflect_sdk._types.labels import ReviewLabel
from reflect_sdk._types.memories import MemoryResponse
from reflect_sdk._types.outgoing import AS_IT_IS
from reflect_sdk._types.snapshot import Snapshot, copied
from reflect_sdk._types.trajectory import SupportsModelDump, TrajectoryInput, checked_message, taken

logger = logging.getLogger("reflect_sdk")


@define(eq=False)
class TraceContext:
    """
    What `ReflectClient.trace` yields: the task with its memories, and the place for the output.

    Attributes:
        task: The task as it was given.
        augmented_task: The task with the memories behind it, ready to be a prompt.
        memories: The memories that were found, best first.
    """

    task: str = field(repr=reprlib.repr)
    augmented_task: str = field(repr=reprlib.repr)
    memories: list[MemoryResponse] = field(repr=reprlib.repr)
    _state: RunState = field(alias="state", repr=False, kw_only=True)

    @property
    def trace_id(self) -> str:
        """
        The id that the run is recorded under, known from the start.

        Where the service answers with another one, that one from then on.
        """
        return self._state.trace_id

    @property
    def submitted(self) -> bool:
        """
        Whether the service has recorded the run.
        """
        return self._state.submitted

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

    def add(self, message: Mapping[str, Any] | SupportsModelDump) -> None:
        """
        Hand over one message of the run as it comes, so that it is kept however the block ends.

        What was added is the trajectory of a block that never calls `set_output`, whose trajectory
        takes the place of all that was added before.

        Args:
            message: A message dict or a message object of an LLM library; copied.

        Raises:
            InvalidArgumentError: If it cannot be used; what was added before stays.

        Example:
            >>> with client.trace("Help the customer") as ctx:
            ...     for message in messages:
            ...         ctx.add(message)
        """
        self._warn_if_over("message", "add")
        self._state.added.add(checked_message(message))

    def set_output(
        self,
        *,
        trajectory: TrajectoryInput,
        final_response: object = None,
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

        A `result` that was set stands, whatever happens later in the block.

        Args:
            trajectory: The run, as `ReflectClient.create_trace` takes it, with values of any type;
                copied, so it may change afterwards. What is larger than the service takes is cut
                in the middle of its longest texts.
            final_response: The final answer; JSON is made of one that is no text. Where None, the
                text of the last assistant message.
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
            InvalidArgumentError: If the trajectory is a number, bytes or None, the result or
                `alpha` is none, or a used memory was not retrieved. What was set before stays.

        Example:
            >>> with client.trace("Help the customer") as ctx:
            ...     ctx.set_output(
            ...         trajectory=messages,
            ...         task="Refund an order that was paid by voucher",
            ...         result="pass",
            ...     )
        """
        self._warn_if_over("output", "set_output")
        used = None if used_memory_ids is None else string_list("used_memory_ids", used_memory_ids)
        retrieved = self.memory_ids
        foreign = [memory for memory in used or () if memory not in retrieved]
        if foreign:
            raise InvalidArgumentError(
                "used_memory_ids names memories that this run did not retrieve: "
                f"{', '.join(map(str, foreign))}."
            )
        self._state.output = evolve(
            self._state.defaults,
            task=self._state.defaults.task if task is None else task,
            trajectory=taken(trajectory),
            final_response=copied(final_response),
            retrieved_memory_ids=retrieved,
            used_memory_ids=used,
            model=model,
            metadata=copied(metadata),
            review_result=None if result is None else review_label(result),
            feedback_text=None if feedback_text is None else AS_IT_IS.text(feedback_text),
            alpha=_checked_rate(self._state.defaults.alpha if alpha is None else alpha),
            remember=remember,
        )
        self._state.added = Snapshot()

    def _warn_if_over(self, what: str, method: str) -> None:
        if self._state.over:
            logger.warning(
                "The %s of the task %s came after its block had ended and is not recorded. "
                "Call %s inside the block.",
                what,
                reprlib.repr(self._state.outgoing.text(self.task)),
                method,
            )


def state_of(context: TraceContext) -> RunState:
    """
    Return the half of a context that its users do not see.

    Args:
        context: The context.
    """
    return context._state  # noqa: SLF001 - two halves of one thing


def answer(context: TraceContext, given: object) -> None:
    """
    Hand over the final answer of a run, which is all of the run where nothing else was.

    Args:
        context: The context. An output that was set stays as it is.
        given: The answer; JSON is made of one that is no text.
    """
    state = state_of(context)
    if state.output is None:
        text = AS_IT_IS.text(given)
        context.set_output(trajectory=list(state.added) or text, final_response=text)


def _checked_rate(alpha: float | None) -> float | None:
    """
    Refuse a learning rate that the service would, before the run is lost with it.
    """
    if alpha is not None and not (isinstance(alpha, int | float) and 0 <= alpha <= 1):
        raise InvalidArgumentError(f"alpha must be a number from 0 to 1, found {alpha!r}.")
    return alpha
