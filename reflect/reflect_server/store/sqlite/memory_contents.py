"""
Memories that were read lately, so that queries which meet them again need not decode them.

Decoding rows is the larger part of reading a query's candidates. A memory's task, reflection and
metadata are written once, under an id that no other memory ever gets; what it has learned is read
from the database each time, and so is whether it still exists.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from itertools import islice
from typing import Any, NamedTuple

from reflect_server.domain.entities import Memory

MOST_CONTENTS = 8_192
"""How many memories are kept; those that were read first make room."""

LARGEST_CONTENT = 8_192
"""
A memory with more characters than this is not kept, so that all take some 64 MB at the most, and as
much again for what is derived from them.
"""

LearnedColumns = tuple[float, int, float, float, int | None]
"""The columns `q_value`, `uses`, `wins`, `losses` and `last_used_at`."""


class Content(NamedTuple):
    """
    A memory as it was read.

    Attributes:
        learned: The columns that change.
        memory: The memory with what they said.
    """

    learned: LearnedColumns
    memory: Memory


class MemoryContents:
    """
    Memories as they were when they were read. Safe to use from any thread.
    """

    def __init__(self) -> None:
        self._contents: dict[str, Content] = {}
        self._lock = threading.Lock()

    def get(self, memory_id: str) -> Content | None:
        """
        Return the memory with an id as it was read, or None.

        Args:
            memory_id: The memory.
        """
        return self._contents.get(memory_id)

    def keep(self, contents: Iterable[Content]) -> None:
        """
        Keep memories that were read.

        Args:
            contents: The memories.
        """
        with self._lock:
            for content in contents:
                if _size(content.memory) <= LARGEST_CONTENT:
                    self._contents[content.memory.id] = content
            drop_oldest(self._contents)

    def forget(self) -> None:
        """
        Keep nothing any longer, because some of it has been deleted.
        """
        with self._lock:
            self._contents.clear()


def drop_oldest(kept: dict[str, Any]) -> None:
    """
    Leave `MOST_CONTENTS` entries at the most; those that were kept first make room.

    Args:
        kept: The entries, by memory.
    """
    for memory_id in list(islice(kept, max(0, len(kept) - MOST_CONTENTS))):
        del kept[memory_id]


def _size(memory: Memory) -> int:
    said = memory.reflection
    lengths = map(len, (memory.task, said.text, *said.applicable_tools, *said.tools_used))
    return sum(lengths) + len(str(memory.metadata))
