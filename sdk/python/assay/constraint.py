"""What a setting may be, besides its type: written into its annotation."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from assay.error import DefinitionError
from assay.name import COLUMN, TABLE


@dataclass(frozen=True)
class Range:
    """A number from `minimum` to `maximum`, both included; `None` is no bound.

    >>> Range(0, 100).words("a number")
    'a number from 0 to 100'
    >>> Range(1).words("a whole number")
    'a whole number of at least 1'
    """

    minimum: float | None = None
    maximum: float | None = None

    def __post_init__(self) -> None:
        bounds = [bound for bound in (self.minimum, self.maximum) if bound is not None]
        if not bounds or any(isinstance(bound, bool) or not math.isfinite(bound) for bound in bounds):
            raise DefinitionError(f"{self} bounds nothing: write `Range(0, 100)`, `Range(0)` or `Range(maximum=100)`")
        if bounds != sorted(bounds):
            raise DefinitionError(f"{self} begins after its end")

    def holds(self, number: float) -> bool:
        """Whether a number lies in it; NaN does not."""
        above = self.minimum is None or number >= self.minimum
        return above and (self.maximum is None or number <= self.maximum)

    def words(self, what: str) -> str:
        """What is expected."""
        if self.maximum is None:
            return f"{what} of at least {number_text(self.minimum)}"
        if self.minimum is None:
            return f"{what} of at most {number_text(self.maximum)}"
        return f"{what} from {number_text(self.minimum)} to {number_text(self.maximum)}"


@dataclass(frozen=True)
class Length:
    """A list, mapping or text of `minimum` to `maximum` things or characters, both included; `None` is no bound.

    >>> Length(1, 8).words("things")
    '1 to 8 things'
    """

    minimum: int | None = None
    maximum: int | None = None

    def __post_init__(self) -> None:
        bounds = [bound for bound in (self.minimum, self.maximum) if bound is not None]
        if not bounds or any(type(bound) is not int or bound < 0 for bound in bounds) or bounds != sorted(bounds):
            raise DefinitionError(f"{self} bounds nothing: write `Length(1, 8)`, `Length(1)` or `Length(maximum=8)`")

    def holds(self, length: int) -> bool:
        """Whether so many are right."""
        return Range(self.minimum, self.maximum).holds(length)

    def words(self, what: str) -> str:
        """What is expected."""
        if self.maximum is None:
            return f"at least {self.minimum} {what}"
        if self.minimum is None:
            return f"at most {self.maximum} {what}"
        return f"{self.minimum} to {self.maximum} {what}"


@dataclass(frozen=True)
class Pattern:
    """A text that a regular expression matches as a whole, and what is said of one that it does not.

    The same expression is told in the JSON Schema: keep to what Python and ECMAScript have in common.

    >>> Pattern(r"[A-Z]{3}", "not a currency: three capital letters").holds("EUR")
    True
    """

    expression: str
    message: str

    def __post_init__(self) -> None:
        try:
            re.compile(self.expression)
        except re.error as error:
            raise DefinitionError(f"{self.expression!r} is not a regular expression: {error}") from None

    def holds(self, text: str) -> bool:
        """Whether a text is matched as a whole."""
        return re.fullmatch(self.expression, text) is not None


#: The name of a table: only names that cannot be anything else are let into a statement.
Table = Pattern(TABLE, "not the name of a table: letters, digits and `_`, at most three parts")
#: The name of a column.
Column = Pattern(COLUMN, "not the name of a column: letters, digits and `_`")
#: The name of a source.
Source = Pattern(r".+", "expected the name of a source")


def number_text(number: float | None) -> str:
    """A number for a person.

    >>> (number_text(5.0), number_text(0.25), number_text(1_000_000))
    ('5', '0.25', '1000000')
    """
    return str(int(number)) if number is not None and number == int(number) else str(number)
