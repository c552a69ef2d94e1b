"""
Counts of what the database holds.
"""

from __future__ import annotations

import sqlite3

from reflect_server.domain.trace import IngestStatus
from reflect_server.store.protocol.store import Holdings
from reflect_server.store.sqlite.queue import earliest_due

_BUCKETS = 10
_Q_VALUES = """
SELECT max(1, cast(ceil_tenths.tenths AS INTEGER)), count(*)
FROM (
    SELECT q_value * 10 + (q_value * 10 > cast(q_value * 10 AS INTEGER)) AS tenths FROM memories
) AS ceil_tenths
GROUP BY 1
"""


def holdings(connection: sqlite3.Connection) -> Holdings:
    """
    Count what there is. Reads indexes alone.

    Args:
        connection: The connection of the transaction.
    """
    (projects,) = connection.execute("SELECT count(*) FROM projects").fetchone()
    statuses = dict(
        connection.execute("SELECT ingest_status, count(*) FROM traces GROUP BY 1").fetchall()
    )
    tenths = dict(connection.execute(_Q_VALUES).fetchall())
    (total,) = connection.execute("SELECT coalesce(sum(q_value), 0.0) FROM memories").fetchone()
    return Holdings(
        projects=projects,
        traces={status: statuses.get(status.value, 0) for status in IngestStatus},
        oldest_due_at=earliest_due(connection),
        q_values={n / _BUCKETS: tenths.get(n, 0) for n in range(1, _BUCKETS + 1)},
        q_value_sum=total,
    )
