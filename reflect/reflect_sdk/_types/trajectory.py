"""
Trajectories: what users hand in as a run, copied at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from itertools import islice
from typing import Any, Protocol, TypeAlias, runtime_checkable

from reflect_api.errors import InvalidArgumentError
from reflect_sdk._types.cutting import left_out, without_middle
from reflect_sdk._types.snapshot import Snapshot


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


TrajectoryInput: TypeAlias = Sequence[object] | str
"""
A run: message dicts or message objects of an LLM library, oldest first, with values of any type;
the JSON of such a list; or a plain-text summary.
"""

MOST_MESSAGES = 10_000
"""How many messages a trajectory may have."""
_MOST_TAKEN = 1_000_000
_NO_RUN = (int, float, bytes, bytearray, type(None))
_NO_MESSAGE = (str, *_NO_RUN, list, tuple, set, frozenset)


def taken(trajectory: TrajectoryInput) -> Snapshot | str:
    """
    Copy a run after the agent has answered, whatever its messages are.

    Args:
        trajectory: The run. What is no list and no text is a run of one message, and of more than
            `MOST_MESSAGES` those in the middle are left out.

    Returns:
        The messages as they are now, or the text.

    Raises:
        InvalidArgumentError: If it is a number, bytes or None, which no run is.
    """
    if isinstance(trajectory, str):
        return str.__str__(trajectory)
    if isinstance(trajectory, _NO_RUN):
        raise _no_run(trajectory)
    if not isinstance(trajectory, Sequence | Iterator | AbstractSet):
        return Snapshot((trajectory,))
    messages = list(islice(trajectory, _MOST_TAKEN))
    head, tail = without_middle(len(messages), MOST_MESSAGES)
    if head < tail:
        messages[head:tail] = [left_out(tail - head)]
    return Snapshot(messages)


def checked(trajectory: TrajectoryInput) -> Snapshot | str:
    """
    Copy a run before it is sent.

    Args:
        trajectory: Messages or text, as `TrajectoryInput` says.

    Returns:
        The messages as they are now, or the text.

    Raises:
        InvalidArgumentError: If it is neither a list nor text, or an entry is no message; says
            which.
    """
    if isinstance(trajectory, str):
        return str.__str__(trajectory)
    is_list = isinstance(trajectory, Sequence | Iterator) and not isinstance(trajectory, _NO_RUN)
    if not is_list:
        raise _no_run(trajectory)
    return Snapshot(
        checked_message(message, f"trajectory[{index}]") for index, message in enumerate(trajectory)
    )


def checked_message(message: object, place: str = "message") -> object:
    """
    Return a message, as long as it may be one.

    Args:
        message: A dict, or an object of an LLM library.
        place: What it is called in the error.

    Raises:
        InvalidArgumentError: If it is neither.
    """
    if isinstance(message, _NO_MESSAGE):
        raise InvalidArgumentError(
            f"{place} must be a message: a dict, or an object of an LLM library; "
            f"found {type(message).__name__}."
        )
    return message


def _no_run(trajectory: object) -> InvalidArgumentError:
    return InvalidArgumentError(
        "A trajectory must be a list of messages, the JSON of one, or a text, "
        f"found {type(trajectory).__name__}."
    )
