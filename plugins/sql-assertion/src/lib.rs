//! A query says that all is well: see README.md.

#![forbid(unsafe_code)]

mod settings;
mod value;
mod violations;
mod wording;

use assay_sdk::{Check, Context, Error, Finding, Query, SettingProblem, Verdict, not_applicable, query};

pub use crate::settings::Settings;

/// The check.
pub struct SqlAssertion;

impl Check for SqlAssertion {
    const ID: &'static str = "sql-assertion";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const TITLE: &'static str = "A query says that all is well";
    const DESCRIPTION: &'static str = "Runs a query of the operator: one whose rows are violations, or one that returns a \
        number with bounds. How many rows were looked at is asked too, so that looking at nothing is never fine.";
    const OWNER: &'static str = "assay";
    type Settings = Settings;

    fn validate(settings: &Settings) -> Vec<SettingProblem> {
        settings::problems(settings)
    }

    fn run(context: &Context, settings: &Settings) -> Result<Verdict, Error> {
        let source = context.source(settings.source.as_deref())?;
        if let Some(skip) = not_applicable(context, Some(source), settings.applies_sql.as_deref())? {
            return Ok(skip);
        }
        let assertion = Assertion { context, settings, source };
        match (&settings.violations_sql, &settings.examined_sql, &settings.value_sql) {
            (Some(violations), Some(examined), None) => violations::judge(&assertion, violations, examined),
            (None, None, Some(value)) => value::judge(&assertion, value),
            _ => Err(Error::new("expected `violations_sql` with `examined_sql`, or `value_sql`")),
        }
    }
}

/// What is asserted, and where.
struct Assertion<'a> {
    context: &'a Context,
    settings: &'a Settings,
    source: &'a str,
}

impl Assertion<'_> {
    /// A statement with what it names of the run and its window bound.
    fn statement(&self, sql: impl Into<String>) -> Query {
        let (start, end) = self.context.last_days(self.settings.lookback_days);
        query(self.source, sql).about(self.context).bind_if_named("start", start).bind_if_named("end", end)
    }

    /// A finding about what the settings say it is about.
    fn finding(&self, code: &str, message: String) -> Finding {
        let Settings { table, column, remediation, .. } = self.settings;
        let mut finding = Finding::new(code, message).source(self.source);
        if let Some(table) = table {
            finding = finding.table(table);
        }
        if let Some(column) = column {
            finding = finding.column(column);
        }
        match remediation {
            Some(remediation) => finding.remediation(remediation),
            None => finding,
        }
    }

    /// The verdict when no row was looked at: a failure, unless settings allow it.
    fn nothing_examined(&self) -> Verdict {
        if self.settings.allow_empty {
            return Verdict::skip("no rows were looked at, which the settings allow").examined(0);
        }
        self.finding("nothing_examined", "no rows were looked at".to_owned()).report();
        Verdict::fail("no rows were looked at").examined(0)
    }
}

assay_sdk::export_check!(SqlAssertion);
