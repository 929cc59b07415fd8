//! What a run may know of time and identity.

use jiff::civil::Date;
use jiff::{Span, Timestamp};

use crate::bindings::assay::plugin::types;
use crate::error::Error;
use crate::spine::DateSpine;

/// What a run may know of time and identity. A check never asks for "today": the same context, settings and data
/// give the same findings.
///
/// ```no_run
/// use assay_sdk::{Context, Error};
///
/// fn statement(context: &Context) -> Result<assay_sdk::Query, Error> {
///     let (first, last) = context.last_days(7);
///     let sql = "SELECT COUNT(*) AS n FROM orders WHERE day BETWEEN @first AND @last";
///     Ok(assay_sdk::query(context.source(None)?, sql).bind("first", first).bind("last", last))
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Context(types::Context);

impl Context {
    pub(crate) fn new(context: types::Context) -> Self {
        Self(context)
    }

    /// Identity of the run.
    #[must_use]
    pub fn run_id(&self) -> &str {
        &self.0.run_id
    }

    /// Configured name of the check.
    #[must_use]
    pub fn check(&self) -> &str {
        &self.0.check
    }

    /// 1 for the first attempt.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.0.attempt
    }

    /// The instant the run was due.
    #[must_use]
    pub fn scheduled_for(&self) -> Timestamp {
        timestamp(self.0.scheduled_micros)
    }

    /// The day the run is about, in the time zone of the schedule.
    #[must_use]
    pub fn target_date(&self) -> Date {
        date(self.0.target_date)
    }

    /// The last `count` days up to and including the target date: first and last. At least one day.
    #[must_use]
    pub fn last_days(&self, count: u32) -> (Date, Date) {
        let last = self.target_date();
        let before = Span::new().try_days(count.max(1) - 1);
        (before.and_then(|days| last.checked_sub(days)).unwrap_or(Date::MIN), last)
    }

    /// The last `count` days up to and including the target date, as a spine. At least one day.
    #[must_use]
    pub fn spine(&self, count: u32) -> DateSpine {
        let (first, last) = self.last_days(count);
        DateSpine::ordered(first, last)
    }

    /// The day it is in the schedule's time zone some minutes after the scheduled instant.
    #[must_use]
    pub fn local_date_after(&self, minutes: u32) -> Date {
        let seconds = self.scheduled_for().as_second() + i64::from(self.utc_offset_seconds()) + i64::from(minutes) * 60;
        date(i32::try_from(seconds.div_euclid(86_400)).unwrap_or(i32::MAX))
    }

    /// First instant of the target date in its time zone.
    #[must_use]
    pub fn window_start(&self) -> Timestamp {
        timestamp(self.0.window_start_micros)
    }

    /// First instant after the target date in its time zone.
    #[must_use]
    pub fn window_end(&self) -> Timestamp {
        timestamp(self.0.window_end_micros)
    }

    /// IANA name of the schedule's time zone.
    #[must_use]
    pub fn time_zone(&self) -> &str {
        &self.0.time_zone
    }

    /// Offset of the time zone at the scheduled instant, seconds east of UTC.
    #[must_use]
    pub fn utc_offset_seconds(&self) -> i32 {
        self.0.utc_offset_seconds
    }

    /// For sampling; the same for every attempt.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.0.seed
    }

    /// Nothing of the run is stored.
    #[must_use]
    pub fn dry_run(&self) -> bool {
        self.0.dry_run
    }

    /// Names of the granted sources, in the order of the configuration.
    #[must_use]
    pub fn sources(&self) -> &[String] {
        &self.0.sources
    }

    /// The source to ask: the one that settings name, or the only one granted.
    ///
    /// # Errors
    /// When none is named and not exactly one is granted.
    pub fn source<'a>(&'a self, named: Option<&'a str>) -> Result<&'a str, Error> {
        match (named, self.sources()) {
            (Some(named), _) => Ok(named),
            (None, [only]) => Ok(only),
            (None, sources) => Err(Error::new(format!("name a source in the settings: {} are granted", sources.len()))),
        }
    }
}

/// From days since 1970-01-01; clamped to the calendar.
pub(crate) fn date(days: i32) -> Date {
    let epoch = jiff::civil::date(1970, 1, 1);
    // Neither a span of days nor the calendar has room for all that 32 bits can say.
    let date = Span::new().try_days(days).and_then(|days| epoch.checked_add(days));
    date.unwrap_or(if days < 0 { Date::MIN } else { Date::MAX })
}

/// From microseconds since 1970-01-01 00:00 UTC; clamped to the calendar.
pub(crate) fn timestamp(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap_or(if micros < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

/// Days since 1970-01-01.
pub(crate) fn epoch_days(date: Date) -> i32 {
    (date - jiff::civil::date(1970, 1, 1)).get_days()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_beyond_the_calendar_are_its_ends() {
        let day = jiff::civil::date;
        for (days, expected) in [
            (0, day(1970, 1, 1)),
            (-1, day(1969, 12, 31)),
            (20_454, day(2026, 1, 1)),
            (2_932_896, Date::MAX),
            (2_932_897, Date::MAX),
            (i32::MAX, Date::MAX),
            (i32::MIN, Date::MIN),
        ] {
            assert_eq!(date(days), expected, "{days}");
        }
    }

    #[test]
    fn more_days_than_there_were_begin_with_the_first() {
        let context = Context::new(types::Context {
            run_id: String::new(),
            check: String::new(),
            attempt: 1,
            scheduled_micros: 0,
            target_date: 20_454,
            window_start_micros: 0,
            window_end_micros: 0,
            time_zone: String::new(),
            utc_offset_seconds: 0,
            seed: 0,
            dry_run: false,
            sources: Vec::new(),
        });
        let last = jiff::civil::date(2026, 1, 1);
        assert_eq!(context.last_days(0), (last, last));
        assert_eq!(context.last_days(3), (jiff::civil::date(2025, 12, 30), last));
        assert_eq!(context.last_days(u32::MAX), (Date::MIN, last));
    }
}
