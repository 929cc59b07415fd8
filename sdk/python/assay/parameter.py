"""Values that are bound to the parameters of a statement."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from wit_world.imports import query as contract
from wit_world.imports.query import Kind

from assay.cell import plain
from assay.error import Error
from assay.instant import days_of, micros_of

# Most digits of a decimal number that a source takes.
_DIGITS_MAX = 76

_NULLS: dict[type[Any], Kind] = {
    bool: Kind.BOOLEAN,
    int: Kind.INT64,
    float: Kind.FLOAT64,
    str: Kind.TEXT,
    bytes: Kind.BYTES,
    date: Kind.DATE,
    datetime: Kind.TIMESTAMP,
    Decimal: Kind.DECIMAL,
}


def parameter(name: str, value: object, of: type[Any] | None = None) -> contract.Param:
    """A value bound to `@name`. `of` is the type of `None`, and of the values of an empty list.

    Raises `TypeError` for what cannot be bound, and `Error` for a number that no source takes.
    """
    what = f"`@{name}`"
    if value is None:
        if of not in _NULLS:
            raise TypeError(f"{what} is None: say of which type, `bind({name!r}, None, of=int)`")
        return contract.Param(name, contract.Value_Null(_NULLS[of]))
    if isinstance(value, list | tuple):
        return contract.Param(name, _array(what, value, of))
    return contract.Param(name, _scalar(what, value))


def _scalar(what: str, value: object) -> contract.Value:
    match value:
        case bool():
            return contract.Value_Boolean(value)
        case int():
            return contract.Value_Int64(_int64(what, value))
        case float():
            return contract.Value_Float64(value)
        case str():
            return contract.Value_Text(value)
        case bytes():
            return contract.Value_Bytes(value)
        case datetime() if value.tzinfo is None:
            return contract.Value_Datetime(micros_of(value))
        case datetime():
            return contract.Value_Timestamp(micros_of(value))
        case date():
            return contract.Value_Date(days_of(value))
        case Decimal():
            return contract.Value_Decimal(_decimal(what, value))
    raise TypeError(f"{what} is a {type(value).__name__}, which cannot be bound")


def _array(what: str, values: Sequence[Any], of: type[Any] | None) -> contract.Value:
    kinds: set[type[Any] | None] = {type(value) for value in values} or {of}
    if kinds == {int}:
        return contract.Value_Int64Array([_int64(what, value) for value in values])
    if kinds <= {int, float}:
        return contract.Value_Float64Array([float(value) for value in values])
    if kinds == {str}:
        return contract.Value_TextArray(list(values))
    if kinds == {date}:
        return contract.Value_DateArray([days_of(value) for value in values])
    if kinds == {datetime} and all(value.tzinfo is not None for value in values):
        return contract.Value_TimestampArray([micros_of(value) for value in values])
    if kinds == {None}:
        raise TypeError(f"{what} is an empty list: say of what, `of=str`")
    names = " and ".join(sorted(kind.__name__ for kind in kinds if kind is not None))
    raise TypeError(
        f"{what} is a list of {names}, which cannot be bound: "
        "only lists of int, float, str, date, or datetime with a zone"
    )


def _int64(what: str, value: int) -> int:
    if not -(1 << 63) <= value < 1 << 63:
        raise Error(f"{what} is {value}, which does not fit into 64 bits")
    return value


def _decimal(what: str, value: Decimal) -> str:
    if not value.is_finite():
        raise Error(f"{what} is {value}, which is not a number")
    # Before it is written out: a small exponent may mean a great many digits.
    _, digits, exponent = value.as_tuple()
    if isinstance(exponent, int) and max(len(digits) + max(exponent, 0), -exponent) > _DIGITS_MAX:
        raise Error(f"{what} has more than {_DIGITS_MAX} digits")
    return plain(value)
