"""
The running service: its parts put together, and taken apart again.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from reflect_server.domain.keys import create_master_key
from reflect_server.domain.parts import Parts
from reflect_server.embedders.local import LocalEmbedder
from reflect_server.embedders.protocol import Embedder
from reflect_server.errors import ReflectServerError
from reflect_server.identity import IssuedKey, Keyring, load_pepper
from reflect_server.index import MemoryIndex
from reflect_server.ingest.worker import IngestWorker
from reflect_server.reflectors.local import LocalReflector
from reflect_server.settings import Settings
from reflect_server.store.protocol import Store
from reflect_server.store.sqlite import SqliteStore
from reflect_server.waiting import TraceWaiters

FIRST_KEY_LABEL = "First master key"

_STOP_SECONDS = 1.5
"""What the trace in work gets at the end; all of the end stays below five seconds."""

_log = logging.getLogger("reflect_server.service")


@dataclass(frozen=True, slots=True)
class Service:
    """
    Everything that answers requests.

    Attributes:
        settings: How it is configured.
        parts: The collaborators of the use cases.
        keyring: Makes and recognises API keys.
        waiters: The requests that wait for traces.
        first_key: The master key that was made because there was none; None at later starts.
    """

    settings: Settings
    parts: Parts
    keyring: Keyring
    waiters: TraceWaiters
    first_key: IssuedKey | None


@contextmanager
def open_store(
    settings: Settings, *, may_replace_secret: bool = False
) -> Iterator[tuple[Store, Keyring]]:
    """
    Hold the data folder, with its store and its secret.

    Args:
        settings: Names the folder; it is made when it does not exist.
        may_replace_secret: Whether a missing secret is made anew although keys exist.

    Raises:
        ReflectServerError: The folder, its database or its secret cannot be used.
    """
    store = SqliteStore(settings.data_dir)
    try:
        has_keys = bool(store.read(lambda tx: tx.keys.of_project(None)))
        pepper = load_pepper(settings.data_dir, may_create=may_replace_secret or not has_keys)
        yield store, Keyring(pepper)
    finally:
        store.close()


@contextmanager
def running_service(settings: Settings) -> Iterator[Service]:
    """
    Run the service: hold its data folder, and ingest in the background.

    Args:
        settings: How it is configured.

    Raises:
        ReflectServerError: The folder, its database or its secret cannot be used.
    """
    with open_store(settings) as (store, keyring):
        waiters = TraceWaiters()
        embedder = LocalEmbedder()
        index = MemoryIndex(store, embedder.name)
        worker = IngestWorker(store, index, embedder, LocalReflector(), on_done=waiters.notify)
        parts = Parts(
            store=store,
            embedder=embedder,
            index=index,
            q_learning_alpha=settings.q_learning_alpha,
            similarity_threshold=settings.similarity_threshold,
            queued=worker.wake,
            changed=waiters.notify,
        )
        first_key = None
        if not store.read(lambda tx: tx.keys.of_project(None)):
            now = datetime.now(UTC)
            first_key = create_master_key(store, keyring, label=FIRST_KEY_LABEL, now=now)
        worker.start()
        _warm_up(embedder)
        try:
            yield Service(settings, parts, keyring, waiters, first_key)
        finally:
            worker.stop(timeout=_STOP_SECONDS)


def _warm_up(embedder: Embedder) -> None:
    def load() -> None:
        try:
            embedder.embed(["ready"])
        except ReflectServerError as error:
            _log.error("%s Requests that need it are answered with 503.", error.message)

    threading.Thread(target=load, name="reflect-warm-up", daemon=True).start()
