"""Answers of the host that tests set up, written as rows."""

from __future__ import annotations

from itertools import accumulate
from typing import Any

from wit_world.imports import query as contract
from wit_world.imports.query import Kind

_FIXED = {
    Kind.INT64: (contract.Data_Int64, 0),
    Kind.FLOAT64: (contract.Data_Float64, 0.0),
    Kind.DATE: (contract.Data_Days, 0),
    Kind.TIME: (contract.Data_Micros, -1),
    Kind.DATETIME: (contract.Data_Micros, 1 << 62),
    Kind.TIMESTAMP: (contract.Data_Micros, 1 << 62),
}


def bits(values: list[Any]) -> bytes:
    packed = bytearray((len(values) + 7) // 8)
    for place, value in enumerate(values):
        packed[place // 8] |= bool(value) << place % 8
    return bytes(packed)


def column(kind: Kind, values: list[Any]) -> contract.Column:
    """A column as the host lays it out; what stands in the place of a null is no good value."""
    validity = bits([value is not None for value in values]) if None in values else b""
    if kind is Kind.BOOLEAN:
        return contract.Column(validity, contract.Data_Bits(bits(values)))
    if kind in _FIXED:
        made, nothing = _FIXED[kind]
        return contract.Column(validity, made([nothing if value is None else value for value in values]))
    pieces = [b"\xff" if value is None else value if isinstance(value, bytes) else value.encode() for value in values]
    held = contract.VarData([0, *accumulate(map(len, pieces))], b"".join(pieces))
    made = contract.Data_Bytes if kind is Kind.BYTES else contract.Data_Text
    return contract.Column(validity, made(held))


def cursor(columns: dict[str, Kind], *batches: list[tuple[Any, ...]] | contract.Problem) -> contract.Cursor:
    """An answer: its columns, and batches of rows."""
    infos = [contract.ColumnInfo(name, kind, kind.name, True) for name, kind in columns.items()]

    def batch(rows: list[tuple[Any, ...]]) -> contract.Batch:
        by_column = list(zip(*rows, strict=True)) if rows else [()] * len(columns)
        made = [column(kind, list(values)) for kind, values in zip(columns.values(), by_column, strict=True)]
        return contract.Batch(len(rows), made)

    steps = [step if isinstance(step, contract.Problem) else batch(step) for step in batches]
    return contract.Cursor(infos, steps)


def answer(columns: dict[str, Kind], *batches: list[tuple[Any, ...]] | contract.Problem) -> contract.Cursor:
    """Has the host answer the next query so."""
    made = cursor(columns, *batches)
    contract.host.answers.append(made)
    return made


def context(**changes: Any) -> Any:
    """The contract's context of a run about 2026-01-30."""
    from wit_world.imports import types

    day = 20_483
    known = {
        "run_id": "r-1",
        "check": "orders",
        "attempt": 1,
        "scheduled_micros": (day + 1) * 86_400_000_000 + 1,
        "target_date": day,
        "window_start_micros": day * 86_400_000_000 - 3_600_000_000,
        "window_end_micros": day * 86_400_000_000 + 82_800_000_000,
        "time_zone": "Europe/Berlin",
        "utc_offset_seconds": 3_600,
        "seed": 7,
        "dry_run": False,
        "sources": ["local"],
    }
    return types.Context(**(known | changes))
