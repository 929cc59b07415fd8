//! Each of the last days has enough rows: see README.md.

#![forbid(unsafe_code)]

use std::collections::BTreeMap;

use assay_sdk::{
    Check, ColumnName, Context, Date, DateSpine, Error, Finding, Judgement, SettingProblem, Severity, TableName,
    Thresholds, Verdict, metric, query,
};
use schemars::JsonSchema;
use serde::Deserialize;

/// The settings. What is said here is in the schema, and is enforced.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The source; may be left out when only one is granted.
    #[serde(default)]
    pub source: Option<String>,
    /// The table whose rows are counted.
    pub table: TableName,
    /// The column that says which day a row belongs to: a date, or a timestamp (then its day in UTC).
    #[serde(default = "date_column")]
    pub date_column: ColumnName,
    /// How many days are looked at, up to and including the target date.
    #[serde(default = "lookback_days")]
    #[schemars(range(min = 1, max = 400))]
    pub lookback_days: u32,
    /// A day with fewer rows is a warning.
    #[serde(default = "warn_below")]
    #[schemars(range(min = 0))]
    pub warn_below: f64,
    /// A day with fewer rows is a failure. At most `warn_below`.
    #[serde(default = "fail_below")]
    #[schemars(range(min = 0))]
    pub fail_below: f64,
}

fn date_column() -> ColumnName {
    ColumnName::fixed("day")
}

fn lookback_days() -> u32 {
    7
}

fn warn_below() -> f64 {
    80.0
}

fn fail_below() -> f64 {
    50.0
}

/// A row of the answer.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Counted {
    day: Date,
    n: u64,
}

/// The check.
pub struct EnoughRows;

impl Check for EnoughRows {
    const ID: &'static str = "{{id}}";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const TITLE: &'static str = "{{title}}";
    const DESCRIPTION: &'static str = "Counts the rows of each of the last days. A day with too few rows, or with none, \
        is told with the days to backfill.";
    const OWNER: &'static str = "{{owner}}";
    const LIMITS: &'static [(&'static str, u64)] = &[("queries", 1)];
    type Settings = Settings;

    fn validate(settings: &Settings) -> Vec<SettingProblem> {
        let crossed = settings.fail_below > settings.warn_below;
        crossed.then(|| SettingProblem::new("/fail_below", "expected at most `warn_below`")).into_iter().collect()
    }

    fn run(context: &Context, settings: &Settings) -> Result<Verdict, Error> {
        let source = context.source(settings.source.as_deref())?;
        let days = context.spine(settings.lookback_days);
        let counts = counts(source, settings, days)?;
        let total = counts.values().sum::<u64>();
        metric("rows", total as f64, Some("rows"));

        let thresholds = Thresholds::below(settings.warn_below, settings.fail_below);
        let (mut failed, mut warned) = (Vec::new(), Vec::new());
        let missing = days.missing(counts.iter().filter(|(_, n)| **n > 0).map(|(day, _)| *day));
        for day in days {
            let n = counts.get(&day).copied().unwrap_or(0);
            let finding = |code| finding(source, settings, code, day, n);
            match thresholds.judge(n as f64)? {
                Judgement::Fine => {}
                Judgement::Warn => {
                    finding("few_rows").severity(Severity::Low).report();
                    warned.push(day);
                }
                Judgement::Fail => {
                    let span = days.around(day, &missing).map_or_else(|| day.to_string(), |span| span.to_string());
                    let code = if n == 0 { "missing_day" } else { "too_few_rows" };
                    finding(code).remediation(format!("backfill {span}")).report();
                    failed.push(day);
                }
            }
        }

        let count = days.count();
        let verdict = match (failed.as_slice(), warned.as_slice()) {
            ([], []) => return Ok(Verdict::passed(format!("all {count} days have their rows"), total)),
            ([], warned) => {
                Verdict::warn(format!("{} of {count} days are short: {}", warned.len(), days.spans(warned)))
            }
            (failed, _) => Verdict::fail(format!("{} of {count} days are wrong: {}", failed.len(), days.spans(failed))),
        };
        Ok(verdict.examined(total))
    }
}

/// The rows of each day that has any. What was not asked for is no answer.
fn counts(source: &str, settings: &Settings, days: DateSpine) -> Result<BTreeMap<Date, u64>, Error> {
    let Settings { table, date_column: column, .. } = settings;
    let sql = format!(
        "SELECT CAST({column} AS DATE) AS day, COUNT(*) AS n FROM {table} \
         WHERE CAST({column} AS DATE) BETWEEN @start AND @end GROUP BY 1 ORDER BY 1"
    );
    let mut counts = BTreeMap::new();
    for row in query(source, sql).bind("start", days.start()).bind("end", days.end()).fetch()?.typed() {
        let Counted { day, n } = row?;
        if !days.contains(day) {
            return Err(Error::new(format!("the query returned {day}, which was not asked for")));
        }
        if counts.insert(day, n).is_some() {
            return Err(Error::new(format!("the query returned {day} twice")));
        }
    }
    Ok(counts)
}

/// What is told of a day with too few rows.
fn finding(source: &str, settings: &Settings, code: &str, day: Date, n: u64) -> Finding {
    let wanted = settings.warn_below;
    Finding::new(code, format!("{n} of {wanted} rows"))
        .source(source)
        .table(&settings.table)
        .date(day)
        .observed(n as f64)
        .expected(wanted)
        .unit("rows")
        // A cast from a float stops at the ends of what a u64 holds.
        .affected((wanted.ceil() as u64).saturating_sub(n))
}

assay_sdk::export_check!(EnoughRows);

#[cfg(test)]
mod tests {
    use assay_sdk::setting_problems;

    use super::*;

    #[test]
    fn settings_are_taken_or_told_why_not() {
        assert_eq!(setting_problems::<EnoughRows>(r#"{"table": "events"}"#), []);
        let problem = |path: &str, message: &str| SettingProblem::new(path, message);
        for (settings, problems) in [
            (
                r#"{"table": "events`", "lookback_days": 0}"#,
                vec![
                    problem("/lookback_days", "expected 1 to 400, found 0"),
                    problem("/table", "not the name of a table"),
                ],
            ),
            (r#"{"table": "events", "fail_below": 90}"#, vec![problem("/fail_below", "expected at most `warn_below`")]),
        ] {
            assert_eq!(setting_problems::<EnoughRows>(settings), problems, "{settings}");
        }
    }
}
