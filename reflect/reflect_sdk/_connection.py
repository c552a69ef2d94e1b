"""
The part of the client that holds connections and drives flows.
"""

from __future__ import annotations

import asyncio
import importlib
import math
import os
import ssl
import time
from collections.abc import Callable
from functools import cache
from types import ModuleType
from typing import Any, Self, TypeVar

import httpx

from reflect_api.client import AuthenticatedClient, Client
from reflect_api.errors import InvalidArgumentError
from reflect_sdk._drivers import run, run_async
from reflect_sdk._flows import LONGEST_HOLD, Effect, Flow, Flows, Pause
from reflect_sdk._http import ReliableAsyncClient, ReliableClient
from reflect_sdk._retry import RetryPolicy

HOSTED_URL = "https://api.starlight-search.com"
DEFAULT_PROJECT = "default"
DEFAULT_TIMEOUT = 60.0

T = TypeVar("T")
Method = TypeVar("Method", bound=Callable[..., object])
AnyClient = TypeVar("AnyClient", bound=Client)


def twin_of(method: Callable[..., object]) -> Callable[[Method], Method]:
    """
    Give an asynchronous method the documentation of its synchronous twin.
    """

    def document(twin: Method) -> Method:
        twin.__doc__ = method.__doc__
        return twin

    return document


class Connection:
    """
    Pooled connections to one service, and the project that calls go to.

    Args:
        base_url: Address of the service.
        api_key: Plaintext API key.
        project_id: The project; `default` where None.
        timeout: Seconds that a call may take in all, or an `httpx.Timeout` for its phases.

    Raises:
        InvalidArgumentError: If an argument cannot be used.
    """

    def __init__(
        self,
        *,
        base_url: str = HOSTED_URL,
        api_key: str,
        project_id: str | None = None,
        timeout: float | httpx.Timeout = DEFAULT_TIMEOUT,
    ) -> None:
        self.base_url = checked_base_url(base_url)
        self.project_id = _checked_project(project_id)
        self.timeout = _checked_timeout(timeout)
        low_level = AuthenticatedClient(base_url=self.base_url, token=_checked_key(api_key))
        self.api = reliable(low_level, self.base_url, self.timeout)
        self._flows = Flows(project_id=self.project_id, longest_hold=_longest_hold(self.timeout))

    api: AuthenticatedClient
    """
    The low-level client, for endpoints that have no method here: hand it to any function below
    `reflect_api.api`. Pool, authentication, retries, deadlines and errors are the same.
    """

    @classmethod
    def from_env(cls, *, timeout: float | httpx.Timeout = DEFAULT_TIMEOUT) -> Self:
        """
        Create a client from `REFLECT_API_URL`, `REFLECT_API_KEY` and `REFLECT_PROJECT_ID`.

        Args:
            timeout: As for the constructor.

        Returns:
            A client. Without `REFLECT_API_URL` it uses the hosted service, without
            `REFLECT_PROJECT_ID` the project `default`.

        Raises:
            InvalidArgumentError: If `REFLECT_API_KEY` is not set, or a value cannot be used.
        """
        api_key = os.environ.get("REFLECT_API_KEY")
        if not api_key:
            raise InvalidArgumentError(
                "REFLECT_API_KEY is not set. Set it to your API key, or pass api_key to "
                "ReflectClient."
            )
        return cls(
            base_url=os.environ.get("REFLECT_API_URL") or HOSTED_URL,
            api_key=api_key,
            project_id=os.environ.get("REFLECT_PROJECT_ID") or None,
            timeout=timeout,
        )

    def close(self) -> None:
        """
        Close the connections of synchronous calls. The client can be used again afterwards.
        """
        self.api.close()

    async def aclose(self) -> None:
        """
        Close the connections of asynchronous calls on the running event loop.
        """
        await self.api.aclose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self.base_url!r}, project_id={self.project_id!r})"

    def _run(self, flow: Flow[T]) -> T:
        return drive(flow, self.api)

    async def _run_async(self, flow: Flow[T]) -> T:
        return await drive_async(flow, self.api)


def drive(flow: Flow[T], api: Client) -> T:
    """
    Drive a flow with synchronous calls.
    """

    def perform(effect: Effect) -> object:
        if isinstance(effect, Pause):
            time.sleep(effect.seconds)
            return None
        return _endpoint(effect.endpoint).sync_detailed(client=api, **effect.arguments)

    return run(flow, perform)


async def drive_async(flow: Flow[T], api: Client) -> T:
    """
    Drive a flow with asynchronous calls.
    """

    async def perform(effect: Effect) -> object:
        if isinstance(effect, Pause):
            await asyncio.sleep(effect.seconds)
            return None
        return await _endpoint(effect.endpoint).asyncio_detailed(client=api, **effect.arguments)

    return await run_async(flow, perform)


def reliable(api: AnyClient, base_url: str, timeout: float | httpx.Timeout) -> AnyClient:
    """
    Put connections with retries, deadlines and typed errors below a generated client.

    Args:
        api: The generated client; changed in place and returned.
        base_url: Address of the service.
        timeout: As for `Connection`.
    """
    policy = RetryPolicy().with_deadline(timeout)
    tls = _tls_context(base_url)
    options: dict[str, Any] = {"base_url": base_url, "timeout": timeout, "verify": tls}
    api.set_httpx_client(ReliableClient(policy=policy, **options))
    api.set_async_httpx_client_factory(lambda: ReliableAsyncClient(policy=policy, **options))
    return api


def checked_base_url(base_url: str) -> str:
    """
    Return the address without a slash at its end.

    Raises:
        InvalidArgumentError: If it is no address of a web service.
    """
    expected = "base_url must be an address such as http://localhost:8000"
    try:
        url = httpx.URL(base_url)
    except (httpx.InvalidURL, TypeError) as error:
        raise InvalidArgumentError(f"{expected}, found {base_url!r}.") from error
    if url.scheme not in {"http", "https"} or not url.host:
        raise InvalidArgumentError(f"{expected}, found {base_url!r}.")
    if url.userinfo:
        raise InvalidArgumentError("base_url must not hold a user name or password.")
    return base_url.rstrip("/")


def _checked_timeout(timeout: float | httpx.Timeout) -> float | httpx.Timeout:
    if isinstance(timeout, httpx.Timeout):
        return timeout
    usable = isinstance(timeout, int | float) and not isinstance(timeout, bool)
    if not usable or not 0 < timeout < math.inf:
        raise InvalidArgumentError(
            f"timeout must be a number of seconds above 0 or an httpx.Timeout, found {timeout!r}."
        )
    return timeout


def _checked_key(api_key: str) -> str:
    if not isinstance(api_key, str) or not api_key.isascii() or not api_key.isprintable():
        raise InvalidArgumentError("api_key must be a string of printable ASCII characters.")
    if not api_key or " " in api_key:
        raise InvalidArgumentError("api_key must not be empty or hold blanks.")
    return api_key


def _checked_project(project_id: str | None) -> str:
    if project_id is None:
        return DEFAULT_PROJECT
    if not isinstance(project_id, str) or project_id.strip() in {"", ".", ".."}:
        raise InvalidArgumentError(
            f"project_id must be a name other than '.' and '..', found {project_id!r}. "
            f"Leave it out for the project {DEFAULT_PROJECT!r}."
        )
    return project_id


def _longest_hold(timeout: float | httpx.Timeout) -> int:
    bound = timeout.read if isinstance(timeout, httpx.Timeout) else timeout
    return LONGEST_HOLD if bound is None else min(LONGEST_HOLD, math.floor(bound / 2))


def _tls_context(base_url: str) -> ssl.SSLContext:
    """
    Make the one TLS context of a client; without certificates, and so at no cost, for plain HTTP.
    """
    if base_url.startswith("https:"):
        return httpx.create_ssl_context()
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@cache
def _endpoint(name: str) -> ModuleType:
    return importlib.import_module(f"reflect_api.api.{name}")
