//! What the operator says of the ledger.

use std::collections::BTreeSet;

use assay_sdk::{ColumnName, SettingProblem, Severity, TableName};
use schemars::JsonSchema;
use serde::Deserialize;

/// Settings of `consecutive-failures`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The source; may be left out when only one is granted.
    #[serde(default)]
    pub source: Option<String>,
    /// A query that says in one row whether the check applies: `applies`, and maybe `reason`.
    #[serde(default)]
    pub applies_sql: Option<String>,
    /// The ledger: a row a run, or several as a run goes on.
    pub table: TableName,
    /// The column that says what ran: a scraper, a processor, a job.
    pub entity_column: ColumnName,
    /// The column that says when it ran, a timestamp. Runs after the scheduled instant do not count.
    pub time_column: ColumnName,
    /// The column that says how it ended.
    pub status_column: ColumnName,
    /// Statuses that end a streak.
    #[schemars(length(min = 1))]
    pub success: Vec<String>,
    /// Statuses that make a streak longer.
    #[schemars(length(min = 1))]
    pub failure: Vec<String>,
    /// Statuses that say nothing, for example of a run that has not ended.
    #[serde(default)]
    pub neutral: Vec<String>,
    /// Statuses of a run that found nothing: a failure when its day is due. On another day it ends a streak of failures, but
    /// not one of runs that found nothing. Goes with `due_days_sql` and `day_column`.
    #[serde(default)]
    pub empty: Vec<String>,
    /// A query that returns the days on which there is something to be found, as `day`, as far back as the ledger goes;
    /// `@end` is the target date. With a column `due` it returns every day, and a day that it does not know is an error.
    #[serde(default)]
    pub due_days_sql: Option<String>,
    /// The column that says which day a run is about: a date, or a timestamp (then its day in UTC).
    #[serde(default)]
    pub day_column: Option<ColumnName>,
    /// The column that says what went wrong; the last one is shown.
    #[serde(default)]
    pub error_column: Option<ColumnName>,
    /// So many failures in a row are a warning, of low severity.
    #[serde(default = "warn_at")]
    #[schemars(range(min = 1))]
    pub warn_at: u32,
    /// So many failures in a row are a failure, of high severity.
    #[serde(default = "fail_at")]
    #[schemars(range(min = 1))]
    pub fail_at: u32,
    /// So many failures in a row are a failure of critical severity.
    #[serde(default = "critical_at")]
    #[schemars(range(min = 1))]
    pub critical_at: u32,
    /// Bounds of single entities.
    #[serde(default)]
    pub entities: Vec<Entity>,
    /// An entity that has not run in these days, up to and including the target date, is not looked at. Of the others
    /// every failure since the last success counts, however long ago that was.
    #[serde(default = "lookback_days")]
    #[schemars(range(min = 1, max = 400))]
    pub lookback_days: u32,
    /// A ledger without runs in these days is not applicable rather than wrong.
    #[serde(default)]
    pub allow_empty: bool,
}

/// Bounds of a single entity; what is left out is as for all.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Entity {
    /// Its name in the ledger.
    pub name: String,
    /// So many failures in a row are a warning.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub warn_at: Option<u32>,
    /// So many failures in a row are a failure.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub fail_at: Option<u32>,
    /// So many failures in a row are critical.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub critical_at: Option<u32>,
}

fn warn_at() -> u32 {
    3
}

fn fail_at() -> u32 {
    5
}

fn critical_at() -> u32 {
    10
}

fn lookback_days() -> u32 {
    14
}

/// How bad a streak is. The worse of two is the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// Noticeable.
    Warn,
    /// Wrong.
    Fail,
    /// Wrong, and has been for long.
    Critical,
}

impl Level {
    /// As the severity of a finding.
    pub(crate) fn severity(self) -> Severity {
        match self {
            Self::Warn => Severity::Low,
            Self::Fail => Severity::High,
            Self::Critical => Severity::Critical,
        }
    }
}

/// How many failures in a row are how bad.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// A warning.
    pub(crate) warn_at: u32,
    /// A failure.
    pub(crate) fail_at: u32,
    /// Critical.
    pub(crate) critical_at: u32,
}

impl Bounds {
    /// What so many failures in a row are, and the bound that they have reached; none below all bounds.
    pub(crate) fn judge(&self, failures: u64) -> Option<(Level, u32)> {
        [(Level::Critical, self.critical_at), (Level::Fail, self.fail_at), (Level::Warn, self.warn_at)]
            .into_iter()
            .find(|(_, bound)| failures >= u64::from(*bound))
    }

    fn problems(&self, path: &str) -> Vec<SettingProblem> {
        let Self { warn_at, fail_at, critical_at } = *self;
        let problem = |name: &str, message| SettingProblem::new(format!("{path}/{name}"), message);
        let below_warn = (fail_at < warn_at).then(|| problem("fail_at", "expected at least `warn_at`"));
        let below_fail = (critical_at < fail_at).then(|| problem("critical_at", "expected at least `fail_at`"));
        below_warn.into_iter().chain(below_fail).collect()
    }
}

impl Settings {
    /// The bounds of an entity.
    pub(crate) fn bounds(&self, name: &str) -> Bounds {
        let own = self.entities.iter().find(|entity| entity.name == name);
        own.map_or(self.common(), |entity| self.merged(entity))
    }

    /// What depends on more than one setting.
    pub(crate) fn problems(&self) -> Vec<SettingProblem> {
        let mut problems = self.common().problems("");
        let mut names = BTreeSet::new();
        for (index, entity) in self.entities.iter().enumerate() {
            problems.extend(self.merged(entity).problems(&format!("/entities/{index}")));
            if !names.insert(&entity.name) {
                problems.push(SettingProblem::new(format!("/entities/{index}/name"), "names an entity twice"));
            }
        }
        problems.extend(self.ambiguous());
        let parts = [("/due_days_sql", self.due_days_sql.is_some()), ("/day_column", self.day_column.is_some())];
        let is_alone = |given: &bool| *given == self.empty.is_empty();
        let unpaired = parts.into_iter().filter(|(_, given)| is_alone(given));
        problems.extend(unpaired.map(|(path, _)| SettingProblem::new(path, "goes with `empty`")));
        problems
    }

    /// Statuses that mean two things.
    fn ambiguous(&self) -> Vec<SettingProblem> {
        let lists = [
            ("success", &self.success),
            ("failure", &self.failure),
            ("neutral", &self.neutral),
            ("empty", &self.empty),
        ];
        let mut statuses = BTreeSet::new();
        let all =
            lists.into_iter().flat_map(|(name, list)| list.iter().enumerate().map(move |(at, it)| (name, at, it)));
        let twice = all.filter(|(_, _, status)| !statuses.insert(*status));
        twice
            .map(|(name, at, status)| {
                SettingProblem::new(format!("/{name}/{at}"), format!("`{status}` stands in these lists already"))
            })
            .collect()
    }

    fn common(&self) -> Bounds {
        Bounds { warn_at: self.warn_at, fail_at: self.fail_at, critical_at: self.critical_at }
    }

    fn merged(&self, entity: &Entity) -> Bounds {
        let Bounds { warn_at, fail_at, critical_at } = self.common();
        Bounds {
            warn_at: entity.warn_at.unwrap_or(warn_at),
            fail_at: entity.fail_at.unwrap_or(fail_at),
            critical_at: entity.critical_at.unwrap_or(critical_at),
        }
    }
}
