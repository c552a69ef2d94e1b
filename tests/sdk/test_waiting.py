"""
Waiting for a trace, with services that hold their answer and services that do not.
"""

from __future__ import annotations

import asyncio
import inspect
import pickle
import socket
import threading
from typing import Any

import httpx
import pytest

from reflect_sdk import (
    DeadlineExceededError,
    DecodeError,
    IngestFailedError,
    InvalidArgumentError,
    NotFoundError,
    ReflectClient,
    WaitTimeoutError,
)

from .scripted import TRACE, Answer, Asked, Scripted, raw_server

QUEUED = {**TRACE, "ingest_status": "queued", "review_status": "pending"}
HELD = {"Preference-Applied": "wait=30"}


def _settled(called: Any) -> Any:
    return asyncio.run(called) if inspect.iscoroutine(called) else called


def test_a_service_that_holds_its_answer_is_asked_to(service: Scripted, client: ReflectClient):
    service.script(Answer(body=TRACE, headers=HELD))
    assert client.wait_for_trace("t1").id == "t1"
    assert service.asked[0].headers["Prefer"] == "wait=30"
    assert service.asked[0].path.endswith("?wait_for=ingested")


@pytest.mark.parametrize("world", ["", "_async"])
def test_a_service_that_does_not_hold_is_polled(
    service: Scripted, client: ReflectClient, world: str
):
    service.script(Answer(body=QUEUED), Answer(body=QUEUED), Answer(body=TRACE))
    trace = _settled(getattr(client, f"wait_for_trace{world}")("t1", poll_interval=0.001))
    assert trace.ingest_status == "completed"
    assert ["Prefer" in asked.headers for asked in service.asked] == [True, False, False]


@pytest.mark.parametrize(
    "unfinished",
    [
        {"ingest_status": "queued"},
        {"ingest_status": "processing"},
        {"ingest_status": "some_new_status"},
        {"review_status": "pending"},
        {"review_status": "some_new_status"},
    ],
)
def test_only_a_completed_and_reviewed_trace_ends_the_wait(
    service: Scripted, client: ReflectClient, unfinished: dict[str, str]
):
    service.script(Answer(body={**TRACE, **unfinished}))
    with pytest.raises(WaitTimeoutError, match=next(iter(unfinished.values()))) as caught:
        client.wait_for_trace("t1", require_reviewed=True, poll_interval=0.001, wait_timeout=0.01)
    assert isinstance(caught.value, TimeoutError)
    assert caught.value.trace is not None
    assert caught.value.trace.id == "t1"
    assert pickle.loads(pickle.dumps(caught.value)).trace == caught.value.trace


@pytest.mark.parametrize("world", ["", "_async"])
def test_a_failed_ingestion_ends_the_wait_with_its_reason(
    service: Scripted, client: ReflectClient, world: str
):
    service.script(
        Answer(
            body={**QUEUED, "ingest_status": "failed", "last_ingest_error": "The model is down."}
        )
    )
    with pytest.raises(IngestFailedError, match=r"The model is down\.") as caught:
        _settled(getattr(client, f"wait_for_trace{world}")("t1"))
    assert isinstance(caught.value, RuntimeError)
    assert pickle.loads(pickle.dumps(caught.value)).trace.id == "t1"


def test_a_trace_that_is_not_there_yet_is_waited_for(service: Scripted, client: ReflectClient):
    service.script(Answer(status=404, body={}), Answer(body=TRACE))
    assert client.wait_for_trace("t1", poll_interval=0.001).id == "t1"


def test_a_trace_that_was_seen_and_is_gone_ends_the_wait(service: Scripted, client: ReflectClient):
    service.script(Answer(body=QUEUED), Answer(status=404, body={}))
    with pytest.raises(NotFoundError):
        client.wait_for_trace("t1", poll_interval=0.001)


@pytest.mark.parametrize(
    "arguments",
    [
        {"poll_interval": 0},
        {"poll_interval": float("nan")},
        {"wait_timeout": -1},
        {"wait_timeout": float("inf")},
    ],
)
def test_a_wait_that_cannot_work_is_refused_before_anything_is_recorded(
    service: Scripted, client: ReflectClient, arguments: dict[str, float]
):
    with pytest.raises(InvalidArgumentError):
        client.create_trace_and_wait(task="Count", trajectory=[], **arguments)  # type: ignore[arg-type]  # a bag of arguments
    assert service.asked == []


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(Answer(body=QUEUED), id="between two looks"),
        pytest.param(Answer(status=503, headers={"Retry-After": "8"}), id="before a retry"),
        pytest.param(None, id="while the answer is held"),
    ],
)
def test_a_cancelled_wait_ends_at_once_and_the_client_goes_on(
    service: Scripted, client: ReflectClient, answer: Answer | None
):
    over = threading.Event()

    async def wait() -> None:
        asked = asyncio.Event()
        loop = asyncio.get_running_loop()

        def held(_: Asked) -> Answer:
            loop.call_soon_threadsafe(asked.set)
            if answer is None:
                over.wait()
            return answer or Answer(body=TRACE)

        service.always = held
        waiting = asyncio.create_task(
            client.wait_for_trace_async("t1", poll_interval=30, wait_timeout=50)
        )
        await asked.wait()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        over.set()
        service.always = lambda _: Answer(body=TRACE)
        assert (await client.get_trace_async("t1")).id == "t1"

    asyncio.run(wait())


@pytest.mark.parametrize("read", [None, 0.5, 10.0])
def test_a_wait_never_asks_for_a_longer_hold_than_a_read_may_take(
    service: Scripted, client: ReflectClient, read: float | None
):
    service.script(Answer(body=TRACE))
    client.with_options(timeout=httpx.Timeout(5.0, read=read)).wait_for_trace("t1")
    hold = {None: "wait=30", 0.5: None, 10.0: "wait=5"}[read]
    assert service.asked[0].headers.get("Prefer") == hold


BUSY = Answer(status=503, body=b"", headers={"Retry-After-Ms": "1"})


def test_an_outage_while_waiting_is_waited_out(service: Scripted, client: ReflectClient):
    service.script(*[BUSY] * 9, Answer(body=TRACE))
    assert client.wait_for_trace("t1", poll_interval=0.001).id == "t1"


def test_a_gateway_that_cuts_held_answers_is_asked_without_holding(
    service: Scripted, client: ReflectClient
):
    service.always = lambda asked: (
        Answer(status=504, headers={"Retry-After-Ms": "1"})
        if "Prefer" in asked.headers
        else Answer(body=TRACE)
    )
    assert client.wait_for_trace("t1", poll_interval=0.001).id == "t1"


def test_a_wait_for_a_review_that_nobody_gives_says_so(service: Scripted, client: ReflectClient):
    service.script(Answer(body={**TRACE, "review": None, "review_status": "pending"}))
    options = {"poll_interval": 0.001, "wait_timeout": 0.01}
    with pytest.raises(WaitTimeoutError, match="call review_trace"):
        client.wait_for_trace("t1", require_reviewed=True, **options)


def test_a_wait_that_is_over_says_what_keeps_the_service(service: Scripted, client: ReflectClient):
    kept = {"ingest_status": "queued", "last_ingest_error": "The model cannot be reached."}
    service.script(Answer(body={**TRACE, **kept}))
    with pytest.raises(WaitTimeoutError, match="ended with: The model cannot be reached"):
        client.wait_for_trace("t1", poll_interval=0.001, wait_timeout=0.01)


@pytest.mark.parametrize("world", ["", "_async"])
def test_a_silent_service_ends_a_wait_at_its_own_time(world: str):
    def silent(connection: socket.socket, over: threading.Event) -> None:
        connection.recv(65536)
        over.wait()

    with (
        raw_server(silent) as url,
        ReflectClient(base_url=url, api_key="k", timeout=110) as client,
        pytest.raises(WaitTimeoutError, match="has not been seen yet") as caught,
    ):
        _settled(getattr(client, f"wait_for_trace{world}")("t1", wait_timeout=0.1))
    assert (caught.value.trace_id, caught.value.trace) == ("t1", None)
    assert isinstance(caught.value.__cause__, DeadlineExceededError)
    assert pickle.loads(pickle.dumps(caught.value)).trace_id == "t1"


def test_an_answer_that_cannot_be_decoded_ends_a_wait(service: Scripted, client: ReflectClient):
    service.script(Answer(body=[]))
    with pytest.raises(DecodeError):
        client.wait_for_trace("t1")
