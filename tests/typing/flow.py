"""
How flows call operations; checked by mypy and pyright in strict mode, never run.

Wrong uses carry the error that both must report.
"""

# pyright: strict, reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from reflect_api import api, models
from reflect_sdk._flows.exchange import fetch, respond
from reflect_sdk._transport.effects import Flow


def right(project_id: str) -> Flow[list[str]]:
    body = models.QueryMemoriesRequest(task="task", limit=3)
    query = api.memories.query_memories.request(project_id, body=body)
    memories = yield from fetch(query, seconds=5.0)
    listed = api.traces.list_traces.request(project_id, limit=10, cursor="c")
    response = yield from respond(listed)
    traces: list[models.TraceResponse] = listed.success(response)
    link: str | None = response.headers.get("Link")
    return [*[memory.id for memory in memories], *[trace.id for trace in traces], link or ""]


def wrong(project_id: str) -> Flow[str]:
    request = api.traces.get_trace.request
    request(project_id, trace="t1")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]  # wrong on purpose
    request(project_id)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]  # wrong on purpose
    request(project_id, 5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # wrong on purpose
    api.traces.create_trace.request(project_id, body={"task": "task"})  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # wrong on purpose
    api.traces.get_traces.request(project_id)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]  # wrong on purpose
    trace = yield from fetch(request(project_id, "t1"))
    return trace.ingest_attempts  # type: ignore[return-value]  # pyright: ignore[reportReturnType]  # wrong on purpose
