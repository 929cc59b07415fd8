"""Types of the `check` world."""

from dataclasses import dataclass
from enum import Enum


@dataclass
class LimitRequest:
    name: str
    value: int


@dataclass
class Metadata:
    id: str
    version: str
    title: str
    description: str
    owner: str
    settings_schema: str
    limits: list[LimitRequest]


@dataclass
class Context:
    run_id: str
    check: str
    attempt: int
    scheduled_micros: int
    target_date: int
    window_start_micros: int
    window_end_micros: int
    time_zone: str
    utc_offset_seconds: int
    seed: int
    dry_run: bool
    sources: list[str]


@dataclass
class SettingProblem:
    path: str
    message: str


class Outcome(Enum):
    PASS = 0
    WARN = 1
    FAIL = 2
    SKIP = 3


@dataclass
class Verdict:
    outcome: Outcome
    summary: str
    examined: int | None
