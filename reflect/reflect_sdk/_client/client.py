"""
`ReflectClient`, the public client.
"""

from __future__ import annotations

from contextlib import aclosing, closing
from functools import partial
from typing import TYPE_CHECKING

import httpx

from reflect_api.client import Client
from reflect_sdk._client.connection import twin_of
from reflect_sdk._client.context_methods import ContextMethods
from reflect_sdk._client.memory_methods import MemoryMethods
from reflect_sdk._client.project_methods import ProjectMethods
from reflect_sdk._client.recording_methods import RecordingMethods
from reflect_sdk._client.request_methods import RequestMethods
from reflect_sdk._client.review_methods import ReviewMethods
from reflect_sdk._client.sending import connect, send, send_async
from reflect_sdk._client.trace_methods import TraceMethods
from reflect_sdk._flows import operations
from reflect_sdk._settings import DEFAULT_TIMEOUT, Settings
from reflect_sdk._transport.effects import drive, drive_async
from reflect_sdk._types.labels import KeyEnvironment
from reflect_sdk._types.projects import BootstrapResponse

if TYPE_CHECKING:
    from reflect_sdk._transport.pool import Pool


class ReflectClient(
    MemoryMethods,
    ContextMethods,
    RecordingMethods,
    TraceMethods,
    ReviewMethods,
    ProjectMethods,
    RequestMethods,
):
    """
    Client of one project of a Reflect service.

    One client holds one pool of connections and can be shared by threads and event loops. Every
    method that calls the service has an asynchronous twin of the same name with `_async` at its
    end. Each call is bounded by `timeout` in all, and tried again after passing failures.

    Args:
        base_url: Address of the service; the hosted one by default, `http://localhost:8000` for
            `reflect serve`.
        api_key: Plaintext API key, such as `rf_live_…`. Never shown by the client.
        project_id: The project; `default` where None. A project that does not exist yet is created
            at its first use by a master key.
        timeout: Seconds that a call may take in all, retries included; 60 by default. An
            `httpx.Timeout` bounds the phases of each request instead.
        max_retries: How often a request is tried again at the most; 2 by default, 0 for never.
        strict: Whether `trace` raises when the service cannot be reached before a run; off by
            default, so that an outage of the service does not stop the agent.
        spool_dir: Folder in which runs are kept that an outage keeps from being recorded by
            `trace`. They are recorded, each once, when a later run is, or by
            `deliver_spooled_traces`, also of another process. Where None, `on_undelivered`
            is told instead, and a run that is waited for raises `TraceLostError`.
        redact: Changes every text of tasks, runs, feedback and metadata before it leaves the
            process, also into the spool and the log: a function from text to text, or a ready one
            of `reflect_sdk.redaction`, such as `common_secrets`. Where it raises, the text is
            replaced as a whole. None by default.
        bytes_as: How bytes in runs are recorded: by length and SHA-256 (`digest`, the default), or
            whole (`base64`).
        verify: Which certificates are trusted: the file or folder of authorities of your own, an
            `ssl.SSLContext`, or False to trust everybody, which lets others read the key. By
            default those that `SSL_CERT_FILE` or `SSL_CERT_DIR` names, or those of `certifi`.
        proxy: The proxy that leads to the service, such as `http://proxy.example:3128`. Where None,
            what `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` or the system say; they
            hold for no service on this machine itself.
        default_headers: Sent with every request, and hidden in errors; none by default. The
            `User-Agent` may be among them.
        http_client: Sends the synchronous requests, with its proxies, certificates and transport;
            never closed by this client. One of its own where None. With a given one, `timeout`
            bounds each read and write of a synchronous answer, not all of them together, and a
            forked process shares its connections.
        async_http_client: The same for asynchronous requests; it works in one event loop alone.
        background: Whether runs of `trace` and of decorated functions are delivered behind the back
            of their callers, in order: by a thread, or on the event loop of asynchronous callers.
            On by default; every call that names such a run waits for it, and the end of the program
            for 5 seconds. Where off, leaving a block waits until the run is recorded.
        lookup_timeout: Seconds that `trace` and decorated functions wait for memories at the most,
            above 0; 2 by default. After an outage runs go on without memories at once, until a
            trial, after 1 second at first and 60 at the most, finds the service there again.
        on_undelivered: Is called with a `TraceLostError` for each run that the service refuses, or
            that is lost; nobody by default.

    Raises:
        InvalidArgumentError: If an argument cannot be used.

    Example:
        >>> from reflect_sdk import ReflectClient
        >>>
        >>> client = ReflectClient(base_url="http://localhost:8000", api_key="rf_live_abc_def")
    """

    @classmethod
    def bootstrap(
        cls,
        *,
        base_url: str,
        bootstrap_token: str,
        user_id: str,
        project_id: str,
        key_label: str = "Default Admin Key",
        environment: KeyEnvironment = "live",
        timeout: float | httpx.Timeout = DEFAULT_TIMEOUT,
    ) -> BootstrapResponse:
        """
        Create a project with its first API key.

        For whoever runs the service: it needs the token that the service was started with
        (`REFLECT_BOOTSTRAP_TOKEN`).

        Args:
            base_url: Address of the service.
            bootstrap_token: The token.
            user_id: Whose key it will be; free text.
            project_id: The project; created where it does not exist.
            key_label: The key's name for people; `Default Admin Key` by default.
            environment: `live` (the default) or `test`; it shows in the key.
            timeout: Seconds that the call may take, or an `httpx.Timeout`; 60 by default.

        Returns:
            The project and the plaintext key, which is shown here and never again.

        Raises:
            InvalidArgumentError: If the address or the token cannot be used.
            PermissionDeniedError: If the service has no bootstrap token or another one.
            APIStatusError: If the service answers with another error.
            TransportError: If no answer comes.

        Example:
            >>> info = ReflectClient.bootstrap(
            ...     base_url="http://localhost:8000",
            ...     bootstrap_token="the token",
            ...     user_id="user-1",
            ...     project_id="new-project",
            ... )
            >>> client = ReflectClient(
            ...     base_url="http://localhost:8000",
            ...     api_key=info.api_key,
            ...     project_id=info.project_id,
            ... )
        """
        flow = operations.bootstrap(
            bootstrap_token=bootstrap_token,
            user_id=user_id,
            project_id=project_id,
            key_label=key_label,
            environment=environment,
        )
        pool, api = _anonymous(base_url, timeout)
        with closing(pool):
            return drive(flow, partial(send, api))

    @classmethod
    @twin_of(bootstrap)
    async def bootstrap_async(
        cls,
        *,
        base_url: str,
        bootstrap_token: str,
        user_id: str,
        project_id: str,
        key_label: str = "Default Admin Key",
        environment: KeyEnvironment = "live",
        timeout: float | httpx.Timeout = DEFAULT_TIMEOUT,
    ) -> BootstrapResponse:
        """
        Do what `bootstrap` does, asynchronously.
        """
        flow = operations.bootstrap(
            bootstrap_token=bootstrap_token,
            user_id=user_id,
            project_id=project_id,
            key_label=key_label,
            environment=environment,
        )
        pool, api = _anonymous(base_url, timeout)
        async with aclosing(pool):
            return await drive_async(flow, partial(send_async, api))

    def health(
        self,
        *,
        timeout: float | httpx.Timeout | None = None,
    ) -> dict[str, str]:
        """
        Report how the service is. Sends no credential.

        Args:
            timeout: Seconds that this call may take in all, above 0, or an `httpx.Timeout`; the
                client's where None.

        Returns:
            What the service says of itself, such as `{"status": "ok"}`.

        Raises:
            APIStatusError: If the service answers with an error.
            TransportError: If no answer comes.

        Example:
            >>> health = client.health()
            >>> print(health["status"])
            ok
        """
        return self._drive(self._flows.health(), timeout)

    @twin_of(health)
    async def health_async(
        self,
        *,
        timeout: float | httpx.Timeout | None = None,
    ) -> dict[str, str]:
        """
        Do what `health` does, asynchronously.
        """
        return await self._drive_async(self._flows.health(), timeout)


def _anonymous(base_url: str, timeout: float | httpx.Timeout) -> tuple[Pool, Client]:
    settings = Settings(base_url=base_url, timeout=timeout)
    pool = connect(settings)
    return pool, pool.reliable(Client(base_url=settings.base_url), settings)
