//! The newest row is not too old: see README.md.

#![forbid(unsafe_code)]

mod calendar;

use assay_sdk::{
    Cell, Check, ColumnName, Context, Date, Error, Finding, SettingProblem, TableName, Timestamp, Verdict, metric,
    not_applicable, query,
};
use schemars::JsonSchema;
use serde::Deserialize;

pub use calendar::Day;
use calendar::{Calendar, Missed, local_day};

/// Settings of `freshness`. Exactly one of `max_age_hours`, `max_age_days`, `calendar_sql` and `weekdays`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The source; may be left out when only one is granted.
    #[serde(default)]
    pub source: Option<String>,
    /// The table.
    pub table: TableName,
    /// The column that says how new a row is: a date or a timestamp.
    pub column: ColumnName,
    /// Oldest the newest row may be at the scheduled instant. For timestamps only: a date has no hours.
    #[serde(default)]
    #[schemars(range(min = 0, max = 1_000_000))]
    pub max_age_hours: Option<f64>,
    /// Oldest the newest row may be, in days before the target date.
    #[serde(default)]
    pub max_age_days: Option<u32>,
    /// A query that returns the days on which data is due, in a column `day` (a date): the age is then how many of them
    /// have been missed. `@start` and `@end` are the first and last day it is asked about.
    #[serde(default)]
    pub calendar_sql: Option<String>,
    /// The days of the week on which data is due, in place of a calendar.
    #[serde(default)]
    #[schemars(length(min = 1, max = 7))]
    pub weekdays: Option<Vec<Day>>,
    /// How many due days may be missed, with `calendar_sql` or `weekdays`; none when left out.
    #[serde(default)]
    pub max_missed_days: Option<u32>,
    /// A query that returns one row with a boolean `applies` and, if it likes, a text `reason`: the check is skipped
    /// where it says no.
    #[serde(default)]
    pub applies_sql: Option<String>,
    /// How far ahead of the scheduled instant a clock may be.
    #[serde(default = "future_tolerance_minutes")]
    pub future_tolerance_minutes: u32,
}

fn future_tolerance_minutes() -> u32 {
    5
}

/// The check.
pub struct Freshness;

/// The newest value.
#[derive(Clone, Copy)]
enum Newest {
    Day(Date),
    Instant(Timestamp),
}

/// How old the newest row is, and how old it may be.
struct Age {
    age: f64,
    max: f64,
    unit: &'static str,
    /// How far ahead of the run it may lie, in the same unit.
    future: f64,
    /// The due days that have been missed, where they are counted.
    missed: Option<Missed>,
}

impl Age {
    fn told(&self) -> String {
        match &self.missed {
            None => format!("{:.1} {} old", self.age, self.unit),
            Some(Missed { days: 0, .. }) => "no due day missed since".to_owned(),
            Some(Missed { days: 1, .. }) => "1 due day missed since".to_owned(),
            Some(Missed { days, .. }) => format!("{days} due days missed since"),
        }
    }
}

impl Check for Freshness {
    const ID: &'static str = "freshness";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const TITLE: &'static str = "The newest row is not too old";
    const DESCRIPTION: &'static str = "Compares the newest value of a date or timestamp column with the day or the \
        instant of the run, or counts the days on which data was due since. An empty table and a value in the future are \
        never fresh.";
    const OWNER: &'static str = "assay";
    type Settings = Settings;

    fn validate(settings: &Settings) -> Vec<SettingProblem> {
        let Settings { max_age_hours, max_age_days, calendar_sql, weekdays, max_missed_days, .. } = settings;
        let mut problems = Vec::new();
        let ages = [max_age_hours.is_some(), max_age_days.is_some(), calendar_sql.is_some(), weekdays.is_some()];
        if ages.into_iter().filter(|is_given| *is_given).count() != 1 {
            let message = "expected exactly one of `max_age_hours`, `max_age_days`, `calendar_sql` and `weekdays`";
            problems.push(SettingProblem::new("", message));
        }
        if max_missed_days.is_some() && calendar_sql.is_none() && weekdays.is_none() {
            problems.push(SettingProblem::new("/max_missed_days", "goes with `calendar_sql` or `weekdays`"));
        }
        problems
    }

    fn run(context: &Context, settings: &Settings) -> Result<Verdict, Error> {
        if let Some(skip) = not_applicable(context, settings.source.as_deref(), settings.applies_sql.as_deref())? {
            return Ok(skip);
        }
        let source = context.source(settings.source.as_deref())?;
        let Settings { table, column, .. } = settings;
        let sql = format!("SELECT MAX({column}) AS newest, COUNT(*) AS n FROM {table}");
        let row = query(source, sql).fetch()?.only_row()?;
        let rows = row.get::<i64>("n")?.unsigned_abs();
        let finding = |code, message: String| Finding::new(code, message).source(source).table(table).column(column);
        let newest = row.cell("newest")?;
        let Some(text) = newest.text() else {
            let what = if rows == 0 { "the table has no rows" } else { "no row has a value" };
            finding("never_loaded", what.to_owned()).report();
            return Ok(Verdict::fail(what).examined(rows));
        };
        let age = age(context, settings, source, Newest::read(newest, column)?)?;
        let (told, Age { age, max, unit, future, missed }) = (age.told(), age);
        metric(if missed.is_some() { "missed_days" } else { "age" }, age, Some(unit));
        if age < -future {
            finding("future_timestamp", format!("the newest value is {text}, {:.1} {unit} ahead of the run", -age))
                .observed_text(&text)
                .report();
            return Ok(Verdict::fail(format!("the newest value lies in the future: {text}")).examined(rows));
        }
        if age > max {
            let stale = finding("stale", format!("the newest value is {text}, {told}"));
            let stale = stale.observed(age).expected(max).unit(unit);
            match missed.and_then(|missed| missed.span) {
                None => stale,
                Some(span) => stale
                    .attribute("start", span.first.to_string())
                    .attribute("end", span.last.to_string())
                    .remediation(format!("load what was due on {span}")),
            }
            .report();
            return Ok(Verdict::fail(format!("{told}, at most {max} allowed")).examined(rows));
        }
        Ok(Verdict::pass(format!("the newest value is {text}, {told}")).examined(rows))
    }
}

impl Newest {
    fn read(cell: Cell<'_>, column: &ColumnName) -> Result<Self, Error> {
        let column = column.as_str();
        match cell {
            Cell::Date(date) => Ok(Self::Day(date)),
            Cell::Timestamp(instant) => Ok(Self::Instant(instant)),
            Cell::DateTime(micros) => Timestamp::from_microsecond(micros)
                .map(Self::Instant)
                .map_err(|_| Error::new(format!("`{column}` holds {micros} microseconds, which is no date"))),
            _ => Err(Error::new(format!("`{column}` is neither a date nor a timestamp"))),
        }
    }
}

fn age(context: &Context, settings: &Settings, source: &str, newest: Newest) -> Result<Age, Error> {
    let tolerance_hours = f64::from(settings.future_tolerance_minutes) / 60.0;
    if let Some(calendar) = Calendar::of(settings) {
        return due_days(context, settings, source, newest, calendar);
    }
    Ok(match (newest, settings.max_age_days, settings.max_age_hours) {
        (Newest::Day(date), Some(days), _) => {
            let ahead = days_ahead(context, settings, date);
            // A day after the target may have begun when the run is due; one after that day has not.
            let age = if ahead > 0.0 { -ahead } else { days_between(date, context.target_date()).max(0.0) };
            Age { age, max: f64::from(days), unit: "days", future: 0.0, missed: None }
        }
        (Newest::Day(_), None, _) => {
            return Err(Error::new(format!(
                "`{}` is a date: set `max_age_days`, not `max_age_hours`",
                settings.column.as_str()
            )));
        }
        (Newest::Instant(instant), days, hours) => hours_old(context, instant, days, hours, tolerance_hours),
    })
}

/// Due days that have been missed since the newest value. One that is ahead of the run is ahead of any calendar.
fn due_days(
    context: &Context,
    settings: &Settings,
    source: &str,
    newest: Newest,
    calendar: Calendar<'_>,
) -> Result<Age, Error> {
    let (ahead, future) = match newest {
        Newest::Day(date) => (days_ahead(context, settings, date), 0.0),
        Newest::Instant(instant) => {
            let tolerance_days = f64::from(settings.future_tolerance_minutes) / (24.0 * 60.0);
            (hours_between(context.scheduled_for(), instant) / 24.0, tolerance_days)
        }
    };
    let max = f64::from(settings.max_missed_days.unwrap_or(0));
    if ahead > future {
        return Ok(Age { age: -ahead, max, unit: "days", future, missed: None });
    }
    let day = match newest {
        Newest::Day(date) => date,
        Newest::Instant(instant) => local_day(context, source, instant)?,
    };
    let missed = calendar.missed_since(context, source, day)?;
    Ok(Age { age: f64::from(missed.days), max, unit: "due days", future, missed: Some(missed) })
}

fn days_between(earlier: Date, later: Date) -> f64 {
    f64::from((later - earlier).get_days())
}

fn hours_between(earlier: Timestamp, later: Timestamp) -> f64 {
    later.duration_since(earlier).as_secs_f64() / 3_600.0
}

/// How many days a date lies after the day that it is when the run is due.
fn days_ahead(context: &Context, settings: &Settings, date: Date) -> f64 {
    days_between(context.local_date_after(settings.future_tolerance_minutes), date)
}

/// Days of an instant are counted from the end of the target date, hours from the scheduled instant.
fn hours_old(context: &Context, newest: Timestamp, days: Option<u32>, hours: Option<f64>, tolerance_hours: f64) -> Age {
    let ahead = hours_between(context.scheduled_for(), newest);
    match (days, hours) {
        (Some(days), _) => {
            // A value between the end of the day and the run is fresh; one beyond the run is not.
            let since = hours_between(newest, context.window_end());
            let age = if ahead > tolerance_hours { -ahead } else { since.max(0.0) } / 24.0;
            Age { age, max: f64::from(days), unit: "days", future: tolerance_hours / 24.0, missed: None }
        }
        (None, hours) => {
            Age { age: -ahead, max: hours.unwrap_or(0.0), unit: "hours", future: tolerance_hours, missed: None }
        }
    }
}

assay_sdk::export_check!(Freshness);
