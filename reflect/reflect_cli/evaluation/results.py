"""
What an evaluation found, in a form that tables, plots and JSON are made of.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from .intervals import Interval, of_mean, of_paired_tasks

_BINS = 10
_MOST_LISTED = 100

OURS = "Reflect"
"""How the names of the server's own default rankings begin."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    What one strategy reached with one seed.

    Attributes:
        score: The measured value, such as the share of held-out tasks that were solved.
        curve: The same over time, one value per step; empty where there is no time.
        followed: The Q-value of each memory that was followed at the end, and whether its task was
            solved.
    """

    score: float
    curve: tuple[float, ...] = ()
    followed: tuple[tuple[float, bool], ...] = ()


@dataclass(frozen=True, slots=True)
class Measurement:
    """
    One strategy under one condition.

    Attributes:
        strategy: Its name.
        condition: The condition's name.
        outcomes: One per seed, query or task, in the same order for every strategy.
    """

    strategy: str
    condition: str
    outcomes: tuple[Outcome, ...]

    @property
    def scores(self) -> list[float]:
        """
        The measured values.
        """
        return [outcome.score for outcome in self.outcomes]

    @property
    def interval(self) -> Interval:
        """
        Their mean with its interval.
        """
        return of_mean(self.scores)

    def curve(self) -> list[float]:
        """
        Return the mean of the values over time; empty where there is no time.
        """
        curves = [outcome.curve for outcome in self.outcomes]
        return [float(value) for value in np.mean(np.array(curves), axis=0)] if curves[0] else []

    def calibration(self) -> list[dict[str, float]]:
        """
        Hold Q-values against what following their memories brought, in ten classes of width 0.1.

        Returns:
            Per class that has any: `q_value`, its mean; `solved`, the share of tasks that were
            solved; `count`, how many there were.
        """
        followed = np.array(
            [pair for outcome in self.outcomes for pair in outcome.followed], dtype=np.float64
        ).reshape(-1, 2)
        classes = np.minimum((followed[:, 0] * _BINS).astype(int), _BINS - 1)
        return [
            {
                "q_value": round(float(rows[:, 0].mean()), 4),
                "solved": round(float(rows[:, 1].mean()), 4),
                "count": len(rows),
            }
            for number in range(_BINS)
            if len(rows := followed[classes == number])
        ]


@dataclass(frozen=True, slots=True)
class Margin:
    """
    By how much one of the server's default rankings beats the best other strategy.

    Attributes:
        strategy: The ranking.
        condition: The condition under which they are compared.
        baseline: The other strategy.
        gain: The difference of their values, pair by pair.
    """

    strategy: str
    condition: str
    baseline: str
    gain: Interval


@dataclass(frozen=True, slots=True)
class Evaluation:
    """
    A finished evaluation.

    Attributes:
        protocol: `stream`, `database`, `retrieval` or `own-tasks`.
        title: What was measured, in words.
        agent: Who solved the tasks; `simulated` where no model ran.
        unit: What the outcomes are counted in: `seed`, `query` or `task`.
        time: What the steps of the curves are, for axes; empty where there are none.
        settings: What it was run with.
        measurements: What it found, strategy by strategy within each condition.
    """

    protocol: str
    title: str
    agent: str
    unit: str
    time: str
    settings: dict[str, Any]
    measurements: tuple[Measurement, ...] = field(repr=False)

    @property
    def stem(self) -> str:
        """
        How the names of its files begin: the protocol, and the name of its data where it has one.
        """
        data = re.sub(r"[^a-z0-9]+", "-", str(self.settings.get("data", "")).lower()).strip("-")
        return f"{self.protocol}-{data}" if data else self.protocol

    @property
    def conditions(self) -> list[str]:
        """
        The conditions, in order.
        """
        return list(dict.fromkeys(found.condition for found in self.measurements))

    @property
    def strategies(self) -> list[str]:
        """
        The strategies, in order.
        """
        return list(dict.fromkeys(found.strategy for found in self.measurements))

    def of(self, strategy: str, condition: str) -> Measurement | None:
        """
        Return what one strategy reached under one condition; None where it was not tried.

        Args:
            strategy: The strategy.
            condition: The condition.
        """
        return next(
            (
                found
                for found in self.measurements
                if found.strategy == strategy and found.condition == condition
            ),
            None,
        )

    def margin(self, strategy: str, other: str, condition: str) -> Interval | None:
        """
        Return by how much one strategy beats another, pair by pair; None where one was not tried.

        Args:
            strategy: The one.
            other: The other.
            condition: The condition under which they are compared.
        """
        first, second = self.of(strategy, condition), self.of(other, condition)
        if first is None or second is None:
            return None
        differences = [a - b for a, b in zip(first.scores, second.scores, strict=True)]
        return of_paired_tasks(differences) if self.unit == "task" else of_mean(differences)

    def best_baseline(self, condition: str) -> str | None:
        """
        Return the strategy with the best mean that is not one of the server's default rankings.

        Args:
            condition: The condition.
        """
        others = [
            found
            for found in self.measurements
            if found.condition == condition and not found.strategy.startswith(OURS)
        ]
        best = max(others, key=lambda found: found.interval.mean, default=None)
        return None if best is None else best.strategy

    def margins(self) -> Iterator[Margin]:
        """
        Yield by how much the server's default rankings beat the best other strategy, condition by
        condition.
        """
        for condition in self.conditions:
            best = self.best_baseline(condition)
            for strategy in self.strategies:
                if best is None or not strategy.startswith(OURS):
                    continue
                gain = self.margin(strategy, best, condition)
                if gain is not None:
                    yield Margin(strategy, condition, best, gain)

    def to_json(self) -> dict[str, Any]:
        """
        Return everything as JSON values.
        """
        return {
            "protocol": self.protocol,
            "title": self.title,
            "agent": self.agent,
            "unit": self.unit,
            "settings": self.settings,
            "measurements": [_as_json(found) for found in self.measurements],
            "margins": [
                {
                    "strategy": margin.strategy,
                    "condition": margin.condition,
                    "best_baseline": margin.baseline,
                    **rounded(margin.gain),
                }
                for margin in self.margins()
            ],
        }


def rounded(interval: Interval) -> dict[str, float]:
    """
    Return an interval as JSON values with four decimals.

    Args:
        interval: The interval.
    """
    return {name: round(value, 4) for name, value in asdict(interval).items()}


def _as_json(found: Measurement) -> dict[str, Any]:
    return {
        "strategy": found.strategy,
        "condition": found.condition,
        **rounded(found.interval),
        "scores": [round(score, 4) for score in found.scores[:_MOST_LISTED]],
        "curve": [round(value, 4) for value in found.curve()],
        "calibration": found.calibration(),
    }
