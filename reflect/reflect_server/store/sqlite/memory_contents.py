"""
A cache of decoded memories, so that queries which meet them again need not decode them.

Decoding rows is the larger part of reading a query's candidates. A memory's task, reflection and
metadata are written once, under an id that no other memory ever gets; what it has learned is read
from the database each time, and so is whether it still exists.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from itertools import islice
from typing import Any, NamedTuple

from reflect_server.domain.memory import Memory

MOST_CONTENTS = 8_192
"""How many memories are kept; those that were read first make room."""

LARGEST_CONTENT = 8_192
"""
A memory with more characters than this is not kept, so that all take some 64 MB at the most, and as
much again for what is derived from them.
"""


class LearnedColumns(NamedTuple):
    """
    The columns of a memory that reviews change.
    """

    q_value: float
    uses: int
    wins: float
    losses: float
    last_used_at: int | None


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
    Caches memories as they were when they were read. Safe to use from any thread.
    """

    def __init__(self) -> None:
        self._contents: dict[str, Content] = {}
        self._lock = threading.Lock()

    def get_many(self, memory_ids: Iterable[str]) -> dict[str, Content]:
        """
        Return those of the memories that are kept, as they were read, by id.

        Args:
            memory_ids: The memories.
        """
        kept = self._contents
        return {i: content for i in memory_ids if (content := kept.get(i)) is not None}

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
