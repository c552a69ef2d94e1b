"""
The repository of memories, their vectors, and the history of their Q-values.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from reflect_server.domain.memory import Evidence, Learned, Memory, QValueEvent, Taught
from reflect_server.domain.review import ReviewResult
from reflect_server.store.protocol.memories import Memories, Unembedded, Vector
from reflect_server.store.sqlite.columns import (
    digests,
    from_ids,
    from_optional_time,
    from_time,
    from_vector,
    to_json,
    to_matrix,
    to_object,
    to_reflection,
    to_time,
)
from reflect_server.store.sqlite.cursors import cursor_after, next_position, position, within
from reflect_server.store.sqlite.failures import broken_constraint
from reflect_server.store.sqlite.memory_contents import Content, LearnedColumns, MemoryContents
from reflect_server.store.sqlite.statements import columns, insert_into


class _Row(NamedTuple):
    id: str
    project_id: str
    trace_id: str
    task: str
    reflection: str
    success: int | None
    created_at: int
    metadata: str
    answer: bytes
    q_value: float
    uses: int
    wins: float
    losses: float
    last_used_at: int | None


class _NewRow(NamedTuple):
    id: str
    project_id: str
    trace_id: str
    task: str
    reflection: str
    success: bool | None
    created_at: int
    q_value: float
    metadata: str
    answer: bytes


class _Event(NamedTuple):
    id: str
    memory_id: str
    trace_id: str
    review_id: str
    result: str
    alpha: float
    weight: float
    q_before: float
    q_after: float
    created_at: int


_SELECT = f"SELECT {columns(_Row, 'm')} FROM memories AS m"  # noqa: S608 - names of our own
_MANY = f"{_SELECT} JOIN json_each(?) AS wanted ON wanted.value = m.id WHERE +m.project_id = ?"
_MANY_LEARNED = f"""
SELECT m.id, {columns(LearnedColumns, "m")}
FROM memories AS m
JOIN json_each(?) AS wanted ON wanted.value = m.id
WHERE +m.project_id = ?
"""  # noqa: S608 - names of our own
_KNOWN = """
SELECT value
FROM json_each(:memory_ids)
WHERE EXISTS (SELECT 1 FROM memories WHERE id = value AND project_id = :project_id)
    OR EXISTS (
        SELECT 1 FROM deleted_memories WHERE project_id = :project_id AND memory_id = value
    )
"""
_PAGE = f"{_SELECT} WHERE m.project_id = ? AND m.seq < ? ORDER BY m.seq DESC LIMIT ?"
_OF_TRACE = f"{_SELECT} WHERE m.trace_id = ?"

_INSERT = insert_into("memories", _NewRow, seq=next_position("memories"))

_SELECT_VECTORS = """
SELECT m.id, v.vector, m.task
FROM memories AS m
JOIN memory_vectors AS v
    ON v.memory_id = m.id AND v.embedder = :embedder AND v.dimensions = :dimensions
"""
_VECTORS = f"{_SELECT_VECTORS} WHERE m.project_id = :project_id ORDER BY m.seq"
_VECTORS_OF = f"""
{_SELECT_VECTORS}
WHERE +m.project_id = :project_id AND m.id IN (SELECT value FROM json_each(:memory_ids))
ORDER BY m.seq
"""  # noqa: S608 - made of constants

_UNEMBEDDED = """
SELECT m.seq, m.id, m.project_id, m.task
FROM memories AS m
LEFT JOIN memory_vectors AS v
    ON v.memory_id = m.id AND v.embedder = :embedder AND v.dimensions = :dimensions
WHERE v.memory_id IS NULL AND m.seq < :before
ORDER BY m.seq DESC
LIMIT :limit
"""

_COUNT_UNEMBEDDED = """
SELECT count(*)
FROM memories AS m
LEFT JOIN memory_vectors AS v ON v.memory_id = m.id AND v.embedder = :embedder
WHERE v.memory_id IS NULL
    AND (:other IS NULL OR EXISTS (
        SELECT 1 FROM memory_vectors AS o WHERE o.memory_id = m.id AND o.embedder = :other
    ))
"""

_SET_VECTOR = """
INSERT OR REPLACE INTO memory_vectors (memory_id, embedder, dimensions, vector)
SELECT id, ?, ?, ? FROM memories WHERE id = ?
"""

_INSERT_EVENT = insert_into("q_value_events", _Event)
_EVENTS = f"SELECT {columns(_Event)} FROM q_value_events"  # noqa: S608 - names of our own
_HISTORY = f"{_EVENTS} WHERE memory_id = ? ORDER BY seq"
_OF_REVIEW = f"{_EVENTS} WHERE review_id = ? ORDER BY seq"

_SET_LEARNED = """
UPDATE memories SET q_value = ?, uses = ?, wins = ?, losses = ?, last_used_at = ? WHERE id = ?
"""

_UNLIMITED = -1
_LAST_POSITION = 2**63 - 1


class SqliteMemories(Memories):
    """
    Memories with vectors and events.

    Args:
        connection: The connection of the transaction.
        contents: What transactions before have read.
    """

    def __init__(self, connection: sqlite3.Connection, contents: MemoryContents) -> None:
        self._connection = connection
        self._execute = connection.execute
        self._execute_many = connection.executemany
        self._contents = contents

    @override
    def insert(self, memory: Memory, *, vector: Vector, embedder: str) -> None:
        row = _NewRow(
            id=memory.id,
            project_id=memory.project_id,
            trace_id=memory.trace_id,
            task=memory.task,
            reflection=to_json(memory.reflection).decode(),
            success=memory.success,
            created_at=from_time(memory.created_at),
            q_value=memory.q_value,
            metadata=to_json(dict(memory.metadata)).decode(),
            answer=memory.answer,
        )
        try:
            self._execute(_INSERT, row)
        except sqlite3.IntegrityError as error:
            raise broken_constraint(
                error,
                duplicate=f"The trace {memory.trace_id!r} has made a memory already, "
                f"or the id {memory.id!r} is taken.",
                missing=f"The trace {memory.trace_id!r} does not exist in the project "
                f"{memory.project_id!r}.",
            ) from error
        self._execute(
            "INSERT INTO memory_vectors (memory_id, embedder, dimensions, vector) "
            "VALUES (?, ?, ?, ?)",
            (memory.id, embedder, vector.size, from_vector(vector)),
        )
        self._execute_many(
            "INSERT INTO memory_facts (project_id, digest, memory_id) VALUES (?, ?, ?)",
            [(memory.project_id, digest, memory.id) for digest in digests(memory.metadata)],
        )

    @override
    def get_many(self, project_id: str, memory_ids: Sequence[str]) -> Mapping[str, Memory]:
        wanted = (from_ids(memory_ids), project_id)
        learned = {i: tuple(rest) for i, *rest in self._execute(_MANY_LEARNED, wanted)}
        contents = self._contents.get_many(learned)
        changed: list[Content] = []
        for memory_id, content in contents.items():
            if content.learned != learned[memory_id]:
                now = LearnedColumns._make(learned[memory_id])
                memory = content.memory.having_learned(now.q_value, _evidence(now))
                changed.append(Content(now, memory))
        unread = [memory_id for memory_id in learned if memory_id not in contents]
        if unread:
            rows = map(_Row._make, self._execute(_MANY, (from_ids(unread), project_id)))
            changed += [Content(_learned(row), _memory(row)) for row in rows]
        found = {memory_id: content.memory for memory_id, content in contents.items()}
        if changed:
            self._contents.keep(changed)
            found.update((content.memory.id, content.memory) for content in changed)
        return found

    @override
    def known(self, project_id: str, memory_ids: Sequence[str]) -> frozenset[str]:
        rows = self._execute(_KNOWN, {"project_id": project_id, "memory_ids": from_ids(memory_ids)})
        return frozenset(memory_id for (memory_id,) in rows)

    @override
    def page(
        self,
        project_id: str,
        *,
        after: str | None = None,
        limit: int | None = None,
        room: int | None = None,
    ) -> Sequence[Memory]:
        before = position(after)
        rows = self._execute(_PAGE, (project_id, before, _UNLIMITED if limit is None else limit))
        return [_memory(row) for row in within(map(_Row._make, rows), room)]

    @override
    def cursor_after(self, entry_id: str) -> str:
        return cursor_after(self._connection, "memories", entry_id)

    @override
    def of_trace(self, trace_id: str) -> Memory | None:
        row = self._execute(_OF_TRACE, (trace_id,)).fetchone()
        return None if row is None else _memory(_Row._make(row))

    @override
    def matching(self, project_id: str, metadata_filter: Mapping[str, Any]) -> frozenset[str]:
        if not metadata_filter:
            rows = self._execute("SELECT id FROM memories WHERE project_id = ?", (project_id,))
            return frozenset(memory_id for (memory_id,) in rows)
        return frozenset.intersection(
            *(self._with_fact(project_id, digest) for digest in digests(metadata_filter))
        )

    @override
    def vectors(
        self,
        project_id: str,
        *,
        embedder: str,
        dimensions: int,
        memory_ids: Collection[str] | None = None,
    ) -> tuple[list[str], NDArray[np.float32], list[str]]:
        values = {"embedder": embedder, "dimensions": dimensions, "project_id": project_id}
        if memory_ids is None:
            rows = self._execute(_VECTORS, values).fetchall()
        else:
            rows = self._execute(
                _VECTORS_OF, {**values, "memory_ids": from_ids(memory_ids)}
            ).fetchall()
        matrix = to_matrix([vector for _, vector, _ in rows], dimensions)
        return [memory_id for memory_id, _, _ in rows], matrix, [task for *_, task in rows]

    @override
    def unembedded(
        self, embedder: str, dimensions: int, *, before: int | None = None, limit: int
    ) -> Sequence[Unembedded]:
        values = {
            "embedder": embedder,
            "dimensions": dimensions,
            "before": _LAST_POSITION if before is None else before,
            "limit": limit,
        }
        return [Unembedded(*row) for row in self._execute(_UNEMBEDDED, values)]

    @override
    def count_unembedded(self, embedder: str, *, other: str | None = None) -> int:
        values = {"embedder": embedder, "other": other}
        (count,) = self._execute(_COUNT_UNEMBEDDED, values).fetchone()
        return int(count)

    @override
    def set_vector(self, memory_id: str, *, vector: Vector, embedder: str) -> None:
        self._execute(_SET_VECTOR, (embedder, vector.size, from_vector(vector), memory_id))

    @override
    def append_events(self, taught: Sequence[Taught]) -> None:
        moments = {
            m for event, known in taught for m in (event.created_at, known.last_used_at) if m
        }
        times = {moment: from_time(moment) for moment in moments}
        events = [event for event, _ in taught]
        rows = [
            _Event(
                id=event.id,
                memory_id=event.memory_id,
                trace_id=event.trace_id,
                review_id=event.review_id,
                result=event.result,
                alpha=event.alpha,
                weight=event.weight,
                q_before=event.q_before,
                q_after=event.q_after,
                created_at=times[event.created_at],
            )
            for event in events
        ]
        try:
            self._execute_many(_INSERT_EVENT, rows)
        except sqlite3.IntegrityError as error:
            named = " or ".join(repr(event.memory_id) for event in events)
            raise broken_constraint(
                error,
                duplicate=f"The review {events[0].review_id!r} has moved the Q-value of the memory "
                f"{named} already.",
                missing=f"The memory {named} does not exist.",
            ) from error
        self._execute_many(
            _SET_LEARNED,
            [
                (
                    event.q_after,
                    known.uses,
                    known.wins,
                    known.losses,
                    None if known.last_used_at is None else times[known.last_used_at],
                    event.memory_id,
                )
                for event, known in taught
            ],
        )

    @override
    def remove_events(self, review_id: str) -> Sequence[QValueEvent]:
        dropped = self._events(_OF_REVIEW, review_id)
        self._execute("DELETE FROM q_value_events WHERE review_id = ?", (review_id,))
        return dropped

    @override
    def change_events(
        self, review_id: str, *, result: ReviewResult, alpha: float
    ) -> Sequence[QValueEvent]:
        self._execute(
            "UPDATE q_value_events SET result = ?, alpha = ? WHERE review_id = ?",
            (result, alpha, review_id),
        )
        return self._events(_OF_REVIEW, review_id)

    @override
    def set_learned(self, memory_id: str, learned: Learned) -> None:
        self._execute_many(
            "UPDATE q_value_events SET q_before = ?, q_after = ? WHERE id = ?",
            [(event.q_before, event.q_after, event.id) for event in learned.events],
        )
        known = learned.evidence
        used_at = from_optional_time(known.last_used_at)
        self._execute(
            _SET_LEARNED,
            (learned.q_value, known.uses, known.wins, known.losses, used_at, memory_id),
        )

    @override
    def history(self, memory_id: str) -> Sequence[QValueEvent]:
        return self._events(_HISTORY, memory_id)

    def _events(self, sql: str, owner: str) -> list[QValueEvent]:
        return [_event(row) for row in map(_Event._make, self._execute(sql, (owner,)))]

    def _with_fact(self, project_id: str, digest: bytes) -> frozenset[str]:
        rows = self._execute(
            "SELECT memory_id FROM memory_facts WHERE project_id = ? AND digest = ?",
            (project_id, digest),
        )
        return frozenset(memory_id for (memory_id,) in rows)


def _memory(row: _Row) -> Memory:
    return Memory(
        id=row.id,
        project_id=row.project_id,
        trace_id=row.trace_id,
        task=row.task,
        reflection=to_reflection(row.reflection),
        success=None if row.success is None else bool(row.success),
        created_at=to_time(row.created_at),
        q_value=row.q_value,
        metadata=to_object(row.metadata),
        evidence=_evidence(_learned(row)),
        answer=row.answer,
    )


def _learned(row: _Row) -> LearnedColumns:
    return LearnedColumns(row.q_value, row.uses, row.wins, row.losses, row.last_used_at)


def _evidence(learned: LearnedColumns) -> Evidence:
    used_at = learned.last_used_at
    last_used_at = None if used_at is None else to_time(used_at)
    return Evidence(learned.uses, learned.wins, learned.losses, last_used_at)


def _event(row: _Event) -> QValueEvent:
    return QValueEvent(
        id=row.id,
        memory_id=row.memory_id,
        trace_id=row.trace_id,
        review_id=row.review_id,
        result=ReviewResult(row.result),
        alpha=row.alpha,
        weight=row.weight,
        q_before=row.q_before,
        q_after=row.q_after,
        created_at=to_time(row.created_at),
    )
