//! Parts of dates and times, such as `DAY` and `WEEK(MONDAY)`, and the arithmetic in them.

use std::fmt;

use datafusion::error::Result;

use super::super::call::Call;
use super::super::fault::Fault;
use super::calendar::{
    Civil, DAY, SECOND, days_in_range, days_of_month, format_date, format_datetime, format_time, format_timestamp,
    micros_in_range, time_of, weekday,
};
use super::zone::Zone;

/// A part of a date or a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::source::files::googlesql) enum Part {
    /// `MICROSECOND`
    Microsecond,
    /// `MILLISECOND`
    Millisecond,
    /// `SECOND`
    Second,
    /// `MINUTE`
    Minute,
    /// `HOUR`
    Hour,
    /// `DAY`
    Day,
    /// `DAYOFWEEK`
    DayOfWeek,
    /// `DAYOFYEAR`
    DayOfYear,
    /// `WEEK`, from Sunday.
    Week,
    /// `WEEK(...)`, from the day that is so many days after Sunday.
    WeekFrom(i64),
    /// `ISOWEEK`, from Monday.
    IsoWeek,
    /// `MONTH`
    Month,
    /// `QUARTER`
    Quarter,
    /// `YEAR`
    Year,
    /// `ISOYEAR`: of whole weeks from Monday; a week belongs to the year that its Thursday is in.
    IsoYear,
}

/// Days of the week as a statement names them.
const WEEKDAYS: [&str; 7] = ["SUNDAY", "MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY"];

/// Parts that a function knows: what it says of them, and whether one is among them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parts {
    pub(super) named: &'static str,
    pub(super) has: fn(Part) -> bool,
}

/// What is added to a `DATE`.
pub(super) const OF_DATE_SUMS: Parts = Parts {
    named: "DAY, WEEK, MONTH, QUARTER, YEAR",
    has: |part| matches!(part, Part::Day | Part::Week | Part::Month | Part::Quarter | Part::Year),
};

/// What is added to a `DATETIME`.
pub(super) const OF_DATETIME_SUMS: Parts = Parts {
    named: "MICROSECOND, MILLISECOND, SECOND, MINUTE, HOUR, DAY, WEEK, MONTH, QUARTER, YEAR",
    has: |part| part.micros().is_some() || (OF_DATE_SUMS.has)(part),
};

/// What is added to a `TIMESTAMP`, and how far one is from another.
pub(super) const OF_TIMESTAMP_SUMS: Parts =
    Parts { named: "MICROSECOND, MILLISECOND, SECOND, MINUTE, HOUR, DAY", has: |part| part.micros().is_some() };

/// All that a `TIME` has.
pub(super) const OF_TIMES: Parts = Parts {
    named: "MICROSECOND, MILLISECOND, SECOND, MINUTE, HOUR",
    has: |part| part != Part::Day && part.micros().is_some(),
};

/// What dates are counted and cut in.
pub(super) const OF_DATES: Parts = Parts {
    named: "DAY, WEEK, WEEK(<WEEKDAY>), ISOWEEK, MONTH, QUARTER, YEAR, ISOYEAR",
    has: |part| !matches!(part, Part::DayOfWeek | Part::DayOfYear) && !(OF_TIMES.has)(part),
};

/// What dates with a time are counted and cut in.
pub(super) const OF_DATETIMES: Parts = Parts {
    named: "MICROSECOND, MILLISECOND, SECOND, MINUTE, HOUR, DAY, WEEK, WEEK(<WEEKDAY>), ISOWEEK, MONTH, QUARTER, \
            YEAR, ISOYEAR",
    has: |part| !matches!(part, Part::DayOfWeek | Part::DayOfYear),
};

/// What has a last day.
pub(super) const OF_LAST_DAYS: Parts = Parts {
    named: "WEEK, WEEK(<WEEKDAY>), ISOWEEK, MONTH, QUARTER, YEAR, ISOYEAR",
    has: |part| part != Part::Day && (OF_DATES.has)(part),
};

/// What a date says of itself.
pub(super) const OF_DATE_FIELDS: Parts = Parts {
    named: "DAYOFWEEK, DAY, DAYOFYEAR, WEEK, WEEK(<WEEKDAY>), ISOWEEK, MONTH, QUARTER, YEAR, ISOYEAR",
    has: |part| !(OF_TIMES.has)(part),
};

/// What a date with a time says of itself.
pub(super) const OF_DATETIME_FIELDS: Parts = Parts {
    named: "MICROSECOND, MILLISECOND, SECOND, MINUTE, HOUR, DAYOFWEEK, DAY, DAYOFYEAR, WEEK, WEEK(<WEEKDAY>), \
            ISOWEEK, MONTH, QUARTER, YEAR, ISOYEAR",
    has: |_| true,
};

impl Part {
    /// Reads a part as a statement has it, in upper case.
    pub(in crate::source::files::googlesql) fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "MICROSECOND" => Self::Microsecond,
            "MILLISECOND" => Self::Millisecond,
            "SECOND" => Self::Second,
            "MINUTE" => Self::Minute,
            "HOUR" => Self::Hour,
            "DAY" => Self::Day,
            "DAYOFWEEK" => Self::DayOfWeek,
            "DAYOFYEAR" => Self::DayOfYear,
            "WEEK" => Self::Week,
            "ISOWEEK" => Self::IsoWeek,
            "MONTH" => Self::Month,
            "QUARTER" => Self::Quarter,
            "YEAR" => Self::Year,
            "ISOYEAR" => Self::IsoYear,
            word => {
                let day = word.strip_prefix("WEEK(")?.strip_suffix(')')?.trim();
                let from = WEEKDAYS.iter().position(|weekday| *weekday == day)?;
                Self::WeekFrom(i64::try_from(from).ok()?)
            }
        })
    }

    /// The part that is an argument of a call, one of those that the function knows.
    pub(super) fn of(call: &Call<'_>, at: usize, parts: Parts) -> Result<Self> {
        let word = call.part(at).unwrap_or_default();
        match Self::parse(word).filter(|part| (parts.has)(*part)) {
            Some(part) => Ok(part),
            None => {
                let of = call.types.first().map(|first| format!(" of a {first}")).unwrap_or_default();
                Err(call.refused(format!("{word:?} is not a part{of} that it knows; there is {}", parts.named)))
            }
        }
    }

    /// How long it is, if it is always as long.
    pub(in crate::source::files::googlesql) fn micros(self) -> Option<i64> {
        Some(match self {
            Self::Microsecond => 1,
            Self::Millisecond => 1_000,
            Self::Second => SECOND,
            Self::Minute => 60 * SECOND,
            Self::Hour => 3_600 * SECOND,
            Self::Day => DAY,
            Self::DayOfWeek
            | Self::DayOfYear
            | Self::Week
            | Self::WeekFrom(_)
            | Self::IsoWeek
            | Self::Month
            | Self::Quarter
            | Self::Year
            | Self::IsoYear => return None,
        })
    }

    /// How many months it has.
    fn months(self) -> Option<i64> {
        match self {
            Self::Month => Some(1),
            Self::Quarter => Some(3),
            Self::Year => Some(12),
            _ => None,
        }
    }

    /// The first day of its weeks, in days after Sunday.
    fn first_weekday(self) -> Option<i64> {
        match self {
            Self::Week => Some(0),
            Self::WeekFrom(day) => Some(day),
            Self::IsoWeek => Some(1),
            _ => None,
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Microsecond => "MICROSECOND",
            Self::Millisecond => "MILLISECOND",
            Self::Second => "SECOND",
            Self::Minute => "MINUTE",
            Self::Hour => "HOUR",
            Self::Day => "DAY",
            Self::DayOfWeek => "DAYOFWEEK",
            Self::DayOfYear => "DAYOFYEAR",
            Self::Week => "WEEK",
            Self::WeekFrom(day) => {
                let day = usize::try_from(*day).ok().and_then(|day| WEEKDAYS.get(day)).unwrap_or(&"");
                return write!(f, "WEEK({day})");
            }
            Self::IsoWeek => "ISOWEEK",
            Self::Month => "MONTH",
            Self::Quarter => "QUARTER",
            Self::Year => "YEAR",
            Self::IsoYear => "ISOYEAR",
        })
    }
}

fn no_sum(what: &str, part: Part) -> Fault {
    Fault::argument(format!("{part} cannot be added to a {what}"))
}

/// The day so many months later; the last one of its month where that is shorter.
fn months_later(days: i64, count: i128) -> i128 {
    let Civil { year, month, day } = Civil::of(days);
    let months = i128::from(year * 12 + month - 1) + count;
    let (year, month) = (months.div_euclid(12), months.rem_euclid(12) + 1);
    let (Ok(year), Ok(month)) = (i32::try_from(year), i64::try_from(month)) else { return count.signum() << 64 };
    let year = i64::from(year);
    Civil { year, month, day: day.min(days_of_month(year, month)) }.days().into()
}

/// A day, so many parts later; its length is given in days by `week`s and days, or in months.
fn days_later(days: i64, count: i64, part: Part) -> Option<i128> {
    let count = i128::from(count);
    match (part, part.months()) {
        (Part::Day, _) => Some(i128::from(days) + count),
        (Part::Week, _) => Some(i128::from(days) + 7 * count),
        (_, Some(months)) => Some(months_later(days, count * i128::from(months))),
        (_, None) => None,
    }
}

/// `DATE_ADD`: a day, `count` parts later. A day that its month does not have is the last one that it has.
///
/// # Errors
/// A fault outside the years 1 to 9999, and for a part that is shorter than a day.
pub(in crate::source::files::googlesql) fn add_to_date(days: i32, count: i64, part: Part) -> Result<i32, Fault> {
    let sum = days_later(days.into(), count, part).ok_or_else(|| no_sum("DATE", part))?;
    let what = || format!("DATE_ADD({}, INTERVAL {count} {part})", format_date(days));
    days_in_range(i64::try_from(sum).unwrap_or(i64::MAX), what)
}

/// `DATETIME_ADD`: a date with a time, `count` parts later.
///
/// # Errors
/// A fault outside the years 1 to 9999, and for a part that is not added.
pub(in crate::source::files::googlesql) fn add_to_datetime(micros: i64, count: i64, part: Part) -> Result<i64, Fault> {
    let sum = match part.micros() {
        Some(length) => i128::from(micros) + i128::from(count) * i128::from(length),
        None => {
            let days = days_later(micros.div_euclid(DAY), count, part).ok_or_else(|| no_sum("DATETIME", part))?;
            days.saturating_mul(DAY.into()).saturating_add(time_of(micros).into())
        }
    };
    micros_in_range(sum, || format!("DATETIME_ADD({}, INTERVAL {count} {part})", format_datetime(micros)))
}

/// `TIMESTAMP_ADD`: an instant, `count` parts later; a day is 24 hours.
///
/// # Errors
/// A fault outside the years 1 to 9999, and for a part that is longer than a day.
pub(in crate::source::files::googlesql) fn add_to_timestamp(micros: i64, count: i64, part: Part) -> Result<i64, Fault> {
    let length = part.micros().ok_or_else(|| no_sum("TIMESTAMP", part))?;
    let sum = i128::from(micros) + i128::from(count) * i128::from(length);
    micros_in_range(sum, || format!("TIMESTAMP_ADD({}, INTERVAL {count} {part})", format_timestamp(micros, &Zone::UTC)))
}

/// `TIME_ADD`: a time of day, `count` parts later, perhaps of another day.
///
/// # Errors
/// A fault for a part that is longer than an hour.
pub(in crate::source::files::googlesql) fn add_to_time(micros: i64, count: i64, part: Part) -> Result<i64, Fault> {
    let length = part.micros().filter(|_| (OF_TIMES.has)(part)).ok_or_else(|| no_sum("TIME", part))?;
    let sum = i128::from(micros) + i128::from(count) * i128::from(length);
    let what = || Fault::overflow(format!("TIME_ADD({}, INTERVAL {count} {part})", format_time(micros)));
    i64::try_from(sum.rem_euclid(DAY.into())).map_err(|_| what())
}

/// The year of whole weeks that a day is in.
fn iso_year(days: i64) -> i64 {
    Civil::of(week_start(days, 1) + 3).year
}

/// The first day of its week.
fn week_start(days: i64, first: i64) -> i64 {
    days - (weekday(days) - first).rem_euclid(7)
}

/// The first day of the first week of a year of whole weeks: the one with January 4th.
fn iso_year_start(year: i64) -> i64 {
    week_start(Civil { year, month: 1, day: 4 }.days(), 1)
}

/// The first day of the part that a day is in; the day itself for a part that is shorter.
pub(super) fn day_truncated(days: i64, part: Part) -> i64 {
    if let Some(first) = part.first_weekday() {
        return week_start(days, first);
    }
    let Civil { year, month, day } = Civil::of(days);
    match part {
        Part::Month => days - (day - 1),
        Part::Quarter => Civil { year, month: (month - 1) / 3 * 3 + 1, day: 1 }.days(),
        Part::Year => Civil { year, month: 1, day: 1 }.days(),
        Part::IsoYear => iso_year_start(iso_year(days)),
        _ => days,
    }
}

/// `LAST_DAY`: the last day of the part that a day is in.
pub(super) fn last_day(days: i64, part: Part) -> Result<i32, Fault> {
    let from = day_truncated(days, part);
    let last = match part {
        Part::Month => from + days_of_month(Civil::of(from).year, Civil::of(from).month) - 1,
        Part::Quarter => day_truncated(from + 95, part) - 1,
        Part::Year => day_truncated(from + 370, part) - 1,
        Part::IsoYear => iso_year_start(iso_year(days) + 1) - 1,
        _ => from + 6,
    };
    days_in_range(last, || format!("LAST_DAY of the {part}"))
}

/// How many parts begin after the second day up to the first; fewer than none for a first that is earlier.
pub(super) fn days_between(left: i64, right: i64, part: Part) -> i64 {
    if part.first_weekday().is_some() {
        return (day_truncated(left, part) - day_truncated(right, part)) / 7;
    }
    let months = |days: i64| {
        let Civil { year, month, .. } = Civil::of(days);
        year * 12 + month - 1
    };
    match part {
        Part::Month => months(left) - months(right),
        Part::Quarter => months(left).div_euclid(3) - months(right).div_euclid(3),
        Part::Year => Civil::of(left).year - Civil::of(right).year,
        Part::IsoYear => iso_year(left) - iso_year(right),
        _ => left - right,
    }
}

/// The same of dates with a time, and of times.
pub(super) fn datetimes_between(left: i64, right: i64, part: Part) -> i64 {
    match part.micros() {
        Some(length) => left.div_euclid(length).saturating_sub(right.div_euclid(length)),
        None => days_between(left.div_euclid(DAY), right.div_euclid(DAY), part),
    }
}

/// What a day says of itself; `None` for a part that is shorter.
fn day_field(days: i64, part: Part) -> Option<i64> {
    let Civil { year, month, day } = Civil::of(days);
    let new_year = || Civil { year, month: 1, day: 1 }.days();
    Some(match part {
        Part::Day => day,
        Part::DayOfWeek => weekday(days) + 1,
        Part::DayOfYear => days - new_year() + 1,
        Part::Week => week_number(days, new_year(), 0),
        Part::WeekFrom(first) => week_number(days, new_year(), first),
        Part::IsoWeek => (days - iso_year_start(iso_year(days))) / 7 + 1,
        Part::Month => month,
        Part::Quarter => (month - 1) / 3 + 1,
        Part::Year => year,
        Part::IsoYear => iso_year(days),
        Part::Microsecond | Part::Millisecond | Part::Second | Part::Minute | Part::Hour => return None,
    })
}

/// The number of a week; the days before the first one's first day are in week 0.
fn week_number(days: i64, new_year: i64, first: i64) -> i64 {
    let first = week_start(new_year + 6, first);
    (days - first).div_euclid(7) + 1
}

/// `EXTRACT` of a day; 0 for a part that is shorter.
pub(super) fn date_field(days: i64, part: Part) -> i64 {
    day_field(days, part).unwrap_or_default()
}

/// `EXTRACT` of a date with a time.
pub(super) fn datetime_field(micros: i64, part: Part) -> i64 {
    let time = time_of(micros);
    match part {
        Part::Microsecond => time % SECOND,
        Part::Millisecond => time % SECOND / 1_000,
        Part::Second => time / SECOND % 60,
        Part::Minute => time / (60 * SECOND) % 60,
        Part::Hour => time / (3_600 * SECOND),
        part => date_field(micros.div_euclid(DAY), part),
    }
}
