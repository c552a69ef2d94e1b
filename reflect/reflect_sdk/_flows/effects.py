"""
What a flow asks for: a call of a generated function, or a pause.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any, TypeAlias, TypeVar

from attrs import field, frozen

T = TypeVar("T")


@frozen
class Call:
    """
    Call a generated function.

    Attributes:
        endpoint: Its module below `reflect_api.api`, such as `traces.get_trace`.
        arguments: Its arguments.
        seconds: How long it may take in all; as long as any call of the client where None.
    """

    endpoint: str
    arguments: Mapping[str, Any] = field(repr=False)
    seconds: float | None = None


@frozen
class Pause:
    """
    Wait.

    Attributes:
        seconds: How long.
    """

    seconds: float


Effect: TypeAlias = Call | Pause
Flow: TypeAlias = Generator[Effect, Any, T]
