"""
Re-embedding: memories get the vectors that they lack after a change of the embedder.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np

from reflect_server.embedders.protocol import EmbedderError
from reflect_server.errors import ProviderUnavailableError, ReflectServerError
from reflect_server.providers.outage import PAUSE_AFTER_TROUBLE, Outage
from reflect_server.retrieval.embedding_space import EmbeddingSpace, EmbeddingSpaces
from reflect_server.store.protocol.memories import Unembedded, Vector
from reflect_server.store.protocol.store import Store

BATCH = 64
"""How many memories are embedded at once."""

_SECONDS_BETWEEN_REPORTS = 10.0
_HARMLESS = "Count the orders"

_log = logging.getLogger("reflect_server.retrieval")


class Reembedding:
    """
    Embeds, on a background thread, each memory that has no vector of an embedder, newest first.

    Where another space is active meanwhile, it stays so until no memory is left; then the new one
    takes over, and memories that came in between are embedded too. Where the new space is active
    from the beginning, memories are found one by one as they are embedded. A memory whose task the
    embedder refuses gets a vector of zeros, which is similar to nothing. The thread ends when all
    is done, and takes up at the next start what an end of the process leaves.

    Args:
        store: Where the memories are.
        spaces: The space in use; changed to `target` in the end.
        target: The space that every memory shall be in.
    """

    def __init__(self, store: Store, spaces: EmbeddingSpaces, target: EmbeddingSpace) -> None:
        self._store = store
        self._spaces = spaces
        self._target = target
        self._name = target.embedder.name
        self._outage = Outage()
        self._stopping = threading.Event()
        self._done = 0
        self._total = 0
        self._reported_at = 0.0
        self._thread = threading.Thread(target=self._run, name="reflect-reembedding", daemon=True)

    def start(self) -> None:
        """
        Begin to look for memories that lack a vector.
        """
        self._thread.start()

    def stop(self, timeout: float) -> None:
        """
        End after the batch in work.

        Args:
            timeout: How long to wait for it, in seconds.
        """
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join(timeout)

    @property
    def progress(self) -> tuple[int, int]:
        """
        How many memories this process has embedded anew, and how many there were to embed.
        """
        return self._done, max(self._total, self._done)

    @property
    def left(self) -> int:
        """
        How many memories wait for their vector, as far as is known.
        """
        return max(0, self._total - self._done)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._pass()
            except Exception as error:  # noqa: BLE001 - else memories would lack vectors unnoticed
                self._wait(error)
                continue
            if self._stopping.is_set() or self._spaces.active is self._target:
                break
            self._spaces.active = self._target
        if self._done and not self._stopping.is_set():
            _log.warning("%d memories were embedded with %s", self._done, self._name)

    def _pass(self) -> None:
        left = self._store.read(lambda tx: tx.memories.count_unembedded(self._name))
        self._total = self._done + left
        batch = self._next(None)
        while batch and not self._stopping.is_set():
            self._report()
            self._embed(batch)
            batch = self._next(batch[-1].position)

    def _next(self, before: int | None) -> Sequence[Unembedded]:
        dimensions = self._target.embedder.dimensions
        return self._store.read(
            lambda tx: tx.memories.unembedded(self._name, dimensions, before=before, limit=BATCH)
        )

    def _embed(self, batch: Sequence[Unembedded]) -> None:
        tasks = [memory.task for memory in batch]
        try:
            vectors = list(self._target.embedder.embed(tasks))
        except EmbedderError:
            self._target.embedder.embed([_HARMLESS])  # raises where not the tasks are the cause
            vectors = [self._vector(task) for task in tasks]
        self._outage.end(_now())
        self._spaces.commit_vectors(self._target, list(zip(batch, vectors, strict=True)))
        self._done += len(batch)

    def _vector(self, task: str) -> Vector:
        embedder = self._target.embedder
        try:
            vector: Vector = embedder.embed([task])[0]
        except EmbedderError as error:
            _log.warning("a memory is found by no query from now on: %s", error.message)
            return np.zeros(embedder.dimensions, np.float32)
        return vector

    def _wait(self, error: Exception) -> None:
        now = _now()
        until = now + PAUSE_AFTER_TROUBLE
        if isinstance(error, ProviderUnavailableError):
            until = self._outage.note(now, error)
        if isinstance(error, ReflectServerError):
            _log.warning("embedding is interrupted and tried again: %s", error.message)
        else:
            _log.error("embedding is interrupted and tried again", exc_info=error)
        self._stopping.wait((until - now).total_seconds())

    def _report(self) -> None:
        if time.monotonic() - self._reported_at >= _SECONDS_BETWEEN_REPORTS:
            self._reported_at = time.monotonic()
            _log.warning("%d of %d memories are embedded with %s", *self.progress, self._name)


def _now() -> datetime:
    return datetime.now(UTC)
