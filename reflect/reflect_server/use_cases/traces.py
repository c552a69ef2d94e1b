"""
Traces: read, listed and deleted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from reflect_server.domain.pagination import Page, page_of
from reflect_server.domain.trace import Trace, TraceFilter, TraceState, id_within
from reflect_server.errors import NotFoundError
from reflect_server.store.protocol.store import Transaction
from reflect_server.use_cases.dependencies import Dependencies

QUICK_BYTES = 64 * 1024
"""A trajectory of so many bytes is read in less time than handing it to a thread would cost."""


def get_trace(deps: Dependencies, project_id: str, trace_id: str) -> Trace:
    """
    Return one trace.

    Args:
        deps: The collaborators.
        project_id: The project.
        trace_id: The trace.

    Raises:
        NotFoundError: The project has no such trace.
    """
    return deps.store.read(lambda tx: require_trace(tx, project_id, trace_id))


def list_traces(
    deps: Dependencies,
    project_id: str,
    *,
    wanted: TraceFilter,
    limit: int | None,
    cursor: str | None,
) -> Page[Trace]:
    """
    Return a page of the traces, newest first.

    Args:
        deps: The collaborators.
        project_id: The project.
        wanted: Which traces.
        limit: At most this many; None to go through all, a few at a time.
        cursor: Where the page starts, from the page before; None for the first page.

    Raises:
        InvalidRequestError: The cursor is not one of this list.
    """
    return deps.store.read(
        lambda tx: page_of(
            partial(tx.traces.page, project_id, wanted=wanted, after=cursor),
            tx.traces.cursor_after,
            limit,
        )
    )


def retry_traces(
    deps: Dependencies, project_id: str, trace_ids: Sequence[str] | None, *, now: datetime
) -> Sequence[str]:
    """
    Put failed traces back into the ingest queue, with all their attempts before them.

    Args:
        deps: The collaborators.
        project_id: The project.
        trace_ids: The traces, of which those that have not failed are passed over; None for all
            failed ones.
        now: The present time, in UTC.

    Returns:
        The ids of those that are in the queue again.
    """
    retried = deps.store.write(lambda tx: tx.traces.retry(project_id, trace_ids, due_at=now))
    if retried:
        deps.queued()
    return retried


def delete_traces(
    deps: Dependencies, project_id: str, trace_ids: Sequence[str]
) -> tuple[list[str], list[str]]:
    """
    Delete those of the traces that the project has, with their reviews and memories.

    Args:
        deps: The collaborators.
        project_id: The project.
        trace_ids: The traces.

    Returns:
        The ids of the deleted traces, and of the memories that went with them.
    """

    def work(tx: Transaction) -> tuple[list[str], list[str]]:
        named = [name for i in dict.fromkeys(trace_ids) for name in (i, id_within(project_id, i))]
        memories = [tx.memories.of_trace(trace_id) for trace_id in named]
        memory_ids = [m.id for m in memories if m is not None and m.project_id == project_id]
        return list(tx.traces.delete(project_id, trace_ids)), memory_ids

    deleted, memory_ids = deps.store.write(work)
    deps.spaces.active.index.remove(project_id, memory_ids)
    for trace_id in deleted:
        deps.changed(trace_id)
    return deleted, memory_ids


async def whole(deps: Dependencies, trace: Trace) -> Trace:
    """
    Return a trace with its trajectory, which is read on a thread where it was left out.

    Args:
        deps: The collaborators.
        trace: The trace.

    Raises:
        NotFoundError: It has been deleted.
    """
    if not trace.trajectory.is_left_out:
        return trace
    read = partial(get_trace, deps, trace.project_id, trace.id)
    return replace(trace, trajectory=(await deps.in_thread(read)).trajectory)


def require_trace(
    tx: Transaction, project_id: str, trace_id: str, *, largest: int | None = None
) -> Trace:
    """
    Return one trace, within a transaction.

    Args:
        tx: The transaction.
        project_id: The project.
        trace_id: The trace.
        largest: The largest trajectory that is read, in bytes; see `Traces.get`. None for any.

    Raises:
        NotFoundError: The project has no such trace.
    """
    trace = tx.traces.get(project_id, trace_id, largest=largest)
    if trace is None:
        raise missing_trace(project_id, trace_id)
    return trace


def require_state(tx: Transaction, project_id: str, trace_id: str) -> TraceState:
    """
    Return the state of one trace, within a transaction.

    Args:
        tx: The transaction.
        project_id: The project.
        trace_id: The trace.

    Raises:
        NotFoundError: The project has no such trace.
    """
    state = tx.traces.state(project_id, trace_id)
    if state is None:
        raise missing_trace(project_id, trace_id)
    return state


def missing_trace(project_id: str, trace_id: str) -> NotFoundError:
    """
    Return the error of a trace that a project has not.

    Args:
        project_id: The project.
        trace_id: The trace.
    """
    return NotFoundError(
        f"The project {project_id!r} has no trace with the id {trace_id!r}. "
        "Check the id and the project."
    )
