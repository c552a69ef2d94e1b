"""
Queries: the memories that fit a task, each with the reasons for its place.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from reflect_server.domain.candidates import Candidates
from reflect_server.domain.memory import Memory
from reflect_server.domain.ranking import Pool, Ranking, score, select
from reflect_server.domain.texts import require_text
from reflect_server.domain.utility import Judgement, Utility, judge
from reflect_server.use_cases.dependencies import Dependencies

QUICK_MEMORIES = 20_000
"""Comparing a query with so many memories takes about a millisecond."""

QUICK_CHARACTERS = 4_096
"""Embedding a task of so many characters takes the local embedder about a millisecond."""


class Why(NamedTuple):
    """
    Why a memory stands where it does. The parts that were added make up its score.

    Attributes:
        candidates: How many memories were weighed.
        lexical_rank: Its place among them by the letters that its task shares with the query's, 1
            the first; None where it shares none.
        lexical: What those letters added to its score.
        feedback: What unlikeness to the best candidates took from its score, at most 0.
        evidence: How much evidence its utility is estimated from: its own, and the verdicts on
            other candidates' runs that gave the same answer to the same task.
        judged: Its estimated utility, with the interval.
        base_rate: What is usual where it stands, in (0, 1): how often following the other
            candidates of its task ends well; where there are none, the memories of the project.
        utility: What the estimate added to its score, below 0 where it took away.
        agreeing: How many other candidates say the same.
        agreement: What they added to its score.
        diversity_penalty: What likeness to memories chosen before it took away when it was chosen;
            0 where diversity decided nothing.
    """

    candidates: int
    lexical_rank: int | None
    lexical: float
    feedback: float
    evidence: float
    judged: Utility
    base_rate: float
    utility: float
    agreeing: int
    agreement: float
    diversity_penalty: float


class RankedMemory(NamedTuple):
    """
    A memory with its place in the query that found it.

    Attributes:
        memory: The memory.
        similarity: Cosine similarity of its task and the query's, in [-1, 1].
        score: The score that it was ranked by, comparable within one answer.
        why: What the score is made of.
    """

    memory: Memory
    similarity: float
    score: float
    why: Why


@dataclass(frozen=True, slots=True)
class Query:
    """
    What a run that is about to begin wants to know.

    Attributes:
        task: What the agent is about to do.
        ranking: How many memories are wanted and how they are ranked.
        metadata_filter: Only memories whose metadata has each of these keys with an equal value;
            None for all.
    """

    task: str
    ranking: Ranking = field(default_factory=Ranking)
    metadata_filter: Mapping[str, Any] | None = None


def is_quick(deps: Dependencies, project_id: str, query: Query) -> bool:
    """
    Say whether a query takes less time than handing it to a thread and back would cost.

    Args:
        deps: The collaborators.
        project_id: The project.
        query: The query.
    """
    space = deps.spaces.active
    if query.metadata_filter or not space.embedder.is_quick:
        return False
    return len(query.task) <= QUICK_CHARACTERS and space.index.size(project_id) <= QUICK_MEMORIES


def query_memories(deps: Dependencies, project_id: str, query: Query) -> list[RankedMemory]:
    """
    Find the memories that fit a task, best first.

    A share of queries (`deps.exploration`) ranks by utilities that are drawn from their posteriors
    rather than by their means, so that a memory with little evidence gets its chance.

    Args:
        deps: The collaborators.
        project_id: The project.
        query: The query.

    Returns:
        At most `ranking.limit` memories; none where nothing is similar enough.

    Raises:
        InvalidRequestError: The task is blank.
        ReflectServerError: The embedder or the store cannot do its work.
    """
    require_text(query.task, "task")
    found = _candidates(deps, project_id, query)
    memories, evidence = deps.store.for_ranking(project_id, found.ids)
    places = [place for place, memory_id in enumerate(found.ids) if memory_id in memories]
    if not places:
        return []
    explores = random.random() < deps.exploration  # noqa: S311 - A choice, no secret.
    weighed = [memories[found.ids[place]] for place in places]
    judgement = judge(weighed, evidence, draw=np.random.default_rng() if explores else None)
    pool = Pool(
        similarities=found.similarities[places],
        lexical=found.lexical[places],
        q_values=np.array([memory.q_value for memory in weighed]),
        gains=judgement.gains,
        lessons=[memory.reflection.lesson for memory in weighed],
        vectors=found.vectors[places],
        stances=[memory.stance for memory in weighed],
    )
    return _ranked(weighed, pool, judgement, query.ranking)


def _candidates(deps: Dependencies, project_id: str, query: Query) -> Candidates:
    space, wanted = deps.spaces.active, query.metadata_filter
    vector = space.embedder.embed([query.task])[0]
    allowed = None
    if wanted:
        allowed = deps.store.read(lambda tx: tx.memories.matching(project_id, wanted))
    return space.index.candidates(project_id, vector, query.task, query.ranking, allowed=allowed)


def _ranked(
    memories: Sequence[Memory], pool: Pool, judgement: Judgement, ranking: Ranking
) -> list[RankedMemory]:
    scores = score(pool, ranking.blend)
    witnesses = Counter(pool.lessons)
    by_letters = 1 + np.sort(-pool.lexical).searchsorted(-pool.lexical)
    return [
        RankedMemory(
            memory=memories[place],
            similarity=float(pool.similarities[place]),
            score=float(scores.total[place]),
            why=Why(
                candidates=len(memories),
                lexical_rank=int(by_letters[place]) if pool.lexical[place] else None,
                lexical=float(scores.lexical[place]),
                feedback=float(scores.feedback[place]),
                evidence=judgement.weights[place],
                judged=judgement.utilities[place],
                base_rate=judgement.usual[place],
                utility=float(scores.utility[place]),
                agreeing=witnesses[pool.lessons[place]] - 1,
                agreement=float(scores.agreement[place]),
                diversity_penalty=penalty,
            ),
        )
        for place, penalty in select(pool, scores.total, ranking)
    ]
