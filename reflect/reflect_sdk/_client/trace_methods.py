"""
The methods of `ReflectClient` about recorded traces and their reviews.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator, Sequence

from reflect_sdk._client.connection import Connection, twin_of
from reflect_sdk._client.outbox import ANY_RUN
from reflect_sdk._types.traces import DeleteTracesResponse, TraceResponse


class TraceMethods(Connection):
    """
    Awaiting, reading, reviewing and deleting traces.
    """

    def wait_for_trace(
        self,
        trace_id: str,
        *,
        require_reviewed: bool = False,
        poll_interval: float = 0.25,
        wait_timeout: float = 60.0,
    ) -> TraceResponse:
        """
        Wait until the service has finished with a trace.

        The service holds its answer until then where it can; elsewhere the trace is looked at every
        `poll_interval`.

        Args:
            trace_id: The trace. One that cannot be found within the first 5 seconds is taken as not
                there yet.
            require_reviewed: Whether to wait for a review as well; off by default.
            poll_interval: Seconds between two looks where the service cannot hold its answer, above
                0; 0.25 by default.
            wait_timeout: Seconds to wait at the most, from 0; 60 by default.

        Returns:
            The trace, its `ingest_status` being `completed`.

        Raises:
            IngestFailedError: If the service could not make the memory; also a `RuntimeError`.
            WaitTimeoutError: If it takes longer; also a `TimeoutError`. It carries the trace as it
                was last seen.
            NotFoundError: If there is no such trace.
            APIStatusError: If the service answers with another error.
            TransportError: If no answer comes.

        Example:
            >>> receipt = client.create_trace(
            ...     task="Refund order 7", trajectory="Refunded it in full.", review_result="pass"
            ... )
            >>> trace = client.wait_for_trace(receipt.trace_id)
            >>> print(trace.ingest_status)
            completed
        """
        return self._drive(
            self._flows.wait_for_trace(
                trace_id,
                require_reviewed=require_reviewed,
                poll_interval=poll_interval,
                wait_timeout=wait_timeout,
            ),
            after=trace_id,
        )

    @twin_of(wait_for_trace)
    async def wait_for_trace_async(
        self,
        trace_id: str,
        *,
        require_reviewed: bool = False,
        poll_interval: float = 0.25,
        wait_timeout: float = 60.0,
    ) -> TraceResponse:
        """
        Do what `wait_for_trace` does, asynchronously.
        """
        return await self._drive_async(
            self._flows.wait_for_trace(
                trace_id,
                require_reviewed=require_reviewed,
                poll_interval=poll_interval,
                wait_timeout=wait_timeout,
            ),
            after=trace_id,
        )

    def get_trace(
        self,
        trace_id: str,
    ) -> TraceResponse:
        """
        Return one trace.

        Args:
            trace_id: The trace.

        Returns:
            The trace as it is now.

        Raises:
            NotFoundError: If there is no such trace.
            APIStatusError: If the service answers with another error.
            TransportError: If no answer comes.

        Example:
            >>> receipt = client.create_trace(task="Refund order 7", trajectory="Refunded it.")
            >>> trace = client.get_trace(receipt.trace_id)
            >>> print(trace.review_status)
            pending
        """
        return self._drive(self._flows.get_trace(trace_id), after=trace_id)

    @twin_of(get_trace)
    async def get_trace_async(
        self,
        trace_id: str,
    ) -> TraceResponse:
        """
        Do what `get_trace` does, asynchronously.
        """
        return await self._drive_async(self._flows.get_trace(trace_id), after=trace_id)

    def list_traces(
        self,
        *,
        review_status: str | None = None,
    ) -> list[TraceResponse]:
        """
        List the project's traces.

        Args:
            review_status: Only traces of this status, `pending` or `reviewed`; all where None.

        Returns:
            The traces, newest first.

        Raises:
            APIStatusError: If the service answers with an error.
            TransportError: If no answer comes.

        Example:
            >>> for trace in client.list_traces(review_status="pending"):
            ...     print(trace.id, trace.task)
        """
        return self._drive(self._flows.list_traces(review_status=review_status), after=ANY_RUN)

    @twin_of(list_traces)
    async def list_traces_async(
        self,
        *,
        review_status: str | None = None,
    ) -> list[TraceResponse]:
        """
        Do what `list_traces` does, asynchronously.
        """
        return await self._drive_async(
            self._flows.list_traces(review_status=review_status), after=ANY_RUN
        )

    def iter_traces(
        self, *, review_status: str | None = None, page_size: int = 100
    ) -> Generator[TraceResponse, None, None]:
        """
        Go through the project's traces page by page; use it where there may be many.

        Args:
            review_status: Only traces of this status, `pending` or `reviewed`; all where None.
            page_size: How many traces one request brings, from 1 to 1,000; 100 by default.

        Yields:
            The traces, newest first. Those recorded meanwhile are not among them.

        Raises:
            APIStatusError: If the service answers with an error.
            TransportError: If no answer comes.

        Example:
            >>> for trace in client.iter_traces(review_status="reviewed"):
            ...     print(trace.id, trace.review.result)
        """
        cursor = None
        while True:
            page, cursor = self._drive(
                self._flows.page_of_traces(
                    review_status=review_status, page_size=page_size, cursor=cursor
                ),
                after=ANY_RUN,
            )
            yield from page
            if cursor is None:
                return

    @twin_of(iter_traces)
    async def iter_traces_async(
        self, *, review_status: str | None = None, page_size: int = 100
    ) -> AsyncGenerator[TraceResponse, None]:
        """
        Do what `iter_traces` does, asynchronously.
        """
        cursor = None
        while True:
            page, cursor = await self._drive_async(
                self._flows.page_of_traces(
                    review_status=review_status, page_size=page_size, cursor=cursor
                ),
                after=ANY_RUN,
            )
            for trace in page:
                yield trace
            if cursor is None:
                return

    def review_trace(
        self,
        trace_id: str,
        *,
        result: str,
        feedback_text: str | None = None,
        alpha: float | None = None,
        remember: bool = True,
    ) -> TraceResponse:
        """
        Attach a verdict to a trace that was recorded without one.

        The Q-values of the memories that the run used have moved when this returns; the memory of
        the run is made in the background.

        Args:
            trace_id: The trace.
            result: `pass` or `success`, `fail` or `failure`, in any case.
            feedback_text: What went wrong, for the reflection. None by default.
            alpha: The learning rate of this review, in [0, 1]; the server's default (0.3) where
                None.
            remember: Whether a memory is made of the run; where False the review only moves
                Q-values. True by default.

        Returns:
            The trace with its review.

        Raises:
            InvalidArgumentError: If `result` is none of these labels; nothing is sent.
            NotFoundError: If there is no such trace.
            ConflictError: If the trace has a different review already.
            APIStatusError: If the service answers with another error.
            TransportError: If no answer comes.

        Example:
            >>> receipt = client.create_trace(task="Refund order 7", trajectory="Refunded it.")
            >>> trace = client.review_trace(
            ...     receipt.trace_id, result="fail", feedback_text="The order was already refunded."
            ... )
            >>> print(trace.review_status)
            reviewed
        """
        return self._drive(
            self._flows.review_trace(
                trace_id,
                result=result,
                feedback_text=feedback_text,
                alpha=alpha,
                remember=remember,
            ),
            after=trace_id,
        )

    @twin_of(review_trace)
    async def review_trace_async(
        self,
        trace_id: str,
        *,
        result: str,
        feedback_text: str | None = None,
        alpha: float | None = None,
        remember: bool = True,
    ) -> TraceResponse:
        """
        Do what `review_trace` does, asynchronously.
        """
        return await self._drive_async(
            self._flows.review_trace(
                trace_id,
                result=result,
                feedback_text=feedback_text,
                alpha=alpha,
                remember=remember,
            ),
            after=trace_id,
        )

    def change_review(
        self,
        trace_id: str,
        *,
        result: str,
        feedback_text: str | None = None,
        alpha: float | None = None,
        remember: bool = True,
    ) -> TraceResponse:
        """
        Give a trace another verdict, as if that had been given in the first place.

        The Q-values and the evidence of the memories that the review credited become what all
        reviews in their order make of them, the memory that was made of the run is deleted, and a
        new one is made in the background. All of it happens at once. A trace without a review is
        reviewed.

        Args:
            trace_id: The trace.
            result: `pass` or `success`, `fail` or `failure`, in any case.
            feedback_text: What went wrong, for the reflection. None by default.
            alpha: The learning rate of this review, in [0, 1]; the server's default (0.3) where
                None.
            remember: Whether a memory is made of the run; where False the review only moves
                Q-values. True by default.

        Returns:
            The trace with this review. Where it had the same, nothing changes.

        Raises:
            InvalidArgumentError: If `result` is none of these labels; nothing is sent.
            NotFoundError: If there is no such trace.
            APIStatusError: If the service answers with another error.
            TransportError: If no answer comes.

        Example:
            >>> receipt = client.create_trace(task="Refund order 7", trajectory="Refunded it.")
            >>> reviewed = client.review_trace(receipt.trace_id, result="fail")
            >>> trace = client.change_review(receipt.trace_id, result="pass")
            >>> print(trace.review.result)
            pass
        """
        return self._drive(
            self._flows.change_review(
                trace_id,
                result=result,
                feedback_text=feedback_text,
                alpha=alpha,
                remember=remember,
            ),
            after=trace_id,
        )

    @twin_of(change_review)
    async def change_review_async(
        self,
        trace_id: str,
        *,
        result: str,
        feedback_text: str | None = None,
        alpha: float | None = None,
        remember: bool = True,
    ) -> TraceResponse:
        """
        Do what `change_review` does, asynchronously.
        """
        return await self._drive_async(
            self._flows.change_review(
                trace_id,
                result=result,
                feedback_text=feedback_text,
                alpha=alpha,
                remember=remember,
            ),
            after=trace_id,
        )

    def undo_review(
        self,
        trace_id: str,
    ) -> TraceResponse:
        """
        Take a trace's review back, as if it had never been given.

        The Q-values and the evidence of the memories that it credited become what all other reviews
        make of them, and the memory that was made of the run is deleted. The trace can be reviewed
        anew.

        Args:
            trace_id: The trace.

        Returns:
            The trace without a review. Where it had none, nothing changes.

        Raises:
            NotFoundError: If there is no such trace.
            APIStatusError: If the service answers with another error.
            TransportError: If no answer comes.

        Example:
            >>> receipt = client.create_trace(task="Refund order 7", trajectory="Refunded it.")
            >>> reviewed = client.review_trace(receipt.trace_id, result="fail")
            >>> print(client.undo_review(receipt.trace_id).review)
            None
        """
        return self._drive(self._flows.undo_review(trace_id), after=trace_id)

    @twin_of(undo_review)
    async def undo_review_async(
        self,
        trace_id: str,
    ) -> TraceResponse:
        """
        Do what `undo_review` does, asynchronously.
        """
        return await self._drive_async(self._flows.undo_review(trace_id), after=trace_id)

    def delete_traces(
        self,
        trace_ids: Sequence[str],
    ) -> DeleteTracesResponse:
        """
        Delete traces for good, with their reviews and the memories that were made of them.

        Args:
            trace_ids: The traces, from 1 to 1,000. Ids that the project does not have are passed
                over.

        Returns:
            What was deleted.

        Raises:
            APIStatusError: If the service answers with an error.
            TransportError: If no answer comes.

        Example:
            >>> receipt = client.create_trace(task="Refund order 7", trajectory="Refunded it.")
            >>> gone = client.delete_traces([receipt.trace_id])
            >>> print(len(gone.deleted_trace_ids))
            1
        """
        return self._drive(self._flows.delete_traces(trace_ids), after=ANY_RUN)

    @twin_of(delete_traces)
    async def delete_traces_async(
        self,
        trace_ids: Sequence[str],
    ) -> DeleteTracesResponse:
        """
        Do what `delete_traces` does, asynchronously.
        """
        return await self._drive_async(self._flows.delete_traces(trace_ids), after=ANY_RUN)
