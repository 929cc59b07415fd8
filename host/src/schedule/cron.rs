//! Patterns of cron.

use std::fmt;
use std::str::FromStr;

use croner::Weekday;
use croner::errors::CronError;
use croner::parser::{CronParser, Seconds, Year};
use jiff::ToSpan as _;
use jiff::civil::{Date, DateTime, Time, date, time};

/// A pattern of five fields: minute, hour, day of the month, month, day of the week. A day that either of the two day
/// fields names is due, as in Vixie's cron.
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
        let cron = Self { text: text.to_owned(), pattern: parser.parse(text).map_err(invalid)? };
        // The calendar repeats itself after 400 years.
        match cron.first_of(date(2000, 1, 1).at(0, 0, 0, 0), date(2400, 1, 1).at(0, 0, 0, 0)) {
            Some(_) => Ok(cron),
            None => Err(InvalidCron { text: cron.text, reason: "it is never due".to_owned() }),
        }
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
    /// Whether it runs on elapsed time rather than at fixed times: its minutes or its hours begin with `*`.
    pub(super) fn runs_on_elapsed_time(&self) -> bool {
        self.pattern.as_str().split_whitespace().take(2).any(|field| field.starts_with('*'))
    }

    /// The first time it names from one to another, the second excluded. No clock is asked whether it shows it.
    pub(super) fn first_of(&self, from: DateTime, to: DateTime) -> Option<DateTime> {
        let (mut date, mut earliest) = (from.date(), from.time());
        while date.to_datetime(earliest) < to {
            if !self.names_month(date) {
                date = date.first_of_month().checked_add(1.month()).ok()?;
            } else {
                if self.names_day(date)
                    && let Some(time) = self.first_time(earliest)
                {
                    return Some(date.to_datetime(time)).filter(|first| *first < to);
                }
                date = date.tomorrow().ok()?;
            }
            earliest = Time::midnight();
        }
        None
    }

    fn names_month(&self, date: Date) -> bool {
        self.pattern.pattern.month_match(number(date.month())).expect("a month of the year")
    }

    fn names_day(&self, date: Date) -> bool {
        let weekday = Weekday::from_days_from_sunday(number(date.weekday().to_sunday_zero_offset()));
        let (month, day) = (number(date.month()), number(date.day()));
        self.pattern.pattern.day_match(date.year().into(), month, day, weekday).expect("a day of the calendar")
    }

    fn first_time(&self, earliest: Time) -> Option<Time> {
        let names_hour = |hour| self.pattern.pattern.hour_match(number(hour)).expect("an hour of the day");
        let names_minute = |minute| self.pattern.pattern.minute_match(number(minute)).expect("a minute of the hour");
        (earliest.hour()..24).filter(|hour| names_hour(*hour)).find_map(|hour| {
            let minutes = (0..60).filter(|minute| names_minute(*minute));
            minutes.map(|minute| time(hour, minute, 0, 0)).find(|time| *time >= earliest)
        })
    }
}

/// A part of a date or of a time; none is negative.
fn number(part: i8) -> u32 {
    part.unsigned_abs().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The times named from one to another.
    fn named(pattern: &str, from: &str, to: &str) -> Vec<String> {
        let cron: Cron = pattern.parse().unwrap();
        let (mut from, to) = (from.parse().unwrap(), to.parse().unwrap());
        let mut named = Vec::new();
        while let Some(first) = cron.first_of(from, to) {
            named.push(first.strftime("%F %R").to_string());
            from = first.checked_add(1.nanosecond()).unwrap();
        }
        named
    }

    #[test]
    fn the_first_time_counts_and_the_last_does_not() {
        let all = named("0 6 * * *", "2026-01-01T06:00", "2026-01-03T06:00");
        assert_eq!(all, ["2026-01-01 06:00", "2026-01-02 06:00"]);
    }

    #[test]
    fn times_are_whole_minutes_not_before_the_first() {
        let all = named("* 6 * * *", "2026-01-01T06:57:00.000000001", "2026-01-02T00:00");
        assert_eq!(all, ["2026-01-01 06:58", "2026-01-01 06:59"]);
        let all = named("59,0 1,23 * * *", "2026-01-31T23:00:01", "2026-02-01T23:59:00.000000001");
        let expected =
            ["2026-01-31 23:59", "2026-02-01 01:00", "2026-02-01 01:59", "2026-02-01 23:00", "2026-02-01 23:59"];
        assert_eq!(all, expected);
    }

    #[test]
    fn either_day_field_names_a_day() {
        let fridays_and_the_first = named("0 0 1 * 5", "2026-01-01T00:00", "2026-01-10T00:00");
        assert_eq!(fridays_and_the_first, ["2026-01-01 00:00", "2026-01-02 00:00", "2026-01-09 00:00"]);
    }

    #[test]
    fn months_that_are_not_named_are_passed_over() {
        let leap_days = named("30 12 29 2 *", "2026-01-31T13:00", "2036-03-01T00:00");
        assert_eq!(leap_days, ["2028-02-29 12:30", "2032-02-29 12:30", "2036-02-29 12:30"]);
    }

    #[test]
    fn nothing_comes_after_the_last_day_of_the_calendar() {
        assert_eq!(named("0 0 * * *", "9999-12-30T12:00", "9999-12-31T23:59"), ["9999-12-31 00:00"]);
        assert_eq!(named("0 0 * 1 *", "9999-12-30T12:00", "9999-12-31T23:59").len(), 0);
    }

    #[test]
    fn minutes_or_hours_that_begin_with_a_star_run_on_elapsed_time() {
        for pattern in ["* * * * *", "*/30 1-2 * * *", "0 * * * *", "0 */6 * * *", "*/5,7 3 * * *", "@hourly"] {
            assert!(pattern.parse::<Cron>().unwrap().runs_on_elapsed_time(), "{pattern}");
        }
        for pattern in
            ["30 2 * * *", "0 9-17 * * 1-5", "0-59/30 1,2 * * *", "0 1-23/2 */2 */3 *", "7,*/5 3 * * *", "@daily"]
        {
            assert!(!pattern.parse::<Cron>().unwrap().runs_on_elapsed_time(), "{pattern}");
        }
    }

    #[test]
    fn what_is_no_pattern_is_told() {
        for text in ["", "0 6 * *", "0 0 6 * * *", "60 6 * * *", "0 25 * * *", "6 o'clock"] {
            let error = text.parse::<Cron>().unwrap_err();
            assert_eq!(error.text, text);
            assert!(!error.reason.is_empty(), "{text}");
        }
        assert_eq!("0 0 30 2 *".parse::<Cron>().unwrap_err().reason, "it is never due");
    }
}
