"""
Runs that are delivered behind the back of whoever made them.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest
import trio

from reflect_sdk import (
    AuthenticationError,
    InvalidRequestError,
    ReflectClient,
    TraceContext,
    TraceLostError,
)
from reflect_sdk._client import outbox

from .scripted import RECEIPT, TRACE, Answer, Asked, Scripted

MESSAGE = {"role": "assistant", "content": "42"}
DOWN = Answer(status=503, body=b"", headers={"Retry-After-Ms": "1"})


pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
"""Loops that end before their connections are closed are the point of some tests."""


@pytest.fixture(autouse=True)
def sockets_of_ended_loops() -> Iterator[None]:
    yield
    gc.collect()


class Gate:
    """
    Answers of a service that holds creations until it is told to go on.
    """

    def __init__(self) -> None:
        self.open = threading.Event()
        self.creation = Answer(body=RECEIPT)

    def __call__(self, asked: Asked) -> Answer:
        if asked.path.endswith("/query"):
            return Answer(body=[])
        is_of_all = asked.path.partition("?")[0].endswith("/traces")
        if asked.method == "POST" and is_of_all:
            self.open.wait(20)
            return self.creation
        return Answer(body=[TRACE] if is_of_all else TRACE)


@pytest.fixture
def gate(service: Scripted) -> Iterator[Gate]:
    made = Gate()
    service.always = made
    yield made
    made.open.set()


@pytest.fixture
def told() -> list[TraceLostError]:
    return []


@pytest.fixture
def background(
    service: Scripted, gate: Gate, told: list[TraceLostError]
) -> Iterator[ReflectClient]:
    client = ReflectClient(
        base_url=service.url, api_key="topsecret", on_undelivered=told.append, max_retries=0
    )
    yield client
    gate.open.set()
    client.close()


def _run(client: ReflectClient, task: str = "Count") -> TraceContext:
    with client.trace(task) as context:
        context.add(MESSAGE)
    return context


def _created(service: Scripted) -> list[str]:
    return [
        asked.body["task"]
        for asked in service.asked
        if asked.method == "POST" and asked.path.endswith("/traces")
    ]


def _opens_soon(gate: Gate) -> None:
    threading.Timer(0.05, gate.open.set).start()


def test_leaving_a_block_does_not_wait_and_runs_are_recorded_in_order(
    service: Scripted, gate: Gate, background: ReflectClient
):
    contexts = [_run(background, f"task {number}") for number in range(5)]
    assert not any(context.submitted for context in contexts)
    assert not background.flush(timeout=0.01)
    gate.open.set()
    assert background.flush()
    assert all(context.submitted for context in contexts)
    assert _created(service) == [f"task {number}" for number in range(5)]


def test_runs_of_a_loop_are_recorded_on_it_in_order(
    service: Scripted, gate: Gate, background: ReflectClient
):
    async def main() -> None:
        for number in range(5):
            async with background.trace_async(f"task {number}") as context:
                context.add(MESSAGE)
        assert not context.submitted
        assert not await background.flush_async(timeout=0.01)
        gate.open.set()
        assert await background.flush_async()
        assert context.submitted
        await background.aclose()

    asyncio.run(main())
    assert _created(service) == [f"task {number}" for number in range(5)]


def test_calls_about_a_run_wait_for_it(service: Scripted, gate: Gate, background: ReflectClient):
    context = _run(background)
    _opens_soon(gate)
    background.review_trace(context.trace_id, result="pass")
    assert [asked.path.rpartition("/projects/default")[2] for asked in service.asked] == [
        "/memory/query",
        "/traces",
        "/traces/t1/review",
    ]
    gate.open.clear()
    _run(background)
    _opens_soon(gate)
    background.list_traces()
    assert service.asked[-1].method == "GET"


def test_a_call_about_another_run_waits_for_none(
    service: Scripted, gate: Gate, background: ReflectClient
):
    _run(background)
    background.get_trace("another")
    assert not gate.open.is_set()


def test_blocking_waits_for_what_is_queued_before_it(
    service: Scripted, gate: Gate, background: ReflectClient
):
    _run(background, "first")
    _opens_soon(gate)
    with background.trace("second", blocking=True) as context:
        context.add(MESSAGE)
    assert context.submitted
    assert _created(service) == ["first", "second"]


def test_a_loop_that_ends_leaves_its_runs_to_the_thread(
    service: Scripted, gate: Gate, background: ReflectClient
):
    async def main() -> None:
        for number in range(3):
            async with background.trace_async(f"task {number}") as context:
                context.add(MESSAGE)

    asyncio.run(main())
    gate.open.set()
    assert background.flush()
    assert [*dict.fromkeys(_created(service))] == [f"task {number}" for number in range(3)]


def test_a_loop_that_stands_still_keeps_nobody_waiting(
    service: Scripted, gate: Gate, background: ReflectClient
):
    async def main() -> TraceContext:
        async with background.trace_async("Count") as context:
            context.add(MESSAGE)
        return context

    gate.open.set()
    loop = asyncio.new_event_loop()
    context = loop.run_until_complete(main())
    background.review_trace(context.trace_id, result="pass")
    context = loop.run_until_complete(main())
    asyncio.run(background.review_trace_async(context.trace_id, result="pass"))
    loop.run_until_complete(background.aclose())
    loop.close()
    assert {*_created(service)} == {"Count"}
    assert background.flush()


def test_a_blocking_call_on_a_loop_waits_for_a_run_of_that_loop(
    gate: Gate, background: ReflectClient
):
    gate.open.set()

    async def main() -> None:
        async with background.trace_async("Count") as context:
            context.add(MESSAGE)
        background.review_trace(context.trace_id, result="pass")
        await background.aclose()

    asyncio.run(main())


def test_runs_of_trio_are_recorded_by_the_thread(
    service: Scripted, gate: Gate, background: ReflectClient
):
    async def main() -> None:
        async with background.trace_async("Count") as context:
            context.add(MESSAGE)
        gate.open.set()
        await background.review_trace_async(context.trace_id, result="pass")
        await background.aclose()

    trio.run(main)
    assert _created(service) == ["Count"]


def test_a_block_that_raises_is_delivered_in_the_background_too(
    service: Scripted, gate: Gate, background: ReflectClient
):
    with pytest.raises(KeyError), background.trace("Count") as context:
        raise KeyError
    assert not context.submitted

    async def main() -> None:
        async with background.trace_async("Sum"):
            raise KeyError

    with pytest.raises(KeyError):
        asyncio.run(main())
    gate.open.set()
    assert background.flush()
    assert {*_created(service)} == {"Count", "Sum"}
    bodies = [asked.body for asked in service.asked if asked.path.endswith("/traces")]
    assert all(body["review"]["result"] == "fail" for body in bodies)


def test_the_end_of_the_program_ends_what_is_open_and_tells_what_is_lost(
    gate: Gate, background: ReflectClient, told: list[TraceLostError]
):
    block = background.trace("Count")
    block.__enter__().add(MESSAGE)
    empty = background.trace("Nothing")
    with empty:
        background._outbox.finish(0)
    block.__exit__(None, None, None)
    assert [lost.task for lost in told] == ["Count", "Nothing"]
    assert [lost.body["ended"] for lost in told] == ["interrupted"] * 2


@pytest.mark.parametrize("in_background", [True, False])
def test_a_block_of_the_parent_is_nothing_to_a_forked_child(
    service: Scripted, gate: Gate, monkeypatch: pytest.MonkeyPatch, in_background: bool
):
    gate.open.set()
    client = ReflectClient(base_url=service.url, api_key="k", background=in_background)

    async def main() -> None:
        async with client.trace_async("Count") as context:
            context.add(MESSAGE)
            monkeypatch.setattr(os, "getpid", lambda: 1)  # As in a child.
            raise KeyError

    with pytest.raises(KeyError):
        asyncio.run(main())
    monkeypatch.undo()
    with pytest.raises(KeyError), client.trace("Count") as context:  # noqa: PT012 - the block is the point
        context.add(MESSAGE)
        monkeypatch.setattr(os, "getpid", lambda: 1)
        client._outbox.finish(0)
        raise KeyError
    monkeypatch.undo()
    client.close()
    assert _created(service) == []


@pytest.mark.parametrize(
    ("status", "kind"), [(401, AuthenticationError), (422, InvalidRequestError)]
)
def test_a_refusal_is_raised_once_by_the_next_call_and_told(
    gate: Gate,
    background: ReflectClient,
    told: list[TraceLostError],
    status: int,
    kind: type[Exception],
    caplog: pytest.LogCaptureFixture,
):
    gate.creation = Answer(status=status, body={"detail": "No."})
    gate.open.set()
    with background.trace("Count") as context:
        context.set_output(trajectory=[MESSAGE], result="pass", feedback_text="Right.")
    background._outbox.settle()
    with pytest.raises(kind):
        background.query_memories("Next")
    background.query_memories("Next")
    assert background.flush()
    assert "A run was refused" in caplog.text
    (lost,) = told
    assert isinstance(lost.outage, kind)
    assert lost.body["review"] == {"result": "pass", "feedback_text": "Right."}
    assert lost.body["id"] == context.trace_id


@pytest.mark.parametrize("closing", ["flush", "close", "with"])
def test_a_refusal_is_raised_by_flush_and_close(
    service: Scripted, gate: Gate, closing: str, caplog: pytest.LogCaptureFixture
):
    gate.creation = Answer(status=403, body={"detail": "No."})
    gate.open.set()
    client = ReflectClient(base_url=service.url, api_key="k")
    _run(client)
    if closing == "with":
        with pytest.raises(KeyError), client:
            raise KeyError
        client = ReflectClient(base_url=service.url, api_key="k")
        _run(client)

        async def main() -> None:
            async with client:
                raise KeyError

        with pytest.raises(KeyError):
            asyncio.run(main())
        assert caplog.text.count("refused: ") >= 2
        return
    with pytest.raises(Exception, match="403"):
        getattr(client, closing)()
    client = ReflectClient(base_url=service.url, api_key="k")
    _run(client)

    async def main_async() -> None:
        await (client.flush_async() if closing == "flush" else client.aclose())

    with pytest.raises(Exception, match="403"):
        asyncio.run(main_async())
    client.close()


def test_leaving_a_with_block_raises_a_refusal(service: Scripted, gate: Gate):
    gate.creation = Answer(status=403, body={})
    gate.open.set()

    async def main() -> None:
        async with ReflectClient(base_url=service.url, api_key="k") as client:
            _run(client)

    with (
        pytest.raises(Exception, match="403"),
        ReflectClient(base_url=service.url, api_key="k") as c,
    ):
        _run(c)
    with pytest.raises(Exception, match="403"):
        asyncio.run(main())


def test_an_outage_is_told_and_never_raised(
    service: Scripted, gate: Gate, caplog: pytest.LogCaptureFixture
):
    def broken(lost: TraceLostError) -> None:
        raise RuntimeError(lost.task)

    gate.creation = DOWN
    gate.open.set()
    with ReflectClient(
        base_url=service.url, api_key="k", max_retries=0, on_undelivered=broken
    ) as client:
        _run(client)
        assert client.flush()
    assert "'Count' was not recorded" in caplog.text
    assert "on_undelivered has raised" in caplog.text


def test_an_outage_keeps_the_run_on_disk_for_the_next_one(
    service: Scripted, gate: Gate, tmp_path: Path
):
    gate.creation = DOWN
    gate.open.set()
    with ReflectClient(
        base_url=service.url, api_key="k", max_retries=0, spool_dir=tmp_path
    ) as client:
        _run(client, "first")
        client.flush()
        assert len(list(tmp_path.iterdir())) == 1
        gate.creation = Answer(body=RECEIPT)
        client._breaker.note(None)  # As after its first pause.
        _run(client, "second")
        client.flush()
        client.deliver_spooled_traces()
    assert list(tmp_path.iterdir()) == []
    assert _created(service)[-2:] == ["second", "first"]


def test_more_runs_than_there_is_room_for_are_kept_on_disk_at_once(
    service: Scripted, gate: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(outbox, "MOST_QUEUED", 2)
    with ReflectClient(base_url=service.url, api_key="k", spool_dir=tmp_path) as client:
        for number in range(3):
            _run(client, f"task {number}")
        (kept,) = tmp_path.iterdir()
        assert json.loads(kept.read_text())["body"]["task"] == "task 2"
        gate.open.set()


def test_a_forked_child_leaves_what_is_queued_to_its_parent(
    service: Scripted, gate: Gate, background: ReflectClient
):
    _run(background)
    _opens_soon(gate)
    child = os.fork()
    if child == 0:
        os._exit(0 if not background._outbox._pending else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert _created(service) == ["Count"]
    child = os.fork()  # Nothing is queued.
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)


PROGRAM = """
import sys
from reflect_sdk import ReflectClient
from reflect_sdk._client import outbox
outbox.LAST_SECONDS = {seconds}
client = ReflectClient(base_url={url!r}, api_key="k", spool_dir={spool!r})
with client.trace("Count") as context:
    context.add({message!r})
"""


@pytest.mark.parametrize("answers", [True, False])
def test_the_end_of_a_program_delivers_or_keeps_what_is_queued(
    service: Scripted, gate: Gate, tmp_path: Path, answers: bool
):
    if answers:
        gate.open.set()
    program = PROGRAM.format(
        seconds=20.0 if answers else 0.2, url=service.url, spool=str(tmp_path), message=MESSAGE
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert _created(service) == ["Count"], ended.stderr
    assert len(list(tmp_path.iterdir())) == (not answers)


def test_what_the_end_of_the_program_has_given_up_is_not_delivered_afterwards(
    service: Scripted, gate: Gate, background: ReflectClient, told: list[TraceLostError]
):
    for number in range(3):
        _run(background, f"task {number}")
    while not _created(service):
        pass
    background._outbox.finish(0)
    assert [error.task for error in told] == ["task 0", "task 1", "task 2"]
    gate.open.set()
    _run(background, "task 3")
    assert background.flush()
    assert _created(service) == ["task 0", "task 3"]


def test_a_client_that_nobody_holds_is_collected_once_its_runs_are_delivered(service: Scripted):
    service.script(Answer(body=[]), Answer(body=RECEIPT))
    client = ReflectClient(base_url=service.url, api_key="k")
    with client.trace("Count") as context:
        context.add(MESSAGE)
    assert client.flush(timeout=20)
    held = weakref.ref(client)
    del client, context
    end = time.monotonic() + outbox._IDLE_SECONDS / 2
    while held() is not None and time.monotonic() < end:
        gc.collect()
    assert held() is None
