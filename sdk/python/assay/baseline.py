"""What is usual, from earlier values."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from assay.error import Error

# Makes the median absolute deviation of normal values comparable with their standard deviation.
_NORMAL = 0.6745


@dataclass(frozen=True)
class Baseline:
    """What is usual, from earlier values. Too little history is "could not say".

    >>> usual = Baseline.of([98, 100, 101, 103, 251], at_least=5)
    >>> (usual.median, usual.mad)
    (101.0, 2.0)
    >>> round(usual.deviation(251), 1)
    50.6
    >>> usual.change_percent(202)
    100.0
    """

    count: int
    median: float
    #: Median of the distances from the median.
    mad: float
    mean: float
    #: Of a sample (divided by the count less one); 0 for a single value.
    standard_deviation: float

    @classmethod
    def of(cls, values: Iterable[float], at_least: int) -> Baseline:
        """Of earlier values, in any order.

        Raises `Error` when there are fewer than `at_least`, one is not a finite number, or they lie too far apart to be
        computed with.
        """
        known = [float(value) for value in values]
        if len(known) < max(at_least, 1):
            raise Error(f"not enough history: {len(known)} earlier values where at least {max(at_least, 1)} are needed")
        if not all(map(math.isfinite, known)):
            raise Error("an earlier value is not a finite number")
        count = len(known)
        median = _median(known)
        # Each is divided before it is added: the sum of doubles may be more than a double holds.
        mean = math.fsum(value / count for value in known)
        squares = sum((value - mean) * (value - mean) for value in known)
        deviation = math.sqrt(squares / (count - 1)) if count > 1 else 0.0
        mad = _median([abs(value - median) for value in known])
        if not all(map(math.isfinite, (mad, deviation))):
            raise Error("the earlier values lie too far apart for a baseline")
        return cls(count, median, mad, mean, deviation)

    def deviation(self, value: float) -> float:
        """How many robust standard deviations a value lies above the median; less than 0 below it.

        When more than half of the values are the same, any other one is infinitely far. Raises `Error` for NaN.
        """
        distance = _number(value) - self.median
        if self.mad == 0:
            return math.copysign(math.inf, distance) if distance else 0.0
        return _NORMAL * distance / self.mad

    def change_percent(self, value: float) -> float:
        """By how much of a hundred a value lies above the median. Raises `Error` for NaN, and when the median is 0."""
        if self.median == 0:
            raise Error("the median of the earlier values is 0: there is no percentage of nothing")
        return 100 * (_number(value) - self.median) / abs(self.median)


def _median(values: list[float]) -> float:
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else ordered[middle - 1] / 2 + ordered[middle] / 2


def _number(value: float) -> float:
    if value != value:
        raise Error("there is no comparing what is not a number")
    return float(value)
