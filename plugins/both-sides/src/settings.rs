//! What the check is told.

use std::collections::BTreeSet;

use assay_sdk::{ColumnName, Scope, SettingProblem, TableName};
use schemars::JsonSchema;
use serde::Deserialize;

/// Settings of `both-sides`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The source; may be left out when only one is granted.
    #[serde(default)]
    pub source: Option<String>,
    /// The table with a row for each side of a group.
    pub table: TableName,
    /// The columns that together name a group, for example a game.
    #[schemars(length(min = 1, max = 8))]
    pub group_columns: Vec<ColumnName>,
    /// The column that names a side, for example a team.
    pub side_column: ColumnName,
    /// How many different sides a group has, each with one row.
    #[serde(default = "sides")]
    #[schemars(range(min = 1, max = 1000))]
    pub sides: u32,
    /// The column that names the other side: each must name the other. For two sides only.
    #[serde(default)]
    pub opponent_column: Option<ColumnName>,
    /// Numbers of a side that must be those of the other side. For two sides only.
    #[serde(default)]
    #[schemars(length(max = 8))]
    pub mirror: Vec<Mirror>,
    /// A statement that returns the groups that must be there, each once, in columns of the same names. It may name
    /// `@target_date`, and with a window `@start` and `@end`.
    #[serde(default)]
    pub expected_sql: Option<String>,
    /// Look at the last days only: the column that says which day a row belongs to.
    #[serde(default)]
    pub date_column: Option<ColumnName>,
    /// How many days are looked at, up to and including the target date.
    #[serde(default)]
    #[schemars(range(min = 1, max = 4000))]
    pub lookback_days: Option<u32>,
    /// A statement that answers with one row, `applies` and maybe `reason`: whether the check applies that day.
    #[serde(default)]
    pub applies_sql: Option<String>,
    /// How many groups are shown for each thing that is wrong.
    #[serde(default = "sample_rows")]
    #[schemars(range(max = 20))]
    pub sample_rows: u32,
    /// A table without rows is not applicable rather than wrong, unless `expected_sql` expects some.
    #[serde(default)]
    pub allow_empty: bool,
}

/// A number of a side that must be a number of the other side.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mirror {
    /// The number of a side, for example its points.
    pub column: ColumnName,
    /// The number of the other side that must be the same, for example the points against it.
    pub opponent_column: ColumnName,
    /// How far apart the two may be.
    #[serde(default)]
    #[schemars(range(min = 0))]
    pub tolerance: f64,
    /// The table with the other side's number, if it is another: with the same columns for groups and sides.
    #[serde(default)]
    pub mirror_table: Option<TableName>,
}

fn sides() -> u32 {
    2
}

fn sample_rows() -> u32 {
    5
}

impl Settings {
    /// What is wrong with them together.
    pub(crate) fn problems(&self) -> Vec<SettingProblem> {
        let mut problems = Scope::problems(self.date_column.as_ref(), self.lookback_days);
        let columns = self.group_columns.iter().chain([&self.side_column]);
        let names: BTreeSet<_> = columns.map(|column| column.as_str().to_lowercase()).collect();
        if names.len() <= self.group_columns.len() {
            problems.push(SettingProblem::new("/group_columns", "names a column twice, or the one of the sides"));
        }
        if self.sides != 2 {
            let only_two = "is for two sides only: leave out `sides`";
            if self.opponent_column.is_some() {
                problems.push(SettingProblem::new("/opponent_column", only_two));
            }
            if !self.mirror.is_empty() {
                problems.push(SettingProblem::new("/mirror", only_two));
            }
        }
        problems
    }

    /// The columns of a group for a person.
    pub(crate) fn group_names(&self) -> String {
        self.group_columns.iter().map(ColumnName::as_str).collect::<Vec<_>>().join(", ")
    }
}
