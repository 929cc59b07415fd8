//! What is compared, and how closely.

use assay_sdk::SettingProblem;
use schemars::JsonSchema;
use serde::Deserialize;

/// Settings of `reconcile`. The statements may name `@target_date`, `@window_start`, `@window_end`, `@scheduled_for`, and
/// `@start` and `@end`, the first and last day looked at.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The source; may be left out when only one is granted.
    #[serde(default)]
    pub source: Option<String>,
    /// The source of `right_sql`, where it is another one.
    #[serde(default)]
    pub right_source: Option<String>,
    /// A query that returns a number `value`, and if there are several rows, the `key` (a text, a whole number or a
    /// date) or the `day` that tells them apart, or both.
    pub left_sql: String,
    /// A query of the same columns, whose values should be the same.
    pub right_sql: String,
    /// How far apart two values may lie.
    #[serde(default)]
    #[schemars(range(min = 0))]
    pub tolerance: Option<f64>,
    /// How far apart two values may lie, in percent of the one that is greater in size. Within either is enough.
    #[serde(default)]
    #[schemars(range(min = 0, max = 100))]
    pub tolerance_percent: Option<f64>,
    /// How far apart the values of the keys on both sides may lie on average.
    #[serde(default)]
    #[schemars(range(min = 0))]
    pub max_mean_difference: Option<f64>,
    /// How many of the keys on both sides, in percent, may lie further apart than the tolerance.
    #[serde(default)]
    #[schemars(range(min = 0, max = 100))]
    pub max_different_percent: f64,
    /// More of them, in percent, are a warning; left out, nothing is only noticeable.
    #[serde(default)]
    #[schemars(range(min = 0, max = 100))]
    pub warn_above_percent: Option<f64>,
    /// How many days lie between `@start` and `@end`, up to and including the target date.
    #[serde(default = "lookback_days")]
    #[schemars(range(min = 1, max = 400))]
    pub lookback_days: u32,
    /// More keys on a side are an error: they would not all be compared.
    #[serde(default = "max_keys")]
    #[schemars(range(min = 1, max = 200_000))]
    pub max_keys: u32,
    /// How many keys are shown.
    #[serde(default = "sample_rows")]
    #[schemars(range(max = 20))]
    pub sample_rows: u32,
    /// No rows on both sides are not applicable rather than wrong.
    #[serde(default)]
    pub allow_empty: bool,
    /// A query that returns one row: `applies`, and if it likes a `reason`. Where it says false, the check is skipped.
    #[serde(default)]
    pub applies_sql: Option<String>,
}

fn lookback_days() -> u32 {
    1
}

fn max_keys() -> u32 {
    100_000
}

fn sample_rows() -> u32 {
    5
}

impl Settings {
    /// Whether each key is compared, and not the average alone.
    pub(crate) fn compares_keys(&self) -> bool {
        self.tolerance.is_some() || self.tolerance_percent.is_some()
    }
}

/// What is wrong with settings beyond their schema.
pub(crate) fn problems(settings: &Settings) -> Vec<SettingProblem> {
    let mut problems = Vec::new();
    let Settings { max_mean_difference, max_different_percent: max, warn_above_percent: warn, .. } = settings;
    if !settings.compares_keys() && max_mean_difference.is_none() {
        let message = "expected `tolerance`, `tolerance_percent` or `max_mean_difference`";
        problems.push(SettingProblem::new("", message));
    }
    if !settings.compares_keys() && (*max > 0.0 || warn.is_some()) {
        problems.push(SettingProblem::new("/max_different_percent", "goes with `tolerance` or `tolerance_percent`"));
    }
    if warn.is_some_and(|warn| warn >= *max) {
        problems.push(SettingProblem::new("/warn_above_percent", "expected less than `max_different_percent`"));
    }
    problems
}
