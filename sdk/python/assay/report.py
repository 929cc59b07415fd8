"""Numbers for trends, and lines for the log: what is said of a run besides its findings."""

from __future__ import annotations

from typing import Literal

from wit_world.imports import report as contract

Level = Literal["debug", "info", "warn", "error"]


def metric(name: str, value: float, unit: str | None = None, **attributes: str) -> None:
    """A number for trends, for example `metric("rows", 7_000, "rows", region="north")`."""
    details = [contract.Attribute(key, text) for key, text in attributes.items()]
    contract.metric(name, float(value), unit, details)


def log(level: Level, message: str) -> None:
    """A line for the run's log, for example `log("info", "asking for 7 days")`."""
    contract.log(contract.Level[level.upper()], message)
