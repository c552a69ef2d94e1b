"""
The clients that generated functions send their requests with.
"""

from __future__ import annotations

import contextlib
import copy
import ssl
import sys
import threading
from collections.abc import AsyncGenerator, Callable
from typing import TYPE_CHECKING, Any, Self, TypeVar

import httpx
from attrs import define, field

from .encoding import header_value

if TYPE_CHECKING:
    from .operation import OperationRequest
    from .types import Response

Parsed = TypeVar("Parsed")

DEFAULT_TIMEOUT = httpx.Timeout(60.0)
"""Seconds until a request that makes no progress ends with `httpx.TimeoutException`."""


class _Connections:
    """
    The httpx clients behind a `Client` and every copy of it.

    Args:
        build: Makes an httpx client of the given class.
    """

    def __init__(self, build: Callable[[type[Any]], Any]) -> None:
        self.build = build
        self.lock = threading.Lock()
        self.sync: httpx.Client | None = None
        self.injected_sync: httpx.Client | None = None
        self.injected_async: httpx.AsyncClient | None = None
        self.async_factory: Callable[[], httpx.AsyncClient] | None = None
        self.by_loop: dict[object, tuple[httpx.AsyncClient, AsyncGenerator[None]]] = {}

    def get(self) -> httpx.Client:
        if self.injected_sync is not None:
            return self.injected_sync
        with self.lock:
            client = self.sync or self.build(httpx.Client)
            self.sync = client
            return client

    def get_async(self) -> httpx.AsyncClient:
        if self.injected_async is not None:
            return self.injected_async
        loop = _running_loop()
        with self.lock:
            for known in list(self.by_loop):
                if getattr(known, "is_closed", bool)():
                    self.by_loop.pop(known, None)
            if loop not in self.by_loop:
                factory = self.async_factory
                client = factory() if factory else self.build(httpx.AsyncClient)
                self.by_loop[loop] = client, self._until_loop_ends(loop, client)
            return self.by_loop[loop][0]

    def _until_loop_ends(self, loop: object, client: httpx.AsyncClient) -> AsyncGenerator[None]:
        async def wait() -> AsyncGenerator[None]:
            try:
                yield
            finally:
                self.by_loop.pop(loop, None)
                await client.aclose()

        # A started asynchronous generator is finished by its event loop before the loop closes.
        generator = wait()
        with contextlib.suppress(StopIteration):
            generator.__anext__().send(None)
        return generator

    def close(self) -> None:
        with self.lock:
            client, self.sync = self.sync, None
        if client is not None:
            client.close()

    async def aclose(self) -> None:
        _, generator = self.by_loop.get(_running_loop(), (None, None))
        if generator is not None:
            await generator.aclose()


def _running_loop() -> object:
    trio = sys.modules.get("trio")
    if trio is not None and trio.lowlevel.in_trio_run():
        token: object = trio.lowlevel.current_trio_token()
        return token
    # Costs a tenth of the import of httpx, which synchronous programs need not pay.
    import asyncio  # noqa: PLC0415 - only asynchronous callers pay for it

    return asyncio.get_running_loop()


def _without_userinfo(url: str) -> str:
    return repr(str(httpx.URL(url).copy_with(userinfo=b"")))


@define(eq=False)
class Client:
    """
    Sends requests without a credential.

    Safe to share between threads, and between event loops, one after the other or at the same time:
    each loop gets its own connections, which end with the loop. A process that is forked needs a
    client of its own. `with client:` and `async with client:` close the connections at their end;
    the client can be used again.

    Args:
        base_url: The address of the server.
        raise_on_unexpected_status: Whether the `*_detailed` functions raise `UnexpectedStatus` for
            a status that the contract does not know; they return `parsed=None` otherwise.
        cookies: Sent with every request.
        headers: Sent with every request.
        timeout: The time limits of a request, in seconds; 60 where not given, none where None.
        verify_ssl: Whether and how to verify the server's certificate, as `httpx.Client` takes it.
        follow_redirects: Whether to follow redirects. The token never follows to another host.
        httpx_args: Further arguments of `httpx.Client` and `httpx.AsyncClient`.
    """

    raise_on_unexpected_status: bool = field(default=True, kw_only=True)
    _base_url: str = field(alias="base_url", repr=_without_userinfo)
    _cookies: dict[str, str] = field(factory=dict, kw_only=True, alias="cookies", repr=False)
    _headers: dict[str, str] = field(factory=dict, kw_only=True, alias="headers", repr=False)
    _timeout: httpx.Timeout | None = field(default=DEFAULT_TIMEOUT, kw_only=True, alias="timeout")
    _verify_ssl: str | bool | ssl.SSLContext = field(
        default=True, kw_only=True, alias="verify_ssl", repr=False
    )
    _follow_redirects: bool = field(default=False, kw_only=True, alias="follow_redirects")
    _httpx_args: dict[str, Any] = field(factory=dict, kw_only=True, alias="httpx_args", repr=False)
    _connections: _Connections = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        """
        Prepare the connections; none is opened yet.
        """
        self._connections = _Connections(self._build)

    def _build(self, kind: type[Any]) -> Any:
        return kind(
            base_url=self._base_url,
            timeout=DEFAULT_TIMEOUT,
            verify=self._verify_ssl,
            follow_redirects=self._follow_redirects,
            **self._httpx_args,
        )

    def _copy(self, **changes: Any) -> Self:
        copied = copy.copy(self)
        for name, value in changes.items():
            setattr(copied, name, value)
        return copied

    def _authorize(self, request: httpx.Request, *, secured: bool) -> None:
        """
        Add the credential to a request; a client without one leaves it as it is.
        """

    def _prepare(
        self, http: httpx.Client | httpx.AsyncClient, arguments: dict[str, Any], *, secured: bool
    ) -> httpx.Request:
        url = arguments["url"]
        headers = {**self._headers, **arguments.get("headers", {})}
        request = http.build_request(
            **{
                **arguments,
                "url": url if str(http.base_url) else f"{self._base_url.rstrip('/')}{url}",
                "headers": {name: header_value(name, headers[name]) for name in headers},
                "cookies": {**self._cookies, **arguments.get("cookies", {})} or None,
                "timeout": httpx.USE_CLIENT_DEFAULT
                if self._timeout is DEFAULT_TIMEOUT
                else self._timeout,
            }
        )
        self._authorize(request, secured=secured)
        return request

    def _options(self, *, secured: bool, redirectable: bool) -> dict[str, Any]:
        options: dict[str, Any] = {} if secured else {"auth": None}
        return options if redirectable else {**options, "follow_redirects": False}

    def perform(self, request: OperationRequest[Parsed, Any]) -> Response[Parsed]:
        """
        Send the request of an operation and return its answer in full.

        Args:
            request: The request, as the function `request` of the operation's module makes it.

        Raises:
            InvalidArgumentError: A credential or another header cannot be sent.
            DecodeError: The answer reports success but does not follow the contract.
            StatusError: The answer has a documented error status and a body of another shape.
            UnexpectedStatus: The contract does not know the status, and
                `raise_on_unexpected_status` is true.
            httpx.HTTPError: No answer came.
        """
        operation = request.operation
        answer = self.send(
            request.arguments, secured=operation.secured, redirectable=operation.redirectable
        )
        return request.read(answer, strict=self.raise_on_unexpected_status)

    async def aperform(self, request: OperationRequest[Parsed, Any]) -> Response[Parsed]:
        """
        Do what `perform` does, asynchronously.
        """
        operation = request.operation
        answer = await self.asend(
            request.arguments, secured=operation.secured, redirectable=operation.redirectable
        )
        return request.read(answer, strict=self.raise_on_unexpected_status)

    def send(
        self, arguments: dict[str, Any], *, secured: bool, redirectable: bool = True
    ) -> httpx.Response:
        """
        Send the request of a generated function.

        Args:
            arguments: The arguments of `httpx.Client.build_request`.
            secured: Whether the operation asks for the credential.
            redirectable: Whether the request may follow a redirect, where the client follows any.

        Raises:
            InvalidArgumentError: A credential or another header cannot be sent.
            httpx.HTTPError: The request could not be sent, or no answer came.
        """
        http = self.get_httpx_client()
        request = self._prepare(http, arguments, secured=secured)
        return http.send(request, **self._options(secured=secured, redirectable=redirectable))

    async def asend(
        self, arguments: dict[str, Any], *, secured: bool, redirectable: bool = True
    ) -> httpx.Response:
        """
        Do what `send` does, asynchronously.
        """
        http = self.get_async_httpx_client()
        request = self._prepare(http, arguments, secured=secured)
        return await http.send(request, **self._options(secured=secured, redirectable=redirectable))

    def with_headers(self, headers: dict[str, str]) -> Self:
        """
        Return a client with further headers, over the same connections; this one stays as it is.
        """
        return self._copy(_headers={**self._headers, **headers})

    def with_cookies(self, cookies: dict[str, str]) -> Self:
        """
        Return a client with further cookies, over the same connections; this one stays as it is.
        """
        return self._copy(_cookies={**self._cookies, **cookies})

    def with_timeout(self, timeout: httpx.Timeout | None) -> Self:
        """
        Return a client with other time limits, over the same connections; this one stays as it is.
        """
        return self._copy(_timeout=timeout)

    def set_httpx_client(self, client: httpx.Client) -> Self:
        """
        Send requests with a given httpx client from now on.

        Its own base address, time limits and transport hold; headers, cookies and credentials of
        this client are added to each request. Every copy of this client uses it as well. Closing
        this client leaves it open and in use.
        """
        self._connections.injected_sync = client
        return self

    def get_httpx_client(self) -> httpx.Client:
        """
        Return the httpx client, making it at the first call.
        """
        return self._connections.get()

    def set_async_httpx_client(self, async_client: httpx.AsyncClient) -> Self:
        """
        Send asynchronous requests with a given httpx client from now on, in every event loop.

        What holds for `set_httpx_client` holds here. An httpx client works in one event loop alone;
        see `set_async_httpx_client_factory` for several.
        """
        self._connections.injected_async = async_client
        return self

    def set_async_httpx_client_factory(self, factory: Callable[[], httpx.AsyncClient]) -> Self:
        """
        Have the httpx client of each event loop made by a function from now on.

        It is called once in each loop, at the first request there; what it returns is closed with
        the loop.
        """
        self._connections.async_factory = factory
        return self

    def get_async_httpx_client(self) -> httpx.AsyncClient:
        """
        Return the httpx client of the running event loop, making it at the first call there.

        Raises:
            RuntimeError: No event loop runs and no client was set.
        """
        return self._connections.get_async()

    def close(self) -> None:
        """
        Close the connections of synchronous calls.
        """
        self._connections.close()

    async def aclose(self) -> None:
        """
        Close the connections of asynchronous calls in the running event loop.
        """
        await self._connections.aclose()

    def __enter__(self) -> Self:
        """
        Return the client itself.
        """
        return self

    def __exit__(self, *exc_info: object) -> None:
        """
        Close the connections of synchronous calls.
        """
        self.close()

    async def __aenter__(self) -> Self:
        """
        Return the client itself.
        """
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        """
        Close the connections of asynchronous calls in the running event loop.
        """
        await self.aclose()


@define(eq=False)
class AuthenticatedClient(Client):
    """
    Sends a token with the requests that need one, and only with those.

    Args:
        token: The token; never shown.
        prefix: What stands before the token in the header; nothing where empty.
        auth_header_name: The header that carries the token. With another one than `Authorization`,
            requests that carry it are not redirected.
    """

    token: str = field(repr=False)
    prefix: str = "Bearer"
    auth_header_name: str = "Authorization"

    def _authorize(self, request: httpx.Request, *, secured: bool) -> None:
        if secured:
            credential = f"{self.prefix} {self.token}" if self.prefix else self.token
            request.headers[self.auth_header_name] = header_value(self.auth_header_name, credential)
        elif self.auth_header_name in request.headers:
            del request.headers[self.auth_header_name]

    def _options(self, *, secured: bool, redirectable: bool) -> dict[str, Any]:
        standard = self.auth_header_name.lower() == "authorization"
        return super()._options(
            secured=secured, redirectable=redirectable and (standard or not secured)
        )
