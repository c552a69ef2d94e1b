"""
Deadlines of blocking calls, kept by every read and write on their connections.

httpx bounds each read for itself, so a service that drips one byte after the other would never be
out of time. Here every read and write of a synchronous call gets what is left of the call's time.
(An asynchronous call is cancelled at its deadline and needs none of this.)
"""

from __future__ import annotations

import math
import socket
import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any

import httpcore
import httpx

_END: ContextVar[float] = ContextVar("end", default=math.inf)

_SLICE = 16_384

_SocketOption = (
    tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]
)


@contextmanager
def ends_after(seconds: float | None) -> Iterator[None]:
    """
    Bound what this thread does with connections that keep a deadline.

    Args:
        seconds: From now; no bound where None.
    """
    token = _END.set(math.inf if seconds is None else time.monotonic() + seconds)
    try:
        yield
    finally:
        _END.reset(token)


def keep_deadline(client: httpx.Client) -> httpx.Client:
    """
    Make the connections of a client, those over proxies included, keep the deadline.

    httpx has no public way to reach them; where its inside is not as known, each operation is
    bounded for itself, as it always is with httpx.

    Args:
        client: The client, which has no connection yet.

    Returns:
        The same client.
    """
    for transport in (client._transport, *client._mounts.values()):  # noqa: SLF001 - httpx has no public place for it
        pool = getattr(transport, "_pool", None)
        backend = getattr(pool, "_network_backend", None)
        if isinstance(backend, httpcore.NetworkBackend):
            pool._network_backend = _Backend(backend)  # type: ignore[union-attr]  # noqa: SLF001 - httpx has no public place for it
    return client


def _left(timeout: float | None, out_of_time: type[httpcore.TimeoutException]) -> float | None:
    end = _END.get()
    if end == math.inf:
        return timeout
    left = end - time.monotonic()
    if left <= 0:
        raise out_of_time("timed out")
    return left if timeout is None else min(timeout, left)


class _Stream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        # What is below bounds each of its sends, and takes as many as the other side likes.
        for start in range(0, len(buffer), _SLICE):
            left = _left(timeout, httpcore.WriteTimeout)
            self._stream.write(buffer[start : start + _SLICE], left)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = _left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Backend(httpcore.NetworkBackend):
    def __init__(self, backend: httpcore.NetworkBackend) -> None:
        self._backend = backend

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[_SocketOption] | None = None,
    ) -> httpcore.NetworkStream:
        *others, last = _addresses(host, port)
        for address in others:
            left = _left(timeout, httpcore.ConnectTimeout)
            with suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                return _Stream(
                    self._backend.connect_tcp(address, port, left, local_address, socket_options)
                )
        left = _left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._backend.connect_tcp(last, port, left, local_address, socket_options))


def _addresses(host: str, port: int) -> list[str]:
    """
    Look up the addresses of a host, as what is below would give each of them the whole time.

    Looking them up is the one step of a call that cannot be bounded.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return [host]  # What is below finds the same, and says so.
    return [str(address[0]) for *_, address in found] or [host]
