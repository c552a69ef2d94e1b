"""
Lists that come in pages: plain arrays, with a `Link` header to the next page.
"""

from __future__ import annotations

from urllib.parse import urlencode

from reflect_server.calls import Answer, Call


def position(call: Call, cursor: str | None) -> str | None:
    """
    Return the place in the store's list that a request's cursor means.

    Args:
        call: The request.
        cursor: The cursor that it carries; None for the first page.

    Raises:
        InvalidRequestError: The cursor is not one of this list.
    """
    return None if cursor is None else call.service.cursors.open(cursor, of=_list_of(call))


def paged(call: Call, body: list[object], next_cursor: str | None) -> Answer:
    """
    Answer with one page.

    Args:
        call: The request.
        body: The entries as they are sent.
        next_cursor: Where the next page starts in the store's list; None on the last one.
    """
    if next_cursor is None:
        return Answer(body)
    cursor = call.service.cursors.seal(next_cursor, of=_list_of(call))
    path = call.request.scope["raw_path"].decode("latin-1")
    query = {**call.request.query_params, "cursor": cursor}
    return Answer(body, {"Link": f'<{path}?{urlencode(query)}>; rel="next"'})


def _list_of(call: Call) -> str:
    return f"{call.operation.operation_id} {call.path_values['project_id']}"
