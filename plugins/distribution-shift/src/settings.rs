//! What the check is asked.

use assay_sdk::{ColumnName, SettingProblem, TableName, Thresholds};
use schemars::JsonSchema;
use serde::Deserialize;

/// Settings of `distribution-shift`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The source; may be left out when only one is granted.
    #[serde(default)]
    pub source: Option<String>,
    /// A query that returns one row with a boolean `applies` and, if it likes, a text `reason`: whether there is anything
    /// to check. It may name `@target_date`.
    #[serde(default)]
    pub applies_sql: Option<String>,
    /// The table.
    pub table: TableName,
    /// The column that says which day a row belongs to: a date, or a timestamp (then its day in UTC). Rows without a date
    /// belong to neither side.
    pub date_column: ColumnName,
    /// How many days are judged, up to and including the target date.
    #[serde(default = "recent_days")]
    #[schemars(range(min = 1, max = 400))]
    pub recent_days: u32,
    /// How many days before those they are compared with.
    #[serde(default = "baseline_days")]
    #[schemars(range(min = 1, max = 400))]
    pub baseline_days: u32,
    /// A query that returns each day that is due as `day`, once: recent and earlier days are then counted in those.
    /// `@start` and `@end` are the first and last day looked at.
    #[serde(default)]
    pub calendar_sql: Option<String>,
    /// How far back days of `calendar_sql` are looked for.
    #[serde(default = "calendar_lookback_days")]
    #[schemars(range(min = 2, max = 800))]
    pub calendar_lookback_days: u32,
    /// How many rows, and values of each column, each side must have at least.
    #[serde(default = "min_rows")]
    #[schemars(range(min = 1))]
    pub min_rows: u64,
    /// Columns of numbers.
    #[serde(default)]
    #[schemars(length(max = 16))]
    pub columns: Vec<NumberRule>,
    /// Columns of few different values.
    #[serde(default)]
    #[schemars(length(max = 8))]
    pub categories: Vec<CategoryRule>,
}

/// How much a column of numbers may change. NaN and the infinities are no values.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NumberRule {
    /// The column.
    pub column: ColumnName,
    /// A mean that has changed by more than this is a warning.
    #[serde(default = "warn_mean_percent")]
    #[schemars(range(min = 0))]
    pub warn_mean_percent: f64,
    /// A mean that has changed by more than this is a failure.
    #[serde(default = "fail_mean_percent")]
    #[schemars(range(min = 0))]
    pub fail_mean_percent: f64,
    /// Of what the change of the mean is taken in percent.
    #[serde(default)]
    pub mean_scale: Scale,
    /// In which direction a change of the mean matters.
    #[serde(default)]
    pub mean_direction: Side,
    /// A standard deviation that has changed by more than this is a warning.
    #[serde(default = "warn_deviation_percent")]
    #[schemars(range(min = 0))]
    pub warn_deviation_percent: f64,
    /// A standard deviation that has changed by more than this is a failure.
    #[serde(default = "fail_deviation_percent")]
    #[schemars(range(min = 0))]
    pub fail_deviation_percent: f64,
    /// A population stability index over the deciles of the earlier days of more than this is a warning.
    #[serde(default = "warn_psi")]
    #[schemars(range(min = 0))]
    pub warn_psi: f64,
    /// A population stability index of more than this is a failure.
    #[serde(default = "fail_psi")]
    #[schemars(range(min = 0))]
    pub fail_psi: f64,
    /// A share of nulls that has changed by more than this is a warning, in points of percent.
    #[serde(default = "warn_null_points")]
    #[schemars(range(min = 0, max = 100))]
    pub warn_null_points: f64,
    /// A share of nulls that has changed by more than this is a failure, in points of percent.
    #[serde(default = "fail_null_points")]
    #[schemars(range(min = 0, max = 100))]
    pub fail_null_points: f64,
    /// A larger share of NaN and infinities than this is a failure.
    #[serde(default)]
    #[schemars(range(min = 0, max = 100))]
    pub max_odd_percent: f64,
}

/// Of what the change of a mean is taken in percent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Scale {
    /// Of the mean of the earlier days.
    #[default]
    Mean,
    /// Of their standard deviation: for columns that lie around 0.
    Deviation,
}

/// In which direction a change matters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// In both.
    #[default]
    Both,
    /// Downwards.
    Below,
    /// Upwards.
    Above,
}

/// How much the shares of the values of a column may change. Null is a value like others.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CategoryRule {
    /// The column, of a type that has a text.
    pub column: ColumnName,
    /// A share that has changed by more than this is a warning, in points of percent.
    #[serde(default = "warn_change_points")]
    #[schemars(range(min = 0, max = 100))]
    pub warn_change_points: f64,
    /// A share that has changed by more than this is a failure, in points of percent.
    #[serde(default = "fail_change_points")]
    #[schemars(range(min = 0, max = 100))]
    pub fail_change_points: f64,
    /// No value may have more than this share of the rows, in percent.
    #[serde(default)]
    #[schemars(range(min = 0, max = 100))]
    pub max_share: Option<f64>,
    /// Shares that some values must have.
    #[serde(default)]
    #[schemars(length(max = 20))]
    pub values: Vec<ValueRule>,
}

/// Which share of the rows a value must have.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ValueRule {
    /// The value, as text.
    pub value: String,
    /// A smaller share is a failure, in percent.
    #[serde(default)]
    #[schemars(range(min = 0, max = 100))]
    pub min_share: f64,
    /// A larger share is a failure, in percent.
    #[serde(default = "all")]
    #[schemars(range(min = 0, max = 100))]
    pub max_share: f64,
}

fn recent_days() -> u32 {
    7
}

fn baseline_days() -> u32 {
    28
}

fn calendar_lookback_days() -> u32 {
    120
}

fn min_rows() -> u64 {
    100
}

fn warn_mean_percent() -> f64 {
    15.0
}

fn fail_mean_percent() -> f64 {
    30.0
}

fn warn_deviation_percent() -> f64 {
    50.0
}

fn fail_deviation_percent() -> f64 {
    75.0
}

fn warn_psi() -> f64 {
    0.25
}

fn fail_psi() -> f64 {
    0.5
}

fn warn_null_points() -> f64 {
    5.0
}

fn fail_null_points() -> f64 {
    20.0
}

fn warn_change_points() -> f64 {
    10.0
}

fn fail_change_points() -> f64 {
    20.0
}

fn all() -> f64 {
    100.0
}

impl NumberRule {
    /// The bounds of each number that is judged, with the name of the setting that says when it fails.
    pub(crate) fn mean(&self) -> Thresholds {
        Thresholds::above(self.warn_mean_percent, self.fail_mean_percent)
    }

    pub(crate) fn deviation(&self) -> Thresholds {
        Thresholds::above(self.warn_deviation_percent, self.fail_deviation_percent)
    }

    pub(crate) fn psi(&self) -> Thresholds {
        Thresholds::above(self.warn_psi, self.fail_psi)
    }

    pub(crate) fn nulls(&self) -> Thresholds {
        Thresholds::above(self.warn_null_points, self.fail_null_points)
    }
}

impl Settings {
    /// What is wrong with settings that are as their schema says.
    pub(crate) fn problems(&self) -> Vec<SettingProblem> {
        let mut problems = Vec::new();
        if self.columns.is_empty() && self.categories.is_empty() {
            problems.push(SettingProblem::new("/columns", "expected `columns`, `categories` or both"));
        }
        let mut crossed = |path: String, name: &str, bounds: Thresholds| {
            if !bounds.problems("").is_empty() {
                let message = format!("expected at least `warn_{name}`");
                problems.push(SettingProblem::new(format!("{path}/fail_{name}"), message));
            }
        };
        for (index, rule) in self.columns.iter().enumerate() {
            for (name, bounds) in [
                ("mean_percent", rule.mean()),
                ("deviation_percent", rule.deviation()),
                ("psi", rule.psi()),
                ("null_points", rule.nulls()),
            ] {
                crossed(format!("/columns/{index}"), name, bounds);
            }
        }
        for (index, rule) in self.categories.iter().enumerate() {
            let bounds = Thresholds::above(rule.warn_change_points, rule.fail_change_points);
            crossed(format!("/categories/{index}"), "change_points", bounds);
        }
        for (index, rule) in self.categories.iter().enumerate() {
            for (at, value) in rule.values.iter().enumerate() {
                if value.min_share > value.max_share {
                    let path = format!("/categories/{index}/values/{at}/max_share");
                    problems.push(SettingProblem::new(path, "less than `min_share`: no share would be fine"));
                }
            }
        }
        problems
    }
}
