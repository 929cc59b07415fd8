//! What is due when, seen from now: nothing is changed by looking.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::config::Config;
use crate::model::{CalendarName, NotRun, ScheduleName};
use crate::schedule::{Calendar, Due};
use crate::store::ScheduleState;

use super::generation::entry;

/// A slot that is going to be due.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedSlot {
    /// Its schedule.
    pub schedule: ScheduleName,
    /// When it is due.
    pub due: Due,
    /// When it starts: as much later as the schedule's jitter says.
    pub starts_at: Timestamp,
    /// The day it is about.
    pub target_date: Option<Date>,
    /// How many checks it runs.
    pub checks: usize,
    /// Why it is not going to be run, when that is known already, as a word and as a sentence.
    pub kept_from: Option<(NotRun, String)>,
}

/// The slots from one instant to another, the second excluded, in the order in which they are due.
#[must_use]
pub fn plan(
    config: &Config,
    calendars: &BTreeMap<CalendarName, Calendar>,
    states: &[ScheduleState],
    from: Timestamp,
    to: Timestamp,
) -> Vec<PlannedSlot> {
    let mut slots = Vec::new();
    for schedule in &config.schedules {
        let Some(entry) = entry(schedule, calendars) else { continue };
        let state = states.iter().find(|state| state.schedule == schedule.name);
        let paused = state.and_then(|state| state.paused.as_ref());
        let checks = config.checks.iter().filter(|check| check.schedule.as_ref() == Some(&schedule.name)).count();
        slots.extend(entry.timing.between(from, to).map(|due| PlannedSlot {
            schedule: schedule.name.clone(),
            starts_at: due.at.saturating_add(entry.jitter).unwrap_or(due.at),
            target_date: entry.target.of(due.local.date()),
            checks,
            kept_from: entry.kept_from(paused, &due),
            due,
        }));
    }
    slots.sort_by(|a, b| (a.due.at, &a.schedule).cmp(&(b.due.at, &b.schedule)));
    slots
}
