"""
The trajectory: the messages of a run as a value, read once however many ask.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from itertools import chain
from typing import Any, NoReturn

from reflect_server.domain.trajectory.content import as_text
from reflect_server.domain.trajectory.pairing import Run, final_response_of, paired
from reflect_server.domain.trajectory.reading import read, records_in
from reflect_server.domain.trajectory.steps import (
    ASSISTANT_ROLES,
    USER_ROLES,
    Message,
    Reading,
    Step,
    ToolCall,
)

Encode = Callable[[object], bytes]
"""Writes JSON on one line."""

Decode = Callable[[bytes], Any]
"""Reads JSON; raises `ValueError` where it is none."""

_OPENING, _BETWEEN, _CLOSING = b"[ \n", b",\n", b"\n]"  # No other writer puts a space there.


_LISTENING = USER_ROLES | {"system", "developer", "reasoning"}


class Trajectory:
    """
    What an agent did. Two are equal where their messages are.

    Args:
        messages: The messages of the run, oldest first.

    Attributes:
        is_left_out: Whether this stands for a trajectory that was not read.
    """

    def __init__(self, messages: Sequence[Message]) -> None:
        self.is_left_out = False
        self._encoded: bytes | None = None
        self._each: Callable[[], Iterable[Message]] = lambda: messages

    @staticmethod
    def of(given: str | Sequence[Any]) -> Trajectory:
        """
        Take a trajectory as it comes in.

        Plain text becomes one message of the assistant, and so does each member of a list that is
        not an object.

        Args:
            given: A list of messages, the same list as JSON text, or plain text that sums the run
                up.
        """
        if not isinstance(given, str):
            return Trajectory([_message(member) for member in given])
        try:
            parsed = json.loads(given)
        except (ValueError, RecursionError):
            parsed = None
        if isinstance(parsed, list) and all(isinstance(member, dict) for member in parsed):
            return Trajectory(parsed)
        return Trajectory([_message(given)])

    @staticmethod
    def of_json(encoded: bytes, decode: Decode) -> Trajectory:
        """
        Take a trajectory as `to_json` has written it; it is decoded when somebody reads it.

        Args:
            encoded: The JSON of a list of messages.
            decode: Decodes a message.
        """
        trajectory = Trajectory(())
        trajectory._encoded = encoded
        trajectory._each = lambda: _decoded(encoded, decode)
        return trajectory

    @staticmethod
    def left_out() -> Trajectory:
        """
        Stand for a trajectory that was not read, as it is large. Whoever needs it reads it: this
        one raises `RuntimeError` where it is read.
        """
        trajectory = Trajectory(())
        trajectory.is_left_out = True
        trajectory._each = _refuse
        return trajectory

    def to_json(self, encode: Encode) -> bytes:
        """
        Return the messages as a JSON array, which is made once.

        Each has a line of its own, so that a long run can be decoded message by message, and other
        threads go on in between.

        Args:
            encode: Encodes a message.
        """
        if self._encoded is None:
            lines = _BETWEEN.join(map(encode, self.messages))
            self._encoded = _OPENING + lines + _CLOSING if lines else b"[]"
        return self._encoded

    @cached_property
    def messages(self) -> Sequence[Message]:
        """
        The messages, oldest first.
        """
        return list(self._each())

    @property
    def steps(self) -> tuple[Step, ...]:
        """
        The messages, each read by itself, and forgotten where they were decoded for that. A record
        that holds several messages makes as many steps.
        """
        return self._run.steps

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        """
        The tool calls in the order in which they were made, with their results.
        """
        return self._run.calls

    @property
    def reading(self) -> Reading:
        """
        How the messages were read.
        """
        return self._run.reading

    @cached_property
    def _run(self) -> Run:
        records = records_in(self.__dict__.get("messages") or self._each())
        return paired(chain.from_iterable(map(read, records)))

    @cached_property
    def tools_used(self) -> tuple[str, ...]:
        """
        The names of the tools that were called, in order of first use.
        """
        return tuple(dict.fromkeys(call.tool for call in self.calls if call.tool and call.ran))

    @cached_property
    def final_response(self) -> str:
        """
        The text of the last message in which the agent said something, or an empty one.

        Where no message names a role, the last one with text counts. Where the answer was stated by
        a call, as structured answers are, it is what the call was given.
        """
        if "_run" in self.__dict__:
            return final_response_of(reversed(self.steps))
        records = list(records_in(self.messages))  # Seldom is more than the end needed.
        backwards = chain.from_iterable(
            reversed(list(read(record))) for record in reversed(records)
        )
        return final_response_of(backwards)

    @cached_property
    def closing_report(self) -> str:
        """
        What the agent said in its turn after the last tool answered, or `final_response`.

        In a conversation the last message is often a farewell, and the outcome stands before it.
        """
        report, in_turn = "", False
        for step in self.steps:
            if step.is_nested:
                continue
            if step.results:
                report, in_turn = "", True
            elif step.role in ASSISTANT_ROLES:
                if in_turn:
                    report = step.text or report
            elif step.role in USER_ROLES:
                in_turn = in_turn and not report
        return report or self.final_response

    @property
    def ends_in_words(self) -> bool:
        """
        Whether the run ends with what the agent said, rather than amid its calls of tools.
        """
        for step in reversed(self.steps):
            if step.calls or step.results:
                return False
            if step.text and step.role not in _LISTENING:
                return True
        return False

    def __eq__(self, other: object) -> bool:
        """
        Say whether the messages are equal.
        """
        return isinstance(other, Trajectory) and list(self.messages) == list(other.messages)

    __hash__ = None  # type: ignore[assignment]  # its messages are lists and dicts

    def __repr__(self) -> str:
        """
        Return how its messages would be written.
        """
        return f"Trajectory({list(self.messages)!r})"


def _refuse() -> NoReturn:
    raise RuntimeError("The trajectory was left out. Read the trace with it.")


def _message(member: object) -> Message:
    if isinstance(member, dict):
        return member
    return {"role": "assistant", "content": as_text(member)}


def _decoded(encoded: bytes, decode: Decode) -> Iterable[Message]:
    if not encoded.startswith(_OPENING):
        messages: Iterable[Message] = decode(encoded)
        return messages
    return map(decode, encoded[len(_OPENING) : -len(_CLOSING)].split(_BETWEEN))
