"""
A cache of memories and evidence, invalidated by each write that changes them.

The folder is this process's alone, so all changes come from its writer. Triggers on the writer's
connection name every row that changes, also by a cascade, and what is known of these rows is let go
before the commit. What is left is thus what a read would find.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext

from reflect_server.domain.memory import Evidence, Memory
from reflect_server.store.protocol.memories import ForRanking
from reflect_server.store.sqlite.memory_contents import MemoryContents, drop_oldest

_MOST_PROJECTS = 1_024
_TRIGGERS = """
PRAGMA temp_store = MEMORY;
CREATE TEMP TRIGGER memory_updated AFTER UPDATE ON main.memories
BEGIN SELECT memory_changed(OLD.id); END;
CREATE TEMP TRIGGER memory_deleted AFTER DELETE ON main.memories
BEGIN SELECT memory_changed(OLD.id); END;
CREATE TEMP TRIGGER project_updated AFTER UPDATE ON main.projects
BEGIN SELECT project_changed(OLD.id); END;
CREATE TEMP TRIGGER project_deleted AFTER DELETE ON main.projects
BEGIN SELECT project_changed(OLD.id); END;
"""


class CurrentMemories:
    """
    Caches memories and the evidence of projects as long as no write changes them. Safe to use from
    any thread.

    Whoever reads takes `moment` before the snapshot that it reads from, and hands it back with what
    it found: after a change that may be out of date, and is not kept. There is no moment while a
    change is committed, as what two snapshots hold would mix.

    Args:
        contents: What was read of memories lately; no others are kept here either.
    """

    def __init__(self, contents: MemoryContents) -> None:
        self.moment: int | None = 0
        self._contents = contents
        self._changes = 0
        self._lock = threading.Lock()
        self._memories: dict[str, Memory] = {}
        self._evidence: dict[str, Evidence] = {}
        self._changed_memories: set[str] = set()
        self._changed_projects: set[str] = set()

    def watch(self, writer: sqlite3.Connection) -> None:
        """
        Learn of every row that a connection changes. It has to commit within `committing`.

        Args:
            writer: The only connection that writes.
        """
        writer.create_function("memory_changed", 1, self._changed_memories.add)
        writer.create_function("project_changed", 1, self._changed_projects.add)
        writer.executescript(_TRIGGERS)

    def committing(self) -> AbstractContextManager[None]:
        """
        Let go of what is changed by the commit in a `with` block. For the writer's thread.
        """
        has_changed = self._changed_memories or self._changed_projects
        return self._letting_go() if has_changed else nullcontext()

    @contextmanager
    def _letting_go(self) -> Iterator[None]:
        with self._lock:
            self._changes += 1
            self.moment = None
            for memory_id in self._changed_memories:
                self._memories.pop(memory_id, None)
            for project_id in self._changed_projects:
                self._evidence.pop(project_id, None)
        self._changed_memories.clear()
        self._changed_projects.clear()
        try:
            yield
        finally:
            self.moment = self._changes

    def find(self, project_id: str, memory_ids: Sequence[str]) -> ForRanking | None:
        """
        Return memories of a project and its evidence; None where one of them has to be read.

        Args:
            project_id: The project.
            memory_ids: The memories; those of other projects are left out.
        """
        with self._lock:
            evidence = self._evidence.get(project_id)
            found = [self._memories.get(memory_id) for memory_id in memory_ids]
        if evidence is None or None in found:
            return None
        mine = {m.id: m for m in found if m is not None and m.project_id == project_id}
        return ForRanking(mine, evidence)

    def keep(self, moment: int | None, project_id: str, read: ForRanking) -> None:
        """
        Keep what was read.

        Args:
            moment: The moment before it was read.
            project_id: The project.
            read: What was found.
        """
        with self._lock:
            if moment is None or moment != self.moment:
                return
            if len(self._evidence) >= _MOST_PROJECTS:
                self._evidence.clear()
            self._evidence[project_id] = read.evidence
            for memory_id, content in self._contents.get_many(read.memories).items():
                if content.memory is read.memories[memory_id]:
                    self._memories[memory_id] = content.memory
            drop_oldest(self._memories)

    def forget(self) -> None:
        """
        Keep nothing any longer, because some of it has been deleted.
        """
        with self._lock:
            self._memories.clear()
            self._evidence.clear()
