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

from reflect_server.domain.entities import Memory
from reflect_server.domain.ranking import Pool, Ranking, candidates, score, select
from reflect_server.domain.texts import require_text
from reflect_server.domain.utility import (
    Utility,
    base_rate,
    log_gains,
    usual_rates,
    utility,
    with_other_runs,
)
from reflect_server.retrieval.index import Matches
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
    ranking = query.ranking
    matches = _matches(deps, project_id, query)
    pool = candidates(matches.similarities, matches.lexical, matches.ids, ranking)
    wanted = [matches.ids[index] for index in pool]
    memories, evidence = deps.store.for_ranking(project_id, wanted)
    present = [index for index in pool if matches.ids[index] in memories]
    found = [(index, memories[matches.ids[index]]) for index in present]
    explores = random.random() < deps.exploration  # noqa: S311 - A choice, no secret.
    draw = np.random.default_rng() if explores else None
    return _ranked(matches, found, base_rate(evidence), ranking, draw) if found else []


def _matches(deps: Dependencies, project_id: str, query: Query) -> Matches:
    space, wanted = deps.spaces.active, query.metadata_filter
    vector = space.embedder.embed([query.task])[0]
    if not wanted:
        return space.index.search(project_id, vector, query.task, ranking=query.ranking)
    allowed = deps.store.read(lambda tx: tx.memories.matching(project_id, wanted))
    return space.index.search(project_id, vector, query.task, allowed=allowed)


def _ranked(
    matches: Matches,
    found: Sequence[tuple[int, Memory]],
    rate: float,
    ranking: Ranking,
    draw: np.random.Generator | None,
) -> list[RankedMemory]:
    rows = [index for index, _ in found]
    memories = [memory for _, memory in found]
    stances = [memory.stance for memory in memories]
    evidence = with_other_runs([memory.evidence for memory in memories], stances)
    usual = usual_rates(evidence, [memory.normalized_task for memory in memories], rate)
    pool = Pool(
        similarities=matches.similarities[rows],
        lexical=matches.lexical[rows],
        q_values=np.array([memory.q_value for memory in memories]),
        gains=log_gains(
            np.array([known.wins for known in evidence]),
            np.array([known.losses for known in evidence]),
            np.array(usual),
            rate,
            draw=draw,
        ),
        lessons=[memory.reflection.lesson for memory in memories],
        vectors=matches.vectors[rows],
        stances=stances,
    )
    scores = score(pool, ranking.blend)
    witnesses = Counter(pool.lessons)
    by_letters = (1 + np.sort(-pool.lexical).searchsorted(-pool.lexical)).tolist()
    # Lists, as taking single numbers out of arrays is slow.
    similar, letters, totals, lexical, feedback, gained, agreed = (
        values.tolist()
        for values in (
            pool.similarities,
            pool.lexical,
            scores.total,
            scores.lexical,
            scores.feedback,
            scores.utility,
            scores.agreement,
        )
    )

    def ranked(place: int, penalty: float) -> RankedMemory:
        why = Why(
            candidates=len(memories),
            lexical_rank=by_letters[place] if letters[place] else None,
            lexical=lexical[place],
            feedback=feedback[place],
            evidence=evidence[place].wins + evidence[place].losses,
            judged=utility(evidence[place], base_rate=rate),
            base_rate=usual[place],
            utility=gained[place],
            agreeing=witnesses[pool.lessons[place]] - 1,
            agreement=agreed[place],
            diversity_penalty=penalty,
        )
        return RankedMemory(memories[place], similar[place], totals[place], why)

    return [ranked(place, penalty) for place, penalty in select(pool, scores.total, ranking)]
