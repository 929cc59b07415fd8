//! What the check is told.

use std::collections::BTreeSet;

use assay_sdk::{ColumnName, SettingProblem, TableName};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Number;

/// Settings of `phase-coverage`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The source; may be left out when only one is granted.
    #[serde(default)]
    pub source: Option<String>,
    /// The phases in their order: each is compared with the one after it.
    #[schemars(length(min = 2, max = 8))]
    pub phases: Vec<Phase>,
    /// How many days are looked at, each on its own, up to and including the target date.
    #[serde(default = "lookback_days")]
    #[schemars(range(min = 1, max = 400))]
    pub lookback_days: u32,
    /// A statement that returns the days on which there must be keys, in a column `day`; without it every day is one.
    /// It may name `@start` and `@end`, the first and the last day looked at, and `@target_date`.
    #[serde(default)]
    pub due_sql: Option<String>,
    /// A statement that returns the groups that must be there, each once, in a column `group_name`. It may name what
    /// `due_sql` may.
    #[serde(default)]
    pub expected_groups_sql: Option<String>,
    /// A phase with less than this share of the keys before it is a warning.
    #[serde(default = "warn_below_percent")]
    #[schemars(range(min = 0, max = 100))]
    pub warn_below_percent: f64,
    /// A phase with less than this share of the keys before it is a failure.
    #[serde(default = "fail_below_percent")]
    #[schemars(range(min = 0, max = 100))]
    pub fail_below_percent: f64,
    /// The keys of two phases must be the very same: one too few is a failure, and one too many is.
    #[serde(default)]
    pub exact: bool,
    /// A statement that answers with one row, `applies` and maybe `reason`: whether the check applies that day.
    #[serde(default)]
    pub applies_sql: Option<String>,
    /// How many keys are shown for each finding.
    #[serde(default = "sample_rows")]
    #[schemars(range(max = 20))]
    pub sample_rows: u32,
}

/// A phase of a pipeline: the keys of some rows, day by day. Exactly one of `table` and `keys_sql`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Phase {
    /// What it is called.
    #[schemars(length(min = 1, max = 60))]
    pub name: String,
    /// The table with its rows.
    #[serde(default)]
    pub table: Option<TableName>,
    /// A statement that returns its rows, with the columns named here. It may name what `due_sql` may.
    #[serde(default)]
    pub keys_sql: Option<String>,
    /// The columns that together are the key, in the same order in every phase. Rows of the same key count once.
    #[schemars(length(min = 1, max = 8))]
    pub key_columns: Vec<ColumnName>,
    /// The column that says which day a row belongs to: a date, or a timestamp (then its day in UTC).
    pub date_column: ColumnName,
    /// The column that says which group a row belongs to. This phase is then compared group by group with the one
    /// before: with its rows of the same group, or, where it has no groups, with all of them.
    #[serde(default)]
    pub group_column: Option<ColumnName>,
    /// Which rows count: those for which all of it holds.
    #[serde(default)]
    #[schemars(length(max = 8))]
    pub filter: Vec<Filter>,
}

/// What holds for a row. Exactly one of `equals`, `not_equals`, `is_null` and `is_not_null`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    /// The column.
    pub column: ColumnName,
    /// It holds this.
    #[serde(default)]
    pub equals: Option<Scalar>,
    /// It holds something else, or nothing.
    #[serde(default)]
    pub not_equals: Option<Scalar>,
    /// It holds nothing.
    #[serde(default)]
    pub is_null: bool,
    /// It holds anything.
    #[serde(default)]
    pub is_not_null: bool,
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

fn lookback_days() -> u32 {
    1
}

fn warn_below_percent() -> f64 {
    95.0
}

fn fail_below_percent() -> f64 {
    80.0
}

fn sample_rows() -> u32 {
    5
}

impl Settings {
    /// What is wrong with them together.
    pub(crate) fn problems(&self) -> Vec<SettingProblem> {
        let mut problems = Vec::new();
        if self.fail_below_percent > self.warn_below_percent {
            problems.push(SettingProblem::new("/fail_below_percent", "expected at most `warn_below_percent`"));
        }
        let keys = self.phases.first().map_or(0, |phase| phase.key_columns.len());
        for (index, phase) in self.phases.iter().enumerate() {
            let path = format!("/phases/{index}");
            problems.extend(phase.problems(&path));
            if phase.key_columns.len() != keys {
                let message = format!("expected {keys}, as many as the first phase has");
                problems.push(SettingProblem::new(format!("{path}/key_columns"), message));
            }
            if self.phases.iter().take(index).any(|earlier| earlier.name == phase.name) {
                problems.push(SettingProblem::new(format!("{path}/name"), "another phase is called so"));
            }
        }
        problems.extend(self.group_problems());
        problems
    }

    fn group_problems(&self) -> Option<SettingProblem> {
        let is_grouped = |phase: &Phase| phase.group_column.is_some();
        match &self.expected_groups_sql {
            Some(_) if !self.phases.iter().skip(1).any(is_grouped) => {
                Some(SettingProblem::new("/expected_groups_sql", "no phase after the first has a `group_column`"))
            }
            None if self.phases.windows(2).any(|pair| is_grouped(&pair[1]) && !is_grouped(&pair[0])) => {
                let message = "is needed: the phase before a phase with groups does not say which there must be";
                Some(SettingProblem::new("/expected_groups_sql", message))
            }
            _ => None,
        }
    }
}

impl Phase {
    fn problems(&self, path: &str) -> Vec<SettingProblem> {
        let mut problems = Vec::new();
        if self.table.is_some() == self.keys_sql.is_some() {
            problems.push(SettingProblem::new(path, "expected exactly one of `table` and `keys_sql`"));
        }
        let names: BTreeSet<_> = self.key_columns.iter().map(|column| column.as_str().to_lowercase()).collect();
        if names.len() < self.key_columns.len() {
            problems.push(SettingProblem::new(format!("{path}/key_columns"), "names a column twice"));
        }
        for (index, Filter { equals, not_equals, is_null, is_not_null, .. }) in self.filter.iter().enumerate() {
            let said = [equals.is_some(), not_equals.is_some(), *is_null, *is_not_null];
            if said.into_iter().filter(|said| *said).count() != 1 {
                let message = "expected exactly one of `equals`, `not_equals`, `is_null` and `is_not_null`";
                problems.push(SettingProblem::new(format!("{path}/filter/{index}"), message));
            }
        }
        problems
    }
}
