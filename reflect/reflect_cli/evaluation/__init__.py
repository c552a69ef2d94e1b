"""
The evaluation harness: does memory help, by how much, and how sure is that.

Three protocols measure the service itself, with a simulated agent: `stream` (a share of the
memories misleads), `database` (executed queries and a judge who errs) and `retrieval` (what a query
finds). `does_memory_help` answers the question for an agent and tasks of yours. All of them use a
running server through `reflect_sdk`, as any application does.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .own_tasks import does_memory_help, verdict

__all__ = ["does_memory_help", "verdict"]


def __getattr__(name: str) -> Any:
    """
    Load the functions when they are asked for; the command line loads this package for its help.
    """
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import own_tasks  # noqa: PLC0415 - slow to import, and not needed for help

    return getattr(own_tasks, name)
