"""
Lists that come in pages: plain arrays, with a `Link` header to the next page.
"""

from __future__ import annotations

from urllib.parse import urlencode

from reflect_server.calls import Answer, Call


def paged(call: Call, body: list[object], next_cursor: str | None) -> Answer:
    """
    Answer with one page.

    Args:
        call: The request.
        body: The entries as they are sent.
        next_cursor: Where the next page starts; None on the last one.
    """
    if next_cursor is None:
        return Answer(body)
    path = call.request.scope["raw_path"].decode("latin-1")
    query = {**call.request.query_params, "cursor": next_cursor}
    return Answer(body, {"Link": f'<{path}?{urlencode(query)}>; rel="next"'})
