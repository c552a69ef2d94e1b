"""
Results of calls, and what is recorded of them.
"""

import logging
from collections.abc import AsyncGenerator, Generator, Sequence
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from attrs import field, frozen

from reflect_sdk._flows.trace_context import TraceContext, answer, state_of
from reflect_sdk._types.labels import ReviewLabel
from reflect_sdk._types.plain_form import is_opaque
from reflect_sdk._types.trajectory import TrajectoryInput

logger = logging.getLogger("reflect_sdk")


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


def record(context: TraceContext, returned: object, name: str) -> object:
    """
    Hand what a call has returned over to its run, and return what its caller gets.

    Args:
        context: The context of the run. What the function has handed over itself stays.
        returned: What the function has returned.
        name: The function's name, for messages.
    """
    if isinstance(returned, TraceResult):
        context.set_output(
            trajectory=returned.trajectory,
            final_response=returned.output,
            result=returned.result,
            feedback_text=returned.feedback_text,
            model=returned.model,
            metadata=returned.metadata,
            used_memory_ids=returned.used_memory_ids,
        )
        return returned.output
    if returned is not None and not is_opaque(returned):
        answer(context, returned)
    elif state_of(context).is_empty:
        _warn_once(name, type(returned).__name__)
    return returned


def recorded_pieces(
    context: TraceContext, pieces: Generator[Any, Any, Any], name: str
) -> Generator[Any, Any, Any]:
    """
    Pass the pieces of a streamed answer on, and hand them over to the run at their end, whole or
    interrupted.
    """
    collected: list[Any] = []
    try:
        returned = yield from _noted(pieces, collected)
    except BaseException:
        _record_pieces(context, collected, name)
        raise
    if isinstance(returned, TraceResult):
        return record(context, returned, name)
    _record_pieces(context, collected, name)
    return returned


def _noted(pieces: Generator[Any, Any, Any], collected: list[Any]) -> Generator[Any, Any, Any]:
    step = partial(next, pieces)
    while True:
        try:
            piece = step()
        except StopIteration as stop:
            return stop.value
        collected.append(piece)
        try:
            sent = yield piece
        except GeneratorExit:
            pieces.close()
            raise
        except BaseException as error:  # noqa: BLE001 - the stream decides what to do with it
            step = partial(pieces.throw, error)
        else:
            step = partial(pieces.send, sent)


async def recorded_pieces_async(
    context: TraceContext, pieces: AsyncGenerator[Any, Any], name: str
) -> AsyncGenerator[Any, Any]:
    """
    Do what `recorded_pieces` does with an asynchronous stream.
    """
    collected: list[Any] = []
    try:
        async for piece in pieces:
            collected.append(piece)
            yield piece
    finally:
        _record_pieces(context, collected, name)
        await pieces.aclose()


def _record_pieces(context: TraceContext, pieces: Sequence[Any], name: str) -> None:
    if pieces:
        are_texts = all(isinstance(piece, str) for piece in pieces)
        record(context, "".join(pieces) if are_texts else list(pieces), name)


@lru_cache(maxsize=1_000)
def _warn_once(name: str, kind: str) -> None:
    logger.warning(
        "Calls of %s return what is not recorded, found %s. Return the answer as text or plain "
        "values, or a TraceResult, or hand the run over with set_output or add of the context.",
        name,
        kind,
    )
