"""
The evaluation harness: does memory help, by how much, and how sure is that.

Three protocols measure the service itself, with a simulated agent: `stream` (a share of the
memories misleads), `database` (executed queries and a judge who errs) and `retrieval` (what a query
finds). `does_memory_help` answers the question for an agent and tasks of yours. All of them use a
running server through `reflect_sdk`, as any application does.
"""

from .own_tasks import does_memory_help, verdict

__all__ = ["does_memory_help", "verdict"]
