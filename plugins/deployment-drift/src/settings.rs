//! What the operator says of deployments and changes.

use std::collections::BTreeSet;

use assay_sdk::{ColumnName, SettingProblem, TableName};
use schemars::JsonSchema;
use serde::Deserialize;

/// Settings of `deployment-drift`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The source; may be left out when only one is granted.
    #[serde(default)]
    pub source: Option<String>,
    /// A query that says in one row whether the check applies: `applies`, and maybe `reason`.
    #[serde(default)]
    pub applies_sql: Option<String>,
    /// Where deployments are written down: a row each.
    pub deployments: Deployments,
    /// Where changes to the code are written down: a row each, or one for each path.
    pub changes: Changes,
    /// The services that are looked at; left out, all that have changes. One without any change is an error.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub services: Option<Vec<String>>,
    /// A change may wait so long; longer is a warning.
    #[serde(default = "warn_after_hours")]
    #[schemars(range(min = 0, max = 100_000))]
    pub warn_after_hours: f64,
    /// A change may wait so long; longer is a failure.
    #[serde(default = "fail_after_hours")]
    #[schemars(range(min = 0, max = 100_000))]
    pub fail_after_hours: f64,
    /// What a deployed commit is that is among no changes, of whatever service.
    #[serde(default)]
    pub unknown_commit: UnknownCommit,
}

/// The table of deployments.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Deployments {
    /// The table.
    pub table: TableName,
    /// The column that says which service was deployed.
    pub service_column: ColumnName,
    /// The column that says which commit.
    pub commit_column: ColumnName,
    /// The column that says when, a timestamp.
    pub time_column: ColumnName,
}

/// The table of changes.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Changes {
    /// The table.
    pub table: TableName,
    /// The column that says which service was changed.
    pub service_column: ColumnName,
    /// The column that says by which commit.
    pub commit_column: ColumnName,
    /// The column that says when, a timestamp.
    pub time_column: ColumnName,
    /// The column that says which file or folder was changed; some are shown.
    #[serde(default)]
    pub path_column: Option<ColumnName>,
}

/// What a deployed commit is that is among no changes.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UnknownCommit {
    /// A failure: nobody knows which changes it holds.
    #[default]
    Fail,
    /// It holds all changes up to the instant of its deployment.
    ByTime,
}

fn warn_after_hours() -> f64 {
    2.0
}

fn fail_after_hours() -> f64 {
    72.0
}

impl Settings {
    /// What depends on more than one setting.
    pub(crate) fn problems(&self) -> Vec<SettingProblem> {
        let mut problems = Vec::new();
        if self.fail_after_hours < self.warn_after_hours {
            problems.push(SettingProblem::new("/fail_after_hours", "expected at least `warn_after_hours`"));
        }
        let mut names = BTreeSet::new();
        let twice = self.services.iter().flatten().enumerate().filter(|(_, name)| !names.insert(*name));
        problems.extend(twice.map(|(at, _)| SettingProblem::new(format!("/services/{at}"), "names a service twice")));
        problems
    }
}
