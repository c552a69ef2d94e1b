"""
Ranking by shared words, which stands in for the service's by meaning.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

_WORD = re.compile(r"\w+")


def similarity(task: str, other: str) -> float:
    """
    Return how many of their words two tasks share, from 0 for none to 1 for all.
    """
    first, second = (set(_WORD.findall(text.casefold())) for text in (task, other))
    if not first or not second:
        return 0.0
    return len(first & second) / math.sqrt(len(first) * len(second))


def carries(facts: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """
    Say whether facts have each of some keys with an equal value.
    """
    return all(name in facts and facts[name] == wanted[name] for name in wanted)


def ranked(memories: Sequence[Mapping[str, Any]], query: Mapping[str, Any]) -> list[dict[str, Any]]:
    """
    Return the memories that fit a query, best first, as its answer has them.

    Args:
        memories: The project's memories, oldest first.
        query: The body of the query.
    """
    share = query.get("lambda", 0.5)
    least = query.get("similarity_threshold")
    wanted = query.get("metadata_filter") or {}
    found = []
    for memory in memories:
        alike = similarity(query["task"], memory["task"])
        if carries(memory["metadata"], wanted) and (least is None or alike >= least):
            score = share * alike + (1 - share) * memory["q_value"]
            found.append({**memory, "similarity": alike, "score": score})
    found.sort(key=lambda memory: memory["score"], reverse=True)
    return found[: query.get("limit", 10)]
