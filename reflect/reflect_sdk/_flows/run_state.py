"""
The state of a run: what of it was handed over so far, and what is known of it besides.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime

from attrs import define, evolve, field

from reflect_sdk._flows.requests import AgentRun
from reflect_sdk._types.outgoing import AS_IT_IS, Outgoing
from reflect_sdk._types.run_ids import new_run_id
from reflect_sdk._types.snapshot import Snapshot, copied
from reflect_sdk._types.trajectory import TrajectoryInput


@define(eq=False)
class RunState:
    """
    The half of a `TraceContext` that its users do not see.

    Attributes:
        defaults: The run as far as it is known before the agent has done anything.
        outgoing: Redacts what of it is logged.
        trace_id: The id that it is, or will be, recorded under.
        submitted: Whether the service has recorded it.
        output: The run as `set_output` was given it; None as long as it was not.
        added: Messages that were added since.
        over: Whether its block has ended.
    """

    defaults: AgentRun
    outgoing: Outgoing = AS_IT_IS
    trace_id: str = field(factory=new_run_id, init=False)
    submitted: bool = field(default=False, init=False)
    output: AgentRun | None = field(default=None, init=False)
    added: Snapshot = field(factory=Snapshot, init=False)
    over: bool = field(default=False, init=False)
    _process: int = field(factory=os.getpid, init=False)

    @property
    def is_empty(self) -> bool:
        """
        Whether nothing was handed over.
        """
        return self.output is None and not self.added

    def describe(self, metadata: dict[str, object]) -> None:
        """
        Note facts about the run, which count where it ends without `set_output`.

        Args:
            metadata: The facts.
        """
        self.defaults = evolve(self.defaults, metadata=copied(metadata))

    def recorded_as(self, trace_id: str) -> None:
        """
        Note that the service has recorded the run.

        Args:
            trace_id: What the service calls it.
        """
        self.trace_id = trace_id
        self.submitted = True

    def end(self, *, is_usual: bool) -> AgentRun | None:
        """
        End the run.

        Args:
            is_usual: Whether the block has ended without an exception.

        Returns:
            What is known of it; None where it has ended before, where nothing was handed over in a
            block that ended as usual, or the block has been inherited by a forked process, whose
            parent records it.
        """
        if self.over:
            return None
        self.over = True
        if self._process != os.getpid() or (self.is_empty and is_usual):
            return None
        output = self.output or self.defaults
        trajectory = output.trajectory
        if self.added:
            trajectory = _messages_of(trajectory)
            trajectory.absorb(self.added)
        return evolve(output, id=self.trace_id, trajectory=trajectory, created_at=datetime.now(UTC))


def _messages_of(trajectory: TrajectoryInput | Snapshot) -> Snapshot:
    """
    Return the messages of a trajectory; a text is one.
    """
    if isinstance(trajectory, Snapshot):
        return trajectory
    if isinstance(trajectory, str):
        return Snapshot([{"role": "assistant", "content": trajectory}])
    return Snapshot(trajectory)
