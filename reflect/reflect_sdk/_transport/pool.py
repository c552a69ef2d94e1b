"""
Connection pools, shared by clients: one for all threads, and one for each event loop.
"""

from __future__ import annotations

import os
import ssl
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

import httpx

from reflect_api.client import Client
from reflect_sdk._settings import Settings
from reflect_sdk._transport.certificates import tls_context
from reflect_sdk._transport.deadline import keep_deadline
from reflect_sdk._transport.delivery import ReliableAsyncClient, ReliableClient
from reflect_sdk._transport.proxies import proxy_to
from reflect_sdk._transport.retry import RetryPolicy
from reflect_sdk._transport.user_agent import user_agent
from reflect_sdk._types.errors import ClientClosedError

try:
    from reflect_sdk._transport.compiled import compiled_transport
except ImportError:  # The extra `speedups` is not installed.

    def compiled_transport(tls: ssl.SSLContext) -> httpx.AsyncBaseTransport | None:  # noqa: ARG001 - has the signature of what it stands for
        return None


LIMITS = httpx.Limits(max_connections=1_000, max_keepalive_connections=100)
"""
A thousand connections at once, as each wait for a trace may hold one.
"""

LONGEST_CALL = 60.0
"""How long closing waits for calls that are under way, in seconds."""

AnyClient = TypeVar("AnyClient", bound=Client)


class Pool:
    """
    The connections to one service: one pool for all threads, and one for each event loop.

    A process that was forked forgets the connections of its parent and makes its own.

    Args:
        settings: Where the service is, and how connections of its own lead there.
        http_client: Sends the synchronous requests; one of its own where None.
        async_http_client: Sends the asynchronous requests; one for each event loop where None.

    Attributes:
        proxy: The proxy that leads to the service; None where none does, or a given client may
            know one.

    Raises:
        InvalidArgumentError: If the proxy or the certificates cannot be used.
    """

    def __init__(
        self,
        settings: Settings,
        http_client: httpx.Client | None = None,
        async_http_client: httpx.AsyncClient | None = None,
    ) -> None:
        self._base_url = settings.base_url
        all_given = http_client is not None and async_http_client is not None
        self.proxy = None if all_given else proxy_to(self._base_url, settings.proxy)
        schemes = {httpx.URL(self._base_url).scheme, self._scheme_of_proxy()}
        self._tls = tls_context(settings.verify, needed="https" in schemes and not all_given)
        self._compilable = settings.verify is True and self.proxy is None
        self._is_closed = False
        self._http_client = http_client
        self._async_http_client = async_http_client
        user_agent()  # Reads a file, which no event loop should wait for.
        self._connect()
        _POOLS.add(self)

    def reliable(self, api: AnyClient, settings: Settings) -> AnyClient:
        """
        Put these connections, with retries, deadlines and typed errors, below a generated client.

        Args:
            api: The generated client, which must be of no other use yet.
            settings: How long and how hard to try.

        Returns:
            A client of the same kind.
        """
        timeout = settings.timeout
        phases = timeout if isinstance(timeout, httpx.Timeout) else httpx.Timeout(timeout)
        deadline = None if isinstance(timeout, httpx.Timeout) else float(timeout)
        policy = RetryPolicy(max_retries=settings.max_retries, deadline=deadline)
        api = api.with_timeout(phases)
        api.set_httpx_client(ReliableClient(self, policy))
        api.set_async_httpx_client(ReliableAsyncClient(self, policy))
        return api

    def client(self) -> httpx.Client:
        """
        Return the client that sends synchronous requests.
        """
        return self._connections.get_httpx_client()

    def async_client(self) -> httpx.AsyncClient:
        """
        Return the client that sends asynchronous requests on the running event loop.
        """
        return self._connections.get_async_httpx_client()

    @property
    def is_given(self) -> bool:
        """
        Whether any of the connections were given.
        """
        return self._http_client is not None or self._async_http_client is not None

    @contextmanager
    def call(self) -> Iterator[None]:
        """
        Note a call that is under way, which closing waits for.

        Raises:
            ClientClosedError: If the pool has been closed.
        """
        with self._idle:
            self.require_open()
            self._calls += 1
        try:
            yield
        finally:
            with self._idle:
                self._calls -= 1
                self._idle.notify_all()

    def require_open(self) -> None:
        """
        Make sure that calls may begin.

        Raises:
            ClientClosedError: If the pool has been closed.
        """
        if self._is_closed:
            raise ClientClosedError

    def close(self) -> None:
        """
        Let no further call begin, wait for those of threads that are under way, and close their
        connections, unless those were given.
        """
        with self._idle:
            self._is_closed = True
            self._idle.wait_for(lambda: self._calls == 0, LONGEST_CALL)
        if self._http_client is None:
            self._connections.close()

    async def aclose(self) -> None:
        """
        Close the connections of asynchronous calls on the running event loop, unless given.
        """
        if self._async_http_client is None:
            await self._connections.aclose()

    def forget(self) -> None:
        """
        Start anew without closing anything; for a process whose parent owns the connections.
        """
        self._inherited = self._connections
        self._connect()

    def _connect(self) -> None:
        self._idle = threading.Condition()
        self._calls = 0
        self._connections = _Connections(
            base_url=self._base_url, verify_ssl=self._tls, httpx_args=self._way()
        )
        if self._http_client is not None:
            self._connections.set_httpx_client(self._http_client)
        if self._async_http_client is not None:
            self._connections.set_async_httpx_client(self._async_http_client)
        self._connections.set_async_httpx_client_factory(self._client_of_loop)

    def _client_of_loop(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            base_url=self._base_url,
            verify=self._tls,
            transport=compiled_transport(self._tls) if self._compilable else None,
            **self._way(),
        )

    def _way(self) -> dict[str, Any]:
        """
        Return the arguments of httpx that say where connections lead; the environment says no more.
        """
        proxy = None if self.proxy is None else self.proxy.over(self._tls)
        return {"limits": LIMITS, "proxy": proxy, "trust_env": False}

    def _scheme_of_proxy(self) -> str:
        return "" if self.proxy is None else self.proxy.proxy.url.scheme


class _Connections(Client):
    def _build(self, kind: type[Any]) -> Any:
        client = super()._build(kind)
        return keep_deadline(client) if kind is httpx.Client else client


_POOLS: weakref.WeakSet[Pool] = weakref.WeakSet()


def _forget_all() -> None:
    for pool in list(_POOLS):
        pool.forget()


with suppress(AttributeError):  # Windows does not fork.
    os.register_at_fork(after_in_child=_forget_all)
