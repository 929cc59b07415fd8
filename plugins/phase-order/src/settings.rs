//! What the check is told.

use std::collections::BTreeSet;

use assay_sdk::{ColumnName, SettingProblem, TableName};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Number;

/// Settings of `phase-order`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The source; may be left out when only one is granted.
    #[serde(default)]
    pub source: Option<String>,
    /// The table that is written first.
    pub upstream: Side,
    /// The table that is made of it.
    pub downstream: Side,
    /// Which of a key's writes are compared.
    #[serde(default)]
    pub judge: Judge,
    /// How much earlier a row may have been written than what it is made of.
    #[serde(default)]
    #[schemars(range(min = 0, max = 1_000_000))]
    pub max_lag_minutes: f64,
    /// Whether a key without a row upstream is wrong.
    #[serde(default = "require_upstream")]
    pub require_upstream: bool,
    /// What all holds for a row upstream that is there and has no data yet.
    #[serde(default)]
    #[schemars(length(max = 8))]
    pub placeholder: Vec<Placeholder>,
    /// How many days are looked at, up to and including the target date: of each table that has a `date_column`.
    #[serde(default)]
    #[schemars(range(min = 1, max = 4000))]
    pub lookback_days: Option<u32>,
    /// A statement that answers with one row, `applies` and maybe `reason`: whether the check applies that day.
    #[serde(default)]
    pub applies_sql: Option<String>,
    /// How many keys are shown for each thing that is wrong.
    #[serde(default = "sample_rows")]
    #[schemars(range(max = 20))]
    pub sample_rows: u32,
    /// A table downstream without rows is not applicable rather than wrong.
    #[serde(default)]
    pub allow_empty: bool,
}

/// A table, and when its rows were written.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Side {
    /// The table.
    pub table: TableName,
    /// The columns that together are the key, in the same order on both sides.
    #[schemars(length(min = 1, max = 8))]
    pub key_columns: Vec<ColumnName>,
    /// The column that says when a row was written: a timestamp.
    pub time_column: ColumnName,
    /// Look at the last days only: the column that says which day a row belongs to.
    #[serde(default)]
    pub date_column: Option<ColumnName>,
}

/// Which of a key's writes are compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Judge {
    /// The latest on each side: a row that was rewritten since is as good as new.
    #[default]
    LatestWrite,
    /// The earliest downstream with the latest upstream: no row at all may be older than what it is made of.
    AnyWrite,
}

/// A column of a placeholder.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Placeholder {
    /// The column, upstream.
    pub column: ColumnName,
    /// What it holds as long as there is no data.
    pub equals: Scalar,
}

/// A value of the settings.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Scalar {
    /// True or false.
    Boolean(bool),
    /// A number.
    Number(Number),
    /// A text.
    Text(String),
}

fn require_upstream() -> bool {
    true
}

fn sample_rows() -> u32 {
    5
}

impl Settings {
    /// What is wrong with them together.
    pub(crate) fn problems(&self) -> Vec<SettingProblem> {
        let mut problems = Vec::new();
        let sides = [("/upstream", &self.upstream), ("/downstream", &self.downstream)];
        for (path, Side { key_columns, .. }) in sides {
            let names: BTreeSet<_> = key_columns.iter().map(|column| column.as_str().to_lowercase()).collect();
            if names.len() < key_columns.len() {
                problems.push(SettingProblem::new(format!("{path}/key_columns"), "names a column twice"));
            }
        }
        let (above, below) = (self.upstream.key_columns.len(), self.downstream.key_columns.len());
        if above != below {
            let message = format!("expected {above}, as many as upstream has, found {below}");
            problems.push(SettingProblem::new("/downstream/key_columns", message));
        }
        if self.lookback_days.is_some() != sides.iter().any(|(_, side)| side.date_column.is_some()) {
            problems.push(SettingProblem::new("/lookback_days", "goes with a `date_column`"));
        }
        problems
    }
}
