"""
What the service in memory demands of a request.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reflect_api.errors import FieldError
from reflect_sdk.testing.records import Project
from reflect_sdk.testing.refusals import invalid


def read(model: Any, body: dict[str, Any]) -> dict[str, Any]:
    """
    Return a body whose fields have the types of the contract.
    """
    try:
        model.from_dict(body)
    except FieldError as error:
        field = error.path.removeprefix(".")
        raise invalid(field, f"`{field}` {error.problem}.") from None
    return body


def check_text(body: Mapping[str, Any], name: str) -> None:
    """
    Refuse a text that says nothing or is too long.
    """
    text = body[name]
    if not text.strip() or len(text) > 100_000:
        raise invalid(name, f"`{name}` must have 1 to 100,000 characters that are not all blank.")


def check_range(body: Mapping[str, Any], name: str, least: float, most: float) -> None:
    """
    Refuse a number outside of its range; absent it is none.
    """
    value = body.get(name)
    if value is not None and not least <= value <= most:
        raise invalid(name, f"`{name}` must be from {least} to {most}, found {value}.")


def check_review(review: Mapping[str, Any]) -> None:
    """
    Refuse a verdict that is none.
    """
    if review["result"] not in {"pass", "fail"}:
        raise invalid("result", f"`result` must be `pass` or `fail`, found {review['result']!r}.")
    check_range(review, "alpha", 0, 1)
    if review.get("remember") is False and review.get("reflection") is not None:
        raise invalid("review.remember", "A reflection is a memory: leave `remember` out.")


def check_memories(project: Project, retrieved: list[str], used: list[str] | None) -> None:
    """
    Refuse memories that the project never had, and used ones that were not retrieved.
    """
    had = project.memories.keys() | project.gone
    unknown = [name for name in retrieved if name not in had]
    if unknown:
        raise invalid(
            "retrieved_memory_ids",
            f"`retrieved_memory_ids` names {', '.join(map(repr, unknown))}, which the project "
            f"{project.id!r} never had. Name only memories that a query has returned.",
        )
    if not set(used or ()) <= set(retrieved):
        raise invalid(
            "used_memory_ids", "`used_memory_ids` names memories that were not retrieved."
        )
