"""
The asynchronous methods on the event loop of trio.
"""

from __future__ import annotations

import asyncio

import pytest
import trio

from reflect_sdk import DeadlineExceededError, ReflectClient

from .scripted import RECEIPT, TRACE, Answer, Asked, Scripted, raw_server
from .test_deadlines import _dripping


def test_a_run_is_recorded_with_retries_and_waiting(service: Scripted, client: ReflectClient):
    busy = [Answer(status=503, body=b"", headers={"Retry-After-Ms": "1"})]
    unfinished = [Answer(body={**TRACE, "ingest_status": "queued"})]

    def answer(asked: Asked) -> Answer:
        if asked.method == "POST":
            return busy.pop() if busy else Answer(body=[] if "query" in asked.path else RECEIPT)
        return unfinished.pop() if unfinished else Answer(body=TRACE)

    async def run() -> str | None:
        async with client.trace_async("Count", blocking=True) as context:
            context.set_output(trajectory="did it", result="pass")
        return context.trace_id

    service.always = answer
    assert trio.run(run) == "t1"


def test_one_client_works_in_one_event_loop_of_each_kind_after_the_other(
    service: Scripted, client: ReflectClient
):
    service.script(Answer(body=TRACE))

    async def call_several() -> None:
        async with trio.open_nursery() as nursery:
            for _ in range(5):
                nursery.start_soon(client.get_trace_async, "t1")
        await client.aclose()
        await client.get_trace_async("t1")

    trio.run(call_several)
    asyncio.run(client.get_trace_async("t1"))
    trio.run(call_several)
    assert len(service.asked) == 13


def test_a_dripping_service_ends_at_the_deadline():
    with (
        raw_server(_dripping) as url,
        ReflectClient(base_url=url, api_key="k", timeout=0.2) as client,
        pytest.raises(DeadlineExceededError),
    ):
        trio.run(client.get_trace_async, "t1")
