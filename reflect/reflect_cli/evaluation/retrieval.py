"""
Protocol C: what a query finds among memories that no review has touched.

Memories are made of tasks, and queries are tasks that share something with some of them: an intent,
a table, a skill. Compared is what similarity alone finds with what the server's defaults find.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from reflect_sdk import MemoryResponse, ReflectClient

from .database_tasks import read_database_tasks
from .errors import EvaluationError
from .labelled import read_labelled
from .results import OURS, Evaluation, Measurement, Outcome
from .service import Service

DEPTH = 10
"""How many memories a query asks for."""

SIMILARITY = "similarity only (lambda_=1, mmr_lambda=1)"
UNDIVERSIFIED = f"{OURS}, mmr_lambda=1"
DEFAULTS = f"{OURS} (defaults)"

_MOST_MEMORIES = 2_000
_MOST_QUERIES = 2_000


@dataclass(frozen=True, slots=True)
class RetrievalSet:
    """
    Memories and queries, and which of them belong together.

    Attributes:
        name: What it was made of.
        memories: The tasks that memories are made of.
        queries: The tasks that are looked for.
        relevant: By relation, such as `same intent`: per query the positions of the memories that
            it should find. Queries that have none do not count.
    """

    name: str
    memories: tuple[str, ...] = field(repr=False)
    queries: tuple[str, ...] = field(repr=False)
    relevant: dict[str, tuple[frozenset[int], ...]] = field(repr=False)


def read_retrieval_set(folder: Path) -> RetrievalSet:
    """
    Make a set of a folder of labelled texts, or of one with `db_train.json` and `db_val.json`.

    Args:
        folder: The folder. Labelled texts belong together where their labels are equal; database
            tasks where they ask for the same table, or for the same skills. Of labelled texts 2,000
            at most become memories and 2,000 at most queries, drawn once.

    Returns:
        The set, without relations that fewer than two queries have to a memory.

    Raises:
        EvaluationError: The folder holds neither, or no relation is left.
    """
    if (folder / "train.csv").exists():
        return _measurable(_of_labelled(folder))
    if (folder / "db_train.json").exists():
        return _measurable(_of_database_tasks(folder))
    raise EvaluationError(
        f"{folder} has neither `train.csv` and `test.csv` nor `db_train.json` and `db_val.json`. "
        "Give a folder that has."
    )


def steps_of(retrieval_set: RetrievalSet) -> int:
    """
    Return how many steps `evaluate_retrieval` counts, for progress bars.

    Args:
        retrieval_set: The memories and the queries.
    """
    return len(retrieval_set.memories) + len(_RANKINGS) * len(retrieval_set.queries)


def evaluate_retrieval(service: Service, retrieval_set: RetrievalSet) -> Evaluation:
    """
    Run protocol C.

    Args:
        service: The server.
        retrieval_set: The memories and the queries.

    Returns:
        Per relation, the share of queries whose first memory is right, the share of the memories
        that could be among the first ten and are (recall@10), and the mean average precision of the
        first ten (MAP@10).

    Raises:
        ReflectError: The server did not do its part.
    """
    with service.project("retrieval") as client:
        cases = (
            {"task": task, "summary": f"Case {n}.", "guidance": f"Do as in case {n}."}
            for n, task in enumerate(retrieval_set.memories)
        )
        positions = service.fill(client, cases)
        parts = [
            partial(_found, service, client, text, ask, positions)
            for ask in _RANKINGS.values()
            for text in retrieval_set.queries
        ]
        found = service.in_parallel(parts)
    count = len(retrieval_set.queries)
    by_ranking = {name: found[n * count : (n + 1) * count] for n, name in enumerate(_RANKINGS)}
    measurements = [
        Measurement(
            name,
            f"{relation}: {measure}",
            tuple(
                Outcome(value(answer, wanted))
                for answer, wanted in zip(by_ranking[name], relevant, strict=True)
                if wanted
            ),
        )
        for relation, relevant in retrieval_set.relevant.items()
        for measure, value in _MEASURES.items()
        for name in _RANKINGS
    ]
    return Evaluation(
        protocol="retrieval",
        title=f"{retrieval_set.name}: what {count} queries find among "
        f"{len(retrieval_set.memories)} memories",
        agent="none",
        unit="query",
        time="",
        settings={
            "data": retrieval_set.name,
            "memories": len(retrieval_set.memories),
            "queries": count,
            "depth": DEPTH,
        },
        measurements=tuple(measurements),
    )


def _by_similarity(client: ReflectClient, text: str) -> list[MemoryResponse]:
    return client.query_memories(text, limit=DEPTH, lambda_=1.0, mmr_lambda=1.0)


def _undiversified(client: ReflectClient, text: str) -> list[MemoryResponse]:
    return client.query_memories(text, limit=DEPTH, mmr_lambda=1.0)


def _by_default(client: ReflectClient, text: str) -> list[MemoryResponse]:
    return client.query_memories(text, limit=DEPTH)


Ask = Callable[[ReflectClient, str], list[MemoryResponse]]
_RANKINGS: dict[str, Ask] = {
    SIMILARITY: _by_similarity,
    UNDIVERSIFIED: _undiversified,
    DEFAULTS: _by_default,
}


def _first_is_right(found: Sequence[int], wanted: frozenset[int]) -> float:
    return float(bool(found) and found[0] in wanted)


def _recall(found: Sequence[int], wanted: frozenset[int]) -> float:
    return len(wanted.intersection(found[:DEPTH])) / min(DEPTH, len(wanted))


def _average_precision(found: Sequence[int], wanted: frozenset[int]) -> float:
    hits, total = 0, 0.0
    for rank, position in enumerate(found[:DEPTH], start=1):
        if position in wanted:
            hits += 1
            total += hits / rank
    return total / min(DEPTH, len(wanted))


_MEASURES = {"first": _first_is_right, "recall@10": _recall, "MAP@10": _average_precision}


def _found(
    service: Service, client: ReflectClient, text: str, ask: Ask, positions: dict[str, int]
) -> list[int]:
    found = [positions[memory.id] for memory in ask(client, text)]
    service.advance()
    return found


def _measurable(made: RetrievalSet) -> RetrievalSet:
    """
    Leave out what no interval can be made of, before any work is done.
    """
    relevant = {name: each for name, each in made.relevant.items() if sum(map(bool, each)) >= 2}
    if not relevant:
        raise EvaluationError(
            f"In {made.name} fewer than 2 queries have a memory that they should find "
            f"({' or '.join(made.relevant)}), and an interval needs 2. Give a larger set."
        )
    return replace(made, relevant=relevant)


def _of_labelled(folder: Path) -> RetrievalSet:
    tasks = read_labelled(folder)
    draw = random.Random("retrieval")  # noqa: S311 - A repeatable draw, no secret.
    memories = draw.sample(tasks.train, min(_MOST_MEMORIES, len(tasks.train)))
    queries = draw.sample(tasks.test, min(_MOST_QUERIES, len(tasks.test)))
    return RetrievalSet(
        name=tasks.name,
        memories=tuple(task.text for task in memories),
        queries=tuple(task.text for task in queries),
        relevant={
            "same intent": tuple(
                frozenset(n for n, memory in enumerate(memories) if memory.label == query.label)
                for query in queries
            )
        },
    )


def _of_database_tasks(folder: Path) -> RetrievalSet:
    memories = read_database_tasks(folder / "db_train.json")
    queries = read_database_tasks(folder / "db_val.json")
    return RetrievalSet(
        name=folder.resolve().name,
        memories=tuple(task.instruction for task in memories),
        queries=tuple(task.instruction for task in queries),
        relevant={
            "same table": tuple(
                frozenset(n for n, memory in enumerate(memories) if memory.table == query.table)
                for query in queries
            ),
            "same skills": tuple(
                frozenset(n for n, memory in enumerate(memories) if memory.skills == query.skills)
                for query in queries
            ),
        },
    )
