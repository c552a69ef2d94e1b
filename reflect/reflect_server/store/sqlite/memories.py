"""
The memories, their vectors, and the history of their Q-values.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reflect_server.domain.entities import Evidence, Learned, Memory, QValueEvent, ReviewResult
from reflect_server.domain.learning import evidence_of
from reflect_server.store.protocol.memories import Unembedded, Vector
from reflect_server.store.sqlite.columns import (
    digests,
    from_ids,
    from_json,
    from_optional_time,
    from_time,
    from_vector,
    to_matrix,
    to_object,
    to_optional_time,
    to_reflection,
    to_time,
)
from reflect_server.store.sqlite.cursors import cursor_after, next_position, position, within
from reflect_server.store.sqlite.failures import constraints
from reflect_server.store.sqlite.memory_contents import Content, LearnedColumns, MemoryContents

_SELECT = """
SELECT
    m.id, m.project_id, m.trace_id, m.task, m.reflection, m.success, m.created_at, m.q_value,
    m.metadata, m.uses, m.wins, m.losses, m.last_used_at, m.answer
FROM memories AS m
"""
_MANY = f"{_SELECT} JOIN json_each(?) AS wanted ON wanted.value = m.id WHERE +m.project_id = ?"
_MANY_LEARNED = """
SELECT m.id, m.q_value, m.uses, m.wins, m.losses, m.last_used_at
FROM memories AS m
JOIN json_each(?) AS wanted ON wanted.value = m.id
WHERE +m.project_id = ?
"""
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

_INSERT = f"""
INSERT INTO memories (
    seq, id, project_id, trace_id, task, reflection, success, created_at, q_value, metadata, answer
) VALUES ({next_position("memories")}, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""  # noqa: S608 - made of constants

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

_INSERT_EVENT = """
INSERT INTO q_value_events (
    id, memory_id, trace_id, review_id, result, alpha, weight, q_before, q_after, created_at
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""

_LEARN = """
UPDATE memories
SET q_value = :q_value,
    uses = uses + :uses,
    wins = wins + :wins,
    losses = losses + :losses,
    last_used_at = max(coalesce(last_used_at, :used_at), :used_at)
WHERE id = :id
"""

_EVENTS = """
SELECT id, memory_id, trace_id, review_id, result, alpha, weight, q_before, q_after, created_at
FROM q_value_events
"""
_HISTORY = f"{_EVENTS} WHERE memory_id = ? ORDER BY seq"
_OF_REVIEW = f"{_EVENTS} WHERE review_id = ? ORDER BY seq"

_UNLIMITED = -1
_LAST_POSITION = 2**63 - 1


class SqliteMemories:
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

    def insert(self, memory: Memory, *, vector: Vector, embedder: str) -> None:
        """
        Store a new memory with the vector of its task; see `Memories.insert`.
        """
        values = (
            memory.id,
            memory.project_id,
            memory.trace_id,
            memory.task,
            from_json(memory.reflection),
            memory.success,
            from_time(memory.created_at),
            memory.q_value,
            from_json(dict(memory.metadata)),
            memory.answer,
        )
        with constraints(
            duplicate=f"The trace {memory.trace_id!r} has made a memory already, "
            f"or the id {memory.id!r} is taken.",
            missing=f"The trace {memory.trace_id!r} does not exist in the project "
            f"{memory.project_id!r}.",
        ):
            self._execute(_INSERT, values)
        self._execute(
            "INSERT INTO memory_vectors (memory_id, embedder, dimensions, vector) "
            "VALUES (?, ?, ?, ?)",
            (memory.id, embedder, vector.size, from_vector(vector)),
        )
        self._execute_many(
            "INSERT INTO memory_facts (project_id, digest, memory_id) VALUES (?, ?, ?)",
            [(memory.project_id, digest, memory.id) for digest in digests(memory.metadata)],
        )

    def get_many(self, project_id: str, memory_ids: Sequence[str]) -> Mapping[str, Memory]:
        """
        Return those of the memories that the project has, by id; see `Memories.get_many`.
        """
        wanted = (from_ids(memory_ids), project_id)
        found: dict[str, Memory] = {}
        changed: list[Content] = []
        unread: list[str] = []
        for memory_id, *columns in self._execute(_MANY_LEARNED, wanted):
            learned: LearnedColumns = tuple(columns)
            content = self._contents.get(memory_id)
            if content is None:
                unread.append(memory_id)
            elif content.learned == learned:
                found[memory_id] = content.memory
            else:
                changed.append(Content(learned, _with_learned(content.memory, learned)))
        if unread:
            rows = self._execute(_MANY, (from_ids(unread), project_id))
            changed += [Content((row[7], *row[9:13]), _memory(row)) for row in rows]
        if changed:
            self._contents.keep(changed)
            found.update((content.memory.id, content.memory) for content in changed)
        return found

    def known(self, project_id: str, memory_ids: Sequence[str]) -> frozenset[str]:
        """
        Return those of the ids that are memories of the project, or were until their deletion; see
        `Memories.known`.
        """
        rows = self._execute(_KNOWN, {"project_id": project_id, "memory_ids": from_ids(memory_ids)})
        return frozenset(memory_id for (memory_id,) in rows)

    def page(
        self,
        project_id: str,
        *,
        after: str | None = None,
        limit: int | None = None,
        room: int | None = None,
    ) -> Sequence[Memory]:
        """
        Return memories, newest first; see `Memories.page`.
        """
        before = position(after)
        rows = self._execute(_PAGE, (project_id, before, _UNLIMITED if limit is None else limit))
        return [_memory(row) for row in within(rows, room)]

    def cursor_after(self, memory_id: str) -> str:
        """
        Return the cursor of the page that follows a memory; see `Memories.cursor_after`.
        """
        return cursor_after(self._connection, "memories", memory_id)

    def of_trace(self, trace_id: str) -> Memory | None:
        """
        Return the memory that was made of a trace, or None; see `Memories.of_trace`.
        """
        row = self._execute(_OF_TRACE, (trace_id,)).fetchone()
        return None if row is None else _memory(row)

    def matching(self, project_id: str, metadata_filter: Mapping[str, Any]) -> frozenset[str]:
        """
        Return the ids of the memories whose metadata has each given key with an equal value; see
        `Memories.matching`.
        """
        if not metadata_filter:
            rows = self._execute("SELECT id FROM memories WHERE project_id = ?", (project_id,))
            return frozenset(memory_id for (memory_id,) in rows)
        return frozenset.intersection(
            *(self._with_fact(project_id, digest) for digest in digests(metadata_filter))
        )

    def vectors(
        self,
        project_id: str,
        *,
        embedder: str,
        dimensions: int,
        memory_ids: Collection[str] | None = None,
    ) -> tuple[list[str], NDArray[np.float32], list[str]]:
        """
        Return memories of a project that have a vector of an embedder; see `Memories.vectors`.
        """
        values = {"embedder": embedder, "dimensions": dimensions, "project_id": project_id}
        if memory_ids is None:
            rows = self._execute(_VECTORS, values).fetchall()
        else:
            rows = self._execute(
                _VECTORS_OF, {**values, "memory_ids": from_ids(memory_ids)}
            ).fetchall()
        matrix = to_matrix([row[1] for row in rows], dimensions)
        return [row[0] for row in rows], matrix, [row[2] for row in rows]

    def unembedded(
        self, embedder: str, dimensions: int, *, before: int | None = None, limit: int
    ) -> Sequence[Unembedded]:
        """
        Return memories of any project without a vector of an embedder, newest first; see
        `Memories.unembedded`.
        """
        values = {
            "embedder": embedder,
            "dimensions": dimensions,
            "before": _LAST_POSITION if before is None else before,
            "limit": limit,
        }
        return [Unembedded(*row) for row in self._execute(_UNEMBEDDED, values)]

    def count_unembedded(self, embedder: str, *, other: str | None = None) -> int:
        """
        Return how many memories have no vector of an embedder; see `Memories.count_unembedded`.
        """
        values = {"embedder": embedder, "other": other}
        count: int = self._execute(_COUNT_UNEMBEDDED, values).fetchone()[0]
        return count

    def set_vector(self, memory_id: str, *, vector: Vector, embedder: str) -> None:
        """
        Give a memory its vector of an embedder; nothing happens where the memory is gone; see
        `Memories.set_vector`.
        """
        self._execute(_SET_VECTOR, (embedder, vector.size, from_vector(vector), memory_id))

    def record(self, event: QValueEvent) -> None:
        """
        Set the memory's Q-value to `event.q_after`, count the event as evidence, and keep it; see
        `Memories.record`.
        """
        values = (
            event.id,
            event.memory_id,
            event.trace_id,
            event.review_id,
            event.result,
            event.alpha,
            event.weight,
            event.q_before,
            event.q_after,
            from_time(event.created_at),
        )
        with constraints(
            duplicate=f"The review {event.review_id!r} has moved the Q-value of the memory "
            f"{event.memory_id!r} already.",
            missing=f"The memory {event.memory_id!r} does not exist.",
        ):
            self._execute(_INSERT_EVENT, values)
        counted = evidence_of([event])
        self._execute(
            _LEARN,
            {
                "q_value": event.q_after,
                "uses": counted.uses,
                "wins": counted.wins,
                "losses": counted.losses,
                "used_at": from_time(event.created_at),
                "id": event.memory_id,
            },
        )

    def forget(self, review_id: str) -> Sequence[QValueEvent]:
        """
        Drop the events of a review and return them; see `Memories.forget`.
        """
        dropped = [_event(row) for row in self._execute(_OF_REVIEW, (review_id,))]
        self._execute("DELETE FROM q_value_events WHERE review_id = ?", (review_id,))
        return dropped

    def rejudge(
        self, review_id: str, *, result: ReviewResult, alpha: float
    ) -> Sequence[QValueEvent]:
        """
        Change what the events of a review say and return them; see `Memories.rejudge`.
        """
        self._execute(
            "UPDATE q_value_events SET result = ?, alpha = ? WHERE review_id = ?",
            (result, alpha, review_id),
        )
        return [_event(row) for row in self._execute(_OF_REVIEW, (review_id,))]

    def relearn(self, memory_id: str, learned: Learned) -> None:
        """
        Set a memory's Q-value and evidence to what its events say, and rewrite their Q-values; see
        `Memories.relearn`.
        """
        self._execute_many(
            "UPDATE q_value_events SET q_before = ?, q_after = ? WHERE id = ?",
            [(event.q_before, event.q_after, event.id) for event in learned.events],
        )
        evidence = learned.evidence
        self._execute(
            "UPDATE memories SET q_value = ?, uses = ?, wins = ?, losses = ?, last_used_at = ? "
            "WHERE id = ?",
            (
                learned.q_value,
                evidence.uses,
                evidence.wins,
                evidence.losses,
                from_optional_time(evidence.last_used_at),
                memory_id,
            ),
        )

    def history(self, memory_id: str) -> Sequence[QValueEvent]:
        """
        Return the events of a memory, oldest first; see `Memories.history`.
        """
        return [_event(row) for row in self._execute(_HISTORY, (memory_id,))]

    def _with_fact(self, project_id: str, digest: bytes) -> frozenset[str]:
        rows = self._execute(
            "SELECT memory_id FROM memory_facts WHERE project_id = ? AND digest = ?",
            (project_id, digest),
        )
        return frozenset(memory_id for (memory_id,) in rows)


def _memory(row: tuple[Any, ...]) -> Memory:
    return Memory(
        id=row[0],
        project_id=row[1],
        trace_id=row[2],
        task=row[3],
        reflection=to_reflection(row[4]),
        success=None if row[5] is None else bool(row[5]),
        created_at=to_time(row[6]),
        q_value=row[7],
        metadata=to_object(row[8]),
        evidence=Evidence(row[9], row[10], row[11], to_optional_time(row[12])),
        answer=row[13],
    )


def _with_learned(memory: Memory, learned: LearnedColumns) -> Memory:
    q_value, uses, wins, losses, last_used_at = learned
    evidence = Evidence(uses, wins, losses, to_optional_time(last_used_at))
    return replace(memory, q_value=q_value, evidence=evidence)


def _event(row: tuple[Any, ...]) -> QValueEvent:
    return QValueEvent(
        id=row[0],
        memory_id=row[1],
        trace_id=row[2],
        review_id=row[3],
        result=ReviewResult(row[4]),
        alpha=row[5],
        weight=row[6],
        q_before=row[7],
        q_after=row[8],
        created_at=to_time(row[9]),
    )
