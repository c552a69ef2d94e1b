"""
A local HTTP server that answers as a test scripts it and keeps what it was asked.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TRACE: dict[str, Any] = {
    "id": "t1",
    "task": "Count the orders",
    "trajectory": [{"role": "user", "content": "Count the orders"}],
    "final_response": "42",
    "retrieved_memory_ids": ["m1"],
    "review_status": "reviewed",
    "ingest_status": "completed",
    "ingest_attempts": 1,
    "last_ingest_error": None,
    "model": "some-model",
    "metadata": {"run": {"id": 7}},
    "created_memory_id": "m2",
    "review": {
        "id": "r1",
        "trace_id": "t1",
        "result": "pass",
        "feedback_text": None,
        "mode": "inline",
    },
    "created_at": "2026-03-01T12:00:00Z",
}
MEMORY: dict[str, Any] = {
    "id": "m1",
    "task": "Count the customers",
    "reflection": "Leave the test accounts out.",
    "q_value": 0.65,
    "similarity": 0.8,
    "score": 0.7,
    "success": False,
    "key_mistake": "Counted test accounts.",
    "correct_action": "Filter on is_test.",
    "guidance": "Leave test accounts out of every count.",
}
RECEIPT = {"trace_id": "t1", "ingest_status": "queued"}


@dataclass
class Asked:
    """
    One request as it arrived.
    """

    method: str
    path: str
    headers: dict[str, str]
    body: Any
    peer: tuple[str, int]


@dataclass
class Answer:
    """
    One answer to give. A status of 0 closes the connection without one.
    """

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    cut: int = 0


@dataclass
class Scripted:
    """
    The running server.
    """

    url: str
    asked: list[Asked]
    answers: list[Answer]
    always: Callable[[Asked], Answer] | None = None

    def script(self, *answers: Answer) -> None:
        """
        Give these answers, one for each request, and the last one for all that follow.
        """
        self.answers[:] = answers


@contextmanager
def scripted_server() -> Iterator[Scripted]:
    """
    Run a scripted server on a free port.
    """
    lock = threading.Lock()
    state = Scripted(url="", asked=[], answers=[])

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            raw = self.rfile.read(length)
            asked = Asked(
                self.command,
                self.path,
                dict(self.headers.items()),
                json.loads(raw) if raw else None,
                self.client_address,
            )
            with lock:
                state.asked.append(asked)
                always = state.always
                if always is None:
                    answer = state.answers.pop(0) if len(state.answers) > 1 else state.answers[0]
            if always is not None:  # It may hold its answer, and not those to others.
                answer = always(asked)
            if answer.status == 0:
                self.close_connection = True
                return
            body = (
                answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
            )
            self.send_response(answer.status)
            headers = {"Content-Type": "application/json", **answer.headers}
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body) + answer.cut))
            self.end_headers()
            self.wfile.write(body)
            if answer.cut:
                self.close_connection = True

        do_GET = do_POST = do_PUT = do_DELETE = _answer  # noqa: N815 - the names that http.server calls

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as inherited
            pass

    class Server(ThreadingHTTPServer):
        request_queue_size = 128

        def handle_error(self, request: Any, client_address: Any) -> None:
            """
            Say nothing: clients that go away are part of the tests.
            """

    server = Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def raw_server(converse: Callable[[socket.socket, threading.Event], None]) -> Iterator[str]:
    """
    Run a server that handles each connection as told, outside of HTTP where that is the point.

    Args:
        converse: Handles one connection, in a thread of its own. The event is set when the test
            is over.
    """
    over = threading.Event()
    threads: list[threading.Thread] = []

    def serve(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            converse(connection, over)

    def accept() -> None:
        while True:
            connection, _ = listener.accept()
            if over.is_set():
                connection.close()
                return
            threads.append(threading.Thread(target=serve, args=(connection,)))
            threads[-1].start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
        acceptor = threading.Thread(target=accept)
        acceptor.start()
        try:
            yield f"http://127.0.0.1:{address[1]}"
        finally:
            over.set()
            socket.create_connection(address).close()
            acceptor.join()
            for thread in threads:
                thread.join()
