"""Settings of a check: a dataclass, and what is made of it.

```python
@dataclass(frozen=True)
class Settings:
    table: Annotated[str, Table, "The table to look at."]
    max_percent: Annotated[float, Range(0, 100), "How many of a hundred values may be null."] = 5.0
    severity: Annotated[Literal["low", "high"], "How bad it is."] = "low"
    columns: Annotated[tuple[Annotated[str, Column], ...], Length(1, 8), "The columns."] = ("id",)
    source: Annotated[str | None, Source, "The source; may be left out when only one is granted."] = None
```
"""

from __future__ import annotations

import dataclasses
from datetime import date
from types import NoneType, UnionType
from typing import Annotated, Any, Generic, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from assay.constraint import Length, Pattern, Range
from assay.error import DefinitionError
from assay.json_text import parse
from assay.problem import SettingProblem
from assay.shape import (
    UNREAD,
    Choice,
    Day,
    Entries,
    Field,
    Items,
    Number,
    Problems,
    Record,
    Shape,
    Text,
    Truth,
    plain_default,
)

S = TypeVar("S")

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_TYPES = (
    "`str`, `int`, `float`, `bool`, `date`, `Literal[…]`, `list[…]`, `tuple[…, ...]`, `dict[str, …]`, a dataclass, "
    "or one of them `| None`"
)


class SettingsReader(Generic[S]):
    """Reads settings documents as a dataclass.

    >>> @dataclasses.dataclass(frozen=True)
    ... class Settings:
    ...     days: Annotated[int, Range(1, 400), "How many days are looked at."] = 7
    >>> reader = SettingsReader(Settings)
    >>> reader.read('{"days": 14}')
    (Settings(days=14), [])
    >>> reader.read('{"days": 0, "dayz": 1}')[1][1]
    SettingProblem(path='/days', message='expected a whole number from 1 to 400')
    """

    def __init__(self, made: type[S]) -> None:
        """Raises `DefinitionError` when the dataclass says something that settings cannot be."""
        if not (isinstance(made, type) and dataclasses.is_dataclass(made)):
            raise DefinitionError(f"{made!r} cannot hold settings: write a dataclass with `@dataclass(frozen=True)`")
        self._shape = _record(made, ())

    def schema(self, title: str) -> dict[str, Any]:
        """The JSON Schema (draft 2020-12) of the document."""
        return {"$schema": _DIALECT, "title": title} | self._shape.schema()

    def read(self, document: str) -> tuple[S | None, list[SettingProblem]]:
        """The settings that a JSON document says, or everything that is wrong with it."""
        problems: Problems = []
        try:
            given = parse(document, _object)
        except ValueError as error:
            return None, [SettingProblem("", f"not JSON: {error}")]
        settings = self._shape.read(given, "", problems)
        return (None if problems else settings), problems


def _record(made: type[Any], within: tuple[type[Any], ...]) -> Record:
    if made in within:
        raise DefinitionError(f"`{made.__qualname__}` holds itself: settings have an end")
    try:
        hints = get_type_hints(made, include_extras=True)
    except (NameError, TypeError) as error:
        raise DefinitionError(
            f"the types of `{made.__qualname__}` cannot be read: {error}; name only what the module defines or imports"
        ) from None
    fields = [_field(made, field, hints[field.name], (*within, made)) for field in dataclasses.fields(made)]
    return Record(made, fields)


def _field(made: type[Any], field: dataclasses.Field[Any], hint: Any, within: tuple[type[Any], ...]) -> Field:
    where = f"setting `{made.__qualname__}.{field.name}`"
    if not field.init:
        raise DefinitionError(f"{where} has `init=False`, and so can never be set: leave it out or make it a property")
    shape, description, nullable = _shape(hint, where, within)
    if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
        if nullable:
            raise DefinitionError(f"{where} may be None and has no default: write `= None`")
        return Field(field.name, shape, description, optional=False, default=UNREAD)
    default = field.default if field.default_factory is dataclasses.MISSING else field.default_factory()
    if nullable:
        if default is not None:
            raise DefinitionError(f"{where} may be None, but is {plain_default(default)} when left out: write `= None`")
        return Field(field.name, shape, description, optional=True, default=UNREAD)
    dumped = shape.dump(default)
    problems: Problems = []
    shape.read(dumped, "", problems)
    if problems:
        told = "; ".join(f"{problem.path} {problem.message}".strip() for problem in problems)
        raise DefinitionError(f"{where} has the default {plain_default(default)}: {told}")
    return Field(field.name, shape, description, optional=True, default=dumped)


def _shape(hint: Any, where: str, within: tuple[type[Any], ...]) -> tuple[Shape, str | None, bool]:
    """The shape of an annotation, its description, and whether it may be `None`."""
    extras: list[Any] = []
    nullable = False
    while True:
        if get_origin(hint) is Annotated:
            extras += hint.__metadata__
            hint = hint.__origin__
        elif get_origin(hint) in (Union, UnionType):
            kinds = [kind for kind in get_args(hint) if kind is not NoneType]
            if len(kinds) != 1:
                raise DefinitionError(f"{where} is one of several types: write one of {_TYPES}")
            hint, nullable = kinds[0], True
        else:
            break
    taken = _Extras(extras, where)
    shape = _bare(hint, where, within, taken)
    taken.all_used(hint)
    return shape, taken.description, nullable


def _bare(hint: Any, where: str, within: tuple[type[Any], ...], extras: _Extras) -> Shape:
    origin, args = get_origin(hint), get_args(hint)

    def inner(hint: Any) -> Shape:
        shape, _, nullable = _shape(hint, where, within)
        if nullable:
            raise DefinitionError(f"{where} holds values that may be None: settings know no null")
        return shape

    if hint is bool:
        return Truth()
    if hint is int or hint is float:
        return Number(hint is int, extras.take(Range))
    if hint is str:
        return Text(extras.take(Pattern), extras.take(Length))
    if hint is date:
        return Day()
    if origin is Literal:
        if not all(type(value) in (str, int) for value in args):
            raise DefinitionError(f"{where} is a choice of other things than texts and whole numbers")
        return Choice(args)
    if origin is list and len(args) == 1:
        return Items(inner(args[0]), list, extras.take(Length))
    if origin is tuple and len(args) == 2 and args[1] is Ellipsis:
        return Items(inner(args[0]), tuple, extras.take(Length))
    if origin is dict and len(args) == 2 and args[0] is str:
        return Entries(inner(args[1]), extras.take(Length))
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return _record(hint, within)
    raise DefinitionError(f"{where} is {hint!r}: write one of {_TYPES}")


class _Extras:
    """What stands in an annotation besides the type; each is used by the type or wrong."""

    def __init__(self, extras: list[Any], where: str) -> None:
        self._where = where
        self._constraints = [extra for extra in extras if not isinstance(extra, str)]
        descriptions = [extra for extra in extras if isinstance(extra, str)]
        if len(descriptions) > 1:
            raise DefinitionError(f"{where} has {len(descriptions)} descriptions")
        self.description = descriptions[0] if descriptions else None

    def take(self, kind: type[S]) -> S | None:
        found = [extra for extra in self._constraints if isinstance(extra, kind)]
        if len(found) > 1:
            raise DefinitionError(f"{self._where} has more than one {kind.__name__}")
        self._constraints = [extra for extra in self._constraints if not isinstance(extra, kind)]
        return found[0] if found else None

    def all_used(self, hint: Any) -> None:
        if self._constraints:
            name = getattr(hint, "__name__", repr(hint))
            raise DefinitionError(f"{self._where} is `{name}`, to which {self._constraints[0]!r} says nothing")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("a setting is there twice")
    return made
