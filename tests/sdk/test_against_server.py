"""
The client against a real server process, and against the service in memory.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import count

import httpx
import pytest

from reflect_api.api.memories import get_memory_history
from reflect_sdk import (
    AuthenticationError,
    InvalidRequestError,
    NotFoundError,
    ReflectClient,
)
from reflect_sdk._transport.retry import RetryPolicy
from reflect_sdk.testing import FakeReflect
from reflect_server.testing import RunningServer, running_server

from .scripted import Answer, Asked, Scripted

TASK = "How many orders did we ship in March?"
MESSAGES = [{"role": "user", "content": TASK}, {"role": "assistant", "content": "42"}]


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    with running_server() as running:
        yield running


@pytest.fixture(params=["server", "in memory"])
def client(request: pytest.FixtureRequest) -> Iterator[ReflectClient]:
    project = f"project {uuid.uuid4()}/with a slash"
    if request.param == "in memory":
        with FakeReflect().client(project_id=project) as made:
            yield made
        return
    server: RunningServer = request.getfixturevalue("server")
    with ReflectClient(
        base_url=server.base_url, api_key=server.api_key, project_id=project
    ) as made:
        yield made


def test_a_reviewed_run_is_found_for_the_next_task(client: ReflectClient):
    trace = client.create_trace_and_wait(
        task=TASK,
        trajectory=MESSAGES,
        review_result="failure",
        feedback_text="Counted cancelled orders.",
    )
    assert (trace.review_status, trace.ingest_status) == ("reviewed", "completed")
    assert trace.final_response == "42"
    (memory,) = client.query_memories("How many orders did we ship in April?")
    assert memory.id == trace.created_memory_id
    assert memory.success is False
    assert "Counted cancelled orders." in memory.guidance
    assert 0.5 < memory.similarity <= 1


def test_reviews_move_the_memories_that_a_run_used(client: ReflectClient):
    for guidance in ("Leave cancelled orders out.", "Count every row."):
        client.create_memory(task=TASK, summary=guidance, guidance=guidance, result="pass")
    with client.trace(TASK, blocking=True) as context:
        used = context.memory_ids[0]
        context.set_output(trajectory=MESSAGES, result="fail", used_memory_ids=[used], alpha=0.5)
    values = {memory.id: memory.q_value for memory in client.query_memories(TASK)}
    assert values[used] == pytest.approx(0.25)
    assert [value for name, value in values.items() if name != used] == [0.5, 0.5]
    (event,) = get_memory_history.sync(
        client=client.api, project_id=client.project_id, memory_id=used
    )
    assert (event.q_before, event.q_after, event.trace_id) == (0.5, 0.25, context.trace_id)


def test_a_review_can_come_later(client: ReflectClient):
    receipt = client.create_trace(task=TASK, trajectory="A summary of the run.")
    assert client.get_trace(receipt.id).review is None
    reviewed = client.review_trace(receipt.id, result="Pass")
    assert reviewed.review is not None
    assert (reviewed.review.result, reviewed.review.mode) == ("pass", "deferred")
    assert client.wait_for_trace(receipt.id, require_reviewed=True).created_memory_id


def test_the_asynchronous_world_does_the_same(client: ReflectClient):
    async def learn() -> None:
        async with client.trace_async(TASK, blocking=True) as context:
            context.set_output(trajectory=MESSAGES, result="pass")
        memories = await client.query_memories_async(TASK)
        assert [memory.success for memory in memories] == [True]
        trace = await client.create_trace_and_wait_async(
            task=TASK,
            trajectory=MESSAGES,
            retrieved_memory_ids=[memory.id for memory in memories],
            review_result="success",
        )
        assert trace.created_memory_id

    asyncio.run(learn())
    asyncio.run(client.get_skill_async())
    assert client.query_memories(TASK)[0].q_value > 0.5


def test_many_calls_at_once_share_the_pool(client: ReflectClient):
    async def record() -> list[str]:
        receipts = await asyncio.gather(
            *(client.create_trace_async(task=TASK, trajectory=str(n)) for n in range(50))
        )
        return [receipt.id for receipt in receipts]

    recorded = asyncio.run(record())
    assert len(set(recorded)) == 50
    assert {trace.id for trace in client.list_traces()} == set(recorded)


def test_a_thousand_creations_over_a_line_that_loses_every_third_answer_make_a_thousand_traces(
    server: RunningServer, service: Scripted, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(
        "reflect_sdk._transport.pool.RetryPolicy", partial(RetryPolicy, first_pause=0.001)
    )
    answers = count(1)
    with httpx.Client(base_url=server.base_url) as line:

        def pass_on(asked: Asked) -> Answer:
            kept = ("Authorization", "Content-Type", "Idempotency-Key")
            headers = {name: asked.headers[name] for name in kept}
            answer = line.post(asked.path, json=asked.body, headers=headers)
            lost = next(answers) % 3 == 0
            return Answer(status=0 if lost else answer.status_code, body=answer.content)

        service.always = pass_on
        with (
            ReflectClient(
                base_url=service.url, api_key=server.api_key, project_id="lossy", max_retries=20
            ) as client,
            ThreadPoolExecutor(8) as threads,
        ):
            tasks = [f"task {number}" for number in range(1000)]
            list(threads.map(lambda task: client.create_trace(task=task, trajectory=""), tasks))
    with ReflectClient(
        base_url=server.base_url, api_key=server.api_key, project_id="lossy"
    ) as client:
        recorded = [trace.task for trace in client.iter_traces(page_size=1000)]
    assert sorted(recorded) == sorted(tasks)
    assert len(service.asked) == 1499


def test_bootstrap_makes_a_project_with_its_key():
    with running_server(env={"REFLECT_BOOTSTRAP_TOKEN": "the token"}) as server:
        info = ReflectClient.bootstrap(
            base_url=server.base_url,
            bootstrap_token="the token",
            user_id="u",
            project_id="new",
        )
        with ReflectClient(
            base_url=server.base_url, api_key=info.api_key, project_id="new"
        ) as client:
            assert client.list_traces() == []


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 10_000}, "limit"),
        ({"lambda_": 1.5}, "lambda"),
        ({"lambda_": -0.1}, "lambda"),
        ({"mmr_lambda": 2}, "mmr_lambda"),
        ({"task": ""}, "task"),
        ({"task": "  \n"}, "task"),
        ({"task": "x" * 100_001}, "task"),
    ],
)
def test_a_query_out_of_range_is_one_clear_sentence(
    client: ReflectClient, arguments: dict[str, object], names: str
):
    with pytest.raises(InvalidRequestError, match=names) as caught:
        client.query_memories(**{"task": TASK, **arguments})  # type: ignore[arg-type]  # a bag of arguments
    assert caught.value.code == "invalid_request"
    assert caught.value.detail.endswith(".")


def test_memories_that_the_project_does_not_have_are_refused_and_nothing_is_stored(
    client: ReflectClient,
):
    with pytest.raises(InvalidRequestError, match="mem_unknown"):
        client.create_trace(
            task=TASK, trajectory=[], retrieved_memory_ids=["mem_unknown"], review_result="pass"
        )
    assert client.list_traces() == []


def test_what_is_not_there_and_who_is_not_known(client: ReflectClient):
    with pytest.raises(NotFoundError):
        client.get_trace("unknown")
    with pytest.raises(AuthenticationError):
        client.with_options(api_key="rf_live_a_b").query_memories(TASK)


def test_all_traces_can_be_gone_through_page_by_page(client: ReflectClient):
    recorded = [client.create_trace(task=TASK, trajectory=str(n)).id for n in range(7)]
    client.review_trace(recorded[3], result="pass")

    async def gather() -> list[str]:
        return [trace.id async for trace in client.iter_traces_async(page_size=2)]

    assert [trace.id for trace in client.iter_traces(page_size=3)] == recorded[::-1]
    assert asyncio.run(gather()) == recorded[::-1]
    pending = [trace.id for trace in client.iter_traces(review_status="pending", page_size=1)]
    assert pending == [name for name in recorded[::-1] if name != recorded[3]]
