"""
Recording a run with a `with` block.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest

from reflect_sdk import InvalidArgumentError, ReflectClient, TraceContext

from .scripted import MEMORY, RECEIPT, TRACE, Answer, Asked, Scripted

MESSAGES = [{"role": "user", "content": "Count"}, {"role": "assistant", "content": "42"}]
Block = Callable[[TraceContext], None]


def _answer(asked: Asked) -> Answer:
    if asked.path.endswith("/memory/query"):
        return Answer(body=[MEMORY])
    return Answer(body=RECEIPT if asked.method == "POST" else TRACE)


def _run(client: ReflectClient, block: Block, *, world: str, **options: Any) -> TraceContext:
    """
    Run a block in `trace` or its twin.
    """
    if not world:
        with client.trace("Count", **options) as context:
            block(context)
        return context

    async def run() -> TraceContext:
        async with client.trace_async("Count", **options) as context:
            block(context)
        return context

    return asyncio.run(run())


@pytest.fixture(params=["", "_async"])
def world(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_leaving_the_block_records_the_run_with_its_memories(
    service: Scripted, client: ReflectClient, world: str
):
    service.always = _answer

    def block(context: TraceContext) -> None:
        assert context.trace_id is None
        assert context.memory_ids == context.retrieved_memory_ids == ["m1"]
        assert context.augmented_task.startswith("Count\n\n<relevant_memories>")
        context.set_output(
            trajectory=MESSAGES, final_response="42", result="success", used_memory_ids=["m1"]
        )

    context = _run(client, block, world=world, limit=3, reference_context="42", alpha=0.2)
    assert context.trace_id == "t1"
    body = service.asked[-1].body
    assert body["retrieved_memory_ids"] == body["used_memory_ids"] == ["m1"]
    assert body["review"] == {"result": "pass", "feedback_text": None, "alpha": 0.2}
    assert (body["reference_context"], body["task"]) == ("42", "Count")


def test_the_task_and_alpha_of_the_output_win(service: Scripted, client: ReflectClient, world: str):
    service.always = _answer

    def block(context: TraceContext) -> None:
        context.set_output(trajectory=MESSAGES, result="fail", task="Cancel", alpha=0.9)

    _run(client, block, world=world, alpha=0.2)
    assert service.asked[0].body["task"] == "Count"
    assert service.asked[-1].body["task"] == "Cancel"
    assert service.asked[-1].body["review"]["alpha"] == 0.9


def test_a_block_without_output_records_nothing(
    service: Scripted, client: ReflectClient, world: str
):
    service.always = _answer
    context = _run(client, lambda _: None, world=world)
    assert context.trace_id is None
    assert len(service.asked) == 1


def _raise_after_output(context: TraceContext) -> None:
    context.set_output(trajectory=MESSAGES, result="pass")
    raise KeyError("no such table")


def test_a_run_that_raises_is_recorded_as_failed(
    service: Scripted, client: ReflectClient, world: str
):
    service.always = _answer
    with pytest.raises(KeyError, match="no such table"):
        _run(client, _raise_after_output, world=world)
    review = service.asked[-1].body["review"]
    assert review == {"result": "fail", "feedback_text": "'no such table'"}


def test_a_run_that_raises_is_not_recorded_where_that_is_off(
    service: Scripted, client: ReflectClient, world: str
):
    service.always = _answer
    with pytest.raises(KeyError):
        _run(client, _raise_after_output, world=world, auto_fail_on_exception=False)
    assert len(service.asked) == 1


def test_the_exception_of_a_run_wins_over_a_failure_to_record_it(
    service: Scripted, client: ReflectClient, world: str, caplog: pytest.LogCaptureFixture
):
    service.always = lambda asked: (
        _answer(asked) if asked.path.endswith("/query") else Answer(status=401, body={})
    )
    with caplog.at_level(logging.WARNING, "reflect_sdk"), pytest.raises(KeyError):
        _run(client, _raise_after_output, world=world)
    assert "could not be recorded" in caplog.text


def test_blocking_waits_for_the_memory(service: Scripted, client: ReflectClient, world: str):
    service.always = _answer

    def block(context: TraceContext) -> None:
        context.set_output(trajectory=MESSAGES, result="pass")

    _run(client, block, world=world, blocking=True)
    assert service.asked[-1].path == "/v1/projects/default/traces/t1?wait_for=reviewed"


def test_output_that_cannot_be_used_is_refused_at_once(
    service: Scripted, client: ReflectClient, world: str
):
    service.always = _answer

    def block(context: TraceContext) -> None:
        for wrong in ({"result": "good"}, {"trajectory": 5}, {"used_memory_ids": ["m9"]}):
            with pytest.raises(InvalidArgumentError):
                context.set_output(**{"trajectory": MESSAGES, **wrong})

    assert _run(client, block, world=world).trace_id is None


def test_messages_may_be_objects_and_may_change_afterwards(
    service: Scripted, client: ReflectClient, world: str
):
    class Message:
        def model_dump(self, *, mode: str, exclude_none: bool) -> dict[str, Any]:
            assert (mode, exclude_none) == ("json", True)
            return {"role": "assistant", "content": "42"}

    service.always = _answer
    messages: list[Any] = [{"role": "user", "content": "Count"}, Message()]

    def block(context: TraceContext) -> None:
        context.set_output(trajectory=messages)
        messages.append("something else")

    _run(client, block, world=world)
    assert service.asked[-1].body["trajectory"] == MESSAGES
