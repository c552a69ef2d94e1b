"""
Events as a review appends them.
"""

from __future__ import annotations

from reflect_server.domain.learning import evidence_of
from reflect_server.domain.memory import Evidence, QValueEvent, Taught
from reflect_server.store.protocol.store import Transaction


def append_event(tx: Transaction, event: QValueEvent) -> None:
    """
    Append an event, with the evidence of its memory that follows from it.
    """
    found = [tx.memories.get_many(project, [event.memory_id]) for project in ("p", "q")]
    known = {memory_id: memory for part in found for memory_id, memory in part.items()}
    before = known[event.memory_id].evidence if known else Evidence()
    tx.memories.append_events([Taught(event, evidence_of([event], before=before))])
