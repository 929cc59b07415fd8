//! Every table has what was due, on every day: see README.md.

#![forbid(unsafe_code)]

mod calendar;
mod judge;
mod rows;
mod settings;
mod tell;

use assay_sdk::{Check, Context, Error, Finding, SettingProblem, Severity, Verdict, metric, not_applicable};

use calendar::{Calendar, Window};
use judge::{Day, State, judge, spans};
use rows::Rows;
pub use settings::{Accepted, Settings, TableRule};
use tell::{count, finding, message};

/// Most findings about spans, shared by the tables.
const SPANS_MAX: usize = 24;
/// Most spans in the summary.
const TOLD_MAX: usize = 3;

/// The check.
pub struct HistoricalCompleteness;

impl Check for HistoricalCompleteness {
    const ID: &'static str = "historical-completeness";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const TITLE: &'static str = "Every table has what was due, on every day";
    const DESCRIPTION: &'static str = "Compares tables, day by day and key by key, with a calendar of what was due. A \
        gap is told as one span, and is told until it is filled or accepted, however long ago it was.";
    const OWNER: &'static str = "assay";
    // Two queries a table where there are no rows, and those of the calendar; a year of keys for each of many tables.
    const LIMITS: &'static [(&'static str, u64)] = &[
        ("queries", 80),
        ("rows", 4_000_000),
        ("bytes_in", 256 << 20),
        ("memory", 256 << 20),
        ("fuel", 20_000_000_000),
        ("guest_cpu", 30_000),
        ("deadline", 300_000),
    ];
    type Settings = Settings;

    fn validate(settings: &Settings) -> Vec<SettingProblem> {
        settings.problems()
    }

    fn run(context: &Context, settings: &Settings) -> Result<Verdict, Error> {
        if let Some(skip) = not_applicable(context, settings.source.as_deref(), settings.applies_sql.as_deref())? {
            return Ok(skip);
        }
        let source = context.source(settings.source.as_deref())?;
        let window = Window::new(context, settings);
        let calendar = Calendar::ask(context, source, settings, window)?;
        let mut totals = Totals::default();
        for rule in &settings.tables {
            let judged = Rows::count(context, source, rule, &calendar, window)
                .and_then(|rows| Ok((judge(settings, rule, &calendar, &rows, window)?, rows.keyless)));
            match judged {
                Ok((days, keyless)) => {
                    totals.add(rule, &days, keyless);
                    tell(source, settings, rule, window, &days, keyless);
                }
                Err(error) => {
                    Finding::new("unread_table", error.to_string()).source(source).table(&rule.table).report();
                    totals.unread.push(Error::new(format!("{}: {error}", rule.table.as_str())));
                }
            }
        }
        totals.report(context, &calendar);
        conclude(totals, settings, &calendar, window)
    }
}

/// Says what is not as it should be in a table.
fn tell(source: &str, settings: &Settings, rule: &TableRule, window: Window, days: &[Day], keyless: u64) {
    if keyless > 0 {
        let message = format!("{} without a key: they belong to nothing that is due", count(keyless, "row"));
        let finding = Finding::new("keyless_rows", message).source(source).table(&rule.table).affected(keyless);
        finding.severity(Severity::Low).report();
    }
    let spans = spans(days);
    let shown = (SPANS_MAX / settings.tables.len().max(1)).max(1);
    for span in spans.iter().take(shown) {
        finding(source, settings, rule, window, *span).report();
    }
    let rest = spans.len().saturating_sub(shown) as u64;
    if rest > 0 {
        let message = format!("{} of days are not shown", count(rest, "more span"));
        Finding::new("more_spans", message).source(source).table(&rule.table).affected(rest).report();
    }
}

/// What all tables add up to.
#[derive(Default)]
struct Totals {
    /// Units that were looked for, and rows of them.
    examined: u64,
    missing_days: u64,
    missing_units: u64,
    short_days: u64,
    accepted_days: u64,
    keyless: u64,
    /// Spans that fail, and spans that warn, in a few words each.
    failed: Vec<String>,
    warned: Vec<String>,
    unread: Vec<Error>,
}

impl Totals {
    fn add(&mut self, rule: &TableRule, days: &[Day], keyless: u64) {
        let name = rule.table.as_str();
        for day in days {
            self.examined = self.examined.saturating_add(day.units).saturating_add(day.rows);
            match day.state {
                State::Fine | State::UnitsMissing => {}
                State::Accepted => self.accepted_days += 1,
                State::Few | State::TooFew => self.short_days += 1,
                State::DayMissing => self.missing_days += 1,
            }
            if day.state != State::Accepted {
                self.missing_units += day.missing_units;
            }
        }
        for span in spans(days) {
            let told = format!("{name}: {}", message(span));
            if span.state == State::Few { self.warned.push(told) } else { self.failed.push(told) }
        }
        if keyless > 0 {
            self.warned.push(format!("{name}: {} without a key", count(keyless, "row")));
        }
        self.keyless = self.keyless.saturating_add(keyless);
    }

    fn report(&self, context: &Context, calendar: &Calendar) {
        let units: usize = calendar.days.values().map(|due| due.len()).sum();
        for (name, value, unit) in [
            ("due_days", calendar.days.len() as u64, "days"),
            ("due_units", units as u64, "units"),
            ("gaps", self.failed.len() as u64, "spans"),
            ("missing_days", self.missing_days, "days"),
            ("missing_units", self.missing_units, "units"),
            ("short_days", self.short_days, "days"),
            ("accepted_days", self.accepted_days, "days"),
            ("keyless_rows", self.keyless, "rows"),
        ] {
            metric(name, value as f64, Some(unit));
        }
        if let Some(last) = calendar.last_day() {
            metric("days_since_due", f64::from((context.target_date() - last).get_days()), Some("days"));
        }
    }
}

/// A failure is known, whatever could not be read; without one, what could not be read is an error.
fn conclude(totals: Totals, settings: &Settings, calendar: &Calendar, window: Window) -> Result<Verdict, Error> {
    let well = all_is_well(&totals, settings, calendar, window);
    let Totals { examined, failed: mut summary, warned, unread, .. } = totals;
    let is_failure = !summary.is_empty();
    summary.extend(unread.iter().map(ToString::to_string));
    match unread.into_iter().next() {
        Some(error) if !is_failure => return Err(error),
        _ => {}
    }
    let is_warning = !is_failure && !warned.is_empty();
    summary.extend(warned);
    if summary.is_empty() {
        return Ok(Verdict::passed(well, examined));
    }
    let rest = summary.len().saturating_sub(TOLD_MAX);
    summary.truncate(TOLD_MAX);
    let mut summary = summary.join("; ");
    if rest > 0 {
        summary = format!("{summary}; and {rest} more");
    }
    let verdict = if is_warning { Verdict::warn(summary) } else { Verdict::fail(summary) };
    Ok(verdict.examined(examined))
}

fn all_is_well(totals: &Totals, settings: &Settings, calendar: &Calendar, window: Window) -> String {
    let tables = count(settings.tables.len() as u64, "table");
    let days = count(calendar.days.len() as u64, "day");
    let first = calendar.days.first_key_value().map_or(window.start, |(day, _)| *day);
    let last = calendar.last_day().unwrap_or(window.end);
    let mut told = format!("{tables} looked at: what was due on {days}, {first}..{last}, is there");
    if totals.accepted_days > 0 {
        told.push_str(&format!(", but for {} that the settings accept", count(totals.accepted_days, "day")));
    }
    if totals.missing_units > 0 {
        told.push_str(&format!(", but for {} that may be missing", count(totals.missing_units, "unit")));
    }
    if last < window.recent {
        told.push_str("; nothing was due in the lookback");
    }
    told
}

assay_sdk::export_check!(HistoricalCompleteness);
