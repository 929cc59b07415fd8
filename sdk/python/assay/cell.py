"""Reading a value of a column as the type that was asked for, without loss or not at all."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from assay.error import Error
from assay.json_text import Json

Convert = Callable[[Any], Any]


def _same(value: Any) -> Any:
    return value


def _whole(value: Decimal) -> int:
    if not value.is_finite() or value != value.to_integral_value():
        raise Error(f"{plain(value)} is not a whole number")
    return int(value)


def _double(value: Decimal) -> float:
    double = float(value)
    if math.isinf(double):
        raise Error("the number is beyond what a double holds")
    return double


def _document(value: Json) -> str:
    return value.text


def plain(value: Decimal) -> str:
    """A decimal number in plain notation.

    >>> plain(Decimal("1E-7"))
    '0.0000001'
    """
    return format(value, "f")


#: What can be asked for: the words for it, and from which values it is made.
READABLE: dict[type[Any], tuple[str, dict[type[Any], Convert]]] = {
    int: ("a whole number", {int: _same, Decimal: _whole}),
    # Exact up to 2^53; a double is what the caller asked for.
    float: ("a number", {float: _same, int: float, Decimal: _double}),
    str: ("text", {str: _same, Decimal: plain, Json: _document}),
    bool: ("a truth value", {bool: _same}),
    bytes: ("bytes", {bytes: _same}),
    date: ("a date", {date: _same}),
    time: ("a time of day", {time: _same}),
    datetime: ("a date and time", {datetime: _same}),
    Decimal: ("a decimal number", {Decimal: _same, int: Decimal}),
    Json: ("a JSON document", {Json: _same}),
}

#: The words for what a column holds, by the type of its values.
WORDS: dict[type[Any], str] = {
    type(None): "null",
    int: "int64",
    float: "float64",
    str: "text",
    bool: "boolean",
    bytes: "bytes",
    date: "date",
    time: "time",
    datetime: "datetime",
    Decimal: "decimal",
    Json: "json",
}


def read(name: str, value: Any, wanted: type[Any], nullable: bool) -> Any:
    """A value as the type that was asked for. Raises `Error`, with the column's name, where it is not of that type."""
    if value is None and nullable:
        return None
    words, sources = READABLE[wanted]
    convert = sources.get(type(value))
    if convert is None:
        raise Error(f"column `{name}` holds {WORDS[type(value)]} where {words} was expected")
    try:
        return convert(value)
    except Error as error:
        raise Error(f"column `{name}`: {error}") from None


def read_all(name: str, values: list[Any], wanted: type[Any], nullable: bool) -> list[Any]:
    """The values of a column, all of one type or null, as the type that was asked for; raises as `read` does."""
    first = next((value for value in values if value is not None), None)
    if None in values or READABLE[wanted][1].get(type(first)) is not _same:
        return [read(name, value, wanted, nullable) for value in values]
    return values


def text(value: Any) -> str | None:
    """A value for a person; none for null.

    >>> (text(True), text(b"\\x00\\xff"), text(datetime(2026, 1, 30, 12)))
    ('true', '00ff', '2026-01-30T12:00:00')
    """
    match value:
        case None:
            return None
        case bool():
            return "true" if value else "false"
        case bytes():
            return value.hex()
        case Decimal():
            return plain(value)
        case Json():
            return value.text
        case datetime() if value.tzinfo is not None:
            return value.isoformat().replace("+00:00", "Z")
        case date() | time():
            return value.isoformat()
    return str(value)
