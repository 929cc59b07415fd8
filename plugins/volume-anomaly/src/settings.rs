//! What the check is asked.

use assay_sdk::{ColumnName, SettingProblem, TableName};
use schemars::JsonSchema;
use serde::Deserialize;

/// Settings of `volume-anomaly`.
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
    /// The table that is measured. Either this with `date_column`, or `value_sql`.
    #[serde(default)]
    pub table: Option<TableName>,
    /// The column that says which day a row belongs to: a date, or a timestamp (then its day in UTC).
    #[serde(default)]
    pub date_column: Option<ColumnName>,
    /// What is measured of each day of the table.
    #[serde(default)]
    pub measure: Measure,
    /// The column of numbers, for a sum or an average.
    #[serde(default)]
    pub column: Option<ColumnName>,
    /// A query that returns the values instead: `day`, `value` and, if it likes, a text `segment`; each segment is
    /// compared with itself. `@start` and `@end` are the first and last day looked at.
    #[serde(default)]
    pub value_sql: Option<String>,
    /// A query that returns `day` and a text `season`: only days of the season of the target date are compared with it.
    /// `@start` and `@end` are the first and last day looked at.
    #[serde(default)]
    pub season_sql: Option<String>,
    /// A query that returns `day` and a number `units`, for example games: values are divided by it, and a day of 0 units
    /// is not due. `@start` and `@end` are the first and last day looked at.
    #[serde(default)]
    pub per_unit_sql: Option<String>,
    /// How many days before the target date are compared with it.
    #[serde(default = "lookback_days")]
    #[schemars(range(min = 1, max = 800))]
    pub lookback_days: u32,
    /// Of how many days there must be values: of the same weekday, or else of any.
    #[serde(default = "min_samples")]
    #[schemars(range(min = 1, max = 400))]
    pub min_samples: u32,
    /// What it means that there are fewer.
    #[serde(default)]
    pub when_few_samples: WhenFew,
    /// Less than this is a failure, whatever has been usual; after division by the units.
    #[serde(default)]
    pub min_value: Option<f64>,
    /// A value further from the median than so many spreads is a warning.
    #[serde(default = "warn_deviation")]
    #[schemars(range(min = 0))]
    pub warn_deviation: f64,
    /// A value further from the median than so many spreads is a failure.
    #[serde(default = "fail_deviation")]
    #[schemars(range(min = 0))]
    pub fail_deviation: f64,
    /// Changes up to this are never noticeable: the spread is the median absolute deviation, but at least as much as
    /// makes this change, in percent of the median, `warn_deviation` spreads.
    #[serde(default = "min_change_percent")]
    #[schemars(range(min = 0))]
    pub min_change_percent: f64,
    /// On which side of the median a value is noticeable.
    #[serde(default)]
    pub direction: Side,
}

/// What is measured of each day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Measure {
    /// The number of rows.
    #[default]
    Rows,
    /// The sum of a column.
    Sum,
    /// The average of a column.
    Average,
}

/// What it means that there is not enough to compare with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum WhenFew {
    /// The check cannot say.
    #[default]
    Error,
    /// It is noticeable.
    Warn,
    /// `min_value` is enough to go by.
    Pass,
}

/// On which side of the median a value is noticeable.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// On both.
    #[default]
    Both,
    /// Below it.
    Below,
    /// Above it.
    Above,
}

fn lookback_days() -> u32 {
    56
}

fn min_samples() -> u32 {
    8
}

fn warn_deviation() -> f64 {
    4.0
}

fn fail_deviation() -> f64 {
    8.0
}

fn min_change_percent() -> f64 {
    30.0
}

/// Where the values come from.
pub(crate) enum Values<'a> {
    /// A table and its date column; a column where one is measured.
    Table(&'a TableName, &'a ColumnName, Option<&'a ColumnName>),
    /// A statement of the operator.
    Statement(&'a str),
}

impl Settings {
    /// Where the values come from; none when the settings do not say, or say it twice.
    pub(crate) fn values(&self) -> Option<Values<'_>> {
        let Self { table, date_column, column, value_sql, .. } = self;
        match (table, date_column, value_sql) {
            (Some(table), Some(date), None) => Some(Values::Table(table, date, column.as_ref())),
            (None, None, Some(sql)) => Some(Values::Statement(sql)),
            _ => None,
        }
    }

    /// What is wrong with settings that are as their schema says.
    pub(crate) fn problems(&self) -> Vec<SettingProblem> {
        let mut problems = Vec::new();
        let mut problem = |path: &str, message: &str| problems.push(SettingProblem::new(path, message));
        if self.values().is_none() {
            problem("", "expected either `table` and `date_column`, or `value_sql`");
        }
        if self.value_sql.is_some() && (self.measure != Measure::Rows || self.column.is_some()) {
            problem("/measure", "goes with `table`: `value_sql` measures by itself");
        } else if (self.measure == Measure::Rows) == self.column.is_some() {
            problem("/column", "goes with a `measure` of \"sum\" or \"average\"");
        }
        if self.measure == Measure::Average && self.per_unit_sql.is_some() {
            problem("/per_unit_sql", "an average is not divided by units");
        }
        if self.fail_deviation < self.warn_deviation {
            problem("/fail_deviation", "expected at least `warn_deviation`");
        }
        if self.min_change_percent > 0.0 && self.warn_deviation == 0.0 {
            problem("/warn_deviation", "expected more than 0 where `min_change_percent` is");
        }
        if self.when_few_samples == WhenFew::Pass && self.min_value.is_none() {
            problem("/min_value", "is what \"pass\" of `when_few_samples` rests on");
        }
        if self.min_samples > self.lookback_days {
            problem("/min_samples", "more than `lookback_days`");
        }
        problems
    }
}
