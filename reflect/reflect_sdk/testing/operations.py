"""
What the service in memory does: one method for each operation of the contract that it has.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from typing import Any

from attrs import frozen

from reflect_api import models
from reflect_sdk.testing.access import Key, KeyRing
from reflect_sdk.testing.checks import (
    check_memories,
    check_range,
    check_review,
    check_text,
    read,
)
from reflect_sdk.testing.records import Project, Review, now
from reflect_sdk.testing.refusals import Refusal, invalid, missing
from reflect_sdk.testing.words import carries, ranked

_LONGEST_LIST = 1_000


@frozen(kw_only=True)
class Call:
    """
    A request of an operation, whose key opens the project and allows it.
    """

    project: Project
    key: Key
    params: Mapping[str, str]
    query: Mapping[str, str]
    body: dict[str, Any]


@frozen(kw_only=True)
class Reply:
    """
    The answer to a request.

    Attributes:
        body: What is answered, as JSON.
        link: The query of the next page, where there is one.
    """

    body: Any
    link: str | None = None


@frozen
class Operations:
    """
    The operations, on projects and keys that are kept elsewhere.
    """

    projects: dict[str, Project]
    keys: KeyRing

    def handler(self, operation: str) -> Callable[[Call], Reply] | None:
        """
        Return what does an operation; None where nothing does.
        """
        found: Callable[[Call], Reply] | None = getattr(self, f"do_{operation}", None)
        return found

    def do_query_memories(self, call: Call) -> Reply:
        """
        Find memories by the words that their tasks share with the query's.
        """
        query = read(models.QueryMemoriesRequest, call.body)
        check_text(query, "task")
        for name, least, most in (("limit", 1, 100), ("lambda", 0, 1), ("mmr_lambda", 0, 1)):
            check_range(query, name, least, most)
        check_range(query, "similarity_threshold", -1, 1)
        memories = [call.project.memory(name) for name in call.project.memories]
        return Reply(body=ranked(memories, query))

    def do_list_memories(self, call: Call) -> Reply:
        """
        List memories, newest first.
        """
        return _page([call.project.memory(name) for name in call.project.memories], call)

    def do_get_memory(self, call: Call) -> Reply:
        """
        Return one memory.
        """
        memory = call.project.memory(_known(call, "memory"))
        run = call.project.traces[memory["trace_id"]]
        sources = (
            run["retrieved_memory_ids"]
            if run["used_memory_ids"] is None
            else run["used_memory_ids"]
        )
        return Reply(body={**memory, "source_memory_ids": sources})

    def do_get_memory_history(self, call: Call) -> Reply:
        """
        List the changes of a memory's Q-value.
        """
        return Reply(body=list(call.project.history(_known(call, "memory"))))

    def do_create_trace(self, call: Call) -> Reply:
        """
        Record a run, and review it where its review came with it.
        """
        project, run = call.project, read(models.CreateTraceRequest, call.body)
        check_text(run, "task")
        retrieved: list[str] = list(run.get("retrieved_memory_ids") or ())
        check_memories(project, retrieved, run.get("used_memory_ids"))
        review = run.get("review")
        if review is not None:
            check_review(review)
        trace_id = run.get("id") or secrets.token_hex(12)
        messages = _messages(run["trajectory"])
        project.traces[trace_id] = {
            "id": trace_id,
            "task": run["task"],
            "trajectory": messages,
            "final_response": run.get("final_response") or _last_answer(messages),
            "retrieved_memory_ids": retrieved,
            "used_memory_ids": run.get("used_memory_ids"),
            "ingest_status": "completed",
            "ingest_attempts": 0,
            "last_ingest_error": None,
            "model": run.get("model"),
            "metadata": run.get("metadata") or {},
            "created_memory_id": None,
            "created_at": run.get("created_at") or now(),
            **{name: run[name] for name in ("ended",) if name in run},
        }
        project.places[trace_id] = len(project.places)
        status = "completed"
        if review is not None:
            _attach(project, trace_id, review, "inline")
            reflection = review.get("reflection")
            status = "completed" if reflection or review.get("remember") is False else "queued"
            _ingest(project, trace_id, reflection)
        return Reply(body={"trace_id": trace_id, "ingest_status": status})

    def do_get_trace(self, call: Call) -> Reply:
        """
        Return one trace.
        """
        return Reply(body=call.project.trace(_known(call, "trace")))

    def do_list_traces(self, call: Call) -> Reply:
        """
        List traces, newest first.
        """
        names = ("review_status", "ingest_status", "model")
        same = {name: call.query[name] for name in names if name in call.query}
        wanted = json.loads(call.query.get("metadata_filter", "{}"))
        traces = [
            trace
            for trace in map(call.project.trace, call.project.traces)
            if carries(trace, same) and carries(trace["metadata"], wanted)
        ]
        return _page(traces, call)

    def do_review_trace(self, call: Call) -> Reply:
        """
        Attach a verdict to a trace.
        """
        trace_id, given = _known(call, "trace"), read(models.ReviewTraceRequest, call.body)
        check_review(given)
        known = call.project.reviews.get(trace_id)
        if known is None:
            return _reviewed(call.project, trace_id, given)
        if not known.says_the_same_as(given):
            raise Refusal(
                409,
                "already_reviewed",
                f"The trace {trace_id!r} has a different review. Change it with `change_review`.",
            )
        return Reply(body=call.project.trace(trace_id))

    def do_change_review(self, call: Call) -> Reply:
        """
        Give a trace another verdict, in the place of the one that it had.
        """
        trace_id, given = _known(call, "trace"), read(models.ReviewTraceRequest, call.body)
        check_review(given)
        known = call.project.reviews.get(trace_id)
        if known is None:
            return _reviewed(call.project, trace_id, given)
        if not known.says_the_same_as(given):
            call.project.forget(trace_id)
            known.given = given
            return _remembered(call.project, trace_id)
        return Reply(body=call.project.trace(trace_id))

    def do_undo_review(self, call: Call) -> Reply:
        """
        Take a trace's review back, with the memory that was made of the run.
        """
        trace_id = _known(call, "trace")
        if call.project.reviews.pop(trace_id, None) is not None:
            call.project.forget(trace_id)
        return Reply(body=call.project.trace(trace_id))

    def do_delete_traces(self, call: Call) -> Reply:
        """
        Delete traces with their reviews and memories.
        """
        wanted = read(models.DeleteTracesRequest, call.body)["trace_ids"]
        if not 1 <= len(wanted) <= _LONGEST_LIST:
            raise invalid("trace_ids", f"`trace_ids` must be 1 to {_LONGEST_LIST:,} ids.")
        found = [name for name in dict.fromkeys(wanted) if name in call.project.traces]
        memories = [call.project.forget(name) for name in found]
        for name in found:
            del call.project.traces[name]
            call.project.reviews.pop(name, None)
        return Reply(
            body={
                "deleted_trace_ids": found,
                "deleted_memory_ids": [name for name in memories if name is not None],
            }
        )

    def do_list_api_keys(self, call: Call) -> Reply:
        """
        List the project's keys.
        """
        return Reply(body=self.keys.of(call.project.id))

    def do_create_api_key(self, call: Call) -> Reply:
        """
        Make a key of the project.
        """
        wanted = read(models.CreateApiKeyRequest, call.body)
        return Reply(body=self.keys.create(call.project.id, wanted, call.key))

    def do_revoke_api_key(self, call: Call) -> Reply:
        """
        End a key of the project.
        """
        return Reply(body=self.keys.revoke(call.project.id, call.params["key_id"]))

    def do_delete_project(self, call: Call) -> Reply:
        """
        Delete the project with all that is in it.
        """
        del self.projects[call.project.id]
        self.keys.end(call.project.id)
        return Reply(body={"project_id": call.project.id, "deleted": True})


def _known(call: Call, kind: str) -> str:
    name = call.params[f"{kind}_id"]
    if name not in (call.project.traces if kind == "trace" else call.project.memories):
        raise missing(kind, name, call.project.id)
    return name


def _attach(project: Project, trace_id: str, given: dict[str, Any], mode: str) -> None:
    trace = project.traces[trace_id]
    used = trace["used_memory_ids"]
    retrieved = trace["retrieved_memory_ids"]
    weights = (
        {name: 1 / rank**2 for rank, name in enumerate(retrieved, 1)}
        if used is None
        else dict.fromkeys(used, 1.0)
    )
    project.reviews[trace_id] = Review(
        id=secrets.token_hex(12),
        trace_id=trace_id,
        given=given,
        mode=mode,
        credited={name: weight for name, weight in weights.items() if name in project.memories},
    )


def _reviewed(project: Project, trace_id: str, given: dict[str, Any]) -> Reply:
    _attach(project, trace_id, given, "deferred")
    return _remembered(project, trace_id)


def _remembered(project: Project, trace_id: str) -> Reply:
    """
    Answer with the trace as it is before its memory is made, as the service does, and make it.
    """
    if project.reviews[trace_id].remember:
        project.traces[trace_id]["ingest_status"] = "queued"
    body = project.trace(trace_id)
    _ingest(project, trace_id, None)
    return Reply(body=body)


def _ingest(project: Project, trace_id: str, reflection: dict[str, Any] | None) -> None:
    if project.reviews[trace_id].remember:
        project.traces[trace_id]["ingest_attempts"] += reflection is None
        project.learn(trace_id, reflection)


def _page(entries: list[dict[str, Any]], call: Call) -> Reply:
    """
    Return a page of a list, newest first; its cursor names the last one of the page before.
    """
    newest = entries[::-1]
    asked = call.query.get("limit", str(len(newest) or 1))
    limit = int(asked) if asked.isdecimal() else 0
    if limit < 1:
        raise invalid("limit", f"`limit` must be an integer from 1, found {asked}.")
    places = call.project.places
    cursor = call.query.get("cursor")
    if cursor is not None and cursor not in places:
        raise invalid("cursor", f"`cursor` is {cursor!r}, which this list has never given.")
    place = len(places) if cursor is None else places[cursor]
    left = [entry for entry in newest if places[entry["id"]] < place]
    return Reply(body=left[:limit], link=left[limit - 1]["id"] if limit < len(left) else None)


def _messages(trajectory: list[dict[str, Any]] | str) -> list[dict[str, Any]]:
    if isinstance(trajectory, list):
        return trajectory
    try:
        read = json.loads(trajectory)
    except ValueError:
        read = None
    if isinstance(read, list) and all(isinstance(message, dict) for message in read):
        return read
    return [{"role": "assistant", "content": trajectory}] if trajectory else []


def _last_answer(messages: list[dict[str, Any]]) -> str:
    answers = (message for message in reversed(messages) if message.get("role") == "assistant")
    content = next((message.get("content") for message in answers), None)
    return content if isinstance(content, str) else ""
