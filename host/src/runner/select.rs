//! Which checks a request means, and the day they are about. Pure.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::config::{CheckConfig, Config, ScheduleConfig, Target};
use crate::model::{ScheduleName, Window};

/// What somebody asks to run.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Names of schedules and checks; none means every check.
    pub names: Vec<String>,
    /// The day to run for; by default what the schedule says.
    pub date: Option<Date>,
}

/// The checks of one run and the day they are about.
#[derive(Debug, Clone)]
pub struct RunPlan {
    /// The schedule the checks belong to.
    pub schedule: Option<ScheduleName>,
    /// The zone in which the day counts.
    pub time_zone: TimeZone,
    /// The day.
    pub target_date: Date,
    /// The same day as instants.
    pub window: Window,
    /// The instant the run is due: now, or for a day gone by its end.
    pub scheduled_for: Timestamp,
    /// The checks, in the order of the configuration.
    pub checks: Vec<CheckConfig>,
}

impl RunPlan {
    /// IANA name of the zone.
    #[must_use]
    pub fn zone_name(&self) -> &str {
        self.time_zone.iana_name().unwrap_or("UTC")
    }
}

/// A request that cannot be meant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SelectError {
    /// Nothing has that name.
    #[error("there is no schedule or check `{name}`")]
    Unknown {
        /// The name.
        name: String,
        /// Names that look like it.
        similar: Vec<String>,
    },
    /// The day is at the edge of the calendar.
    #[error("the day {0} is out of range")]
    Day(Date),
}

/// How alike two names must be to be suggested (Jaro-Winkler).
const SIMILAR: f64 = 0.8;

/// Finds the checks of a request: one plan for each schedule concerned, for a run has one day.
///
/// # Errors
/// [`SelectError`] for the first name that is neither a schedule nor a check.
pub fn select(config: &Config, request: &Request, now: Timestamp) -> Result<Vec<RunPlan>, SelectError> {
    for name in &request.names {
        let known = |candidate: &str| candidate == name;
        let mut names =
            config.schedules.iter().map(|s| s.name.as_str()).chain(config.checks.iter().map(|c| c.name.as_str()));
        if !names.any(known) {
            return Err(SelectError::Unknown { name: name.clone(), similar: similar(config, name) });
        }
    }
    let wanted = |check: &&CheckConfig| {
        let schedule = check.schedule.as_ref().map(ScheduleName::as_str);
        request.names.is_empty()
            || request.names.iter().any(|name| name == check.name.as_str() || Some(name.as_str()) == schedule)
    };
    let chosen: Vec<_> = config.checks.iter().filter(wanted).collect();
    let schedules = std::iter::once(None).chain(config.schedules.iter().map(Some));
    schedules
        .filter_map(|schedule| {
            let name = schedule.map(|schedule| &schedule.name);
            let checks: Vec<_> =
                chosen.iter().filter(|check| check.schedule.as_ref() == name).map(|c| (*c).clone()).collect();
            (!checks.is_empty()).then(|| plan(schedule, checks, request.date, now))
        })
        .collect()
}

fn plan(
    schedule: Option<&ScheduleConfig>,
    checks: Vec<CheckConfig>,
    date: Option<Date>,
    now: Timestamp,
) -> Result<RunPlan, SelectError> {
    let (time_zone, target) =
        schedule.map_or((TimeZone::UTC, Target::SameDay), |schedule| (schedule.time_zone.clone(), schedule.target));
    let today = now.to_zoned_datetime(time_zone.clone()).date();
    let target_date = match date {
        Some(date) => date,
        None => target.date(now, &time_zone).map_err(|_| SelectError::Day(today))?,
    };
    let window = Window::of(target_date, &time_zone).map_err(|_| SelectError::Day(target_date))?;
    // A day gone by is seen as it was at its end: what came later is not yet known.
    let scheduled_for = if date.is_some() { now.min(window.end) } else { now };
    Ok(RunPlan { schedule: schedule.map(|s| s.name.clone()), time_zone, target_date, window, scheduled_for, checks })
}

fn similar(config: &Config, name: &str) -> Vec<String> {
    let mut scored: Vec<_> = config
        .schedules
        .iter()
        .map(|schedule| schedule.name.as_str())
        .chain(config.checks.iter().map(|check| check.name.as_str()))
        .map(|candidate| (strsim::jaro_winkler(candidate, name), candidate))
        .filter(|(score, _)| *score >= SIMILAR)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    scored.into_iter().take(3).map(|(_, candidate)| candidate.to_owned()).collect()
}
