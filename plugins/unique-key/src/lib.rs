//! No two rows have the same key: see README.md.

#![forbid(unsafe_code)]

use std::collections::BTreeSet;

use assay_sdk::{Check, ColumnName, Context, Error, Scope, SettingProblem, TableName, Verdict, not_applicable};
use schemars::JsonSchema;
use serde::Deserialize;

/// Settings of `unique-key`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The source; may be left out when only one is granted.
    #[serde(default)]
    pub source: Option<String>,
    /// The table.
    pub table: TableName,
    /// The columns that together are the key.
    #[schemars(length(min = 1, max = 16))]
    pub columns: Vec<ColumnName>,
    /// Look at the last days only: the column that says which day a row belongs to.
    #[serde(default)]
    pub date_column: Option<ColumnName>,
    /// How many days are looked at, up to and including the target date.
    #[serde(default)]
    pub lookback_days: Option<u32>,
    /// How many duplicate keys are shown.
    #[serde(default = "sample_rows")]
    #[schemars(range(max = 20))]
    pub sample_rows: u32,
    /// An empty table is not applicable rather than wrong.
    #[serde(default)]
    pub allow_empty: bool,
    /// A query that returns one row with a boolean `applies` and, if it likes, a text `reason`: the check is skipped where
    /// it says no. It may name `@target_date`.
    #[serde(default)]
    pub applies_sql: Option<String>,
}

fn sample_rows() -> u32 {
    5
}

/// The check.
pub struct UniqueKey;

impl Check for UniqueKey {
    const ID: &'static str = "unique-key";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const TITLE: &'static str = "No two rows have the same key";
    const DESCRIPTION: &'static str = "Groups rows by all columns of the key. Rows in which a part of the key is null are \
        told apart from duplicates: they have no key.";
    const OWNER: &'static str = "assay";
    type Settings = Settings;

    fn validate(settings: &Settings) -> Vec<SettingProblem> {
        let mut problems = Scope::problems(settings.date_column.as_ref(), settings.lookback_days);
        if has_twice(&settings.columns) {
            problems.push(SettingProblem::new("/columns", "names a column twice"));
        }
        problems
    }

    fn run(context: &Context, settings: &Settings) -> Result<Verdict, Error> {
        let source = settings.source.as_deref();
        if let Some(skip) = not_applicable(context, source, settings.applies_sql.as_deref())? {
            return Ok(skip);
        }
        let last_days = settings.date_column.as_ref().zip(settings.lookback_days);
        let scope = Scope::new(context, source, &settings.table, last_days)?;
        let has_null =
            settings.columns.iter().map(|column| format!("{column} IS NULL")).collect::<Vec<_>>().join(" OR ");
        let sql = format!("SELECT COUNT(*) AS n, COUNTIF({has_null}) AS nulls FROM {{rows}}");
        let row = scope.query(&sql).fetch()?.only_row()?;
        let rows = row.get::<i64>("n")?.unsigned_abs();
        let nulls = row.get::<i64>("nulls")?.unsigned_abs();
        if rows == 0 {
            return Ok(scope.nothing_examined(settings.allow_empty));
        }
        if nulls > 0 {
            let message = format!("{nulls} rows have no key: a part of it is null");
            scope.finding("null_key", message).column(names(&settings.columns)).affected(nulls).report();
        }
        let (keys, surplus) = duplicates(&scope, settings)?;
        Ok(match (keys, nulls) {
            (0, 0) => Verdict::pass(format!("{rows} rows, each with a key of its own")).examined(rows),
            (0, _) => Verdict::fail(format!("{nulls} of {rows} rows have no key")).examined(rows),
            _ => Verdict::fail(format!("{keys} keys stand more than once: {surplus} rows too many")).examined(rows),
        })
    }
}

/// Column names do not differ by case alone.
fn has_twice(columns: &[ColumnName]) -> bool {
    let names: BTreeSet<_> = columns.iter().map(|column| column.as_str().to_lowercase()).collect();
    names.len() < columns.len()
}

/// The columns of the key for a person.
fn names(columns: &[ColumnName]) -> String {
    columns.iter().map(ColumnName::as_str).collect::<Vec<_>>().join(", ")
}

/// A name for the number of copies that no column of the key has.
fn copies_alias(columns: &[ColumnName]) -> String {
    let mut alias = "copies".to_owned();
    while columns.iter().any(|column| column.as_str().eq_ignore_ascii_case(&alias)) {
        alias.push('_');
    }
    alias
}

/// Keys that stand more than once, and rows that would have to go.
fn duplicates(scope: &Scope, settings: &Settings) -> Result<(u64, u64), Error> {
    let list = settings.columns.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let copies = copies_alias(&settings.columns);
    let complete =
        settings.columns.iter().map(|column| format!("{column} IS NOT NULL")).collect::<Vec<_>>().join(" AND ");
    let twice =
        format!("SELECT {list}, COUNT(*) AS {copies} FROM {{rows}} AND {complete} GROUP BY {list} HAVING COUNT(*) > 1");
    let totals =
        format!("SELECT COUNT(*) AS key_count, COALESCE(SUM({copies} - 1), 0) AS surplus FROM ({twice}) AS twice");
    let row = scope.query(&totals).fetch()?.only_row()?;
    let keys = row.get::<i64>("key_count")?.unsigned_abs();
    let surplus = row.get::<i64>("surplus")?.unsigned_abs();
    if keys > 0 {
        let mut finding = scope
            .finding("duplicate_key", format!("{keys} keys stand more than once"))
            .column(names(&settings.columns))
            .affected(surplus)
            .observed(surplus as f64)
            .expected(0.0)
            .unit("rows");
        let samples = format!("{twice} ORDER BY {copies} DESC, {list} LIMIT {}", settings.sample_rows);
        for row in scope.query(&samples).fetch()? {
            finding = finding.sample(row?.sample()?);
        }
        finding.report();
    }
    Ok((keys, surplus))
}

assay_sdk::export_check!(UniqueKey);
