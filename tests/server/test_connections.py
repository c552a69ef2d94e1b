"""
What a connection may send before it has shown a key, and how long it may take.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

import httpx
import pytest
import uvicorn
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from reflect_server.serving.connection import Connection
from reflect_server.serving.listening import listening
from reflect_server.testing import RunningServer

LARGE_ANSWER = bytes(64 << 20)
MOMENT = 0.05


class Hasty(Connection):
    longest_pause_seconds = MOMENT
    lost = threading.Event()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.lost.set()


class Impatient(Connection):
    """
    Waits for the first request, and no moment for a second one.
    """

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.timeout_keep_alive = 0


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    headers = {"X-Seen": " ".join(name.decode() for name, _ in scope["headers"])}
    if scope["method"] == "PUT":
        while (await receive()).get("more_body"):
            pass
    body = LARGE_ANSWER if scope["path"] == "/large" else b"done"
    await Response(body, headers=headers)(scope, receive, send)


@contextmanager
def connected(kind: type[Connection], *, keep_alive: int) -> Iterator[socket.socket]:
    config = uvicorn.Config(
        app, http=kind, lifespan="off", log_config=None, timeout_keep_alive=keep_alive
    )
    running = uvicorn.Server(config)
    with listening("127.0.0.1", 0) as listener:
        address = listener.getsockname()
        thread = threading.Thread(
            target=asyncio.run, args=(running.serve(sockets=[listener.dup()]),)
        )
        thread.start()
        with socket.create_connection(address) as connection:
            connection.settimeout(60)
            yield connection
        running.should_exit = True
        thread.join()


@pytest.fixture
def hasty() -> Iterator[socket.socket]:
    """
    A connection to a server with little patience within a request, and much between two.
    """
    Hasty.lost.clear()
    with connected(Hasty, keep_alive=10**6) as connection:
        yield connection


def everything(connection: socket.socket) -> bytes:
    """
    Read until the server closes the connection.
    """
    received = bytearray()
    with suppress(ConnectionError):
        while part := connection.recv(1 << 20):
            received += part
    return bytes(received)


def flood(connection: socket.socket, part: bytes) -> None:
    """
    Send without end, so far as the server lets that happen.
    """
    for _ in range(1000):
        connection.sendall(part)


def answered(connection: socket.socket) -> bytes:
    received = b""
    while b"\r\n\r\n" not in received or not received.endswith(b"done"):
        received += connection.recv(1 << 16)
    return received


def to(server: RunningServer) -> socket.socket:
    url = httpx.URL(server.base_url)
    connection = socket.create_connection((url.host, url.port))
    connection.settimeout(60)
    return connection


@pytest.mark.parametrize(
    ("first", "part"),
    [
        (b"GET /", b"a" * (1 << 16)),
        (b"GET / HTTP/1.1\r\nA: ", b"a" * (1 << 16)),
        (b"GET / HTTP/1.1\r\n", b"A: a\r\n" * (1 << 13)),
        (b"\r\n", b"\r\n" * (1 << 15)),
    ],
)
def test_a_head_without_end_is_refused(server: RunningServer, first: bytes, part: bytes) -> None:
    with closing(to(server)) as connection:
        connection.sendall(first)
        with pytest.raises(ConnectionError):
            flood(connection, part)


def test_a_head_over_the_limit_is_told_the_limit(server: RunningServer) -> None:
    with closing(to(server)) as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: a\r\nA: " + b"a" * (64 << 10))
        assert b"65536 bytes" in everything(connection)


def test_a_large_head_within_the_limit_is_answered(server: RunningServer) -> None:
    value = "a" * 60_000
    assert httpx.get(f"{server.base_url}/health", headers={"A": value}).status_code == 200


def test_what_follows_a_body_is_neither_kept_nor_without_end(hasty: socket.socket) -> None:
    head = b"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n"
    hasty.sendall(head + b"Authorization: b\r\n\r\n")
    assert b"x-seen: host transfer-encoding\r\n" in answered(hasty)
    hasty.sendall(head)
    with pytest.raises(ConnectionError):
        flood(hasty, b"A: " + b"a" * (1 << 16) + b"\r\n")


def test_a_body_in_the_smallest_chunks_is_read(hasty: socket.socket) -> None:
    hasty.sendall(b"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
    hasty.sendall(b"1\r\na\r\n" * 50_000 + b"0\r\n\r\n")
    assert b" 200 OK" in answered(hasty)


def test_a_request_that_stops_before_its_end_is_given_up(hasty: socket.socket) -> None:
    hasty.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert b" 200 OK" in answered(hasty)
    hasty.sendall(b"GET / HTTP/1.1\r\nHo")
    assert b"did not arrive within" in everything(hasty)


def test_a_body_that_nobody_wants_must_still_arrive(hasty: socket.socket) -> None:
    hasty.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n")
    assert everything(hasty).endswith(b"done")


def test_blank_lines_keep_no_connection(hasty: socket.socket) -> None:
    hasty.sendall(b"\r\n")
    assert everything(hasty) == b""


def test_an_answer_that_is_not_read_is_given_up(hasty: socket.socket) -> None:
    hasty.sendall(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
    assert Hasty.lost.wait(60)
    assert len(everything(hasty)) < len(LARGE_ANSWER)


def test_an_answer_that_is_read_arrives_whole() -> None:
    with connected(Impatient, keep_alive=10**6) as connection:
        connection.sendall(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
        assert len(everything(connection)) > len(LARGE_ANSWER)


def test_a_connection_without_a_request_is_closed() -> None:
    with connected(Connection, keep_alive=0) as connection:
        assert everything(connection) == b""
