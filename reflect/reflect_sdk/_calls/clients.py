"""
Whose client records a call: one that is given, made when it is called, or that of the context.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeAlias

from reflect_api.errors import InvalidArgumentError
from reflect_sdk._client.client import ReflectClient

ClientSource: TypeAlias = ReflectClient | Callable[..., ReflectClient] | None
"""
A client; a function that returns it when a call begins, which may take the object of a method; or
None for the client of the context, see `use_client`.
"""

_CURRENT: ContextVar[ReflectClient | None] = ContextVar("reflect_client", default=None)


@contextmanager
def use_client(client: ReflectClient) -> Iterator[ReflectClient]:
    """
    Make a client that of the context: of the calls and tasks that are begun inside the block.

    Functions under `reflect_trace` that were given no client record with it.

    Args:
        client: The client. It is not closed at the end of the block.

    Yields:
        The client.

    Example:
        >>> @reflect_trace()
        ... def answer(ctx: TraceContext, question: str) -> str:
        ...     return f"The answer to {ctx.augmented_task}"
        >>>
        >>> with use_client(client):
        ...     reply = answer("How many orders did we ship in March?")
    """
    token = _CURRENT.set(client)
    try:
        yield client
    finally:
        _CURRENT.reset(token)


def checked_source(source: ClientSource) -> ClientSource:
    """
    Return where a client comes from.

    Raises:
        InvalidArgumentError: If it is something else, such as the function to decorate.
    """
    if source is None or isinstance(source, ReflectClient) or callable(source):
        return source
    raise InvalidArgumentError(
        "reflect_trace takes a ReflectClient, a function that returns one, or nothing, "
        f"found {type(source).__name__}."
    )


def client_for(source: ClientSource, args: tuple[Any, ...]) -> ReflectClient:
    """
    Return the client of a call.

    Args:
        source: Where it comes from.
        args: The positional arguments of the call, whose first is the object of a method.

    Raises:
        InvalidArgumentError: If there is none.
    """
    if isinstance(source, ReflectClient):
        return source
    found: object = _CURRENT.get()
    if source is not None:
        found = source(*args[: len(inspect.signature(source).parameters)])
    if not isinstance(found, ReflectClient):
        raise InvalidArgumentError(
            "The call of a function under reflect_trace has no ReflectClient. Give reflect_trace a "
            "client or a function that returns one, or call inside of `with use_client(client)`."
        )
    return found
