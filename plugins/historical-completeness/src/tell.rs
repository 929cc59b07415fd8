//! What is said about a span of days.

use assay_sdk::{Finding, Severity};

use crate::calendar::Window;
use crate::judge::{Span, State};
use crate::settings::{Settings, TableRule};

/// Most days that stand in a hint one by one.
const DATES_MAX: usize = 60;

/// The finding about a span of days.
pub(crate) fn finding(source: &str, settings: &Settings, rule: &TableRule, window: Window, span: Span<'_>) -> Finding {
    let Span { state, .. } = span;
    let finding = Finding::new(code(state), message(span))
        .source(source)
        .table(&rule.table)
        .date(span.span.first)
        .remediation(remediation(&rule.backfill, span))
        .attribute("start", span.span.first.to_string())
        .attribute("end", span.span.last.to_string())
        .attribute("days", span.calendar_days().to_string())
        .attribute("due_days", span.days.len().to_string())
        .attribute("missing_units", span.missing_units().to_string())
        .attribute("open", span.is_open.to_string())
        .attribute("recent", (span.span.last >= window.recent).to_string());
    let finding = if state >= State::UnitsMissing {
        let (units, missing) = (span.units(), span.missing_units());
        finding.observed((units - missing) as f64).expected(units as f64).unit("units").affected(missing)
    } else {
        let finding = finding.observed(span.rows() as f64).expected(tenths(span.wanted())).unit("rows");
        finding.affected(whole(span.lacking()))
    };
    let finding = if state == State::Few { finding.severity(Severity::Low) } else { finding };
    samples(settings, span, finding)
}

/// What a state is called, for programs.
fn code(state: State) -> &'static str {
    match state {
        // Nothing is said about the first two.
        State::Fine | State::Accepted | State::Few => "few_rows",
        State::TooFew => "too_few_rows",
        State::UnitsMissing => "missing_units",
        State::DayMissing => "missing_days",
    }
}

/// A span in a sentence.
pub(crate) fn message(span: Span<'_>) -> String {
    let (days, units) = (count(span.days.len() as u64, "day"), count(span.units(), "unit"));
    let still = if span.is_open { ", still open" } else { "" };
    let at = span.span;
    match span.state {
        State::DayMissing => {
            let gap = count(span.calendar_days(), "day");
            format!("{gap} without anything that was due ({units} on {days}), {at}{still}")
        }
        State::UnitsMissing => format!("{} of {units} missing on {days}, {at}{still}", span.missing_units()),
        State::Fine | State::Accepted | State::Few | State::TooFew => {
            format!("{} of {} rows on {days}, {at}{still}", span.rows(), tenths(span.wanted()))
        }
    }
}

/// A number of things.
pub(crate) fn count(n: u64, thing: &str) -> String {
    format!("{n} {thing}{}", if n == 1 { "" } else { "s" })
}

fn remediation(template: &str, span: Span<'_>) -> String {
    let mut dates: Vec<_> = span.days.iter().take(DATES_MAX).map(|day| day.day.to_string()).collect();
    if span.days.len() > DATES_MAX {
        dates.push("...".to_owned());
    }
    template
        .replace("{start}", &span.span.first.to_string())
        .replace("{end}", &span.span.last.to_string())
        .replace("{dates}", &dates.join(","))
}

/// The units that are missing, or those with too few rows.
fn samples(settings: &Settings, span: Span<'_>, finding: Finding) -> Finding {
    let cell = |name: &str, value: String| (name.to_owned(), Some(value));
    let keyed = |day: String, key: &String| {
        let mut row = vec![cell("day", day)];
        if !key.is_empty() {
            row.push(cell("key", key.clone()));
        }
        row
    };
    let rows = span.days.iter().flat_map(|day| {
        let missing = day.missing.iter().map(move |key| keyed(day.day.to_string(), key));
        let short = day.short.iter().map(move |unit| {
            let mut row = keyed(day.day.to_string(), &unit.key);
            row.push(cell("rows", unit.rows.to_string()));
            row.push(cell("expected", tenths(unit.wanted).to_string()));
            row
        });
        let (missing, short) =
            if span.state >= State::UnitsMissing { (Some(missing), None) } else { (None, Some(short)) };
        missing.into_iter().flatten().chain(short.into_iter().flatten())
    });
    rows.take(settings.sample_rows as usize).fold(finding, Finding::sample)
}

/// A number of rows to one digit: products of a share are seldom what they look like.
fn tenths(rows: f64) -> f64 {
    (rows * 10.0).round() / 10.0
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number of rows, and a cast saturates")]
fn whole(rows: f64) -> u64 {
    rows.round() as u64
}
