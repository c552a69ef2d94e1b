"""
What an agent did, read once out of the messages of its run, whatever framework wrote them.

`Trajectory` is the value that all share: recording, lessons, reflectors and doors. One small module
reads each family of message shapes; they know nothing but each other's common ground in `content`.
"""

from reflect_server.domain.trajectory.steps import Message, Reading, Step, ToolCall
from reflect_server.domain.trajectory.trajectory import Trajectory

__all__ = ["Message", "Reading", "Step", "ToolCall", "Trajectory"]
