"""Asking for data."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from typing import Any, Generic, TypeVar, overload

from componentize_py_types import Err
from wit_world.imports import query as contract

from assay.batch import check_shape, decode
from assay.error import Error
from assay.parameter import parameter
from assay.row import ByName, Record, Row, Shape

T = TypeVar("T")

# Rows asked for at a time; the host may give fewer. More of them would save little and hold more memory.
_BATCH_ROWS = 2_048


@dataclasses.dataclass(frozen=True)
class Query:
    """A statement with its parameters, made by `query`."""

    source: str
    sql: str
    params: tuple[contract.Param, ...] = ()

    def bind(self, name: str, value: object, *, of: type[Any] | None = None) -> Query:
        """The same with `@name` bound. `of` is the type of `None`, and of the values of an empty list.

        A `date` binds a date, a `datetime` with a zone an instant and without one a time in no zone, a `Decimal` an
        exact number; lists are arrays.
        """
        return dataclasses.replace(self, params=(*self.params, parameter(name, value, of)))

    def bind_if_named(self, name: str, value: object, *, of: type[Any] | None = None) -> Query:
        """As `bind`, if the statement names it: statements that come from settings need not use all there is."""
        named = re.search(rf"@{re.escape(name)}(?![A-Za-z0-9_])", self.sql, re.IGNORECASE)
        return self.bind(name, value, of=of) if named else self

    @overload
    def rows(self) -> Rows[Row]: ...
    @overload
    def rows(self, shape: type[T]) -> Rows[T]: ...
    def rows(self, shape: type[Any] | None = None) -> Rows[Any]:
        """Begins to answer. With a dataclass every row is one, a field the column of its name; else it is a `Row`.

        Raises `Error` when the host refuses the statement, the source cannot answer, or a column is missing.
        """
        made: Shape[Any] = ByName() if shape is None else _record(shape)
        try:
            cursor = contract.open(self.source, self.sql, list(self.params))
        except Err as error:
            raise _told(error) from None
        return Rows(cursor, made)

    @overload
    def only_row(self) -> Row: ...
    @overload
    def only_row(self, shape: type[T]) -> T: ...
    def only_row(self, shape: type[Any] | None = None) -> Any:
        """The one row of an answer that must have exactly one. Raises `Error` when there is none, or more."""
        rows = list(self.rows() if shape is None else self.rows(shape))
        if not rows:
            raise Error("the query returned no row where one was expected")
        if len(rows) > 1:
            raise Error("the query returned more than one row")
        return rows[0]


def query(source: str, sql: str, **params: object) -> Query:
    """A statement for a source. Values are bound to `@name`, never written into the text.

    ```python
    @dataclass(frozen=True)
    class Day:
        day: date
        n: int

    statement = query(context.source(), "SELECT day, n FROM days WHERE day >= @start", start=date(2026, 1, 1))
    for day in statement.rows(Day):
        ...
    ```

    >>> statement = query("local", "SELECT 1 AS one WHERE @wanted", wanted=True)
    >>> [param.name for param in statement.params]
    ['wanted']
    """
    statement = Query(source, sql)
    for name, value in params.items():
        statement = statement.bind(name, value)
    return statement


class Rows(Generic[T]):
    """The rows of an answer, read forward once.

    Reading to the end is what makes an answer whole: one that breaks off in the middle raises `Error`.
    """

    def __init__(self, cursor: contract.Cursor, shape: Shape[T]) -> None:
        self._cursor = cursor
        self._shape = shape
        self._infos = cursor.columns()
        self._read = False
        #: Names of the columns.
        self.columns: tuple[str, ...] = tuple(info.name for info in self._infos)
        self._places = shape.bind(self.columns)

    def __iter__(self) -> Iterator[T]:
        if self._read:
            # An empty second reading would look like an empty table.
            raise RuntimeError("the rows have been read already: make a list of them to read them twice")
        self._read = True
        return self._rows()

    def _rows(self) -> Iterator[T]:
        with self._cursor as cursor:
            while True:
                try:
                    batch = cursor.next(_BATCH_ROWS)
                except Err as error:
                    raise _told(error) from None
                if batch is None:
                    return
                check_shape(self._infos, batch)
                values = [decode(self._infos[place], batch.columns[place], batch.rows) for place in self._places]
                yield from self._shape.rows(self.columns, values)


# What was made of a dataclass is kept: a check asks for the same rows again and again.
_records: dict[type[Any], Record[Any]] = {}


def _record(shape: type[T]) -> Record[T]:
    if shape not in _records:
        _records[shape] = Record(shape)
    return _records[shape]


def _told(error: Err[Any]) -> Error:
    problem = error.value
    if not isinstance(problem, contract.Problem):
        raise error
    return Error(problem.message, code=problem.code, retryable=problem.retryable)
