//! When checks run, and about which day.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::model::{CalendarName, ScheduleName};
use crate::schedule::{CatchUp, Cron, Dst, Overlap, Timing};

/// When, in which zone and about which day checks run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleConfig {
    /// Its name.
    pub name: ScheduleName,
    /// The zone in which days count; it has an IANA name.
    pub time_zone: TimeZone,
    /// When it is due; only by hand when there is none.
    pub cron: Option<Cron>,
    /// The day a run is about.
    pub target: Target,
    /// What is due where clocks are set.
    pub dst: Dst,
    /// Which slots are run after all that were due while no host was there.
    pub catch_up: CatchUp,
    /// What becomes of a slot that is due while the run of the one before is under way.
    pub overlap: Overlap,
    /// How much later than due a slot starts at most.
    pub jitter: Duration,
    /// How long after it was due a slot may begin.
    pub start_deadline: Option<Duration>,
    /// How long a whole run may take, retries included.
    pub deadline: Option<Duration>,
    /// The calendar that says on which days it is on; every day without one.
    pub calendar: Option<CalendarName>,
    /// Schedules that come first, unlike itself. No schedule depends on itself through others.
    pub depends_on: Vec<ScheduleName>,
    /// How long before a slot is due what it depends on may have been due.
    pub depends_within: Duration,
}

impl ScheduleConfig {
    /// When it is due by itself; never without a pattern.
    #[must_use]
    pub fn timing(&self) -> Option<Timing> {
        Some(Timing { cron: self.cron.clone()?, time_zone: self.time_zone.clone(), dst: self.dst })
    }
}

/// The day a run is about, seen from the instant it is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Target {
    /// The day of that instant.
    #[default]
    SameDay,
    /// The day before.
    PreviousDay,
}

impl Target {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::SameDay, Self::PreviousDay];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SameDay => "same_day",
            Self::PreviousDay => "previous_day",
        }
    }

    /// The date in `zone` that a run due at `now` is about.
    ///
    /// # Errors
    /// When there is no day before: at the beginning of the year -9999.
    pub fn date(self, now: Timestamp, zone: &TimeZone) -> Result<Date, jiff::Error> {
        self.seen_from(zone.to_datetime(now).date())
    }

    /// The date that a run is about which is due on a day, as clocks of the schedule's zone show it; `None` when there
    /// is no day before.
    #[must_use]
    pub fn of(self, today: Date) -> Option<Date> {
        self.seen_from(today).ok()
    }

    fn seen_from(self, today: Date) -> Result<Date, jiff::Error> {
        match self {
            Self::SameDay => Ok(today),
            Self::PreviousDay => today.yesterday(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn the_day_is_counted_in_the_zone_and_never_in_utc() {
        let new_york = TimeZone::get("America/New_York").unwrap();
        let auckland = TimeZone::get("Pacific/Auckland").unwrap();
        for (now, zone, same, previous) in [
            ("2026-03-01T04:59:59Z", &new_york, date(2026, 2, 28), date(2026, 2, 27)),
            ("2026-03-01T05:00:00Z", &new_york, date(2026, 3, 1), date(2026, 2, 28)),
            ("2026-03-01T04:59:59Z", &TimeZone::UTC, date(2026, 3, 1), date(2026, 2, 28)),
            ("2026-03-01T12:00:00Z", &auckland, date(2026, 3, 2), date(2026, 3, 1)),
            // The hour that spring skips, and the one that autumn repeats.
            ("2026-03-08T07:00:00Z", &new_york, date(2026, 3, 8), date(2026, 3, 7)),
            ("2025-11-02T05:30:00Z", &new_york, date(2025, 11, 2), date(2025, 11, 1)),
        ] {
            let now: Timestamp = now.parse().unwrap();
            assert_eq!(Target::SameDay.date(now, zone).unwrap(), same, "{now}");
            assert_eq!(Target::PreviousDay.date(now, zone).unwrap(), previous, "{now}");
        }
    }
    #[test]
    fn the_day_of_a_slot_is_the_one_that_clocks_show() {
        assert_eq!(Target::SameDay.of(date(2026, 3, 8)), Some(date(2026, 3, 8)));
        assert_eq!(Target::PreviousDay.of(date(2026, 3, 1)), Some(date(2026, 2, 28)));
        assert_eq!(Target::PreviousDay.of(Date::MIN), None);
    }
}
