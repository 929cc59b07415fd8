//! Each day has as many rows as it should: see README.md.

#![forbid(unsafe_code)]

mod spans;

use std::collections::BTreeMap;

use assay_sdk::{Check, Context, Date, Error, Finding, SettingProblem, Severity, Verdict, query, quote_identifier};
use schemars::JsonSchema;
use serde::Deserialize;

/// Settings of `row-count`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The source; may be left out when only one is granted.
    #[serde(default)]
    pub source: Option<String>,
    /// The table whose rows are counted.
    pub table: String,
    /// The column that says which day a row belongs to: a date, or a timestamp (then its day in UTC).
    pub date_column: String,
    /// A query that returns a row for each day that should have rows, with columns `date` and `expected`. `@start` and
    /// `@end` are the first and last day looked at.
    pub expected_sql: String,
    /// How many days are looked at, up to and including the target date.
    #[serde(default = "lookback_days")]
    pub lookback_days: u32,
    /// A day with less than this share of its rows is a warning.
    #[serde(default = "warn_below_percent")]
    pub warn_below_percent: f64,
    /// A day with less than this share of its rows is a failure.
    #[serde(default = "fail_below_percent")]
    pub fail_below_percent: f64,
    /// A day with more than this share of its rows is a failure; left out, there is no upper bound.
    #[serde(default)]
    pub fail_above_percent: Option<f64>,
}

fn lookback_days() -> u32 {
    14
}

fn warn_below_percent() -> f64 {
    80.0
}

fn fail_below_percent() -> f64 {
    50.0
}

/// The check.
pub struct RowCount;

impl Check for RowCount {
    const ID: &'static str = "row-count";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const TITLE: &'static str = "Each day has as many rows as it should";
    const DESCRIPTION: &'static str = "Counts the rows of every day of the last weeks and compares them with what another \
        query says there should be. A gap of several days is told as one span, with the days to backfill.";
    const OWNER: &'static str = "assay";
    type Settings = Settings;

    fn validate(settings: &Settings) -> Vec<SettingProblem> {
        let problem = |path: &str, wrong: bool, message: &str| wrong.then(|| SettingProblem::new(path, message));
        let Settings { warn_below_percent: warn, fail_below_percent: fail, fail_above_percent: above, .. } = settings;
        let problems = [
            problem("/table", quote_identifier(&settings.table).is_err(), "not the name of a table"),
            problem("/date_column", quote_identifier(&settings.date_column).is_err(), "not the name of a column"),
            problem("/lookback_days", !(1..=400).contains(&settings.lookback_days), "expected 1 to 400 days"),
            problem("/fail_below_percent", !(0.0..=*warn).contains(fail), "expected 0 to `warn_below_percent`"),
            problem("/fail_above_percent", above.is_some_and(|above| above < 100.0), "expected 100 or more"),
        ];
        problems.into_iter().flatten().collect()
    }

    fn run(context: &Context, settings: &Settings) -> Result<Verdict, Error> {
        let source = context.source(settings.source.as_deref())?;
        let (start, end) = context.last_days(settings.lookback_days);
        let expected = expected(source, settings, start, end)?;
        let counts = counts(source, settings, start, end)?;
        let (mut failed, mut warned) = (Vec::new(), Vec::new());
        let is_gap = |(day, wanted): &(&Date, &u64)| **wanted > 0 && counts.get(day).is_none_or(|n| *n == 0);
        let empty: Vec<_> = expected.iter().filter(is_gap).map(|(day, _)| *day).collect();
        for (day, wanted) in &expected {
            let count = counts.get(day).copied().unwrap_or(0);
            let judgement = judge(settings, count, *wanted);
            let finding = |code| finding(source, settings, code, *day, count, *wanted);
            match judgement {
                Judgement::Fine => {}
                Judgement::Few => {
                    finding("few_rows").severity(Severity::Low).report();
                    warned.push(*day);
                }
                Judgement::Wrong(code) => {
                    let span = spans::around(*day, &empty).unwrap_or_else(|| day.to_string());
                    let advice = match code {
                        "too_many_rows" => format!("look for rows loaded twice on {day}"),
                        _ => format!("backfill {span}"),
                    };
                    finding(code).remediation(advice).report();
                    failed.push(*day);
                }
            }
        }
        let days = expected.len();
        let summary = match (failed.as_slice(), warned.as_slice()) {
            ([], []) => {
                return Ok(Verdict::pass(format!("all {days} days have their rows")).examined(examined(&counts, days)));
            }
            ([], warned) => format!("{} of {days} days are short: {}", warned.len(), spans::of(warned)),
            (failed, _) => format!("{} of {days} days are wrong: {}", failed.len(), spans::of(failed)),
        };
        let verdict = if failed.is_empty() { Verdict::warn(summary) } else { Verdict::fail(summary) };
        Ok(verdict.examined(examined(&counts, days)))
    }
}

/// What the count of a day means.
enum Judgement {
    Fine,
    Few,
    Wrong(&'static str),
}

fn judge(settings: &Settings, count: u64, wanted: u64) -> Judgement {
    let percent = if wanted == 0 { 100.0 } else { 100.0 * count as f64 / wanted as f64 };
    if percent < settings.fail_below_percent {
        Judgement::Wrong(if count == 0 { "missing_day" } else { "too_few_rows" })
    } else if settings.fail_above_percent.is_some_and(|above| percent > above) {
        Judgement::Wrong("too_many_rows")
    } else if percent < settings.warn_below_percent {
        Judgement::Few
    } else {
        Judgement::Fine
    }
}

fn finding(source: &str, settings: &Settings, code: &str, day: Date, count: u64, wanted: u64) -> Finding {
    Finding::new(code, format!("{count} of {wanted} rows"))
        .source(source)
        .table(&settings.table)
        .date(day)
        .observed(count as f64)
        .expected(wanted as f64)
        .unit("rows")
        .affected(wanted.abs_diff(count))
}

/// Rows counted, and days that were looked at for them: a day rightly without rows has been examined too.
fn examined(counts: &BTreeMap<Date, u64>, days: usize) -> u64 {
    counts.values().sum::<u64>() + days as u64
}

/// How many rows each day should have. No day at all is not "nothing to do": nobody knows then what should be there.
fn expected(source: &str, settings: &Settings, start: Date, end: Date) -> Result<BTreeMap<Date, u64>, Error> {
    let mut days = BTreeMap::new();
    for row in query(source, &settings.expected_sql).bind_if_named("start", start).bind_if_named("end", end).fetch()? {
        let row = row?;
        let (day, expected): (Date, f64) = (row.get("date")?, row.get("expected")?);
        if !(0.0..=1e15).contains(&expected) {
            return Err(Error::new(format!("`expected_sql` expects {expected} rows for {day}")));
        }
        // A day outside the window is not looked at, and would look empty.
        if (start..=end).contains(&day) && days.insert(day, whole(expected)).is_some() {
            return Err(Error::new(format!("`expected_sql` returns {day} twice")));
        }
    }
    if days.is_empty() {
        return Err(Error::new(format!("`expected_sql` expects nothing on any day of {start}..{end}")));
    }
    Ok(days)
}

/// The nearest whole number of a number between 0 and 10^15.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the caller has checked the range")]
fn whole(number: f64) -> u64 {
    number.round() as u64
}

fn counts(source: &str, settings: &Settings, start: Date, end: Date) -> Result<BTreeMap<Date, u64>, Error> {
    let (table, column) = (quote_identifier(&settings.table)?, quote_identifier(&settings.date_column)?);
    let sql = format!(
        "SELECT CAST({column} AS DATE) AS day, COUNT(*) AS n FROM {table} \
         WHERE CAST({column} AS DATE) BETWEEN @start AND @end GROUP BY CAST({column} AS DATE)"
    );
    query(source, sql)
        .bind("start", start)
        .bind("end", end)
        .fetch()?
        .map(|row| {
            let row = row?;
            Ok((row.get("day")?, row.get::<i64>("n")?.unsigned_abs()))
        })
        .collect()
}

assay_sdk::export_check!(RowCount);
