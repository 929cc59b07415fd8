//! No two rows have the same key: see README.md.

#![forbid(unsafe_code)]

use std::collections::BTreeSet;

use assay_sdk::{Check, Context, Error, Scope, SettingProblem, Verdict, quote_identifier};
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
    pub table: String,
    /// The columns that together are the key.
    pub columns: Vec<String>,
    /// Look at the last days only: the column that says which day a row belongs to.
    #[serde(default)]
    pub date_column: Option<String>,
    /// How many days are looked at, up to and including the target date.
    #[serde(default)]
    pub lookback_days: Option<u32>,
    /// How many duplicate keys are shown.
    #[serde(default = "sample_rows")]
    pub sample_rows: u32,
    /// An empty table is not applicable rather than wrong.
    #[serde(default)]
    pub allow_empty: bool,
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
        let problem = |path: &str, wrong: bool, message: &str| wrong.then(|| SettingProblem::new(path, message));
        let Settings { table, columns, date_column, lookback_days, sample_rows, .. } = settings;
        let bad_column = |column: &String| quote_identifier(column).is_err();
        let problems = [
            problem("/columns", !(1..=16).contains(&columns.len()), "expected 1 to 16 columns"),
            problem("/columns", columns.iter().any(bad_column), "not the name of a column"),
            problem("/columns", has_twice(columns), "names a column twice"),
            problem("/sample_rows", *sample_rows > 20, "expected 20 at the most"),
        ];
        let scope = Scope::problems(table, date_column.as_deref(), *lookback_days);
        scope.into_iter().chain(problems.into_iter().flatten()).collect()
    }

    fn run(context: &Context, settings: &Settings) -> Result<Verdict, Error> {
        let last_days = settings.date_column.as_deref().zip(settings.lookback_days);
        let scope = Scope::new(context, settings.source.as_deref(), &settings.table, last_days)?;
        let key = settings.columns.iter().map(|column| quote_identifier(column)).collect::<Result<Vec<_>, _>>()?;
        let has_null = key.iter().map(|column| format!("{column} IS NULL")).collect::<Vec<_>>().join(" OR ");
        let sql = format!("SELECT COUNT(*) AS n, SUM(CASE WHEN {has_null} THEN 1 ELSE 0 END) AS nulls FROM {{rows}}");
        let row = scope.query(&sql).fetch()?.only_row()?;
        let rows = row.get::<i64>("n")?.unsigned_abs();
        let nulls = row.get::<Option<i64>>("nulls")?.unwrap_or(0).unsigned_abs();
        if rows == 0 {
            return Ok(scope.nothing_examined(settings.allow_empty));
        }
        if nulls > 0 {
            let message = format!("{nulls} rows have no key: a part of it is null");
            scope.finding("null_key", message).column(&settings.columns.join(", ")).affected(nulls).report();
        }
        let (keys, surplus) = duplicates(&scope, settings, &key)?;
        Ok(match (keys, nulls) {
            (0, 0) => Verdict::pass(format!("{rows} rows, each with a key of its own")).examined(rows),
            (0, _) => Verdict::fail(format!("{nulls} of {rows} rows have no key")).examined(rows),
            _ => Verdict::fail(format!("{keys} keys stand more than once: {surplus} rows too many")).examined(rows),
        })
    }
}

/// Column names do not differ by case alone.
fn has_twice(columns: &[String]) -> bool {
    let names: BTreeSet<_> = columns.iter().map(|column| column.to_lowercase()).collect();
    names.len() < columns.len()
}

/// A name for the number of copies that no column of the key has.
fn copies_alias(columns: &[String]) -> String {
    let mut alias = "copies".to_owned();
    while columns.iter().any(|column| column.eq_ignore_ascii_case(&alias)) {
        alias.push('_');
    }
    alias
}

/// Keys that stand more than once, and rows that would have to go.
fn duplicates(scope: &Scope, settings: &Settings, key: &[String]) -> Result<(u64, u64), Error> {
    let list = key.join(", ");
    let copies = copies_alias(&settings.columns);
    let complete = key.iter().map(|column| format!("{column} IS NOT NULL")).collect::<Vec<_>>().join(" AND ");
    let twice =
        format!("SELECT {list}, COUNT(*) AS {copies} FROM {{rows}} AND {complete} GROUP BY {list} HAVING COUNT(*) > 1");
    let totals = format!("SELECT COUNT(*) AS key_count, SUM({copies} - 1) AS surplus FROM ({twice}) AS twice");
    let row = scope.query(&totals).fetch()?.only_row()?;
    let keys = row.get::<i64>("key_count")?.unsigned_abs();
    let surplus = row.get::<Option<i64>>("surplus")?.unwrap_or(0).unsigned_abs();
    if keys > 0 {
        let mut finding = scope
            .finding("duplicate_key", format!("{keys} keys stand more than once"))
            .column(&settings.columns.join(", "))
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
