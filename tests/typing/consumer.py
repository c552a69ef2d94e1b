"""
How users write code against the SDK; checked by mypy and pyright in strict mode, never run.

Wrong uses carry the error that both must report.
"""

# pyright: strict, reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from collections.abc import Awaitable

import httpx

from reflect_api.api.memories import get_memory_history
from reflect_sdk import (
    APIResponse,
    AugmentedTask,
    IngestStatus,
    MemoryResponse,
    ReflectClient,
    ReviewLabel,
    Scope,
    TraceContext,
    TraceCreateResponse,
    TraceResponse,
    TraceResult,
    reflect_trace,
)


def right(client: ReflectClient) -> None:
    memories: list[MemoryResponse] = client.query_memories("task", limit=3)
    augmented: AugmentedTask = client.augment_with_memories(task="task")
    receipt: TraceCreateResponse = client.create_trace(
        task="task",
        trajectory=[{"role": "user", "content": "task"}],
        retrieved_memory_ids=[memory.id for memory in memories],
        metadata={"nested": {"free": ["form"]}},
    )
    with client.trace("task") as context:
        context.set_output(trajectory=augmented.augmented_task, result="pass")
        identifier: str | None = context.trace_id
    trace: TraceResponse = client.wait_for_trace(receipt.id)
    print(trace.metadata["nested"], identifier)
    for event in get_memory_history.sync(client=client.api, project_id="p", memory_id="m"):
        print(event.q_after + 1)


def judged(client: ReflectClient, *, passed: bool) -> str:
    label: ReviewLabel = "pass" if passed else "failure"
    trace = client.review_trace("t1", result=label, timeout=5)
    scopes: list[Scope] = ["memory:read", "trace:write"]
    client.create_api_key(label="ci", scopes=scopes, environment="test")
    status: IngestStatus | str = trace.ingest_status
    for failed in client.iter_traces(ingest_status="failed", metadata_filter={"source": ["ci"]}):
        status = failed.ingest_status
    answer: APIResponse = client.request("GET", "/v1/new", params={"limit": 5, "id": ["a", "b"]})
    return status.upper() + (answer.request_id or "")


async def right_too() -> None:
    async with ReflectClient(api_key="key", timeout=httpx.Timeout(5.0)) as client:
        async with client.trace_async("task", blocking=True) as context:
            context.set_output(trajectory=[], result="fail", feedback_text="why")
        print((await client.get_trace_async("t1")).review_status.upper())


def decorated(client: ReflectClient) -> None:
    def task_of(question: str) -> str:
        return f"Answer {question}"

    @reflect_trace(client, task=task_of)
    def answer(context: TraceContext, question: str) -> TraceResult:
        return TraceResult(output=question, trajectory=context.augmented_task)

    @reflect_trace(client, inject_context=False)
    async def count(number: int) -> str:
        return str(number)

    @reflect_trace(client, inject_context=False)
    async def table(question: str) -> TraceResult[dict[str, int]]:
        return TraceResult(output={question: 42}, trajectory="Counted.", result="pass")

    @reflect_trace(client)
    def total(context: TraceContext, question: str) -> TraceResult[int]:
        return TraceResult(output=len(question), trajectory=context.task)

    counts: Awaitable[dict[str, int]] = table("orders")
    number: int = total("orders")
    print(counts, number + 1)
    text: str = answer("How many orders?")
    counting: Awaitable[str] = count(number=5)
    print(text, counting)
    answer(5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # wrong on purpose
    count("5")  # type: ignore[arg-type, unused-coroutine]  # pyright: ignore[reportArgumentType, reportUnusedCoroutine]  # wrong on purpose


def wrong(client: ReflectClient) -> None:
    client.query_memories("task", 3)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]  # wrong on purpose
    client.create_trace(task="task")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]  # wrong on purpose
    client.get_trace(5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # wrong on purpose
    client.query_memories("task")[0].q_value = 1.0  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]  # wrong on purpose
    client.review_trace("t1", result="passed")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # wrong on purpose
    client.create_trace(task="t", trajectory=[], review_result="ok")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # wrong on purpose
    client.list_traces(review_status="done")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # wrong on purpose
    client.create_api_key(label="l", scopes=["all"])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]  # wrong on purpose
    client.create_api_key(label="l", scopes=[], environment="prod")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # wrong on purpose
    TraceResult(output=1, trajectory="t", result="passed")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # wrong on purpose
    with client.trace("t") as context:
        context.set_output(trajectory=[], result="passes")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # wrong on purpose
    ReflectClient()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]  # wrong on purpose
