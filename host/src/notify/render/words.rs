//! Words, times and numbers for people.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::model::{AlertKind, Measure, NoticeKind};
use crate::notify::inert::inert;

/// The longest number or text that was observed, in characters.
const MEASURE_CHARS_MAX: usize = 200;

/// Why somebody is told, at the head of a message.
pub(super) fn why(kind: NoticeKind) -> &'static str {
    match kind {
        NoticeKind::Open => "Firing",
        NoticeKind::Reopened => "Firing again",
        NoticeKind::Repeat => "Still firing",
        NoticeKind::Escalate => "Escalated",
        NoticeKind::Ack => "Acknowledged",
        NoticeKind::FlappingStart => "Flapping",
        NoticeKind::FlappingEnd => "Flapping no more",
        NoticeKind::Resolved => "Resolved",
        NoticeKind::Closed => "Closed",
    }
}

/// What an alert says of its check.
pub(super) fn said(kind: AlertKind) -> &'static str {
    match kind {
        AlertKind::Data => "the data is not as it must be",
        AlertKind::Error => "the check could not say",
        AlertKind::Stale => "the check was not applicable for too long",
        AlertKind::Missing => "the check did not run when it was due",
    }
}

/// A time, to the minute.
pub(super) fn time(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned_datetime(zone.clone()).strftime("%Y-%m-%d %H:%M %Z").to_string()
}

/// A time for a program.
pub(super) fn rfc3339(at: Timestamp) -> String {
    format!("{at:.3}")
}

/// A time that passed, in its two largest units.
pub(super) fn lasted(from: Timestamp, until: Timestamp) -> String {
    let seconds = until.duration_since(from).max(SignedDuration::ZERO).as_secs();
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, 0) => format!("{hours} h"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, 0, _) => format!("{days} d"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

/// A number of milliseconds.
pub(super) fn took(millis: u64) -> String {
    if millis < 1_000 { format!("{millis} ms") } else { format!("{}.{} s", millis / 1_000, millis % 1_000 / 100) }
}

/// What was observed or expected, with its unit.
pub(super) fn measure(measure: &Measure, unit: Option<&str>) -> String {
    let value = match measure {
        Measure::Number(number) if number.abs() >= 1e15 => format!("{number:e}"),
        Measure::Number(number) => number.to_string(),
        Measure::Text(text) => text.clone(),
    };
    let unit = unit.map(|unit| format!(" {unit}")).unwrap_or_default();
    inert(&format!("{value}{unit}"), MEASURE_CHARS_MAX)
}
