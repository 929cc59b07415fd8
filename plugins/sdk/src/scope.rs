//! Which rows of a table a check looks at.

use jiff::civil::Date;

use crate::check::SettingProblem;
use crate::context::Context;
use crate::error::Error;
use crate::identifier::quote_identifier;
use crate::query::{Query, query};
use crate::report::Finding;
use crate::verdict::Verdict;

/// The rows of a table that a check looks at: all of them, or those of the last days. Rows without a date belong to
/// no day and are always looked at: what cannot be placed must not be passed over.
#[derive(Debug, Clone)]
pub struct Scope {
    source: String,
    table: String,
    rows: String,
    days: Option<(Date, Date)>,
}

impl Scope {
    /// The rows of a table; with a date column and a number of days only the last ones, up to the target date.
    ///
    /// # Errors
    /// When the source is not clear, or a name cannot be one.
    pub fn new(
        context: &Context,
        source: Option<&str>,
        table: &str,
        last_days: Option<(&str, u32)>,
    ) -> Result<Self, Error> {
        let source = context.source(source)?.to_owned();
        let quoted = quote_identifier(table)?;
        let table = table.to_owned();
        let Some((column, days)) = last_days else {
            return Ok(Self { source, table, rows: format!("{quoted} WHERE TRUE"), days: None });
        };
        let column = quote_identifier(column)?;
        let rows = format!("{quoted} WHERE (CAST({column} AS DATE) BETWEEN @start AND @end OR {column} IS NULL)");
        Ok(Self { source, table, rows, days: Some(context.last_days(days)) })
    }

    /// What is wrong with the settings `table`, `date_column` and `lookback_days` of a check that has them.
    #[must_use]
    pub fn problems(table: &str, date_column: Option<&str>, lookback_days: Option<u32>) -> Vec<SettingProblem> {
        let problem = |path: &str, wrong: bool, message: &str| wrong.then(|| SettingProblem::new(path, message));
        let bad_column = date_column.is_some_and(|column| quote_identifier(column).is_err());
        let problems = [
            problem("/table", quote_identifier(table).is_err(), "not the name of a table"),
            problem("/date_column", bad_column, "not the name of a column"),
            problem("/lookback_days", date_column.is_some() != lookback_days.is_some(), "goes with `date_column`"),
        ];
        problems.into_iter().flatten().collect()
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
