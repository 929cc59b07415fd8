//! What the check is asked.

use assay_sdk::{ColumnName, IntoParam, Param, Scope, SettingProblem, TableName};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

/// Settings of `null-rate`.
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
    /// How full each column should be.
    #[schemars(length(min = 1, max = 16))]
    pub rules: Vec<Rule>,
    /// Look only at the rows in which this column has the value of `equals`.
    #[serde(default)]
    pub where_column: Option<ColumnName>,
    /// The value of `where_column`: a truth value, a number or a text.
    #[serde(default)]
    pub equals: Option<Value>,
    /// Rows in which `where_column` is null are left out without a word, rather than being wrong.
    #[serde(default)]
    pub ignore_where_null: bool,
    /// Judge each of the last days: the column that says which day a row belongs to (a date, or a timestamp: then its day
    /// in UTC). Rows without a date are judged together.
    #[serde(default)]
    pub date_column: Option<ColumnName>,
    /// How many days are looked at, up to and including the target date.
    #[serde(default)]
    #[schemars(range(min = 1, max = 400))]
    pub lookback_days: Option<u32>,
    /// How many days before those say what is usual, for rules with `max_drop_points`.
    #[serde(default)]
    #[schemars(range(min = 1, max = 400))]
    pub baseline_days: Option<u32>,
    /// How many of the days before need to have rows with values.
    #[serde(default = "min_samples")]
    #[schemars(range(min = 1, max = 400))]
    pub min_samples: u32,
    /// No row at all is not applicable rather than wrong.
    #[serde(default)]
    pub allow_empty: bool,
}

/// How full a column should be. A column without any value is wrong, unless `min_null_percent` says that it should be.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The column, of a type that can be compared. NaN counts as null.
    pub column: ColumnName,
    /// More nulls than this are a warning. Left out, 5 where no other bound is set, otherwise `fail_above_percent`.
    #[serde(default)]
    #[schemars(range(min = 0, max = 100))]
    pub warn_above_percent: Option<f64>,
    /// More nulls than this are a failure. Left out, 50 where no other bound is set, otherwise 100.
    #[serde(default)]
    #[schemars(range(min = 0, max = 100))]
    pub fail_above_percent: Option<f64>,
    /// Fewer nulls than this are a failure: for rows that should have no value.
    #[serde(default)]
    #[schemars(range(min = 0, max = 100))]
    pub min_null_percent: Option<f64>,
    /// A day whose share of rows with a value lies more than this below the usual one is a warning, in points of percent.
    #[serde(default)]
    #[schemars(range(min = 0, max = 100))]
    pub max_drop_points: Option<f64>,
}

fn min_samples() -> u32 {
    5
}

impl Rule {
    /// Shares of nulls in percent above which a column is noticeable, and wrong.
    pub(crate) fn bounds(&self) -> (f64, f64) {
        let Self { warn_above_percent: warn, fail_above_percent: fail, min_null_percent, max_drop_points, .. } = self;
        match (warn, fail) {
            (Some(warn), fail) => (*warn, fail.unwrap_or(100.0)),
            (None, Some(fail)) => (*fail, *fail),
            (None, None) if min_null_percent.is_some() || max_drop_points.is_some() => (100.0, 100.0),
            (None, None) => (5.0, 50.0),
        }
    }

    fn problems(&self, path: &str) -> Vec<SettingProblem> {
        let mut problems = Vec::new();
        let (warn, fail) = self.bounds();
        if warn > fail {
            let message = "expected at least `warn_above_percent`";
            problems.push(SettingProblem::new(format!("{path}/fail_above_percent"), message));
        }
        if self.min_null_percent.is_some_and(|min| min > warn) {
            let message = "more than `warn_above_percent` or `fail_above_percent`: no share would be fine";
            problems.push(SettingProblem::new(format!("{path}/min_null_percent"), message));
        }
        problems
    }
}

impl Settings {
    /// The value that rows are chosen by, where they are.
    pub(crate) fn chosen_by(&self) -> Option<(&ColumnName, Param)> {
        let value = match self.equals.as_ref()? {
            Value::Bool(value) => value.into_param(),
            Value::String(text) => text.into_param(),
            Value::Number(number) => match number.as_i64() {
                Some(whole) => whole.into_param(),
                None => number.as_f64()?.into_param(),
            },
            Value::Null | Value::Array(_) | Value::Object(_) => return None,
        };
        Some((self.where_column.as_ref()?, value))
    }

    /// What is wrong with settings that are as their schema says.
    pub(crate) fn problems(&self) -> Vec<SettingProblem> {
        let mut problems = Scope::problems(self.date_column.as_ref(), self.lookback_days);
        for (index, rule) in self.rules.iter().enumerate() {
            problems.extend(rule.problems(&format!("/rules/{index}")));
        }
        if self.where_column.is_some() != self.equals.is_some() {
            problems.push(SettingProblem::new("/equals", "goes with `where_column`"));
        } else if self.where_column.is_some() && self.chosen_by().is_none() {
            problems.push(SettingProblem::new("/equals", "expected a truth value, a number or a text"));
        }
        let has_drop = self.rules.iter().any(|rule| rule.max_drop_points.is_some());
        if has_drop != self.baseline_days.is_some() {
            problems.push(SettingProblem::new("/baseline_days", "goes with `max_drop_points` of a rule"));
        }
        if self.baseline_days.is_some_and(|days| days < self.min_samples) {
            problems.push(SettingProblem::new("/min_samples", "more than `baseline_days`"));
        }
        if self.baseline_days.is_some() && self.date_column.is_none() {
            problems.push(SettingProblem::new("/baseline_days", "goes with `date_column`"));
        }
        problems
    }
}
