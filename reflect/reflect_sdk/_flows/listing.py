"""
Lists of traces: which ones, and page by page.
"""

from __future__ import annotations

import json
from typing import Any

import httpx
from attrs import frozen

from reflect_api import api
from reflect_api.errors import InvalidArgumentError
from reflect_sdk._flows.exchange import respond
from reflect_sdk._flows.requests import given
from reflect_sdk._transport.effects import Flow
from reflect_sdk._types.traces import TraceResponse

PAGE_SIZE = 100
"""How many traces one request brings where nobody says."""


@frozen(kw_only=True)
class TraceFilter:
    """
    Which traces are listed; of several conditions all must hold, and None is none.
    """

    review_status: str | None = None
    ingest_status: str | None = None
    model: str | None = None
    metadata_filter: dict[str, Any] | None = None


@frozen(kw_only=True)
class TracePages:
    """
    The traces of a project that a filter lets through, newest first.

    Attributes:
        project_id: The project.
        wanted: Which traces.
        page_size: How many of them one request brings at the most.
    """

    project_id: str
    wanted: TraceFilter
    page_size: int = PAGE_SIZE

    def page(self, cursor: str | None) -> Flow[tuple[list[TraceResponse], str | None]]:
        """
        Get one page of traces, and the cursor of the next one where there is one.
        """
        wanted = self.wanted
        request = api.traces.list_traces.request(
            self.project_id,
            review_status=given(wanted.review_status),
            ingest_status=given(wanted.ingest_status),
            model=given(wanted.model),
            metadata_filter=given(_as_json(wanted.metadata_filter)),
            limit=self.page_size,
            cursor=given(cursor),
        )
        response = yield from respond(request)
        page = [TraceResponse.from_api(trace) for trace in request.success(response)]
        return page, _next_cursor(response.headers.get("Link"))

    def first(self, limit: int | None) -> Flow[list[TraceResponse]]:
        """
        Get the first traces, or all of them, and never more than a page at once.
        """
        traces, cursor = yield from self.page(None)
        while cursor is not None and (limit is None or len(traces) < limit):
            more, cursor = yield from self.page(cursor)
            traces += more
        return traces[:limit]


def first_traces(
    project_id: str, wanted: TraceFilter, limit: int | None
) -> Flow[list[TraceResponse]]:
    """
    List traces.

    Raises:
        InvalidArgumentError: If the limit is none.
    """
    if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or limit < 1):
        raise InvalidArgumentError(f"limit must be a whole number from 1, found {limit!r}.")
    size = PAGE_SIZE if limit is None else min(PAGE_SIZE, limit)
    pages = TracePages(project_id=project_id, wanted=wanted, page_size=size)
    return (yield from pages.first(limit))


def _as_json(metadata_filter: dict[str, Any] | None) -> str | None:
    if metadata_filter is None:
        return None
    try:
        return json.dumps(metadata_filter, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidArgumentError(
            f"metadata_filter cannot be written as JSON: {error}."
        ) from error


def _next_cursor(link: str | None) -> str | None:
    links = httpx.Response(200, headers={"Link": link or ""}).links
    cursor: str | None = httpx.URL(links.get("next", {}).get("url", "")).params.get("cursor")
    return cursor
