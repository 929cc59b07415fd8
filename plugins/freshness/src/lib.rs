//! The newest row is not too old: see README.md.

#![forbid(unsafe_code)]

use assay_sdk::{
    Cell, Check, ColumnName, Context, Date, Error, Finding, SettingProblem, TableName, Timestamp, Verdict, metric,
    query,
};
use schemars::JsonSchema;
use serde::Deserialize;

/// Settings of `freshness`. Exactly one of `max_age_hours` and `max_age_days`.
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
    /// How far ahead of the scheduled instant a clock may be.
    #[serde(default = "future_tolerance_minutes")]
    pub future_tolerance_minutes: u32,
}

fn future_tolerance_minutes() -> u32 {
    5
}

/// The check.
pub struct Freshness;

/// How old the newest row is, and how old it may be.
struct Age {
    newest: String,
    age: f64,
    max: f64,
    unit: &'static str,
    /// How far ahead of the run it may lie, in the same unit.
    future: f64,
}

impl Check for Freshness {
    const ID: &'static str = "freshness";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const TITLE: &'static str = "The newest row is not too old";
    const DESCRIPTION: &'static str = "Compares the newest value of a date or timestamp column with the day or the instant \
        of the run. An empty table and a value in the future are never fresh.";
    const OWNER: &'static str = "assay";
    type Settings = Settings;

    fn validate(settings: &Settings) -> Vec<SettingProblem> {
        let both_or_none = settings.max_age_hours.is_some() == settings.max_age_days.is_some();
        let problem = || SettingProblem::new("", "expected exactly one of `max_age_hours` and `max_age_days`");
        both_or_none.then(problem).into_iter().collect()
    }

    fn run(context: &Context, settings: &Settings) -> Result<Verdict, Error> {
        let source = context.source(settings.source.as_deref())?;
        let Settings { table, column, .. } = settings;
        let sql = format!("SELECT MAX({column}) AS newest, COUNT(*) AS n FROM {table}");
        let row = query(source, sql).fetch()?.only_row()?;
        let rows = row.get::<i64>("n")?.unsigned_abs();
        let finding = |code, message: String| Finding::new(code, message).source(source).table(table).column(column);
        let Some(age) = age(context, settings, row.cell("newest")?)? else {
            let what = if rows == 0 { "the table has no rows" } else { "no row has a value" };
            finding("never_loaded", what.to_owned()).report();
            return Ok(Verdict::fail(what).examined(rows));
        };
        metric("age", age.age, Some(age.unit));
        let Age { newest, age, max, unit, future } = age;
        if age < -future {
            finding("future_timestamp", format!("the newest value is {newest}, {:.1} {unit} ahead of the run", -age))
                .observed_text(&newest)
                .report();
            return Ok(Verdict::fail(format!("the newest value lies in the future: {newest}")).examined(rows));
        }
        if age > max {
            finding("stale", format!("the newest value is {newest}, {age:.1} {unit} old"))
                .observed(age)
                .expected(max)
                .unit(unit)
                .report();
            return Ok(Verdict::fail(format!("{age:.1} {unit} old, at most {max} allowed")).examined(rows));
        }
        Ok(Verdict::pass(format!("the newest value is {newest}, {age:.1} {unit} old")).examined(rows))
    }
}

/// None when there is no value at all.
fn age(context: &Context, settings: &Settings, newest: Cell<'_>) -> Result<Option<Age>, Error> {
    let Some(text) = newest.text() else { return Ok(None) };
    let tolerance_hours = f64::from(settings.future_tolerance_minutes) / 60.0;
    let age = match (newest, settings.max_age_days, settings.max_age_hours) {
        (Cell::Date(date), Some(days), _) => {
            let since = |day: Date| f64::from((day - date).get_days());
            let today = context.local_date_after(settings.future_tolerance_minutes);
            // A day after the target may have begun when the run is due; one after that day has not.
            let age = if date > today { since(today) } else { since(context.target_date()).max(0.0) };
            Age { newest: text, age, max: f64::from(days), unit: "days", future: 0.0 }
        }
        (Cell::Date(_), None, _) => {
            return Err(Error::new(format!(
                "`{}` is a date: set `max_age_days`, not `max_age_hours`",
                settings.column.as_str()
            )));
        }
        (Cell::Timestamp(instant), days, hours) => hours_old(context, instant, text, days, hours, tolerance_hours),
        (Cell::DateTime(micros), days, hours) => {
            let instant = Timestamp::from_microsecond(micros)
                .map_err(|_| Error::new(format!("`{}` holds {text}, which is no date", settings.column.as_str())))?;
            hours_old(context, instant, text, days, hours, tolerance_hours)
        }
        _ => return Err(Error::new(format!("`{}` is neither a date nor a timestamp", settings.column.as_str()))),
    };
    Ok(Some(age))
}

/// Days of an instant are counted from the end of the target date, hours from the scheduled instant.
fn hours_old(
    context: &Context,
    newest: Timestamp,
    text: String,
    days: Option<u32>,
    hours: Option<f64>,
    tolerance_hours: f64,
) -> Age {
    let since = |now: Timestamp| now.duration_since(newest).as_secs_f64() / 3_600.0;
    let ahead = newest.duration_since(context.scheduled_for()).as_secs_f64() / 3_600.0;
    match (days, hours) {
        (Some(days), _) => {
            // A value between the end of the day and the run is fresh; one beyond the run is not.
            let age = if ahead > tolerance_hours { -ahead } else { since(context.window_end()).max(0.0) };
            Age { newest: text, age: age / 24.0, max: f64::from(days), unit: "days", future: tolerance_hours / 24.0 }
        }
        (None, hours) => Age {
            newest: text,
            age: since(context.scheduled_for()),
            max: hours.unwrap_or(0.0),
            unit: "hours",
            future: tolerance_hours,
        },
    }
}

assay_sdk::export_check!(Freshness);
