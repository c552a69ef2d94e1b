"""
The operations of the tag `traces`, one module each.
"""

from typing import TYPE_CHECKING

from ...lazy import lazy_names

if TYPE_CHECKING:
    from . import (
        change_review,
        create_trace,
        delete_traces,
        get_trace,
        list_traces,
        retry_traces,
        review_trace,
        undo_review,
    )
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "change_review": "change_review",
            "create_trace": "create_trace",
            "delete_traces": "delete_traces",
            "get_trace": "get_trace",
            "list_traces": "list_traces",
            "retry_traces": "retry_traces",
            "review_trace": "review_trace",
            "undo_review": "undo_review",
        },
    )

__all__ = [
    "change_review",
    "create_trace",
    "delete_traces",
    "get_trace",
    "list_traces",
    "retry_traces",
    "review_trace",
    "undo_review",
]
