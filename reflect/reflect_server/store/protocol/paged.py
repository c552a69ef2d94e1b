"""
What the service asks of a store about lists that are read page by page.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

Entry_co = TypeVar("Entry_co", covariant=True)


class Paged(Protocol[Entry_co]):
    """
    The entries of a project, newest first.
    """

    def page(
        self,
        project_id: str,
        *,
        after: str | None = None,
        limit: int | None = None,
        room: int | None = None,
    ) -> Sequence[Entry_co]:
        """
        Return entries, newest first.

        Args:
            project_id: The project.
            after: The cursor of the page, from `cursor_after`; None for the first page.
            limit: At most this many; None for all.
            room: How long the texts of all may be before the last one, in characters; None for any
                length.

        Raises:
            InvalidRequestError: The cursor is of another form.
        """
        ...

    def cursor_after(self, entry_id: str) -> str:
        """
        Return the cursor of the page that follows an entry. It stays good when that is deleted.

        Args:
            entry_id: The entry, which must exist.
        """
        ...
