"""
Every way in which a call can fail, in both worlds and on both levels, and the table of what a
caller gets.
"""

from __future__ import annotations

import asyncio
import pickle
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from reflect_api.api.traces import get_trace
from reflect_sdk import ReflectClient, ReflectError

from .scripted import TRACE, Answer, raw_server, scripted_server

PATH = "/v1/projects/default/traces/t1"
KEY = "rf_live_abc_topsecret"
STATUSES = (400, 401, 403, 404, 409, 413, 422, 429, 500, 502, 503, 520)
BODIES: dict[str, dict[str, Any]] = {
    "problem": {"body": {"detail": "`lambda` must be at most 1.", "code": "invalid_request"}},
    "other JSON": {"body": {"error": "no"}},
    "list": {"body": ["no"]},
    "HTML": {"body": b"<html>Bad gateway</html>"},
    "empty": {"body": b""},
    "truncated": {"body": b'{"detail": "`lam'},
    "longer than said": {"body": {"detail": "no"}, "cut": -2},
    "shorter than said": {"body": {"detail": "no"}, "cut": 10},
    "the key sent back": {"body": {"detail": f"Bearer {KEY} is unknown."}},
}
SUCCESSES: dict[str, dict[str, Any]] = {
    "HTML": {"body": b"<html>Sign in</html>"},
    "empty": {"body": b""},
    "list": {"body": [TRACE]},
    "field missing": {"body": {name: TRACE[name] for name in TRACE if name != "task"}},
    "field of another type": {"body": {**TRACE, "task": 5}},
    "truncated": {"body": TRACE, "cut": 10},
}


def reset(connection: socket.socket, over: threading.Event) -> None:
    connection.recv(65536)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def silent(connection: socket.socket, over: threading.Event) -> None:
    connection.recv(65536)
    over.wait()


def drip(connection: socket.socket, over: threading.Event) -> None:
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 503 Down\r\nX-Request-Id: r-7\r\nContent-Length: 99\r\n\r\nhalf")
    over.wait()


def no_http(connection: socket.socket, over: threading.Event) -> None:
    connection.recv(65536)
    connection.sendall(b"SSH-2.0-OpenSSH_9.6\r\n")


def no_common_cipher(connection: socket.socket, over: threading.Event) -> None:
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).wrap_socket(connection, server_side=True)


@contextmanager
def answering(status: int, body: dict[str, Any]) -> Iterator[str]:
    headers = {"Retry-After-Ms": "1", "X-Request-Id": "r-7"}
    if "cut" in body:
        # The scripted server closes such a connection. Unless it says so, the next attempt may be
        # sent over it, or not, whoever is faster.
        headers["Connection"] = "close"
    with scripted_server() as server:
        server.script(Answer(status=status, headers=headers, **body))
        yield server.url


@contextmanager
def refusing() -> Iterator[str]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


@contextmanager
def without_common_cipher() -> Iterator[str]:
    with raw_server(no_common_cipher) as url:
        yield url.replace("http", "https")


FAILURES: dict[str, Callable[[], Any]] = {
    **{
        f"{status} {name}": partial(answering, status, body)
        for status in STATUSES
        for name, body in BODIES.items()
    },
    **{f"200 {name}": partial(answering, 200, body) for name, body in SUCCESSES.items()},
    "503 that never ends": partial(raw_server, drip),
    "refused": refusing,
    "reset": partial(raw_server, reset),
    "silent": partial(raw_server, silent),
    "no HTTP": partial(raw_server, no_http),
    "TLS failure": without_common_cipher,
}
CALLS: dict[str, Callable[[ReflectClient], object]] = {
    "sync": lambda client: client.get_trace("t1"),
    "async": lambda client: asyncio.run(client.get_trace_async("t1")),
    "sync, low level": lambda client: get_trace.sync(
        client=client.api, project_id="default", trace_id="t1"
    ),
    "async, low level": lambda client: asyncio.run(
        get_trace.asyncio(client=client.api, project_id="default", trace_id="t1")
    ),
}


@dataclass
class Outcome:
    """
    What a caller can know of a failed call.
    """

    error: str
    status_code: int | None
    method: str
    path: str
    request_id: str | None
    retries: int
    body_start: str
    message: str


def outcome(failure: str, call: str) -> Outcome:
    """
    Let a call fail and take its error apart; a pickled one has to be the same.
    """
    with (
        FAILURES[failure]() as url,
        ReflectClient(
            base_url=url,
            api_key=KEY,
            timeout=0.3 if failure in {"silent", "503 that never ends"} else 20,
            max_retries=0 if failure in {"refused", "reset", "no HTTP", "TLS failure"} else 2,
        ) as client,
        pytest.raises(ReflectError) as caught,
    ):
        CALLS[call](client)
    error: Any = caught.value
    seen = [
        Outcome(
            type(one).__name__,
            *(one.status_code, one.method, one.path, one.request_id, one.retries, one.body_start),
            str(one).replace(url, "http://host"),
        )
        for one in (error, pickle.loads(pickle.dumps(error)))
    ]
    assert seen[0] == seen[1]
    assert "topsecret" not in repr((error, vars(error), error.__cause__, error.__context__))
    assert b"topsecret" not in pickle.dumps(error)
    return seen[0]


@pytest.mark.parametrize("failure", FAILURES)
def test_a_failed_call_tells_the_same_in_both_worlds_and_on_both_levels(failure: str):
    first, *others = (outcome(failure, call) for call in CALLS)
    for other in others:
        other.message = first.message  # What the network says differs in its wording.
        assert other == first
    assert (first.method, first.path) == ("GET", PATH)
    if failure[0].isdigit():
        assert first.status_code == int(failure[:3])
        assert first.request_id == "r-7"


def test_what_a_caller_gets(snapshot: SnapshotAssertion):
    rows = [("failure", "error", "status", "request id", "retries", "body starts with")]
    for failure in FAILURES:
        seen = outcome(failure, "sync")
        body = seen.body_start if len(seen.body_start) <= 40 else f"{seen.body_start[:40]}…"
        rows.append(
            (
                failure,
                seen.error,
                *map(str, (seen.status_code, seen.request_id, seen.retries)),
                body,
            )
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    assert "\n".join(lines) == snapshot
