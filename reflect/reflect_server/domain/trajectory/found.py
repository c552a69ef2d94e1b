"""
What is found in the blocks of a message, whatever family they are of.
"""

from __future__ import annotations

from reflect_server.domain.trajectory.steps import Answer, ToolCall


class Found:
    """
    What was found in a message so far. Each reader adds to it.

    Attributes:
        texts: What is said.
        calls: The tools called.
        answers: What tools answered.
        unknown: How many blocks have no shape that is known.
        speaker: Who says it, where a block tells; empty where none does.
        is_amid: Whether a block is of a shape that a whole run never begins with.
    """

    __slots__ = ("answers", "calls", "is_amid", "speaker", "texts", "unknown")

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.calls: list[ToolCall] = []
        self.answers: list[Answer] = []
        self.unknown = 0
        self.speaker = ""
        self.is_amid = False

    def say(self, text: object) -> None:
        """
        Add a text, where it is one and not blank.

        Args:
            text: The text.
        """
        if isinstance(text, str) and (stripped := text.strip()):
            self.texts.append(stripped)
