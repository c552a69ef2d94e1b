"""
Conversion of trajectories: what users hand in, made into what the API takes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeAlias, cast, runtime_checkable

from reflect_api.errors import InvalidArgumentError


@runtime_checkable
class SupportsModelDump(Protocol):
    """
    A message object of an LLM library, such as a pydantic model.
    """

    def model_dump(self, *, mode: str = ..., exclude_none: bool = ...) -> dict[str, Any]:
        """
        Return the message as a dict.
        """
        ...


_PLAIN = frozenset({str, int, float, bool, type(None)})

TrajectoryInput: TypeAlias = Sequence[Mapping[str, Any] | SupportsModelDump] | str
"""
A run: message dicts or message objects of an LLM library, oldest first; the JSON of such a list; or
a plain-text summary.
"""


def wire_trajectory(trajectory: TrajectoryInput) -> list[dict[str, Any]] | str:
    """
    Make a trajectory of what the user handed in, without changing that.

    Args:
        trajectory: Messages or text, as `TrajectoryInput` says.

    Returns:
        A new list of dicts, or the text as it is.

    Raises:
        InvalidArgumentError: If it is neither a list nor text, or an entry is no message or cannot
            be written as JSON.
    """
    if isinstance(trajectory, str):
        return trajectory
    if not isinstance(trajectory, Sequence) or isinstance(trajectory, bytes | bytearray):
        raise InvalidArgumentError(
            "A trajectory must be a list of messages, the JSON of one, or a text, "
            f"found {type(trajectory).__name__}."
        )
    try:
        return [_wire_message(message, index) for index, message in enumerate(trajectory)]
    except RecursionError:
        raise InvalidArgumentError(
            "The trajectory is nested too deeply, or holds itself; make its messages flatter."
        ) from None


def _wire_message(message: object, index: int) -> dict[str, Any]:
    if isinstance(message, dict | Mapping):  # The first check is the fast one.
        return {name: _wire_value(value) for name, value in message.items()}
    if isinstance(message, SupportsModelDump):
        return _dumped(message)
    raise InvalidArgumentError(
        f"trajectory[{index}] must be a message dict or an object with `model_dump`, "
        f"found {type(message).__name__}."
    )


def _wire_value(value: object) -> object:
    """
    Copy a part of a message; what LLM libraries hand out may stand at any depth, as the calls of
    tools often do.
    """
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is list or kind is tuple:
        return [_wire_value(item) for item in cast("Sequence[object]", value)]
    if isinstance(value, Mapping):
        return {name: _wire_value(item) for name, item in value.items()}
    if isinstance(value, SupportsModelDump):
        return _dumped(value)
    return value


def _dumped(value: SupportsModelDump) -> dict[str, Any]:
    try:
        return value.model_dump(mode="json", exclude_none=True)
    except Exception as error:
        raise InvalidArgumentError(
            f"A {type(value).__name__} in the trajectory cannot be written as JSON: {error}"
        ) from error
