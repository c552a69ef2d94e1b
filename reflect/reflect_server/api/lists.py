"""
Lists: plain arrays, as a page with a `Link` header to the next one, or whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from typing import TypeVar
from urllib.parse import urlencode

from reflect_server.api.answer import Answer
from reflect_server.api.call import Call
from reflect_server.domain.pagination import Identified, Page
from reflect_server.errors import NotFoundError
from reflect_server.use_cases import projects

Entry = TypeVar("Entry", bound=Identified)

Read = Callable[[int | None, str | None], Page[Entry]]


def listed(
    call: Call,
    read: Read[Entry],
    response: Callable[[Entry], object],
    *,
    limit: int | None,
    cursor: str | None,
) -> Answer:
    """
    Answer with a page of a list, or with all of it that follows the cursor.

    Args:
        call: The request.
        read: Returns a page of at most so many entries, or, for None, of some, that starts at a
            place in the store's list; None for its beginning.
        response: Returns an entry as it is sent.
        limit: The largest page; None for everything.
        cursor: The cursor that the request carries; None for the beginning.

    Raises:
        InvalidRequestError: The cursor is not one of this list.
    """
    start = None if cursor is None else call.service.cursors.open(cursor, of=_list_of(call))
    if limit is None:
        parts = _parts(call, read, response, start)
        first, second = next(parts, []), next(parts, None)
        return Answer(first) if second is None else Answer(first, rest=chain([second], parts))
    page = read(limit, start)
    body: list[object] = [response(entry) for entry in page.entries]
    if page.next_cursor is None:
        return Answer(body)
    return Answer(body, {"Link": f'<{_path_of_next(call, page.next_cursor)}>; rel="next"'})


def _parts(
    call: Call, read: Read[Entry], response: Callable[[Entry], object], start: str | None
) -> Iterator[list[object]]:
    project_id = call.path_values["project_id"]
    created_at = projects.created_at(call.deps, project_id)
    while (page := read(None, start)).next_cursor is not None:
        start = page.next_cursor
        yield [response(entry) for entry in page.entries]
    if projects.created_at(call.deps, project_id) != created_at:  # Not all of it was sent.
        raise NotFoundError(f"The project {project_id!r} was deleted while its list was sent.")


def _path_of_next(call: Call, start: str) -> str:
    cursor = call.service.cursors.seal(start, of=_list_of(call))
    path = call.request.scope["raw_path"].decode("latin-1")
    return f"{path}?{urlencode({**call.request.query_params, 'cursor': cursor})}"


def _list_of(call: Call) -> str:
    return f"{call.operation.operation_id} {call.path_values['project_id']}"
