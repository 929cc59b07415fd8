//! What a run is about: the only time and identity a check may know.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::ids::{CheckName, RunId, SourceName};

/// The day a run is about, as instants: `start <= t < end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// First instant of the day.
    pub start: Timestamp,
    /// First instant of the next day.
    pub end: Timestamp,
}

impl Window {
    /// The instants at which `date` begins and ends in `zone`: 23 or 25 hours apart on some days.
    ///
    /// # Errors
    /// When the day is at the very edge of the calendar (years -9999 and 9999).
    pub fn of(date: Date, zone: &TimeZone) -> Result<Self, jiff::Error> {
        let start = date.to_zoned_datetime(zone.clone())?;
        let end = date.tomorrow()?.to_zoned_datetime(zone.clone())?;
        Ok(Self { start: start.timestamp(), end: end.timestamp() })
    }
}

/// The `context` argument of a check's `run`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunContext {
    /// The run.
    pub run_id: RunId,
    /// The check.
    pub check: CheckName,
    /// 1 for the first attempt.
    pub attempt: u32,
    /// The instant the run was due.
    pub scheduled_for: Timestamp,
    /// The day the run is about, in `time_zone`.
    pub target_date: Date,
    /// The same day as instants.
    pub window: Window,
    /// IANA name.
    pub time_zone: String,
    /// Offset of the zone at `scheduled_for`, seconds east of UTC.
    pub utc_offset_seconds: i32,
    /// The same for every attempt.
    pub seed: u64,
    /// Nothing of the run is stored.
    pub dry_run: bool,
    /// Granted sources, in the order of the configuration.
    pub sources: Vec<SourceName>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_day_is_as_long_as_the_zone_says() {
        let hours = |day, zone: &str| {
            let window = Window::of(day, &TimeZone::get(zone).unwrap()).unwrap();
            window.end.duration_since(window.start).as_hours()
        };
        assert_eq!(hours(date(2026, 1, 15), "America/New_York"), 24);
        assert_eq!(hours(date(2026, 3, 8), "America/New_York"), 23, "spring forward");
        assert_eq!(hours(date(2025, 11, 2), "America/New_York"), 25, "fall back");
        assert_eq!(hours(date(2026, 9, 6), "America/Santiago"), 23, "the gap is at midnight");
    }
}
