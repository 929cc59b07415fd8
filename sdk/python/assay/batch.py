"""From the columns of a batch to lists of Python values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Any

from wit_world.imports import query as contract
from wit_world.imports.query import Kind

from assay.error import Error
from assay.instant import date_of, datetime_of, time_of, timestamp_of
from assay.json_text import Json

#: The Python type of each kind's values.
TYPES: dict[Kind, type[Any]] = {
    Kind.INT64: int,
    Kind.FLOAT64: float,
    Kind.TEXT: str,
    Kind.BOOLEAN: bool,
    Kind.BYTES: bytes,
    Kind.DATE: date,
    Kind.TIME: time,
    Kind.DATETIME: datetime,
    Kind.TIMESTAMP: datetime,
    Kind.DECIMAL: Decimal,
    Kind.JSON: Json,
    Kind.OTHER: str,
}

_MISFIT = "the host sent a batch that does not fit its columns"


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise Error(f"{text!r} is not a decimal number") from None


# What makes a value of what the contract carries; none where that is the value already.
_MAKERS: dict[Kind, Callable[[Any], Any]] = {
    Kind.DATE: date_of,
    Kind.TIME: time_of,
    Kind.DATETIME: datetime_of,
    Kind.TIMESTAMP: timestamp_of,
    Kind.DECIMAL: _decimal,
    Kind.JSON: Json,
}

_LAYOUTS: dict[Kind, type[Any]] = {
    Kind.INT64: contract.Data_Int64,
    Kind.FLOAT64: contract.Data_Float64,
    Kind.TEXT: contract.Data_Text,
    Kind.BOOLEAN: contract.Data_Bits,
    Kind.BYTES: contract.Data_Bytes,
    Kind.DATE: contract.Data_Days,
    Kind.TIME: contract.Data_Micros,
    Kind.DATETIME: contract.Data_Micros,
    Kind.TIMESTAMP: contract.Data_Micros,
    Kind.DECIMAL: contract.Data_Text,
    Kind.JSON: contract.Data_Text,
    Kind.OTHER: contract.Data_Text,
}


def check_shape(infos: Sequence[contract.ColumnInfo], batch: contract.Batch) -> None:
    """Raises `Error` when a batch has not the shape that it claims."""
    if len(batch.columns) != len(infos):
        raise Error(_MISFIT)
    for info, column in zip(infos, batch.columns, strict=True):
        data = column.data
        fits = isinstance(data, _LAYOUTS[info.kind]) and _holds(data, batch.rows)
        if not fits or (column.validity and len(column.validity) < _bit_bytes(batch.rows)):
            raise Error(_MISFIT)


def decode(info: contract.ColumnInfo, column: contract.Column, rows: int) -> list[Any]:
    """The values of a column of a batch whose shape was checked; `None` is null.

    Raises `Error`, with the column's name, for a value that Python's type does not reach.
    """
    make = _MAKERS.get(info.kind)
    try:
        if not column.validity:
            values = _values(column.data, range(rows))
            return values if make is None else list(map(make, values))
        # What stands in the place of a null need not be a value at all.
        decoded: list[Any] = [None] * rows
        present = [row for row in range(rows) if _bit(column.validity, row)]
        for row, value in zip(present, _values(column.data, present), strict=True):
            decoded[row] = value if make is None else make(value)
        return decoded
    except UnicodeDecodeError:
        raise Error(f"column `{info.name}` holds text that is not UTF-8") from None
    except Error as error:
        raise Error(f"column `{info.name}`: {error}") from None


def _holds(data: contract.Data, rows: int) -> bool:
    if isinstance(data, contract.Data_Bits):
        return len(data.value) >= _bit_bytes(rows)
    if isinstance(data, contract.Data_Text | contract.Data_Bytes):
        offsets = data.value.offsets
        ends = len(offsets) == rows + 1 and offsets[0] == 0 and offsets[-1] == len(data.value.bytes)
        return ends and offsets == sorted(offsets)
    return len(data.value) == rows


def _values(data: contract.Data, rows: Sequence[int]) -> list[Any]:
    """What the contract carries for some rows, in order."""
    if isinstance(data, contract.Data_Bits):
        return [_bit(data.value, row) for row in rows]
    if isinstance(data, contract.Data_Text | contract.Data_Bytes):
        held, spans = data.value.bytes, list(pairwise(data.value.offsets))
        pieces = [held[slice(*spans[row])] for row in rows]
        return pieces if isinstance(data, contract.Data_Bytes) else [str(piece, "utf-8") for piece in pieces]
    return data.value if len(rows) == len(data.value) else [data.value[row] for row in rows]


def _bit(bits: bytes, row: int) -> bool:
    return bool(bits[row // 8] >> (row % 8) & 1)


def _bit_bytes(rows: int) -> int:
    return (rows + 7) // 8
