"""One observation that is not as it should be."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from wit_world.imports import report as contract

from assay.row import sample

Severity = Literal["critical", "high", "medium", "low"]

_CODE = re.compile(r"[a-z][a-z0-9_]*")

# Most bytes of a finding that the host keeps.
_FINDING_BYTES_MAX = 4_096
# Most bytes of the message, and of the remediation.
_SENTENCE_BYTES_MAX = 1_024
# Most bytes of a text that was observed or expected, and of an attribute.
_DETAIL_BYTES_MAX = 256
# Most bytes of one value of a sample.
_CELL_BYTES_MAX = 120
# What a row, a cell and an attribute weigh besides their texts.
_OVERHEAD = 16


@dataclass(frozen=True, kw_only=True)
class _Details:
    """What may be said of a finding besides its code and message."""

    #: Less bad than the check as a whole; left out, as bad as the check.
    severity: Severity | None = None
    source: str | None = None
    table: str | None = None
    column: str | None = None
    #: The day it is about.
    date: datetime.date | None = None
    #: Partition, segment or key.
    partition: str | None = None
    #: What was seen: a number or a text.
    observed: float | Decimal | str | None = None
    #: What should have been.
    expected: float | Decimal | str | None = None
    #: Unit of both, for example `rows`, `hours`, `percent`.
    unit: str | None = None
    #: Rows or things affected.
    affected: int | None = None
    #: A few rows that show it: rows of a query, dataclasses or mappings.
    samples: Sequence[object] = ()
    #: What a person could do about it, for example the dates to backfill.
    remediation: str | None = None
    #: Further details.
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Finding(_Details):
    """One observation that is not as it should be. Nothing is said until `report`.

    >>> finding = Finding("too_few_rows", "12 of 80 rows", table="orders", observed=12, expected=80, unit="rows")
    >>> finding.code
    'too_few_rows'
    """

    #: Stable, machine-readable, in `snake_case`.
    code: str
    #: One sentence for a person.
    message: str

    def __post_init__(self) -> None:
        if not _CODE.fullmatch(self.code):
            raise ValueError(f"{self.code!r} is not the code of a finding: write it in snake_case")

    def report(self) -> bool:
        """Says it. What was said is kept, whatever happens to the check afterwards.

        Whether the host kept it: over the run's limits it marks the result as truncated instead. Long texts are cut,
        and samples that would make the finding too large are left out: a finding without them is worth more than none.
        """
        return contract.findings([self.told()]) == 1

    def told(self) -> contract.Finding:
        """In the contract's form."""
        told = contract.Finding(
            code=self.code,
            severity=None if self.severity is None else contract.Severity[self.severity.upper()],
            message=cut(self.message, _SENTENCE_BYTES_MAX),
            subject=contract.Subject(
                source=self.source,
                table=self.table,
                column=self.column,
                date=None if self.date is None else self.date.isoformat(),
                partition=self.partition,
            ),
            observed=_measure(self.observed),
            expected=_measure(self.expected),
            unit=self.unit,
            affected=self.affected,
            samples=[],
            remediation=None if self.remediation is None else cut(self.remediation, _SENTENCE_BYTES_MAX),
            attributes=[
                contract.Attribute(key, cut(value, _DETAIL_BYTES_MAX)) for key, value in self.attributes.items()
            ],
        )
        room = _FINDING_BYTES_MAX - _weight(told)
        for row in self.samples:
            cells = [
                contract.Cell(name, None if text is None else cut(text, _CELL_BYTES_MAX))
                for name, text in sample(row).items()
            ]
            weight = _OVERHEAD + sum(_OVERHEAD + _bytes(cell.name) + _bytes(cell.value) for cell in cells)
            if weight <= room:
                told.samples.append(cells)
                room -= weight
        return told


def cut(text: str, bytes_max: int) -> str:
    """A text of at most so many bytes, and then a `…` if there was more.

    >>> cut("Größe", 3)
    'Gr…'
    """
    encoded = text.encode("utf-8", "replace")
    if len(encoded) <= bytes_max:
        return encoded.decode("utf-8")
    return encoded[:bytes_max].decode("utf-8", "ignore") + "…"


def _measure(value: float | Decimal | str | None) -> contract.Measure | None:
    match value:
        case None:
            return None
        case str():
            return contract.Measure_Text(cut(value, _DETAIL_BYTES_MAX))
        case bool():
            raise TypeError(f"{value} is neither a number nor a text")
        case int() | float() | Decimal():
            return contract.Measure_Number(float(value))
    raise TypeError(f"{value!r} is neither a number nor a text")


def _weight(told: contract.Finding) -> int:
    """Bytes of a finding without samples, as the host counts them."""
    subject = told.subject
    texts = [told.code, told.message, told.unit, told.remediation]
    texts += [subject.source, subject.table, subject.column, subject.date, subject.partition]
    details = sum(_OVERHEAD + _bytes(attribute.key) + _bytes(attribute.value) for attribute in told.attributes)
    return sum(map(_bytes, texts)) + details + sum(map(_measure_bytes, (told.observed, told.expected)))


def _measure_bytes(measure: contract.Measure | None) -> int:
    match measure:
        case None:
            return 0
        case contract.Measure_Text(value):
            return _bytes(value)
    return 8


def _bytes(text: str | None) -> int:
    return 0 if text is None else len(text.encode("utf-8", "replace"))
