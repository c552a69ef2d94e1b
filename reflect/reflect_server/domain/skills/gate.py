"""
The gate of a skill: two versions compared on the project's reviewed tasks, without an agent.

For each task that was reviewed, a version is worth what following its best fitting line is worth:
base + fit · (utility - base). The fit is the cosine similarity of the task and the nearest task of
a cited memory, 0 at least; the utility is the posterior of `domain.utility` from all reviews of
runs that used a cited memory. What the task itself has contributed (its own memory, and the review
of its own run) is left out, or every line would vouch for itself.

It can tell that a version drops advice that helped, or trades it for advice that reviews speak
against or that fits fewer tasks. It cannot tell how an agent reads a text: two wordings that cite
the same memories are worth the same, and lines whose memories no review has touched are worth the
base rate. That takes an agent (`reflect eval own`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reflect_server.domain.learning import evidence_of
from reflect_server.domain.memory import Memory, QValueEvent
from reflect_server.domain.skills.entities import SkillCheck, SkillLine
from reflect_server.domain.utility import PRIOR_WEIGHT

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Ground:
    """
    What a comparison rests on.

    Attributes:
        tasks: The memories whose tasks count; one per reviewed run.
        vectors: The unit vectors of the tasks of these memories and of cited ones, by memory; a
            task without one does not count.
        histories: The changes of the Q-values of cited memories, by memory.
        base_rate: The usual rate in the project, in (0, 1).
    """

    tasks: Sequence[Memory]
    vectors: Mapping[str, NDArray[np.float32]]
    histories: Mapping[str, Sequence[QValueEvent]]
    base_rate: float


def compare(earlier: Sequence[SkillLine], later: Sequence[SkillLine], ground: Ground) -> SkillCheck:
    """
    Compare two versions.

    Args:
        earlier: The lines of the version published before.
        later: The lines of the new version.
        ground: What the comparison rests on.
    """
    tasks = [task for task in ground.tasks if task.id in ground.vectors]
    cited = {memory_id for line in (*earlier, *later) for memory_id in line.memory_ids}
    reviews = {event.review_id for i in cited for event in ground.histories.get(i, ())}
    if not tasks:
        return SkillCheck(0, len(reviews), ground.base_rate, ground.base_rate)
    before, after = (float(_values(lines, tasks, ground).mean()) for lines in (earlier, later))
    return SkillCheck(len(tasks), len(reviews), round(before, 6), round(after, 6))


def _values(lines: Sequence[SkillLine], tasks: Sequence[Memory], ground: Ground) -> Values:
    values = np.full(len(tasks), ground.base_rate)
    if not lines:
        return values
    matrix = np.stack([ground.vectors[task.id] for task in tasks])
    fits = np.stack([_fit(line, tasks, matrix, ground) for line in lines])
    utilities = np.stack([_utility(line, tasks, ground) for line in lines])
    best = fits.argmax(axis=0)
    places = np.arange(len(tasks))
    gain: Values = fits[best, places] * (utilities[best, places] - ground.base_rate)
    return values + gain


def _fit(
    line: SkillLine, tasks: Sequence[Memory], matrix: NDArray[np.float32], ground: Ground
) -> Values:
    fit = np.zeros(len(tasks))
    for memory_id in line.memory_ids:
        vector = ground.vectors.get(memory_id)
        if vector is None:
            continue
        similar = (matrix @ vector).astype(np.float64)
        similar[[task.id == memory_id for task in tasks]] = 0.0
        fit = np.maximum(fit, similar)
    return np.minimum(fit, 1.0)


def _utility(line: SkillLine, tasks: Sequence[Memory], ground: Ground) -> Values:
    events = [event for i in line.memory_ids for event in ground.histories.get(i, ())]
    by_trace: dict[str, list[QValueEvent]] = {}
    for event in events:
        by_trace.setdefault(event.trace_id, []).append(event)
    total = evidence_of(events)
    wins, losses = np.full(len(tasks), total.wins), np.full(len(tasks), total.losses)
    for place, task in enumerate(tasks):
        own = evidence_of(by_trace.get(task.trace_id, ()))
        wins[place] -= own.wins
        losses[place] -= own.losses
    share: Values = (wins + PRIOR_WEIGHT * ground.base_rate) / (wins + losses + PRIOR_WEIGHT)
    return share
