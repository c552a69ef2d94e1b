"""
The methods of `ReflectClient` that record runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import httpx

from reflect_sdk._client.connection import Connection, twin_of
from reflect_sdk._flows.requests import AgentRun
from reflect_sdk._types.labels import ReviewLabel
from reflect_sdk._types.traces import TraceCreateResponse, TraceResponse
from reflect_sdk._types.trajectory import TrajectoryInput


class RecordingMethods(Connection):
    """
    Recording runs.
    """

    def create_trace(
        self,
        *,
        task: str,
        trajectory: TrajectoryInput,
        final_response: str | None = None,
        retrieved_memory_ids: Sequence[str] = (),
        model: str | None = None,
        metadata: dict[str, Any] | None = None,
        review_result: ReviewLabel | None = None,
        feedback_text: str | None = None,
        reference_context: str | None = None,
        alpha: float | None = None,
        used_memory_ids: Sequence[str] | None = None,
        remember: bool = True,
        timeout: float | httpx.Timeout | None = None,
    ) -> TraceCreateResponse:
        """
        Record a run and return at once.

        The service makes the memory in the background. With a `review_result` the Q-values of the
        retrieved memories have moved when this returns; without one, review the trace later with
        `review_trace`.

        Args:
            task: What the agent was asked to do. Later tasks are compared with it, so be
                descriptive.
            trajectory: The run: a list of message dicts or of message objects of an LLM library,
                oldest first, with values of any type; the JSON of such a list; or a plain-text
                summary. Never changed.
            final_response: The agent's final answer. Where None, the text of the last assistant
                message.
            retrieved_memory_ids: The memories that the run was given, best first; a review moves
                their Q-values. None by default.
            model: The model that the agent ran on; unknown where None.
            metadata: Facts about the run, JSON; queries can filter by them.
            review_result: The verdict: `pass` or `success`, `fail` or `failure`, in any case. Where
                None, the trace is recorded without a review.
            feedback_text: What went wrong, for the reflection. Ignored without `review_result`.
            reference_context: What a right answer looks like (an expected result, a policy, a
                rubric), for the reflection; the agent never sees it. None by default.
            alpha: The learning rate of this review, in [0, 1]; lower for noisy judges. The server's
                default (0.3) where None. Ignored without `review_result`.
            used_memory_ids: Those of `retrieved_memory_ids` that the answer relied on; only they
                are credited. Where None, those are that the final answer agrees with, or, where
                that does not show, all, the less the lower their rank.
            remember: Whether a memory is made of the run; where False the review only moves
                Q-values, as for runs over a fixed set of memories. True by default; ignored without
                `review_result`.
            timeout: Seconds that this call may take in all, above 0, or an `httpx.Timeout`; the
                client's where None.

        Returns:
            The receipt, with the trace's id and how far ingestion is (`queued` where a memory will
            be made).

        Raises:
            InvalidArgumentError: If the trajectory or the review label cannot be used; nothing is
                sent.
            APIStatusError: If the service answers with an error.
            TransportError: If no answer comes.

        Example: Record a run now and review it later
            >>> receipt = client.create_trace(
            ...     task="How many orders did we ship in March?",
            ...     trajectory=[
            ...         {"role": "user", "content": "How many orders did we ship in March?"},
            ...         {"role": "assistant", "content": "We shipped 812 orders."},
            ...     ],
            ...     metadata={"customer": "c42"},
            ... )

        Example: Record and review in one call
            >>> receipt = client.create_trace(
            ...     task="How many orders did we ship in March?",
            ...     trajectory=messages,
            ...     review_result="fail",
            ...     feedback_text="Counted cancelled orders.",
            ... )

        Note:
            `success` and `failure` are accepted for the API's `pass` and `fail`, in any case.
        """
        return self._drive(
            self._flows.create_trace(
                AgentRun(
                    task=task,
                    trajectory=trajectory,
                    final_response=final_response,
                    retrieved_memory_ids=retrieved_memory_ids,
                    used_memory_ids=used_memory_ids,
                    model=model,
                    metadata=metadata,
                    review_result=review_result,
                    feedback_text=feedback_text,
                    reference_context=reference_context,
                    alpha=alpha,
                    remember=remember,
                )
            ),
            timeout,
        )

    @twin_of(create_trace)
    async def create_trace_async(
        self,
        *,
        task: str,
        trajectory: TrajectoryInput,
        final_response: str | None = None,
        retrieved_memory_ids: Sequence[str] = (),
        model: str | None = None,
        metadata: dict[str, Any] | None = None,
        review_result: ReviewLabel | None = None,
        feedback_text: str | None = None,
        reference_context: str | None = None,
        alpha: float | None = None,
        used_memory_ids: Sequence[str] | None = None,
        remember: bool = True,
        timeout: float | httpx.Timeout | None = None,
    ) -> TraceCreateResponse:
        """
        Do what `create_trace` does, asynchronously.
        """
        return await self._drive_async(
            self._flows.create_trace(
                AgentRun(
                    task=task,
                    trajectory=trajectory,
                    final_response=final_response,
                    retrieved_memory_ids=retrieved_memory_ids,
                    used_memory_ids=used_memory_ids,
                    model=model,
                    metadata=metadata,
                    review_result=review_result,
                    feedback_text=feedback_text,
                    reference_context=reference_context,
                    alpha=alpha,
                    remember=remember,
                )
            ),
            timeout,
        )

    def create_trace_and_wait(
        self,
        *,
        task: str,
        trajectory: TrajectoryInput,
        final_response: str | None = None,
        retrieved_memory_ids: Sequence[str] = (),
        model: str | None = None,
        metadata: dict[str, Any] | None = None,
        review_result: ReviewLabel | None = None,
        feedback_text: str | None = None,
        reference_context: str | None = None,
        alpha: float | None = None,
        poll_interval: float = 0.25,
        wait_timeout: float = 60.0,
        used_memory_ids: Sequence[str] | None = None,
        remember: bool = True,
        timeout: float | httpx.Timeout | None = None,
    ) -> TraceResponse:
        """
        Record a run and wait until it is processed.

        Use it where the next step needs the memory: evaluation loops, tests, pipelines. In an
        application that serves people, `create_trace` does not keep them waiting.

        Args:
            task: What the agent was asked to do. Later tasks are compared with it, so be
                descriptive.
            trajectory: The run: a list of message dicts or of message objects of an LLM library,
                oldest first, with values of any type; the JSON of such a list; or a plain-text
                summary. Never changed.
            final_response: The agent's final answer. Where None, the text of the last assistant
                message.
            retrieved_memory_ids: The memories that the run was given, best first; a review moves
                their Q-values. None by default.
            model: The model that the agent ran on; unknown where None.
            metadata: Facts about the run, JSON; queries can filter by them.
            review_result: The verdict: `pass` or `success`, `fail` or `failure`, in any case. Where
                None, the trace is recorded without a review.
            feedback_text: What went wrong, for the reflection. Ignored without `review_result`.
            reference_context: What a right answer looks like (an expected result, a policy, a
                rubric), for the reflection; the agent never sees it. None by default.
            alpha: The learning rate of this review, in [0, 1]; lower for noisy judges. The server's
                default (0.3) where None. Ignored without `review_result`.
            poll_interval: Seconds between two looks where the service cannot hold its answer, above
                0; 0.25 by default.
            wait_timeout: Seconds to wait at the most, from 0; 60 by default.
            used_memory_ids: Those of `retrieved_memory_ids` that the answer relied on; only they
                are credited. Where None, those are that the final answer agrees with, or, where
                that does not show, all, the less the lower their rank.
            remember: Whether a memory is made of the run; where False the review only moves
                Q-values, as for runs over a fixed set of memories. True by default; ignored without
                `review_result`.
            timeout: Seconds that each request of this call may take, above 0, or an
                `httpx.Timeout`; the client's where None.

        Returns:
            The trace as stored. With a `review_result`, its `review_status` is `reviewed` and,
            where it is remembered, `created_memory_id` is set.

        Raises:
            InvalidArgumentError: If an argument cannot be used; nothing is sent.
            IngestFailedError: If the service could not make the memory; also a `RuntimeError`.
            WaitTimeoutError: If it takes longer than `wait_timeout`; also a `TimeoutError`. The
                trace is recorded all the same.
            APIStatusError: If the service answers with an error.
            TransportError: If no answer comes.

        Example: Evaluation loop that learns from one task to the next
            >>> for problem in problems:
            ...     augmented = client.augment_with_memories(problem.question)
            ...     answer = agent(augmented.augmented_task)
            ...     client.create_trace_and_wait(
            ...         task=problem.question,
            ...         trajectory=f"Answered {answer}",
            ...         final_response=answer,
            ...         retrieved_memory_ids=[memory.id for memory in augmented.memories],
            ...         review_result="pass" if answer == problem.expected else "fail",
            ...     )

        Example: Review by whoever sits at the terminal
            >>> task = "How many orders did we ship in March?"
            >>> augmented = client.augment_with_memories(task)
            >>> answer = agent(augmented.augmented_task)
            >>> right = input(f"{answer} Right? [y/n] ") == "y"
            >>> trace = client.create_trace_and_wait(
            ...     task=task,
            ...     trajectory=f"Answered {answer}",
            ...     final_response=answer,
            ...     review_result="pass" if right else "fail",
            ...     feedback_text=None if right else input("What was wrong? "),
            ... )
            >>> print(f"Made memory {trace.created_memory_id}.")

        Note:
            `success` and `failure` are accepted for the API's `pass` and `fail`, in any case.
        """
        return self._drive(
            self._flows_within(timeout).create_trace_and_wait(
                AgentRun(
                    task=task,
                    trajectory=trajectory,
                    final_response=final_response,
                    retrieved_memory_ids=retrieved_memory_ids,
                    used_memory_ids=used_memory_ids,
                    model=model,
                    metadata=metadata,
                    review_result=review_result,
                    feedback_text=feedback_text,
                    reference_context=reference_context,
                    alpha=alpha,
                    remember=remember,
                ),
                poll_interval=poll_interval,
                wait_timeout=wait_timeout,
            ),
            timeout,
        )

    @twin_of(create_trace_and_wait)
    async def create_trace_and_wait_async(
        self,
        *,
        task: str,
        trajectory: TrajectoryInput,
        final_response: str | None = None,
        retrieved_memory_ids: Sequence[str] = (),
        model: str | None = None,
        metadata: dict[str, Any] | None = None,
        review_result: ReviewLabel | None = None,
        feedback_text: str | None = None,
        reference_context: str | None = None,
        alpha: float | None = None,
        poll_interval: float = 0.25,
        wait_timeout: float = 60.0,
        used_memory_ids: Sequence[str] | None = None,
        remember: bool = True,
        timeout: float | httpx.Timeout | None = None,
    ) -> TraceResponse:
        """
        Do what `create_trace_and_wait` does, asynchronously.
        """
        return await self._drive_async(
            self._flows_within(timeout).create_trace_and_wait(
                AgentRun(
                    task=task,
                    trajectory=trajectory,
                    final_response=final_response,
                    retrieved_memory_ids=retrieved_memory_ids,
                    used_memory_ids=used_memory_ids,
                    model=model,
                    metadata=metadata,
                    review_result=review_result,
                    feedback_text=feedback_text,
                    reference_context=reference_context,
                    alpha=alpha,
                    remember=remember,
                ),
                poll_interval=poll_interval,
                wait_timeout=wait_timeout,
            ),
            timeout,
        )

    def deliver_spooled_traces(
        self,
        *,
        timeout: float | httpx.Timeout | None = None,
    ) -> int:
        """
        Record the runs that an outage has kept in `spool_dir`.

        A run that is recorded by `trace` does this as well; call it where no further run follows. A
        run that the service refuses is set aside, in a file ending with `.refused`, with a warning.
        Runs that were kept for another `base_url` wait for a client of that one.

        Args:
            timeout: Seconds that each request of this call may take, above 0, or an
                `httpx.Timeout`; the client's where None.

        Returns:
            How many runs were recorded; 0 for a client without `spool_dir`.

        Raises:
            OSError: If a kept run cannot be read from the folder or removed from it. What the
                service does not take is logged, never raised.

        Example:
            >>> client = ReflectClient(
            ...     base_url="http://localhost:8000",
            ...     api_key="rf_live_abc_def",
            ...     spool_dir="kept-runs",
            ... )
            >>> print(client.deliver_spooled_traces())
            0
        """
        return self._drive(self._flows.deliver_spooled_traces(), timeout)

    @twin_of(deliver_spooled_traces)
    async def deliver_spooled_traces_async(
        self,
        *,
        timeout: float | httpx.Timeout | None = None,
    ) -> int:
        """
        Do what `deliver_spooled_traces` does, asynchronously.
        """
        return await self._drive_async(self._flows.deliver_spooled_traces(), timeout)
