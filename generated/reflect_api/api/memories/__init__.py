"""
The operations of the tag `memories`, one module each.
"""

from typing import TYPE_CHECKING

from ...lazy import lazy_names

if TYPE_CHECKING:
    from . import get_memory, get_memory_history, list_memories, query_memories
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "get_memory": "get_memory",
            "get_memory_history": "get_memory_history",
            "list_memories": "list_memories",
            "query_memories": "query_memories",
        },
    )

__all__ = [
    "get_memory",
    "get_memory_history",
    "list_memories",
    "query_memories",
]
