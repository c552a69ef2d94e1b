"""
The agents' common shape, and the simulated agent that needs no model.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from .memory import Memory
from .rules import Rule, read_rules
from .tasks import Question


@dataclass(frozen=True, slots=True)
class Answer:
    """
    An agent's answer to a question.

    Attributes:
        sql: The query that it answers with.
        used_memory_ids: The memories that the answer relies on, best first; None when the agent
            cannot tell.
        messages: What the agent did on the way, as messages of a trajectory.
    """

    sql: str
    used_memory_ids: tuple[str, ...] | None = None
    messages: tuple[dict[str, Any], ...] = ()


class Agent(Protocol):
    """
    Anything that answers questions with SQL.
    """

    @property
    def name(self) -> str:
        """The name shown on the screen and stored with each trace."""
        ...

    def answer(self, question: Question, memories: Sequence[Memory], prompt: str) -> Answer:
        """
        Answer one question.

        Args:
            question: What is asked.
            memories: The retrieved memories, best first; empty without memory.
            prompt: The question with the memories written into it.

        Returns:
            The answer, which may be wrong.
        """
        ...


class SimulatedAgent:
    """
    A deterministic agent that writes its draft and follows the rules that its memories state.

    It reads the memories in the order of their rank. Of the rules that speak of the question's
    subject and fit the query it follows the first on each subject, so a wrong rule that ranks
    above the right one makes it fail. It notes the rules that it followed in a comment of its
    answer. It sees neither the right query, nor the task's family, nor the lessons it needs.
    """

    name = "simulated"

    def answer(self, question: Question, memories: Sequence[Memory], prompt: str) -> Answer:  # noqa: ARG002 - The simulated agent reads the memories themselves.
        """
        Answer with the draft, changed as the memories say.
        """
        sql = question.draft
        followed: list[Rule] = []
        used: list[str] = []
        for memory in memories:
            for rule in _rules_of(memory):
                if not rule.concerns(question.text) or any(map(rule.rivals, followed)):
                    continue
                changed = rule.follow(sql)
                if changed is not None:
                    sql = changed
                    followed.append(rule)
                    used.append(memory.id)
        notes = " ".join(rule.sentence for rule in followed)
        return Answer(f"/* {notes} */ {sql}" if notes else sql, tuple(dict.fromkeys(used)))


def lesson_of(memory: Memory) -> str:
    """
    Say in a line what a memory teaches: the rules it states, or else its guidance.

    Args:
        memory: The memory.
    """
    rules = " ".join(rule.sentence for rule in _rules_of(memory))
    return rules or " ".join((memory.guidance or memory.reflection).split())


def _rules_of(memory: Memory) -> list[Rule]:
    text = " ".join((memory.guidance, memory.key_mistake, memory.correct_action, memory.reflection))
    return read_rules(text, without_comments=memory.success is False)
