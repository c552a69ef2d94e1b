"""
The HTTP clients below the generated code: retries, deadlines, idempotency keys and errors.

They stand where every request passes, so a generated function called with `ReflectClient.api` is
exactly as safe as a method of `ReflectClient`.
"""

from __future__ import annotations

import logging
import uuid
from contextlib import AbstractContextManager
from typing import Any, Protocol

import anyio
import httpx

from reflect_api.answers import RETRIES_EXTENSION
from reflect_api.errors import REQUEST_ID_HEADER, InvalidArgumentError
from reflect_api.route import IDEMPOTENCY_HEADER
from reflect_sdk._transport.cancellation import cancelled_where_it_waits, notices_cancellation
from reflect_sdk._transport.certificates import certificate_error
from reflect_sdk._transport.deadline import ends_after
from reflect_sdk._transport.effects import Flow, Send, Sleep, drive, drive_async
from reflect_sdk._transport.failures import transport_error
from reflect_sdk._transport.proxies import NamedProxy
from reflect_sdk._transport.response_body import ReceivedResponse, ResponseBody
from reflect_sdk._transport.retry import (
    RetryPolicy,
    is_repeatable,
    may_succeed_later,
    raw_path,
    wants_idempotency_key,
)
from reflect_sdk._transport.user_agent import introduce
from reflect_sdk._types.errors import APIStatusError, TransportError

logger = logging.getLogger("reflect_sdk")

_SHORTEST = 0.001  # No time at all would mean without a bound to some parts below.
_NOTHING_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


def deliver(
    request: httpx.Request, policy: RetryPolicy, proxy: NamedProxy | None = None
) -> Flow[httpx.Response]:
    """
    Send a request until it succeeds, fails for good, or runs out of time or retries.

    What comes of each attempt is a `ReceivedResponse`.

    Args:
        request: The request. One that creates something gets an idempotency key, the same for all
            attempts.
        policy: How hard to try.
        proxy: The proxy that leads to the service, for errors to name.

    Returns:
        The successful answer; `extensions["retries"]` says how often the request was tried again.

    Raises:
        APIStatusError: If the service answered with an error.
        TransportError: If no whole answer came to the last attempt; its cause is the error that
            an attempt before was answered with, where there was one.
    """
    if wants_idempotency_key(request):
        request.headers[IDEMPOTENCY_HEADER] = str(uuid.uuid4())
    policy = policy.within_bounds()
    started = policy.clock()
    retries = 0
    answered: APIStatusError | None = None
    while True:
        left = policy.left(started)
        if left is not None:
            left = max(left, _SHORTEST)
            _bound_phases(request, left)
        failure: APIStatusError | TransportError
        response = None
        try:
            received: ReceivedResponse = yield Send(request, left)
            response = received.response
            if received.broken is not None and response.is_success:
                raise received.broken
        except httpx.RequestError as error:
            _log(request, response, error, retries, policy.clock() - started)
            failure = transport_error(
                error, request, retries=retries, proxy=proxy, begun=response, answered=answered
            )
            again = isinstance(error, _NOTHING_SENT) or is_repeatable(request)
            again = again and certificate_error(error) is None
        else:
            _log(request, response, None, retries, policy.clock() - started)
            if response.is_success:
                response.extensions[RETRIES_EXTENSION] = retries
                return response
            failure = answered = APIStatusError.from_response(response, retries=retries)
            again = may_succeed_later(response.status_code) and is_repeatable(request)
        pause = policy.pause(retries, response)
        left = policy.left(started)
        late = left is not None and pause >= left
        if late or not again or retries >= policy.max_retries:
            # The message says it all; forty frames of httpcore would bury it.
            raise failure from (None if failure is answered else answered)
        yield Sleep(pause)
        retries += 1


class Connections(Protocol):
    """
    A source of pooled httpx clients.

    Attributes:
        proxy: The proxy that leads to the service, for errors to name; None where none is known.
    """

    proxy: NamedProxy | None

    def client(self) -> httpx.Client:
        """
        Return the client that sends synchronous requests.
        """
        ...

    def async_client(self) -> httpx.AsyncClient:
        """
        Return the client that sends asynchronous requests on the running event loop.
        """
        ...

    def call(self) -> AbstractContextManager[None]:
        """
        Note a call that is under way.

        Raises:
            ClientClosedError: If none may begin any longer.
        """
        ...

    def require_open(self) -> None:
        """
        Make sure that calls may begin.

        Raises:
            ClientClosedError: If none may begin any longer.
        """
        ...


class ReliableClient(httpx.Client):
    """
    Delivers each request as `deliver` says, over the connections of another client.

    Args:
        pool: Where the connections come from.
        policy: How hard to try.
    """

    def __init__(self, pool: Connections, policy: RetryPolicy) -> None:
        super().__init__(transport=_NO_TRANSPORT)
        self._pool = pool
        self._policy = policy

    def build_request(self, *args: Any, **kwargs: Any) -> httpx.Request:
        """
        Build a request as the pooled client does; a body that is no JSON gets a clear error.
        """
        self._pool.require_open()
        return _built(self._pool.client(), *args, **kwargs)

    def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        """
        Deliver a request. With `stream=True` the body of a success is the caller's to read.
        """
        streamed = options.pop("stream", False)

        def attempt(effect: Send[httpx.Request]) -> ReceivedResponse:
            with ends_after(effect.seconds):
                response = self._pool.client().send(effect.request, stream=True, **options)
                if streamed and response.is_success:
                    return ReceivedResponse(response)
                return ResponseBody(response).read()

        with self._pool.call():
            return drive(deliver(request, self._policy, self._pool.proxy), attempt)


class ReliableAsyncClient(httpx.AsyncClient):
    """
    Does what `ReliableClient` does, asynchronously.

    Args:
        pool: Where the connections come from; each event loop has its own.
        policy: How hard to try.
    """

    def __init__(self, pool: Connections, policy: RetryPolicy) -> None:
        super().__init__(transport=_NO_ASYNC_TRANSPORT)
        self._pool = pool
        self._policy = policy

    def build_request(self, *args: Any, **kwargs: Any) -> httpx.Request:
        """
        Build a request as the pooled client does; a body that is no JSON gets a clear error.
        """
        self._pool.require_open()
        return _built(self._pool.async_client(), *args, **kwargs)

    async def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        """
        Deliver a request.
        """
        self._pool.require_open()
        streamed = options.pop("stream", False)

        async def attempt(effect: Send[httpx.Request]) -> ReceivedResponse:
            body = None

            async def receive() -> ReceivedResponse:
                nonlocal body
                client = self._pool.async_client()
                effect.request.extensions.update(notices_cancellation())
                response = await client.send(effect.request, stream=True, **options)
                if streamed and response.is_success:
                    return ReceivedResponse(response)
                body = ResponseBody(response)
                return await body.read_async()

            with anyio.move_on_after(effect.seconds):
                return await cancelled_where_it_waits(receive())
            late = httpx.ReadTimeout("the deadline has passed", request=effect.request)
            if body is None:
                raise late
            return body.cut_short(late)

        return await drive_async(deliver(request, self._policy, self._pool.proxy), attempt)


_NO_TRANSPORT = httpx.BaseTransport()
_NO_ASYNC_TRANSPORT = httpx.AsyncBaseTransport()


def _built(pooled: httpx.Client | httpx.AsyncClient, *args: Any, **kwargs: Any) -> httpx.Request:
    try:
        return introduce(pooled.build_request(*args, **kwargs))
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidArgumentError(
            f"The request cannot be written as JSON: {error}. "
            "Use only dicts, lists, strings, finite numbers, booleans and None."
        ) from error


def _bound_phases(request: httpx.Request, seconds: float) -> None:
    phases = request.extensions.get("timeout", {})
    bounded = {
        phase: seconds if phases.get(phase) is None else min(phases[phase], seconds)
        for phase in ("connect", "read", "write", "pool")
    }
    request.extensions = {**request.extensions, "timeout": bounded}


def _log(
    request: httpx.Request,
    response: httpx.Response | None,
    error: httpx.RequestError | None,
    retries: int,
    seconds: float,
) -> None:
    if not logger.isEnabledFor(logging.DEBUG):
        return
    answered = "" if response is None else f"answered {response.status_code}"
    failed = "" if error is None else f"failed with {type(error).__name__}"
    headers = {} if response is None else response.headers
    logger.debug(
        "%s %s %s in %.0f ms (request id %s, retries %d)",
        request.method,
        raw_path(request),  # An id with a line break forges no other line.
        " and ".join(filter(None, (answered, failed))),
        seconds * 1000,
        headers.get(REQUEST_ID_HEADER, "unknown"),
        retries,
    )
