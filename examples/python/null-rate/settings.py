"""Settings of the check: read once, and every mistake told with its place."""

import json
import re
from dataclasses import dataclass
from typing import Any

from wit_world.imports.types import SettingProblem

# A name cannot be bound as a parameter, so only names that cannot be anything else are let into a statement.
_NAME = r"[A-Za-z_][A-Za-z0-9_]{0,127}"
_COLUMN = re.compile(_NAME)
_TABLE = re.compile(rf"{_NAME}(\.{_NAME}){{0,2}}")

SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Settings of null-rate-py",
    "type": "object",
    "properties": {
        "source": {"type": "string", "description": "The source; may be left out when only one is granted."},
        "table": {"type": "string", "pattern": f"^{_TABLE.pattern}$", "description": "The table."},
        "column": {"type": "string", "pattern": f"^{_COLUMN.pattern}$", "description": "The column."},
        "max_percent": {
            "type": "number",
            "minimum": 0,
            "maximum": 100,
            "description": "How many of a hundred values may be null.",
        },
    },
    "required": ["table", "column", "max_percent"],
    "additionalProperties": False,
}


@dataclass(frozen=True)
class Settings:
    """What the check is asked to verify."""

    source: str | None
    table: str
    column: str
    max_percent: float


def read(document: str) -> Settings | list[SettingProblem]:
    """The settings of a JSON document, or everything that is wrong with it."""
    try:
        given = json.loads(document)
    except ValueError as error:
        return [SettingProblem("", f"not JSON: {error}")]
    if not isinstance(given, dict):
        return [SettingProblem("", "expected an object")]
    if problems := _problems(given):
        return problems
    return Settings(given.get("source"), given["table"], given["column"], float(given["max_percent"]))


def _problems(given: dict[str, Any]) -> list[SettingProblem]:
    known = SCHEMA["properties"]
    unknown = [
        SettingProblem(f"/{_token(key)}", f"unknown setting, expected one of {', '.join(known)}")
        for key in given
        if key not in known
    ]
    missing = [SettingProblem("", f"missing setting `{key}`") for key in SCHEMA["required"] if key not in given]
    wrong = [
        SettingProblem(f"/{key}", message)
        for key, is_good, message in (
            ("source", _is_source, "expected the name of a source"),
            ("table", _matches(_TABLE), "not the name of a table: letters, digits and `_`, at most three parts"),
            ("column", _matches(_COLUMN), "not the name of a column: letters, digits and `_`"),
            ("max_percent", _is_percentage, "expected a number from 0 to 100"),
        )
        if key in given and not is_good(given[key])
    ]
    return unknown + missing + wrong


def _is_source(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _matches(pattern: re.Pattern[str]):
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


def _is_percentage(value: object) -> bool:
    # True and False are numbers to Python. NaN compares with nothing and so is refused here too.
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 100


def _token(key: str) -> str:
    """A key as a token of a JSON Pointer."""
    return key.replace("~", "~0").replace("/", "~1")
