"""
The repository of reviews whose run has not arrived.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime
from typing import NamedTuple

from typing_extensions import override

from reflect_server.domain.review import Review, ReviewMode, ReviewResult
from reflect_server.store.protocol.early_reviews import (
    KEPT_FOR,
    MOST_EARLY_REVIEWS,
    EarlyReviews,
)
from reflect_server.store.sqlite.columns import from_time, to_time
from reflect_server.store.sqlite.statements import columns, insert_into


class _Row(NamedTuple):
    project_id: str
    trace_id: str
    id: str
    result: str
    feedback_text: str | None
    alpha: float | None
    remember: int
    created_at: int


_INSERT = insert_into("early_reviews", _Row)
_FIND = f"""
SELECT {columns(_Row)} FROM early_reviews
WHERE project_id = ? AND trace_id = ? AND created_at >= ?
"""  # noqa: S608 - names of our own


class SqliteEarlyReviews(EarlyReviews):
    """
    Reviews that came before their run.

    Args:
        connection: The connection of the transaction.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute

    @override
    def keep(self, project_id: str, review: Review) -> bool:
        oldest = from_time(review.created_at - KEPT_FOR)
        self._execute("DELETE FROM early_reviews WHERE created_at < ?", (oldest,))
        (waiting,) = self._execute(
            "SELECT count(*) FROM early_reviews WHERE project_id = ?", (project_id,)
        ).fetchone()
        if waiting >= MOST_EARLY_REVIEWS:
            return False
        row = _Row(
            project_id=project_id,
            trace_id=review.trace_id,
            id=review.id,
            result=review.result,
            feedback_text=review.feedback_text,
            alpha=review.alpha,
            remember=review.remember,
            created_at=from_time(review.created_at),
        )
        self._execute(_INSERT, row)
        return True

    @override
    def find(self, project_id: str, trace_id: str, *, now: datetime) -> Review | None:
        oldest = from_time(now - KEPT_FOR)
        found = self._execute(_FIND, (project_id, trace_id, oldest)).fetchone()
        if found is None:
            return None
        row = _Row._make(found)
        return Review(
            id=row.id,
            trace_id=row.trace_id,
            result=ReviewResult(row.result),
            feedback_text=row.feedback_text,
            mode=ReviewMode.DEFERRED,
            alpha=row.alpha,
            reflection=None,
            created_at=to_time(row.created_at),
            remember=bool(row.remember),
        )

    @override
    def discard(self, project_id: str, trace_id: str) -> None:
        self._execute(
            "DELETE FROM early_reviews WHERE project_id = ? AND trace_id = ?",
            (project_id, trace_id),
        )
