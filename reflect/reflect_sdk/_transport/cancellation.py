"""
Deferred cancellation: a call that is cancelled leaves no connection of the pool taken.

httpcore takes a lock that nobody holds by letting other tasks run for a moment. A task that asyncio
cancels in such a moment, at the start of a call or at its end, leaves its connection taken for
ever, until none is left in the pool. (Scopes of anyio and trio shield those moments; asyncio knows
no shields.)

And noticed cancellation: anyio below 4.16 loses one that comes in the very moment in which a
connection is made, and the call would go on to its end.
"""

from __future__ import annotations

import types
from asyncio import CancelledError, current_task
from collections.abc import Awaitable, Callable, Coroutine, Generator
from functools import partial
from typing import Any, TypeVar

import anyio.lowlevel

T = TypeVar("T")


def notices_cancellation() -> dict[str, Callable[[str, dict[str, Any]], Awaitable[None]]]:
    """
    Return the extension of a request that ends it where its task was cancelled amid connecting.

    The task that runs now is the one that is watched; trio, whose scopes lose nothing, needs none.
    """
    try:
        task = current_task()
    except RuntimeError:
        task = None
    if task is None:
        return {}
    before = task.cancelling()

    async def notice(event: str, info: dict[str, Any]) -> None:
        if event != "connection.connect_tcp.complete" or task.cancelling() <= before:
            return
        await info["return_value"].aclose()
        await anyio.lowlevel.checkpoint_if_cancelled()  # A scope raises its own.
        raise CancelledError

    return {"trace": notice}


@types.coroutine
def cancelled_where_it_waits(coroutine: Coroutine[Any, Any, T]) -> Generator[Any, Any, T]:
    """
    Await a coroutine, and defer a cancellation until it waits for something or ends.

    Args:
        coroutine: What to await.

    Returns:
        What it returns.

    Raises:
        asyncio.CancelledError: If the task was cancelled meanwhile.
    """
    cancelled: CancelledError | None = None
    step = partial(coroutine.send, None)
    while True:
        try:
            awaited = step()
        except StopIteration as stop:
            result: T = stop.value
            break
        if cancelled is not None and awaited is not None:
            awaited.cancel(*cancelled.args)
        try:
            sent = yield awaited
        except CancelledError as error:
            if awaited is None:  # It only lets others run.
                cancelled = error
                step = partial(coroutine.send, None)
            else:
                cancelled = None
                step = partial(coroutine.throw, error)
        except BaseException as error:  # noqa: BLE001 - the coroutine decides what to do with it
            step = partial(coroutine.throw, error)
        else:
            step = partial(coroutine.send, sent)
    if cancelled is not None:
        raise cancelled
    return result
