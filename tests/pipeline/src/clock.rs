//! The clock of the pipeline: times of day in America/New_York, the same every day, also where summer time begins or
//! ends. Nothing is planned from 02:00 to 03:00, the hour that is missing once a year and there twice on another day.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};

/// Zone of the league.
const ZONE: &str = "America/New_York";
/// Hour at which a league day ends: games past midnight belong to the day they began.
const DAY_ENDS_AT_HOUR: i8 = 5;

/// Why there is no clock.
#[derive(Debug, thiserror::Error)]
#[error("find the time zone {ZONE}")]
pub struct NoZone(#[source] jiff::Error);

/// Turns league days and times of day into instants.
#[derive(Debug, Clone)]
pub struct Clock(TimeZone);

impl Clock {
    /// The clock of the league.
    ///
    /// # Errors
    /// When the zone is not known.
    pub fn new() -> Result<Self, NoZone> {
        TimeZone::get(ZONE).map(Self).map_err(NoZone)
    }

    /// The instant of a time of day; hours from 24 on are of the next day.
    pub(crate) fn at(&self, day: Date, hour: i64, minute: i64) -> Timestamp {
        let day = day.saturating_add((hour.div_euclid(24)).days());
        let part = |number: i64| i8::try_from(number).expect("part of a time of day");
        let local = day.at(part(hour.rem_euclid(24)), part(minute), 0, 0);
        self.0.to_ambiguous_timestamp(local).compatible().expect("a day far from the ends of time")
    }

    /// The league day an instant belongs to.
    #[must_use]
    pub fn league_day(&self, instant: Timestamp) -> Date {
        let local = self.0.to_datetime(instant);
        if local.hour() < DAY_ENDS_AT_HOUR { local.date().saturating_sub(1.day()) } else { local.date() }
    }
}

/// So many minutes.
pub(crate) fn minutes(count: i64) -> SignedDuration {
    SignedDuration::from_mins(count)
}

/// So many seconds.
pub(crate) fn seconds(count: i64) -> SignedDuration {
    SignedDuration::from_secs(count)
}

/// Whole minutes from one instant to a later one.
pub(crate) fn minutes_between(from: Timestamp, to: Timestamp) -> i64 {
    to.duration_since(from).as_mins()
}
