"""
`reflect_trace`: record every call of a function as a run.
"""

import functools
import inspect
import json
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import (
    TYPE_CHECKING,
    Any,
    Concatenate,
    Generic,
    Literal,
    ParamSpec,
    Protocol,
    TypeVar,
    overload,
)

from attrs import field, frozen

from reflect_api.errors import InvalidArgumentError
from reflect_sdk._client.client import ReflectClient
from reflect_sdk._flows.trace_context import TraceContext
from reflect_sdk._types.labels import ReviewLabel
from reflect_sdk._types.trajectory import TrajectoryInput

P = ParamSpec("P")
R = TypeVar("R")

if TYPE_CHECKING:
    from typing_extensions import TypeVar as _TypeVar

    T = _TypeVar("T", default=str)
else:
    T = TypeVar("T")


@frozen
class TraceResult(Generic[T]):
    """
    What a function under `reflect_trace` returns to record more than its answer.

    Attributes:
        output: The final answer; the caller of the function gets it. It is recorded as it is where
            it is text, and as JSON elsewhere.
        trajectory: The run, as `ReflectClient.create_trace` takes it.
        result: The verdict: `pass` or `success`, `fail` or `failure`; None for a review that comes
            later.
        feedback_text: What went wrong; used with a `result`.
        model: The model that the agent ran on.
        metadata: Facts about the run, JSON.
        used_memory_ids: The memories that the answer relied on; None where that is unknown.
    """

    output: T
    trajectory: TrajectoryInput = field(repr=False)
    result: ReviewLabel | None = None
    feedback_text: str | None = None
    model: str | None = None
    metadata: dict[str, Any] | None = field(default=None, repr=False)
    used_memory_ids: Sequence[str] | None = field(default=None, repr=False)


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
    client: ReflectClient,
    *,
    task: str | Callable[..., str] | None = None,
    limit: int = 10,
    lambda_: float = 0.5,
    mmr_lambda: float = 0.7,
    blocking: bool = False,
    auto_fail_on_exception: bool = True,
    inject_context: Literal[True] = True,
) -> _WithContext: ...
@overload
def reflect_trace(
    client: ReflectClient,
    *,
    task: str | Callable[..., str] | None = None,
    limit: int = 10,
    lambda_: float = 0.5,
    mmr_lambda: float = 0.7,
    blocking: bool = False,
    auto_fail_on_exception: bool = True,
    inject_context: Literal[False],
) -> _WithoutContext: ...
def reflect_trace(
    client: ReflectClient,
    *,
    task: str | Callable[..., str] | None = None,
    limit: int = 10,
    lambda_: float = 0.5,
    mmr_lambda: float = 0.7,
    blocking: bool = False,
    auto_fail_on_exception: bool = True,
    inject_context: bool = True,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """
    Record every call of a function, which may be asynchronous, as `ReflectClient.trace` does.

    For functions and objects that are called like one, not for methods, whose first argument is
    their object; inside of a method use `ReflectClient.trace`.

    What the function returns decides what is recorded: of a `TraceResult` all its parts, of a
    string that string as trajectory and final response, and of anything else nothing.

    Args:
        client: Where to.
        task: The task of a call: a text for all of them, or a function that makes it of the call's
            arguments. Where None, the first argument as text, or the function's name without one.
        limit: As for `ReflectClient.trace`; 10 by default.
        lambda_: As for `ReflectClient.trace`; 0.5 by default.
        mmr_lambda: As for `ReflectClient.trace`; 0.7 by default.
        blocking: Whether a call returns only when its memory exists; off by default.
        auto_fail_on_exception: As for `ReflectClient.trace`; on by default.
        inject_context: Whether the function gets the `TraceContext` as its first argument, before
            those of the call; on by default.

    Raises:
        InvalidArgumentError: If the function is a generator, or a method whose object would be
            taken for the context or the task.

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

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        call = getattr(function, "__call__", function)  # noqa: B004 - of an object, its method
        if any(map(inspect.isgeneratorfunction, (function, call))) or any(
            map(inspect.isasyncgenfunction, (function, call))
        ):
            raise InvalidArgumentError(
                "reflect_trace cannot record a generator, whose result comes piece by piece. "
                "Use `with client.trace(...)` inside of it."
            )
        if _is_method(function) and (inject_context or task is None):
            raise InvalidArgumentError(
                f"reflect_trace records functions, found the method {function.__qualname__!r}, "
                "whose first argument is its object. Use `with client.trace(...)` inside of it."
            )

        def options(args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
            return {
                "task": _task_of(function, task, args, kwargs),
                "limit": limit,
                "lambda_": lambda_,
                "mmr_lambda": mmr_lambda,
                "blocking": blocking,
                "auto_fail_on_exception": auto_fail_on_exception,
            }

        @functools.wraps(function)
        def recorded(*args: Any, **kwargs: Any) -> Any:
            with client.trace(**options(args, kwargs)) as context:
                given = (context, *args) if inject_context else args
                return _record(context, function(*given, **kwargs))

        @functools.wraps(function)
        async def recorded_async(*args: Any, **kwargs: Any) -> Any:
            async with client.trace_async(**options(args, kwargs)) as context:
                given = (context, *args) if inject_context else args
                return _record(context, await function(*given, **kwargs))

        is_async = any(map(inspect.iscoroutinefunction, (function, call)))
        decorated = recorded_async if is_async else recorded
        if inject_context:
            _sign_without_context(decorated)
        return decorated

    return decorate


def _is_method(function: Callable[..., object]) -> bool:
    """
    Return whether a function is one of a class body, by the name of its first argument.
    """
    if not inspect.isfunction(function):
        return False
    return next(iter(inspect.signature(function).parameters), None) in ("self", "cls")


def _sign_without_context(decorated: Callable[..., Any]) -> None:
    """
    Have the signature name what callers give, for `help` and for frameworks that call by it.
    """
    signature = inspect.signature(decorated)
    context = next(iter(signature.parameters.values()), None)
    if context is None or context.kind is inspect.Parameter.VAR_POSITIONAL:
        return
    others = [given for given in signature.parameters.values() if given is not context]
    decorated.__signature__ = signature.replace(parameters=others)  # type: ignore[attr-defined]  # typeshed lacks it
    decorated.__annotations__ = {
        name: kind for name, kind in decorated.__annotations__.items() if name != context.name
    }


def _task_of(
    function: Callable[..., object],
    task: str | Callable[..., str] | None,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> str:
    if isinstance(task, str):
        return task
    if task is not None:
        return task(*args, **kwargs)
    given = [*args, *kwargs.values()]
    return str(given[0]) if given else getattr(function, "__name__", type(function).__name__)


def _record(context: TraceContext, returned: object) -> object:
    if isinstance(returned, TraceResult):
        context.set_output(
            trajectory=returned.trajectory,
            final_response=_as_text(returned.output),
            result=returned.result,
            feedback_text=returned.feedback_text,
            model=returned.model,
            metadata=returned.metadata,
            used_memory_ids=returned.used_memory_ids,
        )
        return returned.output
    if isinstance(returned, str):
        context.set_output(trajectory=returned, final_response=returned)
    return returned


def _as_text(output: object) -> str:
    return output if isinstance(output, str) else json.dumps(output, default=str)
