"""A check's conclusion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from wit_world.imports import types

Outcome = Literal["pass", "warn", "fail", "skip"]


@dataclass(frozen=True)
class Verdict:
    """A check's conclusion, with one sentence for a person.

    >>> Verdict.passed("all 7 days have their rows", examined=700)
    Verdict(outcome='pass', summary='all 7 days have their rows', examined=700)
    >>> Verdict.fail("2 of 7 days are wrong", examined=500).outcome
    'fail'
    """

    outcome: Outcome
    summary: str
    #: How many rows it rests on.
    examined: int | None = None

    @classmethod
    def passed(cls, summary: str, examined: int) -> Verdict:
        """The check looked, and all is well. The host takes a pass that rests on 0 rows for none."""
        return cls("pass", summary, examined)

    @classmethod
    def warn(cls, summary: str, examined: int | None = None) -> Verdict:
        """Noticeable, not bad."""
        return cls("warn", summary, examined)

    @classmethod
    def fail(cls, summary: str, examined: int | None = None) -> Verdict:
        """The data is not as it must be."""
        return cls("fail", summary, examined)

    @classmethod
    def skip(cls, reason: str) -> Verdict:
        """Not applicable, by a positive fact (a calendar, the season); never "could not check"."""
        return cls("skip", reason)

    def __post_init__(self) -> None:
        examined = self.examined
        if examined is not None and (type(examined) is not int or not 0 <= examined < 1 << 64):
            raise ValueError(f"examined is {examined!r}, expected a number of rows")

    def told(self) -> types.Verdict:
        """In the contract's form."""
        return types.Verdict(types.Outcome[self.outcome.upper()], self.summary, self.examined)
