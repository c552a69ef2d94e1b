"""
Loading: requests that come before the service is put together are told so.
"""

from __future__ import annotations

import secrets
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope, Send

from reflect_server.errors import WarmingUpError
from reflect_server.http.problems import problem_response
from reflect_server.serving.connection import Connection

_DRAIN_SECONDS = 1
_STOP_SECONDS = 5.0


@contextmanager
def told_to_come_back(listener: socket.socket, *, after: float = 0.0) -> Iterator[None]:
    """
    Answer every request with 503 and the code `warming_up`, on a thread, for the length of a `with`
    block.

    Args:
        listener: A socket that listens; it stays open.
        after: From how many seconds on; whoever asks before waits for that long.
    """
    config = uvicorn.Config(
        _respond,
        http=Connection,
        loop="asyncio",
        lifespan="off",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_DRAIN_SECONDS,
    )
    # Where a thread loads a library while another one lists those that are loaded, as threadpoolctl
    # does, each waits for the other for ever; so all that the thread needs is loaded before.
    config.load()
    config.get_loop_factory()
    server = uvicorn.Server(config)
    loaded = threading.Event()

    def answer() -> None:
        if not loaded.wait(after):
            with listener.dup() as own:  # uvicorn below 0.39 leaves it open where it ends at once.
                server.run(sockets=[own])

    thread = threading.Thread(target=answer, name="reflect-loading", daemon=True)
    thread.start()
    try:
        yield
    finally:
        loaded.set()
        server.should_exit = True
        thread.join(_STOP_SECONDS)


async def _respond(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] != "http":
        return
    request_id = secrets.token_hex(8)
    try:
        async for _ in Request(scope, receive).stream():
            pass
    except ClientDisconnect:
        return
    error = WarmingUpError(
        "The service has been started and is still loading. Send the request again shortly."
    )
    path = scope["raw_path"].decode("latin-1")
    response = problem_response(error, instance=path, request_id=request_id)
    response.headers["X-Request-Id"] = request_id
    response.headers["Connection"] = "close"
    await response(scope, receive, send)
