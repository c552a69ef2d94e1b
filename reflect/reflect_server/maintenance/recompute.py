"""
Recomputation: every Q-value and all evidence worked out anew from the events, and compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reflect_server.domain.learning import replayed
from reflect_server.domain.memory import Evidence, Learned, Memory
from reflect_server.store.protocol.store import Store, Transaction


@dataclass(frozen=True, slots=True)
class Recomputation:
    """
    What a recomputation found.

    Attributes:
        memories: How many memories were worked out.
        events: How many events they have.
        differing_memory_ids: The memories whose stored values are not what their events say.
        differing_project_ids: The projects whose evidence is not that of their memories together.
    """

    memories: int
    events: int
    differing_memory_ids: tuple[str, ...]
    differing_project_ids: tuple[str, ...]


def recompute(store: Store, *, mend: bool) -> Recomputation:
    """
    Work out all Q-values and all evidence from the events.

    Args:
        store: The store; nothing else may write to it meanwhile.
        mend: Whether what differs is set to what the events say.
    """

    def work(tx: Transaction) -> Recomputation:
        memories, events = 0, 0
        differing: list[str] = []
        projects: list[str] = []
        for project_id in tx.projects.ids():
            uses, wins, losses = 0, 0.0, 0.0
            for memory, learned in _learned(tx, project_id):
                memories += 1
                events += len(learned.events)
                uses += learned.evidence.uses
                wins += learned.evidence.wins
                losses += learned.evidence.losses
                if (memory.q_value, memory.evidence) != (learned.q_value, learned.evidence):
                    differing.append(memory.id)
                    if mend:
                        tx.memories.set_learned(memory.id, learned)
            if tx.projects.evidence(project_id) != Evidence(uses, wins, losses):
                projects.append(project_id)
                if mend:
                    tx.projects.recount(project_id)
        return Recomputation(memories, events, tuple(differing), tuple(projects))

    return store.write(work) if mend else store.read(work)


def _learned(tx: Transaction, project_id: str) -> Iterator[tuple[Memory, Learned]]:
    for memory in tx.memories.page(project_id):
        yield memory, replayed(tx.memories.history(memory.id))
