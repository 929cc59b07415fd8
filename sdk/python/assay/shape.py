"""What a setting looks like: from a type to a JSON Schema, and from JSON to a value of the type."""

from __future__ import annotations

import dataclasses
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection
from datetime import date
from enum import Enum
from typing import Any, Final

from assay.constraint import Length, Pattern, Range, number_text
from assay.problem import SettingProblem, token

Problems = list[SettingProblem]


class Unread(Enum):
    """Stands for a value that could not be read, and of which a problem was told."""

    UNREAD = 0


UNREAD: Final = Unread.UNREAD


class Shape(ABC):
    """What a setting looks like."""

    @abstractmethod
    def schema(self) -> dict[str, Any]:
        """As a JSON Schema (draft 2020-12)."""

    @abstractmethod
    def read(self, given: Any, pointer: str, problems: Problems) -> Any:
        """The value of something that JSON said, or `UNREAD`; all that is wrong with it is added to the problems."""

    def dump(self, value: Any) -> Any:
        """What JSON says for a value; something that cannot be read again if it is not one of this shape."""
        return value


def _wrong(pointer: str, message: str, problems: Problems) -> Any:
    problems.append(SettingProblem(pointer, message))
    return UNREAD


class Truth(Shape):
    """True or false."""

    def schema(self) -> dict[str, Any]:
        return {"type": "boolean"}

    def read(self, given: Any, pointer: str, problems: Problems) -> Any:
        return given if isinstance(given, bool) else _wrong(pointer, "expected true or false", problems)


class Number(Shape):
    """A number, or a whole one."""

    def __init__(self, whole: bool, range: Range | None) -> None:
        self._whole = whole
        self._range = range
        what = "a whole number" if whole else "a number"
        self._expected = f"expected {what if range is None else range.words(what)}"

    def schema(self) -> dict[str, Any]:
        schema: dict[str, Any] = {"type": "integer" if self._whole else "number"}
        if self._range is not None:
            bounds = {"minimum": self._range.minimum, "maximum": self._range.maximum}
            schema |= {word: bound for word, bound in bounds.items() if bound is not None}
        return schema

    def read(self, given: Any, pointer: str, problems: Problems) -> Any:
        # True and False are numbers to Python.
        if isinstance(given, bool) or not isinstance(given, int if self._whole else int | float):
            return _wrong(pointer, self._expected, problems)
        try:
            number = given if self._whole else float(given)
        except OverflowError:
            return _wrong(pointer, self._expected, problems)
        if not self._whole and not math.isfinite(number):
            return _wrong(pointer, self._expected, problems)
        if self._range is not None and not self._range.holds(number):
            return _wrong(pointer, self._expected, problems)
        return number


class Text(Shape):
    """Text."""

    def __init__(self, pattern: Pattern | None, length: Length | None) -> None:
        self._pattern = pattern
        self._length = length

    def schema(self) -> dict[str, Any]:
        schema: dict[str, Any] = {"type": "string"}
        if self._pattern is not None:
            schema["pattern"] = f"^(?:{self._pattern.expression})$"
        if self._length is not None:
            bounds = {"minLength": self._length.minimum, "maxLength": self._length.maximum}
            schema |= {word: bound for word, bound in bounds.items() if bound is not None}
        return schema

    def read(self, given: Any, pointer: str, problems: Problems) -> Any:
        if not isinstance(given, str):
            return _wrong(pointer, "expected text" if self._pattern is None else self._pattern.message, problems)
        if self._pattern is not None and not self._pattern.holds(given):
            return _wrong(pointer, self._pattern.message, problems)
        if self._length is not None and not self._length.holds(len(given)):
            return _wrong(pointer, f"expected {self._length.words('characters')}", problems)
        return given


class Day(Shape):
    """A day, as `2026-01-30`."""

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "date"}

    def read(self, given: Any, pointer: str, problems: Problems) -> Any:
        try:
            day = date.fromisoformat(given)
        except (TypeError, ValueError):
            return _wrong(pointer, "expected a day, for example 2026-01-30", problems)
        # Python reads weeks and days without dashes, too.
        return day if day.isoformat() == given else _wrong(pointer, f"expected a day, as {day}", problems)

    def dump(self, value: Any) -> Any:
        return value.isoformat() if isinstance(value, date) else value


class Choice(Shape):
    """One of some texts or whole numbers."""

    def __init__(self, values: tuple[str | int, ...]) -> None:
        self._values = values

    def schema(self) -> dict[str, Any]:
        return {"enum": list(self._values)}

    def read(self, given: Any, pointer: str, problems: Problems) -> Any:
        for value in self._values:
            # By type as well: True is 1 to Python.
            if type(value) is type(given) and value == given:
                return value
        return _wrong(pointer, f"expected one of {', '.join(map(str, self._values))}", problems)


class Items(Shape):
    """A list."""

    def __init__(self, item: Shape, made: Callable[[list[Any]], Collection[Any]], length: Length | None) -> None:
        self._item = item
        self._made = made
        self._length = length

    def schema(self) -> dict[str, Any]:
        schema: dict[str, Any] = {"type": "array", "items": self._item.schema()}
        if self._length is not None:
            bounds = {"minItems": self._length.minimum, "maxItems": self._length.maximum}
            schema |= {word: bound for word, bound in bounds.items() if bound is not None}
        return schema

    def read(self, given: Any, pointer: str, problems: Problems) -> Any:
        if not isinstance(given, list):
            return _wrong(pointer, "expected a list", problems)
        items = [self._item.read(item, f"{pointer}/{place}", problems) for place, item in enumerate(given)]
        if self._length is not None and not self._length.holds(len(items)):
            return _wrong(pointer, f"expected {self._length.words('things')}", problems)
        return UNREAD if UNREAD in items else self._made(items)

    def dump(self, value: Any) -> Any:
        return [self._item.dump(item) for item in value] if isinstance(value, list | tuple) else value


class Entries(Shape):
    """Values by name."""

    def __init__(self, value: Shape, length: Length | None) -> None:
        self._value = value
        self._length = length

    def schema(self) -> dict[str, Any]:
        schema: dict[str, Any] = {"type": "object", "additionalProperties": self._value.schema()}
        if self._length is not None:
            bounds = {"minProperties": self._length.minimum, "maxProperties": self._length.maximum}
            schema |= {word: bound for word, bound in bounds.items() if bound is not None}
        return schema

    def read(self, given: Any, pointer: str, problems: Problems) -> Any:
        if not isinstance(given, dict):
            return _wrong(pointer, "expected values by name", problems)
        entries = {name: self._value.read(value, pointer + token(name), problems) for name, value in given.items()}
        if self._length is not None and not self._length.holds(len(entries)):
            return _wrong(pointer, f"expected {self._length.words('things')}", problems)
        return UNREAD if UNREAD in entries.values() else entries

    def dump(self, value: Any) -> Any:
        return {name: self._value.dump(item) for name, item in value.items()} if isinstance(value, dict) else value


@dataclasses.dataclass(frozen=True)
class Field:
    """A field of a dataclass of settings."""

    name: str
    shape: Shape
    description: str | None
    #: Whether it may be left out.
    optional: bool
    #: What it is then, as JSON says it; `UNREAD` when it is nothing.
    default: Any


class Record(Shape):
    """A dataclass."""

    def __init__(self, made: type[Any], fields: list[Field]) -> None:
        self._made = made
        self._fields = fields
        self._names = ", ".join(field.name for field in fields)

    def schema(self) -> dict[str, Any]:
        schema: dict[str, Any] = {"type": "object"}
        # What a dataclass says of itself when its author does not begins with its name.
        doc = self._made.__doc__
        if doc and not doc.startswith(f"{self._made.__name__}("):
            schema["description"] = " ".join(doc.split("\n\n")[0].split())
        schema["properties"] = {field.name: self._property(field) for field in self._fields}
        if required := [field.name for field in self._fields if not field.optional]:
            schema["required"] = required
        return schema | {"additionalProperties": False}

    def read(self, given: Any, pointer: str, problems: Problems) -> Any:
        if not isinstance(given, dict):
            return _wrong(pointer, "expected an object", problems)
        known = {field.name for field in self._fields}
        before = len(problems)
        for name in given:
            if name not in known:
                expected = f", expected one of {self._names}" if known else ""
                _wrong(pointer + token(name), f"unknown setting{expected}", problems)
        values: dict[str, Any] = {}
        whole = True
        for field in self._fields:
            if field.name in given:
                values[field.name] = field.shape.read(given[field.name], pointer + token(field.name), problems)
                whole = whole and values[field.name] is not UNREAD
            elif not field.optional:
                whole = _wrong(pointer, f"missing setting `{field.name}`", problems) is not UNREAD
        if not whole:
            return UNREAD
        try:
            made = self._made(**values)
        except ValueError as error:
            return _wrong(pointer, str(error), problems)
        if validate := getattr(made, "validate", None):
            problems += [problem.under(pointer) for problem in validate()]
        return made if len(problems) == before else UNREAD

    def dump(self, value: Any) -> Any:
        if type(value) is not self._made:
            return value
        held = [(field, getattr(value, field.name)) for field in self._fields]
        return {field.name: field.shape.dump(kept) for field, kept in held if kept is not None}

    def _property(self, field: Field) -> dict[str, Any]:
        schema = field.shape.schema()
        if field.description is not None:
            schema["description"] = field.description
        if field.default is not UNREAD:
            schema["default"] = field.default
        return schema


def plain_default(value: object) -> str:
    """A default for a message."""
    return number_text(value) if isinstance(value, float) and math.isfinite(value) else repr(value)
