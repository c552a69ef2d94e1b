"""
What each method of `ReflectClient` does, written once for both worlds.

Every method of `Flows` is a flow: it yields a `Call` or a `Pause` and receives what comes of it.
The client drives it, synchronously or asynchronously.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import httpx
from attrs import frozen

from reflect_api import models
from reflect_api.errors import ReflectError
from reflect_api.types import UNSET, Response
from reflect_sdk._flows.augment import augment
from reflect_sdk._flows.effects import Call, Flow
from reflect_sdk._flows.labels import review_label
from reflect_sdk._flows.requests import (
    Query,
    Run,
    given,
    review_status_of,
    string_list,
    trace_request,
)
from reflect_sdk._flows.waiting import Wait, check_waiting
from reflect_sdk._spool import Spool
from reflect_sdk._types.base import Answer
from reflect_sdk._types.errors import NotFoundError, is_outage, is_refusal
from reflect_sdk._types.types import (
    ApiKeyCreateResponse,
    ApiKeyResponse,
    AugmentedTask,
    BootstrapResponse,
    DeleteProjectResponse,
    DeleteTracesResponse,
    MemoryResponse,
    SkillResponse,
    TraceCreateResponse,
    TraceResponse,
)

logger = logging.getLogger("reflect_sdk")

LONGEST_HOLD = 30
"""Seconds for which the service is asked to hold one answer."""

T = TypeVar("T")
AnswerT = TypeVar("AnswerT", bound=Answer)


@frozen
class Flows:
    """
    The flows of one project.

    Attributes:
        project_id: The project.
        longest_hold: Seconds for which the service may be asked to hold one answer.
        strict: Whether an outage of the service is raised where a run could go on without it.
        spool: Where runs are kept that an outage keeps from being recorded; None for nowhere.
        clock: Monotonic seconds; replaced in tests.
    """

    project_id: str
    longest_hold: int = LONGEST_HOLD
    strict: bool = False
    spool: Spool | None = None
    clock: Callable[[], float] = time.monotonic

    def health(self) -> Flow[dict[str, str]]:
        """
        Ask whether the service answers.
        """
        response: Response[dict[str, str]] = yield Call("health.health", {})
        return dict(response.parsed or {})

    def query_memories(self, query: Query) -> Flow[list[MemoryResponse]]:
        """
        Find the memories that fit a task.
        """
        body = models.QueryMemoriesRequest(
            task=query.task,
            limit=query.limit,
            lambda_=query.lambda_,
            mmr_lambda=query.mmr_lambda,
            metadata_filter=given(query.metadata_filter),
            similarity_threshold=given(query.similarity_threshold),
        )
        return (yield from self._many(MemoryResponse, "memories.query_memories", body=body))

    def augment_with_memories(self, query: Query) -> Flow[AugmentedTask]:
        """
        Find the memories that fit a task and append them to it.
        """
        memories = yield from self.query_memories(query)
        return augment(query.task, memories)

    def create_trace(
        self, run: Run, *, idempotency_key: str | None = None, seconds: float | None = None
    ) -> Flow[TraceCreateResponse]:
        """
        Record a run.
        """
        arguments = {
            "project_id": self.project_id,
            "body": trace_request(run),
            "idempotency_key": given(idempotency_key),
        }
        response: Response[Any] = yield Call("traces.create_trace", arguments, seconds)
        return TraceCreateResponse.from_api(response.parsed)

    def deliver_spooled_traces(self) -> Flow[int]:
        """
        Record the runs that an outage has kept on disk, as long as the service takes them.

        One at a time in a process; where another thread is at it, nothing is done.
        """
        if self.spool is None or not self.spool.delivering.acquire(blocking=False):
            return 0
        try:
            return (yield from self._deliver(self.spool))
        finally:
            self.spool.delivering.release()

    def _deliver(self, spool: Spool) -> Flow[int]:
        delivered = failed = 0
        for kept in spool.waiting():
            try:
                arguments = {
                    "project_id": kept.project_id,
                    "body": models.CreateTraceRequest.from_dict(kept.body),
                    "idempotency_key": kept.idempotency_key,
                }
                yield Call("traces.create_trace", arguments)
            except ReflectError as error:
                if is_refusal(error):
                    logger.warning("The run kept in %s is refused: %s", kept.refuse(), error)
                    continue
                logger.warning("The run kept in %s still cannot be recorded: %s", kept.path, error)
                failed += is_outage(error)
                if failed > 1:
                    break  # One may be the run's own fault, two are the service's.
            else:
                kept.discard()
                delivered += 1
        return delivered

    def create_memory(
        self,
        *,
        task: str,
        result: str,
        retrieved_memory_ids: Sequence[str],
        applicable_tools: Sequence[str],
        **reflection: str,
    ) -> Flow[TraceCreateResponse]:
        """
        Store a reflection that the agent wrote itself.
        """
        body = models.CreateTraceRequest(
            task=task,
            trajectory=[],
            retrieved_memory_ids=string_list("retrieved_memory_ids", retrieved_memory_ids),
            model=None,
            metadata={},
            review=models.ReviewInput(
                result=models.ReviewResult(review_label(result)),
                reflection=models.ReflectionInput(
                    **reflection,
                    applicable_tools=string_list("applicable_tools", applicable_tools),
                ),
            ),
        )
        return (yield from self._one(TraceCreateResponse, "traces.create_trace", body=body))

    def get_trace(self, trace_id: str) -> Flow[TraceResponse]:
        """
        Get one trace.
        """
        return (yield from self._one(TraceResponse, "traces.get_trace", trace_id=trace_id))

    def wait_for_trace(
        self, trace_id: str, *, require_reviewed: bool, poll_interval: float, wait_timeout: float
    ) -> Flow[TraceResponse]:
        """
        Wait until ingestion of a trace has finished, and until it is reviewed where that is asked
        for.
        """
        wait = Wait(
            project_id=self.project_id,
            trace_id=trace_id,
            require_reviewed=require_reviewed,
            poll_interval=poll_interval,
            wait_timeout=wait_timeout,
            longest_hold=self.longest_hold,
            clock=self.clock,
        )
        return (yield from wait.flow())

    def create_trace_and_wait(
        self, run: Run, *, poll_interval: float, wait_timeout: float
    ) -> Flow[TraceResponse]:
        """
        Record a run and wait until it is processed.
        """
        check_waiting(poll_interval, wait_timeout)
        receipt = yield from self.create_trace(run)
        return (
            yield from self.wait_for_trace(
                receipt.trace_id,
                require_reviewed=run.review_result is not None,
                poll_interval=poll_interval,
                wait_timeout=wait_timeout,
            )
        )

    def review_trace(
        self,
        trace_id: str,
        *,
        result: str,
        feedback_text: str | None,
        alpha: float | None,
        remember: bool,
    ) -> Flow[TraceResponse]:
        """
        Attach a verdict to a trace.
        """
        body = _verdict(result, feedback_text, alpha, remember=remember)
        return (
            yield from self._one(TraceResponse, "traces.review_trace", trace_id=trace_id, body=body)
        )

    def change_review(
        self,
        trace_id: str,
        *,
        result: str,
        feedback_text: str | None,
        alpha: float | None,
        remember: bool,
    ) -> Flow[TraceResponse]:
        """
        Give a trace another verdict.
        """
        body = _verdict(result, feedback_text, alpha, remember=remember)
        operation = "traces.change_review"
        return (yield from self._one(TraceResponse, operation, trace_id=trace_id, body=body))

    def undo_review(self, trace_id: str) -> Flow[TraceResponse]:
        """
        Take a trace's review back.
        """
        return (yield from self._one(TraceResponse, "traces.undo_review", trace_id=trace_id))

    def list_traces(self, *, review_status: str | None) -> Flow[list[TraceResponse]]:
        """
        List traces.
        """
        status = UNSET if review_status is None else review_status_of(review_status)
        return (yield from self._many(TraceResponse, "traces.list_traces", review_status=status))

    def page_of_traces(
        self, *, review_status: str | None, page_size: int, cursor: str | None
    ) -> Flow[tuple[list[TraceResponse], str | None]]:
        """
        Get one page of traces, and the cursor of the next one where there is one.
        """
        arguments: dict[str, Any] = {
            "project_id": self.project_id,
            "review_status": UNSET if review_status is None else review_status_of(review_status),
            "limit": page_size,
            "cursor": given(cursor),
        }
        response: Response[Any] = yield Call("traces.list_traces", arguments)
        page = [TraceResponse.from_api(entry) for entry in response.parsed or []]
        return page, _next_cursor(response.headers.get("Link"))

    def delete_traces(self, trace_ids: Sequence[str]) -> Flow[DeleteTracesResponse]:
        """
        Delete traces.
        """
        body = models.DeleteTracesRequest(trace_ids=string_list("trace_ids", trace_ids))
        return (yield from self._one(DeleteTracesResponse, "traces.delete_traces", body=body))

    def get_skill(self) -> Flow[SkillResponse | None]:
        """
        Get the project's skill, or None where there is none.
        """
        try:
            return (yield from self._one(SkillResponse, "skills.get_skill"))
        except NotFoundError:
            return None

    def create_skill(self, *, n_passed: int | None, n_failed: int | None) -> Flow[SkillResponse]:
        """
        Consolidate memories into a skill.
        """
        body = models.CreateSkillRequest(n_passed=given(n_passed), n_failed=given(n_failed))
        return (yield from self._one(SkillResponse, "skills.create_skill", body=body))

    def list_skill_versions(self) -> Flow[list[SkillResponse]]:
        """
        List the versions of the project's skill.
        """
        return (yield from self._many(SkillResponse, "skills.list_skill_versions"))

    def list_api_keys(self) -> Flow[list[ApiKeyResponse]]:
        """
        List keys.
        """
        return (yield from self._many(ApiKeyResponse, "api_keys.list_api_keys"))

    def create_api_key(
        self, *, label: str, scopes: Sequence[str], environment: str
    ) -> Flow[ApiKeyCreateResponse]:
        """
        Create a key.
        """
        body = models.CreateApiKeyRequest(
            label=label, scopes=string_list("scopes", scopes), environment=environment
        )
        return (yield from self._one(ApiKeyCreateResponse, "api_keys.create_api_key", body=body))

    def revoke_api_key(self, key_id: str) -> Flow[ApiKeyResponse]:
        """
        Revoke a key.
        """
        body = models.RevokeApiKeyRequest()
        return (
            yield from self._one(
                ApiKeyResponse, "api_keys.revoke_api_key", key_id=key_id, body=body
            )
        )

    def delete_project(self) -> Flow[DeleteProjectResponse]:
        """
        Delete the project.
        """
        try:
            return (yield from self._one(DeleteProjectResponse, "projects.delete_project"))
        except NotFoundError as error:
            if error.retries == 0:
                raise
            # An attempt before has deleted it, and its answer was lost.
            return DeleteProjectResponse(project_id=self.project_id, deleted=True)

    def _one(self, kind: type[AnswerT], endpoint: str, **arguments: Any) -> Flow[AnswerT]:
        response: Response[Any] = yield Call(endpoint, {"project_id": self.project_id, **arguments})
        return kind.from_api(response.parsed)

    def _many(self, kind: type[AnswerT], endpoint: str, **arguments: Any) -> Flow[list[AnswerT]]:
        response: Response[Any] = yield Call(endpoint, {"project_id": self.project_id, **arguments})
        return [kind.from_api(entry) for entry in response.parsed or []]


def bootstrap(
    *, bootstrap_token: str, user_id: str, project_id: str, key_label: str, environment: str
) -> Flow[BootstrapResponse]:
    """
    Create a project with its first key.
    """
    body = models.BootstrapRequest(
        user_id=user_id, project_id=project_id, key_label=key_label, environment=environment
    )
    response: Response[Any] = yield Call(
        "bootstrap.bootstrap", {"body": body, "x_bootstrap_token": bootstrap_token}
    )
    return BootstrapResponse.from_api(response.parsed)


def _verdict(
    result: str, feedback_text: str | None, alpha: float | None, *, remember: bool
) -> models.ReviewTraceRequest:
    return models.ReviewTraceRequest(
        result=models.ReviewResult(review_label(result)),
        feedback_text=feedback_text,
        alpha=given(alpha),
        remember=UNSET if remember else False,
    )


def _next_cursor(link: str | None) -> str | None:
    links = httpx.Response(200, headers={"Link": link or ""}).links
    cursor: str | None = httpx.URL(links.get("next", {}).get("url", "")).params.get("cursor")
    return cursor
