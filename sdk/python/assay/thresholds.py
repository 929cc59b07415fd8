"""From how much on a number is noticeable, and from how much on it is bad."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

from assay.error import Error
from assay.problem import SettingProblem

Judgement = Literal["fine", "warn", "fail"]


@dataclass(frozen=True)
class Thresholds:
    """From how much on a number is noticeable (`warn`), and from how much on it is bad (`fail`).

    `below` judges what is less than a threshold, `above` what is more; the threshold itself is fine. `fail` lies beyond
    `warn`, or is the same. May be a setting of its own, or made of settings.

    >>> rows = Thresholds(warn=80, fail=50, direction="below")
    >>> [rows.judge(count) for count in (80, 79, 50, 49)]
    ['fine', 'warn', 'warn', 'fail']
    """

    warn: Annotated[float, "From here on it is a warning."]
    fail: Annotated[float, "From here on it is a failure."]
    direction: Annotated[Literal["below", "above"], "Whether less than a threshold is bad, or more."] = "below"

    def validate(self) -> Iterator[SettingProblem]:
        """What is wrong with the thresholds as settings."""
        if not self._in_order():
            word = "most" if self.direction == "below" else "least"
            yield SettingProblem("/fail", f"expected at {word} `warn`")

    def judge(self, value: float) -> Judgement:
        """What a number means.

        Raises `Error` when it is not a number, or when `fail` does not lie beyond `warn`: neither may read as fine.
        """
        if value != value:
            raise Error("there is no judging what is not a number")
        if not self._in_order():
            raise Error(
                f"`fail` ({self.fail:g}) does not lie beyond `warn` ({self.warn:g}), {self.direction} of which is bad"
            )
        if self.direction == "below":
            return "fail" if value < self.fail else "warn" if value < self.warn else "fine"
        return "fail" if value > self.fail else "warn" if value > self.warn else "fine"

    def _in_order(self) -> bool:
        # Comparisons with NaN are false, so that it is out of order.
        return self.fail <= self.warn if self.direction == "below" else self.fail >= self.warn
