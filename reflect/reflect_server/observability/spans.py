"""
OpenTelemetry spans of requests and of ingestion, where they are wanted.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, Protocol

from reflect_server.errors import MissingExtraError

if TYPE_CHECKING:
    from opentelemetry.trace import Link, Span

LONGEST_CLOSE = 2.0
"""How long the end of a service waits for the last spans to be sent, in seconds."""

_log = logging.getLogger("reflect_server.observability")


class RequestSpan(Protocol):
    """
    The span of one request.
    """

    def name(self, operation: str) -> None:
        """
        Say which operation the request is for.

        Args:
            operation: The operation's id, or the path of a page.
        """
        ...

    def end(self, status: int) -> None:
        """
        Say how it was answered.

        Args:
            status: The HTTP status of the answer.
        """
        ...


class AttemptSpan(Protocol):
    """
    The span of one attempt at making a memory.
    """

    def end(self, outcome: str) -> None:
        """
        Say how it ended.

        Args:
            outcome: A value of `IngestOutcome`.
        """
        ...


class Spans(Protocol):
    """
    Makes spans.
    """

    def request(
        self, method: str, headers: Mapping[str, str], request_id: str
    ) -> AbstractContextManager[RequestSpan]:
        """
        Make the span of a request, as part of the caller's trace where its headers name one.

        Args:
            method: The HTTP method.
            headers: The headers, their names in small letters.
            request_id: The value of `X-Request-Id`.
        """
        ...

    def origin(self) -> str | None:
        """
        Return the present request's place in its distributed trace, as `traceparent` writes it;
        None where no spans are made.
        """
        ...

    def attempt(
        self, trace_id: str, number: int, origin: Callable[[], str | None]
    ) -> AbstractContextManager[AttemptSpan]:
        """
        Make the span of an attempt at making a memory, linked to the request that it is due to.

        Args:
            trace_id: The trace that the memory is to be made of.
            number: Which attempt.
            origin: Finds what `origin` returned in that request; None where that is unknown.
        """
        ...

    def step(self, name: str, by: str) -> AbstractContextManager[None]:
        """
        Make the span of a step of an attempt.

        Args:
            name: What is done, such as `reflect`.
            by: The name of what does it.
        """
        ...

    def close(self) -> None:
        """
        Send what has not been sent yet.
        """
        ...


class NoSpans:
    """
    Makes no spans.
    """

    def request(
        self, method: str, headers: Mapping[str, str], request_id: str
    ) -> AbstractContextManager[RequestSpan]:
        """
        Make none.
        """
        del method, headers, request_id
        return nullcontext(_NO_SPAN)

    def origin(self) -> str | None:
        """
        Return None.
        """
        return None

    def attempt(
        self, trace_id: str, number: int, origin: Callable[[], str | None]
    ) -> AbstractContextManager[AttemptSpan]:
        """
        Make none.
        """
        del trace_id, number, origin
        return nullcontext(_NO_ATTEMPT)

    def step(self, name: str, by: str) -> AbstractContextManager[None]:
        """
        Make none.
        """
        del name, by
        return nullcontext()

    def close(self) -> None:
        """
        Do nothing.
        """


class _NoSpan:
    def name(self, operation: str) -> None:
        pass

    def end(self, status: int) -> None:
        pass


class _NoAttempt:
    def end(self, outcome: str) -> None:
        pass


_NO_SPAN = _NoSpan()
_NO_ATTEMPT = _NoAttempt()


class OpenTelemetry:
    """
    Sends spans by OTLP over HTTP, to where the standard variables say (`OTEL_EXPORTER_OTLP_*`).

    Raises:
        MissingExtraError: The extra `otel` is not installed.
    """

    def __init__(self) -> None:
        try:
            from opentelemetry import propagate, trace  # noqa: PLC0415 - an extra
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415 - an extra
                OTLPSpanExporter,
            )
            from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 - an extra
            from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415 - an extra
            from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415 - an extra
            from opentelemetry.trace.propagation.tracecontext import (  # noqa: PLC0415 - an extra
                TraceContextTextMapPropagator,
            )
        except ModuleNotFoundError as error:
            raise MissingExtraError(
                error.name or "opentelemetry-sdk",
                "otel",
                needed_for="The setting `tracing`",
                otherwise="leave it out",
            ) from error
        self._propagate = propagate
        self._trace = trace
        self._traceparents = TraceContextTextMapPropagator()
        self._provider = TracerProvider(
            resource=Resource.create({"service.name": "reflect"}), shutdown_on_exit=False
        )
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("reflect_server")

    @contextmanager
    def request(
        self, method: str, headers: Mapping[str, str], request_id: str
    ) -> Iterator[RequestSpan]:
        """
        Make the span of a request, as part of the caller's trace where its headers name one.
        """
        with self._tracer.start_as_current_span(
            method,
            context=self._propagate.extract(dict(headers)),
            kind=self._trace.SpanKind.SERVER,
            attributes={"http.request.method": method, "reflect.request_id": request_id},
        ) as span:
            yield _OpenTelemetrySpan(span, self._trace.StatusCode.ERROR)

    def origin(self) -> str | None:
        """
        Return the present request's place in its distributed trace, as `traceparent` writes it.
        """
        carrier: dict[str, str] = {}
        self._traceparents.inject(carrier)
        return carrier.get(_TRACEPARENT)

    @contextmanager
    def attempt(
        self, trace_id: str, number: int, origin: Callable[[], str | None]
    ) -> Iterator[AttemptSpan]:
        """
        Make the span of an attempt at making a memory, linked to the request that it is due to.

        It begins a trace of its own, as it may come long after that request, and more than once.
        """
        with self._tracer.start_as_current_span(
            "ingest",
            kind=self._trace.SpanKind.CONSUMER,
            links=self._links(origin()),
            attributes={"reflect.trace_id": trace_id, "reflect.ingest_attempt": number},
            record_exception=False,
        ) as span:
            yield _AttemptSpan(span, self._trace.StatusCode.ERROR)

    @contextmanager
    def step(self, name: str, by: str) -> Iterator[None]:
        """
        Make the span of a step of an attempt. Of an error it tells the type alone, as a message may
        quote the run.
        """
        with self._tracer.start_as_current_span(
            name,
            attributes={"reflect.by": by},
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                yield
            except Exception as error:
                span.set_attribute("error.type", type(error).__name__)
                span.set_status(self._trace.StatusCode.ERROR)
                raise

    def close(self) -> None:
        """
        Send what has not been sent yet, within `LONGEST_CLOSE`.
        """
        sending = threading.Thread(
            target=self._provider.shutdown, name="reflect-last-spans", daemon=True
        )
        sending.start()
        sending.join(LONGEST_CLOSE)
        if sending.is_alive():
            _log.warning("the last spans were not sent, as the collector does not take them")

    def _links(self, origin: str | None) -> list[Link]:
        if origin is None:
            return []
        context = self._traceparents.extract({_TRACEPARENT: origin})
        return [self._trace.Link(self._trace.get_current_span(context).get_span_context())]


_TRACEPARENT = "traceparent"


class _OpenTelemetrySpan:
    def __init__(self, span: Span, error: Any) -> None:
        self._span = span
        self._error = error

    def name(self, operation: str) -> None:
        self._span.update_name(operation)

    def end(self, status: int) -> None:
        self._span.set_attribute("http.response.status_code", status)
        if status >= 500:
            self._span.set_status(self._error)


class _AttemptSpan:
    def __init__(self, span: Span, error: Any) -> None:
        self._span = span
        self._error = error

    def end(self, outcome: str) -> None:
        self._span.set_attribute("reflect.ingest_outcome", outcome)
        if outcome != "completed":
            self._span.set_status(self._error)
