"""
Two drivers for one flow.

A flow is a generator that yields what it wants done and receives the result. How it is done, and
who waits for it, is the driver's business, so the logic of a flow is written once for both worlds.
(The model is httpx's `Auth.auth_flow`.)
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from functools import partial
from typing import Any, TypeVar

Effect = TypeVar("Effect")
Result = TypeVar("Result")

Flow = Generator[Effect, Any, Result]


def run(flow: Flow[Effect, Result], perform: Callable[[Effect], object]) -> Result:
    """
    Drive a flow to its end in this thread.

    Args:
        flow: The flow.
        perform: Does what the flow asks for and returns the result. What it raises is raised inside
            the flow, which may handle it.

    Returns:
        What the flow returns.
    """
    advance: Callable[[], Effect] = partial(next, flow)
    while True:
        try:
            effect = advance()
        except StopIteration as stop:
            result: Result = stop.value
            return result
        try:
            advance = partial(flow.send, perform(effect))
        except BaseException as error:  # noqa: BLE001 - the flow decides what to do with it
            advance = partial(flow.throw, error)


async def run_async(
    flow: Flow[Effect, Result], perform: Callable[[Effect], Awaitable[object]]
) -> Result:
    """
    Drive a flow to its end on the running event loop.

    Args:
        flow: The flow.
        perform: As for `run`, awaited.

    Returns:
        What the flow returns.
    """
    advance: Callable[[], Effect] = partial(next, flow)
    while True:
        try:
            effect = advance()
        except StopIteration as stop:
            result: Result = stop.value
            return result
        try:
            advance = partial(flow.send, await perform(effect))
        except BaseException as error:  # noqa: BLE001 - the flow decides what to do with it
            advance = partial(flow.throw, error)
