"""
Pages of a list that is read newest first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar


class Identified(Protocol):
    """
    Something with an id.
    """

    @property
    def id(self) -> str:
        """
        The identifier, unique in its list.
        """
        ...


Entry = TypeVar("Entry", bound=Identified)


@dataclass(frozen=True, slots=True)
class Page(Generic[Entry]):
    """
    A part of a list.

    Attributes:
        entries: The entries, newest first.
        next_cursor: Where the next page starts; None on the last one.
    """

    entries: Sequence[Entry]
    next_cursor: str | None


def page_of(
    fetch: Callable[[int], Sequence[Entry]], cursor_after: Callable[[str], str], limit: int
) -> Page[Entry]:
    """
    Read one page, and one entry more to see whether another follows.

    Args:
        fetch: Returns the first entries of the page, at most so many.
        cursor_after: Returns the cursor of what follows the entry with an id.
        limit: The largest page.
    """
    entries = fetch(limit + 1)
    if len(entries) <= limit:
        return Page(entries, None)
    return Page(entries[:limit], cursor_after(entries[limit - 1].id))
