"""
The operations by tag.
"""

from typing import TYPE_CHECKING

from ..lazy import lazy_names

if TYPE_CHECKING:
    from . import api_keys, bootstrap, health, memories, projects, skills, traces
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "api_keys": "api_keys",
            "bootstrap": "bootstrap",
            "health": "health",
            "memories": "memories",
            "projects": "projects",
            "skills": "skills",
            "traces": "traces",
        },
    )

__all__ = [
    "api_keys",
    "bootstrap",
    "health",
    "memories",
    "projects",
    "skills",
    "traces",
]
