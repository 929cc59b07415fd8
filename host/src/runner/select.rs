//! Which checks a request means, and the day they are about. Pure.

use std::time::Duration;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ZonedDateTime};

use crate::config::{CheckConfig, Config, ScheduleConfig, Target};
use crate::model::{LocalTime, ScheduleName, Trigger, Window};
use crate::schedule::Due;

/// What somebody asks to run.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Names of schedules and checks; none means every check.
    pub names: Vec<String>,
    /// The day to run for; by default what the schedule says.
    pub date: Option<Date>,
    /// The instant to run at; by default now.
    pub at: Option<At>,
    /// Whether results change alerts also where a day or an instant is said: usually that is to look at what was.
    pub alerts: bool,
}

/// An instant, as somebody says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// The same everywhere.
    Instant(Timestamp),
    /// What the clock shows in the zone of the schedule. A time that it shows twice is the first, one that it leaves
    /// out is as much later as it leaves out.
    Local(DateTime),
}

impl At {
    fn instant(self, time_zone: &TimeZone) -> Result<Timestamp, SelectError> {
        match self {
            Self::Instant(instant) => Ok(instant),
            Self::Local(local) => time_zone.to_timestamp(local).map_err(|_| SelectError::Day(local.date())),
        }
    }
}

impl std::str::FromStr for At {
    type Err = jiff::Error;

    /// `2026-01-31T06:00`, `2026-01-31T06:00-05:00`, `2026-01-31T11:00Z`, `2026-01-31T06:00[America/New_York]`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(instant) = text.parse() {
            return Ok(Self::Instant(instant));
        }
        if let Ok(zoned) = text.parse::<ZonedDateTime>() {
            return Ok(Self::Instant(zoned.timestamp()));
        }
        text.parse().map(Self::Local)
    }
}

/// Why a run takes place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occasion {
    /// What made it happen.
    pub trigger: Trigger,
    /// Who asked for it, where somebody did and is known.
    pub requested_by: Option<String>,
    /// The due instant as the schedule means it.
    pub local: Option<LocalTime>,
}

impl Occasion {
    /// Somebody asks at the command line.
    pub const MANUAL: Self = Self { trigger: Trigger::Manual, requested_by: None, local: None };
}

/// The checks of one run and the day they are about.
#[derive(Debug, Clone)]
pub struct RunPlan {
    /// Why it takes place.
    pub occasion: Occasion,
    /// The schedule the checks belong to.
    pub schedule: Option<ScheduleName>,
    /// The zone in which the day counts.
    pub time_zone: TimeZone,
    /// The day.
    pub target_date: Date,
    /// The same day as instants.
    pub window: Window,
    /// The instant the run is due: now, or what somebody says, or for a day gone by its end.
    pub scheduled_for: Timestamp,
    /// How long it may take, retries included.
    pub deadline: Option<Duration>,
    /// Whether its results change alerts.
    pub alerts: bool,
    /// The checks, in the order of the configuration.
    pub checks: Vec<CheckConfig>,
}

impl RunPlan {
    /// What the run of a slot is to do; `None` at the very edge of the calendar.
    #[must_use]
    pub fn of_slot(config: &Config, schedule: &ScheduleConfig, due: &Due, trigger: Trigger) -> Option<Self> {
        let target_date = schedule.target.of(due.local.date())?;
        let of_it = |check: &&CheckConfig| check.schedule.as_ref() == Some(&schedule.name);
        Some(Self {
            occasion: Occasion { trigger, requested_by: None, local: Some(local(schedule, due)) },
            schedule: Some(schedule.name.clone()),
            time_zone: schedule.time_zone.clone(),
            target_date,
            window: Window::of(target_date, &schedule.time_zone).ok()?,
            scheduled_for: due.at,
            deadline: schedule.deadline,
            alerts: trigger != Trigger::Backfill,
            checks: config.checks.iter().filter(of_it).cloned().collect(),
        })
    }

    /// IANA name of the zone.
    #[must_use]
    pub fn zone_name(&self) -> &str {
        self.time_zone.iana_name().unwrap_or("UTC")
    }
}

/// A due instant as it is stored with its run.
#[must_use]
pub fn local(schedule: &ScheduleConfig, due: &Due) -> LocalTime {
    LocalTime {
        nominal: due.local,
        utc_offset_seconds: due.offset_seconds,
        dst_policy: format!("{}, {}", schedule.dst.gap.as_str(), schedule.dst.overlap.as_str()),
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
    /// The instant has not come.
    #[error("{0} has not come yet")]
    Ahead(Timestamp),
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
            (!checks.is_empty()).then(|| plan(schedule, checks, request, now))
        })
        .collect()
}

fn plan(
    schedule: Option<&ScheduleConfig>,
    checks: Vec<CheckConfig>,
    request: &Request,
    now: Timestamp,
) -> Result<RunPlan, SelectError> {
    let (time_zone, target) =
        schedule.map_or((TimeZone::UTC, Target::SameDay), |schedule| (schedule.time_zone.clone(), schedule.target));
    let at = request.at.map(|at| at.instant(&time_zone)).transpose()?;
    if let Some(at) = at.filter(|at| *at > now) {
        return Err(SelectError::Ahead(at));
    }
    let due = at.unwrap_or(now);
    let today = due.to_zoned_datetime(time_zone.clone()).date();
    let target_date = match request.date {
        Some(date) => date,
        None => target.date(due, &time_zone).map_err(|_| SelectError::Day(today))?,
    };
    let window = Window::of(target_date, &time_zone).map_err(|_| SelectError::Day(target_date))?;
    // A day gone by is seen as it was at its end: what came later is not yet known.
    let scheduled_for = match (at, request.date) {
        (None, Some(_)) => now.min(window.end),
        (Some(_), _) | (None, None) => due,
    };
    Ok(RunPlan {
        occasion: Occasion::MANUAL,
        schedule: schedule.map(|s| s.name.clone()),
        time_zone,
        target_date,
        window,
        scheduled_for,
        deadline: schedule.and_then(|schedule| schedule.deadline),
        alerts: request.alerts || (request.at.is_none() && request.date.is_none()),
        checks,
    })
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
