"""
Types of what the methods of `ReflectClient` return: immutable values with plain attributes.

What an answer leaves out is `None` or the documented default. What it holds beyond the fields that
this version knows is kept in `additional_properties`.
"""

from __future__ import annotations

import reprlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

from attrs import field, frozen

from reflect_sdk._types.api_model import ApiModel

_ABBREVIATION = reprlib.Repr()
_ABBREVIATION.maxstring = _ABBREVIATION.maxother = 80


@frozen(kw_only=True, slots=False)
class BootstrapResponse(ApiModel):
    """
    A new project with its first key.

    Attributes:
        user_id: Whose key it is.
        project_id: The project.
        api_key: The plaintext of the key; shown once, never printed with the object.
    """

    user_id: str
    project_id: str
    api_key: str = field(repr=False)


@frozen(kw_only=True, slots=False)
class MemoryExplanation(ApiModel):
    """
    Why a memory stands where it does in the answer to a query.

    At the usual `lambda_` of 0.5, `similarity`, `lexical`, `feedback`, `utility` and `agreement`
    add up to the memory's score.

    Attributes:
        candidates: How many memories were weighed.
        similarity: Cosine similarity of its task and the query's, from -1 to 1.
        lexical_rank: Its place among the candidates by the letters that its task shares with the
            query's, 1 the first; None where it shares none.
        lexical: What those letters added to its score.
        feedback: What unlikeness to the best candidates took from its score; 0 where its task is
            theirs, and below 0 elsewhere.
        estimate: How often following it ends well, from 0 to 1, estimated from the evidence and the
            project's base rate.
        estimate_low: The lower end of the estimate's 90% interval.
        estimate_high: The upper end of the estimate's 90% interval.
        evidence: How much evidence the estimate rests on, wins and losses together: the memory's
            own; and where runs of other candidates gave the same answer to the same task, one for
            each, and for its own run if that passed.
        base_rate: What the estimate is compared with, from 0 to 1: how often following the other
            candidates of its task ends well, or, where there are none, the memories of the project.
        utility: What the estimate added to its score, below 0 where it took away.
        agreeing: How many other candidates say the same.
        agreement: What they added to its score.
        diversity_penalty: What its likeness to memories chosen before it took away when it was
            chosen; 0 where diversity decided nothing. It is no part of the score.
    """

    candidates: int
    similarity: float
    lexical_rank: int | None
    lexical: float
    feedback: float
    estimate: float
    estimate_low: float
    estimate_high: float
    evidence: float
    base_rate: float
    utility: float
    agreeing: int
    agreement: float
    diversity_penalty: float


@frozen(kw_only=True, slots=False)
class MemoryResponse(ApiModel):
    """
    A lesson from an earlier run, with its learned utility.

    Attributes:
        id: The memory.
        task: The task of the run that it was made of.
        reflection: The whole lesson as text.
        q_value: Its learned utility, from 0 to 1; 0.5 where no review has moved it yet.
        uses: How many reviews have credited it.
        wins: The evidence that it helps: a full credit by a passed run at the usual learning rate
            counts 1, a smaller credit or rate less.
        losses: The evidence that it misleads, counted like `wins`.
        last_used_at: When a review credited it last; None where none has.
        similarity: Cosine similarity of its task and the query's, from -1 to 1.
        score: The blended score that it was ranked by; comparable within one answer only.
        success: Whether the run that it was made of passed; None where unknown.
        summary: The lesson in one line.
        key_mistake: What went wrong in that run.
        correct_action: What that run did right, or should have done.
        guidance: What a future run should do.
        applicable_tools: The tools or areas that the lesson applies to.
        tools_used: The tools that the run called.
        trace_id: The trace that it was made of; None where the service does not say.
        created_at: When it was made; None where the service does not say.
        metadata: The metadata of that trace.
        source_memory_ids: The memories that the run it was made of had used, or, where that is
            unknown, was given; none except where one memory is read.
        why: Why it stands where it does in the answer to a query; None elsewhere, and where the
            service does not say.
    """

    id: str
    task: str = field(repr=_ABBREVIATION.repr)
    reflection: str = field(repr=_ABBREVIATION.repr)
    q_value: float = 0.5
    uses: int = 0
    wins: float = 0.0
    losses: float = 0.0
    last_used_at: datetime | None = None
    similarity: float = 0.0
    score: float = 0.0
    success: bool | None = None
    summary: str = field(default="", repr=_ABBREVIATION.repr)
    key_mistake: str = field(default="", repr=_ABBREVIATION.repr)
    correct_action: str = field(default="", repr=_ABBREVIATION.repr)
    guidance: str = field(default="", repr=_ABBREVIATION.repr)
    applicable_tools: list[str] = field(factory=list)
    tools_used: list[str] = field(factory=list)
    trace_id: str | None = None
    created_at: datetime | None = None
    metadata: dict[str, Any] = field(factory=dict, repr=_ABBREVIATION.repr)
    source_memory_ids: list[str] = field(factory=list)
    why: MemoryExplanation | None = field(default=None, repr=False)


@frozen(kw_only=True, slots=False)
class SkillLine(ApiModel):
    """
    One piece of advice in a skill.

    Attributes:
        id: The line, in all versions that have it.
        section: `strategy` where it says what works, `pitfall` where it says what to avoid.
        title: The advice in a line.
        text: The advice in Markdown.
        memory_ids: The memories that support it.
    """

    id: str
    section: str
    title: str
    text: str = field(repr=_ABBREVIATION.repr)
    memory_ids: list[str]


@frozen(kw_only=True, slots=False)
class SkillChange(ApiModel):
    """
    One difference between a version of a skill and the one that it was made from.

    Attributes:
        action: `added`, `revised` or `removed`; `refused` for an edit that was proposed and not
            made.
        line_id: The line; None where an edit was refused that names none.
        title: The line's title, after the change where there is an after.
        before: The text before; None where the line is new.
        after: The text after; None where the line is gone.
        reason: Why, in a sentence; empty where there is nothing to say.
    """

    action: str
    line_id: str | None = None
    title: str
    before: str | None = field(default=None, repr=_ABBREVIATION.repr)
    after: str | None = field(default=None, repr=_ABBREVIATION.repr)
    reason: str = ""


@frozen(kw_only=True, slots=False)
class SkillCheck(ApiModel):
    """
    A comparison of two versions of a skill on the project's reviewed tasks. No agent ran.

    Attributes:
        tasks: How many reviewed tasks it rests on.
        reviews: How many reviews of runs that used the cited memories it rests on; 0 says nothing.
        before: The estimated share of tasks solved with the version published before.
        after: The same with the new version.
    """

    tasks: int
    reviews: int
    before: float
    after: float


@frozen(kw_only=True, slots=False)
class SkillResponse(ApiModel):
    """
    The guide that a project's memories consolidate into.

    Attributes:
        content: The guide, in Markdown with YAML front matter.
        version: Grows by one with each regeneration.
        n_passed: How many lessons of passed runs it was made of.
        n_failed: How many lessons of failed runs it was made of.
        created_at: When the first version was made; None where the service does not say.
        updated_at: When this version was made; None where the service does not say.
        published: Whether it became the project's skill; False where it was held back.
        held_back: In the answer to a creation, the number of the version that was made and held
            back, as it does worse on the project's reviewed tasks; None where none was.
        lines: What the guide consists of; empty where the service does not say.
        changes: What it changed in the version that it was made from.
        check: How it compares with the version published before; None where it was not compared.
    """

    content: str = field(repr=_ABBREVIATION.repr)
    version: int = 1
    n_passed: int = 0
    n_failed: int = 0
    created_at: datetime | None = None
    updated_at: datetime | None = None
    published: bool = True
    held_back: int | None = None
    lines: list[SkillLine] = field(factory=list, repr=_ABBREVIATION.repr)
    changes: list[SkillChange] = field(factory=list, repr=_ABBREVIATION.repr)
    check: SkillCheck | None = None


@frozen(kw_only=True, slots=False)
class TraceCreateResponse(ApiModel):
    """
    The receipt of a trace.

    Attributes:
        trace_id: The trace.
        ingest_status: How far ingestion is: `queued`, `processing`, `completed` or `failed`, or a
            value that this version does not know.
    """

    trace_id: str
    ingest_status: str

    @property
    def id(self) -> str:
        """
        The trace; the same as `trace_id`.
        """
        return self.trace_id


@frozen(kw_only=True, slots=False)
class ReviewResponse(ApiModel):
    """
    A verdict on a trace.

    Attributes:
        id: The review.
        trace_id: The trace that it judges.
        result: `pass` or `fail`.
        feedback_text: What the reviewer said; None where nothing.
        mode: `inline` where it came with its trace, `deferred` where it came later.
        remember: Whether a memory is made of the run.
    """

    id: str
    trace_id: str
    result: str
    feedback_text: str | None = field(default=None, repr=_ABBREVIATION.repr)
    mode: str
    remember: bool = True


@frozen(kw_only=True, slots=False)
class TraceResponse(ApiModel):
    """
    A recorded run with everything that has become of it.

    Attributes:
        id: The trace.
        task: What the agent was asked to do.
        trajectory: The messages of the run, oldest first.
        final_response: The agent's final answer.
        retrieved_memory_ids: The memories that the run was given, best first.
        used_memory_ids: Those of them that the answer relied on; None where unknown.
        review_status: `pending` or `reviewed`.
        ingest_status: `queued`, `processing`, `completed` or `failed`.
        ingest_attempts: How often ingestion was started.
        last_ingest_error: Why the last attempt failed; None where none did.
        model: The model that the agent ran on; None where unknown.
        metadata: The facts that were attached to the run.
        created_memory_id: The memory that was made of it; None as long as there is none.
        review: The verdict on it; None as long as there is none.
        created_at: When it was received; None where the service does not say.
    """

    id: str
    task: str = field(repr=_ABBREVIATION.repr)
    trajectory: list[dict[str, Any]] = field(repr=_ABBREVIATION.repr)
    final_response: str = field(repr=_ABBREVIATION.repr)
    retrieved_memory_ids: list[str] = field(repr=_ABBREVIATION.repr)
    used_memory_ids: list[str] | None = field(default=None, repr=_ABBREVIATION.repr)
    review_status: str
    ingest_status: str
    ingest_attempts: int
    last_ingest_error: str | None
    model: str | None
    metadata: dict[str, Any] = field(repr=_ABBREVIATION.repr)
    created_memory_id: str | None
    review: ReviewResponse | None
    created_at: datetime | None = None

    @property
    def trace_id(self) -> str:
        """
        The trace; the same as `id`.
        """
        return self.id


@frozen(kw_only=True, slots=False)
class DeleteTracesResponse(ApiModel):
    """
    What became of a request to delete traces.

    Attributes:
        deleted_trace_ids: The traces that are gone.
        deleted_memory_ids: The memories that went with them.
    """

    deleted_trace_ids: list[str] = field(factory=list)
    deleted_memory_ids: list[str] = field(factory=list)


@frozen(kw_only=True, slots=False)
class ApiKeyResponse(ApiModel):
    """
    A key without its secret.

    Attributes:
        id: The key.
        public_id: The part of the plaintext that tells keys apart and is no secret.
        label: The key's name for people.
        scopes: What the key may do, such as `memory:read`.
        environment: `live` or `test`.
        status: `active` or `revoked`.
        is_master: Whether it may use every project.
        created_at: When it was made; None where unknown.
        last_used_at: When it was last used; None where never.
        revoked_at: When it was revoked; None while it is active.
    """

    id: str
    public_id: str
    label: str
    scopes: list[str]
    environment: str
    status: str
    is_master: bool
    created_at: datetime | None = None
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None


@frozen(kw_only=True, slots=False)
class ApiKeyCreateResponse(ApiModel):
    """
    A new key with its plaintext.

    Attributes:
        api_key: The plaintext; shown once, never printed with the object.
        key: The key.
    """

    api_key: str = field(repr=False)
    key: ApiKeyResponse


@frozen(kw_only=True, slots=False)
class DeleteProjectResponse(ApiModel):
    """
    What became of a request to delete a project.

    Attributes:
        project_id: The project; empty where the service does not say.
        deleted: Whether it is gone.
    """

    project_id: str = ""
    deleted: bool = True


@frozen(kw_only=True, slots=False)
class AugmentedTask:
    """
    A task with the memories that were found for it.

    Attributes:
        augmented_task: The task with the memories behind it, ready to be a prompt.
        memories: The memories, best first.
    """

    augmented_task: str = field(repr=_ABBREVIATION.repr)
    memories: list[MemoryResponse] = field(repr=_ABBREVIATION.repr)

    @classmethod
    def from_dict(cls, payload: Mapping[str, Any]) -> Self:
        """
        Make the value of what `to_dict` returned.

        Args:
            payload: The JSON object.

        Raises:
            FieldError: If a field of a memory is missing or of another type.
        """
        memories = [MemoryResponse.from_dict(memory) for memory in payload["memories"]]
        return cls(augmented_task=payload["augmented_task"], memories=memories)

    def to_dict(self) -> dict[str, Any]:
        """
        Return the value as a JSON object.

        Returns:
            What `from_dict` takes.
        """
        memories = [memory.to_dict() for memory in self.memories]
        return {"augmented_task": self.augmented_task, "memories": memories}
