"""
Flows: what each method of `ReflectClient` does, written once for both worlds.

Every method of `Flows` is a flow: it yields what is to be sent and receives the answer. The client
drives it, synchronously or asynchronously.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from attrs import field, frozen

from reflect_api import api, models
from reflect_api.errors import ReflectError
from reflect_api.types import UNSET
from reflect_sdk._flows.aliases import Aliases
from reflect_sdk._flows.augment import augment
from reflect_sdk._flows.breaker import Breaker
from reflect_sdk._flows.exchange import fetch, warn_once
from reflect_sdk._flows.listing import TraceFilter, TracePages, first_traces
from reflect_sdk._flows.requests import (
    AgentRun,
    Query,
    given,
    review_label,
    string_list,
    trace_body,
)
from reflect_sdk._flows.run_body import Limits
from reflect_sdk._flows.waiting import Wait, check_waiting
from reflect_sdk._spool import Spool
from reflect_sdk._transport.effects import Flow
from reflect_sdk._types.errors import NotFoundError, is_outage, is_refusal
from reflect_sdk._types.memories import AugmentedTask, MemoryResponse
from reflect_sdk._types.outgoing import AS_IT_IS, Outgoing
from reflect_sdk._types.projects import (
    ApiKeyCreateResponse,
    ApiKeyResponse,
    BootstrapResponse,
    DeleteProjectResponse,
)
from reflect_sdk._types.skills import SkillResponse
from reflect_sdk._types.traces import DeleteTracesResponse, TraceCreateResponse, TraceResponse

logger = logging.getLogger("reflect_sdk")

LONGEST_HOLD = 30
"""Seconds for which the service is asked to hold one answer."""

NOT_UNDERSTOOD = (
    "The service has recorded a run of which it understands no step, so nothing is learned of what "
    "the run did. Hand over the messages as your framework has them, or as chat messages: dicts "
    "with `role` and `content`."
)

T = TypeVar("T")


@frozen
class Flows:
    """
    The flows of one project.

    Attributes:
        project_id: The project.
        longest_hold: Seconds for which the service may be asked to hold one answer.
        strict: Whether an outage of the service is raised where a run could go on without it.
        spool: Where runs are kept that an outage keeps from being recorded; None for nowhere.
        outgoing: Makes what is sent of what users hand over, redacted.
        clock: Monotonic seconds; replaced in tests.
        aliases: What the service calls runs that the client has named otherwise.
        breaker: Whether the service is worth a call that could be done without.
        lookup_seconds: How long a run waits for its memories; as long as for any call where None.
    """

    project_id: str
    longest_hold: int = LONGEST_HOLD
    strict: bool = False
    spool: Spool | None = None
    outgoing: Outgoing = AS_IT_IS
    clock: Callable[[], float] = time.monotonic
    aliases: Aliases = field(factory=Aliases, repr=False)
    breaker: Breaker = field(factory=Breaker, repr=False)
    lookup_seconds: float | None = None

    def health(self) -> Flow[dict[str, str]]:
        """
        Ask whether the service answers.
        """
        return (yield from fetch(api.health.health.request()))

    def query_memories(
        self, query: Query, seconds: float | None = None
    ) -> Flow[list[MemoryResponse]]:
        """
        Find the memories that fit a task.
        """
        wanted = query.metadata_filter
        body = models.QueryMemoriesRequest(
            task=self.outgoing.text(query.task),
            limit=query.limit,
            lambda_=query.lambda_,
            mmr_lambda=query.mmr_lambda,
            metadata_filter=UNSET if wanted is None else self.outgoing.json(wanted),
            similarity_threshold=given(query.similarity_threshold),
        )
        request = api.memories.query_memories.request(self.project_id, body=body)
        answer = yield from fetch(request, seconds)
        return [MemoryResponse.from_api(memory) for memory in answer]

    def augment_with_memories(self, query: Query) -> Flow[AugmentedTask]:
        """
        Find the memories that fit a task and append them to it.
        """
        memories = yield from self.query_memories(query)
        return augment(query.task, memories)

    def create_trace(
        self,
        run: AgentRun,
        *,
        limits: Limits | None = None,
        idempotency_key: str | None = None,
        seconds: float | None = None,
    ) -> Flow[TraceCreateResponse]:
        """
        Record a run.
        """
        body = trace_body(run, self.outgoing, limits)
        return (yield from self.send_trace(body, idempotency_key=idempotency_key, seconds=seconds))

    def send_trace(
        self, body: bytes, *, idempotency_key: str | None = None, seconds: float | None = None
    ) -> Flow[TraceCreateResponse]:
        """
        Record a run whose request is encoded already.
        """
        request = api.traces.create_trace.request(
            self.project_id,
            body=models.CreateTraceRequest(task="", trajectory=[]),
            idempotency_key=given(idempotency_key),
        )
        del request.arguments["json"]
        request.arguments["content"] = body
        receipt = TraceCreateResponse.from_api((yield from fetch(request, seconds)))
        reading = receipt.reading
        if reading is not None and 0 < reading.steps == reading.not_understood:
            warn_once(NOT_UNDERSTOOD)
        return receipt

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
                body = models.CreateTraceRequest.from_dict(kept.body)
                yield from fetch(
                    api.traces.create_trace.request(
                        kept.project_id, body=body, idempotency_key=kept.idempotency_key
                    )
                )
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
        summary: str,
        guidance: str,
        key_mistake: str,
        correct_action: str,
        applicable_tools: Sequence[str],
    ) -> Flow[TraceCreateResponse]:
        """
        Store a reflection that the agent wrote itself.
        """
        text = self.outgoing.text
        body = models.CreateTraceRequest(
            task=text(task),
            trajectory=[],
            retrieved_memory_ids=string_list("retrieved_memory_ids", retrieved_memory_ids),
            model=None,
            metadata={},
            review=models.ReviewInput(
                result=models.ReviewResult(review_label(result)),
                reflection=models.ReflectionInput(
                    summary=text(summary),
                    guidance=text(guidance),
                    key_mistake=text(key_mistake),
                    correct_action=text(correct_action),
                    applicable_tools=string_list("applicable_tools", applicable_tools),
                ),
            ),
        )
        request = api.traces.create_trace.request(self.project_id, body=body)
        receipt = yield from fetch(request)
        return TraceCreateResponse.from_api(receipt)

    def get_trace(self, trace_id: str) -> Flow[TraceResponse]:
        """
        Get one trace.
        """
        request = api.traces.get_trace.request(self.project_id, self.aliases.of(trace_id))
        trace = yield from fetch(request)
        return TraceResponse.from_api(trace)

    def wait_for_trace(
        self, trace_id: str, *, require_reviewed: bool, poll_interval: float, wait_timeout: float
    ) -> Flow[TraceResponse]:
        """
        Wait until ingestion of a trace has finished, and until it is reviewed where that is asked
        for.
        """
        wait = Wait(
            project_id=self.project_id,
            trace_id=self.aliases.of(trace_id),
            require_reviewed=require_reviewed,
            poll_interval=poll_interval,
            wait_timeout=wait_timeout,
            longest_hold=self.longest_hold,
            clock=self.clock,
        )
        return (yield from wait.flow())

    def create_trace_and_wait(
        self, run: AgentRun, *, poll_interval: float, wait_timeout: float
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
        body = self._verdict(result, feedback_text, alpha, remember=remember)
        request = api.traces.review_trace.request(
            self.project_id, self.aliases.of(trace_id), body=body
        )
        trace = yield from fetch(request)
        return TraceResponse.from_api(trace)

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
        body = self._verdict(result, feedback_text, alpha, remember=remember)
        request = api.traces.change_review.request(
            self.project_id, self.aliases.of(trace_id), body=body
        )
        trace = yield from fetch(request)
        return TraceResponse.from_api(trace)

    def _verdict(
        self, result: str, feedback_text: str | None, alpha: float | None, *, remember: bool
    ) -> models.ReviewTraceRequest:
        return models.ReviewTraceRequest(
            result=models.ReviewResult(review_label(result)),
            feedback_text=None if feedback_text is None else self.outgoing.text(feedback_text),
            alpha=given(alpha),
            remember=UNSET if remember else False,
        )

    def undo_review(self, trace_id: str) -> Flow[TraceResponse]:
        """
        Take a trace's review back.
        """
        request = api.traces.undo_review.request(self.project_id, self.aliases.of(trace_id))
        trace = yield from fetch(request)
        return TraceResponse.from_api(trace)

    def list_traces(self, wanted: TraceFilter, limit: int | None) -> Flow[list[TraceResponse]]:
        """
        List traces.
        """
        return (yield from first_traces(self.project_id, wanted, limit))

    def page_of_traces(
        self, wanted: TraceFilter, page_size: int, cursor: str | None
    ) -> Flow[tuple[list[TraceResponse], str | None]]:
        """
        Get one page of traces, and the cursor of the next one where there is one.
        """
        pages = TracePages(project_id=self.project_id, wanted=wanted, page_size=page_size)
        return (yield from pages.page(cursor))

    def delete_traces(self, trace_ids: Sequence[str]) -> Flow[DeleteTracesResponse]:
        """
        Delete traces.
        """
        named = [self.aliases.of(i) for i in string_list("trace_ids", trace_ids)]
        body = models.DeleteTracesRequest(trace_ids=named)
        request = api.traces.delete_traces.request(self.project_id, body=body)
        deleted = yield from fetch(request)
        return DeleteTracesResponse.from_api(deleted)

    def get_skill(self) -> Flow[SkillResponse | None]:
        """
        Get the project's skill, or None where there is none.
        """
        try:
            skill = yield from fetch(api.skills.get_skill.request(self.project_id))
            return SkillResponse.from_api(skill)
        except NotFoundError:
            return None

    def create_skill(self, *, n_passed: int | None, n_failed: int | None) -> Flow[SkillResponse]:
        """
        Consolidate memories into a skill.
        """
        body = models.CreateSkillRequest(n_passed=given(n_passed), n_failed=given(n_failed))
        request = api.skills.create_skill.request(self.project_id, body=body)
        skill = yield from fetch(request)
        return SkillResponse.from_api(skill)

    def list_skill_versions(self) -> Flow[list[SkillResponse]]:
        """
        List the versions of the project's skill.
        """
        request = api.skills.list_skill_versions.request(self.project_id)
        answer = yield from fetch(request)
        return [SkillResponse.from_api(version) for version in answer]

    def list_api_keys(self) -> Flow[list[ApiKeyResponse]]:
        """
        List keys.
        """
        request = api.api_keys.list_api_keys.request(self.project_id)
        answer = yield from fetch(request)
        return [ApiKeyResponse.from_api(key) for key in answer]

    def create_api_key(
        self, *, label: str, scopes: Sequence[str], environment: str
    ) -> Flow[ApiKeyCreateResponse]:
        """
        Create a key.
        """
        body = models.CreateApiKeyRequest(
            label=label, scopes=string_list("scopes", scopes), environment=environment
        )
        request = api.api_keys.create_api_key.request(self.project_id, body=body)
        created = yield from fetch(request)
        return ApiKeyCreateResponse.from_api(created)

    def revoke_api_key(self, key_id: str) -> Flow[ApiKeyResponse]:
        """
        Revoke a key.
        """
        request = api.api_keys.revoke_api_key.request(
            self.project_id, key_id, body=models.RevokeApiKeyRequest()
        )
        key = yield from fetch(request)
        return ApiKeyResponse.from_api(key)

    def delete_project(self) -> Flow[DeleteProjectResponse]:
        """
        Delete the project.
        """
        try:
            deleted = yield from fetch(api.projects.delete_project.request(self.project_id))
            return DeleteProjectResponse.from_api(deleted)
        except NotFoundError as error:
            if error.retries == 0:
                raise
            # An attempt before has deleted it, and its answer was lost.
            return DeleteProjectResponse(project_id=self.project_id, deleted=True)


def bootstrap(
    *, bootstrap_token: str, user_id: str, project_id: str, key_label: str, environment: str
) -> Flow[BootstrapResponse]:
    """
    Create a project with its first key.
    """
    body = models.BootstrapRequest(
        user_id=user_id, project_id=project_id, key_label=key_label, environment=environment
    )
    request = api.bootstrap.bootstrap.request(body=body, x_bootstrap_token=bootstrap_token)
    created = yield from fetch(request)
    return BootstrapResponse.from_api(created)
