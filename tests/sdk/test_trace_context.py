"""
Recording a run with a `with` block.
"""

from __future__ import annotations

import asyncio
import logging
import pickle
import re
import threading
import uuid
from collections.abc import Callable
from contextlib import suppress
from types import MappingProxyType
from typing import Any

import anyio
import httpx
import pytest
import trio

from reflect_sdk import (
    AuthenticationError,
    InvalidArgumentError,
    ReflectClient,
    ServerError,
    TraceContext,
    TraceLostError,
)
from reflect_sdk._flows import aliases

from .blocks import MESSAGES, answer, run_block
from .scripted import MEMORY, RECEIPT, TRACE, Answer, Asked, Scripted


def test_a_context_does_not_flood_the_terminal(service: Scripted, client: ReflectClient):
    service.always = lambda _: Answer(body=[{**MEMORY, "guidance": "y" * 1_000}] * 10)
    with client.trace("x" * 1_000) as context:
        assert len(context.augmented_task) > 10_000
        assert len(repr(context)) < 1_000


def test_leaving_the_block_records_the_run_with_its_memories(
    service: Scripted, client: ReflectClient, world: str
):
    service.always = answer

    def block(context: TraceContext) -> None:
        assert re.fullmatch("[0-9a-f-]{36}", context.trace_id)
        assert not context.submitted
        assert context.memory_ids == context.retrieved_memory_ids == ["m1"]
        assert context.augmented_task.startswith("Count\n\n<relevant_memories>")
        context.set_output(
            trajectory=MESSAGES, final_response="42", result="success", used_memory_ids=["m1"]
        )

    context = run_block(client, block, world=world, limit=3, reference_context="42", alpha=0.2)
    assert (context.trace_id, context.submitted) == ("t1", True)
    body = service.asked[-1].body
    assert (uuid.UUID(body["id"]).version, "ended" in body) == (7, False)
    assert body["retrieved_memory_ids"] == body["used_memory_ids"] == ["m1"]
    assert body["review"] == {"result": "pass", "feedback_text": None, "alpha": 0.2}
    assert (body["reference_context"], body["task"]) == ("42", "Count")


def test_the_task_and_alpha_of_the_output_win(service: Scripted, client: ReflectClient, world: str):
    service.always = answer

    def block(context: TraceContext) -> None:
        context.set_output(trajectory=MESSAGES, result="fail", task="Cancel", alpha=0.9)

    run_block(client, block, world=world, alpha=0.2)
    assert service.asked[0].body["task"] == "Count"
    assert service.asked[-1].body["task"] == "Cancel"
    assert service.asked[-1].body["review"]["alpha"] == 0.9


def test_a_block_without_output_records_nothing(
    service: Scripted, client: ReflectClient, world: str
):
    service.always = answer
    context = run_block(client, lambda _: None, world=world)
    assert not context.submitted
    assert len(service.asked) == 1


def _raise_after_output(context: TraceContext) -> None:
    context.set_output(trajectory=MESSAGES)
    raise KeyError("no such table")


def test_a_run_that_raises_is_recorded_as_failed(
    service: Scripted, client: ReflectClient, world: str
):
    service.always = answer
    with pytest.raises(KeyError, match="no such table"):
        run_block(client, _raise_after_output, world=world)
    review = service.asked[-1].body["review"]
    assert review == {"result": "fail", "feedback_text": "The run raised KeyError."}


def test_a_run_that_raises_is_recorded_without_a_verdict_where_that_is_off(
    service: Scripted, client: ReflectClient, world: str
):
    service.always = answer
    with pytest.raises(KeyError):
        run_block(client, _raise_after_output, world=world, auto_fail_on_exception=False)
    body = service.asked[-1].body
    assert (body["ended"], body["trajectory"], "review" in body) == ("interrupted", MESSAGES, False)


def test_the_exception_of_a_run_wins_over_a_failure_to_record_it(
    service: Scripted, client: ReflectClient, world: str, caplog: pytest.LogCaptureFixture
):
    service.always = lambda asked: (
        answer(asked) if asked.path.endswith("/query") else Answer(status=401, body={})
    )
    with caplog.at_level(logging.WARNING, "reflect_sdk"), pytest.raises(KeyError):
        run_block(client, _raise_after_output, world=world)
    assert "could not be recorded" in caplog.text


def test_the_exception_of_a_run_wins_over_any_other(
    service: Scripted, caplog: pytest.LogCaptureFixture
):
    service.always = answer
    given = httpx.Client()
    client = ReflectClient(base_url=service.url, api_key="k", http_client=given, background=False)
    with (  # noqa: PT012 - the block is the point
        caplog.at_level(logging.WARNING, "reflect_sdk"),
        pytest.raises(KeyError, match="no such table"),
        client.trace("Count") as context,
    ):
        given.close()
        _raise_after_output(context)
    assert "the client has been closed" in caplog.text


def test_blocking_waits_for_the_memory(service: Scripted, client: ReflectClient, world: str):
    service.always = answer

    def block(context: TraceContext) -> None:
        context.set_output(trajectory=MESSAGES, result="pass")

    run_block(client, block, world=world, blocking=True)
    assert service.asked[-1].path == "/v1/projects/default/traces/t1?wait_for=reviewed"


def test_output_that_cannot_be_used_is_refused_at_once(
    service: Scripted, client: ReflectClient, world: str
):
    service.always = answer

    def block(context: TraceContext) -> None:
        for wrong in ({"result": "good"}, {"trajectory": 5}, {"used_memory_ids": ["m9"]}):
            with pytest.raises(InvalidArgumentError):
                context.set_output(**{"trajectory": MESSAGES, **wrong})

    assert not run_block(client, block, world=world).submitted


def test_messages_may_be_objects_and_may_change_afterwards(
    service: Scripted, client: ReflectClient, world: str
):
    class Message:
        def model_dump(self, *, mode: str, exclude_none: bool) -> dict[str, Any]:
            assert (mode, exclude_none) == ("json", True)
            return {"role": "assistant", "content": "42"}

    service.always = answer
    messages: list[Any] = [{"role": "user", "content": "Count"}, Message()]

    def block(context: TraceContext) -> None:
        context.set_output(trajectory=messages)
        messages.append("something else")

    run_block(client, block, world=world)
    assert service.asked[-1].body["trajectory"] == MESSAGES


def test_an_outage_before_the_run_does_not_stop_the_agent(
    service: Scripted, client: ReflectClient, world: str, caplog: pytest.LogCaptureFixture
):
    service.always = lambda asked: (
        Answer(status=503, headers={"Retry-After-Ms": "1"}, body=b"")
        if asked.path.endswith("/query")
        else answer(asked)
    )

    def block(context: TraceContext) -> None:
        assert (context.augmented_task, context.memories) == ("Count", [])
        context.set_output(trajectory=MESSAGES)

    with caplog.at_level(logging.WARNING, "reflect_sdk"):
        assert run_block(client, block, world=world).trace_id == "t1"
    assert "goes on without memories" in caplog.text


def test_a_strict_client_raises_an_outage_before_the_run(service: Scripted, world: str):
    service.script(Answer(status=503, headers={"Retry-After-Ms": "1"}, body=b""))
    with (
        ReflectClient(base_url=service.url, api_key="k", strict=True) as client,
        pytest.raises(ServerError),
    ):
        run_block(client, lambda _: pytest.fail("the block ran"), world=world)


def test_a_wrong_key_is_loud(service: Scripted, client: ReflectClient, world: str):
    service.script(Answer(status=401, body={}))
    with pytest.raises(AuthenticationError):
        run_block(client, lambda _: pytest.fail("the block ran"), world=world)


def test_an_outage_after_the_run_says_what_was_lost(
    service: Scripted, client: ReflectClient, world: str
):
    service.always = lambda asked: (
        answer(asked)
        if asked.path.endswith("/query")
        else Answer(status=503, headers={"Retry-After-Ms": "1"}, body=b"")
    )

    def block(context: TraceContext) -> None:
        context.set_output(trajectory=MESSAGES, result="pass")

    with pytest.raises(TraceLostError, match="'Count' was not recorded") as caught:
        run_block(client, block, world=world)
    assert isinstance(caught.value, httpx.HTTPError)
    assert pickle.loads(pickle.dumps(caught.value)).trajectory == MESSAGES


@pytest.mark.parametrize("raised", [KeyboardInterrupt, asyncio.CancelledError, GeneratorExit])
def test_an_interrupted_run_keeps_the_verdict_that_was_set(
    service: Scripted, client: ReflectClient, raised: type[BaseException]
):
    service.always = answer

    def block(context: TraceContext) -> None:
        context.set_output(trajectory=MESSAGES, result="pass")
        raise raised

    with pytest.raises(raised):
        run_block(client, block, world="")
    body = service.asked[-1].body
    assert body["ended"] == "interrupted"
    assert body["review"] == {"result": "pass", "feedback_text": None}


def test_nested_runs_stay_apart(service: Scripted, client: ReflectClient):
    service.always = answer
    with client.trace("Outer") as outer:
        with client.trace("Inner") as inner:
            inner.set_output(trajectory="inner")
        outer.set_output(trajectory="outer")
    recorded = [
        (asked.body["task"], asked.body["trajectory"])
        for asked in service.asked
        if "trajectory" in asked.body
    ]
    assert recorded == [("Inner", "inner"), ("Outer", "outer")]


def test_runs_at_the_same_time_stay_apart(service: Scripted, client: ReflectClient):
    service.always = answer

    async def run(task: str, others: asyncio.Barrier) -> None:
        async with client.trace_async(task) as context:
            await others.wait()
            context.set_output(trajectory=f"did {task}")

    async def all_runs() -> None:
        barrier = asyncio.Barrier(10)
        await asyncio.gather(*(run(f"task {number}", barrier) for number in range(10)))

    asyncio.run(all_runs())
    recorded = [asked.body for asked in service.asked if "trajectory" in asked.body]
    assert {(body["task"], body["trajectory"]) for body in recorded} == {
        (f"task {number}", f"did task {number}") for number in range(10)
    }


@pytest.mark.parametrize("loop", [asyncio.run, trio.run], ids=["asyncio", "trio"])
def test_a_run_in_a_scope_that_is_cancelled_is_recorded_as_interrupted(
    service: Scripted, client: ReflectClient, loop: Callable[..., Any]
):
    service.always = answer

    async def run() -> None:
        with anyio.CancelScope() as scope:
            async with client.trace_async("Count") as context:
                context.set_output(trajectory=MESSAGES)
                scope.cancel()
                await anyio.sleep_forever()
        assert scope.cancelled_caught

    loop(run() if loop is asyncio.run else run)
    body = service.asked[-1].body
    assert (body["ended"], "review" in body) == ("interrupted", False)


def test_a_cancellation_while_a_failed_run_is_recorded_names_what_the_run_raised(
    service: Scripted, client: ReflectClient
):
    over = threading.Event()

    async def run() -> None:
        sending = asyncio.Event()
        loop = asyncio.get_running_loop()

        def hold(asked: Asked) -> Answer:
            if asked.path.endswith("/traces"):
                loop.call_soon_threadsafe(sending.set)
                over.wait()
            return answer(asked)

        async def record() -> None:
            async with client.trace_async("Count") as context:
                _raise_after_output(context)

        service.always = hold
        recording = asyncio.create_task(record())
        await sending.wait()
        recording.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await recording
        over.set()
        assert isinstance(caught.value.__cause__, KeyError)

    asyncio.run(run())


def test_an_interrupted_run_is_not_waited_for(service: Scripted, client: ReflectClient):
    service.always = answer
    with (  # noqa: PT012 - the block is the point
        pytest.raises(KeyboardInterrupt),
        client.trace("Count", blocking=True) as context,
    ):
        context.set_output(trajectory=MESSAGES, result="pass")
        raise KeyboardInterrupt
    assert [asked.method for asked in service.asked] == ["POST", "POST"]


def test_a_later_review_finds_a_run_that_the_service_calls_otherwise(
    service: Scripted, client: ReflectClient
):
    service.always = lambda asked: (
        Answer(body=TRACE) if asked.path.endswith("/review") else answer(asked)
    )
    with client.trace("Count") as context:
        chosen = context.trace_id
        context.add(MESSAGES[0])
    client.review_trace(chosen, result="pass")
    client.with_options(timeout=5).get_trace(chosen)
    assert [asked.path.rpartition("/traces")[2] for asked in service.asked[-2:]] == [
        "/t1/review",
        "/t1",
    ]


def test_what_was_set_may_change_at_any_depth(service: Scripted, client: ReflectClient):
    service.always = answer
    messages: list[Any] = [{"role": "user", "content": [{"type": "text", "text": "Count"}]}]
    metadata = {"run": {"id": 7}}

    def block(context: TraceContext) -> None:
        context.set_output(trajectory=messages, metadata=metadata)
        messages[0]["content"][0]["text"] = metadata["run"] = "changed"  # type: ignore[assignment]  # the point

    run_block(client, block, world="")
    body = service.asked[-1].body
    assert body["trajectory"] == [{"role": "user", "content": [{"type": "text", "text": "Count"}]}]
    assert body["metadata"] == {"run": {"id": 7}}


@pytest.mark.parametrize(
    ("output", "refusal"),
    [
        ({"trajectory": None}, "a list of messages, the JSON of one, or a text, found NoneType"),
        ({"alpha": float("nan"), "result": "fail"}, "alpha must be a number from 0 to 1"),
        ({"alpha": 2}, "alpha must be a number from 0 to 1, found 2"),
        ({"alpha": "high", "result": "fail"}, "alpha must be a number from 0 to 1, found 'high'"),
        ({"used_memory_ids": [7]}, "did not retrieve: 7"),
        ({"used_memory_ids": [{"id": "m1"}]}, "did not retrieve: {'id': 'm1'}"),
        ({"used_memory_ids": "m1"}, "found a single string"),
    ],
)
def test_arguments_that_cannot_be_used_are_refused_at_once(
    service: Scripted, client: ReflectClient, output: dict[str, Any], refusal: str
):
    service.always = answer
    with client.trace("Count") as context:
        context.set_output(trajectory=MESSAGES)
        with pytest.raises(InvalidArgumentError, match=refusal):
            context.set_output(**{"trajectory": MESSAGES, **output})
    assert service.asked[-1].body["trajectory"] == MESSAGES


@pytest.mark.parametrize("fails", [True, False])
def test_an_output_that_comes_after_the_block_is_warned_of(
    service: Scripted, client: ReflectClient, caplog: pytest.LogCaptureFixture, fails: bool
):
    service.always = answer
    with suppress(KeyError), client.trace("Count") as context:
        if fails:
            raise KeyError("table")
    with caplog.at_level(logging.WARNING, "reflect_sdk"):
        context.set_output(trajectory=MESSAGES)
        context.add(MESSAGES[0])
    assert "The output of the task 'Count' came after its block had ended" in caplog.text
    assert "The message of the task 'Count' came after its block had ended" in caplog.text
    assert [a for a in service.asked if a.body.get("trajectory")] == []


def test_the_newest_runs_are_known_by_both_names(
    service: Scripted, client: ReflectClient, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(aliases, "_MOST", 2)
    service.always = lambda asked: (
        Answer(body=[])
        if asked.path.endswith("/query")
        else Answer(body=RECEIPT if asked.method == "POST" else TRACE)
    )
    chosen = []
    for _ in range(3):
        with client.trace("Count") as context:
            chosen.append(context.trace_id)
            context.add(MESSAGES[0])
    for trace_id in chosen:
        client.get_trace(trace_id)
    asked = [request.path.rpartition("/")[2] for request in service.asked[-3:]]
    assert asked == [chosen[0], "t1", "t1"]


def test_objects_may_stand_at_any_depth_of_a_message(service: Scripted, client: ReflectClient):
    class Call:
        def model_dump(self, **_: object) -> dict[str, Any]:
            return {"name": "count"}

    service.always = answer
    parts = MappingProxyType({"calls": (Call(),)})
    client.create_trace(task="Count", trajectory=[{"role": "assistant", "parts": [parts]}])
    (message,) = service.asked[-1].body["trajectory"]
    assert message == {"role": "assistant", "parts": [{"calls": [{"name": "count"}]}]}
