"""
Traces: recorded, listed, read, reviewed, retried and deleted.
"""

from __future__ import annotations

import hashlib
from http import HTTPStatus
from typing import Any

import msgspec

from reflect_contract import models
from reflect_server.api.answer import Answer
from reflect_server.api.call import Call
from reflect_server.api.fields import given, present
from reflect_server.api.lists import listed
from reflect_server.domain.pagination import Page
from reflect_server.domain.reflection import Reflection
from reflect_server.domain.review import Review, ReviewResult, ReviewStatus
from reflect_server.domain.trace import IngestStatus, RunEnding, Trace, TraceFilter, public_id
from reflect_server.domain.trajectory import Trajectory
from reflect_server.errors import InvalidRequestError, ReflectServerError
from reflect_server.http.decoding import decode_body
from reflect_server.http.prefer_header import RESPOND_ASYNC, prefers, requested_wait
from reflect_server.http.threads import USUAL
from reflect_server.use_cases import recording, reviews, traces

_encode = msgspec.json.Encoder(order="deterministic").encode


async def create_trace(
    call: Call, *, project_id: str, idempotency_key: str | None, body: models.CreateTraceRequest
) -> Answer:
    """
    Record a run.
    """

    def taken() -> tuple[recording.Run, recording.IdempotencyKey | None]:
        run = _run(body)
        _ = run.trajectory.reading  # It is kept; the event loop must not wait for it.
        if idempotency_key is None and isinstance(body.id, msgspec.UnsetType):
            return run, None
        fingerprint = hashlib.sha256(_encode(body)).digest()
        return run, recording.IdempotencyKey(idempotency_key, fingerprint)

    if not isinstance(body.review, msgspec.UnsetType) and body.review.reflection:
        call.service.warm_up.require_loaded()
    run, idempotency = await USUAL.run(taken) if call.is_large else taken()
    if run.created_at is not None and not recording.is_believed(run.created_at, now=call.now):
        call.ignored.note("created_at", "is no time of the last 30 days")
    receipt = await recording.record(
        call.deps, project_id, run, idempotency=idempotency, now=call.now
    )
    is_whole = run.trajectory.reading.is_whole
    response = models.TraceCreateResponse(
        trace_id=public_id(receipt.trace_id),
        ingest_status=models.IngestStatus(receipt.ingest_status),
        reading=msgspec.UNSET if is_whole else _reading(run.trajectory),
    )
    return Answer(response, {"Idempotency-Replayed": "true"} if receipt.replayed else {})


def list_traces(
    call: Call,
    *,
    project_id: str,
    review_status: models.ReviewStatus | None,
    ingest_status: models.IngestStatus | None,
    model: str | None,
    metadata_filter: str | None,
    limit: int | None,
    cursor: str | None,
) -> Answer:
    """
    List traces, newest first.
    """
    wanted = TraceFilter(
        review_status=None if review_status is None else ReviewStatus(review_status),
        ingest_status=None if ingest_status is None else IngestStatus(ingest_status),
        model=model,
        metadata=None if metadata_filter is None else _metadata(metadata_filter),
    )

    def read(limit: int | None, cursor: str | None) -> Page[Trace]:
        return traces.list_traces(call.deps, project_id, wanted=wanted, limit=limit, cursor=cursor)

    return listed(call, read, _trace_response, limit=limit, cursor=cursor)


async def get_trace(
    call: Call,
    *,
    project_id: str,
    trace_id: str,
    wait_for: models.AwaitedState | None,
    prefer: str | None,
) -> Answer:
    """
    Return one trace, at once or when it has reached a state.
    """

    async def read() -> Trace:
        return await USUAL.run(traces.get_trace, call.deps, project_id, trace_id)

    seconds = requested_wait(prefer, longest=call.service.settings.max_wait_seconds)
    if seconds is None:
        return Answer(await USUAL.run(_read_response, await read()))
    trace = await call.service.waiters.until(
        trace_id,
        read=read,
        reached=_is_reviewed if wait_for is models.AwaitedState.REVIEWED else _is_ingested,
        seconds=seconds,
        disconnected=call.disconnected,
    )
    response = await USUAL.run(_read_response, trace)
    return Answer(response, {"Preference-Applied": f"wait={seconds}"})


async def review_trace(
    call: Call,
    *,
    project_id: str,
    trace_id: str,
    prefer: str | None,
    body: models.ReviewTraceRequest,
) -> models.TraceResponse | Answer:
    """
    Attach a verdict to a trace, or keep it for one that has not arrived.
    """
    trace = await reviews.review_trace(
        call.deps,
        project_id,
        trace_id,
        _verdict(body),
        early=prefers(prefer, RESPOND_ASYNC),
        now=call.now,
    )
    if trace is not None:
        return _trace_response(trace)
    kept = models.KeptReviewResponse(trace_id=trace_id)
    return Answer(kept, {"Preference-Applied": RESPOND_ASYNC}, status=HTTPStatus.ACCEPTED)


async def change_review(
    call: Call, *, project_id: str, trace_id: str, body: models.ReviewTraceRequest
) -> models.TraceResponse:
    """
    Give a trace another verdict.
    """
    verdict = _verdict(body)
    return _trace_response(
        await reviews.change_review(call.deps, project_id, trace_id, verdict, now=call.now)
    )


def retry_traces(
    call: Call, *, project_id: str, body: models.RetryTracesRequest
) -> models.RetryTracesResponse:
    """
    Ingest failed traces again.
    """
    retried = traces.retry_traces(call.deps, project_id, given(body.trace_ids, None), now=call.now)
    return models.RetryTracesResponse(retried_trace_ids=[public_id(i) for i in retried])


async def undo_review(call: Call, *, project_id: str, trace_id: str) -> models.TraceResponse:
    """
    Take a trace's review back.
    """
    return _trace_response(await reviews.undo_review(call.deps, project_id, trace_id))


def delete_traces(
    call: Call, *, project_id: str, body: models.DeleteTracesRequest
) -> models.DeleteTracesResponse:
    """
    Delete traces with what was made of them.
    """
    trace_ids, memory_ids = traces.delete_traces(call.deps, project_id, body.trace_ids)
    return models.DeleteTracesResponse(
        deleted_trace_ids=[public_id(i) for i in trace_ids], deleted_memory_ids=memory_ids
    )


def _metadata(text: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = decode_body(text.encode(), models.Metadata)
    except ReflectServerError as error:
        raise InvalidRequestError(
            '`metadata_filter` must be the text of a JSON object, such as `{"source": "eval"}`. '
            f"{error.message}",
            field="metadata_filter",
        ) from error
    return found


def _is_ingested(trace: Trace) -> bool:
    return trace.ingest_status in {IngestStatus.COMPLETED, IngestStatus.FAILED}


def _is_reviewed(trace: Trace) -> bool:
    return trace.review is not None and _is_ingested(trace)


def _run(body: models.CreateTraceRequest) -> recording.Run:
    known = present(
        body,
        final_response="final_response",
        retrieved_memory_ids="retrieved_memory_ids",
        used_memory_ids="used_memory_ids",
        model="model",
        metadata="metadata",
        reference_context="reference_context",
        review="review",
        id="id",
        ended="ended",
        created_at="created_at",
    )
    if "ended" in known:
        known["ended"] = RunEnding(known["ended"])
    review = known.pop("review", None)
    return recording.Run(
        task=body.task,
        trajectory=recording.trajectory_of(body.trajectory),
        verdict=None if review is None else _verdict(review),
        **known,
    )


def _verdict(review: models.ReviewInput | models.ReviewTraceRequest) -> reviews.Verdict:
    known = present(review, feedback_text="feedback_text", alpha="alpha", reflection="reflection")
    authored = known.pop("reflection", None)
    return reviews.Verdict(
        result=ReviewResult(review.result),
        reflection=None if authored is None else _reflection(authored),
        remember=review.remember is not False,
        **known,
    )


def _reflection(authored: models.ReflectionInput) -> Reflection:
    return Reflection(
        summary=authored.summary,
        guidance=authored.guidance,
        key_mistake=given(authored.key_mistake, ""),
        correct_action=given(authored.correct_action, ""),
        applicable_tools=tuple(given(authored.applicable_tools, [])),
    )


def _trace_response(trace: Trace) -> models.TraceResponse:
    used = trace.used_memory_ids
    return models.TraceResponse(
        id=public_id(trace.id),
        task=trace.task,
        trajectory=msgspec.Raw(trace.trajectory.to_json(_encode)),  # type: ignore[arg-type]  # sent as it is kept
        final_response=trace.final_response,
        retrieved_memory_ids=list(trace.retrieved_memory_ids),
        used_memory_ids=None if used is None else list(used),
        review_status=models.ReviewStatus(trace.review_status),
        ingest_status=models.IngestStatus(trace.ingest_status),
        ingest_attempts=trace.ingest_attempts,
        last_ingest_error=trace.last_ingest_error,
        model=trace.model,
        metadata=dict(trace.metadata),
        created_memory_id=trace.created_memory_id,
        review=None if trace.review is None else _review_response(trace.review),
        created_at=trace.created_at,
        received_at=msgspec.UNSET if trace.received_at is None else trace.received_at,
        ended=msgspec.UNSET if trace.ended is None else models.RunEnding(trace.ended),
    )


def _read_response(trace: Trace) -> models.TraceResponse:
    return msgspec.structs.replace(_trace_response(trace), reading=_reading(trace.trajectory))


def _reading(trajectory: Trajectory) -> models.TraceReading:
    reading = trajectory.reading
    return models.TraceReading(
        steps=reading.steps,
        calls=reading.calls,
        failures=reading.failures,
        not_understood=reading.not_understood,
        beginning_missing=reading.beginning_missing,
    )


def _review_response(review: Review) -> models.ReviewResponse:
    return models.ReviewResponse(
        id=review.id,
        trace_id=public_id(review.trace_id),
        result=models.ReviewResult(review.result),
        feedback_text=review.feedback_text,
        mode=models.ReviewMode(review.mode),
        remember=review.remember,
    )


HANDLERS = (
    create_trace,
    list_traces,
    get_trace,
    review_trace,
    change_review,
    undo_review,
    delete_traces,
    retry_traces,
)
