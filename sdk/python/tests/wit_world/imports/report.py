"""Saying what was seen: kept here in lists for tests to look at."""

from dataclasses import dataclass
from enum import Enum


class Severity(Enum):
    CRITICAL = 0
    HIGH = 1
    MEDIUM = 2
    LOW = 3


@dataclass
class Measure_Number:
    value: float


@dataclass
class Measure_Text:
    value: str


Measure = Measure_Number | Measure_Text


@dataclass
class Attribute:
    key: str
    value: str


@dataclass
class Subject:
    source: str | None
    table: str | None
    column: str | None
    date: str | None
    partition: str | None


@dataclass
class Cell:
    name: str
    value: str | None


@dataclass
class Finding:
    code: str
    severity: Severity | None
    message: str
    subject: Subject
    observed: Measure | None
    expected: Measure | None
    unit: str | None
    affected: int | None
    samples: list[list[Cell]]
    remediation: str | None
    attributes: list[Attribute]


class Level(Enum):
    DEBUG = 0
    INFO = 1
    WARN = 2
    ERROR = 3


reported: list[Finding] = []
measured: list[tuple[str, float, str | None, list[Attribute]]] = []
logged: list[tuple[Level, str]] = []
aborted: list[str] = []


def clear() -> None:
    """Forgets what was said."""
    for said in (reported, measured, logged, aborted):
        said.clear()


def findings(findings: list[Finding]) -> int:
    reported.extend(findings)
    return len(findings)


def metric(name: str, value: float, unit: str | None, attributes: list[Attribute]) -> None:
    measured.append((name, value, unit, attributes))


def log(level: Level, message: str) -> None:
    logged.append((level, message))


def aborting(message: str) -> None:
    aborted.append(message)
