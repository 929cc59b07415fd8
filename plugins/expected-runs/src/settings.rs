//! What the operator says of the ledger and of what is due.

use std::collections::BTreeSet;

use assay_sdk::{ColumnName, SettingProblem, TableName};
use schemars::JsonSchema;
use serde::Deserialize;

/// Settings of `expected-runs`. At least one of `expected_sql` and `entities`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The source; may be left out when only one is granted.
    #[serde(default)]
    pub source: Option<String>,
    /// A query that says in one row whether the check applies: `applies`, and maybe `reason`.
    #[serde(default)]
    pub applies_sql: Option<String>,
    /// The ledger of runs.
    pub table: TableName,
    /// The column that says what ran: a processor, a schedule, a check.
    pub entity_column: ColumnName,
    /// The column that says when it ended, a timestamp.
    pub time_column: ColumnName,
    /// The column that says how it ended. Goes with `success`; without them every run counts.
    #[serde(default)]
    pub status_column: Option<ColumnName>,
    /// Statuses of runs that count.
    #[serde(default)]
    pub success: Vec<String>,
    /// A query that returns a row for each run that is due: `entity`, `due_at` (the latest instant at which it may end)
    /// and, if it likes, `since` (the earliest). `@start` and `@end` are the first and last day looked at.
    #[serde(default)]
    pub expected_sql: Option<String>,
    /// Entities that must not be without a run for longer than some hours.
    #[serde(default)]
    pub entities: Vec<Entity>,
    /// How many days are looked at, up to and including the target date.
    #[serde(default = "lookback_days")]
    #[schemars(range(min = 1, max = 400))]
    pub lookback_days: u32,
    /// So many missing runs of an entity are a warning only, as long as it has run at all.
    #[serde(default)]
    pub tolerated_missing: u32,
    /// Runs in the days looked at of entities that nobody expects.
    #[serde(default)]
    pub unexpected: Unexpected,
    /// How many unexpected entities are shown.
    #[serde(default = "sample_rows")]
    #[schemars(range(max = 20))]
    pub sample_rows: u32,
}

/// An entity that runs often enough.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Entity {
    /// Its name in the ledger.
    pub name: String,
    /// Its last run may be so old at the scheduled instant.
    #[schemars(range(min = 0, max = 100_000))]
    pub max_gap_hours: f64,
}

/// What runs of entities are that nobody expects.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Unexpected {
    /// Nothing to tell.
    #[default]
    Ignore,
    /// A warning.
    Warn,
}

fn lookback_days() -> u32 {
    2
}

fn sample_rows() -> u32 {
    5
}

impl Settings {
    /// What depends on more than one setting.
    pub(crate) fn problems(&self) -> Vec<SettingProblem> {
        let mut problems = Vec::new();
        if self.expected_sql.is_none() && self.entities.is_empty() {
            problems.push(SettingProblem::new("", "expected `expected_sql`, `entities` or both: nothing would be due"));
        }
        if self.status_column.is_some() == self.success.is_empty() {
            problems.push(SettingProblem::new("/success", "goes with `status_column`"));
        }
        let mut names = BTreeSet::new();
        let twice = self.entities.iter().enumerate().filter(|(_, entity)| !names.insert(&entity.name));
        problems
            .extend(twice.map(|(at, _)| SettingProblem::new(format!("/entities/{at}/name"), "names an entity twice")));
        problems
    }

    /// Whether a row of the ledger counts, as SQL; names `@success` where that matters.
    pub(crate) fn counts_sql(&self) -> String {
        match &self.status_column {
            Some(column) => format!("COALESCE(CAST({column} AS STRING) IN UNNEST(@success), FALSE)"),
            None => "TRUE".to_owned(),
        }
    }
}
