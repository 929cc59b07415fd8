//! What is wrong with an entity.

use assay_sdk::{Finding, Severity, Timestamp};

use crate::due::{Due, Fate};
use crate::ledger::Seen;
use crate::settings::{Entity, Settings};

/// How bad it is. The worse of two is the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// Noticeable.
    Warn,
    /// Wrong.
    Fail,
}

/// A finding that is still to be told.
pub(crate) struct Trouble {
    /// Whom it is about.
    pub(crate) entity: String,
    /// How bad it is.
    pub(crate) level: Level,
    /// How many runs it is about.
    pub(crate) runs: u64,
    finding: Finding,
}

impl Trouble {
    fn new(entity: &str, level: Level, runs: u64, finding: Finding) -> Self {
        let finding = finding.partition(entity).affected(runs);
        let finding = match level {
            Level::Warn => finding.severity(Severity::Low),
            Level::Fail => finding,
        };
        Self { entity: entity.to_owned(), level, runs, finding }
    }

    /// Says it.
    pub(crate) fn report(&self, source: &str, settings: &Settings) {
        self.finding.clone().source(source).table(&settings.table).column(&settings.time_column).report();
    }
}

/// What is wrong with the runs of an entity that were due, in order.
pub(crate) fn troubles_of_dues(settings: &Settings, entity: &str, dues: &[Due], seen: Option<Seen>) -> Vec<Trouble> {
    let count = dues.len();
    let missing: Vec<&Due> = dues.iter().filter(|due| due.fate == Fate::Missing).collect();
    let is_late = |due: &&Due| matches!(due.fate, Fate::Late(_));
    let late: Vec<&Due> = dues.iter().filter(is_late).collect();
    let mut troubles = Vec::new();
    if let (Some(first), Some(last)) = (missing.first(), missing.last()) {
        let is_open = dues.last().is_some_and(|due| due.due_at == last.due_at);
        let is_tolerated = missing.len() < count && missing.len() as u64 <= u64::from(settings.tolerated_missing);
        let level = if is_tolerated { Level::Warn } else { Level::Fail };
        let what = format!("{} of {count} runs of `{entity}` are missing", missing.len());
        let (code, message) = match seen.and_then(|seen| seen.counted) {
            None => ("never_ran", format!("{what}: it {}", never(seen))),
            Some(last) => ("missing_runs", format!("{what}, last seen {last}")),
        };
        let when = match (first.due_at, last.due_at) {
            (first, last) if first == last => format!("at {first}"),
            (first, last) => format!("from {first} to {last}"),
        };
        let finding = Finding::new(code, message)
            .observed((count - missing.len()) as f64)
            .expected(count as f64)
            .unit("runs")
            .remediation(format!("run `{entity}` for what was due {when}"))
            .attribute("start", first.due_at.to_string())
            .attribute("end", last.due_at.to_string())
            .attribute("open", is_open.to_string());
        troubles.push(Trouble::new(entity, level, missing.len() as u64, with_last_seen(finding, seen)));
    }
    let delays = late.iter().filter_map(|due| Some((due, delay_hours(due)?)));
    if let Some((due, hours)) = delays.max_by(|(_, one), (_, other)| one.total_cmp(other)) {
        let message = format!("`{entity}` was late {} of {count} times, by up to {hours:.1} hours", late.len());
        let finding = Finding::new("late_runs", message)
            .observed(hours)
            .expected(0.0)
            .unit("hours")
            .attribute("due_at", due.due_at.to_string());
        troubles.push(Trouble::new(entity, Level::Warn, late.len() as u64, with_last_seen(finding, seen)));
    }
    troubles
}

/// What is wrong with an entity that must not be without a run for long.
pub(crate) fn trouble_of_gap(entity: &Entity, now: Timestamp, seen: Option<Seen>) -> Option<Trouble> {
    let Entity { name, max_gap_hours } = entity;
    let Some(last) = seen.and_then(|seen| seen.counted) else {
        let finding =
            Finding::new("never_ran", format!("`{name}` {}", never(seen))).expected(*max_gap_hours).unit("hours");
        return Some(Trouble::new(name, Level::Fail, 1, with_last_seen(finding, seen)));
    };
    let hours = hours_between(last, now);
    let is_overdue = hours > *max_gap_hours;
    is_overdue.then(|| {
        let message = format!("`{name}` has not run for {hours:.1} hours, at most {max_gap_hours} allowed");
        let finding = Finding::new("overdue", message).observed(hours).expected(*max_gap_hours).unit("hours");
        Trouble::new(name, Level::Fail, 1, with_last_seen(finding, seen))
    })
}

/// Of an entity without a run that counts.
fn never(seen: Option<Seen>) -> &'static str {
    match seen {
        Some(_) => "has run, and never in a way that counts",
        None => "has never run",
    }
}

fn with_last_seen(finding: Finding, seen: Option<Seen>) -> Finding {
    let text = |instant: Option<Timestamp>| instant.map_or("never".to_owned(), |instant| instant.to_string());
    let finding = finding.attribute("last_seen", text(seen.and_then(|seen| seen.counted)));
    // A run that does not count is worth knowing of: it was tried.
    match seen {
        Some(Seen { counted, any, .. }) if counted != Some(any) => finding.attribute("last_tried", any.to_string()),
        Some(_) | None => finding,
    }
}

fn delay_hours(due: &Due) -> Option<f64> {
    match due.fate {
        Fate::Late(ended_at) => Some(hours_between(due.due_at, ended_at)),
        Fate::InTime | Fate::Missing => None,
    }
}

fn hours_between(earlier: Timestamp, later: Timestamp) -> f64 {
    later.duration_since(earlier).as_secs_f64() / 3_600.0
}
