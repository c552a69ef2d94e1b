"""
An endpoint that speaks OpenAI's API on this machine and answers as a test says.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LESSON = {
    "summary": "The refund failed at first, as the order was still open.",
    "key_mistake": "The agent refunded before it closed the order.",
    "correct_action": "close_order, then refund.",
    "guidance": "Close an order before you refund it, because open orders refuse refunds.",
    "applicable_tools": ["close_order", "refund"],
}


@dataclass(frozen=True)
class Reply:
    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: Iterable[bytes] | None = None
    """What is sent instead of all that, piece by piece."""


def says(text: str | None, *, finish_reason: str = "stop") -> Reply:
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "finish_reason": finish_reason, "message": message}
    head = {"id": "1", "object": "chat.completion", "created": 1, "model": "scripted"}
    return Reply(body={**head, "choices": [choice]})


def writes(**changes: Any) -> Reply:
    return says(json.dumps({**LESSON, **changes}))


def fails(status: int, message: str = "No.", **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, {"error": {"message": message}}, named)


def drips(beginning: bytes, until: threading.Event) -> Reply:
    """
    Begin an answer, and send a byte every now and then until the client has gone or all is over.
    """

    def pieces() -> Iterator[bytes]:
        yield beginning
        while not until.wait(0.02):
            yield b" "

    return Reply(raw=pieces())


class Endpoint(ThreadingHTTPServer):
    """
    Gives each request to `act` and sends what that returns; None ends the connection.
    """

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, act: Callable[[dict[str, Any]], Reply | None], port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.act = act
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str | None] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """
        Say nothing of clients that have gone.
        """


class _Handler(BaseHTTPRequestHandler):
    server: Endpoint
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append(body)
        self.server.keys.append(self.headers["Authorization"])
        reply = self.server.act(body)
        if reply is None:
            self.close_connection = True
            return
        if reply.raw is not None:
            self._send(reply.raw)
            return
        data = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        with suppress(OSError):
            self.send_response(reply.status)
            for name, value in {"Content-Type": "application/json", **reply.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    def _send(self, pieces: Iterable[bytes]) -> None:
        self.close_connection = True
        with suppress(OSError):
            for piece in pieces:
                self.wfile.write(piece)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        pass


@contextmanager
def endpoint(
    act: Callable[[dict[str, Any]], Reply | None] | Reply, *, port: int = 0
) -> Iterator[Endpoint]:
    with Endpoint(act if callable(act) else lambda _: act, port) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def told(request: Mapping[str, Any], role: str = "user") -> str:
    """
    Return what a chat request says in a role.
    """
    texts = [message["content"] for message in request["messages"] if message["role"] == role]
    return "\n".join(texts)
