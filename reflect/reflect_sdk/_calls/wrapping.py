"""
Functions wrapped so that each of their calls is a run.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, ExitStack
from typing import Any, TypeAlias

from attrs import frozen

from reflect_sdk._calls.arguments import Callee, described
from reflect_sdk._calls.clients import ClientSource, client_for
from reflect_sdk._calls.results import record, recorded_pieces, recorded_pieces_async
from reflect_sdk._flows.trace_context import TraceContext, state_of

Given: TypeAlias = tuple[tuple[Any, ...], dict[str, Any]]


@frozen
class Wrapping:
    """
    How calls of a function are recorded.

    Attributes:
        callee: The function.
        source: Whose client records them.
        task: The task of all calls, a function that makes it of a call's arguments, or None.
        options: What `ReflectClient.trace` gets besides.
    """

    callee: Callee
    source: ClientSource
    task: str | Callable[..., str] | None
    options: dict[str, Any]

    def wrapped(self) -> Callable[..., Any]:
        """
        Return the function whose calls are recorded.
        """
        function = self.callee.function
        call = getattr(function, "__call__", function)  # noqa: B004 - of an object, its method
        kinds: tuple[tuple[Callable[[object], bool], Callable[..., Any]], ...] = (
            (inspect.isasyncgenfunction, self._stream_async),
            (inspect.isgeneratorfunction, self._stream),
            (inspect.iscoroutinefunction, self._await),
        )
        made = self._call
        for is_kind, recorded in kinds:
            if is_kind(function) or is_kind(call):
                made = recorded
        decorated = functools.wraps(function)(_like(made))
        decorated.__signature__ = self.callee.signature  # type: ignore[attr-defined]  # typeshed lacks it
        known = {*self.callee.signature.parameters, "return"}
        decorated.__annotations__ = {
            name: kind for name, kind in decorated.__annotations__.items() if name in known
        }
        return decorated

    def _call(self, *args: Any, **kwargs: Any) -> Any:
        opening, known = self._opening(args, kwargs)
        block: AbstractContextManager[TraceContext] = opening(asynchronous=False)
        context = block.__enter__()
        try:
            state_of(context).describe(known)
            returned = self.callee.function(*self.callee.with_context(context, args), **kwargs)
            if inspect.isawaitable(returned):
                return self._awaited(block, context, returned)
            if isinstance(returned, Generator):
                return self._streamed(block, context, returned)
            if isinstance(returned, AsyncGenerator):
                return self._streamed_async(block, context, returned)
            result = record(context, returned, self._name)
        except BaseException as error:
            _leave(block, error)
            raise
        block.__exit__(None, None, None)
        return result

    async def _await(self, *args: Any, **kwargs: Any) -> Any:
        opening, known = self._opening(args, kwargs)
        block: AbstractAsyncContextManager[TraceContext] = opening(asynchronous=True)
        async with block as context:
            state_of(context).describe(known)
            given = self.callee.with_context(context, args)
            return record(context, await self.callee.function(*given, **kwargs), self._name)

    def _stream(self, *args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        opening, known = self._opening(args, kwargs)
        block: AbstractContextManager[TraceContext] = opening(asynchronous=False)
        with block as context:
            state_of(context).describe(known)
            pieces = self.callee.function(*self.callee.with_context(context, args), **kwargs)
            return (yield from recorded_pieces(context, pieces, self._name))

    async def _stream_async(self, *args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        opening, known = self._opening(args, kwargs)
        block: AbstractAsyncContextManager[TraceContext] = opening(asynchronous=True)
        async with block as context:
            state_of(context).describe(known)
            given = self.callee.with_context(context, args)
            pieces = recorded_pieces_async(
                context, self.callee.function(*given, **kwargs), self._name
            )
            try:
                async for piece in pieces:
                    yield piece
            finally:
                await pieces.aclose()

    async def _awaited(
        self,
        block: AbstractContextManager[TraceContext],
        context: TraceContext,
        returned: Awaitable[Any],
    ) -> Any:
        with _entered(block):
            return record(context, await returned, self._name)

    def _streamed(
        self,
        block: AbstractContextManager[TraceContext],
        context: TraceContext,
        pieces: Generator[Any, Any, Any],
    ) -> Generator[Any, Any, Any]:
        with _entered(block):
            return (yield from recorded_pieces(context, pieces, self._name))

    async def _streamed_async(
        self,
        block: AbstractContextManager[TraceContext],
        context: TraceContext,
        pieces: AsyncGenerator[Any, Any],
    ) -> AsyncGenerator[Any, Any]:
        with _entered(block):
            recorded = recorded_pieces_async(context, pieces, self._name)
            try:
                async for piece in recorded:
                    yield piece
            finally:
                await recorded.aclose()

    @property
    def _name(self) -> str:
        function = self.callee.function
        return str(getattr(function, "__qualname__", type(function).__qualname__))

    def _opening(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[Callable[..., Any], dict[str, Any]]:
        """
        Return what opens the block of a call, and what of its arguments is recorded.
        """
        arguments = self.callee.bound(args, kwargs)
        client = client_for(self.source, args)
        task = self.task(*args, **kwargs) if callable(self.task) else self.task
        task = self.callee.task(arguments) if task is None else task

        def opening(*, asynchronous: bool) -> Any:
            return (client.trace_async if asynchronous else client.trace)(task, **self.options)

        return opening, {"arguments": described(arguments)} if arguments else {}


def _entered(block: AbstractContextManager[TraceContext]) -> ExitStack:
    """
    Return what leaves a block that has been entered already.
    """
    stack = ExitStack()
    stack.push(block)
    return stack


def _leave(block: AbstractContextManager[TraceContext], error: BaseException) -> None:
    block.__exit__(type(error), error, error.__traceback__)


def _like(method: Callable[..., Any]) -> Callable[..., Any]:
    """
    Make a function of a bound method, of the same kind, which classes can bind in their turn.
    """
    if inspect.iscoroutinefunction(method):

        async def awaited(*args: Any, **kwargs: Any) -> Any:
            return await method(*args, **kwargs)

        return awaited

    def called(*args: Any, **kwargs: Any) -> Any:
        return method(*args, **kwargs)

    return called
