//! Which rows of a table a check looks at.

use jiff::civil::Date;

use crate::context::Context;
use crate::error::Error;
use crate::identifier::{ColumnName, TableName};
use crate::query::{Query, query};
use crate::report::Finding;
use crate::settings::SettingProblem;
use crate::verdict::Verdict;

/// The rows of a table that a check looks at: all of them, or those of the last days. Rows without a date belong to
/// no day and are always looked at: what cannot be placed must not be passed over.
///
/// ```no_run
/// use assay_sdk::{ColumnName, Context, Error, Scope, TableName, Verdict};
///
/// fn run(context: &Context, table: &TableName, amount: &ColumnName) -> Result<Verdict, Error> {
///     const DAY: ColumnName = ColumnName::fixed("day");
///     let scope = Scope::new(context, None, table, Some((&DAY, 7)))?;
///     let sql = format!("SELECT COUNT(*) AS n, COUNTIF({amount} < 0) AS negative FROM {{rows}} AND {amount} IS NOT NULL");
///     let row = scope.query(&sql).fetch()?.only_row()?;
///     let (rows, negative): (u64, u64) = (row.get("n")?, row.get("negative")?);
///     if rows == 0 {
///         return Ok(scope.nothing_examined(false));
///     }
///     if negative > 0 {
///         scope.finding("negative", format!("{negative} of {rows} amounts")).column(amount).affected(negative).report();
///         return Ok(Verdict::fail("negative amounts").examined(rows));
///     }
///     Ok(Verdict::passed("no negative amounts", rows))
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Scope {
    source: String,
    table: TableName,
    rows: String,
    days: Option<(Date, Date)>,
}

impl Scope {
    /// The rows of a table; with a date column and a number of days only the last ones, up to the target date.
    ///
    /// # Errors
    /// When the source is not clear.
    pub fn new(
        context: &Context,
        source: Option<&str>,
        table: &TableName,
        last_days: Option<(&ColumnName, u32)>,
    ) -> Result<Self, Error> {
        let source = context.source(source)?.to_owned();
        let (rows, days) = match last_days {
            None => (format!("{table} WHERE TRUE"), None),
            Some((column, days)) => (
                format!("{table} WHERE (CAST({column} AS DATE) BETWEEN @start AND @end OR {column} IS NULL)"),
                Some(context.last_days(days)),
            ),
        };
        Ok(Self { source, table: table.clone(), rows, days })
    }

    /// What is wrong with the settings `date_column` and `lookback_days` of a check that has them: one goes with the
    /// other.
    #[must_use]
    pub fn problems(date_column: Option<&ColumnName>, lookback_days: Option<u32>) -> Vec<SettingProblem> {
        if date_column.is_some() == lookback_days.is_some() {
            return Vec::new();
        }
        vec![SettingProblem::new("/lookback_days", "goes with `date_column`")]
    }

    /// The verdict when there is no row to look at: a failure, unless settings allow it.
    #[must_use]
    pub fn nothing_examined(&self, allowed: bool) -> Verdict {
        if allowed {
            return Verdict::skip("there are no rows, which the settings allow").examined(0);
        }
        self.finding("nothing_examined", "there are no rows").report();
        Verdict::fail("there are no rows").examined(0)
    }

    /// A finding about the table.
    pub fn finding(&self, code: &str, message: impl Into<String>) -> Finding {
        Finding::new(code, message).source(&self.source).table(&self.table)
    }

    /// The table and what is looked at of it, open for a further `AND`: for a statement over several scopes. With a number
    /// of days it names `@start` and `@end`.
    #[must_use]
    pub fn rows(&self) -> &str {
        &self.rows
    }

    /// A statement in which `{rows}` stands for the table and what is looked at, open for a further `AND`.
    #[must_use]
    pub fn query(&self, sql: &str) -> Query {
        let statement = query(&self.source, sql.replace("{rows}", &self.rows));
        match self.days {
            Some((start, end)) => statement.bind("start", start).bind("end", end),
            None => statement,
        }
    }
}
