"""
What the demo needs of a memory client; `reflect_sdk.ReflectClient` has it all.
"""

from collections.abc import Sequence
from typing import Any, Protocol

from reflect_sdk import ReviewResult


class Memory(Protocol):
    """
    What an agent reads of a retrieved memory; `reflect_sdk.MemoryResponse` has it all.
    """

    @property
    def id(self) -> str:
        """The memory's id."""
        ...

    @property
    def success(self) -> bool | None:
        """Whether the run behind it passed."""
        ...

    @property
    def reflection(self) -> str:
        """The whole reflection in words."""
        ...

    @property
    def guidance(self) -> str:
        """What a future run should do."""
        ...

    @property
    def key_mistake(self) -> str:
        """What went wrong."""
        ...

    @property
    def correct_action(self) -> str:
        """What would have been, or was, right."""
        ...


class RankedMemory(Memory, Protocol):
    """
    A retrieved memory with what the demo shows of it.
    """

    @property
    def q_value(self) -> float:
        """Its learned usefulness, in [0, 1]."""
        ...


class AugmentedTask(Protocol):
    """
    A task's text with the memories that were retrieved for it.
    """

    @property
    def augmented_task(self) -> str:
        """The text with the memories written into it."""
        ...

    @property
    def memories(self) -> Sequence[RankedMemory]:
        """The memories, best first."""
        ...


class MemoryClient(Protocol):
    """
    What the loop calls of `reflect_sdk.ReflectClient`.
    """

    def augment_with_memories(self, task: str, *, limit: int = 10) -> AugmentedTask:
        """Retrieve memories and write them into the task's text."""
        ...

    def query_memories(
        self, task: str, *, limit: int = 10, lambda_: float = 0.5, mmr_lambda: float = 0.7
    ) -> Sequence[RankedMemory]:
        """Retrieve memories."""
        ...

    def create_trace_and_wait(
        self,
        *,
        task: str,
        trajectory: list[dict[str, Any]],
        final_response: str | None = None,
        retrieved_memory_ids: Sequence[str] = (),
        used_memory_ids: Sequence[str] | None = None,
        model: str | None = None,
        review_result: ReviewResult | None = None,
        feedback_text: str | None = None,
    ) -> object:
        """Record a reviewed run and wait until its memory exists."""
        ...

    def create_memory(
        self,
        *,
        task: str,
        summary: str,
        guidance: str,
        result: ReviewResult,
        key_mistake: str = "",
        correct_action: str = "",
        applicable_tools: Sequence[str] = (),
        retrieved_memory_ids: Sequence[str] = (),
    ) -> object:
        """Store a reflection that the agent wrote itself."""
        ...
