"""
The running service, as the doors of the server know it.
"""

from __future__ import annotations

from dataclasses import dataclass

from reflect_server.auth.keyring import IssuedKey, Keyring
from reflect_server.configuration.settings import Settings
from reflect_server.embedders.warm_up import WarmUp
from reflect_server.http.cursors import CursorSeal
from reflect_server.http.limits import Limits
from reflect_server.http.waiting import TraceWaiters
from reflect_server.observability.metrics import Metrics
from reflect_server.observability.spans import Spans
from reflect_server.use_cases.dependencies import Dependencies


@dataclass(frozen=True, slots=True)
class Service:
    """
    Holds what answers requests.

    Attributes:
        settings: How it is configured.
        deps: The collaborators of the use cases.
        keyring: Makes and recognises API keys.
        waiters: The requests that wait for traces.
        first_key: The master key that was made because there was none; None at later starts.
        cursors: Makes the cursors of lists, and reads them.
        limits: What callers may ask for, and how much is done at once.
        metrics: What is counted.
        spans: Makes the spans of requests.
        warm_up: How far the embedder is with loading its model.
    """

    settings: Settings
    deps: Dependencies
    keyring: Keyring
    waiters: TraceWaiters
    first_key: IssuedKey | None
    cursors: CursorSeal
    limits: Limits
    warm_up: WarmUp
    metrics: Metrics
    spans: Spans

    def require_ready(self) -> None:
        """
        Make sure that requests can be answered: the store reads, and the embedder has its model.

        Raises:
            ReflectServerError: They cannot; says why.
        """
        self.deps.store.read(lambda tx: tx.keys.exist())
        self.warm_up.require_done()
