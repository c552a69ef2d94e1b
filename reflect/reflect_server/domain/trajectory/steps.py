"""
Steps: the messages of a run as they are read, and tool calls paired with their results.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

Message = dict[str, Any]
"""One step of a trajectory: a message of an agent's run, free-form JSON."""

ASSISTANT_ROLES = frozenset({"assistant", "ai", "model", "agent"})
"""Roles in which the agent speaks."""

USER_ROLES = frozenset({"user", "human"})
"""Roles in which whoever the agent works for speaks."""

TOOL_ROLES = frozenset({"tool", "function"})
"""Roles in which a tool answers."""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """
    One call of a tool, with what came of it.

    Attributes:
        tool: The tool's name; empty where the trajectory has an answer but not the call.
        arguments: The arguments, as JSON or as the text that the agent wrote.
        result: The tool's answer as text; None where the trajectory has none.
        error: Why the call failed; None where it did not, or where nothing tells. Frameworks mark
            failures; `outcomes` says how one is known where there is a text alone. Arguments that
            cannot be read are a failure.
        id: What the call is known by in its run; empty where it has no id. Calls are compared
            without it.
        ran: Whether the tool was run, as far as the record tells: false for a call that the
            framework passed over, such as the second of two hand-offs.
    """

    tool: str
    arguments: str = ""
    result: str | None = None
    error: str | None = None
    id: str = field(default="", compare=False)
    ran: bool = True

    @property
    def worked(self) -> bool:
        """
        Whether the tool was run and answered, and did not fail.
        """
        return self.error is None and self.result is not None and self.ran


@dataclass(frozen=True, slots=True)
class Step:
    """
    One message of a run, read.

    Attributes:
        role: Who speaks, such as `assistant`, in small letters; empty where the message does not
            say.
        text: What is said, without tool calls, tool results and images.
        calls: The tools called.
        results: What tools answered, each with the call where the run has it.
        is_nested: Whether it belongs to the run of another agent, which a tool call has started.
    """

    role: str
    text: str
    calls: tuple[ToolCall, ...] = ()
    results: tuple[ToolCall, ...] = ()
    is_nested: bool = False


class Answer(NamedTuple):
    """
    What a tool answered, as a record has it.

    Attributes:
        text: The answer.
        tool: The tool's name; empty where the record does not say.
        id: The id of the call; empty where the record does not say.
        failed: What the framework's own mark of failure says; None where it has none.
        error: The message of the failure; None where the answer itself is that.
        stands_alone: Whether it is a call of its own where no open call is found for it.
    """

    text: str
    tool: str = ""
    id: str = ""
    failed: bool | None = None
    error: str | None = None
    stands_alone: bool = True


class Said(NamedTuple):
    """
    What one record says, before results are paired with their calls.

    Attributes:
        role: Who speaks, in small letters; empty where the record does not say.
        text: What is said.
        calls: The tools called.
        answers: What tools answered.
        is_understood: Whether the record has a shape that is known.
        is_nested: Whether it belongs to the run of another agent.
        is_cut: Whether it tells that records before it are missing.
        is_amid: Whether it is of a shape that a whole run never begins with.
    """

    role: str
    text: str = ""
    calls: tuple[ToolCall, ...] = ()
    answers: tuple[Answer, ...] = ()
    is_understood: bool = True
    is_nested: bool = False
    is_cut: bool = False
    is_amid: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """
    How a trajectory was read.

    Attributes:
        steps: How many steps were found.
        calls: How many tool calls were found.
        failures: How many of these failed.
        not_understood: How many steps have no shape that is known, so that nothing is known of
            what they say.
        beginning_missing: Whether the run tells that what comes first in it is missing.
    """

    steps: int
    calls: int
    failures: int
    not_understood: int
    beginning_missing: bool

    @property
    def is_understood(self) -> bool:
        """
        Whether anything is known of what the run did.
        """
        return self.steps > self.not_understood

    @property
    def is_whole(self) -> bool:
        """
        Whether all of it was understood, and nothing tells that more is missing.
        """
        return not (self.not_understood or self.beginning_missing)
