"""
Keyset pagination: pages of a list that is read newest first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

AT_ONCE = 32
"""How many entries of a whole list are in memory at once; fewer where they are large."""

_ROOM = 256 * 1024


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
EntryT_co = TypeVar("EntryT_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Page(Generic[Entry]):
    """
    A part of a list.

    Attributes:
        entries: The entries, newest first.
        next_cursor: Where the next page starts; None at the end of the list.
    """

    entries: Sequence[Entry]
    next_cursor: str | None


class Fetch(Protocol[EntryT_co]):
    """
    Reads the first entries of a page.
    """

    def __call__(self, *, limit: int, room: int | None) -> Sequence[EntryT_co]:
        """
        Return them.

        Args:
            limit: At most so many.
            room: They end where they take so many characters; None for any.
        """
        ...


def page_of(
    fetch: Fetch[Entry],
    cursor_after: Callable[[str], str],
    limit: int | None,
) -> Page[Entry]:
    """
    Read one page, and one entry more to see whether another follows.

    Where no size is given, the page is what should be in memory at once of a whole list: few
    entries, and fewer where they are large. Another follows it unless it is empty.

    Args:
        fetch: Reads the first entries of the page.
        cursor_after: Returns the cursor of what follows the entry with an id.
        limit: The largest page; None to go through the whole list.
    """
    if limit is None:
        entries = fetch(limit=AT_ONCE, room=_ROOM)
        return Page(entries, cursor_after(entries[-1].id) if entries else None)
    entries = fetch(limit=limit + 1, room=None)
    if len(entries) <= limit:
        return Page(entries, None)
    return Page(entries[:limit], cursor_after(entries[limit - 1].id))
