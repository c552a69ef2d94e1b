"""
Flows, the effects that they yield, and the two drivers that perform those.

A flow is a generator: it yields what it wants done and receives the result. How it is done, and who
waits for it, is the driver's business, so the logic of a flow is written once for both worlds. (The
model is httpx's `Auth.auth_flow`.)
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Generator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any, Generic, TypeAlias, TypeVar

import anyio
from attrs import field, frozen

Request = TypeVar("Request")
Result = TypeVar("Result")


@frozen
class Send(Generic[Request]):
    """
    Send a request; the flow receives the answer.

    Attributes:
        request: The request: of an operation, or of HTTP where a request is delivered.
        seconds: After how many seconds to give up; where None, nothing bounds it but what bounds
            every call of the client.
    """

    request: Request = field(repr=False)
    seconds: float | None = None


@frozen
class Sleep:
    """
    Wait.

    Attributes:
        seconds: How long.
    """

    seconds: float


Flow: TypeAlias = Generator[Send[Any] | Sleep, Any, Result]


def drive(
    flow: Flow[Result],
    send: Callable[[Send[Any]], object],
    sleep: Callable[[float], object] = time.sleep,
) -> Result:
    """
    Drive a flow to its end in this thread.

    Args:
        flow: The flow.
        send: Sends a request and returns the answer. What it raises is raised inside the flow,
            which may handle it.
        sleep: Waits that many seconds.

    Returns:
        What the flow returns.
    """
    advance: Callable[[], Send[Any] | Sleep] = partial(next, flow)
    while True:
        try:
            effect = advance()
        except StopIteration as stop:
            result: Result = stop.value
            return result
        try:
            done = send(effect) if isinstance(effect, Send) else sleep(effect.seconds)
        except BaseException as error:  # noqa: BLE001 - the flow decides what to do with it
            advance = partial(flow.throw, error)
        else:
            advance = partial(flow.send, done)


async def _sleep_async(seconds: float) -> None:
    await anyio.sleep(seconds)  # Looked up here, as it loads what only asynchronous callers need.


async def drive_async(
    flow: Flow[Result],
    send: Callable[[Send[Any]], Awaitable[object]],
    sleep: Callable[[float], Awaitable[object]] = _sleep_async,
) -> Result:
    """
    Drive a flow to its end on the running event loop.

    Args:
        flow: The flow.
        send: As for `drive`, awaited.
        sleep: As for `drive`, awaited.

    Returns:
        What the flow returns.
    """
    advance: Callable[[], Send[Any] | Sleep] = partial(next, flow)
    while True:
        try:
            effect = advance()
        except StopIteration as stop:
            result: Result = stop.value
            return result
        try:
            done = await (send(effect) if isinstance(effect, Send) else sleep(effect.seconds))
        except BaseException as error:  # noqa: BLE001 - the flow decides what to do with it
            advance = partial(flow.throw, error)
        else:
            advance = partial(flow.send, done)


def can_await() -> bool:
    """
    Say whether the running code is part of a task of an event loop.
    """
    try:
        return bool(anyio.get_current_task())
    except (RuntimeError, AttributeError):  # None runs, or one without a task.
        return False


_AT_MOST: ContextVar[float | None] = ContextVar("at_most", default=None)


@contextmanager
def at_most(seconds: float | None) -> Iterator[None]:
    """
    Bound the calls that are begun meanwhile, retries and pauses included.

    Args:
        seconds: For each of them; no further bound where None.
    """
    token = _AT_MOST.set(seconds)
    try:
        yield
    finally:
        _AT_MOST.reset(token)


def bound_of_calls() -> float | None:
    """
    Return what `at_most` bounds calls to just now; None where it does not.
    """
    return _AT_MOST.get()
