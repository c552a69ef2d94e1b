"""
What the evaluation loop records: runs, attempts, and how the memories fared.
"""

from dataclasses import dataclass
from typing import Any, Protocol

from .agent import Answer
from .execution import Outcome
from .tasks import Task


@dataclass(frozen=True, slots=True)
class Run:
    """
    One reviewed answer.

    Attributes:
        task: The task that was answered.
        answer: What the agent answered.
        outcome: What its query gave.
        passed: Whether the result was right.
        feedback: The reviewer's words after a failure, else None.
    """

    task: Task
    answer: Answer
    outcome: Outcome
    passed: bool
    feedback: str | None = None

    def trajectory(self) -> list[dict[str, Any]]:
        """
        Write the run as messages, with the query as a call of the tool `run_sql`.
        """
        call = {
            "id": "final",
            "type": "function",
            "function": {"name": "run_sql", "arguments": self.answer.sql},
        }
        return [
            {"role": "user", "content": self.task.question.text},
            *self.answer.messages,
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "final", "content": self.outcome.preview()},
            {"role": "assistant", "content": self.answer.sql},
        ]


@dataclass(frozen=True, slots=True)
class Reflection:
    """
    What an agent itself learned from a run; the fields of `create_memory`.
    """

    summary: str
    guidance: str
    key_mistake: str = ""
    correct_action: str = ""


class Reflector(Protocol):
    """
    Something that writes a run's reflection in place of the server.
    """

    def reflect(self, run: Run) -> Reflection:
        """Say what a future run should know."""
        ...


@dataclass(frozen=True, slots=True)
class Attempt:
    """
    One task of one epoch, answered both ways.

    Attributes:
        epoch: Counted from 1; 0 for an unseen task.
        task: The task.
        with_memory: Whether the answer with memory was right.
        without_memory: Whether the answer without memory was right.
    """

    epoch: int
    task: Task
    with_memory: bool
    without_memory: bool


@dataclass(slots=True)
class Standing:
    """
    How a memory fared.

    Attributes:
        lesson: What it says.
        before: Its Q-value when it was first retrieved.
        after: Its Q-value when it was last seen.
        uses: How many answers relied on it.
    """

    lesson: str
    before: float
    after: float
    uses: int = 0

    @property
    def rise(self) -> float:
        """
        How far the Q-value rose, below 0 where it sank.
        """
        return self.after - self.before
