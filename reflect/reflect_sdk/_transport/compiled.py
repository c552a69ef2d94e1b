"""
A compiled transport below httpx, for many asynchronous calls at once (the extra `speedups`).

Everything above it stays as it is: redirects, time limits, cancellation and errors are those of
httpx.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import ssl
import sys
import time
from collections.abc import AsyncIterator, Awaitable
from contextlib import suppress
from functools import cache
from typing import TypeVar

import anyio
import httpx
import pyreqwest
from pyreqwest import exceptions
from pyreqwest.bytes import Bytes
from pyreqwest.client import ClientBuilder
from pyreqwest.request import StreamRequest
from pyreqwest.response import Response

if pyreqwest.__version__.split(".")[:2] not in (["0", "14"], ["0", "15"]):
    raise ImportError(f"pyreqwest {pyreqwest.__version__} is none that this was tested with.")

T = TypeVar("T")

_MOST_CONNECTIONS = 1_000
_SECONDS_AT_EXIT = 0.05
_NOT_CONNECTED = "client error (Connect)"
_NOT_TRUSTED = "invalid peer certificate"
_ERRORS: dict[type[exceptions.PyreqwestError], type[httpx.RequestError]] = {
    exceptions.ConnectTimeoutError: httpx.ConnectTimeout,
    exceptions.PoolTimeoutError: httpx.PoolTimeout,
    exceptions.RequestTimeoutError: httpx.ReadTimeout,
    exceptions.ConnectError: httpx.ConnectError,
    exceptions.WriteError: httpx.WriteError,
    exceptions.ReadError: httpx.ReadError,
    exceptions.NetworkError: httpx.NetworkError,
}


def compiled_transport(tls: ssl.SSLContext) -> httpx.AsyncBaseTransport | None:
    """
    Return a new transport for the running event loop, or None where it would not do as httpx's.

    It does not under another event loop than asyncio's, in a forked process, and on a machine
    without certificates of its own. It knows no proxy.

    Args:
        tls: For the requests that are left to httpx.
    """
    trio = sys.modules.get("trio")
    elsewhere = trio is not None and trio.lowlevel.in_trio_run()
    if elsewhere or _FORKED:
        return None
    try:
        return CompiledTransport(tls)
    except exceptions.BuilderError:
        return None


class CompiledTransport(httpx.AsyncBaseTransport):
    """
    Sends requests with pyreqwest; those with time limits of their own for each phase, and those
    that it refuses, with httpx.

    Args:
        tls: For the requests that are left to httpx.
    """

    def __init__(self, tls: ssl.SSLContext) -> None:
        builder = ClientBuilder().http1_only().follow_redirects(enable=False).referer(enable=False)
        builder = builder.gzip(enable=False).deflate(enable=False).brotli(enable=False)
        builder = builder.zstd(enable=False).max_connections(_MOST_CONNECTIONS).no_proxy()
        self._client = builder.build()
        _let_rust_finish_at_exit()
        self._by_phases = httpx.AsyncHTTPTransport(verify=tls)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """
        Send a request, and return its answer as soon as the headers are there.
        """
        limits: dict[str, float | None] = request.extensions.get("timeout", {})
        if len(set(limits.values())) > 1:
            return await self._by_phases.handle_async_request(request)
        seconds = limits.get("read")
        try:
            builder = self._client.request(request.method, str(request.url))
            builder = builder.headers(request.headers.multi_items())
        except ValueError:  # An address or a header that it does not take; httpx may, or says why.
            return await self._by_phases.handle_async_request(request)
        builder = builder.body_bytes(await request.aread()).streamed_read_buffer_limit(0)
        exchange = builder.build_streamed()
        with anyio.move_on_after(seconds):
            response = await _as_httpx_does(exchange.__aenter__())
            return httpx.Response(
                response.status,
                headers=list(response.headers.items()),
                stream=_Body(exchange, response, seconds),
            )
        raise httpx.ReadTimeout("no answer in time")

    async def aclose(self) -> None:
        """
        Close all connections.
        """
        await self._by_phases.aclose()
        await self._client.close()


@cache
def _let_rust_finish_at_exit() -> None:
    """
    Have the interpreter's end wait a moment.

    The thread that brought the last answer may still want the interpreter's lock. To get it while
    the interpreter is taken down aborts the process, so it is given the time to get it before.
    """
    atexit.register(time.sleep, _SECONDS_AT_EXIT)


class _Body(httpx.AsyncByteStream):
    def __init__(self, exchange: StreamRequest, response: Response, seconds: float | None) -> None:
        self._exchange = exchange
        self._reader = response.body_reader
        self._seconds = seconds

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while (chunk := await self._next_chunk()) is not None:
            yield bytes(chunk)

    async def _next_chunk(self) -> Bytes | None:
        with anyio.move_on_after(self._seconds):
            return await _as_httpx_does(self._reader.read_chunk())
        raise httpx.ReadTimeout("the answer stopped")

    async def aclose(self) -> None:
        await self._exchange.__aexit__(None, None, None)


async def _as_httpx_does(awaitable: Awaitable[T]) -> T:
    """
    Await something of pyreqwest; failures are those of httpx.

    It runs as a task of its own, because pyreqwest loses a cancellation that comes together with
    its result, and raises another error for one that does not.
    """
    work = asyncio.ensure_future(awaitable)
    try:
        return await asyncio.shield(work)
    except exceptions.PyreqwestError as error:
        failed = _error_of_httpx(error)
        untrusted = str(failed).startswith(_NOT_TRUSTED)
        raise failed from (ssl.SSLCertVerificationError(str(failed)) if untrusted else error)
    finally:
        work.cancel()


def _error_of_httpx(error: exceptions.PyreqwestError) -> httpx.RequestError:
    """
    Translate an error. A connection that breaks before an answer is a `ConnectError` too for
    pyreqwest; for httpx, and for whoever wants to send again, it is one only where none was made.
    """
    causes = [cause["message"] for cause in getattr(error, "details", {}).get("causes", ())]
    kinds = (_ERRORS[kind] for kind in type(error).__mro__ if kind in _ERRORS)
    kind = next(kinds, httpx.RemoteProtocolError)
    if kind is httpx.ConnectError and _NOT_CONNECTED not in causes:
        kind = httpx.ReadError
    return kind(causes[-1] if causes else str(error))


_FORKED: list[bool] = []

with suppress(AttributeError):  # Windows does not fork.
    # The threads that do the work of pyreqwest stay with the parent.
    os.register_at_fork(after_in_child=lambda: _FORKED.append(True))
