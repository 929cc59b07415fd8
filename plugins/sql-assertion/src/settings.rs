//! What the operator asserts.

use assay_sdk::{ColumnName, SettingProblem, TableName};
use schemars::JsonSchema;
use serde::Deserialize;

/// Settings of `sql-assertion`. Either `violations_sql` with `examined_sql`, or `value_sql` with a bound. The statements
/// may name `@target_date`, `@window_start`, `@window_end`, `@scheduled_for`, and `@start` and `@end`, the first and
/// last day looked at.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The source; may be left out when only one is granted.
    #[serde(default)]
    pub source: Option<String>,
    /// A query of which each row is a violation. Its columns are shown as samples, in its order.
    #[serde(default)]
    pub violations_sql: Option<String>,
    /// A query that returns one row: `n`, how many rows `violations_sql` has looked at.
    #[serde(default)]
    pub examined_sql: Option<String>,
    /// A query that returns one row: a number `value`, and if it likes `examined`, the number of rows it was made of.
    #[serde(default)]
    pub value_sql: Option<String>,
    /// More violations are a failure.
    #[serde(default)]
    pub max_violations: u64,
    /// More violations are a warning; left out, nothing is only noticeable.
    #[serde(default)]
    pub warn_violations: Option<u64>,
    /// A smaller value is a failure.
    #[serde(default)]
    pub min: Option<f64>,
    /// A greater value is a failure.
    #[serde(default)]
    pub max: Option<f64>,
    /// Another value is a failure.
    #[serde(default)]
    pub equals: Option<f64>,
    /// A smaller value is a warning.
    #[serde(default)]
    pub warn_min: Option<f64>,
    /// A greater value is a warning.
    #[serde(default)]
    pub warn_max: Option<f64>,
    /// The sentence of the finding. `{violations}`, `{value}`, `{examined}`, `{expected}` and `{date}` stand for what
    /// was found.
    #[serde(default)]
    #[schemars(length(min = 1, max = 1000))]
    pub message: Option<String>,
    /// What a person could do about it.
    #[serde(default)]
    #[schemars(length(min = 1, max = 1000))]
    pub remediation: Option<String>,
    /// The code of the finding, in `snake_case`.
    #[serde(default = "code")]
    #[schemars(length(min = 1, max = 60))]
    pub code: String,
    /// The table that the finding is about, for a person.
    #[serde(default)]
    pub table: Option<TableName>,
    /// The column that the finding is about, for a person.
    #[serde(default)]
    pub column: Option<ColumnName>,
    /// How many days lie between `@start` and `@end`, up to and including the target date.
    #[serde(default = "lookback_days")]
    #[schemars(range(min = 1, max = 400))]
    pub lookback_days: u32,
    /// How many violations are shown.
    #[serde(default = "sample_rows")]
    #[schemars(range(max = 20))]
    pub sample_rows: u32,
    /// No rows to look at are not applicable rather than wrong.
    #[serde(default)]
    pub allow_empty: bool,
    /// A query that returns one row: `applies`, and if it likes a `reason`. Where it says false, the check is skipped.
    #[serde(default)]
    pub applies_sql: Option<String>,
}

fn code() -> String {
    "assertion_failed".to_owned()
}

fn lookback_days() -> u32 {
    1
}

fn sample_rows() -> u32 {
    5
}

/// What is wrong with settings beyond their schema.
pub(crate) fn problems(settings: &Settings) -> Vec<SettingProblem> {
    let mut problems = Vec::new();
    let mut tell = |path: &str, message: &str| problems.push(SettingProblem::new(path, message));
    let Settings { violations_sql, examined_sql, value_sql, min, max, equals, warn_min, warn_max, .. } = settings;
    if violations_sql.is_some() == value_sql.is_some() {
        tell("", "expected exactly one of `violations_sql` and `value_sql`");
    }
    if violations_sql.is_some() != examined_sql.is_some() {
        tell("/examined_sql", "goes with `violations_sql`");
    }
    let has_bounds = [min, max, equals, warn_min, warn_max].into_iter().any(Option::is_some);
    if value_sql.is_some() != has_bounds {
        tell("/value_sql", "goes with `min`, `max`, `equals`, `warn_min` or `warn_max`");
    }
    if value_sql.is_some() && (settings.warn_violations.is_some() || settings.max_violations > 0) {
        tell("/max_violations", "goes with `violations_sql`");
    }
    if equals.is_some() && [min, max, warn_min, warn_max].into_iter().any(Option::is_some) {
        tell("/equals", "leaves no room for other bounds");
    }
    if settings.warn_violations.is_some_and(|warn| warn >= settings.max_violations) {
        tell("/warn_violations", "expected less than `max_violations`");
    }
    let is_crossed = |low: &Option<f64>, high: &Option<f64>| low.zip(*high).is_some_and(|(low, high)| low > high);
    for (path, low, high, message) in [
        ("/max", min, max, "less than `min`: no value would be right"),
        ("/warn_min", min, warn_min, "less than `min`: it would never be reached"),
        ("/warn_max", warn_max, max, "more than `max`: it would never be reached"),
        ("/warn_max", warn_min, warn_max, "less than `warn_min`: every value would be noticeable"),
    ] {
        if is_crossed(low, high) {
            tell(path, message);
        }
    }
    if !is_snake_case(&settings.code) {
        tell("/code", "expected lower-case words and digits joined by `_`");
    }
    problems
}

fn is_snake_case(code: &str) -> bool {
    let is_word =
        |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    code.starts_with(|first: char| first.is_ascii_lowercase()) && code.split('_').all(is_word)
}
