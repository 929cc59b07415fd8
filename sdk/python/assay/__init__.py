"""Write a data-validation check for assay in Python.

A check is a function of a `Context` and of settings, which are a dataclass. It asks for data with `query`, reports what
is not as it should be with `Finding`, and concludes with a `Verdict`. There is no clock, no random and no file: what it
may know of time and identity is in the context.

```python
from dataclasses import dataclass
from typing import Annotated

from assay import Context, Finding, Table, Verdict, check, query, quote_identifier


@dataclass(frozen=True)
class Settings:
    table: Annotated[str, Table, "The table to look at."]


@dataclass(frozen=True)
class Count:
    n: int


@check(Settings)
def run(context: Context, settings: Settings) -> Verdict:
    sql = f"SELECT COUNT(*) AS n FROM {quote_identifier(settings.table)}"
    rows = query(context.source(), sql).only_row(Count).n
    if rows == 0:
        Finding("empty", "the table has no rows", table=settings.table).report()
        return Verdict.fail("no rows", examined=0)
    return Verdict.passed(f"{rows} rows", examined=rows)
```
"""

from assay.baseline import Baseline
from assay.constraint import Column, Length, Pattern, Range, Source, Table
from assay.context import Context
from assay.entry import Check, check
from assay.error import DefinitionError, Error
from assay.finding import Finding, Severity
from assay.json_text import Json
from assay.name import quote_identifier
from assay.problem import SettingProblem
from assay.report import Level, log, metric
from assay.row import Row
from assay.spine import DateSpine
from assay.statement import Query, Rows, query
from assay.thresholds import Judgement, Thresholds
from assay.verdict import Outcome, Verdict

__all__ = [
    "Baseline",
    "Check",
    "Column",
    "Context",
    "DateSpine",
    "DefinitionError",
    "Error",
    "Finding",
    "Json",
    "Judgement",
    "Length",
    "Level",
    "Outcome",
    "Pattern",
    "Query",
    "Range",
    "Row",
    "Rows",
    "SettingProblem",
    "Severity",
    "Source",
    "Table",
    "Thresholds",
    "Verdict",
    "check",
    "log",
    "metric",
    "query",
    "quote_identifier",
]
