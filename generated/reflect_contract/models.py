"""
The shapes of requests and answers, generated from `openapi.yaml`.

A field that is absent is `msgspec.UNSET`, which is not the same as null; fields that the contract
does not name are passed over when a request is read.
"""

from __future__ import annotations

import datetime
from enum import StrEnum
from typing import Annotated, Any, TypeAlias

import msgspec


class ReviewResult(StrEnum):
    """
    The verdict of a review.
    """

    PASS = "pass"
    FAIL = "fail"


class ReviewMode(StrEnum):
    """
    Whether the review came with its trace (`inline`) or later (`deferred`).
    """

    INLINE = "inline"
    DEFERRED = "deferred"


class ReviewStatus(StrEnum):
    """
    Whether the trace's review has taken full effect. An inline review has when the memory of it
    exists; a deferred one as soon as it is received.
    """

    PENDING = "pending"
    REVIEWED = "reviewed"


class IngestStatus(StrEnum):
    """
    How far the service has come in making a memory of the trace. `completed` for a trace
    without a review too, as nothing is left to do for it.
    """

    QUEUED = "queued"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"


class AwaitedState(StrEnum):
    """
    A state of a trace that a request can wait for.
    """

    INGESTED = "ingested"
    REVIEWED = "reviewed"


class KeyEnvironment(StrEnum):
    """
    The environment that a key is for; it shows in the key.
    """

    LIVE = "live"
    TEST = "test"


class KeyStatus(StrEnum):
    """
    Whether a key can be used.
    """

    ACTIVE = "active"
    REVOKED = "revoked"
    EXPIRED = "expired"


class Scope(StrEnum):
    """
    Something that a key may do.
    """

    MEMORY_READ = "memory:read"
    MEMORY_WRITE = "memory:write"
    TRACE_READ = "trace:read"
    TRACE_WRITE = "trace:write"
    REVIEW_WRITE = "review:write"
    SKILL_READ = "skill:read"
    SKILL_WRITE = "skill:write"
    KEYS_MANAGE = "keys:manage"
    PROJECT_DELETE = "project:delete"


class ProblemCode(StrEnum):
    """
    The stable name of a kind of error; programs decide by it.
    """

    MALFORMED_REQUEST = "malformed_request"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    BOOTSTRAP_DISABLED = "bootstrap_disabled"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    CONFLICT = "conflict"
    ALREADY_REVIEWED = "already_reviewed"
    IDEMPOTENCY_KEY_REUSED = "idempotency_key_reused"
    NOT_ENOUGH_MEMORIES = "not_enough_memories"
    REQUEST_TOO_LARGE = "request_too_large"
    INVALID_REQUEST = "invalid_request"
    RATE_LIMITED = "rate_limited"
    INTERNAL_ERROR = "internal_error"
    UNAVAILABLE = "unavailable"
    WARMING_UP = "warming_up"


class SkillSection(StrEnum):
    """
    Whether a line says what works or what to avoid.
    """

    STRATEGY = "strategy"
    PITFALL = "pitfall"


class SkillChangeAction(StrEnum):
    """
    What became of a line: `added`, `revised` (another text or other memories) or `removed`;
    `refused` is an edit that was proposed and not made.
    """

    ADDED = "added"
    REVISED = "revised"
    REMOVED = "removed"
    REFUSED = "refused"


class RunEnding(StrEnum):
    """
    How the run ended where it did not end by itself. `interrupted`: it was cancelled, its
    process ended, or another service failed it, so that what it has says nothing about its
    outcome.
    """

    INTERRUPTED = "interrupted"


class ReadinessResponse(msgspec.Struct, frozen=True, kw_only=True):
    """
    That the service can do its work.

    Attributes:
        status: Always `ready`.
    """

    status: str


class FieldProblem(msgspec.Struct, frozen=True, kw_only=True):
    """
    What is wrong with one value of the request.

    Attributes:
        field: The value's place, such as `review.result`, or the name of a parameter.
        message: What was expected of it.
    """

    field: str
    message: str


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """
    An error (RFC 9457).

    Attributes:
        type: Always `about:blank`; `code` tells the kinds of errors apart.
        title: The HTTP status in words.
        status: The HTTP status.
        detail: What was found, what was expected and what to do, in full sentences.
        code: See `ProblemCode`.
        instance: The path of the request.
        request_id: The value of `X-Request-Id`.
        errors: The values that are wrong, where the error is about values.
    """

    type: str
    title: str
    status: Annotated[int, msgspec.Meta(ge=400, le=599)]
    detail: str
    code: ProblemCode
    instance: str | msgspec.UnsetType = msgspec.UNSET
    request_id: str | msgspec.UnsetType = msgspec.UNSET
    errors: list[FieldProblem] | msgspec.UnsetType = msgspec.UNSET


class BootstrapRequest(msgspec.Struct, frozen=True, kw_only=True):
    """
    What the first key of a project is made of.

    Attributes:
        user_id: Whose key it is; free text.
        project_id: The project; created where it does not exist. No path could lead to one
            named `.` or `..`.
        key_label: The key's name for people. The server takes `Default Admin Key` where it
            is absent.
        environment: See `KeyEnvironment`.
    """

    user_id: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    project_id: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    key_label: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | msgspec.UnsetType = (
        msgspec.UNSET
    )
    environment: KeyEnvironment | msgspec.UnsetType = msgspec.UNSET


class BootstrapResponse(msgspec.Struct, frozen=True, kw_only=True):
    """
    A project with its first key.

    Attributes:
        user_id: Whose key it is.
        project_id: The project.
        api_key: The plaintext of the key; shown here and never again.
        ignored: See `IgnoredFields`.
    """

    user_id: str
    project_id: str
    api_key: str
    ignored: IgnoredFields | msgspec.UnsetType = msgspec.UNSET


class QueryMemoriesRequest(msgspec.Struct, frozen=True, kw_only=True):
    """
    A task to find memories for.

    Attributes:
        task: What the agent is about to do. Must not be blank.
        limit: How many memories to return at the most. The server takes 10 where it is
            absent.
        lambda_: The blend: 1 orders by similarity alone, 0 by Q-value alone. The server
            takes 0.5 where it is absent.
        mmr_lambda: The weight of relevance against diversity: 1 takes the best-scored
            memories however alike they are, 0 the most diverse ones. The server takes 0.7
            where it is absent.
        metadata_filter: Only memories whose trace has each of these keys in its metadata,
            with an equal value. No filter where it is absent.
        similarity_threshold: Only memories whose cosine similarity is at least this,
            whatever their Q-value. The server takes its configured threshold where it is
            absent.
    """

    task: Annotated[str, msgspec.Meta(min_length=1, max_length=100000)]
    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] | msgspec.UnsetType = msgspec.UNSET
    lambda_: Annotated[float, msgspec.Meta(ge=0, le=1)] | msgspec.UnsetType = msgspec.field(
        name="lambda", default=msgspec.UNSET
    )
    mmr_lambda: Annotated[float, msgspec.Meta(ge=0, le=1)] | msgspec.UnsetType = msgspec.UNSET
    metadata_filter: Annotated[dict[str, Any], msgspec.Meta(max_length=50)] | msgspec.UnsetType = (
        msgspec.UNSET
    )
    similarity_threshold: Annotated[float, msgspec.Meta(ge=-1, le=1)] | msgspec.UnsetType = (
        msgspec.UNSET
    )


class MemoryResponse(msgspec.Struct, frozen=True, kw_only=True):
    """
    A memory, with its place in the query that found it.

    Attributes:
        id: The memory.
        task: The task of the run that it was made of.
        reflection: The whole lesson as text.
        q_value: Its learned utility; 0.5 where no review has moved it yet, and where it is
            absent.
        uses: How many reviews have credited it; 0 where it is absent.
        wins: The evidence that it helps: of the reviews with `pass` that credited it, the
            sum of credit × learning rate / 0.3, so that a full credit at the usual rate
            counts 1; 0 where it is absent.
        losses: The evidence that it misleads, counted like `wins`, of the reviews with
            `fail`; 0 where it is absent.
        last_used_at: When a review credited it last; null where none has.
        similarity: Cosine similarity of its task and the query's; 0 where it is absent.
        score: The blended score that it was ranked by, comparable within one answer; 0
            where it is absent.
        success: Whether the run that it was made of passed; null where unknown.
        summary: The lesson in one line; empty where it is absent.
        key_mistake: What went wrong in that run; empty where nothing did or it is absent.
        correct_action: What that run did right or should have done; empty where it is
            absent.
        guidance: What a future run should do; empty where it is absent.
        applicable_tools: The tools or areas that the lesson applies to; none where it is
            absent.
        tools_used: The tools that the run called, in order of first use; none where it is
            absent.
        trace_id: The trace that it was made of.
        created_at: When it was made.
        metadata: See `Metadata`.
        source_memory_ids: The memories that the run it was made of had used, or, where that
            is unknown, was given. Only there where one memory is read.
        why: See `MemoryExplanation`.
    """

    id: str
    task: str
    reflection: str
    q_value: Annotated[float, msgspec.Meta(ge=0, le=1)] | msgspec.UnsetType = msgspec.UNSET
    uses: Annotated[int, msgspec.Meta(ge=0)] | msgspec.UnsetType = msgspec.UNSET
    wins: Annotated[float, msgspec.Meta(ge=0)] | msgspec.UnsetType = msgspec.UNSET
    losses: Annotated[float, msgspec.Meta(ge=0)] | msgspec.UnsetType = msgspec.UNSET
    last_used_at: Annotated[datetime.datetime, msgspec.Meta(tz=True)] | None | msgspec.UnsetType = (
        msgspec.UNSET
    )
    similarity: Annotated[float, msgspec.Meta(ge=-1, le=1)] | msgspec.UnsetType = msgspec.UNSET
    score: float | msgspec.UnsetType = msgspec.UNSET
    success: bool | None | msgspec.UnsetType = msgspec.UNSET
    summary: str | msgspec.UnsetType = msgspec.UNSET
    key_mistake: str | msgspec.UnsetType = msgspec.UNSET
    correct_action: str | msgspec.UnsetType = msgspec.UNSET
    guidance: str | msgspec.UnsetType = msgspec.UNSET
    applicable_tools: list[str] | msgspec.UnsetType = msgspec.UNSET
    tools_used: list[str] | msgspec.UnsetType = msgspec.UNSET
    trace_id: str | msgspec.UnsetType = msgspec.UNSET
    created_at: Annotated[datetime.datetime, msgspec.Meta(tz=True)] | msgspec.UnsetType = (
        msgspec.UNSET
    )
    metadata: Metadata | msgspec.UnsetType = msgspec.UNSET
    source_memory_ids: list[str] | msgspec.UnsetType = msgspec.UNSET
    why: MemoryExplanation | msgspec.UnsetType = msgspec.UNSET


class MemoryExplanation(msgspec.Struct, frozen=True, kw_only=True):
    """
    Why a memory stands where it does in an answer. At the usual `lambda` of 0.5, similarity,
    lexical, feedback, utility and agreement add up to its score. A service says of it what it
    weighs: a part that is absent had none.

    Attributes:
        candidates: How many memories were weighed.
        similarity: Cosine similarity of its task and the query's.
        lexical_rank: Its place among the candidates by the letters that its task shares
            with the query's; null where it shares none.
        lexical: What those letters added to its score.
        feedback: What unlikeness to the best candidates took from its score; 0 where its
            task is theirs, and below 0 elsewhere.
        estimate: How often following it ends well, estimated from the evidence and the
            project's base rate.
        estimate_low: The lower end of the estimate's 90% interval.
        estimate_high: The upper end of the estimate's 90% interval.
        evidence: How much evidence the estimate rests on, wins and losses together: the
            memory's own; and where runs of other candidates gave the same answer to the
            same task, one for each, and for its own run if that passed.
        base_rate: What the estimate is compared with: how often following the other
            candidates of its task ends well, or, where there are none, the memories of the
            project.
        utility: What the estimate added to its score, below 0 where it took away.
        agreeing: How many other candidates say the same.
        agreement: What they added to its score.
        diversity_penalty: What its likeness to memories chosen before it took away when it
            was chosen; 0 where diversity decided nothing. It is no part of the score.
    """

    candidates: Annotated[int, msgspec.Meta(ge=0)] | msgspec.UnsetType = msgspec.UNSET
    similarity: Annotated[float, msgspec.Meta(ge=-1, le=1)] | msgspec.UnsetType = msgspec.UNSET
    lexical_rank: Annotated[int, msgspec.Meta(ge=1)] | None | msgspec.UnsetType = msgspec.UNSET
    lexical: float | msgspec.UnsetType = msgspec.UNSET
    feedback: float | msgspec.UnsetType = msgspec.UNSET
    estimate: Annotated[float, msgspec.Meta(ge=0, le=1)] | msgspec.UnsetType = msgspec.UNSET
    estimate_low: Annotated[float, msgspec.Meta(ge=0, le=1)] | msgspec.UnsetType = msgspec.UNSET
    estimate_high: Annotated[float, msgspec.Meta(ge=0, le=1)] | msgspec.UnsetType = msgspec.UNSET
    evidence: Annotated[float, msgspec.Meta(ge=0)] | msgspec.UnsetType = msgspec.UNSET
    base_rate: Annotated[float, msgspec.Meta(ge=0, le=1)] | msgspec.UnsetType = msgspec.UNSET
    utility: float | msgspec.UnsetType = msgspec.UNSET
    agreeing: Annotated[int, msgspec.Meta(ge=0)] | msgspec.UnsetType = msgspec.UNSET
    agreement: float | msgspec.UnsetType = msgspec.UNSET
    diversity_penalty: float | msgspec.UnsetType = msgspec.UNSET


class QValueEventResponse(msgspec.Struct, frozen=True, kw_only=True):
    """
    One change of a memory's Q-value.

    Attributes:
        id: The event.
        trace_id: The run that had used the memory.
        review_id: The review that caused the change.
        result: See `ReviewResult`.
        alpha: The learning rate that was applied.
        weight: The memory's share of the credit.
        q_before: The Q-value before.
        q_after: The Q-value after.
        created_at: When it changed.
    """

    id: str
    trace_id: str
    review_id: str
    result: ReviewResult
    alpha: Annotated[float, msgspec.Meta(ge=0, le=1)]
    weight: Annotated[float, msgspec.Meta(ge=0, le=1)]
    q_before: Annotated[float, msgspec.Meta(ge=0, le=1)]
    q_after: Annotated[float, msgspec.Meta(ge=0, le=1)]
    created_at: Annotated[datetime.datetime, msgspec.Meta(tz=True)]


class CreateSkillRequest(msgspec.Struct, frozen=True, kw_only=True):
    """
    How much a skill is made of. At least one of the two must be above 0.

    Attributes:
        n_passed: How many lessons of passed runs to use at the most. The server takes 5
            where it is absent.
        n_failed: How many lessons of failed runs to use at the most. The server takes 5
            where it is absent.
    """

    n_passed: Annotated[int, msgspec.Meta(ge=0, le=100)] | msgspec.UnsetType = msgspec.UNSET
    n_failed: Annotated[int, msgspec.Meta(ge=0, le=100)] | msgspec.UnsetType = msgspec.UNSET


class SkillResponse(msgspec.Struct, frozen=True, kw_only=True):
    """
    One version of a project's skill.

    Attributes:
        content: The guide, in Markdown with YAML front matter (`name`, `description`).
        version: Grows by one with each regeneration; 1 where it is absent.
        n_passed: How many lessons of passed runs it was made of; 0 where it is absent.
        n_failed: How many lessons of failed runs it was made of; 0 where it is absent.
        created_at: When the project's first version was made.
        updated_at: When this version was made.
        published: Whether it became the project's skill; false where it was held back, true
            where it is absent.
        held_back: In the answer to a creation, the number of the version that was made and
            held back; null or absent where the new version was published.
        lines: What the guide consists of; unknown where it is absent.
        changes: What it changed in the version that it was made from; unknown where it is
            absent.
        check: How it was compared with the version published before; null or absent where
            it was not.
        ignored: See `IgnoredFields`.
    """

    content: str
    version: Annotated[int, msgspec.Meta(ge=1)] | msgspec.UnsetType = msgspec.UNSET
    n_passed: Annotated[int, msgspec.Meta(ge=0)] | msgspec.UnsetType = msgspec.UNSET
    n_failed: Annotated[int, msgspec.Meta(ge=0)] | msgspec.UnsetType = msgspec.UNSET
    created_at: Annotated[datetime.datetime, msgspec.Meta(tz=True)] | msgspec.UnsetType = (
        msgspec.UNSET
    )
    updated_at: Annotated[datetime.datetime, msgspec.Meta(tz=True)] | msgspec.UnsetType = (
        msgspec.UNSET
    )
    published: bool | msgspec.UnsetType = msgspec.UNSET
    held_back: Annotated[int, msgspec.Meta(ge=1)] | None | msgspec.UnsetType = msgspec.UNSET
    lines: list[SkillLine] | msgspec.UnsetType = msgspec.UNSET
    changes: list[SkillChange] | msgspec.UnsetType = msgspec.UNSET
    check: SkillCheck | None | msgspec.UnsetType = msgspec.UNSET
    ignored: IgnoredFields | msgspec.UnsetType = msgspec.UNSET


class SkillLine(msgspec.Struct, frozen=True, kw_only=True):
    """
    One piece of advice in a skill, with the memories that support it.

    Attributes:
        id: The line; it keeps its id from version to version.
        section: See `SkillSection`.
        title: The advice in a line.
        text: The advice in Markdown.
        memory_ids: The memories that support it.
    """

    id: str
    section: SkillSection
    title: str
    text: str
    memory_ids: list[str]


class SkillChange(msgspec.Struct, frozen=True, kw_only=True):
    """
    One difference between a version and the one that it was made from.

    Attributes:
        action: See `SkillChangeAction`.
        line_id: The line; null where an edit was refused that names none.
        title: The line's title, after the change where there is an after.
        before: The text before; null where the line is new.
        after: The text after; null where the line is gone.
        reason: Why, in a sentence; empty where there is nothing to say.
    """

    action: SkillChangeAction
    line_id: str | None | msgspec.UnsetType = msgspec.UNSET
    title: str
    before: str | None | msgspec.UnsetType = msgspec.UNSET
    after: str | None | msgspec.UnsetType = msgspec.UNSET
    reason: str | msgspec.UnsetType = msgspec.UNSET


class SkillCheck(msgspec.Struct, frozen=True, kw_only=True):
    """
    A comparison of two versions on the project's reviewed tasks, by what reviews have shown of
    the memories that their lines cite. No agent runs.

    Attributes:
        tasks: How many reviewed tasks it rests on.
        reviews: How many reviews of runs that used the cited memories it rests on; 0 says
            nothing.
        before: The estimated share of tasks solved with the version published before.
        after: The same with the new version.
    """

    tasks: Annotated[int, msgspec.Meta(ge=0)]
    reviews: Annotated[int, msgspec.Meta(ge=0)]
    before: Annotated[float, msgspec.Meta(ge=0, le=1)]
    after: Annotated[float, msgspec.Meta(ge=0, le=1)]


class ReflectionInput(msgspec.Struct, frozen=True, kw_only=True):
    """
    A reflection that the agent wrote itself.

    Attributes:
        summary: The lesson in one line. Must not be blank.
        guidance: What a future run should do. Must not be blank.
        key_mistake: What went wrong. The server takes the empty string where it is absent.
        correct_action: What the run should have done instead. The server takes the empty
            string where it is absent.
        applicable_tools: The tools or areas that the lesson applies to. The server takes
            none where it is absent.
    """

    summary: Annotated[str, msgspec.Meta(min_length=1, max_length=10000)]
    guidance: Annotated[str, msgspec.Meta(min_length=1, max_length=100000)]
    key_mistake: Annotated[str, msgspec.Meta(max_length=100000)] | msgspec.UnsetType = msgspec.UNSET
    correct_action: Annotated[str, msgspec.Meta(max_length=100000)] | msgspec.UnsetType = (
        msgspec.UNSET
    )
    applicable_tools: (
        Annotated[list[Annotated[str, msgspec.Meta(max_length=200)]], msgspec.Meta(max_length=100)]
        | msgspec.UnsetType
    ) = msgspec.UNSET


class ReviewInput(msgspec.Struct, frozen=True, kw_only=True):
    """
    A verdict that comes with its trace.

    Attributes:
        result: See `ReviewResult`.
        feedback_text: What the reviewer says, above all what went wrong. None where it is
            absent.
        alpha: The learning rate of this review. The server takes its configured rate
            (`Q_LEARNING_ALPHA`, 0.3) where it is absent.
        reflection: See `ReflectionInput`.
        remember: Whether a memory is made of the run. With false the review moves the
            Q-values of the memories that the run used and makes none, as where runs are
            repeated over a fixed set of memories. It then must bring no `reflection`. The
            server takes true where it is absent.
    """

    result: ReviewResult
    feedback_text: Annotated[str, msgspec.Meta(max_length=100000)] | None | msgspec.UnsetType = (
        msgspec.UNSET
    )
    alpha: Annotated[float, msgspec.Meta(ge=0, le=1)] | msgspec.UnsetType = msgspec.UNSET
    reflection: ReflectionInput | msgspec.UnsetType = msgspec.UNSET
    remember: bool | msgspec.UnsetType = msgspec.UNSET


class CreateTraceRequest(msgspec.Struct, frozen=True, kw_only=True):
    """
    A run to record.

    Attributes:
        task: What the agent was asked to do. Must not be blank.
        trajectory: See `Trajectory`.
        final_response: The agent's final answer. The server takes the text of the
            trajectory's last assistant message where it is absent.
        retrieved_memory_ids: The memories that the run was given, best first. None where it
            is absent. All must be memories of the project, or have been: those that were
            deleted since are kept in the list and get no credit.
        used_memory_ids: Those of `retrieved_memory_ids` that the answer relied on; a review
            then credits only them. Where it is absent, the memories that the final answer
            agrees with are credited, or, where that does not show, every retrieved one, the
            less the lower its rank.
        model: The model that the agent ran on. Unknown where it is absent.
        metadata: See `Metadata`.
        reference_context: What a right answer looks like (an expected result, a policy, a
            rubric); used when the reflection is written and never given to the agent. None
            where it is absent.
        review: See `ReviewInput`.
        id: The id of the trace, chosen by the caller so that it knows it before: let it be
            as good as unique, and begin with the time, as UUIDs of version 7 do. The
            project has one trace of an id: a second creation with it is answered as the
            first one was, as long as the trace exists, and with 409 where it says anything
            else. The server makes an id where it is absent.
        ended: See `RunEnding`.
        created_at: When the run ended, for a run that is sent later. Taken where it is at
            most 30 days ago and at most 5 minutes ahead; else it is ignored and named as
            such, and the time of the request counts, as where it is absent.
    """

    task: Annotated[str, msgspec.Meta(min_length=1, max_length=100000)]
    trajectory: Trajectory
    final_response: Annotated[str, msgspec.Meta(max_length=1000000)] | msgspec.UnsetType = (
        msgspec.UNSET
    )
    retrieved_memory_ids: (
        Annotated[
            list[Annotated[str, msgspec.Meta(min_length=1, max_length=200)]],
            msgspec.Meta(max_length=1000),
        ]
        | msgspec.UnsetType
    ) = msgspec.UNSET
    used_memory_ids: (
        Annotated[
            list[Annotated[str, msgspec.Meta(min_length=1, max_length=200)]],
            msgspec.Meta(max_length=1000),
        ]
        | msgspec.UnsetType
    ) = msgspec.UNSET
    model: Annotated[str, msgspec.Meta(max_length=200)] | None | msgspec.UnsetType = msgspec.UNSET
    metadata: Metadata | msgspec.UnsetType = msgspec.UNSET
    reference_context: Annotated[str, msgspec.Meta(max_length=1000000)] | msgspec.UnsetType = (
        msgspec.UNSET
    )
    review: ReviewInput | msgspec.UnsetType = msgspec.UNSET
    id: Annotated[str, msgspec.Meta(min_length=16, max_length=64)] | msgspec.UnsetType = (
        msgspec.UNSET
    )
    ended: RunEnding | msgspec.UnsetType = msgspec.UNSET
    created_at: Annotated[datetime.datetime, msgspec.Meta(tz=True)] | msgspec.UnsetType = (
        msgspec.UNSET
    )


class TraceCreateResponse(msgspec.Struct, frozen=True, kw_only=True):
    """
    The receipt of a trace.

    Attributes:
        trace_id: The trace.
        ingest_status: See `IngestStatus`.
        ignored: See `IgnoredFields`.
        reading: How the trajectory was read, where something in it was not understood or
            its beginning is missing; absent where it was read in full.
    """

    trace_id: str
    ingest_status: IngestStatus
    ignored: IgnoredFields | msgspec.UnsetType = msgspec.UNSET
    reading: TraceReading | msgspec.UnsetType = msgspec.UNSET


class KeptReviewResponse(msgspec.Struct, frozen=True, kw_only=True):
    """
    A review that is kept until its run arrives.

    Attributes:
        trace_id: The trace that it is kept for.
        ignored: See `IgnoredFields`.
    """

    trace_id: str
    ignored: IgnoredFields | msgspec.UnsetType = msgspec.UNSET


class TraceReading(msgspec.Struct, frozen=True, kw_only=True):
    """
    How the trajectory of a run was read. Where nothing in it was understood, its lesson claims
    nothing about what the run did.

    Attributes:
        steps: How many steps were found. A record that holds several messages makes as many
            steps.
        calls: How many calls of tools were found.
        failures: How many of these calls failed.
        not_understood: How many of the steps have no shape that the server knows, so that
            nothing of them is known. As many as there are steps where nothing was
            understood.
        beginning_missing: Whether the run tells that its beginning is missing, as where it
            starts with the answer of a tool that nothing called.
    """

    steps: Annotated[int, msgspec.Meta(ge=0)]
    calls: Annotated[int, msgspec.Meta(ge=0)]
    failures: Annotated[int, msgspec.Meta(ge=0)]
    not_understood: Annotated[int, msgspec.Meta(ge=0)]
    beginning_missing: bool


class ReviewTraceRequest(msgspec.Struct, frozen=True, kw_only=True):
    """
    A verdict on a recorded trace.

    Attributes:
        result: See `ReviewResult`.
        feedback_text: What the reviewer says, above all what went wrong. None where it is
            absent.
        alpha: The learning rate of this review. The server takes its configured rate
            (`Q_LEARNING_ALPHA`, 0.3) where it is absent.
        remember: Whether a memory is made of the run. With false the review moves the
            Q-values of the memories that the run used and makes none, as where runs are
            repeated over a fixed set of memories. The server takes true where it is absent.
    """

    result: ReviewResult
    feedback_text: Annotated[str, msgspec.Meta(max_length=100000)] | None | msgspec.UnsetType = (
        msgspec.UNSET
    )
    alpha: Annotated[float, msgspec.Meta(ge=0, le=1)] | msgspec.UnsetType = msgspec.UNSET
    remember: bool | msgspec.UnsetType = msgspec.UNSET


class ReviewResponse(msgspec.Struct, frozen=True, kw_only=True):
    """
    A verdict as it was received.

    Attributes:
        id: The review.
        trace_id: The trace that it judges.
        result: See `ReviewResult`.
        feedback_text: What the reviewer said; null where nothing.
        mode: See `ReviewMode`.
        remember: Whether a memory is made of the run; true where it is absent.
    """

    id: str
    trace_id: str
    result: ReviewResult
    feedback_text: str | None
    mode: ReviewMode
    remember: bool | msgspec.UnsetType = msgspec.UNSET


class TraceResponse(msgspec.Struct, frozen=True, kw_only=True):
    """
    A recorded run with everything that has become of it.

    Attributes:
        id: The trace.
        task: What the agent was asked to do.
        trajectory: The run, oldest step first. A plain-text summary is one assistant
            message.
        final_response: The agent's final answer; empty where there is none.
        retrieved_memory_ids: The memories that the run was given, best first.
        used_memory_ids: Those of them that the answer relied on; null where unknown or
            absent.
        review_status: See `ReviewStatus`.
        ingest_status: See `IngestStatus`.
        ingest_attempts: How often ingestion was started.
        last_ingest_error: Why the last attempt failed; null where none did.
        model: The model that the agent ran on; null where unknown.
        metadata: See `Metadata`.
        created_memory_id: The memory that was made of it; null as long as there is none.
        review: The verdict on it; null as long as there is none.
        created_at: When the run ended as its sender says, or was received.
        received_at: When the server received it, by which lists are ordered; absent where
            it was recorded before servers noted it.
        ended: See `RunEnding`.
        ignored: See `IgnoredFields`.
        reading: How its trajectory was read; absent where traces are listed or reviewed.
    """

    id: str
    task: str
    trajectory: list[Message]
    final_response: str
    retrieved_memory_ids: list[str]
    used_memory_ids: list[str] | None | msgspec.UnsetType = msgspec.UNSET
    review_status: ReviewStatus
    ingest_status: IngestStatus
    ingest_attempts: Annotated[int, msgspec.Meta(ge=0)]
    last_ingest_error: str | None
    model: str | None
    metadata: Metadata
    created_memory_id: str | None
    review: ReviewResponse | None
    created_at: Annotated[datetime.datetime, msgspec.Meta(tz=True)] | msgspec.UnsetType = (
        msgspec.UNSET
    )
    received_at: Annotated[datetime.datetime, msgspec.Meta(tz=True)] | msgspec.UnsetType = (
        msgspec.UNSET
    )
    ended: RunEnding | msgspec.UnsetType = msgspec.UNSET
    ignored: IgnoredFields | msgspec.UnsetType = msgspec.UNSET
    reading: TraceReading | msgspec.UnsetType = msgspec.UNSET


class DeleteTracesRequest(msgspec.Struct, frozen=True, kw_only=True):
    """
    The traces to delete.

    Attributes:
        trace_ids: The traces.
    """

    trace_ids: Annotated[
        list[Annotated[str, msgspec.Meta(min_length=1, max_length=200)]],
        msgspec.Meta(min_length=1, max_length=1000),
    ]


class DeleteTracesResponse(msgspec.Struct, frozen=True, kw_only=True):
    """
    What became of a request to delete traces.

    Attributes:
        deleted_trace_ids: The traces that are gone; none where it is absent.
        deleted_memory_ids: The memories that went with them; none where it is absent.
        ignored: See `IgnoredFields`.
    """

    deleted_trace_ids: list[str] | msgspec.UnsetType = msgspec.UNSET
    deleted_memory_ids: list[str] | msgspec.UnsetType = msgspec.UNSET
    ignored: IgnoredFields | msgspec.UnsetType = msgspec.UNSET


class RetryTracesRequest(msgspec.Struct, frozen=True, kw_only=True):
    """
    The failed traces to ingest again.

    Attributes:
        trace_ids: The traces. All failed ones of the project where it is absent.
    """

    trace_ids: (
        Annotated[
            list[Annotated[str, msgspec.Meta(min_length=1, max_length=200)]],
            msgspec.Meta(min_length=1, max_length=1000),
        ]
        | msgspec.UnsetType
    ) = msgspec.UNSET


class RetryTracesResponse(msgspec.Struct, frozen=True, kw_only=True):
    """
    What became of a request to ingest failed traces again.

    Attributes:
        retried_trace_ids: The traces that are in the queue again.
        ignored: See `IgnoredFields`.
    """

    retried_trace_ids: list[str]
    ignored: IgnoredFields | msgspec.UnsetType = msgspec.UNSET


class CreateApiKeyRequest(msgspec.Struct, frozen=True, kw_only=True):
    """
    What a key is made of.

    Attributes:
        label: The key's name for people.
        scopes: What the key may do.
        environment: See `KeyEnvironment`.
        expires_at: When the key ends by itself, in the future. Never where it is absent or
            null.
    """

    label: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    scopes: Annotated[list[Scope], msgspec.Meta(min_length=1, max_length=20)]
    environment: KeyEnvironment | msgspec.UnsetType = msgspec.UNSET
    expires_at: Annotated[datetime.datetime, msgspec.Meta(tz=True)] | None | msgspec.UnsetType = (
        msgspec.UNSET
    )


class RevokeApiKeyRequest(msgspec.Struct, frozen=True, kw_only=True):
    """
    Empty; the path says which key.
    """


class ApiKeyResponse(msgspec.Struct, frozen=True, kw_only=True):
    """
    A key without its secret.

    Attributes:
        id: The key.
        public_id: The part of the plaintext that tells keys apart and is no secret.
        label: The key's name for people.
        scopes: What the key may do.
        environment: See `KeyEnvironment`.
        status: See `KeyStatus`.
        is_master: Whether it may use every project.
        created_at: When it was made.
        last_used_at: When it was last used; null where never.
        revoked_at: When it was revoked; null while it is active.
        expires_at: When it ends, or ended, by itself; null or absent where never.
        ignored: See `IgnoredFields`.
    """

    id: str
    public_id: str
    label: str
    scopes: list[Scope]
    environment: KeyEnvironment
    status: KeyStatus
    is_master: bool
    created_at: Annotated[datetime.datetime, msgspec.Meta(tz=True)] | None
    last_used_at: Annotated[datetime.datetime, msgspec.Meta(tz=True)] | None
    revoked_at: Annotated[datetime.datetime, msgspec.Meta(tz=True)] | None
    expires_at: Annotated[datetime.datetime, msgspec.Meta(tz=True)] | None | msgspec.UnsetType = (
        msgspec.UNSET
    )
    ignored: IgnoredFields | msgspec.UnsetType = msgspec.UNSET


class ApiKeyCreateResponse(msgspec.Struct, frozen=True, kw_only=True):
    """
    A new key with its plaintext.

    Attributes:
        api_key: The plaintext; shown here and never again.
        key: See `ApiKeyResponse`.
        ignored: See `IgnoredFields`.
    """

    api_key: str
    key: ApiKeyResponse
    ignored: IgnoredFields | msgspec.UnsetType = msgspec.UNSET


class DeleteProjectResponse(msgspec.Struct, frozen=True, kw_only=True):
    """
    What became of a request to delete a project.

    Attributes:
        project_id: The project; empty where it is absent.
        deleted: Whether it is gone; true where it is absent.
    """

    project_id: str | msgspec.UnsetType = msgspec.UNSET
    deleted: bool | msgspec.UnsetType = msgspec.UNSET


Identifier: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
"""
An opaque identifier, compared exactly.
"""

Message: TypeAlias = dict[str, Any]
"""
One step of a run, in the form in which the agent's model provider gives it; usually `role`
and `content`, and `tool_calls` where there are any. Kept as it is.
"""

Trajectory: TypeAlias = (
    Annotated[list[Message], msgspec.Meta(max_length=10000)]
    | Annotated[str, msgspec.Meta(max_length=8000000)]
)
"""
The run, oldest step first: an array of messages, or a string that is either the JSON of
such an array or a plain-text summary of the run.
"""

Metadata: TypeAlias = Annotated[dict[str, Any], msgspec.Meta(max_length=200)]
"""
The caller's own facts about the run; free-form JSON.
"""

HealthResponse: TypeAlias = dict[str, str]
"""
How the service is; `status` is `ok` where it answers.
"""

MemoryList: TypeAlias = list[MemoryResponse]
"""
Memories.
"""

QValueHistory: TypeAlias = list[QValueEventResponse]
"""
Changes of one memory's Q-value, oldest first.
"""

SkillList: TypeAlias = list[SkillResponse]
"""
Versions of a skill.
"""

IgnoredFields: TypeAlias = list[str]
"""
Fields of the request that had no effect, as the service does not know them or could not
take their values. Absent where there are none.
"""

TraceList: TypeAlias = list[TraceResponse]
"""
Traces.
"""

ApiKeyList: TypeAlias = list[ApiKeyResponse]
"""
Keys.
"""
