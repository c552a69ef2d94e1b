"""
The ingest worker: threads that take traces from the queue and make their memories.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

from reflect_server.domain.memory import Memory
from reflect_server.domain.review import Review
from reflect_server.domain.trace import IngestOutcome, IngestStatus, Trace, review_status_of
from reflect_server.errors import ProviderUnavailableError, ReflectServerError, StoreError
from reflect_server.ingest.claims import Claim, Claims
from reflect_server.observability.spans import NoSpans, Spans
from reflect_server.providers.outage import PAUSE_AFTER_TROUBLE, Outage
from reflect_server.reflectors.protocol import Reflector
from reflect_server.retrieval.embedding_space import Embedded, EmbeddingSpaces
from reflect_server.store.protocol.store import Store, Transaction
from reflect_server.store.protocol.traces import Claimed
from reflect_server.use_cases.memories import memory_of

MAX_ATTEMPTS = 5
"""After so many failed attempts a trace is given up; those that met an outage do not count."""

FIRST_DELAY = timedelta(seconds=1)
"""The pause after the first failed attempt; each next one is `DELAY_FACTOR` times as long."""

DELAY_FACTOR = 4
"""With five attempts the pauses are 1, 4, 16 and 64 seconds."""

DEFAULT_LEASE = timedelta(minutes=10)
"""How long an attempt may take before its trace is taken again."""

_log = logging.getLogger("reflect_server.ingest")
_NOW = partial(datetime.now, UTC)


def _ignore(outcome: IngestOutcome, seconds: float) -> None:
    pass


class IngestWorker:
    """
    Turns queued traces into memories, on background threads, each one after the other.

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
        clock: Callable[[], datetime] = _NOW,
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
            target=self._watch_claims, name="reflect-ingest-watch", daemon=True
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
            for claimed in self._claims.held:
                reason = "The server stopped during this attempt."
                self._reschedule(claimed, reason, self._clock(), counts=False)
        except StoreError as error:
            _log.warning("unfinished traces wait for the next start: %s", error.message)

    def _new_thread(self, name: str) -> threading.Thread:
        return threading.Thread(target=self._run, name=name, daemon=True)

    def _watch_claims(self) -> None:
        pause = self._claims.pause()
        while not self._stopping.wait(pause.total_seconds()):
            try:
                for claim in self._claims.expire():
                    self._replace(claim)
                pause = self._claims.pause()
            except StoreError as error:
                _log.warning("claims that have ended are looked for again: %s", error.message)
                pause = PAUSE_AFTER_TROUBLE

    def _replace(self, claim: Claim) -> None:
        trace_id = claim.claimed.trace_id
        _log.error("the attempt at trace %s does not end; it is repeated", trace_id)
        self._observe(IngestOutcome.EXPIRED, self._lease.total_seconds())
        if claim.thread in self._threads:  # Else it was replaced after an earlier claim.
            substitute = self._new_thread(claim.thread.name)
            self._threads[self._threads.index(claim.thread)] = substitute
            substitute.start()
        else:
            self.wake()

    def _run(self) -> None:
        me = threading.current_thread()
        while me in self._threads and not self._stopping.is_set():
            try:
                self._work()
            except Exception:  # noqa: BLE001 - whatever it is, the queue goes on
                self._claims.suspect_strays()
                if not self._stopping.is_set():
                    _log.exception("ingestion is interrupted and tried again shortly")
                    self._sleep(PAUSE_AFTER_TROUBLE)

    def _work(self) -> None:
        now = self._clock()
        until = self._outage.until(now)
        claimed = None if until else self._claims.take()
        if claimed is None:
            due_at = until or self._claims.next_due
            self._sleep(None if due_at is None else due_at - now)
            return
        start = time.monotonic()
        try:
            with self._spans.attempt(
                claimed.trace_id, claimed.attempt, lambda: self._origin_of(claimed)
            ) as span:
                outcome = self._ingest(claimed)
                span.end(outcome.value)
        finally:
            in_time = self._claims.drop(claimed)
        if in_time:
            self._observe(outcome, time.monotonic() - start)

    def _origin_of(self, claimed: Claimed) -> str | None:
        return self._store.read(lambda tx: tx.traces.origin(claimed.trace_id))

    def _sleep(self, pause: timedelta | None) -> None:
        seconds = None if pause is None else max(0.0, pause.total_seconds())
        with self._condition:
            self._condition.wait_for(lambda: self._wakes or self._stopping.is_set(), seconds)
            self._wakes = max(0, self._wakes - 1)

    def _ingest(self, claimed: Claimed) -> IngestOutcome:
        trace = self._store.read(lambda tx: tx.traces.get(claimed.project_id, claimed.trace_id))
        if trace is None:  # It was deleted since.
            self._on_done(claimed.trace_id)
            return IngestOutcome.COMPLETED
        if trace.ingest_failures > MAX_ATTEMPTS:
            return self._give_up(
                claimed,
                "No attempt at this trace came to its end: the server ended before, or it took "
                "too long.",
            )
        try:
            self._remember(claimed, trace)
        except _ClaimLostError:
            return IngestOutcome.EXPIRED
        except ProviderUnavailableError as error:
            return self._wait_for_provider(claimed, trace, error)
        except Exception as error:  # noqa: BLE001 - one bad trace must not stop the others
            return self._retry_or_give_up(claimed, trace, error)
        self._outage.end(self._clock())
        self._last_outage_of.pop(trace.id, None)
        return IngestOutcome.COMPLETED

    def _remember(self, claimed: Claimed, trace: Trace) -> None:
        memory = self._memory_of(trace)
        with self._spans.step("embed", self._spaces.active.embedder.name):
            embedded = self._spaces.embed(memory)
        is_committed = False

        def kept(is_inserted: bool) -> bool:
            nonlocal is_committed
            is_committed = True
            return is_inserted

        try:
            self._spaces.commit(
                embedded, lambda tx: _finish(tx, claimed, trace.review, embedded), kept=kept
            )
        finally:  # Also where only what follows the commit has failed.
            if is_committed:
                self._on_done(trace.id)

    def _memory_of(self, trace: Trace) -> Memory:
        review = trace.review
        authored = None if review is None else review.reflection
        if authored is not None:
            return memory_of(trace, authored, now=self._clock())
        with self._spans.step("reflect", self._reflector.name):
            reflection = self._reflector.reflect(trace)
        return memory_of(trace, reflection, now=self._clock())

    def _wait_for_provider(
        self, claimed: Claimed, trace: Trace, error: ProviderUnavailableError
    ) -> IngestOutcome:
        now = self._clock()
        earlier = self._last_outage_of.get(trace.id)
        self._last_outage_of[trace.id] = now
        if error.may_be_the_request and earlier and self._outage.has_answered_since(earlier):
            return self._retry_or_give_up(claimed, trace, error)
        due_at = self._outage.note(now, error)
        _log.warning(
            "ingestion waits until %s: %s", due_at.isoformat("T", "seconds"), error.message
        )
        self._reschedule(claimed, error.message, due_at, counts=False)
        return IngestOutcome.WAITING

    def _retry_or_give_up(self, claimed: Claimed, trace: Trace, error: Exception) -> IngestOutcome:
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
            return self._give_up(claimed, reason)
        delay = FIRST_DELAY * DELAY_FACTOR ** (trace.ingest_failures - 1)
        self._reschedule(claimed, reason, self._clock() + delay)
        return IngestOutcome.RETRIED

    def _reschedule(
        self, claimed: Claimed, reason: str, due_at: datetime, *, counts: bool = True
    ) -> None:
        _, trace_id, attempt = claimed
        self._store.write(
            lambda tx: tx.traces.reschedule(
                trace_id, attempt=attempt, error=reason, due_at=due_at, counts=counts
            )
        )

    def _give_up(self, claimed: Claimed, reason: str) -> IngestOutcome:
        _, trace_id, attempt = claimed
        self._store.write(lambda tx: tx.traces.fail(trace_id, attempt=attempt, error=reason))
        self._last_outage_of.pop(trace_id, None)
        self._on_done(trace_id)
        return IngestOutcome.FAILED


class _ClaimLostError(Exception):
    """
    Another attempt at the trace has begun, or may begin.
    """


def _finish(tx: Transaction, claimed: Claimed, review: Review | None, embedded: Embedded) -> bool:
    """
    Complete a trace with its memory, and say whether the memory was inserted: not where the trace
    has one, was deleted, or has another review than the one that the memory was made of.
    """
    state = tx.traces.state(claimed.project_id, claimed.trace_id)
    if state is None or state.review != review:
        return False
    is_mine = state.ingest_attempts == claimed.attempt
    if not is_mine or state.ingest_status is not IngestStatus.PROCESSING:
        raise _ClaimLostError
    earlier = state.created_memory_id
    if earlier is None:
        embedded.insert(tx)
    status = review_status_of(review, IngestStatus.COMPLETED)
    memory_id = earlier or embedded.memory.id
    tx.traces.complete(claimed.trace_id, memory_id=memory_id, status=status)
    return earlier is None
