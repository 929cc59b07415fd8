"""Few enough values of a column are null: see README.md."""

from dataclasses import dataclass
from typing import Annotated

from assay import (
    Column,
    Context,
    Error,
    Finding,
    Range,
    Source,
    Table,
    Verdict,
    check,
    metric,
    query,
    quote_identifier,
)


@dataclass(frozen=True)
class Settings:
    """What the check is asked to verify."""

    table: Annotated[str, Table, "The table."]
    column: Annotated[str, Column, "The column."]
    max_percent: Annotated[float, Range(0, 100), "How many of a hundred values may be null."]
    source: Annotated[str | None, Source, "The source; may be left out when only one is granted."] = None


@dataclass(frozen=True)
class Counts:
    """The one row of the query."""

    n_rows: int
    n_nulls: int


@check(Settings)
def run(context: Context, settings: Settings) -> Verdict:
    """Counts, and compares the percentage with the bound."""
    source = context.source(settings.source)
    column, table = quote_identifier(settings.column), quote_identifier(settings.table)
    counts = query(
        source,
        # A sum over no rows is null, and an empty table is to be told as one.
        f"SELECT COUNT(*) AS n_rows, COALESCE(SUM(CASE WHEN {column} IS NULL THEN 1 ELSE 0 END), 0) AS n_nulls "
        f"FROM {table}",
    ).only_row(Counts)
    rows, nulls, bound = counts.n_rows, counts.n_nulls, settings.max_percent
    if rows == 0:
        raise Error(f"`{settings.table}` has no rows: there is no percentage of nothing")
    percent = 100 * nulls / rows
    metric("null_percent", percent, "percent")
    summary = f"{nulls} of {rows} values of `{settings.column}` are null: {percent:.4g} %, at most {bound:.4g} %"
    if percent <= bound:
        return Verdict.passed(summary, examined=rows)
    Finding(
        "null_rate",
        summary,
        source=source,
        table=settings.table,
        column=settings.column,
        observed=percent,
        expected=bound,
        unit="percent",
        affected=nulls,
    ).report()
    return Verdict.fail(summary, examined=rows)
