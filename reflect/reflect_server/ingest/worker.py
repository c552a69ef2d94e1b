"""
The ingest worker: takes traces from the queue and makes their memories.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from reflect_server.domain.entities import IngestOutcome, IngestStatus, Memory, Trace
from reflect_server.errors import ProviderUnavailableError, ReflectServerError, StoreError
from reflect_server.ingest.claims import Claims
from reflect_server.observability.spans import NoSpans, Spans
from reflect_server.providers.outage import Outage
from reflect_server.reflectors.protocol import Reflector
from reflect_server.retrieval.embedding_space import EmbeddingSpace, EmbeddingSpaces
from reflect_server.store.protocol.memories import Vector
from reflect_server.store.protocol.store import Store, Transaction
from reflect_server.use_cases.memories import memory_of

MAX_ATTEMPTS = 5
"""After so many failed attempts a trace is given up; those that met an outage do not count."""

FIRST_DELAY = timedelta(seconds=1)
"""The pause after the first failed attempt; each next one is `DELAY_FACTOR` times as long."""

DELAY_FACTOR = 4
"""With five attempts the pauses are 1, 4, 16 and 64 seconds."""

DEFAULT_LEASE = timedelta(minutes=10)
"""How long an attempt may take before its trace is taken again."""

_PAUSE_AFTER_TROUBLE = timedelta(seconds=1)

_log = logging.getLogger("reflect_server.ingest")


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

    A thread whose attempt does not end within the lease is replaced by another one, and its trace
    is taken again; where it comes back after all, what it brings is not stored.

    Args:
        store: Where traces wait and memories go.
        spaces: The embedder of a memory's task, and the index that gets it once it is committed.
        reflector: Writes the reflection where the review brought none.
        on_done: Called on a thread of the worker with a trace's id when an attempt was its last:
            its memory exists, it was given up, or it was deleted meanwhile. Sometimes called twice.
        observe: Is told on a thread of the worker how each attempt ended, and its seconds.
        spans: Makes the spans of attempts; None for no spans.
        threads: How many traces are in work at once, at least 1. More than one helps a reflector or
            an embedder that waits for another service.
        lease: How long an attempt may take.
        clock: The present time, in UTC.
    """

    def __init__(
        self,
        store: Store,
        spaces: EmbeddingSpaces,
        reflector: Reflector,
        *,
        on_done: Callable[[str], None],
        observe: Callable[[IngestOutcome, float], None] = _ignore,
        spans: Spans | None = None,
        threads: int = 1,
        lease: timedelta = DEFAULT_LEASE,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._spaces = spaces
        self._reflector = reflector
        self._on_done = on_done
        self._observe = observe
        self._spans: Spans = spans or NoSpans()
        self._clock = clock
        self._lease = lease
        self._outage = Outage()
        self._condition = threading.Condition()
        self._wakes = 0
        self._stopping = threading.Event()
        self._claims = Claims(store, lease, clock)
        self._last_outage_of: dict[str, datetime] = {}
        self._threads = [self._new_thread(f"reflect-ingest-{number}") for number in range(threads)]
        self._watch = threading.Thread(
            target=self._replace, name="reflect-ingest-watch", daemon=True
        )

    def start(self) -> None:
        """
        Take back what an earlier process left unfinished, and start to work.
        """
        released = self._store.write(lambda tx: tx.traces.release_claims())
        if released:
            _log.info("%d unfinished traces are ingested again", released)
        for thread in (*self._threads, self._watch):
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
        Stop after the traces in work; those that take longer go back into the queue, at the next
        start where the store cannot be written.

        Args:
            timeout: How long to wait for them, in seconds.
        """
        with self._condition:
            self._stopping.set()
            self._condition.notify_all()
        deadline = time.monotonic() + timeout
        for thread in (self._watch, *self._threads):
            if thread.ident is not None:
                thread.join(max(0.0, deadline - time.monotonic()))
        try:
            for trace in self._claims.held:
                reason = "The server stopped during this attempt."
                self._reschedule(trace, reason, self._clock(), counts=False)
        except StoreError as error:
            _log.warning("unfinished traces wait for the next start: %s", error.message)

    def _new_thread(self, name: str) -> threading.Thread:
        return threading.Thread(target=self._run, name=name, daemon=True)

    def _replace(self) -> None:
        while not self._stopping.wait(self._claims.pause().total_seconds()):
            for claim in self._claims.drop_ended():
                _log.error("the attempt at trace %s does not end; it is repeated", claim.trace.id)
                if claim.thread in self._threads:  # Else it was replaced after an earlier claim.
                    substitute = self._new_thread(claim.thread.name)
                    self._threads[self._threads.index(claim.thread)] = substitute
                    substitute.start()
                self._observe(IngestOutcome.EXPIRED, self._lease.total_seconds())

    def _run(self) -> None:
        me = threading.current_thread()
        while me in self._threads and not self._stopping.is_set():
            try:
                self._work()
            except Exception:  # noqa: BLE001 - whatever it is, the queue goes on
                self._claims.suspect_strays()
                if not self._stopping.is_set():
                    _log.exception("ingestion is interrupted and tried again shortly")
                    self._sleep(_PAUSE_AFTER_TROUBLE)

    def _work(self) -> None:
        trace = None if self._outage.until(self._clock()) else self._claims.take()
        if trace is None:
            self._sleep(self._until_due())
            return
        start = time.monotonic()
        try:
            with self._spans.attempt(
                trace.id, trace.ingest_attempts, lambda: self._origin_of(trace)
            ) as span:
                outcome = self._ingest(trace)
                span.end(outcome.value)
        finally:
            in_time = self._claims.drop(trace)
        if in_time:
            self._observe(outcome, time.monotonic() - start)

    def _origin_of(self, trace: Trace) -> str | None:
        return self._store.read(lambda tx: tx.traces.origin(trace.id))

    def _until_due(self) -> timedelta | None:
        due_at = self._store.read(lambda tx: tx.traces.next_due())
        if due_at is None:
            return None
        now = self._clock()
        return max(due_at, self._outage.until(now) or due_at) - now

    def _sleep(self, pause: timedelta | None) -> None:
        seconds = None if pause is None else max(0.0, pause.total_seconds())
        with self._condition:
            self._condition.wait_for(lambda: self._wakes or self._stopping.is_set(), seconds)
            self._wakes = max(0, self._wakes - 1)

    def _ingest(self, trace: Trace) -> IngestOutcome:
        if trace.ingest_failures > MAX_ATTEMPTS:
            return self._give_up(
                trace,
                "No attempt at this trace came to its end: the server ended before, or it took "
                "too long.",
            )
        try:
            memory = self._memory_of(trace)
            space = self._spaces.active
            with self._spans.step("embed", space.embedder.name):
                vector = space.embedder.embed([memory.task])[0]
            stored = self._store_memory(trace, space, memory, vector)
        except _ClaimLostError:
            return IngestOutcome.EXPIRED
        except ProviderUnavailableError as error:
            return self._wait_for_provider(trace, error)
        except Exception as error:  # noqa: BLE001 - one bad trace must not stop the others
            return self._retry_or_give_up(trace, error)
        self._outage.end(self._clock())
        self._last_outage_of.pop(trace.id, None)
        try:
            if stored:
                # The index may have been loaded from before the commit.
                self._spaces.settle(self._store, space, memory, vector)
        finally:
            self._on_done(trace.id)
        return IngestOutcome.COMPLETED

    def _store_memory(
        self, trace: Trace, space: EmbeddingSpace, memory: Memory, vector: Vector
    ) -> bool:
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
        if authored is not None:
            return memory_of(trace, authored, now=self._clock())
        with self._spans.step("reflect", self._reflector.name):
            reflection = self._reflector.reflect(trace)
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
        attempt = trace.ingest_attempts
        self._store.write(
            lambda tx: tx.traces.reschedule(
                trace.id, attempt=attempt, error=reason, due_at=due_at, counts=counts
            )
        )

    def _give_up(self, trace: Trace, reason: str) -> IngestOutcome:
        attempt = trace.ingest_attempts
        self._store.write(lambda tx: tx.traces.fail(trace.id, attempt=attempt, error=reason))
        self._last_outage_of.pop(trace.id, None)
        self._on_done(trace.id)
        return IngestOutcome.FAILED


class _ClaimLostError(Exception):
    """
    Another attempt at the trace has begun, or may begin.
    """


def _finish(tx: Transaction, trace: Trace, memory: Memory, vector: Vector, embedder: str) -> bool:
    current = tx.traces.get(trace.project_id, trace.id)
    if current is None or current.review != trace.review:
        return False
    is_mine = current.ingest_attempts == trace.ingest_attempts
    if not is_mine or current.ingest_status is not IngestStatus.PROCESSING:
        raise _ClaimLostError
    earlier = current.created_memory_id
    if earlier is None:
        tx.memories.insert(memory, vector=vector, embedder=embedder)
    tx.traces.complete(trace.id, memory_id=earlier or memory.id)
    return earlier is None
