"""
Endings: what the exception that ends a block says about the run, which mostly is nothing.

Control flow says nothing: cancellation, a closed generator, an exit, a client that has gone. What
is about something else says nothing either: a connection that breaks, a limit of time, a service
that is overloaded. Any other exception is the agent's own.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import socket
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from typing import TypeAlias, TypeGuard

import httpx

from reflect_api.errors import InvalidArgumentError

FailOn: TypeAlias = (
    bool | type[Exception] | tuple[type[Exception], ...] | Callable[[Exception], bool]
)
"""
Which exceptions of a block count as a failure of the run: all of the agent's own, none, those of
some types, or those of which a function says so.
"""

_CONTROL = (
    asyncio.CancelledError,
    concurrent.futures.CancelledError,
    GeneratorExit,
    KeyboardInterrupt,
    SystemExit,
)
_OUTAGES = (ConnectionError, TimeoutError, socket.gaierror, httpx.TransportError)
_GONE = frozenset({"ClientDisconnect", "ClientDisconnected", "WebSocketDisconnect", "Cancelled"})
"""Names that web frameworks and event loops have for a caller that has gone."""

_OUTAGES_BY_NAME = frozenset(
    {
        "APIConnectionError",
        "APITimeoutError",
        "ClientConnectionError",
        "ConnectError",
        "ConnectTimeoutError",
        "ConnectionClosed",
        "ConnectionError",
        "DeadlineExceeded",
        "EndpointConnectionError",
        "HTTPClientError",
        "InternalServerError",
        "MaxRetryError",
        "NewConnectionError",
        "OverloadedError",
        "RateLimitError",
        "ReadTimeoutError",
        "ResourceExhausted",
        "RetryError",
        "ServerDisconnectedError",
        "ServerTimeoutError",
        "ServiceUnavailable",
        "ServiceUnavailableError",
        "Timeout",
        "TooManyRequests",
        "TransportError",
    }
)
"""
Names that clients of other services (OpenAI, Anthropic, Google, AWS, aiohttp, requests, urllib3)
have for connections that fail, limits of time and services that are overloaded.
"""

_STATUS_NAMES = ("status_code", "status", "code", "http_status")
_LONGEST_CHAIN = 50
_LONGEST_NAME = 200


class Ending(Enum):
    """
    How a block ended.
    """

    USUAL = "usual"
    INTERRUPTED = "interrupted"
    FAILED = "failed"


def ending_of(error: BaseException | None, fail_on: FailOn) -> Ending:
    """
    Say how a block ended.

    Args:
        error: The exception that ended it; None where none did.
        fail_on: Which exceptions count as a failure.
    """
    if error is None:
        return Ending.USUAL
    if _says_nothing(error):
        return Ending.INTERRUPTED
    if isinstance(fail_on, bool):
        failed = fail_on and not is_about_something_else(error)
    elif isinstance(fail_on, type | tuple):
        failed = any(isinstance(leaf, fail_on) for leaf in (error, *_leaves(error)))
    else:
        failed = isinstance(error, Exception) and bool(fail_on(error))
    return Ending.FAILED if failed else Ending.INTERRUPTED


def kind_of(error: BaseException) -> str:
    """
    Return what an exception is, as text that can be sent: its type, of a group those of all in it.

    What it says is left out: that may be anything, a secret or an instruction too.

    Args:
        error: The exception.
    """
    kinds = dict.fromkeys(type(leaf).__name__ for leaf in _leaves(error))
    named = ", ".join(kinds).encode(errors="replace").decode()
    return named if len(named) <= _LONGEST_NAME else f"{named[:_LONGEST_NAME]}…"


def checked_fail_on(fail_on: FailOn) -> FailOn:
    """
    Return which exceptions count as a failure.

    Raises:
        InvalidArgumentError: If it is of another type.
    """
    is_function = callable(fail_on) and not isinstance(fail_on, type)
    if isinstance(fail_on, bool) or _are_types(fail_on) or is_function:
        return fail_on
    raise InvalidArgumentError(
        "auto_fail_on_exception must be True, False, a type of exceptions or several of them, or a "
        f"function of the exception, found {type(fail_on).__name__}."
    )


def is_about_something_else(error: BaseException) -> bool:
    """
    Say whether an exception comes of another service, wherever in its chain that stands.

    Args:
        error: The exception; of a group all in it must.
    """
    return all(any(map(_is_outage, _chain(leaf))) for leaf in _leaves(error))


def _are_types(value: object) -> TypeGuard[tuple[type[Exception], ...]]:
    kinds = value if isinstance(value, tuple) else (value,)
    return all(isinstance(kind, type) and issubclass(kind, BaseException) for kind in kinds)


def _says_nothing(error: BaseException) -> bool:
    """
    Say whether an exception is control flow; of a group whether any in it ends the program or task,
    or all are.
    """
    if isinstance(error, BaseExceptionGroup):
        leaves = list(_leaves(error))
        return not isinstance(error, Exception) or all(map(_says_nothing, leaves))
    named = _GONE.isdisjoint(kind.__name__ for kind in type(error).__mro__)
    return isinstance(error, _CONTROL) or not isinstance(error, Exception) or not named


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for part in error.exceptions:
            yield from _leaves(part)
    else:
        yield error


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in seen and len(seen) < _LONGEST_CHAIN:
        seen.append(link)
        yield link
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)


def _is_outage(error: BaseException) -> bool:
    if isinstance(error, _OUTAGES) or any(_is_outage_status(s) for s in _statuses(error)):
        return True
    return not _OUTAGES_BY_NAME.isdisjoint(
        kind.__name__ for kind in type(error).__mro__ if kind.__module__ != "builtins"
    )


def _is_outage_status(status: object) -> bool:
    return (
        isinstance(status, int)
        and not isinstance(status, bool)
        and (status in {408, 429} or 500 <= status <= 599)
    )


def _statuses(error: BaseException) -> Iterator[object]:
    """
    Yield what may be the HTTP status that an exception tells of.
    """
    response = _attribute(error, "response")
    for holder in (error, response):
        for name in _STATUS_NAMES:
            yield _attribute(holder, name)
    if isinstance(response, Mapping):
        found = response.get("ResponseMetadata")
        yield found.get("HTTPStatusCode") if isinstance(found, Mapping) else None


def _attribute(holder: object, name: str) -> object:
    try:
        return getattr(holder, name, None)
    except Exception:  # noqa: BLE001 - of an exception of anybody's making
        return None
