"""
The operations of the tag `skills`, one module each.
"""

from typing import TYPE_CHECKING

from ...lazy import lazy_names

if TYPE_CHECKING:
    from . import create_skill, get_skill, list_skill_versions
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "create_skill": "create_skill",
            "get_skill": "get_skill",
            "list_skill_versions": "list_skill_versions",
        },
    )

__all__ = [
    "create_skill",
    "get_skill",
    "list_skill_versions",
]
