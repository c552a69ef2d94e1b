"""
The operations of the tag `projects`, one module each.
"""

from typing import TYPE_CHECKING

from ...lazy import lazy_names

if TYPE_CHECKING:
    from . import delete_project
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "delete_project": "delete_project",
        },
    )

__all__ = [
    "delete_project",
]
