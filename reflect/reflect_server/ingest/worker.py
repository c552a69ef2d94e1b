"""
The ingest worker: takes traces from the queue and makes their memories.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from reflect_server.domain.memories import memory_of
from reflect_server.domain.model import IngestStatus, Memory, Trace
from reflect_server.errors import ProviderUnavailableError, ReflectServerError
from reflect_server.ingest.outage import Outage
from reflect_server.reflectors.protocol import Reflector
from reflect_server.spaces import Space, Spaces
from reflect_server.store.protocol import Store, Transaction, Vector

MAX_ATTEMPTS = 5
"""After so many failed attempts a trace is given up; those that met an outage do not count."""

FIRST_DELAY = timedelta(seconds=1)
"""The pause after the first failed attempt; each next one is `DELAY_FACTOR` times as long."""

DELAY_FACTOR = 4
"""With five attempts the pauses are 1, 4, 16 and 64 seconds."""

_PAUSE_AFTER_TROUBLE = timedelta(seconds=1)

_log = logging.getLogger("reflect_server.ingest")


class IngestOutcome(StrEnum):
    """
    How an attempt at a trace ended.
    """

    COMPLETED = "completed"
    RETRIED = "retried"
    WAITING = "waiting"
    FAILED = "failed"


def _ignore(outcome: IngestOutcome, seconds: float) -> None:
    pass


class IngestWorker:
    """
    Background threads that turn queued traces into memories, each one after the other.

    A trace may be attempted more than once, and makes one memory at most: the memory and the end
    of the trace's ingestion are one transaction, which does nothing where another has come first.

    Where the endpoint of a model cannot be reached, no trace is claimed until it may be tried
    again, and no trace is given up for it: traces wait as long as the outage lasts. Only a trace
    that takes the model too long again after others were answered is held to be the cause itself.

    Args:
        store: Where traces wait and memories go.
        spaces: The embedder of a memory's task, and the index that gets it once it is committed.
        reflector: Writes the reflection where the review brought none.
        on_done: Called on a thread of the worker with a trace's id when an attempt was its last:
            its memory exists, it was given up, or it was deleted meanwhile. Sometimes called twice.
        observe: Is told on a thread of the worker how each attempt ended, and its seconds.
        threads: How many traces are in work at once, at least 1. More than one helps a reflector or
            an embedder that waits for another service.
        clock: The present time, in UTC.
    """

    def __init__(
        self,
        store: Store,
        spaces: Spaces,
        reflector: Reflector,
        *,
        on_done: Callable[[str], None],
        observe: Callable[[IngestOutcome, float], None] = _ignore,
        threads: int = 1,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._spaces = spaces
        self._reflector = reflector
        self._on_done = on_done
        self._observe = observe
        self._clock = clock
        self._outage = Outage()
        self._condition = threading.Condition()
        self._wakes = 0
        self._stopping = False
        self._claiming = threading.Lock()
        self._claims: dict[str, Trace] = {}
        self._has_strays = False
        self._last_outage_of: dict[str, datetime] = {}
        self._threads = [
            threading.Thread(target=self._run, name=f"reflect-ingest-{number}", daemon=True)
            for number in range(threads)
        ]

    def start(self) -> None:
        """
        Take back what an earlier process left unfinished, and start to work.
        """
        released = self._store.write(lambda tx: tx.traces.release_claims())
        if released:
            _log.info("%d unfinished traces are ingested again", released)
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        """
        Say that a trace has entered the queue. Returns at once.
        """
        with self._condition:
            self._wakes = min(self._wakes + 1, len(self._threads))
            self._condition.notify()

    def stop(self, timeout: float = 5.0) -> None:
        """
        Stop after the traces in work; those that take longer go back into the queue.

        Args:
            timeout: How long to wait for them, in seconds.
        """
        with self._condition:
            self._stopping = True
            self._condition.notify_all()
        deadline = time.monotonic() + timeout
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(max(0.0, deadline - time.monotonic()))
        for trace in list(self._claims.values()):
            reason = "The server stopped during this attempt."
            self._reschedule(trace, reason, self._clock(), counts=False)

    def _run(self) -> None:
        while not self._stopping:
            try:
                self._work()
            except Exception:  # noqa: BLE001 - whatever it is, the queue goes on
                self._has_strays = True
                if not self._stopping:
                    _log.exception("ingestion is interrupted and tried again shortly")
                    self._sleep(_PAUSE_AFTER_TROUBLE)

    def _work(self) -> None:
        trace = self._claim()
        if trace is None:
            self._sleep(self._until_due())
            return
        try:
            start = time.monotonic()
            outcome = self._ingest(trace)
            self._observe(outcome, time.monotonic() - start)
        finally:
            self._claims.pop(trace.id, None)

    def _claim(self) -> Trace | None:
        now = self._clock()
        if self._outage.until(now):
            return None
        with self._claiming:
            if self._has_strays:
                held = list(self._claims)
                self._store.write(lambda tx: tx.traces.release_claims(keep=held))
                self._has_strays = False
            trace = self._store.write(lambda tx: tx.traces.claim(now=now))
            if trace is not None:
                self._claims[trace.id] = trace
        return trace

    def _until_due(self) -> timedelta | None:
        due_at = self._store.read(lambda tx: tx.traces.next_due())
        if due_at is None:
            return None
        now = self._clock()
        return max(due_at, self._outage.until(now) or due_at) - now

    def _sleep(self, pause: timedelta | None) -> None:
        seconds = None if pause is None else max(0.0, pause.total_seconds())
        with self._condition:
            self._condition.wait_for(lambda: self._wakes or self._stopping, seconds)
            self._wakes = max(0, self._wakes - 1)

    def _ingest(self, trace: Trace) -> IngestOutcome:
        if trace.ingest_failures > MAX_ATTEMPTS:
            return self._give_up(trace, "The server ended during every attempt at this trace.")
        try:
            memory = self._memory_of(trace)
            space = self._spaces.active
            vector = space.embedder.embed([memory.task])[0]
            stored = self._store_memory(trace, space, memory, vector)
        except ProviderUnavailableError as error:
            return self._wait_for_provider(trace, error)
        except Exception as error:  # noqa: BLE001 - one bad trace must not stop the others
            return self._retry_or_give_up(trace, error)
        self._outage.end(self._clock())
        self._last_outage_of.pop(trace.id, None)
        if stored:
            # The index may have been loaded from before the commit.
            self._spaces.settle(self._store, space, memory, vector)
        self._on_done(trace.id)
        return IngestOutcome.COMPLETED

    def _store_memory(self, trace: Trace, space: Space, memory: Memory, vector: Vector) -> bool:
        # Whoever sees the trace completed must find the memory, so the index comes first.
        space.index.add(memory.project_id, memory.id, vector, memory.task)
        stored = False
        try:
            name = space.embedder.name
            stored = self._store.write(lambda tx: _finish(tx, trace, memory, vector, name))
        finally:
            if not stored:
                space.index.remove(memory.project_id, [memory.id])
        return stored

    def _memory_of(self, trace: Trace) -> Memory:
        review = trace.review
        authored = None if review is None else review.reflection
        reflection = self._reflector.reflect(trace) if authored is None else authored
        return memory_of(trace, reflection, now=self._clock())

    def _wait_for_provider(self, trace: Trace, error: ProviderUnavailableError) -> IngestOutcome:
        now = self._clock()
        earlier = self._last_outage_of.get(trace.id)
        self._last_outage_of[trace.id] = now
        if error.may_be_the_request and earlier and self._outage.has_answered_since(earlier):
            return self._retry_or_give_up(trace, error)
        asked_for = error.retry_after
        due_at = self._outage.note(
            now, retry_after=None if asked_for is None else timedelta(seconds=asked_for)
        )
        _log.warning(
            "ingestion waits until %s: %s", due_at.isoformat("T", "seconds"), error.message
        )
        self._reschedule(trace, error.message, due_at, counts=False)
        return IngestOutcome.WAITING

    def _retry_or_give_up(self, trace: Trace, error: Exception) -> IngestOutcome:
        if isinstance(error, ReflectServerError):
            reason = error.message
            _log.warning("trace %s was not ingested: %s", trace.id, reason)
        else:
            reason = (
                f"The attempt failed with an unexpected {type(error).__name__}; "
                "the server's log has the details."
            )
            _log.error("trace %s was not ingested", trace.id, exc_info=error)
        if trace.ingest_failures >= MAX_ATTEMPTS:
            return self._give_up(trace, reason)
        delay = FIRST_DELAY * DELAY_FACTOR ** (trace.ingest_failures - 1)
        self._reschedule(trace, reason, self._clock() + delay)
        return IngestOutcome.RETRIED

    def _reschedule(
        self, trace: Trace, reason: str, due_at: datetime, *, counts: bool = True
    ) -> None:
        self._store.write(
            lambda tx: tx.traces.reschedule(trace.id, error=reason, due_at=due_at, counts=counts)
        )

    def _give_up(self, trace: Trace, reason: str) -> IngestOutcome:
        self._store.write(lambda tx: tx.traces.fail(trace.id, error=reason))
        self._last_outage_of.pop(trace.id, None)
        self._on_done(trace.id)
        return IngestOutcome.FAILED


def _finish(tx: Transaction, trace: Trace, memory: Memory, vector: Vector, embedder: str) -> bool:
    current = tx.traces.get(trace.project_id, trace.id)
    if current is None or current.ingest_status is not IngestStatus.PROCESSING:
        return False
    if current.review != trace.review:
        return False
    earlier = current.created_memory_id
    if earlier is None:
        tx.memories.insert(memory, vector=vector, embedder=embedder)
    tx.traces.complete(trace.id, memory_id=earlier or memory.id)
    return earlier is None
