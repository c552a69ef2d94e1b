"""
`reflect_trace`: record every call of a function as a run.
"""

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Concatenate, Literal, ParamSpec, Protocol, TypeVar, cast, overload

from reflect_sdk._calls.arguments import Callee
from reflect_sdk._calls.clients import ClientSource, checked_source
from reflect_sdk._calls.results import T, TraceResult
from reflect_sdk._calls.wrapping import Wrapping
from reflect_sdk._flows.endings import FailOn, checked_fail_on
from reflect_sdk._flows.trace_context import TraceContext

P = ParamSpec("P")
R = TypeVar("R")


class _WithContext(Protocol):
    @overload
    def __call__(
        self, function: Callable[Concatenate[TraceContext, P], Awaitable[TraceResult[T]]], /
    ) -> Callable[P, Coroutine[Any, Any, T]]: ...
    @overload
    def __call__(
        self, function: Callable[Concatenate[TraceContext, P], TraceResult[T]], /
    ) -> Callable[P, T]: ...
    @overload
    def __call__(
        self, function: Callable[Concatenate[TraceContext, P], R], /
    ) -> Callable[P, R]: ...


class _WithoutContext(Protocol):
    @overload
    def __call__(
        self, function: Callable[P, Awaitable[TraceResult[T]]], /
    ) -> Callable[P, Coroutine[Any, Any, T]]: ...
    @overload
    def __call__(self, function: Callable[P, TraceResult[T]], /) -> Callable[P, T]: ...
    @overload
    def __call__(self, function: Callable[P, R], /) -> Callable[P, R]: ...


@overload
def reflect_trace(
    client: ClientSource = None,
    *,
    task: str | Callable[..., str] | None = None,
    limit: int = 10,
    lambda_: float = 0.5,
    mmr_lambda: float = 0.7,
    blocking: bool = False,
    auto_fail_on_exception: FailOn = True,
    inject_context: Literal[True] = True,
) -> _WithContext: ...
@overload
def reflect_trace(
    client: ClientSource = None,
    *,
    task: str | Callable[..., str] | None = None,
    limit: int = 10,
    lambda_: float = 0.5,
    mmr_lambda: float = 0.7,
    blocking: bool = False,
    auto_fail_on_exception: FailOn = True,
    inject_context: Literal[False],
) -> _WithoutContext: ...
def reflect_trace(
    client: ClientSource = None,
    *,
    task: str | Callable[..., str] | None = None,
    limit: int = 10,
    lambda_: float = 0.5,
    mmr_lambda: float = 0.7,
    blocking: bool = False,
    auto_fail_on_exception: FailOn = True,
    inject_context: bool = True,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """
    Record every call of a function or method, which may be asynchronous, as `ReflectClient.trace`
    does.

    What the function returns decides what is recorded: of a `TraceResult` all its parts; of a
    string that string as trajectory and final response; of what can be written as JSON its text. An
    awaitable is awaited within the run, and a stream (a generator, synchronous or not) is recorded
    at its end, whole or interrupted. What the function has handed over itself stays.

    Args:
        client: Where to: a client; a function that returns one when a call begins, and may take the
            object of a method; or None (the default) for the client of `use_client`.
        task: The task of a call: a text for all of them, or a function that makes it of the call's
            arguments. Where None, the first argument in the order of the signature as text, or the
            function's name without one; the object of a method does not count.
        limit: As for `ReflectClient.trace`; 10 by default.
        lambda_: As for `ReflectClient.trace`; 0.5 by default.
        mmr_lambda: As for `ReflectClient.trace`; 0.7 by default.
        blocking: Whether a call returns only when its memory exists; off by default.
        auto_fail_on_exception: As for `ReflectClient.trace`; on by default. A run that raised is
            recorded with the arguments of the call, shortened, in its metadata.
        inject_context: Whether the function gets the `TraceContext` before the arguments of the
            call, in a method after its object; on by default.

    Raises:
        InvalidArgumentError: If an argument cannot be used; by a call, if there is no client.

    Returns:
        A decorator. The decorated function takes the arguments without the context, and returns
        what the function does, of a `TraceResult` its `output`.

    Example:
        >>> @reflect_trace(client, task=lambda question: question)
        ... def answer(ctx: TraceContext, question: str) -> TraceResult:
        ...     reply = f"The answer to {ctx.augmented_task}"
        ...     return TraceResult(
        ...         output=reply,
        ...         trajectory=[{"role": "assistant", "content": reply}],
        ...         result="pass",
        ...     )
        >>> answer("How many orders did we ship in March?")
    """
    options = {
        "limit": limit,
        "lambda_": lambda_,
        "mmr_lambda": mmr_lambda,
        "blocking": blocking,
        "auto_fail_on_exception": checked_fail_on(auto_fail_on_exception),
    }
    source = checked_source(client)

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        if isinstance(function, staticmethod | classmethod):
            bound = type(function)(decorate(function.__func__))
            return cast("Callable[..., Any]", bound)
        callee = Callee(function, takes_context=inject_context)
        return Wrapping(callee, source, task, options).wrapped()

    return decorate
