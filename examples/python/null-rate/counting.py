"""Asking for one row of whole numbers."""

from componentize_py_types import Err
from wit_world.imports import query

# The answer has one row; a second is asked for so that it would be noticed.
_ROWS = 2


def whole_numbers(source: str, sql: str) -> list[int]:
    """The one row of whole numbers that a statement returns; raises `Err` with the reason where there is none."""
    with query.open(source, sql, []) as cursor:
        names = [column.name for column in cursor.columns()]
        rows: list[tuple[int, ...]] = []
        while (batch := cursor.next(_ROWS)) is not None:
            columns = [_values(name, column, batch.rows) for name, column in zip(names, batch.columns, strict=True)]
            rows += zip(*columns, strict=True)
    if len(rows) != 1:
        raise Err(f"the query returned {len(rows)} rows where one was expected")
    return list(rows[0])


def _values(name: str, column: query.Column, rows: int) -> list[int]:
    if not isinstance(column.data, query.Data_Int64):
        raise Err(f"column `{name}` holds {type(column.data).__name__} where whole numbers were expected")
    if not all(_is_present(column.validity, row) for row in range(rows)):
        raise Err(f"column `{name}` holds null where a whole number was expected")
    return column.data.value


def _is_present(validity: bytes, row: int) -> bool:
    return not validity or bool(validity[row // 8] >> (row % 8) & 1)
