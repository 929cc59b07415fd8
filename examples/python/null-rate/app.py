"""Few enough values of a column are null: see README.md."""

import json

import wit_world
from componentize_py_types import Err
from counting import whole_numbers
from guard import guarded
from settings import SCHEMA, Settings, read
from wit_world.imports import report, types
from wit_world.imports.types import Outcome, Verdict

# What was measured, with room to spare: see README.md. A check that asks for less than the default has less to misuse.
_LIMITS = {"memory": 32 << 20, "fuel": 200_000_000, "queries": 1}


class WitWorld(wit_world.WitWorld):
    """The exports of the contract."""

    @guarded
    def describe(self) -> types.Metadata:
        return types.Metadata(
            id="null-rate-py",
            version="1.0.0",
            title="Few enough values are null",
            description="Counts the rows whose value in a column is null and compares their percentage with a bound.",
            owner="assay",
            settings_schema=json.dumps(SCHEMA),
            limits=[types.LimitRequest(name, value) for name, value in _LIMITS.items()],
        )

    @guarded
    def validate(self, settings: str) -> list[types.SettingProblem]:
        found = read(settings)
        return found if isinstance(found, list) else []

    @guarded
    def run(self, context: types.Context, settings: str) -> Verdict:
        found = read(settings)
        if isinstance(found, list):
            raise Err("bad settings: " + "; ".join(f"{p.path or 'document'}: {p.message}" for p in found))
        return compare(source_of(context, found), found)


def source_of(context: types.Context, asked: Settings) -> str:
    """The source that settings name, or the only one granted."""
    if asked.source is not None:
        return asked.source
    if len(context.sources) != 1:
        raise Err(f"name a source in the settings: {len(context.sources)} are granted")
    return context.sources[0]


def compare(source: str, asked: Settings) -> Verdict:
    """Counts, and compares the percentage with the bound."""
    rows, nulls = whole_numbers(
        source,
        # A sum over no rows is null, and an empty table is to be told as one.
        f"SELECT COUNT(*) AS n_rows, COALESCE(SUM(CASE WHEN `{asked.column}` IS NULL THEN 1 ELSE 0 END), 0) AS n_nulls "
        f"FROM {quoted(asked.table)}",
    )
    if rows == 0:
        raise Err(f"`{asked.table}` has no rows: there is no percentage of nothing")
    percent = 100 * nulls / rows
    report.metric("null_percent", percent, "percent", [])
    summary = f"{nulls} of {rows} values of `{asked.column}` are null: {percent:.4g} %, at most {asked.max_percent:.4g} %"
    if percent <= asked.max_percent:
        return Verdict(Outcome.PASS, summary, rows)
    report.findings([finding(source, asked, summary, percent, nulls)])
    return Verdict(Outcome.FAIL, summary, rows)


def finding(source: str, asked: Settings, message: str, percent: float, nulls: int) -> report.Finding:
    """Says that too many values are null."""
    return report.Finding(
        code="null_rate",
        severity=None,
        message=message,
        subject=report.Subject(source=source, table=asked.table, column=asked.column, date=None, partition=None),
        observed=report.Measure_Number(percent),
        expected=report.Measure_Number(asked.max_percent),
        unit="percent",
        affected=nulls,
        samples=[],
        remediation=None,
        attributes=[],
    )


def quoted(table: str) -> str:
    """A dotted name in backticks, part by part; settings let no other characters through."""
    return ".".join(f"`{part}`" for part in table.split("."))
