"""
What a running server tells those who run it: logs, metrics, traces, its contract.
"""

from __future__ import annotations

import http.server
import json
import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from prometheus_client.parser import text_string_to_metric_families

from reflect_contract import openapi_json
from reflect_server.configuration.settings import Settings
from reflect_server.errors import SettingsError
from reflect_server.serving.composition import running_service
from reflect_server.testing import RunningServer, ServerProcess, running_server

TOKEN = "a-token-for-metrics"


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    with running_server(env={"REFLECT_METRICS_TOKEN": TOKEN}) as running:
        yield running


@pytest.fixture
def client(server: RunningServer) -> Iterator[httpx.Client]:
    with httpx.Client(
        base_url=server.base_url,
        headers={"Authorization": f"Bearer {server.api_key}"},
        timeout=30,
    ) as opened:
        yield opened


def measured(client: httpx.Client, token: str = TOKEN) -> dict[str, float]:
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    return {
        sample.name + "".join(f" {k}={v}" for k, v in sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_metrics_count_requests_ingestion_and_what_there_is(client: httpx.Client) -> None:
    before = measured(client)
    body = {"task": "t", "trajectory": [], "review": {"result": "pass"}}
    trace_id = client.post("/v1/projects/p/traces", json=body).json()["trace_id"]
    client.get(f"/v1/projects/p/traces/{trace_id}", headers={"Prefer": "wait=20"})
    client.get("/v1/projects/p/traces/unknown")
    client.post("/v1/projects/indexed/memory/query", json={"task": "t"})
    client.get(f"/no/such/{trace_id}")

    while (after := measured(client)).get(
        done := "reflect_ingest_attempts_total outcome=completed"
    ) == (before[done]):
        pass

    def grown(name: str) -> float:
        return after[name] - before.get(name, 0.0)

    assert grown("reflect_requests_total operation=create_trace status=200") == 1
    assert grown("reflect_requests_total operation=get_trace status=404") == 1
    assert grown("reflect_requests_total operation=unknown status=404") == 1
    assert grown("reflect_request_seconds_count operation=get_trace") == 2
    assert grown("reflect_ingest_attempt_seconds_count") == 1
    assert grown("reflect_memories") == 1
    assert grown("reflect_index_bytes") > 0
    assert grown("reflect_traces status=completed") == 1
    assert grown("reflect_memory_q_value_bucket le=0.5") == 1
    assert grown("reflect_memory_q_value_bucket le=0.4") == 0
    assert after["reflect_ingest_queue_age_seconds"] == 0
    assert after["reflect_requests_in_progress"] == 1


def test_metrics_are_for_those_who_run_the_service(
    client: httpx.Client, server: RunningServer
) -> None:
    body = {"label": "x", "scopes": ["trace:read", "keys:manage"]}
    key = client.post("/v1/projects/p/api-keys", json=body).json()["api_key"]

    def status(**headers: str) -> int:
        return httpx.get(f"{server.base_url}/metrics", headers=headers).status_code

    assert status() == 401
    assert status(Authorization="Bearer guess") == 401
    assert status(Authorization=f"Bearer {key}") == 403
    assert status(Authorization=f"Bearer {server.api_key}") == 200


def test_metrics_name_no_project_and_no_key(client: httpx.Client) -> None:
    client.get("/v1/projects/a-secret-name/traces")
    client.get("/a-secret-path")

    assert "a-secret" not in " ".join(measured(client))


def test_the_contract_is_served_as_it_is(server: RunningServer) -> None:
    answer = httpx.get(f"{server.base_url}/openapi.json")

    assert answer.headers["Content-Type"] == "application/json"
    assert answer.content == openapi_json()
    assert httpx.post(f"{server.base_url}/openapi.json").status_code == 405
    assert httpx.head(f"{server.base_url}/docs").status_code == 200


def test_the_address_alone_leads_to_the_api_page(server: RunningServer) -> None:
    answer = httpx.get(server.base_url, follow_redirects=True)

    assert answer.url == f"{server.base_url}/docs"
    assert "<h1>Reflect API</h1>" in answer.text
    assert "'/docs'" in httpx.get(f"{server.base_url}/nothing").json()["detail"]


@pytest.mark.parametrize(
    "path",
    ["/", "/docs", "/openapi.json", "/metrics", "/health", "/<b>", "/v1/projects/<b>/traces"],
)
def test_no_browser_guesses_what_an_answer_is(server: RunningServer, path: str) -> None:
    answer = httpx.get(server.base_url + path)

    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "access-control-allow-origin" not in answer.headers


def test_the_api_page_names_every_operation_and_loads_nothing(server: RunningServer) -> None:
    answer = httpx.get(f"{server.base_url}/docs")
    document = json.loads(openapi_json())

    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    policy = answer.headers["Content-Security-Policy"]
    assert {"default-src 'none'", "frame-ancestors 'none'"} <= {*policy.split("; ")}
    operations = [
        operation["operationId"]
        for item in document["paths"].values()
        for operation in item.values()
    ]
    for name in operations:
        assert f"<h3 id='{name}'>" in answer.text
    for name in document["components"]["schemas"]:
        assert f"<h3 id='schema-{name}'>" in answer.text
    links = set(re.findall(r"href='?#([\w-]+)", answer.text))
    assert links <= set(re.findall(r"id='([\w-]+)'", answer.text))
    assert not re.search(r"<(script|link|img|iframe)|src=|url\(", answer.text)


def logged(tmp_path: Path, **env: str) -> tuple[str, httpx.Response]:
    server = ServerProcess(tmp_path / "data", env=env)
    try:
        answer = httpx.get(
            f"{server.base_url}/v1/projects/p/traces?cursor=secret",
            headers={"Authorization": f"Bearer {server.first_key}"},
        )
    finally:
        server.stop()
    assert server.first_key not in server.log
    return server.log, answer


def test_each_request_is_logged_as_json_with_its_id(tmp_path: Path) -> None:
    log, answer = logged(tmp_path, REFLECT_LOG_LEVEL="info", REFLECT_LOG_FORMAT="json")

    lines = [json.loads(line) for line in log.splitlines()]
    (line,) = [line for line in lines if line.get("operation") == "list_traces"]
    assert line["request_id"] == answer.headers["X-Request-Id"]
    assert (line["method"], line["status"], line["level"]) == ("GET", 422, "info")
    assert line["path"] == "/v1/projects/p/traces"
    assert line["ms"] > 0
    assert "secret" not in log


def test_a_path_without_end_does_not_fill_the_log(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path, env={"REFLECT_LOG_LEVEL": "info"})
    try:
        assert httpx.get(f"{server.base_url}/{'a' * 60_000}").status_code == 404
    finally:
        server.stop()

    assert len(server.log) < 3_000


def test_each_request_is_logged_as_text(tmp_path: Path) -> None:
    log, answer = logged(tmp_path, REFLECT_LOG_LEVEL="info")

    (line,) = [line for line in log.splitlines() if "list_traces" in line]
    assert answer.headers["X-Request-Id"] in line
    assert "\x1b" not in line


FAIL = """
import logging, sys
from reflect_server.observability.logs import begin_request, configure_logs

configure_logs(level="error", form=sys.argv[1])
begin_request("the-id")

def fail(key):
    return key["missing"]

try:
    fail({"given": sys.argv[2][::-1]})
except KeyError:
    logging.getLogger("reflect_server.requests").exception("it failed")
"""


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_traceback_is_logged_without_the_values_of_variables(form: str) -> None:
    secret = "rf_live_abc_a-secret-value"
    result = subprocess.run(
        [sys.executable, "-c", FAIL, form, secret[::-1]],
        capture_output=True,
        text=True,
        check=True,
    )

    assert "KeyError" in result.stderr
    assert "it failed" in result.stderr
    assert "the-id" in result.stderr
    assert secret not in result.stderr
    assert (len(result.stderr.splitlines()) == 1) == (form == "json")


SAY = r"""
import logging, sys, warnings
from reflect_server.observability.logs import configure_logs

configure_logs(level="info", form=sys.argv[1])
log = logging.getLogger("reflect_server.requests")
hostile = "caf\u00e9 \x1b]0;title\x07\x9b31m\r\n2026-01-01 forged"
log.warning("said: %s", hostile, extra={"path": hostile})
warnings.warn(hostile)
try:
    raise RuntimeError(hostile)
except RuntimeError:
    log.exception("it failed")
"""


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_text_in_the_log_can_command_a_terminal_or_forge_a_line(form: str) -> None:
    result = subprocess.run(
        [sys.executable, "-c", SAY, form],
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        check=True,
    )
    said = result.stderr.decode()

    assert not set("\x1b\x07\x9b\r") & {*said}
    if form == "json":
        assert [json.loads(line)["level"] for line in said.splitlines()] == [
            "warning",
            "warning",
            "error",
        ]
    else:
        assert "café \\x1b]0;title" in said
        assert not said.splitlines()[1].startswith("2026-01-01 forged")


def test_a_warning_at_the_start_is_a_line_of_the_log_too(tmp_path: Path) -> None:
    env = {"REFLECT_BOOTSTRAP_TOKEN": "a-token", "REFLECT_LOG_FORMAT": "json"}
    server = ServerProcess(tmp_path, env={**env, "REFLECT_HOST": "127.1"})
    server.stop()

    (line,) = map(json.loads, server.log.splitlines())
    assert "127.1" in line["event"]


class Collector(http.server.BaseHTTPRequestHandler):
    """
    Takes spans as an OpenTelemetry collector does.
    """

    received: list[bytes]

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self.received.append(self.rfile.read(length))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        pass


CALLER = "0af7651916cd43dd8448eb211c80319c"


@contextmanager
def collected(tmp_path: Path, **env: str) -> Iterator[tuple[ServerProcess, httpx.Client, Spans]]:
    """
    A server that sends its spans to a collector, which has them all once the server was stopped.
    """
    spans = Spans()
    handler = type("Recording", (Collector,), {"received": spans.received})
    collector = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=collector.serve_forever)
    thread.start()
    try:
        server = ServerProcess(
            tmp_path / "data",
            env={
                "REFLECT_TRACING": "true",
                "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{collector.server_port}",
                "OTEL_EXPORTER_OTLP_COMPRESSION": "none",
                **env,
            },
        )
        try:
            with httpx.Client(
                base_url=f"{server.base_url}/v1/projects/p",
                headers={
                    "Authorization": f"Bearer {server.first_key}",
                    "traceparent": f"00-{CALLER}-b7ad6b7169203331-01",
                },
                timeout=30,
            ) as client:
                yield server, client, spans
        finally:
            code = server.stop()
        assert code == 0, server.log
    finally:
        collector.shutdown()
        thread.join()
        collector.server_close()


class Spans:
    """
    The spans that a collector has received.
    """

    def __init__(self) -> None:
        self.received: list[bytes] = []

    def named(self, name: str) -> list[Span]:
        return [
            span
            for body in self.received
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
            if span.name == name
        ]

    def attributes(self, span: Span) -> dict[str, str | int]:
        return {
            pair.key: pair.value.string_value or pair.value.int_value for pair in span.attributes
        }


def test_spans_are_sent_where_the_standard_variables_say(tmp_path: Path) -> None:
    with collected(tmp_path) as (server, client, spans):
        client.get("/traces")
        server.stop()

    (span,) = spans.named("list_traces")
    assert span.trace_id.hex() == CALLER
    sent = b"".join(spans.received)
    assert b"service.name" in sent
    assert server.first_key is not None
    assert server.first_key.encode() not in sent


def test_a_collector_that_never_answers_does_not_hold_the_end_up(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        server = ServerProcess(
            tmp_path / "data",
            env={"REFLECT_TRACING": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint},
        )
        try:
            assert httpx.get(f"{server.base_url}/health").status_code == 200
        finally:
            code = server.stop()
    assert code == 0, "It was killed, as it did not end in time."
    assert "the last spans were not sent" in server.log


@pytest.mark.parametrize("reviewed", ["at once", "later"])
def test_spans_of_ingestion_are_linked_to_the_request_that_it_is_due_to(
    tmp_path: Path, reviewed: str
) -> None:
    review = {"result": "pass"}
    body = {"task": "t", "trajectory": [], **({"review": review} if reviewed == "at once" else {})}
    with collected(tmp_path) as (server, client, spans):
        trace_id = client.post("/traces", json=body).json()["trace_id"]
        if reviewed == "later":
            assert client.post(f"/traces/{trace_id}/review", json=review).status_code == 200
        client.get(f"/traces/{trace_id}", headers={"Prefer": "wait=20"})
        server.stop()

    (request,) = spans.named("create_trace" if reviewed == "at once" else "review_trace")
    (attempt,) = spans.named("ingest")
    (link,) = attempt.links
    assert (link.trace_id.hex(), link.span_id) == (CALLER, request.span_id)
    assert attempt.trace_id != request.trace_id
    assert spans.attributes(attempt) == {
        "reflect.trace_id": trace_id,
        "reflect.ingest_attempt": 1,
        "reflect.ingest_outcome": "completed",
    }
    for name, by in (("reflect", "local"), ("embed", "wordllama")):
        (step,) = spans.named(name)
        assert (step.trace_id, step.parent_span_id) == (attempt.trace_id, attempt.span_id)
        assert by in str(spans.attributes(step)["reflect.by"])


def test_the_span_of_an_attempt_that_fails_says_so_without_the_message(tmp_path: Path) -> None:
    model = {"REFLECT_MODEL": "m", "REFLECT_MODEL_BASE_URL": "http://127.0.0.1:1/v1"}
    with collected(tmp_path, **model) as (server, client, spans):
        body = {"task": "t", "trajectory": [], "review": {"result": "pass"}}
        trace_id = client.post("/traces", json=body).json()["trace_id"]
        while client.get(f"/traces/{trace_id}").json()["last_ingest_error"] is None:
            pass
        server.stop()

    attempt, *_ = spans.named("ingest")
    step, *_ = spans.named("reflect")
    assert spans.attributes(attempt)["reflect.ingest_outcome"] == "waiting"
    assert spans.attributes(step)["error.type"] == "ProviderUnavailableError"
    assert [step.status.code, attempt.status.code] == [Status.STATUS_CODE_ERROR] * 2
    assert b"127.0.0.1:1" not in b"".join(spans.received)
    assert spans.named("embed") == []


def test_tracing_without_its_parts_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry", None)

    with (
        pytest.raises(SettingsError, match=r"reflect-sdk\[server,otel\]"),
        running_service(Settings(data_dir=tmp_path, tracing=True)),
    ):
        pass
