"""
Rankings that the server does not offer, computed here from the similarities that it answers with.

They keep their own Q-values, so that every rule of the comparison learns from the same tasks, the
same candidates and the same reviews.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from enum import Enum

import numpy as np
from numpy.typing import NDArray

ALPHA = 0.3
"""The learning rate of all rules; the server's default."""

_CLIP = 3.0
_NO_SPREAD = 1e-9
_PRIOR_STRENGTH = 2.0

Key = Hashable
Scores = NDArray[np.float64]


class Credit(Enum):
    """
    Whom a review credits: every injected memory, or the one that the answer used.
    """

    ALL = "all injected"
    USED = "used"


@dataclass(slots=True)
class Record:
    """
    What a rule knows of a memory.

    Attributes:
        q_value: Its learned utility, in [0, 1].
        uses: How many reviews credited it.
        wins: How many of them were a pass.
    """

    q_value: float = 0.5
    uses: int = 0
    wins: int = 0


@dataclass(slots=True)
class Ledger:
    """
    What a rule knows of all memories.

    Attributes:
        records: The records by memory; one that is missing is as at the start.
        reviews: How many reviews there were.
        passes: How many of them were a pass.
    """

    records: dict[Key, Record] = field(default_factory=dict)
    reviews: int = 0
    passes: int = 0

    @property
    def base_rate(self) -> float:
        """
        The share of passes, with one pass and one fail added.
        """
        return (self.passes + 1) / (self.reviews + 2)

    def of(self, keys: Sequence[Key]) -> list[Record]:
        """
        Return the records of memories.

        Args:
            keys: The memories.
        """
        return [self.records.get(key) or Record() for key in keys]

    def learn(self, credited: Sequence[Key], *, passed: bool) -> None:
        """
        Let a review move the Q-values of the memories that it credits.

        Args:
            credited: The memories that it credits.
            passed: Its verdict.
        """
        self.reviews += 1
        self.passes += passed
        for key in credited:
            record = self.records.setdefault(key, Record())
            record.uses += 1
            record.wins += passed
            record.q_value += ALPHA * (passed - record.q_value)


@dataclass(frozen=True, slots=True)
class Rule:
    """
    A ranking with its credit.

    Attributes:
        name: Its name in tables.
        credit: Whom its reviews credit.
        score: Scores the candidates, given their similarities and what the ledger knows of them.
    """

    name: str
    credit: Credit
    score: Callable[[Scores, Sequence[Record], Ledger], Scores]

    def rank(self, keys: Sequence[Key], similarities: Scores, ledger: Ledger) -> list[int]:
        """
        Return the positions of the candidates, best first; ties fall to the more similar one.

        Args:
            keys: The candidates.
            similarities: Their similarities to the task, shape (candidates,).
            ledger: What is known of them.
        """
        scores = self.score(similarities, ledger.of(keys), ledger)
        return [int(position) for position in np.argsort(-scores, kind="stable")]


def z_scores(values: Scores) -> Scores:
    """
    Return how many standard deviations each value is from the mean; 0 where all are equal.

    Args:
        values: The values, shape (values,).
    """
    spread = float(values.std())
    return np.zeros_like(values) if spread < _NO_SPREAD else (values - values.mean()) / spread


def _q_values(records: Sequence[Record]) -> Scores:
    return np.array([record.q_value for record in records])


def _published(similarities: Scores, records: Sequence[Record], ledger: Ledger) -> Scores:  # noqa: ARG001 - The common shape.
    return 0.5 * similarities + 0.5 * _q_values(records)


def _memrl(similarities: Scores, records: Sequence[Record], ledger: Ledger) -> Scores:  # noqa: ARG001 - The common shape.
    utility = np.clip(z_scores(_q_values(records)), -_CLIP, _CLIP)
    return 0.5 * z_scores(similarities) + 0.5 * utility


def _logit(share: float) -> float:
    return math.log(share / (1.0 - share))


def _posterior(weight: float) -> Callable[[Scores, Sequence[Record], Ledger], Scores]:
    def score(similarities: Scores, records: Sequence[Record], ledger: Ledger) -> Scores:
        base = ledger.base_rate
        gains = [
            _logit((record.wins + _PRIOR_STRENGTH * base) / (record.uses + _PRIOR_STRENGTH))
            - _logit(base)
            for record in records
        ]
        return similarities + weight * np.array(gains)

    return score


PUBLISHED = Rule("published blend: 0.5·sim + 0.5·q, all credited", Credit.ALL, _published)
MEMRL = Rule("MemRL: z-scores, all credited", Credit.ALL, _memrl)
MEMRL_USED = Rule("z-scores, used credited", Credit.USED, _memrl)
POSTERIOR = Rule("sim + 0.15·logit, used credited", Credit.USED, _posterior(0.15))
POSTERIOR_LIGHT = Rule("sim + 0.05·logit, used credited", Credit.USED, _posterior(0.05))

RULES = (PUBLISHED, MEMRL, MEMRL_USED, POSTERIOR, POSTERIOR_LIGHT)
"""Every rule that the server does not offer, in the order of tables."""
