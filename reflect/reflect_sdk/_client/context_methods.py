"""
The method of `ReflectClient` that surrounds a run, a context manager.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import anyio

from reflect_sdk._client.connection import twin_of
from reflect_sdk._client.lifecycle import Lifecycle
from reflect_sdk._client.outbox import ANY_RUN
from reflect_sdk._flows.endings import FailOn, checked_fail_on
from reflect_sdk._flows.recorder import Recorder
from reflect_sdk._flows.requests import AgentRun, Query
from reflect_sdk._flows.trace_context import TraceContext
from reflect_sdk._transport.effects import can_await


class ContextMethods(Lifecycle):
    """
    Surrounding a run.
    """

    @contextmanager
    def trace(
        self,
        task: str,
        *,
        limit: int = 10,
        lambda_: float = 0.5,
        metadata_filter: dict[str, Any] | None = None,
        similarity_threshold: float | None = None,
        mmr_lambda: float = 0.7,
        blocking: bool = False,
        auto_fail_on_exception: FailOn = True,
        reference_context: str | None = None,
        alpha: float | None = None,
    ) -> Generator[TraceContext, None, None]:
        """
        Run an agent inside a `with` block that finds memories before and records the run after.

        Entering the block looks for memories; `augmented_task` and `memories` of what it yields
        hold them. Call `set_output` inside the block, or hand messages over with `add` as they
        come. Leaving it records the trace, with the retrieved memories named. A block that hands
        nothing over and ends without an exception records nothing.

        Args:
            task: What the agent is about to do: what memories are looked up with, and the task of
                the trace where `set_output` names no other.
            limit: How many memories to return at the most, from 1 to 100; 10 by default.
            lambda_: The blend, in [0, 1]: 1.0 orders by similarity alone, 0.0 by Q-value alone; 0.5
                by default.
            metadata_filter: Only memories whose trace has each of these keys in its metadata, with
                an equal value. No filter where None.
            similarity_threshold: Only memories whose cosine similarity to the task is at least
                this, in [-1, 1], whatever their Q-value. The server's default where None.
            mmr_lambda: The weight of relevance against diversity, in [0, 1]: 1.0 takes the
                best-scored memories however alike they are, 0.0 the most diverse ones; 0.7 by
                default.
            blocking: Whether leaving the block waits until the memory of the run exists; off by
                default.
            auto_fail_on_exception: Which exceptions of the block make the run a failed one, with
                the exception's type as feedback: True (the default) for all that are the agent's
                own, types of exceptions, or a function that is asked for each; False for none. The
                exception goes on in any case. A verdict that was set stands.
            reference_context: What a right answer looks like, for the reflection; the agent never
                sees it. None by default.
            alpha: The learning rate of the review, in [0, 1]; the server's default (0.3) where
                None. The one of `set_output` wins.

        Yields:
            The context of the run.

        An outage of the service before the run (no answer in `lookup_timeout`, 408, 429, 5xx) does
        not stop the agent: the block runs without memories, and a warning is logged, unless the
        client is `strict`.
        Control flow (`KeyboardInterrupt`, `SystemExit`, `asyncio.CancelledError`, `GeneratorExit`)
        and exceptions about something else (connections, limits of time, services that are
        overloaded) say nothing about the run: it is recorded as it stands, without a verdict, as
        interrupted. No failure to record ever hides an exception of the block.

        Raises:
            APIStatusError: If the service refuses a request, for example because of a wrong key;
                with `strict`, for any error that it answers with.
            TransportError: With `strict`, if no answer comes before the run.
            TraceLostError: With `blocking`, or a client whose `background` is off, if an outage of
                the service keeps the run from being recorded, and the client has no `spool_dir`.
            IngestFailedError: With `blocking`, if the service could not make the memory.
            WaitTimeoutError: With `blocking`, if that takes longer than 60 seconds.

        Example:
            >>> with client.trace("Refund an order paid by voucher") as ctx:
            ...     answer, messages = agent(ctx.augmented_task)
            ...     ctx.set_output(trajectory=messages, final_response=answer, result="pass")
        """
        recorder = Recorder(
            flows=self._flows,
            query=Query(
                task=task,
                limit=limit,
                lambda_=lambda_,
                metadata_filter=metadata_filter,
                similarity_threshold=similarity_threshold,
                mmr_lambda=mmr_lambda,
            ),
            blocking=blocking,
            fail_on=checked_fail_on(auto_fail_on_exception),
            reference_context=reference_context,
            alpha=alpha,
        )
        context = self._drive(recorder.open())
        self._opened(recorder, context)
        try:
            yield context
        except BaseException as error:
            run = self._ended(recorder, context, error)
            if run is not None and self._settings.background:
                self._hand_over(recorder, context, run)
            elif run is not None:
                self._drive(recorder.abandon(context, run, error))
            raise
        run = self._ended(recorder, context, None)
        if run is not None and self._settings.background and not blocking:
            self._hand_over(recorder, context, run)
        elif run is not None:
            self._drive(recorder.close(context, run), after=ANY_RUN)

    def _opened(self, recorder: Recorder, context: TraceContext) -> None:
        def end() -> None:
            run = self._ended(recorder, context, SystemExit())
            if run is not None:
                self._hand_over(recorder, context, run)

        self._outbox.opened(context, end)

    def _ended(
        self, recorder: Recorder, context: TraceContext, error: BaseException | None
    ) -> AgentRun | None:
        self._outbox.closed(context)
        return recorder.ended(context, error)

    @asynccontextmanager
    @twin_of(trace)
    async def trace_async(
        self,
        task: str,
        *,
        limit: int = 10,
        lambda_: float = 0.5,
        metadata_filter: dict[str, Any] | None = None,
        similarity_threshold: float | None = None,
        mmr_lambda: float = 0.7,
        blocking: bool = False,
        auto_fail_on_exception: FailOn = True,
        reference_context: str | None = None,
        alpha: float | None = None,
    ) -> AsyncGenerator[TraceContext, None]:
        """
        Do what `trace` does, asynchronously.
        """
        recorder = Recorder(
            flows=self._flows,
            query=Query(
                task=task,
                limit=limit,
                lambda_=lambda_,
                metadata_filter=metadata_filter,
                similarity_threshold=similarity_threshold,
                mmr_lambda=mmr_lambda,
            ),
            blocking=blocking,
            fail_on=checked_fail_on(auto_fail_on_exception),
            reference_context=reference_context,
            alpha=alpha,
        )
        context = await self._drive_async(recorder.open())
        self._opened(recorder, context)
        try:
            yield context
        except BaseException as error:
            run = self._ended(recorder, context, error)
            if run is None:
                raise
            if self._settings.background:
                self._hand_over(recorder, context, run)
                raise
            if isinstance(error, GeneratorExit) and not can_await():
                recorder.abandon_at_once(run, error)
                raise
            try:
                # Where a cancelled scope of anyio or trio ends the run, nothing else could wait.
                with anyio.CancelScope(shield=not isinstance(error, Exception)):
                    await self._drive_async(recorder.abandon(context, run, error))
            except BaseException as interruption:
                raise interruption from error
            raise
        run = self._ended(recorder, context, None)
        if run is not None and self._settings.background and not blocking:
            self._hand_over(recorder, context, run)
        elif run is not None:
            await self._drive_async(recorder.close(context, run), after=ANY_RUN)
