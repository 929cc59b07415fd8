"""Rows of an answer: as a dataclass of the author's, or by name."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import NoneType, UnionType
from typing import Any, Generic, Protocol, TypeVar, Union, get_args, get_origin, get_type_hints, overload

from assay import cell
from assay.error import DefinitionError, Error

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Row:
    """One row, its values by name: for statements whose columns are not known beforehand.

    >>> row = Row(("day", "n"), ("monday", 3))
    >>> row.get("n", int)
    3
    >>> row.sample()
    {'day': 'monday', 'n': '3'}
    """

    __slots__ = ("columns", "values")

    def __init__(self, columns: tuple[str, ...], values: tuple[Any, ...]) -> None:
        self.columns = columns
        self.values = values

    def __getitem__(self, name: str) -> Any:
        """The value of a column, whatever its type. Raises `Error` when there is no such column."""
        return self.values[place(self.columns, name)]

    @overload
    def get(self, name: str, wanted: type[T]) -> T: ...
    @overload
    def get(self, name: str, wanted: UnionType) -> Any: ...
    def get(self, name: str, wanted: type[Any] | UnionType) -> Any:
        """The value of a column as a type, `T | None` if it may be null.

        Raises `Error` when there is no such column, the value is of another type, or it is null where that was not
        asked for.
        """
        readable, nullable = _readable(wanted, f"the type asked for of column `{name}`")
        return cell.read(name, self[name], readable, nullable)

    def sample(self) -> dict[str, str | None]:
        """All values as text, for a finding."""
        return {name: cell.text(value) for name, value in zip(self.columns, self.values, strict=True)}


class Shape(Protocol[T_co]):
    """What makes rows of columns."""

    def bind(self, columns: tuple[str, ...]) -> Sequence[int]:
        """Places of the columns that are wanted. Raises `Error` when one is missing."""

    def rows(self, columns: tuple[str, ...], values: list[list[Any]]) -> Iterable[T_co]:
        """The rows, of the values of the wanted columns. Raises `Error` when one is not of its type."""


class ByName:
    """Makes a `Row` of every row."""

    def bind(self, columns: tuple[str, ...]) -> Sequence[int]:
        return range(len(columns))

    def rows(self, columns: tuple[str, ...], values: list[list[Any]]) -> Iterable[Row]:
        return (Row(columns, row) for row in zip(*values, strict=True))


@dataclasses.dataclass(frozen=True)
class _Field:
    name: str
    type: type[Any]
    nullable: bool


class Record(Generic[T]):
    """Makes a dataclass of every row: a field is the column of its name."""

    def __init__(self, made: type[T]) -> None:
        """Raises `DefinitionError` for what is no dataclass, or has a field of a type that no column has."""
        if not (isinstance(made, type) and dataclasses.is_dataclass(made)):
            raise DefinitionError(f"{made!r} cannot hold a row: write a dataclass, a field for each column")
        self._make: Callable[..., T] = made
        hints = get_type_hints(made)
        fields = [field for field in dataclasses.fields(made) if field.init]
        if not fields:
            raise DefinitionError(f"`{made.__qualname__}` cannot hold a row: it has no field")
        self._fields = [
            _Field(field.name, *_readable(hints[field.name], f"field `{made.__qualname__}.{field.name}`"))
            for field in fields
        ]
        self._by_position = not any(field.kw_only for field in fields)

    def bind(self, columns: tuple[str, ...]) -> Sequence[int]:
        return [place(columns, field.name) for field in self._fields]

    def rows(self, columns: tuple[str, ...], values: list[list[Any]]) -> Iterable[T]:
        read = [
            cell.read_all(field.name, column, field.type, field.nullable)
            for field, column in zip(self._fields, values, strict=True)
        ]
        if self._by_position:
            return map(self._make, *read)
        names = [field.name for field in self._fields]
        return (self._make(**dict(zip(names, row, strict=True))) for row in zip(*read, strict=True))


def place(columns: tuple[str, ...], name: str) -> int:
    """Where a column stands; capitals matter only where two names differ in nothing else. Raises `Error` if nowhere."""
    if name in columns:
        return columns.index(name)
    folded = [column.lower() for column in columns]
    if name.lower() in folded:
        return folded.index(name.lower())
    raise Error(f"the query returns no column `{name}`; it returns {', '.join(f'`{column}`' for column in columns)}")


def sample(row: object) -> dict[str, str | None]:
    """The values of a row, a mapping or a dataclass as text, by name."""
    if isinstance(row, Row):
        return row.sample()
    if isinstance(row, Mapping):
        return {str(name): cell.text(value) for name, value in row.items()}
    if dataclasses.is_dataclass(row) and not isinstance(row, type):
        return {field.name: cell.text(getattr(row, field.name)) for field in dataclasses.fields(row)}
    raise TypeError(f"{row!r} is no sample: give a row, a dataclass or a mapping")


def _readable(hint: Any, what: str) -> tuple[type[Any], bool]:
    """The type that is asked for, and whether null may be."""
    nullable = False
    if get_origin(hint) in (Union, UnionType):
        kinds = [kind for kind in get_args(hint) if kind is not NoneType]
        nullable = len(kinds) < len(get_args(hint))
        hint = kinds[0] if len(kinds) == 1 else hint
    if hint not in cell.READABLE:
        names = ", ".join(f"`{kind.__name__}`" for kind in cell.READABLE)
        raise DefinitionError(f"{what} is {hint!r}, which no column has: write one of {names}, with `| None` for null")
    return hint, nullable
