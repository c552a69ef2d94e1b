"""
Request observation: the metrics, the log line and the span of one request.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from starlette.requests import Request

from reflect_server.http.service import Service
from reflect_server.observability.logs import begin_request
from reflect_server.observability.metrics import UNKNOWN_OPERATION
from reflect_server.observability.spans import RequestSpan

CLIENT_GONE = 499
"""Stands for the status of a request whose sender left before it was answered."""

_LONGEST_PATH = 2_000
"""More is in no path of the contract, and could fill a disk with lines of the log."""

_log = logging.getLogger("reflect_server.requests")


@dataclass(slots=True)
class Observation:
    """
    Collects what metrics, log and span tell of a request.

    Attributes:
        span: Its span.
        operation: The operation's id, once it is found.
        status: The HTTP status of its answer, once there is one.
    """

    span: RequestSpan
    operation: str = UNKNOWN_OPERATION
    status: int = CLIENT_GONE

    def found(self, operation: str) -> None:
        """
        Say what the request is for.

        Args:
            operation: The operation's id, or the path of a page.
        """
        self.operation = operation
        self.span.name(operation)


@contextmanager
def observed(service: Service, request: Request, request_id: str) -> Iterator[Observation]:
    """
    Observe a request for the length of a `with` block.

    Args:
        service: The running service.
        request: The request.
        request_id: The value of `X-Request-Id`.
    """
    begin_request(request_id)
    start = time.perf_counter()
    metrics = service.metrics
    with service.spans.request(request.method, request.headers, request_id) as span:
        observation = Observation(span)
        metrics.requests_in_progress.inc()
        try:
            yield observation
        finally:
            seconds = time.perf_counter() - start
            metrics.requests_in_progress.dec()
            metrics.count_request(observation.operation, observation.status, seconds)
            span.end(observation.status)
            if _log.isEnabledFor(logging.INFO):
                _log.info("answered", extra=_facts(request, observation, seconds))


def _facts(request: Request, observation: Observation, seconds: float) -> dict[str, object]:
    return {
        "operation": observation.operation,
        "method": request.method,
        "path": request.scope["raw_path"][:_LONGEST_PATH].decode("latin-1"),
        "status": observation.status,
        "ms": round(seconds * 1e3, 2),
        "client": request.client.host if request.client else None,
    }
