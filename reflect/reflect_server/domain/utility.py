"""
Utility: the posterior chance that a memory helps, judged by the evidence behind its Q-value.

A Q-value alone misleads: 0.5 after forty contradicting reviews is not 0.5 without a review. So the
ranking weighs the chance that following the memory ends well, with a prior that holds little
evidence near what is usual in the project (docs/decisions/0014).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from reflect_server.domain.memory import Evidence, Memory, Stance

PRIOR_WEIGHT = 2.0
"""How many reviews the prior counts for: two, as in Laplace's rule of succession."""

LEAST_GAIN = -1.0
"""
The most that evidence takes from a memory, as a logarithm: 1/e of the usual chance.

Below that a lesson is as good as refuted; taking more would let memories of other tasks overtake.
"""

_Z_90 = 1.6449
_TINY = 1e-9


class Utility(NamedTuple):
    """
    What the evidence says about one memory.

    Attributes:
        estimate: The mean of the posterior: how often following it ends well, in (0, 1).
        low: The lower end of its 90% interval, in [0, 1].
        high: The upper end of its 90% interval, in [0, 1].
    """

    estimate: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Judgement:
    """
    What the evidence says about each candidate of a query.

    Attributes:
        gains: How far it moves the logarithm of each one's utility, shape (candidates,); see
            `log_gains`.
        usual: What is usual where each stands; see `usual_rates`.
        weights: How much evidence there is on each.
        utilities: The estimated utility of each.
    """

    gains: NDArray[np.float64]
    usual: Sequence[float]
    weights: Sequence[float]
    utilities: Sequence[Utility]


def judge(
    memories: Sequence[Memory], project: Evidence, *, draw: np.random.Generator | None = None
) -> Judgement:
    """
    Judge the candidates of a query by all evidence that there is.

    Args:
        memories: The candidates.
        project: The evidence of all memories of the project together.
        draw: Draws each utility from its posterior, to explore; None to take the mean.
    """
    rate = base_rate(project)
    evidence = with_other_runs([m.evidence for m in memories], [m.stance for m in memories])
    usual = usual_rates(evidence, [m.normalized_task for m in memories], rate)
    wins = np.array([known.wins for known in evidence])
    losses = np.array([known.losses for known in evidence])
    return Judgement(
        gains=log_gains(wins, losses, np.array(usual), rate, draw=draw),
        usual=usual,
        weights=(wins + losses).tolist(),
        utilities=[utility(known, base_rate=rate) for known in evidence],
    )


def base_rate(project: Evidence) -> float:
    """
    Return how often following a memory of the project ends well, in (0, 1).

    Args:
        project: The evidence of all its memories together; without any, the rate is 0.5.
    """
    return (project.wins + 1.0) / (project.wins + project.losses + 2.0)


def utility(evidence: Evidence, *, base_rate: float) -> Utility:
    """
    Estimate the utility of one memory, with its uncertainty.

    The posterior is Beta(wins + κ·base rate, losses + κ·(1 - base rate)) with κ = `PRIOR_WEIGHT`;
    the interval is its normal approximation.

    Args:
        evidence: What reviews have shown of the memory.
        base_rate: The usual rate in its project, in (0, 1).
    """
    mean = _mean(evidence.wins, evidence.losses, base_rate)
    count = evidence.wins + evidence.losses + PRIOR_WEIGHT
    reach = _Z_90 * math.sqrt(mean * (1.0 - mean) / (count + 1.0))
    return Utility(mean, max(0.0, mean - reach), min(1.0, mean + reach))


def with_other_runs(
    evidence: Sequence[Evidence], stances: Sequence[Stance | None]
) -> list[Evidence]:
    """
    Add to the evidence of each memory what other runs show that gave the same answer.

    Each memory has its own run, with a verdict on the answer that it gave to its task. Where other
    memories come from the same answer to the same task, their verdicts are trials of the same
    thing: each counts one, for the memory where the verdict is that of its own run, else against.
    In such company the own run of a memory counts too where it passed: it followed the lesson.

    Args:
        evidence: What reviews have shown of each memory.
        stances: What each memory's run answered, with the verdict; None where unknown.

    Returns:
        The evidence with those verdicts, in the same order. The number of uses stays.
    """
    runs = [None if stance is None else stance.run for stance in stances]
    equal_runs, equal_stances = Counter(runs), Counter(stances)
    added = []
    for known, stance, run in zip(evidence, stances, runs, strict=True):
        if stance is not None and equal_runs[run] > 1:
            same, contrary = equal_stances[stance], equal_stances[stance.contrary]
            wins, losses = known.wins + same - 1 + stance.accepted, known.losses + contrary
            added.append(Evidence(known.uses, wins, losses, known.last_used_at))
        else:
            added.append(known)
    return added


def usual_rates(
    evidence: Sequence[Evidence], tasks: Sequence[Hashable], base_rate: float
) -> list[float]:
    """
    Say what is usual for the task of each memory: how often following its other memories ends well.

    Some tasks are harder than others, and a warning that kept a run from one mistake is no worse
    for the next mistake. So memories are judged beside those of their own task: the usual rate is
    the posterior mean of what the others have shown together, with the prior of `utility`.

    Args:
        evidence: The evidence of each memory.
        tasks: The task of each; equal for memories of one task.
        base_rate: The usual rate in the project, in (0, 1).

    Returns:
        The rates, in (0, 1); the base rate where a memory is the only one of its task, and where
        the others have no evidence.
    """
    together = dict[Hashable, tuple[float, float]]()
    for known, task in zip(evidence, tasks, strict=True):
        wins, losses = together.get(task, (0.0, 0.0))
        together[task] = wins + known.wins, losses + known.losses
    if len(together) == len(tasks):
        return [base_rate] * len(tasks)
    rates = []
    for known, task in zip(evidence, tasks, strict=True):
        wins, losses = together[task]
        rates.append(_mean(wins - known.wins, losses - known.losses, base_rate))
    return rates


def _mean(wins: float, losses: float, base_rate: float) -> float:
    return (wins + PRIOR_WEIGHT * base_rate) / (wins + losses + PRIOR_WEIGHT)


def log_gains(
    wins: NDArray[np.float64],
    losses: NDArray[np.float64],
    usual: NDArray[np.float64],
    base_rate: float,
    *,
    draw: np.random.Generator | None = None,
) -> NDArray[np.float64]:
    """
    Say how far the evidence moves each memory's chance from what is usual where it stands.

    log(posterior mean / usual rate), `LEAST_GAIN` at the least: 0 without evidence, so a new memory
    is neither buried nor trusted blindly. Logarithms of chances, not of odds: that a run ends well
    takes a memory that fits its task and a lesson that is right, and the chances of the two
    multiply.

    Args:
        wins: Evidence that each memory helps, at least 0, shape (memories,).
        losses: Evidence that each memory misleads, at least 0; same shape.
        usual: What is usual where each stands, in (0, 1); see `usual_rates`; same shape.
        base_rate: The usual rate in the project, in (0, 1), which the prior expects.
        draw: Draws each rate from its posterior rather than take the mean, to explore (Thompson
            sampling); None to take the mean.

    Returns:
        The gains, finite; same shape. Without `draw`, they rise with wins and fall with losses.
    """
    if draw is None:
        means = (wins + PRIOR_WEIGHT * base_rate) / (wins + losses + PRIOR_WEIGHT)
    else:
        helped = draw.standard_gamma(wins + PRIOR_WEIGHT * base_rate)
        misled = draw.standard_gamma(losses + PRIOR_WEIGHT * (1.0 - base_rate))
        means = helped / np.maximum(helped + misled, _TINY)
    chances = np.maximum(means / usual, _TINY)
    gains: NDArray[np.float64] = np.maximum(np.log(chances), LEAST_GAIN)
    return gains
