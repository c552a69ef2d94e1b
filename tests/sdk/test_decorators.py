"""
Functions whose calls are recorded.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from typing import Any, get_type_hints

import pytest

from reflect_sdk import (
    InvalidArgumentError,
    ReflectClient,
    TraceContext,
    TraceResult,
    reflect_trace,
    use_client,
)

from .scripted import MEMORY, RECEIPT, Answer, Scripted


@pytest.fixture
def recording(service: Scripted) -> Scripted:
    service.always = lambda asked: Answer(body=[MEMORY] if "query" in asked.path else RECEIPT)
    return service


class Dumped:
    """
    A message object of an LLM library.
    """

    def model_dump(self, **_: object) -> dict[str, Any]:
        return {"total": 42}


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


@pytest.mark.parametrize(
    ("returned", "recorded"),
    [
        (42, "42"),
        ({"total": 42, "of": ["ä"]}, '{"total": 42, "of": ["ä"]}'),
        ([], "[]"),
        (Dumped(), '{"total": 42}'),
    ],
)
def test_other_results_are_recorded_as_json(
    recording: Scripted, client: ReflectClient, returned: Any, recorded: str
):
    @reflect_trace(client, inject_context=False)
    def answer(question: str) -> Any:
        return returned

    assert answer("How many?") is returned
    (body,) = _recorded(recording)
    assert (body["trajectory"], body["final_response"]) == (recorded, recorded)
    assert body["metadata"] == {}


@pytest.mark.parametrize("returned", [None, object(), iter("42")])
def test_what_is_not_recorded_is_said_once(
    recording: Scripted, client: ReflectClient, caplog: pytest.LogCaptureFixture, returned: object
):
    name = f"answer_{type(returned).__name__}"

    def answer(question: str) -> object:
        return returned

    answer.__qualname__ = name
    decorated = reflect_trace(client, inject_context=False)(answer)
    assert decorated("How many?") is returned
    assert decorated("How many?") is returned
    assert _recorded(recording) == []
    assert caplog.text.count(f"Calls of {name} return what is not recorded") == 1


def test_what_no_json_can_be_made_of_without_loss_is_recorded_as_far_as_it_goes(
    recording: Scripted, client: ReflectClient
):
    decorated = reflect_trace(client, inject_context=False)(lambda question: question)
    for returned in ("half \ud800", {1: object}):
        assert decorated(returned) is returned
    first, second = _recorded(recording)
    assert first["final_response"] == "half \N{REPLACEMENT CHARACTER}"
    assert second["final_response"] == '{"1": {"type": "type", "repr": "object"}}'


@pytest.mark.parametrize("returned", ["42", None, {"total": 42}])
def test_what_a_function_hands_over_itself_stays(
    recording: Scripted, client: ReflectClient, returned: object
):
    @reflect_trace(client)
    def answer(context: TraceContext, question: str) -> object:
        context.set_output(trajectory=[{"role": "user", "content": question}], result="pass")
        return returned

    assert answer("How many?") == returned
    (body,) = _recorded(recording)
    assert body["trajectory"] == [{"role": "user", "content": "How many?"}]
    assert body["review"]["result"] == "pass"


def test_messages_that_were_added_get_the_final_answer(recording: Scripted, client: ReflectClient):
    @reflect_trace(client)
    def answer(context: TraceContext, question: str) -> str:
        context.add({"role": "user", "content": question})
        return "42"

    answer("How many?")
    (body,) = _recorded(recording)
    assert body["trajectory"] == [{"role": "user", "content": "How many?"}]
    assert body["final_response"] == "42"


@pytest.mark.parametrize(
    ("task", "arguments", "expected"),
    [
        ("Every call", (7,), "Every call"),
        (lambda number: f"Order {number}", (7,), "Order 7"),
        (None, (7,), "7"),
        (None, (), "answer"),
        (None, {"rows": 3, "number": 7}, "7"),
        (None, {"rows": 3}, "3"),
    ],
)
def test_the_task_of_a_call(
    recording: Scripted, client: ReflectClient, task: Any, arguments: Any, expected: str
):
    @reflect_trace(client, task=task, inject_context=False)
    def answer(number: int = 0, *, rows: int = 3) -> str:
        return "done"

    if isinstance(arguments, dict):
        answer(**arguments)
    else:
        answer(*arguments)
    assert _recorded(recording)[0]["task"] == expected


def test_a_function_that_raises_is_a_failed_run(recording: Scripted, client: ReflectClient):
    @reflect_trace(client)
    def answer(context: TraceContext, question: str) -> str:
        raise KeyError(question)

    with pytest.raises(KeyError, match="How many"):
        answer("How many?")
    (body,) = _recorded(recording)
    assert (body["task"], body["review"]["result"]) == ("How many?", "fail")


def test_objects_that_are_called_like_a_function_are_recorded(
    recording: Scripted, client: ReflectClient
):
    class Agent:
        async def __call__(self, question: str) -> str:
            return f"{question} 42"

    decorate: Any = reflect_trace(client, inject_context=False)
    assert asyncio.run(decorate(Agent())("How many?")) == "How many? 42"
    assert _recorded(recording)[0]["task"] == "How many?"


def test_methods_are_recorded_with_the_client_of_their_object(
    recording: Scripted, client: ReflectClient
):
    class Agent:
        def __init__(self, client: ReflectClient) -> None:
            self.client = client
            self.calls = 0

        @reflect_trace(lambda self: self.client)
        def answer(self, context: TraceContext, question: str) -> str:
            self.calls += 1
            return f"{context.task} {question} 42"

        @reflect_trace(lambda self: self.client, inject_context=False)
        async def answer_async(self, question: str) -> str:
            self.calls += 1
            return f"{question} 43"

        @reflect_trace(client)
        @classmethod
        def of_class(cls, context: TraceContext, question: str) -> str:
            return f"{context.task} {question} {cls.__name__}"

        @reflect_trace(client, inject_context=False)
        @staticmethod
        def of_none(question: str) -> str:
            return f"{question} none"

    agent: Any = Agent(client)
    assert agent.answer("A?") == "A? A? 42"
    assert asyncio.run(agent.answer_async(question="B?")) == "B? 43"
    assert (agent.of_class("C?"), Agent.of_none("D?")) == ("C? C? Agent", "D? none")
    assert agent.calls == 2
    assert [body["task"] for body in _recorded(recording)] == ["A?", "B?", "C?", "D?"]


def test_a_client_may_come_late(recording: Scripted, client: ReflectClient):
    made: list[ReflectClient] = []

    @reflect_trace(lambda: made[0], inject_context=False)
    def answer(question: str) -> str:
        return "42"

    @reflect_trace(inject_context=False)
    def answer_of_context(question: str) -> str:
        return "42"

    with pytest.raises(InvalidArgumentError, match="has no ReflectClient"):
        answer_of_context("How many?")
    made.append(client)
    answer("A?")
    with use_client(client) as used:
        assert used is client
        answer_of_context("B?")
    assert [body["task"] for body in _recorded(recording)] == ["A?", "B?"]
    with pytest.raises(InvalidArgumentError, match="found int"):
        reflect_trace(5)  # type: ignore[call-overload]  # no client


@pytest.mark.parametrize("raises", [False, True])
def test_an_awaitable_result_is_awaited_inside_the_run(
    recording: Scripted, client: ReflectClient, raises: bool
):
    async def later(question: str) -> str:
        if raises:
            raise KeyError(question)
        return f"{question} 42"

    @reflect_trace(client, inject_context=False)
    def answer(question: str) -> Any:
        return later(question)

    pending = answer("How many?")
    assert _recorded(recording) == []
    with suppress(KeyError):
        assert asyncio.run(pending) == "How many? 42"
    (body,) = _recorded(recording)
    assert (body["trajectory"] == "How many? 42", "review" in body) == (not raises, raises)


def _pieces(question: str) -> Iterator[Any]:
    heard = yield "4"
    yield heard or "2"
    return "done"


async def _pieces_async(question: str) -> AsyncIterator[str]:
    yield "4"
    yield "2"


def _returns(pieces: Callable[[str], Any]) -> Callable[[str], Any]:
    def returning(question: str) -> Any:
        return pieces(question)

    return returning


@pytest.mark.parametrize("function", [_pieces, _returns(_pieces)], ids=["generator", "returned"])
def test_a_stream_is_recorded_at_its_end(
    recording: Scripted, client: ReflectClient, function: Callable[[str], Any]
):
    decorated = reflect_trace(client, inject_context=False)(function)
    assert list(decorated("How many?")) == ["4", "2"]
    talk = decorated("Talk?")
    assert (next(talk), talk.send("3")) == ("4", "3")
    with pytest.raises(StopIteration) as caught:
        next(talk)
    assert caught.value.value == "done"
    assert [body["trajectory"] for body in _recorded(recording)] == ["42", "43"]
    assert all("ended" not in body for body in _recorded(recording))


@pytest.mark.parametrize("function", [_pieces, _returns(_pieces)], ids=["generator", "returned"])
def test_a_stream_that_is_cut_short_is_recorded_as_far_as_it_came(
    recording: Scripted, client: ReflectClient, function: Callable[[str], Any]
):
    decorated = reflect_trace(client, inject_context=False)(function)
    closed, broken = decorated("A?"), decorated("B?")
    next(closed)
    closed.close()
    next(broken)
    with pytest.raises(KeyError):
        broken.throw(KeyError("no"))
    first, second = _recorded(recording)
    assert (first["trajectory"], first["ended"]) == ("4", "interrupted")
    assert (second["trajectory"], second["review"]["result"]) == ("4", "fail")


@pytest.mark.parametrize(
    "function", [_pieces_async, _returns(_pieces_async)], ids=["generator", "returned"]
)
def test_an_asynchronous_stream_is_recorded_whole_or_interrupted(
    recording: Scripted, client: ReflectClient, function: Callable[[str], Any]
):
    decorated = reflect_trace(client, inject_context=False)(function)

    async def main() -> None:
        assert [piece async for piece in decorated("A?")] == ["4", "2"]
        cut = decorated("B?")
        assert await anext(cut) == "4"
        await cut.aclose()

    asyncio.run(main())
    first, second = _recorded(recording)
    assert (first["trajectory"], "ended" in first) == ("42", False)
    assert (second["trajectory"], second["ended"]) == ("4", "interrupted")


def test_a_stream_without_pieces_records_nothing(recording: Scripted, client: ReflectClient):
    @reflect_trace(client, inject_context=False)
    def answer(question: str) -> Iterator[str]:
        yield from ()

    assert list(answer("How many?")) == []
    assert _recorded(recording) == []


def test_pieces_of_other_kinds_and_results_of_streams_are_recorded(
    recording: Scripted, client: ReflectClient
):
    @reflect_trace(client, inject_context=False)
    def answer(question: str) -> Iterator[Any]:
        yield {"token": 4}
        yield {"token": 2}

    @reflect_trace(client)
    def judged(context: TraceContext, question: str) -> Any:
        yield "4"
        return TraceResult("42", "Counted.", "pass")

    assert list(answer("A?")) == [{"token": 4}, {"token": 2}]
    assert list(judged("B?")) == ["4"]
    assert list(reflect_trace(client, inject_context=False)(iter)("C?")) == ["C", "?"]
    first, second = _recorded(recording)
    assert first["final_response"] == '[{"token": 4}, {"token": 2}]'
    assert (second["final_response"], second["review"]["result"]) == ("42", "pass")


def test_a_run_that_raised_is_recorded_with_its_arguments(
    recording: Scripted, client: ReflectClient
):
    class Order:
        def __repr__(self) -> str:
            raise RuntimeError

    @reflect_trace(client, inject_context=False)
    def answer(question: str, *orders: object, api_key: str, **others: object) -> str:
        raise KeyError(question)

    with pytest.raises(KeyError):
        answer("How many?", 7, Order(), api_key="secret", rows=[1, 2], text="x" * 5_000)
    (body,) = _recorded(recording)
    arguments = body["metadata"]["arguments"]
    assert len(arguments.pop("text")) == 1_000
    assert "Order instance" in arguments.pop("orders[1]")
    assert arguments == {
        "question": "How many?",
        "orders[0]": 7,
        "api_key": "[hidden]",
        "rows": "[1, 2]",
    }


def test_arguments_that_do_not_fit_open_no_run(recording: Scripted, client: ReflectClient):
    @reflect_trace(client)
    def answer(context: TraceContext, question: str) -> str:
        return "42"

    with pytest.raises(TypeError, match="question"):
        answer()  # type: ignore[call-arg]  # wrong on purpose
    assert recording.asked == []


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


def test_an_output_that_is_no_text_is_returned_as_it_is_and_recorded_as_json(
    recording: Scripted, client: ReflectClient
):

    @reflect_trace(client, inject_context=False)
    def count(question: str) -> TraceResult[dict[str, int]]:
        return TraceResult(output={"orders": 42}, trajectory="Counted.")

    assert count("How many?") == {"orders": 42}
    assert _recorded(recording)[0]["final_response"] == '{"orders": 42}'
