"""
The methods of `ReflectClient` about the reviews of traces.
"""

from __future__ import annotations

import httpx

from reflect_sdk._client.connection import Connection, twin_of
from reflect_sdk._types.labels import ReviewLabel
from reflect_sdk._types.traces import TraceResponse


class ReviewMethods(Connection):
    """
    Judging runs, and taking verdicts back.
    """

    def review_trace(
        self,
        trace_id: str,
        *,
        result: ReviewLabel,
        feedback_text: str | None = None,
        alpha: float | None = None,
        remember: bool = True,
        timeout: float | httpx.Timeout | None = None,
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
            timeout: Seconds that this call may take in all, above 0, or an `httpx.Timeout`; the
                client's where None.

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
            timeout,
            after=trace_id,
        )

    @twin_of(review_trace)
    async def review_trace_async(
        self,
        trace_id: str,
        *,
        result: ReviewLabel,
        feedback_text: str | None = None,
        alpha: float | None = None,
        remember: bool = True,
        timeout: float | httpx.Timeout | None = None,
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
            timeout,
            after=trace_id,
        )

    def change_review(
        self,
        trace_id: str,
        *,
        result: ReviewLabel,
        feedback_text: str | None = None,
        alpha: float | None = None,
        remember: bool = True,
        timeout: float | httpx.Timeout | None = None,
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
            timeout: Seconds that this call may take in all, above 0, or an `httpx.Timeout`; the
                client's where None.

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
            timeout,
            after=trace_id,
        )

    @twin_of(change_review)
    async def change_review_async(
        self,
        trace_id: str,
        *,
        result: ReviewLabel,
        feedback_text: str | None = None,
        alpha: float | None = None,
        remember: bool = True,
        timeout: float | httpx.Timeout | None = None,
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
            timeout,
            after=trace_id,
        )

    def undo_review(
        self,
        trace_id: str,
        *,
        timeout: float | httpx.Timeout | None = None,
    ) -> TraceResponse:
        """
        Take a trace's review back, as if it had never been given.

        The Q-values and the evidence of the memories that it credited become what all other reviews
        make of them, and the memory that was made of the run is deleted. The trace can be reviewed
        anew.

        Args:
            trace_id: The trace.
            timeout: Seconds that this call may take in all, above 0, or an `httpx.Timeout`; the
                client's where None.

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
        return self._drive(self._flows.undo_review(trace_id), timeout, after=trace_id)

    @twin_of(undo_review)
    async def undo_review_async(
        self,
        trace_id: str,
        *,
        timeout: float | httpx.Timeout | None = None,
    ) -> TraceResponse:
        """
        Do what `undo_review` does, asynchronously.
        """
        return await self._drive_async(self._flows.undo_review(trace_id), timeout, after=trace_id)
