//! Patterns of cron in a time zone.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use croner::errors::CronError;
use croner::parser::{CronParser, Seconds, Year};
use croner::time::{CivilDate, CivilDateTime, CivilTime, CronDateTime, Resolution, Weekday};
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp, ZonedDateTime};

/// A pattern of five fields: minute, hour, day of the month, month, day of the week. A day that either of the two day
/// fields names is due, as in Vixie's cron.
///
/// Where clocks are set forward, a fixed time that is left out is due at the change; where they are set back, it is due
/// once, the first time. Hours and minutes that are not fixed (`*`, steps) run on elapsed time.
#[derive(Debug, Clone)]
pub struct Cron {
    text: String,
    pattern: croner::Cron,
}

/// A text that is no pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a cron pattern: {reason}")]
pub struct InvalidCron {
    /// The text.
    pub text: String,
    /// What is wrong with it.
    pub reason: String,
}

impl FromStr for Cron {
    type Err = InvalidCron;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        let invalid = |error: CronError| InvalidCron { text: text.to_owned(), reason: error.to_string() };
        Ok(Self { text: text.to_owned(), pattern: parser.parse(text).map_err(invalid)? })
    }
}

impl fmt::Display for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl PartialEq for Cron {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Cron {}

impl Cron {
    /// The first due instant after another; None when there is none within the calendar.
    #[must_use]
    pub fn after(&self, instant: Timestamp, time_zone: &TimeZone) -> Option<Timestamp> {
        let start = Local(instant.to_zoned_datetime(time_zone.clone()));
        self.pattern.find_next_occurrence(&start, false).ok().map(|Local(due)| due.timestamp())
    }

    /// Every due instant from one to another, the second excluded.
    pub fn between(&self, from: Timestamp, to: Timestamp, time_zone: &TimeZone) -> impl Iterator<Item = Timestamp> {
        let before = from.checked_sub(SignedDuration::from_nanos(1)).ok();
        let first = before.and_then(|before| self.after(before, time_zone));
        std::iter::successors(first, move |due| self.after(*due, time_zone)).take_while(move |due| *due < to)
    }
}

/// An instant as clocks in its zone show it.
#[derive(Debug, Clone)]
struct Local(ZonedDateTime);

impl CronDateTime for Local {
    fn to_civil(&self) -> CivilDateTime {
        let shown = self.0.datetime();
        let part = |value: i8| value.unsigned_abs().into();
        let date = CivilDate::from_ymd_opt(shown.year().into(), part(shown.month()), part(shown.day()));
        let time = CivilTime::from_hms_opt(part(shown.hour()), part(shown.minute()), part(shown.second()));
        // Both calendars are the same, and leap seconds are in neither.
        CivilDateTime::new(date.expect("a day of the calendar"), time.expect("a time of the day"))
    }

    fn civil_weekday(&self) -> Weekday {
        Weekday::from_days_from_sunday(self.0.weekday().to_sunday_zero_offset().unsigned_abs().into())
    }

    fn resolve_civil(&self, civil: CivilDateTime) -> Result<Resolution<Self>, CronError> {
        let ambiguous = self.0.time_zone().to_ambiguous_zoned_datetime(shown(civil)?);
        let taken = |zoned: Result<ZonedDateTime, jiff::Error>| zoned.map(Local).map_err(|_| CronError::InvalidTime);
        Ok(match ambiguous.offset() {
            AmbiguousOffset::Unambiguous { .. } => Resolution::Single(taken(ambiguous.unambiguous())?),
            AmbiguousOffset::Fold { .. } => {
                Resolution::Ambiguous(taken(ambiguous.clone().earlier())?, taken(ambiguous.later())?)
            }
            AmbiguousOffset::Gap { .. } => Resolution::Gap,
        })
    }

    fn checked_add_seconds(&self, seconds: i64) -> Option<Self> {
        self.0.checked_add(SignedDuration::from_secs(seconds)).map(Self).ok()
    }

    fn cmp_instant(&self, other: &Self) -> Ordering {
        self.0.timestamp().cmp(&other.0.timestamp())
    }
}

fn shown(civil: CivilDateTime) -> Result<DateTime, CronError> {
    let year = i16::try_from(civil.year()).map_err(|_| CronError::InvalidDate)?;
    let part = |value: u32| i8::try_from(value).map_err(|_| CronError::InvalidDate);
    let (month, day) = (part(civil.month())?, part(civil.day())?);
    let (hour, minute, second) = (part(civil.hour())?, part(civil.minute())?, part(civil.second())?);
    DateTime::new(year, month, day, hour, minute, second, 0).map_err(|_| CronError::InvalidDate)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(pattern: &str, zone: &str, from: &str, to: &str) -> Vec<String> {
        let cron: Cron = pattern.parse().unwrap();
        let (from, to) = (from.parse().unwrap(), to.parse().unwrap());
        cron.between(from, to, &TimeZone::get(zone).unwrap()).map(|due| due.to_string()).collect()
    }

    /// The rows of the table of five engines, with what this one does.
    #[test]
    fn clocks_that_are_set() {
        let york = "America/New_York";
        for (pattern, zone, from, to, expected) in [
            ("30 2 * * *", york, "2026-03-08T05:00Z", "2026-03-09T04:00Z", &["2026-03-08T07:00:00Z"][..]),
            ("30 1 * * *", york, "2026-11-01T04:00Z", "2026-11-02T05:00Z", &["2026-11-01T05:30:00Z"]),
            (
                "0 * * * *",
                york,
                "2026-03-08T06:00Z",
                "2026-03-08T09:00Z",
                &["2026-03-08T06:00:00Z", "2026-03-08T07:00:00Z", "2026-03-08T08:00:00Z"],
            ),
            (
                "0 * * * *",
                york,
                "2026-11-01T05:00Z",
                "2026-11-01T08:00:01Z",
                &["2026-11-01T05:00:00Z", "2026-11-01T06:00:00Z", "2026-11-01T07:00:00Z", "2026-11-01T08:00:00Z"],
            ),
            (
                "*/30 1-2 * * *",
                york,
                "2026-11-01T05:00Z",
                "2026-11-01T09:00Z",
                &[
                    "2026-11-01T05:00:00Z",
                    "2026-11-01T05:30:00Z",
                    "2026-11-01T06:00:00Z",
                    "2026-11-01T06:30:00Z",
                    "2026-11-01T07:00:00Z",
                    "2026-11-01T07:30:00Z",
                ],
            ),
            ("0 2 * * *", "Australia/Lord_Howe", "2026-10-03T14:00Z", "2026-10-04T13:00Z", &["2026-10-03T15:30:00Z"]),
            ("15 0 * * *", "America/Sao_Paulo", "2018-11-04T00:00Z", "2018-11-05T02:00Z", &["2018-11-04T03:00:00Z"]),
        ] {
            assert_eq!(due(pattern, zone, from, to), expected, "{pattern} in {zone} from {from}");
        }
    }

    #[test]
    fn the_first_instant_counts_and_the_last_does_not() {
        let all = due("0 6 * * *", "UTC", "2026-01-01T06:00Z", "2026-01-03T06:00Z");
        assert_eq!(all, ["2026-01-01T06:00:00Z", "2026-01-02T06:00:00Z"]);
    }

    #[test]
    fn either_day_field_names_a_day() {
        let fridays_and_the_first = due("0 0 1 * 5", "UTC", "2026-01-01T00:00Z", "2026-01-10T00:00Z");
        assert_eq!(fridays_and_the_first, ["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "2026-01-09T00:00:00Z"]);
    }

    #[test]
    fn a_day_that_never_comes_is_never_due() {
        let cron: Cron = "0 0 30 2 *".parse().unwrap();
        assert_eq!(cron.after("2026-01-01T00:00Z".parse().unwrap(), &TimeZone::UTC), None);
    }

    #[test]
    fn what_is_no_pattern_is_told() {
        for text in ["", "0 6 * *", "0 0 6 * * *", "60 6 * * *", "0 25 * * *", "6 o'clock"] {
            let error = text.parse::<Cron>().unwrap_err();
            assert_eq!(error.text, text);
            assert!(!error.reason.is_empty(), "{text}");
        }
    }
}
