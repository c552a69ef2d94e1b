"""
Construction and lifecycle of a client: its settings, its connection pool, and closing it.
"""

from __future__ import annotations

import copy
import math
import os
import ssl
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Self, TypeVar

import httpx
from attrs import evolve

from reflect_api.client import AuthenticatedClient
from reflect_api.errors import InvalidArgumentError
from reflect_sdk._client.sending import connect, send, send_async
from reflect_sdk._flows.operations import LONGEST_HOLD, Flows
from reflect_sdk._settings import (
    DEFAULT_PROJECT,
    DEFAULT_RETRIES,
    DEFAULT_TIMEOUT,
    HOSTED_URL,
    Settings,
    checked_key,
    checked_timeout,
)
from reflect_sdk._spool import Spool
from reflect_sdk._transport.effects import Flow, drive, drive_async

if TYPE_CHECKING:
    from reflect_sdk._transport.pool import Pool

T = TypeVar("T")
Method = TypeVar("Method", bound=Callable[..., object])


def twin_of(method: Callable[..., object]) -> Callable[[Method], Method]:
    """
    Give an asynchronous method the documentation of its synchronous twin.

    Its own line is what editors show, which read the source without running it.
    """

    def document(twin: Method) -> Method:
        twin.__doc__ = method.__doc__
        return twin

    return document


class Connection:
    """
    Pooled connections to one service, and the project that calls go to; see `ReflectClient`.
    """

    def __init__(
        self,
        *,
        base_url: str = HOSTED_URL,
        api_key: str,
        project_id: str | None = None,
        timeout: float | httpx.Timeout = DEFAULT_TIMEOUT,
        max_retries: int = DEFAULT_RETRIES,
        strict: bool = False,
        spool_dir: str | os.PathLike[str] | None = None,
        verify: bool | str | os.PathLike[str] | ssl.SSLContext = True,
        proxy: str | httpx.URL | httpx.Proxy | None = None,
        default_headers: Mapping[str, str] | None = None,
        http_client: httpx.Client | None = None,
        async_http_client: httpx.AsyncClient | None = None,
    ) -> None:
        settings = Settings(
            base_url=base_url,
            project_id=project_id,
            timeout=timeout,
            max_retries=max_retries,
            strict=strict,
            spool_dir=spool_dir,
            verify=verify,
            proxy=proxy,
            default_headers=default_headers,
        )
        api_key = checked_key(api_key)
        self._configure(settings, api_key, connect(settings, http_client, async_http_client))

    api: AuthenticatedClient
    """
    The low-level client, for endpoints that have no method here: hand it to any function below
    `reflect_api.api`. Pool, authentication, retries, deadlines and errors are the same.
    """

    def _configure(
        self, settings: Settings, api_key: str, pool: Pool, *, shared: bool = False
    ) -> None:
        folder = settings.spool_dir
        self._shared = shared
        self._settings = settings
        self._api_key = api_key
        self._pool = pool
        self.api = self._api_within(settings)
        self._flows = Flows(
            project_id=self.project_id,
            longest_hold=_longest_hold(settings.timeout),
            strict=settings.strict,
            spool=None if folder is None else Spool(folder, settings.base_url),
        )

    def _api_within(self, settings: Settings) -> AuthenticatedClient:
        headers = dict(settings.default_headers)
        api = AuthenticatedClient(base_url=settings.base_url, token=self._api_key, headers=headers)
        return self._pool.reliable(api, settings)

    @property
    def base_url(self) -> str:
        """
        Address of the service, without a slash at its end.
        """
        return self._settings.base_url

    @property
    def project_id(self) -> str:
        """
        The project that calls go to.
        """
        return self._settings.project_id or DEFAULT_PROJECT

    def with_options(
        self,
        *,
        timeout: float | httpx.Timeout | None = None,
        max_retries: int | None = None,
        project_id: str | None = None,
        api_key: str | None = None,
    ) -> Self:
        """
        Return a client with other options over the same connections; this one stays as it is.

        The connections are closed with this client, not with the one that is returned.

        Args:
            timeout: As for the constructor; this client's where None.
            max_retries: As for the constructor; this client's where None.
            project_id: As for the constructor; this client's where None.
            api_key: As for the constructor; this client's where None.

        Returns:
            The other client.

        Raises:
            InvalidArgumentError: If an argument cannot be used.

        Example:
            >>> patient = client.with_options(timeout=300, max_retries=5)
        """
        changes: dict[str, Any] = {
            "timeout": timeout,
            "max_retries": max_retries,
            "project_id": project_id,
        }
        given = {name: value for name, value in changes.items() if value is not None}
        settings = evolve(self._settings, **given)
        key = self._api_key if api_key is None else checked_key(api_key)
        other = copy.copy(self)
        other._configure(settings, key, self._pool, shared=True)  # noqa: SLF001 - of its kind
        return other

    @classmethod
    def from_env(
        cls,
        *,
        timeout: float | httpx.Timeout = DEFAULT_TIMEOUT,
        max_retries: int = DEFAULT_RETRIES,
        strict: bool = False,
        spool_dir: str | os.PathLike[str] | None = None,
        verify: bool | str | os.PathLike[str] | ssl.SSLContext = True,
        proxy: str | httpx.URL | httpx.Proxy | None = None,
        default_headers: Mapping[str, str] | None = None,
        http_client: httpx.Client | None = None,
        async_http_client: httpx.AsyncClient | None = None,
    ) -> Self:
        """
        Create a client from `REFLECT_API_URL`, `REFLECT_API_KEY` and `REFLECT_PROJECT_ID`.

        Args:
            timeout: As for the constructor, and so are all others; 60 seconds by default.
            max_retries: How often a request is tried again at the most; 2 by default.
            strict: Whether `trace` raises when the service cannot be reached; off by default.
            spool_dir: Folder for runs that cannot be recorded; none by default.
            verify: Which certificates are trusted; as the environment says by default.
            proxy: The proxy that leads to the service; as the environment says where None.
            default_headers: Sent with every request; none by default.
            http_client: Sends the synchronous requests; one of the client's own where None.
            async_http_client: Sends the asynchronous requests; one of the client's own where None.

        Returns:
            A client. Without `REFLECT_API_URL` it uses the hosted service, without
            `REFLECT_PROJECT_ID` the project `default`.

        Raises:
            InvalidArgumentError: If `REFLECT_API_KEY` is not set, or a value cannot be used.

        Example:
            >>> with ReflectClient.from_env() as client:
            ...     print(client.health())
        """
        api_key = os.environ.get("REFLECT_API_KEY")
        if not api_key:
            raise InvalidArgumentError(
                "REFLECT_API_KEY is not set. Set it to your API key, which a server of your own "
                "shows at its first start, or pass api_key to ReflectClient."
            )
        return cls(
            base_url=os.environ.get("REFLECT_API_URL") or HOSTED_URL,
            api_key=api_key,
            project_id=os.environ.get("REFLECT_PROJECT_ID") or None,
            timeout=timeout,
            max_retries=max_retries,
            strict=strict,
            spool_dir=spool_dir,
            verify=verify,
            proxy=proxy,
            default_headers=default_headers,
            http_client=http_client,
            async_http_client=async_http_client,
        )

    def close(self) -> None:
        """
        Close the connections of synchronous calls; for when none is under way.

        The client can be used again afterwards. One that `with_options` returned closes nothing.
        """
        if not self._shared:
            self._pool.close()

    async def aclose(self) -> None:
        """
        Close the connections of asynchronous calls on the running event loop, as `close` does.
        """
        if not self._shared:
            await self._pool.aclose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        if not hasattr(self, "_settings"):
            return f"{type(self).__name__}(refused)"
        return f"{type(self).__name__}(base_url={self.base_url!r}, project_id={self.project_id!r})"

    def _drive(self, flow: Flow[T], timeout: float | httpx.Timeout | None = None) -> T:
        return drive(flow, partial(send, self._api_of_call(timeout)))

    async def _drive_async(self, flow: Flow[T], timeout: float | httpx.Timeout | None = None) -> T:
        return await drive_async(flow, partial(send_async, self._api_of_call(timeout)))

    def _api_of_call(self, timeout: float | httpx.Timeout | None) -> AuthenticatedClient:
        if timeout is None:
            return self.api
        return self._api_within(evolve(self._settings, timeout=timeout))

    def _flows_within(self, timeout: float | httpx.Timeout | None) -> Flows:
        """
        Return the flows, which ask the service to hold no answer for longer than a call may take.
        """
        if timeout is None:
            return self._flows
        return evolve(self._flows, longest_hold=_longest_hold(checked_timeout(timeout)))


def _longest_hold(timeout: float | httpx.Timeout) -> int:
    bound = timeout.read if isinstance(timeout, httpx.Timeout) else timeout
    return LONGEST_HOLD if bound is None else min(LONGEST_HOLD, math.floor(bound / 2))
