"""
What never changes about a memory, kept in memory for those that queries read again and again.

Decoding rows is the larger part of reading a query's candidates. A memory's task, reflection and
metadata are written once, under an id that no other memory ever gets, so a copy cannot be out of
date; what a memory has learned, and whether it still exists, is read from the database each time.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from itertools import islice

from reflect_server.domain.model import Evidence, Memory

MOST_CONTENTS = 8_192
"""How many memories are kept; those that were read first make room."""

LARGEST_CONTENT = 8_192
"""A memory with more characters than this is not kept, so that all take some 64 MB at the most."""


class MemoryContents:
    """
    Memories as they were when they were read. Safe to use from any thread.
    """

    def __init__(self) -> None:
        self._memories: dict[str, Memory] = {}
        self._lock = threading.Lock()
        self.get = self._memories.get
        """Return the memory with an id, with what it had learned then, or None."""

    def keep(self, memories: Iterable[Memory]) -> None:
        """
        Keep memories that were read.

        Args:
            memories: Memories of a committed state, or of ids that no other memory will have.
        """
        with self._lock:
            for memory in memories:
                if _size(memory) <= LARGEST_CONTENT:
                    self._memories[memory.id] = memory
            excess = len(self._memories) - MOST_CONTENTS
            for memory_id in list(islice(self._memories, max(0, excess))):
                del self._memories[memory_id]

    def forget(self) -> None:
        """
        Keep nothing any longer, because some of it has been deleted.
        """
        with self._lock:
            self._memories.clear()


def with_learned(memory: Memory, q_value: float, evidence: Evidence) -> Memory:
    """
    Return a memory with what it has learned by now.

    Args:
        memory: The memory as it was.
        q_value: Its Q-value now.
        evidence: Its evidence now.
    """
    return Memory(
        memory.id,
        memory.project_id,
        memory.trace_id,
        memory.task,
        memory.reflection,
        memory.success,
        memory.created_at,
        q_value,
        evidence,
        memory.metadata,
    )


def _size(memory: Memory) -> int:
    said = memory.reflection
    lengths = map(len, (memory.task, said.text, *said.applicable_tools, *said.tools_used))
    return sum(lengths) + len(str(memory.metadata))
