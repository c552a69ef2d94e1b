"""
Types of memories, and of tasks that memories were added to.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

from attrs import field, frozen

from reflect_sdk._types.api_model import ApiModel, abbreviated


@frozen(kw_only=True, slots=False)
class MemoryExplanation(ApiModel):
    """
    Why a memory stands where it does in the answer to a query.

    At the usual `lambda_` of 0.5, `similarity`, `lexical`, `feedback`, `utility` and `agreement`
    add up to the memory's score. What a service of another version does not say is 0, or None
    where 0 would say something.

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

    candidates: int = 0
    similarity: float = 0.0
    lexical_rank: int | None = None
    lexical: float = 0.0
    feedback: float = 0.0
    estimate: float | None = None
    estimate_low: float | None = None
    estimate_high: float | None = None
    evidence: float = 0.0
    base_rate: float | None = None
    utility: float = 0.0
    agreeing: int = 0
    agreement: float = 0.0
    diversity_penalty: float = 0.0


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
    task: str = field(repr=abbreviated)
    reflection: str = field(repr=abbreviated)
    q_value: float = 0.5
    uses: int = 0
    wins: float = 0.0
    losses: float = 0.0
    last_used_at: datetime | None = None
    similarity: float = 0.0
    score: float = 0.0
    success: bool | None = None
    summary: str = field(default="", repr=abbreviated)
    key_mistake: str = field(default="", repr=abbreviated)
    correct_action: str = field(default="", repr=abbreviated)
    guidance: str = field(default="", repr=abbreviated)
    applicable_tools: list[str] = field(factory=list)
    tools_used: list[str] = field(factory=list)
    trace_id: str | None = None
    created_at: datetime | None = None
    metadata: dict[str, Any] = field(factory=dict, repr=abbreviated)
    source_memory_ids: list[str] = field(factory=list)
    why: MemoryExplanation | None = field(default=None, repr=False)


@frozen(kw_only=True, slots=False)
class AugmentedTask:
    """
    A task with the memories that were found for it.

    Attributes:
        augmented_task: The task with the memories behind it, ready to be a prompt.
        memories: The memories, best first.
    """

    augmented_task: str = field(repr=abbreviated)
    memories: list[MemoryResponse] = field(repr=abbreviated)

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
