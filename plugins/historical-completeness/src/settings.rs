//! What an operator says.

use std::collections::BTreeSet;

use assay_sdk::{ColumnName, Date, SettingProblem, TableName, Thresholds};
use schemars::JsonSchema;
use serde::Deserialize;

/// Settings of `historical-completeness`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The source; may be left out when only one is granted.
    #[serde(default)]
    pub source: Option<String>,
    /// A query that returns one row with a boolean `applies` and, if it likes, a text `reason`: the check is skipped
    /// where it says no.
    #[serde(default)]
    pub applies_sql: Option<String>,
    /// The calendar: a query that returns one row for each unit that is due, with `day` (a date) and, if it likes,
    /// `key` (what is due on the day, for example a game) and `expected` (rows for it, 1 when left out; 0 is nothing).
    /// `@start` and `@end` are the first and last day looked at.
    pub expected_sql: String,
    /// The tables that should have what is due.
    #[schemars(length(min = 1, max = 32))]
    pub tables: Vec<TableRule>,
    /// How many days are recent, up to and including the target date: few rows are told for these only.
    #[serde(default = "lookback_days")]
    #[schemars(range(min = 1, max = 400))]
    pub lookback_days: u32,
    /// How many days are looked at for gaps, up to and including the target date.
    #[serde(default = "horizon_days")]
    #[schemars(range(min = 1, max = 4000))]
    pub horizon_days: u32,
    /// How many days up to and including the target date are not due yet.
    #[serde(default)]
    #[schemars(range(max = 400))]
    pub settle_days: u32,
    /// A unit with less than this share of its rows is a warning.
    #[serde(default = "warn_below_percent")]
    #[schemars(range(min = 0))]
    pub warn_below_percent: f64,
    /// A unit with less than this share of its rows is a failure.
    #[serde(default = "fail_below_percent")]
    #[schemars(range(min = 0))]
    pub fail_below_percent: f64,
    /// How many keys of a day may be missing while others of it are there.
    #[serde(default)]
    pub missing_units_allowed: u32,
    /// Gaps that are known and will not be filled.
    #[serde(default)]
    #[schemars(length(max = 200))]
    pub accepted: Vec<Accepted>,
    /// How many missing or short units are shown for each span.
    #[serde(default = "sample_rows")]
    #[schemars(range(max = 20))]
    pub sample_rows: u32,
}

/// A table and how its rows are told apart: by columns, or by a statement.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TableRule {
    /// The table; with `rows_sql` only the name that findings have.
    pub table: TableName,
    /// The column that says which day a row belongs to: a date, or a timestamp (then its day in UTC).
    #[serde(default)]
    pub date_column: Option<ColumnName>,
    /// The column that says which key of the calendar a row belongs to; left out, days are judged as a whole.
    #[serde(default)]
    pub key_column: Option<ColumnName>,
    /// Instead of columns: a query that returns `day`, `n` (rows) and, if it likes, `key`. `@start` and `@end` are the
    /// first and last day looked at.
    #[serde(default)]
    pub rows_sql: Option<String>,
    /// How many rows the table should have for each row that the calendar expects.
    #[serde(default = "rows_per_unit")]
    #[schemars(range(min = 0.001))]
    pub rows_per_unit: f64,
    /// Instead of the setting of the same name for all tables.
    #[serde(default)]
    #[schemars(range(min = 0))]
    pub warn_below_percent: Option<f64>,
    /// Instead of the setting of the same name for all tables.
    #[serde(default)]
    #[schemars(range(min = 0))]
    pub fail_below_percent: Option<f64>,
    /// What a person should do about a gap: `{start}` and `{end}` stand for its first and last day, `{dates}` for the
    /// days that are due in it, with commas between them.
    #[serde(default = "backfill")]
    pub backfill: String,
}

/// Days of a table that are not judged.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Accepted {
    /// One of `tables`.
    pub table: TableName,
    /// First day, as `2026-01-20`.
    #[schemars(with = "String")]
    pub start: Date,
    /// Last day.
    #[schemars(with = "String")]
    pub end: Date,
    /// Why it will not be filled.
    #[schemars(length(min = 1))]
    pub reason: String,
}

fn lookback_days() -> u32 {
    14
}

fn horizon_days() -> u32 {
    400
}

fn warn_below_percent() -> f64 {
    80.0
}

fn fail_below_percent() -> f64 {
    50.0
}

fn rows_per_unit() -> f64 {
    1.0
}

fn sample_rows() -> u32 {
    5
}

fn backfill() -> String {
    "backfill {start}..{end}".to_owned()
}

impl Settings {
    /// The bounds for the rows of a unit in a table.
    pub(crate) fn thresholds(&self, rule: &TableRule) -> Thresholds {
        Thresholds::below(
            rule.warn_below_percent.unwrap_or(self.warn_below_percent),
            rule.fail_below_percent.unwrap_or(self.fail_below_percent),
        )
    }

    /// Whether a day of a table is not to be judged.
    pub(crate) fn is_accepted(&self, rule: &TableRule, day: Date) -> bool {
        self.accepted.iter().any(|known| known.table == rule.table && (known.start..=known.end).contains(&day))
    }

    /// Everything that is wrong with settings that are as their schema says.
    pub(crate) fn problems(&self) -> Vec<SettingProblem> {
        let mut problems = Vec::new();
        if self.lookback_days > self.horizon_days {
            problems.push(SettingProblem::new("/horizon_days", "expected at least `lookback_days`"));
        }
        if self.settle_days >= self.lookback_days {
            problems.push(SettingProblem::new("/settle_days", "expected less than `lookback_days`"));
        }
        if self.fail_below_percent > self.warn_below_percent {
            problems.push(SettingProblem::new("/fail_below_percent", "expected 0 to `warn_below_percent`"));
        }
        let mut names = BTreeSet::new();
        for (index, rule) in self.tables.iter().enumerate() {
            let path = format!("/tables/{index}");
            let thresholds = self.thresholds(rule);
            if (rule.warn_below_percent.is_some() || rule.fail_below_percent.is_some())
                && thresholds.fail > thresholds.warn
            {
                let message = "expected 0 to `warn_below_percent`";
                problems.push(SettingProblem::new(format!("{path}/fail_below_percent"), message));
            }
            if !names.insert(&rule.table) {
                let message = "stands twice: give one of them `rows_sql` and a name of its own";
                problems.push(SettingProblem::new(format!("{path}/table"), message));
            }
            problems.extend(rule.problems(&path));
        }
        for (index, known) in self.accepted.iter().enumerate() {
            if !names.contains(&known.table) {
                problems.push(SettingProblem::new(format!("/accepted/{index}/table"), "expected one of `tables`"));
            }
            if known.end < known.start {
                problems.push(SettingProblem::new(format!("/accepted/{index}/end"), "lies before `start`"));
            }
        }
        problems
    }
}

impl TableRule {
    fn problems(&self, path: &str) -> Vec<SettingProblem> {
        let mut problems = Vec::new();
        let mut tell =
            |field: &str, message: String| problems.push(SettingProblem::new(format!("{path}{field}"), message));
        if self.date_column.is_some() == self.rows_sql.is_some() {
            tell("", "expected exactly one of `date_column` and `rows_sql`".to_owned());
        }
        if self.key_column.is_some() && self.rows_sql.is_some() {
            tell("/key_column", "`rows_sql` returns the column `key` in its place".to_owned());
        }
        if let Some(word) = unknown_word(&self.backfill) {
            tell("/backfill", format!("expected `{{start}}`, `{{end}}` or `{{dates}}`, found `{{{word}}}`"));
        }
        problems
    }
}

/// A word in braces that stands for nothing.
fn unknown_word(template: &str) -> Option<&str> {
    let words = template.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(word, _)| word);
    let is_word = |word: &&str| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    words.filter(is_word).find(|word| !["start", "end", "dates"].contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_stands_for_nothing_is_found() {
        for (template, word) in [
            ("load --from {start} --to {end}", None),
            ("load {dates} as {\"a\": 1} {}", None),
            ("load {date}", Some("date")),
            ("load {start} {stop_day}", Some("stop_day")),
            ("load {start", None),
        ] {
            assert_eq!(unknown_word(template), word, "{template}");
        }
    }
}
