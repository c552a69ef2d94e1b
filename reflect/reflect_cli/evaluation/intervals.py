"""
How sure a mean is: confidence intervals over seeds, and over tasks that were solved both ways.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .errors import EvaluationError

_NORMAL = 1.96

# Two-sided 95% quantiles of Student's t for 1, 2, ... degrees of freedom.
_STUDENT = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
    2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086,
    2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
)  # fmt: skip  # a table of numbers


@dataclass(frozen=True, slots=True)
class Interval:
    """
    A mean and where it lies with 95% confidence.

    Attributes:
        mean: The mean of the values.
        low: The lower end.
        high: The upper end.
    """

    mean: float
    low: float
    high: float

    @property
    def half_width(self) -> float:
        """
        How far the interval reaches to one side, at the most.
        """
        return max(self.mean - self.low, self.high - self.mean)


def of_mean(values: Sequence[float]) -> Interval:
    """
    Return the mean of independent values, such as one per seed, with Student's t interval.

    Args:
        values: The values, at least two.

    Raises:
        EvaluationError: There are fewer than two values, which leave nothing to judge by.
    """
    if len(values) < 2:
        raise EvaluationError(
            f"An interval needs at least 2 values, found {len(values)}. Use more seeds."
        )
    array = np.asarray(values, dtype=np.float64)
    reach = _student(array.size - 1) * float(array.std(ddof=1)) / math.sqrt(array.size)
    mean = float(array.mean())
    return Interval(mean, mean - reach, mean + reach)


def of_paired_tasks(differences: Sequence[float]) -> Interval:
    """
    Return the mean gain of tasks that were solved both ways, with an interval for few tasks.

    The interval of Agresti and Min (Statistics in Medicine 24, 2005) for matched proportions: the
    normal interval after adding half a task to each of the four outcomes (solved both ways, neither
    way, only the one, only the other). It keeps its promise for few tasks, and does not shrink to a
    point where all of them agree. Tasks are taken as independent of each other.

    Args:
        differences: Per task, the share of attempts solved with memory less that without, in
            [-1, 1].

    Raises:
        EvaluationError: There is no task.
    """
    if not differences:
        raise EvaluationError("There is no task to compare. Give at least one.")
    array = np.asarray(differences, dtype=np.float64)
    size = array.size + 2
    centre = float(array.sum()) / size
    spread = (float((array * array).sum()) + 1.0) / size - centre * centre
    reach = _NORMAL * math.sqrt(spread / size)
    mean = float(array.mean())
    low, high = max(-1.0, centre - reach), min(1.0, centre + reach)
    return Interval(mean, min(low, mean), max(high, mean))


def _student(freedom: int) -> float:
    if freedom <= len(_STUDENT):
        return _STUDENT[freedom - 1]
    # Abramowitz and Stegun, Handbook of Mathematical Functions (1964), 26.7.5, two terms of it.
    z = _NORMAL
    return z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
