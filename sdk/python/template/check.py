"""{{title}}: see README.md."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from assay import (
    Column,
    Context,
    DateSpine,
    Error,
    Finding,
    Range,
    SettingProblem,
    Source,
    Table,
    Thresholds,
    Verdict,
    check,
    metric,
    query,
    quote_identifier,
)


@dataclass(frozen=True)
class Settings:
    """Each of the last days has enough rows."""

    table: Annotated[str, Table, "The table whose rows are counted."]
    date_column: Annotated[str, Column, "The column that says which day a row belongs to."] = "day"
    lookback_days: Annotated[int, Range(1, 400), "How many days are looked at, up to the target date."] = 7
    warn_below: Annotated[float, Range(0), "A day with fewer rows is a warning."] = 80
    fail_below: Annotated[float, Range(0), "A day with fewer rows is a failure."] = 50
    source: Annotated[str | None, Source, "The source; may be left out when only one is granted."] = None

    def validate(self) -> Iterator[SettingProblem]:
        """What ranges cannot say."""
        if self.fail_below > self.warn_below:
            yield SettingProblem("/fail_below", "expected at most `warn_below`")


@dataclass(frozen=True)
class Day:
    """A row of the answer."""

    day: date
    n: int


@check(Settings)
def run(context: Context, settings: Settings) -> Verdict:
    """Counts the rows of each day, and judges each day."""
    source = context.source(settings.source)
    spine = DateSpine(*context.last_days(settings.lookback_days))
    counted = count(source, settings, spine)
    thresholds = Thresholds(warn=settings.warn_below, fail=settings.fail_below, direction="below")
    gaps = spine.around(day for day in spine if day not in counted or counted[day].n == 0)
    failed: list[date] = []
    warned: list[date] = []
    for day in spine:
        # A day without a row in the answer has none in the table.
        known = counted.get(day)
        n = known.n if known else 0
        judgement = thresholds.judge(n)
        if judgement == "fine":
            continue
        (failed if judgement == "fail" else warned).append(day)
        Finding(
            "few_rows" if judgement == "warn" else "too_few_rows" if n else "missing_day",
            f"{n} of {settings.warn_below:g} rows",
            severity="low" if judgement == "warn" else None,
            source=source,
            table=settings.table,
            date=day,
            observed=n,
            expected=settings.warn_below,
            unit="rows",
            affected=max(math.ceil(settings.warn_below) - n, 0),
            remediation=f"backfill {gaps.get(day, day)}" if judgement == "fail" else None,
        ).report()
    total = sum(day.n for day in counted.values())
    metric("rows", total, "rows")
    if failed:
        return Verdict.fail(f"{len(failed)} of {len(spine)} days are wrong: {spine.spans(failed)}", examined=total)
    if warned:
        return Verdict.warn(f"{len(warned)} of {len(spine)} days are short: {spine.spans(warned)}", examined=total)
    # On no rows at all this is no pass to the host, whatever the thresholds are.
    return Verdict.passed(f"all {len(spine)} days have their rows", examined=total)


def count(source: str, settings: Settings, spine: DateSpine) -> dict[date, Day]:
    """The days that have rows. Raises `Error` when the answer is not one row for each of some days of the spine."""
    column, table = quote_identifier(settings.date_column), quote_identifier(settings.table)
    rows = query(
        source,
        f"SELECT CAST({column} AS DATE) AS day, COUNT(*) AS n FROM {table} "
        f"WHERE CAST({column} AS DATE) BETWEEN @start AND @end GROUP BY 1 ORDER BY 1",
        start=spine.start,
        end=spine.end,
    ).rows(Day)
    counted: dict[date, Day] = {}
    for row in rows:
        if row.day in counted:
            raise Error(f"the query returned {row.day} twice")
        if row.day not in spine:
            raise Error(f"the query returned {row.day}, which was not asked for")
        counted[row.day] = row
    return counted
