"""
OpenTelemetry spans of requests, where they are wanted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, Protocol

from reflect_server.errors import SettingsError

if TYPE_CHECKING:
    from opentelemetry.trace import Span


class RequestSpan(Protocol):
    """
    The span of one request.
    """

    def name(self, operation: str) -> None:
        """
        Say which operation the request is for.
        """
        ...

    def end(self, status: int) -> None:
        """
        Say how it was answered.
        """
        ...


class Tracing(Protocol):
    """
    Makes spans.
    """

    def request(
        self, method: str, headers: Mapping[str, str], request_id: str
    ) -> AbstractContextManager[RequestSpan]:
        """
        Make the span of a request, as part of the caller's trace where its headers name one.
        """
        ...

    def close(self) -> None:
        """
        Send what has not been sent yet.
        """
        ...


class NoTracing:
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

    def close(self) -> None:
        """
        Do nothing.
        """


class _NoSpan:
    def name(self, operation: str) -> None:
        pass

    def end(self, status: int) -> None:
        pass


_NO_SPAN = _NoSpan()


class OpenTelemetry:
    """
    Sends spans by OTLP over HTTP, to where the standard variables say (`OTEL_EXPORTER_OTLP_*`).

    Raises:
        SettingsError: The extra `otel` is not installed.
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
        except ModuleNotFoundError as error:
            raise SettingsError(
                "`tracing` is on, and OpenTelemetry is not installed. Install it with "
                '`pip install "reflect-sdk[otel]"`, or leave the setting out.'
            ) from error
        self._propagate = propagate
        self._trace = trace
        self._provider = TracerProvider(resource=Resource.create({"service.name": "reflect"}))
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

    def close(self) -> None:
        """
        Send what has not been sent yet.
        """
        self._provider.shutdown()


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
