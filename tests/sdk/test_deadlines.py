"""
`timeout` bounds the whole call, whatever the service does with it.
"""

from __future__ import annotations

import asyncio
import json
import pickle
import socket
import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from reflect_sdk import (
    ConnectionFailedError,
    DeadlineExceededError,
    ReflectClient,
    ReflectError,
    ServerError,
    TransportError,
)
from reflect_sdk._transport.deadline import keep_deadline

from .scripted import TRACE, Answer, Scripted, raw_server

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
BODY = json.dumps(TRACE).encode()
WHOLE = HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY
Converse = Callable[[socket.socket, threading.Event], None]


def _get(client: ReflectClient, world: str) -> Any:
    called = getattr(client, f"get_trace{world}")("t1")
    return asyncio.run(called) if world else called


def _request(connection: socket.socket) -> None:
    asked = b""
    while not asked.endswith(b"\r\n\r\n"):
        asked += connection.recv(65536)


def _drip(connection: socket.socket, over: threading.Event, answer: bytes) -> None:
    """
    Send one byte after the other; the whole answer takes a multiple of the call's time.
    """
    for byte in answer:
        connection.sendall(bytes([byte]))
        if over.wait(0.02):
            return


def _silent(connection: socket.socket, over: threading.Event) -> None:
    over.wait()


def _dripping(connection: socket.socket, over: threading.Event) -> None:
    _request(connection)
    _drip(connection, over, WHOLE)


def _dripping_body(connection: socket.socket, over: threading.Event) -> None:
    _request(connection)
    connection.sendall(WHOLE[: -len(BODY)])
    _drip(connection, over, BODY)


def _silent_within_the_body(connection: socket.socket, over: threading.Event) -> None:
    _request(connection)
    connection.sendall(WHOLE[:-10])
    over.wait()


def _endless(connection: socket.socket, over: threading.Event) -> None:
    _request(connection)
    connection.sendall(HEAD + b"Content-Length: 1000000000000\r\n\r\n")
    while not over.wait(0.0005):
        connection.sendall(b" ")


def _dripping_on_a_kept_connection(connection: socket.socket, over: threading.Event) -> None:
    _request(connection)
    connection.sendall(WHOLE)
    _request(connection)
    _drip(connection, over, WHOLE)


@pytest.mark.parametrize("world", ["", "_async"])
@pytest.mark.parametrize(
    "converse", [_silent, _dripping, _dripping_body, _silent_within_the_body, _endless]
)
def test_a_slow_service_ends_at_the_deadline(converse: Converse, world: str):
    with (
        raw_server(converse) as url,
        ReflectClient(base_url=url, api_key="k", timeout=0.2) as client,
        pytest.raises(DeadlineExceededError) as caught,
    ):
        _get(client, world)
    assert isinstance(caught.value, httpx.TimeoutException)
    assert isinstance(caught.value, TimeoutError)
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (copy.method, copy.path) == ("GET", "/v1/projects/default/traces/t1")


def test_a_kept_connection_ends_at_the_deadline_as_well():
    with (
        raw_server(_dripping_on_a_kept_connection) as url,
        ReflectClient(base_url=url, api_key="k", timeout=0.2) as client,
    ):
        assert client.get_trace("t1").id == "t1"
        with pytest.raises(DeadlineExceededError):
            client.get_trace("t1")


@pytest.mark.parametrize("world", ["", "_async"])
def test_pauses_between_attempts_count(service: Scripted, world: str):
    service.script(Answer(status=503, body=b"", headers={"Retry-After-Ms": "60"}))
    with (
        ReflectClient(base_url=service.url, api_key="k", timeout=0.2, max_retries=50) as client,
        pytest.raises(ReflectError) as caught,
    ):
        _get(client, world)
    assert isinstance(caught.value, ServerError | DeadlineExceededError)
    assert caught.value.retries <= 3


@pytest.mark.parametrize("world", ["", "_async"])
@pytest.mark.parametrize("phases", [httpx.Timeout(20.0, read=0.2), httpx.Timeout(0.2)])
@pytest.mark.parametrize("converse", [_silent, _silent_within_the_body])
def test_a_timeout_of_httpx_bounds_the_phases_alone(
    converse: Converse, phases: httpx.Timeout, world: str
):
    with (
        raw_server(converse) as url,
        ReflectClient(base_url=url, api_key="k", timeout=phases, max_retries=0) as client,
        pytest.raises(DeadlineExceededError, match="ReadTimeout"),
    ):
        _get(client, world)


def _steadily(connection: socket.socket, over: threading.Event) -> None:
    _request(connection)
    for start in range(0, len(WHOLE), 100):
        connection.sendall(WHOLE[start : start + 100])
        over.wait(0.1)


@pytest.mark.parametrize("world", ["", "_async"])
def test_a_timeout_of_httpx_lets_an_answer_take_its_time(world: str):
    phases = httpx.Timeout(5.0, read=0.5)
    with (
        raw_server(_steadily) as url,
        ReflectClient(base_url=url, api_key="k", timeout=phases) as client,
    ):
        assert _get(client, world).id == "t1"


@pytest.mark.parametrize("world", ["", "_async"])
def test_connections_of_a_proxy_keep_the_deadline(monkeypatch: pytest.MonkeyPatch, world: str):
    with raw_server(_dripping) as url:
        monkeypatch.setenv("HTTP_PROXY", url)
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.setenv("NO_PROXY", "elsewhere.test")
        with (
            ReflectClient(base_url="http://service.test", api_key="k", timeout=0.2) as client,
            pytest.raises(TransportError, match="in time"),
        ):
            _get(client, world)


def test_a_service_that_reads_slowly_ends_at_the_deadline():
    taken = threading.Event()

    def read_slowly(connection: socket.socket, over: threading.Event) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        while not over.wait(0.02) and connection.recv(32_768):
            pass
        taken.set()

    with (
        raw_server(read_slowly) as url,
        ReflectClient(base_url=url, api_key="k", timeout=0.5, max_retries=0) as client,
        pytest.raises(DeadlineExceededError),
    ):
        client.create_trace(task="Count", trajectory="x" * 20_000_000)
    assert taken.is_set()


@pytest.mark.parametrize("last", ["127.0.0.1", "127.0.0.2"])
def test_each_address_of_a_host_is_tried(
    service: Scripted, monkeypatch: pytest.MonkeyPatch, last: str
):
    service.script(Answer(body=TRACE))
    port = int(service.url.rpartition(":")[2])
    lookup = socket.getaddrinfo

    def two_addresses(host: str, *rest: Any, **named: Any) -> Any:
        if host != "service.test":
            return lookup(host, *rest, **named)
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
            for address in ("127.0.0.2", last)
        ]

    monkeypatch.setattr(socket, "getaddrinfo", two_addresses)
    client = ReflectClient(base_url=f"http://service.test:{port}", api_key="k", max_retries=0)
    with client:
        if last == "127.0.0.1":
            assert client.get_trace("t1").id == "t1"
        else:
            with pytest.raises(ConnectionFailedError):
                client.get_trace("t1")


def test_a_call_whose_lookup_took_all_its_time_ends_without_a_request(
    service: Scripted, monkeypatch: pytest.MonkeyPatch
):
    lookup, never = socket.getaddrinfo, threading.Event()

    def slow(*asked: Any, **named: Any) -> Any:
        never.wait(0.1)
        return lookup(*asked, **named)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    with (
        ReflectClient(base_url=service.url, api_key="k", timeout=0.05) as client,
        pytest.raises(DeadlineExceededError),
    ):
        client.get_trace("t1")
    assert not service.asked


def test_a_host_that_cannot_be_found_is_a_connection_error():
    with (
        ReflectClient(base_url="http://no-such-host.invalid", api_key="k", max_retries=0) as client,
        pytest.raises(ConnectionFailedError),
    ):
        client.get_trace("t1")


def test_a_client_whose_inside_is_another_stays_as_it_is():
    transport = httpx.MockTransport(lambda _: httpx.Response(204))
    with keep_deadline(httpx.Client(transport=transport)) as client:
        assert client.get("http://service.test").status_code == 204
