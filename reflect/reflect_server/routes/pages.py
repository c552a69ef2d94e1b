"""
Lists: plain arrays, as a page with a `Link` header to the next one, or whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar
from urllib.parse import urlencode

from reflect_server.calls import Answer, Call
from reflect_server.domain.pages import Identified, Page

Entry = TypeVar("Entry", bound=Identified)

BATCH = 32
"""How many entries of a whole list are in memory at once; some may be as large as a request."""


def listed(
    call: Call,
    read: Callable[[int, str | None], Page[Entry]],
    response: Callable[[Entry], object],
    *,
    limit: int | None,
    cursor: str | None,
) -> Answer:
    """
    Answer with a page of a list, or with all of it that follows the cursor.

    Args:
        call: The request.
        read: Returns a page of at most so many entries, which starts at a place in the store's
            list; None for its beginning.
        response: Returns an entry as it is sent.
        limit: The largest page; None for everything.
        cursor: The cursor that the request carries; None for the beginning.

    Raises:
        InvalidRequestError: The cursor is not one of this list.
    """
    start = None if cursor is None else call.service.cursors.open(cursor, of=_list_of(call))
    page = read(limit or BATCH, start)
    body: list[object] = [response(entry) for entry in page.entries]
    if page.next_cursor is None:
        return Answer(body)
    if limit is None:
        return Answer(body, rest=_rest(read, response, page.next_cursor))
    return Answer(body, {"Link": f'<{_path_of_next(call, page.next_cursor)}>; rel="next"'})


def _rest(
    read: Callable[[int, str | None], Page[Entry]],
    response: Callable[[Entry], object],
    start: str | None,
) -> Iterator[list[object]]:
    while start is not None:
        page = read(BATCH, start)
        yield [response(entry) for entry in page.entries]
        start = page.next_cursor


def _path_of_next(call: Call, start: str) -> str:
    cursor = call.service.cursors.seal(start, of=_list_of(call))
    path = call.request.scope["raw_path"].decode("latin-1")
    return f"{path}?{urlencode({**call.request.query_params, 'cursor': cursor})}"


def _list_of(call: Call) -> str:
    return f"{call.operation.operation_id} {call.path_values['project_id']}"
