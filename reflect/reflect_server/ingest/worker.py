"""
The ingest worker: takes traces from the queue and makes their memories.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from reflect_server.domain.memories import memory_of
from reflect_server.domain.model import IngestStatus, Memory, Trace
from reflect_server.embedders.protocol import Embedder
from reflect_server.errors import ReflectServerError
from reflect_server.index import MemoryIndex
from reflect_server.reflectors.protocol import Reflector
from reflect_server.store.protocol import Store, Transaction, Vector

MAX_ATTEMPTS = 5
"""After this many failed attempts a trace is given up."""

FIRST_DELAY = timedelta(seconds=1)
"""The pause after the first failed attempt; each next one is `DELAY_FACTOR` times as long."""

DELAY_FACTOR = 4
"""With five attempts the pauses are 1, 4, 16 and 64 seconds."""

_PAUSE_AFTER_TROUBLE = timedelta(seconds=1)

_log = logging.getLogger("reflect_server.ingest")


class IngestWorker:
    """
    A background thread that turns queued traces into memories, one after the other.

    A trace may be attempted more than once, and makes one memory at most: the memory and the end
    of the trace's ingestion are one transaction, which does nothing where another has come first.

    Args:
        store: Where traces wait and memories go.
        index: Gets each memory once it is committed.
        embedder: Makes the vector of a memory's task.
        reflector: Writes the reflection where the review brought none.
        on_done: Called on the worker's thread with a trace's id when an attempt was its last: its
            memory exists, it was given up, or it was deleted meanwhile. Sometimes called twice.
        clock: The present time, in UTC.
    """

    def __init__(
        self,
        store: Store,
        index: MemoryIndex,
        embedder: Embedder,
        reflector: Reflector,
        *,
        on_done: Callable[[str], None],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._index = index
        self._embedder = embedder
        self._reflector = reflector
        self._on_done = on_done
        self._clock = clock
        self._condition = threading.Condition()
        self._woken = False
        self._stopping = False
        self._claimed: Trace | None = None
        self._thread = threading.Thread(target=self._run, name="reflect-ingest", daemon=True)

    def start(self) -> None:
        """
        Take back what an earlier process left unfinished, and start to work.
        """
        released = self._store.write(lambda tx: tx.traces.release_claims())
        if released:
            _log.info("%d unfinished traces are ingested again", released)
        self._thread.start()

    def wake(self) -> None:
        """
        Say that a trace has entered the queue. Returns at once.
        """
        with self._condition:
            self._woken = True
            self._condition.notify_all()

    def stop(self, timeout: float = 5.0) -> None:
        """
        Stop after the trace in work; one that takes longer goes back into the queue.

        Args:
            timeout: How long to wait for it, in seconds.
        """
        with self._condition:
            self._stopping = True
            self._condition.notify_all()
        if self._thread.ident is not None:
            self._thread.join(timeout)
        claimed = self._claimed
        if self._thread.is_alive() and claimed is not None:
            self._reschedule(claimed, "The server stopped during this attempt.", self._clock())

    def _run(self) -> None:
        interrupted = False
        while not self._stopping:
            try:
                if interrupted:
                    self._store.write(lambda tx: tx.traces.release_claims())
                    interrupted = False
                trace = self._store.write(lambda tx: tx.traces.claim(now=self._clock()))
                if trace is None:
                    self._sleep(self._until_due())
                else:
                    self._claimed = trace
                    self._ingest(trace)
            except Exception:  # noqa: BLE001 - whatever it is, the queue goes on
                interrupted = True
                if not self._stopping:
                    _log.exception("ingestion is interrupted and tried again shortly")
                    self._sleep(_PAUSE_AFTER_TROUBLE)
            finally:
                self._claimed = None

    def _until_due(self) -> timedelta | None:
        due_at = self._store.read(lambda tx: tx.traces.next_due())
        return None if due_at is None else due_at - self._clock()

    def _sleep(self, pause: timedelta | None) -> None:
        seconds = None if pause is None else max(0.0, pause.total_seconds())
        with self._condition:
            self._condition.wait_for(lambda: self._woken or self._stopping, seconds)
            self._woken = False

    def _ingest(self, trace: Trace) -> None:
        if trace.ingest_attempts > MAX_ATTEMPTS:
            self._give_up(trace, "The server ended during every attempt at this trace.")
            return
        try:
            memory = self._memory_of(trace)
            vector = self._embedder.embed([memory.task])[0]
            stored = self._store_memory(trace, memory, vector)
        except Exception as error:  # noqa: BLE001 - one bad trace must not stop the others
            self._retry_or_give_up(trace, error)
            return
        if stored:
            # The index may have been loaded from before the commit.
            self._index.confirm(memory.project_id, memory.id, vector)
        self._on_done(trace.id)

    def _store_memory(self, trace: Trace, memory: Memory, vector: Vector) -> bool:
        # Whoever sees the trace completed must find the memory, so the index comes first.
        self._index.add(memory.project_id, memory.id, vector)
        stored = False
        try:
            stored = self._store.write(lambda tx: self._finish(tx, trace, memory, vector))
        finally:
            if not stored:
                self._index.remove(memory.project_id, [memory.id])
        return stored

    def _memory_of(self, trace: Trace) -> Memory:
        review = trace.review
        authored = None if review is None else review.reflection
        reflection = self._reflector.reflect(trace) if authored is None else authored
        return memory_of(trace, reflection, now=self._clock())

    def _finish(self, tx: Transaction, trace: Trace, memory: Memory, vector: Vector) -> bool:
        current = tx.traces.get(trace.project_id, trace.id)
        if current is None or current.ingest_status is not IngestStatus.PROCESSING:
            return False
        earlier = current.created_memory_id
        if earlier is None:
            tx.memories.insert(memory, vector=vector, embedder=self._embedder.name)
        tx.traces.complete(trace.id, memory_id=earlier or memory.id)
        return earlier is None

    def _retry_or_give_up(self, trace: Trace, error: Exception) -> None:
        if isinstance(error, ReflectServerError):
            reason = error.message
            _log.warning("trace %s was not ingested: %s", trace.id, reason)
        else:
            reason = (
                f"The attempt failed with an unexpected {type(error).__name__}; "
                "the server's log has the details."
            )
            _log.error("trace %s was not ingested", trace.id, exc_info=error)
        if trace.ingest_attempts >= MAX_ATTEMPTS:
            self._give_up(trace, reason)
            return
        delay = FIRST_DELAY * DELAY_FACTOR ** (trace.ingest_attempts - 1)
        self._reschedule(trace, reason, self._clock() + delay)

    def _reschedule(self, trace: Trace, reason: str, due_at: datetime) -> None:
        self._store.write(lambda tx: tx.traces.reschedule(trace.id, error=reason, due_at=due_at))

    def _give_up(self, trace: Trace, reason: str) -> None:
        self._store.write(lambda tx: tx.traces.fail(trace.id, error=reason))
        self._on_done(trace.id)
