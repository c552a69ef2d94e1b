"""
The methods of `ReflectClient` about recorded traces.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator, Sequence
from typing import Any

import httpx

from reflect_sdk._client.connection import Connection, twin_of
from reflect_sdk._client.outbox import ANY_RUN
from reflect_sdk._flows.listing import TraceFilter
from reflect_sdk._types.labels import IngestStatus, ReviewStatus
from reflect_sdk._types.traces import DeleteTracesResponse, TraceResponse


class TraceMethods(Connection):
    """
    Awaiting, reading and deleting traces.
    """

    def wait_for_trace(
        self,
        trace_id: str,
        *,
        require_reviewed: bool = False,
        poll_interval: float = 0.25,
        wait_timeout: float = 60.0,
        timeout: float | httpx.Timeout | None = None,
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
            timeout: Seconds that each request of this call may take, above 0, or an
                `httpx.Timeout`; the client's where None.

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
            self._flows_within(timeout).wait_for_trace(
                trace_id,
                require_reviewed=require_reviewed,
                poll_interval=poll_interval,
                wait_timeout=wait_timeout,
            ),
            timeout,
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
        timeout: float | httpx.Timeout | None = None,
    ) -> TraceResponse:
        """
        Do what `wait_for_trace` does, asynchronously.
        """
        return await self._drive_async(
            self._flows_within(timeout).wait_for_trace(
                trace_id,
                require_reviewed=require_reviewed,
                poll_interval=poll_interval,
                wait_timeout=wait_timeout,
            ),
            timeout,
            after=trace_id,
        )

    def get_trace(
        self,
        trace_id: str,
        *,
        timeout: float | httpx.Timeout | None = None,
    ) -> TraceResponse:
        """
        Return one trace.

        Args:
            trace_id: The trace.
            timeout: Seconds that this call may take in all, above 0, or an `httpx.Timeout`; the
                client's where None.

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
        return self._drive(self._flows.get_trace(trace_id), timeout, after=trace_id)

    @twin_of(get_trace)
    async def get_trace_async(
        self,
        trace_id: str,
        *,
        timeout: float | httpx.Timeout | None = None,
    ) -> TraceResponse:
        """
        Do what `get_trace` does, asynchronously.
        """
        return await self._drive_async(self._flows.get_trace(trace_id), timeout, after=trace_id)

    def list_traces(
        self,
        *,
        review_status: ReviewStatus | None = None,
        ingest_status: IngestStatus | None = None,
        model: str | None = None,
        metadata_filter: dict[str, Any] | None = None,
        limit: int | None = None,
        timeout: float | httpx.Timeout | None = None,
    ) -> list[TraceResponse]:
        """
        List the project's traces.

        They are fetched in pages of 100, and all are held at once: give a `limit`, or use
        `iter_traces`, where there may be many.

        Args:
            review_status: Only traces of this status, `pending` or `reviewed`; all where None.
            ingest_status: Only traces of this status, `queued`, `processing`, `completed` or
                `failed`; all where None.
            model: Only traces of runs on this model, compared exactly; all where None.
            metadata_filter: Only traces that have each of these keys in their metadata, with an
                equal value; all where None.
            limit: How many traces to return at the most, from 1; all where None.
            timeout: Seconds that each request of this call may take, above 0, or an
                `httpx.Timeout`; the client's where None.

        Returns:
            The traces, newest first.

        Raises:
            InvalidArgumentError: If an argument cannot be used; nothing is sent.
            APIStatusError: If the service answers with an error.
            TransportError: If no answer comes.

        Example:
            >>> for trace in client.list_traces(review_status="pending"):
            ...     print(trace.id, trace.task)
        """
        wanted = TraceFilter(
            review_status=review_status,
            ingest_status=ingest_status,
            model=model,
            metadata_filter=metadata_filter,
        )
        return self._drive(self._flows.list_traces(wanted, limit), timeout, after=ANY_RUN)

    @twin_of(list_traces)
    async def list_traces_async(
        self,
        *,
        review_status: ReviewStatus | None = None,
        ingest_status: IngestStatus | None = None,
        model: str | None = None,
        metadata_filter: dict[str, Any] | None = None,
        limit: int | None = None,
        timeout: float | httpx.Timeout | None = None,
    ) -> list[TraceResponse]:
        """
        Do what `list_traces` does, asynchronously.
        """
        wanted = TraceFilter(
            review_status=review_status,
            ingest_status=ingest_status,
            model=model,
            metadata_filter=metadata_filter,
        )
        return await self._drive_async(
            self._flows.list_traces(wanted, limit), timeout, after=ANY_RUN
        )

    def iter_traces(
        self,
        *,
        review_status: ReviewStatus | None = None,
        ingest_status: IngestStatus | None = None,
        model: str | None = None,
        metadata_filter: dict[str, Any] | None = None,
        page_size: int = 100,
        timeout: float | httpx.Timeout | None = None,
    ) -> Generator[TraceResponse, None, None]:
        """
        Go through the project's traces page by page; use it where there may be many.

        Args:
            review_status: Only traces of this status, `pending` or `reviewed`; all where None.
            ingest_status: Only traces of this status, `queued`, `processing`, `completed` or
                `failed`; all where None.
            model: Only traces of runs on this model, compared exactly; all where None.
            metadata_filter: Only traces that have each of these keys in their metadata, with an
                equal value; all where None.
            page_size: How many traces one request brings, from 1 to 1,000; 100 by default.
            timeout: Seconds that each request of this call may take, above 0, or an
                `httpx.Timeout`; the client's where None.

        Yields:
            The traces, newest first. Those recorded meanwhile are not among them.

        Raises:
            InvalidArgumentError: If an argument cannot be used.
            APIStatusError: If the service answers with an error.
            TransportError: If no answer comes.

        Example:
            >>> for trace in client.iter_traces(review_status="reviewed"):
            ...     print(trace.id, trace.review.result)
        """
        wanted = TraceFilter(
            review_status=review_status,
            ingest_status=ingest_status,
            model=model,
            metadata_filter=metadata_filter,
        )
        cursor = None
        while True:
            page, cursor = self._drive(
                self._flows.page_of_traces(wanted, page_size, cursor), timeout, after=ANY_RUN
            )
            yield from page
            if cursor is None:
                return

    @twin_of(iter_traces)
    async def iter_traces_async(
        self,
        *,
        review_status: ReviewStatus | None = None,
        ingest_status: IngestStatus | None = None,
        model: str | None = None,
        metadata_filter: dict[str, Any] | None = None,
        page_size: int = 100,
        timeout: float | httpx.Timeout | None = None,
    ) -> AsyncGenerator[TraceResponse, None]:
        """
        Do what `iter_traces` does, asynchronously.
        """
        wanted = TraceFilter(
            review_status=review_status,
            ingest_status=ingest_status,
            model=model,
            metadata_filter=metadata_filter,
        )
        cursor = None
        while True:
            page, cursor = await self._drive_async(
                self._flows.page_of_traces(wanted, page_size, cursor), timeout, after=ANY_RUN
            )
            for trace in page:
                yield trace
            if cursor is None:
                return

    def delete_traces(
        self,
        trace_ids: Sequence[str],
        *,
        timeout: float | httpx.Timeout | None = None,
    ) -> DeleteTracesResponse:
        """
        Delete traces for good, with their reviews and the memories that were made of them.

        Args:
            trace_ids: The traces, from 1 to 1,000. Ids that the project does not have are passed
                over.
            timeout: Seconds that this call may take in all, above 0, or an `httpx.Timeout`; the
                client's where None.

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
        return self._drive(self._flows.delete_traces(trace_ids), timeout, after=ANY_RUN)

    @twin_of(delete_traces)
    async def delete_traces_async(
        self,
        trace_ids: Sequence[str],
        *,
        timeout: float | httpx.Timeout | None = None,
    ) -> DeleteTracesResponse:
        """
        Do what `delete_traces` does, asynchronously.
        """
        return await self._drive_async(self._flows.delete_traces(trace_ids), timeout, after=ANY_RUN)
