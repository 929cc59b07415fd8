//! Tables have the columns they should: see README.md.

#![forbid(unsafe_code)]

mod drift;
mod settings;
mod type_name;

use assay_sdk::{
    Check, Context, Error, Finding, SettingProblem, Severity, TableName, Verdict, metric, not_applicable, query,
};

use crate::drift::{Drift, drifts};
pub use crate::settings::{Column, Settings, Table};
use crate::type_name::canonical;

/// The check.
pub struct SchemaDrift;

/// What came of the tables together.
#[derive(Default)]
struct Tally {
    /// Declared columns that were looked at.
    columns: u64,
    missing_tables: u64,
    wrong: u64,
    added: u64,
    /// Names of the tables that are wrong, or only noticeable.
    failed: Vec<String>,
    noticed: Vec<String>,
}

impl Check for SchemaDrift {
    const ID: &'static str = "schema-drift";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const TITLE: &'static str = "Tables have the columns they should";
    const DESCRIPTION: &'static str = "Compares the columns of tables, and their types, with what is declared. A table that \
        is gone, a column that is gone or of another type is wrong; a column that nobody declared is noticed.";
    const OWNER: &'static str = "assay";
    // One query a table, and one for whether the check applies.
    const LIMITS: &'static [(&'static str, u64)] = &[("queries", 64)];
    type Settings = Settings;

    fn validate(settings: &Settings) -> Vec<SettingProblem> {
        settings::problems(settings)
    }

    fn run(context: &Context, settings: &Settings) -> Result<Verdict, Error> {
        let source = context.source(settings.source.as_deref())?;
        if let Some(skip) = not_applicable(context, Some(source), settings.applies_sql.as_deref())? {
            return Ok(skip);
        }
        let mut tally = Tally::default();
        for table in &settings.tables {
            match columns(source, &table.table)? {
                Some(actual) => compare(source, table, &actual, &mut tally),
                None => {
                    tally.missing_tables += 1;
                    tally.failed.push(table.table.as_str().to_owned());
                    Finding::new("table_missing", "there is no such table")
                        .source(source)
                        .table(&table.table)
                        .affected(table.columns.len() as u64)
                        .remediation("create the table again, or take it out of the settings")
                        .report();
                }
            }
        }
        metric("columns", tally.columns as f64, Some("columns"));
        metric("columns_wrong", tally.wrong as f64, Some("columns"));
        metric("columns_added", tally.added as f64, Some("columns"));
        metric("tables_missing", tally.missing_tables as f64, Some("tables"));
        Ok(conclude(&tally, settings.tables.len()))
    }
}

/// Names and types of a table's columns; none when there is no such table. Whatever else keeps the source from
/// answering is an error.
fn columns(source: &str, table: &TableName) -> Result<Option<Vec<(String, String)>>, Error> {
    match query(source, format!("SELECT * FROM {table} LIMIT 0")).fetch() {
        Ok(rows) => {
            let columns = rows.types().map(|(name, type_name)| (name.to_owned(), type_name.to_owned())).collect();
            // To its end: an answer that breaks off is no description of a table.
            rows.collect::<Result<Vec<_>, _>>()?;
            Ok(Some(columns))
        }
        Err(error) if error.code() == Some("unknown-table") => Ok(None),
        Err(error) => Err(error),
    }
}

fn compare(source: &str, table: &Table, actual: &[(String, String)], tally: &mut Tally) {
    let drifts = drifts(table, actual);
    let wrong = drifts.iter().filter(|drift| drift.is_wrong()).count() as u64;
    tally.columns += table.columns.len() as u64;
    tally.wrong += wrong;
    tally.added += drifts.len() as u64 - wrong;
    if wrong > 0 {
        tally.failed.push(table.table.as_str().to_owned());
    } else if !drifts.is_empty() {
        tally.noticed.push(table.table.as_str().to_owned());
    }
    for drift in &drifts[..drifts.len().min(FINDINGS_MAX)] {
        finding(drift).source(source).table(&table.table).report();
    }
    if let Some(more) = drifts.len().checked_sub(FINDINGS_MAX).filter(|more| *more > 0) {
        Finding::new("more_columns", format!("{more} more columns are not as declared"))
            .source(source)
            .table(&table.table)
            .affected(more as u64)
            .report();
    }
}

/// Most findings about a table.
const FINDINGS_MAX: usize = 30;

fn finding(drift: &Drift<'_>) -> Finding {
    match drift {
        Drift::Missing { column } => Finding::new("column_missing", "the column is gone")
            .column(column.name.as_str())
            .expected_text(canonical(&column.type_name))
            .remediation("bring the column back, or declare the table as it is now"),
        Drift::Renamed { column, to } => {
            let message = format!("the column is gone, and `{to}` of the same type is new: it may have been renamed");
            Finding::new("column_renamed", message)
                .column(column.name.as_str())
                .observed_text(*to)
                .expected_text(column.name.as_str())
                .remediation(format!("look for what still reads `{}`", column.name.as_str()))
        }
        Drift::Changed { column, type_name } => Finding::new("type_changed", "the column is of another type")
            .column(column.name.as_str())
            .observed_text(canonical(type_name))
            .expected_text(canonical(&column.type_name))
            .remediation("look for what reads or writes the column as it was"),
        Drift::Twice { name } => {
            Finding::new("column_twice", "two columns have the same name but for its case").column(name)
        }
        Drift::Added { name, type_name } => Finding::new("column_added", "the column is not declared")
            .severity(Severity::Low)
            .column(name)
            .observed_text(canonical(type_name))
            .remediation("declare the column"),
    }
}

fn conclude(tally: &Tally, tables: usize) -> Verdict {
    let Tally { columns, failed, noticed, .. } = tally;
    let verdict = match (failed.as_slice(), noticed.as_slice()) {
        ([], []) => Verdict::pass(format!("{columns} columns of {tables} tables are as declared")),
        ([], noticed) => Verdict::warn(format!("columns that are not declared in {}", noticed.join(", "))),
        (failed, _) => Verdict::fail(format!("not as declared: {}", failed.join(", "))),
    };
    verdict.examined(*columns)
}

assay_sdk::export_check!(SchemaDrift);
