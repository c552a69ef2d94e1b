"""
Functions whose calls are recorded.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, get_type_hints

import pytest

from reflect_sdk import (
    InvalidArgumentError,
    ReflectClient,
    TraceContext,
    TraceResult,
    reflect_trace,
)

from .scripted import MEMORY, RECEIPT, Answer, Scripted


@pytest.fixture
def recording(service: Scripted) -> Scripted:
    service.always = lambda asked: Answer(body=[MEMORY] if "query" in asked.path else RECEIPT)
    return service


def _recorded(service: Scripted) -> list[dict[str, Any]]:
    return [asked.body for asked in service.asked if asked.path.endswith("/traces")]


def _whole(context: TraceContext, question: str) -> TraceResult:
    """
    Answer.
    """
    return TraceResult(
        "42",
        [{"role": "user", "content": context.augmented_task}],
        "fail",
        "It is 43.",
        model="m",
        metadata={"run": 7},
        used_memory_ids=["m1"],
    )


@pytest.mark.parametrize("world", ["sync", "async"])
def test_a_trace_result_is_recorded_whole_and_its_output_returned(
    recording: Scripted, client: ReflectClient, world: str
):
    decorate = reflect_trace(client, limit=3, lambda_=0.2, mmr_lambda=1.0)
    if world == "sync":
        answer: Callable[[str], Any] = decorate(_whole)
        assert answer.__doc__ == _whole.__doc__
        assert answer("How many orders?") == "42"
    else:

        async def whole(context: TraceContext, question: str) -> TraceResult:
            return _whole(context, question)

        assert asyncio.run(decorate(whole)("How many orders?")) == "42"  # type: ignore[arg-type]  # a coroutine
    (body,) = _recorded(recording)
    assert body["task"] == "How many orders?"
    assert (body["final_response"], body["model"], body["metadata"]) == ("42", "m", {"run": 7})
    assert body["review"] == {"result": "fail", "feedback_text": "It is 43."}
    assert (body["retrieved_memory_ids"], body["used_memory_ids"]) == (["m1"], ["m1"])
    assert "Leave test accounts out" in body["trajectory"][0]["content"]
    asked = recording.asked[0].body
    assert (asked["limit"], asked["lambda"], asked["mmr_lambda"]) == (3, 0.2, 1.0)


def test_a_string_is_trajectory_and_final_response(recording: Scripted, client: ReflectClient):
    @reflect_trace(client, inject_context=False)
    def answer(question: str) -> str:
        return f"{question} 42."

    assert answer(question="How many?") == "How many? 42."
    (body,) = _recorded(recording)
    assert (body["trajectory"], body["final_response"]) == ("How many? 42.", "How many? 42.")
    assert "review" not in body


def test_anything_else_is_returned_and_not_recorded(recording: Scripted, client: ReflectClient):
    @reflect_trace(client, inject_context=False)
    def answer(question: str) -> int:
        return 42

    assert answer("How many?") == 42
    assert _recorded(recording) == []


@pytest.mark.parametrize(
    ("task", "arguments", "expected"),
    [
        ("Every call", (7,), "Every call"),
        (lambda number: f"Order {number}", (7,), "Order 7"),
        (None, (7,), "7"),
        (None, (), "answer"),
    ],
)
def test_the_task_of_a_call(
    recording: Scripted, client: ReflectClient, task: Any, arguments: Any, expected: str
):
    @reflect_trace(client, task=task, inject_context=False)
    def answer(number: int = 0) -> str:
        return "done"

    answer(*arguments)
    assert _recorded(recording)[0]["task"] == expected


def test_a_function_that_raises_after_nothing_was_set_records_nothing(
    recording: Scripted, client: ReflectClient
):
    @reflect_trace(client)
    def answer(context: TraceContext, question: str) -> str:
        raise KeyError(question)

    with pytest.raises(KeyError, match="How many"):
        answer("How many?")
    assert _recorded(recording) == []


def test_objects_that_are_called_like_a_function_are_recorded(
    recording: Scripted, client: ReflectClient
):
    class Agent:
        async def __call__(self, question: str) -> str:
            return f"{question} 42"

    decorate: Any = reflect_trace(client, inject_context=False)
    assert asyncio.run(decorate(Agent())("How many?")) == "How many? 42"
    assert _recorded(recording)[0]["task"] == "How many?"


def test_methods_are_refused_where_their_object_would_be_taken_for_something_else(
    client: ReflectClient,
):
    decorate: Any = reflect_trace(client)
    with pytest.raises(InvalidArgumentError, match=r"found the method '.*Agent.answer'"):

        class Agent:
            @decorate
            def answer(self, context: TraceContext, question: str) -> str:
                return f"{question} {context.task}"

    with pytest.raises(InvalidArgumentError, match=r"found the method '.*PlainAgent.answer'"):

        class PlainAgent:
            @reflect_trace(client, inject_context=False)
            async def answer(self, question: str) -> str:
                return question


def test_a_method_is_recorded_where_its_task_is_told(recording: Scripted, client: ReflectClient):
    class Agent:
        @reflect_trace(client, task=lambda _, question: question, inject_context=False)
        def answer(self, question: str) -> str:
            return f"{question} 42"

    assert Agent().answer("How many?") == "How many? 42"
    assert _recorded(recording)[0]["task"] == "How many?"


@pytest.mark.parametrize("world", ["sync", "async"])
def test_the_signature_is_that_of_the_calls(client: ReflectClient, world: str):
    @reflect_trace(client)
    def answer(context: TraceContext, question: str, *, rows: int = 3) -> str:
        return "42"

    @reflect_trace(client)
    async def answer_async(context: TraceContext, question: str, *, rows: int = 3) -> str:
        return "42"

    decorated = answer if world == "sync" else answer_async
    assert str(inspect.signature(decorated)) == "(question: 'str', *, rows: 'int' = 3) -> 'str'"
    assert list(get_type_hints(decorated)) == ["question", "rows", "return"]


@pytest.mark.parametrize("inject_context", [True, False])
def test_a_signature_that_names_no_context_stays(client: ReflectClient, inject_context: bool):
    def answer(*arguments: object) -> str:
        return "42"

    def nothing() -> str:
        return "42"

    decorate: Any = reflect_trace(client, inject_context=inject_context)  # type: ignore[call-overload]  # of both kinds
    assert str(inspect.signature(decorate(answer))) == "(*arguments: 'object') -> 'str'"
    assert str(inspect.signature(decorate(nothing))) == "() -> 'str'"


def test_generators_are_refused(client: ReflectClient):
    def pieces(context: TraceContext) -> Iterator[str]:
        yield "4"

    async def pieces_async(context: TraceContext) -> AsyncIterator[str]:
        yield "4"

    for function in (pieces, pieces_async):
        with pytest.raises(InvalidArgumentError, match="generator"):
            reflect_trace(client)(function)


def test_an_output_that_is_no_text_is_returned_as_it_is_and_recorded_as_json(
    recording: Scripted, client: ReflectClient
):

    @reflect_trace(client, inject_context=False)
    def count(question: str) -> TraceResult[dict[str, int]]:
        return TraceResult(output={"orders": 42}, trajectory="Counted.")

    assert count("How many?") == {"orders": 42}
    assert recording.asked[1].body["final_response"] == '{"orders": 42}'
