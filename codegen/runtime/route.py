"""
Routes: which operation a request belongs to by its method and path, and whether it may be repeated.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

IDEMPOTENCY_HEADER: Final = "Idempotency-Key"
"""The header whose value makes a request that is sent twice count once."""


class Idempotency(StrEnum):
    """
    What sending the same request twice does, as the contract says it (`x-idempotency`).
    """

    NATURAL = "natural"
    """No more than sending it once."""
    KEY = "key"
    """No more than sending it once, where both carry one `Idempotency-Key`."""
    NONE = "none"
    """All of it again."""


class Route:
    """
    Where an operation is served.

    Args:
        operation_id: The operation.
        method: Its method, in upper case.
        path: Its path, with parameters in braces.
        idempotency: What sending its request twice does.

    Attributes:
        segments: The parts of its path; those that are parameters are empty.
    """

    __slots__ = ("idempotency", "method", "operation_id", "path", "segments")

    def __init__(self, operation_id: str, method: str, path: str, idempotency: Idempotency) -> None:
        self.operation_id = operation_id
        self.method = method
        self.path = path
        self.idempotency = idempotency
        parts = path.removeprefix("/").split("/")
        self.segments = tuple("" if part.startswith("{") else part for part in parts)

    def fits(self, segments: Sequence[str]) -> bool:
        """
        Say whether the parts of a path end as this route's do.
        """
        last = segments[-len(self.segments) :]
        pairs = zip(self.segments, last, strict=False)
        return len(last) == len(self.segments) and all(
            part == own if own else part for own, part in pairs
        )


class RouteTable:
    """
    The routes of an API.

    Args:
        routes: All of them. Those that end with a word come before those that end with a parameter.
    """

    def __init__(self, *routes: Route) -> None:
        self.routes: Final = routes
        self._by_end: dict[tuple[str, str], list[Route]] = {}
        for route in routes:
            self._by_end.setdefault((route.method, route.segments[-1]), []).append(route)

    def find(self, method: str, path: str) -> Route | None:
        """
        Return the route that a request takes; None where it is none of the contract's.

        Args:
            method: The request's method, in upper case.
            path: Its path as it is sent, percent-encoded and without the query. What stands before
                the path of the contract, such as the prefix of a gateway, is passed over.
        """
        segments = path.split("/")
        for end in (segments[-1], ""):
            for route in self._by_end.get((method, end), ()):
                if route.fits(segments):
                    return route
        return None


__all__ = ["IDEMPOTENCY_HEADER", "Idempotency", "Route", "RouteTable"]
