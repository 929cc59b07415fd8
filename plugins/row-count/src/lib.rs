//! Each day has as many rows as it should: see README.md.

#![forbid(unsafe_code)]

use std::collections::BTreeMap;

use assay_sdk::{
    Check, ColumnName, Context, Date, DateSpine, Error, Finding, SettingProblem, Severity, TableName, Verdict, query,
};
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
    pub table: TableName,
    /// The column that says which day a row belongs to: a date, or a timestamp (then its day in UTC).
    pub date_column: ColumnName,
    /// A query that returns a row for each day that should have rows, with columns `date` and `expected`. `@start` and
    /// `@end` are the first and last day looked at.
    pub expected_sql: String,
    /// How many days are looked at, up to and including the target date.
    #[serde(default = "lookback_days")]
    #[schemars(range(min = 1, max = 400))]
    pub lookback_days: u32,
    /// A day with less than this share of its rows is a warning.
    #[serde(default = "warn_below_percent")]
    pub warn_below_percent: f64,
    /// A day with less than this share of its rows is a failure.
    #[serde(default = "fail_below_percent")]
    #[schemars(range(min = 0))]
    pub fail_below_percent: f64,
    /// A day with more than this share of its rows is a failure; left out, there is no upper bound.
    #[serde(default)]
    #[schemars(range(min = 100))]
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
        let Settings { warn_below_percent: warn, fail_below_percent: fail, .. } = settings;
        let crossed =
            (fail > warn).then(|| SettingProblem::new("/fail_below_percent", "expected 0 to `warn_below_percent`"));
        crossed.into_iter().collect()
    }

    fn run(context: &Context, settings: &Settings) -> Result<Verdict, Error> {
        let source = context.source(settings.source.as_deref())?;
        let spine = context.spine(settings.lookback_days);
        let expected = expected(source, settings, spine)?;
        let counts = counts(source, settings, spine)?;
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
                    let advice = match (code, spine.around(*day, &empty)) {
                        ("too_many_rows", _) => format!("look for rows loaded twice on {day}"),
                        (_, Some(span)) => format!("backfill {span}"),
                        (_, None) => format!("backfill {day}"),
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
            ([], warned) => format!("{} of {days} days are short: {}", warned.len(), spine.spans(warned)),
            (failed, _) => format!("{} of {days} days are wrong: {}", failed.len(), spine.spans(failed)),
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
fn expected(source: &str, settings: &Settings, spine: DateSpine) -> Result<BTreeMap<Date, u64>, Error> {
    let (start, end) = (spine.start(), spine.end());
    let mut days = BTreeMap::new();
    for row in
        query(source, &settings.expected_sql).bind_if_named("start", start).bind_if_named("end", end).fetch_whole()?
    {
        let (day, expected): (Date, f64) = (row.get("date")?, row.get("expected")?);
        if !(0.0..=1e15).contains(&expected) {
            return Err(Error::new(format!("`expected_sql` expects {expected} rows for {day}")));
        }
        // A day outside the window is not looked at, and would look empty.
        if spine.contains(day) && days.insert(day, whole(expected)).is_some() {
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

fn counts(source: &str, settings: &Settings, spine: DateSpine) -> Result<BTreeMap<Date, u64>, Error> {
    let Settings { table, date_column: column, .. } = settings;
    let sql = format!(
        "SELECT CAST({column} AS DATE) AS day, COUNT(*) AS n FROM {table} \
         WHERE CAST({column} AS DATE) BETWEEN @start AND @end GROUP BY CAST({column} AS DATE)"
    );
    let mut counts = BTreeMap::new();
    for row in query(source, sql).bind("start", spine.start()).bind("end", spine.end()).fetch()? {
        let row = row?;
        let day: Date = row.get("day")?;
        if counts.insert(day, row.get::<i64>("n")?.unsigned_abs()).is_some() {
            return Err(Error::new(format!("the query returned {day} twice")));
        }
    }
    Ok(counts)
}

assay_sdk::export_check!(RowCount);
