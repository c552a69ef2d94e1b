"""
Prometheus metrics of a server.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from importlib import metadata

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.metrics_core import (
    GaugeHistogramMetricFamily,
    GaugeMetricFamily,
    Metric,
)

from reflect_server.domain.trace import IngestOutcome
from reflect_server.store.protocol.store import Holdings, Store

CONTENT_TYPE = CONTENT_TYPE_LATEST
"""The media type of `Metrics.text`."""

UNKNOWN_OPERATION = "unknown"
"""Stands for the operation of a request that has none, so that strange paths make no series."""

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Metrics:
    """
    Counts requests and ingestion, and asks the store for what it holds when it is looked at.

    Names carry no project and no key: what is counted is the installation's.

    Args:
        store: Where everything is kept.
    """

    def __init__(self, store: Store) -> None:
        self._registry = CollectorRegistry()
        requests = Counter(
            "reflect_requests",
            "Requests that were answered.",
            ["operation", "status"],
            registry=self._registry,
        )
        request_seconds = Histogram(
            "reflect_request_seconds",
            "How long requests took, waiting by `Prefer: wait` included.",
            ["operation"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._requests_of = cache(requests.labels)
        self._request_seconds_of = cache(request_seconds.labels)
        self.requests_in_progress = Gauge(
            "reflect_requests_in_progress",
            "Requests that are being answered.",
            registry=self._registry,
        )
        self._attempts = Counter(
            "reflect_ingest_attempts",
            "Attempts at making a memory of a trace: `completed`, to be `retried`, `waiting` for a "
            "model's provider, `failed` for good, or `expired` because they did not end in time.",
            ["outcome"],
            registry=self._registry,
        )
        for outcome in IngestOutcome:
            self._attempts.labels(outcome.value)
        self._attempt_seconds = Histogram(
            "reflect_ingest_attempt_seconds",
            "How long attempts took.",
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._memories_to_embed = Gauge(
            "reflect_memories_to_embed",
            "Memories that wait for a vector after a change of the embedder.",
            registry=self._registry,
        )
        self._index_bytes = Gauge(
            "reflect_index_bytes",
            "Memory that the vectors and letters of searched projects take, by estimate.",
            registry=self._registry,
        )
        ProcessCollector(registry=self._registry)
        self._registry.register(_StoreCollector(store))

    def follow_embedding(self, left: Callable[[], int]) -> None:
        """
        Show how many memories wait for a vector.

        Args:
            left: Says how many do.
        """
        self._memories_to_embed.set_function(left)

    def follow_index(self, nbytes: Callable[[], int]) -> None:
        """
        Show how much memory the index takes.

        Args:
            nbytes: Says how many bytes.
        """
        self._index_bytes.set_function(nbytes)

    def count_request(self, operation: str, status: int, seconds: float) -> None:
        """
        Count a request that was answered.

        Args:
            operation: The operation's id, or `UNKNOWN_OPERATION`.
            status: The HTTP status.
            seconds: How long it took.
        """
        self._requests_of(operation, status).inc()
        self._request_seconds_of(operation).observe(seconds)

    def count_attempt(self, outcome: IngestOutcome, seconds: float) -> None:
        """
        Count an attempt at ingesting a trace.

        Args:
            outcome: How it ended.
            seconds: How long it took.
        """
        self._attempts.labels(outcome.value).inc()
        self._attempt_seconds.observe(seconds)

    def text(self) -> bytes:
        """
        Return everything as Prometheus reads it. Blocks.

        Raises:
            StoreError: The store cannot be read.
        """
        return generate_latest(self._registry)


class _StoreCollector:
    def __init__(self, store: Store) -> None:
        self._store = store

    def describe(self) -> list[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        holdings = self._store.read(lambda tx: tx.holdings())
        info = GaugeMetricFamily("reflect_info", "The server's version.", labels=["version"])
        info.add_metric([metadata.version("reflect-sdk")], 1)
        yield info
        yield GaugeMetricFamily("reflect_projects", "Projects.", value=holdings.projects)
        traces = GaugeMetricFamily("reflect_traces", "Traces by ingest status.", labels=["status"])
        for status, count in holdings.traces.items():
            traces.add_metric([status.value], count)
        yield traces
        oldest = holdings.oldest_due_at
        yield GaugeMetricFamily(
            "reflect_ingest_queue_age_seconds",
            "For how long the oldest trace in the queue has been due; 0 where none is.",
            value=max(0.0, (datetime.now(UTC) - oldest).total_seconds()) if oldest else 0.0,
        )
        yield GaugeMetricFamily(
            "reflect_memories", "Memories.", value=sum(holdings.q_values.values())
        )
        yield _q_values(holdings)


def _q_values(holdings: Holdings) -> Metric:
    total = 0
    buckets: list[tuple[str, float]] = []
    for bound, count in sorted(holdings.q_values.items()):
        total += count
        buckets.append((f"{bound:g}", total))
    family = GaugeHistogramMetricFamily(
        "reflect_memory_q_value", "How the Q-values of all memories are spread."
    )
    family.add_metric([], [*buckets, ("+Inf", total)], holdings.q_value_sum)
    return family
