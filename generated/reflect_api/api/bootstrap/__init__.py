"""
The operations of the tag `bootstrap`, one module each.
"""

from typing import TYPE_CHECKING

from ...lazy import lazy_names

if TYPE_CHECKING:
    from . import bootstrap
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "bootstrap": "bootstrap",
        },
    )

__all__ = [
    "bootstrap",
]
