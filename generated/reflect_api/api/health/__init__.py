"""
The operations of the tag `health`, one module each.
"""

from typing import TYPE_CHECKING

from ...lazy import lazy_names

if TYPE_CHECKING:
    from . import health, readiness
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "health": "health",
            "readiness": "readiness",
        },
    )

__all__ = [
    "health",
    "readiness",
]
