"""
Construction of a client: its settings and its connection pool, and how its flows are driven.
"""

from __future__ import annotations

import logging
import math
import os
import ssl
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Self, TypeVar

import httpx
from attrs import evolve, fields

from reflect_api.client import AuthenticatedClient
from reflect_api.errors import InvalidArgumentError
from reflect_sdk._client.outbox import Outbox
from reflect_sdk._client.sending import connect, send, send_async
from reflect_sdk._client.undelivered import Undelivered
from reflect_sdk._flows.aliases import Aliases
from reflect_sdk._flows.breaker import Breaker
from reflect_sdk._flows.operations import LONGEST_HOLD, Flows
from reflect_sdk._settings import (
    DEFAULT_LOOKUP_TIMEOUT,
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
from reflect_sdk._types.errors import TraceLostError
from reflect_sdk._types.outgoing import Outgoing, Redactor
from reflect_sdk._types.recordable import BytesAs

if TYPE_CHECKING:
    from reflect_sdk._transport.pool import Pool

logger = logging.getLogger("reflect_sdk")

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
        redact: Redactor | None = None,
        bytes_as: BytesAs = "digest",
        verify: bool | str | os.PathLike[str] | ssl.SSLContext = True,
        proxy: str | httpx.URL | httpx.Proxy | None = None,
        default_headers: Mapping[str, str] | None = None,
        http_client: httpx.Client | None = None,
        async_http_client: httpx.AsyncClient | None = None,
        background: bool = True,
        on_undelivered: Callable[[TraceLostError], object] | None = None,
        lookup_timeout: float = DEFAULT_LOOKUP_TIMEOUT,
    ) -> None:
        settings = Settings(
            base_url=base_url,
            project_id=project_id,
            timeout=timeout,
            max_retries=max_retries,
            strict=strict,
            spool_dir=spool_dir,
            redact=redact,
            bytes_as=bytes_as,
            background=background,
            lookup_timeout=lookup_timeout,
            verify=verify,
            proxy=proxy,
            default_headers=default_headers,
        )
        api_key = checked_key(api_key)
        outgoing = Outgoing(settings.redact, settings.bytes_as)
        self._undelivered = Undelivered(on_undelivered, outgoing)
        self._outbox = Outbox(self._undelivered)
        self._configure(settings, api_key, connect(settings, http_client, async_http_client))

    _aliases: Aliases
    _breaker: Breaker

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
        self._aliases = self._aliases if shared else Aliases()
        self._breaker = self._breaker if shared else Breaker()
        self._settings = settings
        self._api_key = api_key
        self._pool = pool
        self.api = self._api_within(settings)
        self._flows = Flows(
            project_id=self.project_id,
            longest_hold=_longest_hold(settings.timeout),
            strict=settings.strict,
            aliases=self._aliases,
            breaker=self._breaker,
            lookup_seconds=settings.lookup_timeout,
            spool=None if folder is None else Spool(folder, settings.base_url),
            outgoing=Outgoing(settings.redact, settings.bytes_as),
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
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        other._configure(settings, key, self._pool, shared=True)
        return other

    @classmethod
    def from_env(
        cls,
        *,
        timeout: float | httpx.Timeout = DEFAULT_TIMEOUT,
        max_retries: int = DEFAULT_RETRIES,
        strict: bool = False,
        spool_dir: str | os.PathLike[str] | None = None,
        redact: Redactor | None = None,
        bytes_as: BytesAs = "digest",
        verify: bool | str | os.PathLike[str] | ssl.SSLContext = True,
        proxy: str | httpx.URL | httpx.Proxy | None = None,
        default_headers: Mapping[str, str] | None = None,
        http_client: httpx.Client | None = None,
        async_http_client: httpx.AsyncClient | None = None,
        background: bool = True,
        on_undelivered: Callable[[TraceLostError], object] | None = None,
        lookup_timeout: float = DEFAULT_LOOKUP_TIMEOUT,
    ) -> Self:
        """
        Create a client from `REFLECT_API_URL`, `REFLECT_API_KEY` and `REFLECT_PROJECT_ID`.

        Args:
            timeout: As for the constructor, and so are all others; 60 seconds by default.
            max_retries: How often a request is tried again at the most; 2 by default.
            strict: Whether `trace` raises when the service cannot be reached; off by default.
            spool_dir: Folder for runs that cannot be recorded; none by default.
            redact: Changes every text before it leaves the process; none by default.
            bytes_as: How bytes in runs are recorded; `digest` by default.
            verify: Which certificates are trusted; as the environment says by default.
            proxy: The proxy that leads to the service; as the environment says where None.
            default_headers: Sent with every request; none by default.
            http_client: Sends the synchronous requests; one of the client's own where None.
            async_http_client: Sends the asynchronous requests; one of the client's own where None.
            background: Whether runs are delivered behind the back of their callers; on by default.
            on_undelivered: Is told of each run that is refused or lost; nobody by default.
            lookup_timeout: Seconds that a run waits for its memories; 2 by default.

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
            redact=redact,
            bytes_as=bytes_as,
            verify=verify,
            proxy=proxy,
            default_headers=default_headers,
            http_client=http_client,
            async_http_client=async_http_client,
            background=background,
            on_undelivered=on_undelivered,
            lookup_timeout=lookup_timeout,
        )

    def __reduce__(self) -> tuple[Any, ...]:
        """
        Make a client of the same settings elsewhere, for pickles and deep copies.

        Raises:
            InvalidArgumentError: If the client was given connections, which stay where they are.
        """
        if self._pool.is_given:
            raise InvalidArgumentError(
                "A ReflectClient with an http_client or async_http_client of its own cannot be "
                "copied to another process. Make a client there."
            )
        settings = {
            setting.name: getattr(self._settings, setting.name)
            for setting in fields(type(self._settings))
        }
        made_of = (type(self), self._api_key, settings, self._undelivered.tell)
        added = {name: value for name, value in self.__dict__.items() if name not in _OWN}
        return _of_settings, made_of, added

    def __repr__(self) -> str:
        if not hasattr(self, "_settings"):
            return f"{type(self).__name__}(refused)"
        return f"{type(self).__name__}(base_url={self.base_url!r}, project_id={self.project_id!r})"

    def _drive(
        self,
        flow: Flow[T],
        timeout: float | httpx.Timeout | None = None,
        *,
        after: str | None = None,
    ) -> T:
        """
        Do what a flow asks for, after a run that is on its way.
        """
        if after is not None:
            self._outbox.settle(after)
        self._undelivered.raise_once()
        return drive(flow, partial(send, self._api_of_call(timeout)))

    async def _drive_async(
        self,
        flow: Flow[T],
        timeout: float | httpx.Timeout | None = None,
        *,
        after: str | None = None,
    ) -> T:
        if after is not None:
            await self._outbox.settle_async(after)
        self._undelivered.raise_once()
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


_OWN = frozenset(
    {
        *("api", "_aliases", "_api_key", "_breaker", "_flows", "_outbox", "_pool", "_settings"),
        *("_shared", "_undelivered"),
    }
)
"""What a client has that is made anew for a copy; what a subclass has added goes along."""


def _of_settings(
    kind: type[Connection],
    api_key: str,
    settings: dict[str, Any],
    on_undelivered: Callable[[TraceLostError], object] | None,
) -> Connection:
    client = object.__new__(kind)
    Connection.__init__(client, api_key=api_key, on_undelivered=on_undelivered, **settings)
    return client


def _longest_hold(timeout: float | httpx.Timeout) -> int:
    bound = timeout.read if isinstance(timeout, httpx.Timeout) else timeout
    return LONGEST_HOLD if bound is None else min(LONGEST_HOLD, math.floor(bound / 2))
