//! Every key refers to a row that exists: see README.md.

#![forbid(unsafe_code)]

use std::collections::BTreeSet;

use assay_sdk::{
    Check, ColumnName, Context, Error, Row, Scope, SettingProblem, TableName, Verdict, metric, not_applicable,
};
use schemars::JsonSchema;
use serde::Deserialize;

/// Settings of `referential`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The source; may be left out when only one is granted.
    #[serde(default)]
    pub source: Option<String>,
    /// The table whose rows refer to others.
    pub table: TableName,
    /// The columns that together refer to a row of the other table.
    #[schemars(length(min = 1, max = 8))]
    pub columns: Vec<ColumnName>,
    /// What they refer to.
    pub references: References,
    /// A row in which a part of the key is null refers to nothing, and may. A table in which every row is so is wrong all
    /// the same.
    #[serde(default)]
    pub allow_null: bool,
    /// Look at the last days only: the column that says which day a row belongs to.
    #[serde(default)]
    pub date_column: Option<ColumnName>,
    /// How many days are looked at, up to and including the target date.
    #[serde(default)]
    #[schemars(range(min = 1, max = 4000))]
    pub lookback_days: Option<u32>,
    /// A statement that answers with one row, `applies` and maybe `reason`: whether the check applies on the target date.
    #[serde(default)]
    pub applies_sql: Option<String>,
    /// How many keys without a row are shown.
    #[serde(default = "sample_rows")]
    #[schemars(range(max = 20))]
    pub sample_rows: u32,
    /// A table without rows is not applicable rather than wrong.
    #[serde(default)]
    pub allow_empty: bool,
}

/// The rows that are referred to.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct References {
    /// The table. All of its rows count, whatever their day.
    pub table: TableName,
    /// Its columns, in the order of the columns that refer to them.
    #[schemars(length(min = 1, max = 8))]
    pub columns: Vec<ColumnName>,
}

fn sample_rows() -> u32 {
    5
}

/// The check.
pub struct Referential;

impl Check for Referential {
    const ID: &'static str = "referential";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const TITLE: &'static str = "Every key refers to a row that exists";
    const DESCRIPTION: &'static str = "Looks up every key of a table in another table, column by column. Rows without a key \
        are told apart from keys without a row, and an empty table to refer to is a failure of its own.";
    const OWNER: &'static str = "assay";
    type Settings = Settings;

    fn validate(settings: &Settings) -> Vec<SettingProblem> {
        let mut problems = Scope::problems(settings.date_column.as_ref(), settings.lookback_days);
        for (path, columns) in [("/columns", &settings.columns), ("/references/columns", &settings.references.columns)]
        {
            if has_twice(columns) {
                problems.push(SettingProblem::new(path, "names a column twice"));
            }
        }
        let (from, to) = (settings.columns.len(), settings.references.columns.len());
        if from != to {
            let message = format!("expected {from}, as many as `columns` has, found {to}");
            problems.push(SettingProblem::new("/references/columns", message));
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
        let counts = Counts::of(&scope.query(&counts_sql(settings)).fetch()?.only_row()?)?;
        if counts.rows == 0 {
            return Ok(scope.nothing_examined(settings.allow_empty));
        }
        counts.tell();
        report(&scope, settings, &counts)?;
        Ok(counts.verdict(settings))
    }
}

/// What was counted.
struct Counts {
    /// Rows that may refer to others.
    rows: u64,
    /// Those in which a part of the key is null.
    nulls: u64,
    /// Different keys that can be referred to.
    references: u64,
    /// Rows whose key cannot be.
    orphan_rows: u64,
    /// Different keys that cannot be.
    orphan_keys: u64,
}

impl Counts {
    fn of(row: &Row) -> Result<Self, Error> {
        Ok(Self {
            rows: row.get("all_rows")?,
            nulls: row.get("null_rows")?,
            references: row.get("reference_keys")?,
            orphan_rows: row.get("orphan_rows")?,
            orphan_keys: row.get("orphan_keys")?,
        })
    }

    fn tell(&self) {
        metric("orphan_rows", self.orphan_rows as f64, Some("rows"));
        metric("orphan_keys", self.orphan_keys as f64, Some("keys"));
        metric("null_rows", self.nulls as f64, Some("rows"));
        metric("reference_keys", self.references as f64, Some("keys"));
    }

    fn all_null(&self) -> bool {
        self.nulls == self.rows
    }

    fn verdict(&self, settings: &Settings) -> Verdict {
        let Self { rows, nulls, orphan_rows, orphan_keys, .. } = *self;
        let other = settings.references.table.as_str();
        let verdict = if self.all_null() {
            Verdict::fail(format!("none of {rows} rows has a key"))
        } else if self.references == 0 {
            Verdict::fail(format!("`{other}` has no key to refer to"))
        } else if orphan_rows > 0 {
            Verdict::fail(format!("{orphan_keys} keys in {orphan_rows} of {rows} rows are not in `{other}`"))
        } else if nulls > 0 && !settings.allow_null {
            Verdict::fail(format!("{nulls} of {rows} rows have no key"))
        } else {
            // Rows without a key were counted, not looked up.
            return Verdict::passed(format!("every key is in `{other}`"), rows - nulls);
        };
        verdict.examined(rows)
    }
}

/// Says what is wrong, each with a finding of its own.
fn report(scope: &Scope, settings: &Settings, counts: &Counts) -> Result<(), Error> {
    let Counts { rows, nulls, orphan_rows, orphan_keys, .. } = *counts;
    let other = settings.references.table.as_str();
    let finding = |code, message| scope.finding(code, message).column(names(&settings.columns)).unit("rows");
    if counts.all_null() {
        finding("all_null", format!("none of {rows} rows has a key")).affected(rows).report();
        return Ok(());
    }
    if nulls > 0 && !settings.allow_null {
        let message = format!("{nulls} of {rows} rows have no key: a part of it is null");
        finding("null_key", message).affected(nulls).observed(nulls as f64).expected(0.0).report();
    }
    if counts.references == 0 {
        finding("empty_reference", format!("{rows} rows refer to a table without a key"))
            .table(&settings.references.table)
            .column(names(&settings.references.columns))
            .affected(rows)
            .remediation(format!("load `{other}`, then whatever was built from it"))
            .report();
    } else if orphan_rows > 0 {
        let mut finding = finding("orphan", format!("{orphan_keys} keys are not in `{other}`"))
            .affected(orphan_rows)
            .observed(orphan_rows as f64)
            .expected(0.0)
            .attribute("keys", orphan_keys.to_string())
            .attribute("references", other);
        if settings.sample_rows > 0 {
            for row in scope.query(&samples_sql(settings)).fetch()? {
                finding = finding.sample(row?.sample()?);
            }
        }
        finding.report();
    }
    Ok(())
}

/// The rows that refer (`assay_child`), what they can refer to (`assay_parent`) and the keys that are not there
/// (`assay_orphan`), with the columns of the key as `k0`, `k1` and so on: equal names and look-alike texts are no matter.
fn keys_sql(settings: &Settings) -> String {
    let References { table, columns } = &settings.references;
    let (child, parent) = (aliased(&settings.columns), aliased(columns));
    let same = each(columns.len(), " AND ", |key| format!("p.{key} = c.{key}"));
    let complete = each(columns.len(), " AND ", |key| format!("{key} IS NOT NULL"));
    let keys = each(columns.len(), ", ", |key| format!("c.{key}"));
    format!(
        "WITH assay_child AS (SELECT {child} FROM {{rows}}), \
         assay_parent AS (SELECT DISTINCT * FROM (SELECT {parent} FROM {table}) AS r WHERE {complete}), \
         assay_orphan AS (SELECT {keys}, COUNT(*) AS n FROM (SELECT * FROM assay_child WHERE {complete}) AS c \
         LEFT JOIN assay_parent AS p ON {same} WHERE p.k0 IS NULL GROUP BY {keys})"
    )
}

/// Everything that is counted, in one row.
fn counts_sql(settings: &Settings) -> String {
    let incomplete = each(settings.columns.len(), " OR ", |key| format!("{key} IS NULL"));
    format!(
        "{} SELECT (SELECT COUNT(*) FROM assay_child) AS all_rows, \
         (SELECT COUNTIF({incomplete}) FROM assay_child) AS null_rows, \
         (SELECT COUNT(*) FROM assay_parent) AS reference_keys, \
         (SELECT COUNT(*) FROM assay_orphan) AS orphan_keys, \
         (SELECT COALESCE(SUM(n), 0) FROM assay_orphan) AS orphan_rows",
        keys_sql(settings)
    )
}

/// The keys that are not there, those of most rows first, under the names of their columns.
fn samples_sql(settings: &Settings) -> String {
    let named = settings.columns.iter().enumerate().map(|(index, column)| format!("k{index} AS {column}"));
    let named = named.collect::<Vec<_>>().join(", ");
    let keys = each(settings.columns.len(), ", ", ToOwned::to_owned);
    let count = count_alias(&settings.columns);
    let limit = settings.sample_rows;
    format!(
        "{} SELECT {named}, n AS {count} FROM assay_orphan ORDER BY n DESC, {keys} LIMIT {limit}",
        keys_sql(settings)
    )
}

/// Columns as `k0`, `k1` and so on.
fn aliased(columns: &[ColumnName]) -> String {
    let aliased = columns.iter().enumerate().map(|(index, column)| format!("{column} AS k{index}"));
    aliased.collect::<Vec<_>>().join(", ")
}

/// Something for each column of a key, joined.
fn each(count: usize, separator: &str, write: impl Fn(&str) -> String) -> String {
    (0..count).map(|index| write(&format!("k{index}"))).collect::<Vec<_>>().join(separator)
}

/// A name for the number of rows that no column of the key has.
fn count_alias(columns: &[ColumnName]) -> String {
    let mut alias = "row_count".to_owned();
    while columns.iter().any(|column| column.as_str().eq_ignore_ascii_case(&alias)) {
        alias.push('_');
    }
    alias
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

assay_sdk::export_check!(Referential);
