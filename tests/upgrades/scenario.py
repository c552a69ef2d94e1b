"""
What a program does with the client, whichever version of it is installed: run with the address of a
server, a master key and a project. Ends with a line of JSON that says what it saw.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import reflect_sdk
from reflect_api.api.memories import get_memory_history, list_memories
from reflect_api.api.traces import retry_traces
from reflect_api.models import RetryTracesRequest
from reflect_sdk import ConflictError, NotFoundError, ReflectClient, TraceResult, reflect_trace

TASK = "How many orders did we ship in March?"
MESSAGES = [{"role": "user", "content": TASK}, {"role": "assistant", "content": "42"}]


def main(base_url: str, api_key: str, project: str) -> dict[str, Any]:
    saw: dict[str, Any] = {"package": str(Path(reflect_sdk.__file__).parent)}
    with ReflectClient(base_url=base_url, api_key=api_key, project_id=project) as client:
        saw["health"] = client.health()
        saw |= recorded(client)
        saw |= in_blocks(client)
        saw |= asyncio.run(twins(client))
        saw |= remembered(client)
        saw |= errors(client)
        saw |= keys(client)
        traces = [trace.id for trace in client.list_traces()]
        saw["deleted"] = len(client.delete_traces(traces).deleted_trace_ids) == len(traces)
        saw["project deleted"] = client.delete_project().deleted
    return saw


def recorded(client: ReflectClient) -> dict[str, Any]:
    trace = client.create_trace_and_wait(
        task=TASK,
        trajectory=MESSAGES,
        review_result="failure",
        feedback_text="Leave cancelled orders out.",
        metadata={"source": "eval"},
    )
    later = client.create_trace(task=TASK, trajectory="A summary.")
    reviewed = client.review_trace(later.trace_id, result="pass", feedback_text="Right.")
    waited = client.wait_for_trace(later.trace_id)
    return {
        "created": [trace.review_status, trace.ingest_status, bool(trace.created_memory_id)],
        "reviewed": [reviewed.review_status, waited.ingest_status],
        "read": client.get_trace(trace.id).metadata,
        "listed": len(client.list_traces()),
        "pages": len(list(client.iter_traces(page_size=1))),
    }


def in_blocks(client: ReflectClient) -> dict[str, Any]:
    with client.trace(TASK, blocking=True) as context:
        given = len(context.memories)
        context.set_output(
            trajectory=MESSAGES, result="pass", used_memory_ids=context.memory_ids[:1]
        )
    after = client.query_memories(TASK)

    @reflect_trace(client)
    def answer(context: Any, task: str) -> TraceResult:
        return TraceResult(output=f"42 to {task}", trajectory=MESSAGES, result="pass")

    return {
        "given": given,
        "moved": max(memory.q_value for memory in after) > 0.5,
        "decorated": answer("How many?"),
        "guidance": "Leave cancelled orders out." in "".join(m.guidance for m in after),
    }


async def twins(client: ReflectClient) -> dict[str, Any]:
    augmented = await client.augment_with_memories_async(TASK, limit=2)
    async with client.trace_async(TASK, blocking=True) as context:
        context.set_output(trajectory=MESSAGES, result="pass")
    trace = await client.wait_for_trace_async(context.trace_id)
    return {"augmented": len(augmented.memories), "awaited": trace.review_status}


def remembered(client: ReflectClient) -> dict[str, Any]:
    for number in range(5):
        client.create_memory(
            task=f"Task {number}", summary=f"About {number}", guidance=f"Do {number}", result="pass"
        )
    low_level = {"client": client.api, "project_id": client.project_id}
    memories = list_memories.sync(**low_level)
    history = get_memory_history.sync(**low_level, memory_id=client.query_memories(TASK)[0].id)
    retried = retry_traces.sync(**low_level, body=RetryTracesRequest())
    skill = client.create_skill()
    return {
        "memories": len(memories) >= 8,
        "history": len(history) > 0,
        "retried": retried.retried_trace_ids,
        "skill": [skill.version, client.get_skill().content == skill.content],
    }


def errors(client: ReflectClient) -> dict[str, Any]:
    found: dict[str, Any] = {}
    try:
        client.get_trace("none")
    except NotFoundError as error:
        found["missing"] = error.status_code
    trace_id = client.create_trace(task="T", trajectory="", review_result="pass").trace_id
    try:
        client.review_trace(trace_id, result="fail")
    except ConflictError as error:
        found["reviewed twice"] = error.status_code
    return found


def keys(client: ReflectClient) -> dict[str, Any]:
    made = client.create_api_key(label="agent", scopes=["trace:read"])
    status = [key.status for key in client.list_api_keys()]
    revoked = client.revoke_api_key(made.key.id)
    return {"keys": status, "revoked": revoked.status}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(*sys.argv[1:])) + "\n")
