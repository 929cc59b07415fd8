//! Dates and times as numbers: days and microseconds since 1970-01-01, the texts they are written as and read from.
//!
//! The calendar is the Gregorian one, also before there was one. Years go from 1 to 9999.

use super::super::fault::Fault;
use super::zone::Zone;

/// Microseconds of a second.
pub(in crate::source::files::googlesql) const SECOND: i64 = 1_000_000;
/// Microseconds of a day.
pub(in crate::source::files::googlesql) const DAY: i64 = 86_400 * SECOND;
/// 0001-01-01
pub(in crate::source::files::googlesql) const DAYS_MIN: i32 = -719_162;
/// 9999-12-31
pub(in crate::source::files::googlesql) const DAYS_MAX: i32 = 2_932_896;
/// 0001-01-01 00:00:00
pub(in crate::source::files::googlesql) const MICROS_MIN: i64 = DAYS_MIN as i64 * DAY;
/// 9999-12-31 23:59:59.999999
pub(in crate::source::files::googlesql) const MICROS_MAX: i64 = (DAYS_MAX as i64 + 1) * DAY - 1;

/// A day of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Civil {
    pub(super) year: i64,
    /// From 1.
    pub(super) month: i64,
    /// From 1.
    pub(super) day: i64,
}

impl Civil {
    /// The day that is so many days after 1970-01-01.
    ///
    /// Source: Neri and Schneider, Euclidean affine functions and their application to calendar algorithms.
    #[inline]
    pub(super) fn of(days: i64) -> Self {
        // Years that begin in March have their leap day at the end; an era is the 400 years after which they repeat.
        let days = days + 719_468;
        let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let day_of_era = u32::try_from(day_of_era).unwrap_or_default();
        // Quarters of days, by 36,524.25 days a century and 365.25 a year.
        let quarters = 4 * day_of_era + 3;
        let (century, quarters) = (quarters / 146_097, (quarters % 146_097) | 3);
        let product = u64::from(quarters) * 2_939_745;
        let (year_of_century, rest) = (product >> 32, product & 0xffff_ffff);
        let day_of_year = u32::try_from(rest / 2_939_745 / 4).unwrap_or_default();
        let months = 2_141 * day_of_year + 197_913;
        let (month, day) = (months >> 16, (months & 0xffff) / 2_141 + 1);
        let is_next_year = day_of_year >= 306;
        let month = if is_next_year { month - 12 } else { month };
        let year = era * 400 + i64::from(century) * 100 + year_of_century.cast_signed() + i64::from(is_next_year);
        Self { year, month: month.into(), day: day.into() }
    }

    /// Days since 1970-01-01. A day beyond its month is in the next one.
    pub(super) fn days(self) -> i64 {
        let year = if self.month <= 2 { self.year - 1 } else { self.year };
        let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
        let month = if self.month > 2 { self.month - 3 } else { self.month + 9 };
        let day_of_year = (153 * month + 2) / 5 + self.day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        era * 146_097 + day_of_era - 719_468
    }

    /// Whether there is such a day.
    pub(super) fn exists(self) -> bool {
        (1..=12).contains(&self.month) && (1..=days_of_month(self.year, self.month)).contains(&self.day)
    }
}

/// Days of a month.
pub(super) fn days_of_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since Sunday, of a day.
pub(super) fn weekday(days: i64) -> i64 {
    (days + 4).rem_euclid(7)
}

/// The day, unless it is outside the years 1 to 9999; `what` is the operation that made it.
pub(super) fn days_in_range(days: i64, what: impl FnOnce() -> String) -> Result<i32, Fault> {
    i32::try_from(days)
        .ok()
        .filter(|days| (DAYS_MIN..=DAYS_MAX).contains(days))
        .ok_or_else(|| Fault::overflow(format!("{} is outside the years 1 to 9999", what())))
}

/// The instant or date with a time, unless it is outside the years 1 to 9999; `what` is the operation that made it.
pub(super) fn micros_in_range(micros: i128, what: impl FnOnce() -> String) -> Result<i64, Fault> {
    i64::try_from(micros)
        .ok()
        .filter(|micros| (MICROS_MIN..=MICROS_MAX).contains(micros))
        .ok_or_else(|| Fault::overflow(format!("{} is outside the years 1 to 9999", what())))
}

/// The day of a `DATETIME`, or in UTC of a `TIMESTAMP`.
pub(in crate::source::files::googlesql) fn days_of(micros: i64) -> i32 {
    let days = micros.div_euclid(DAY);
    i32::try_from(days).unwrap_or(if days < 0 { i32::MIN } else { i32::MAX })
}

/// The time of day of a `DATETIME`, or in UTC of a `TIMESTAMP`, in microseconds since midnight.
pub(in crate::source::files::googlesql) fn time_of(micros: i64) -> i64 {
    micros.rem_euclid(DAY)
}

/// Midnight at the beginning of a day, in microseconds.
pub(in crate::source::files::googlesql) fn midnight(days: i32) -> i64 {
    i64::from(days).saturating_mul(DAY)
}

/// Reads a text from its beginning.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn is_done(&self) -> bool {
        self.at >= self.bytes.len()
    }

    /// Steps over one of those characters.
    fn one_of(&mut self, wanted: &[u8]) -> Option<()> {
        let found = self.peek().is_some_and(|byte| wanted.contains(&byte));
        found.then(|| self.at += 1)
    }

    /// A number of so many digits.
    fn digits(&mut self, least: usize, most: usize) -> Option<i64> {
        let (mut value, mut count) = (0, 0);
        while count < most
            && let Some(digit) = self.peek().filter(u8::is_ascii_digit)
        {
            value = value * 10 + i64::from(digit - b'0');
            (count, self.at) = (count + 1, self.at + 1);
        }
        (count >= least).then_some(value)
    }

    /// `YYYY-M-D`, in days.
    fn date(&mut self, year_digits: usize) -> Option<i64> {
        let year = self.digits(4, year_digits)?;
        self.one_of(b"-")?;
        let month = self.digits(1, 2)?;
        self.one_of(b"-")?;
        let civil = Civil { year, month, day: self.digits(1, 2)? };
        civil.exists().then(|| civil.days())
    }

    /// `H:M:S[.F]` in microseconds; the 60th second is the next minute. Without the fraction of a 60th second if
    /// `leaps` is false.
    fn time(&mut self, leaps: bool) -> Option<i64> {
        let hour = self.digits(1, 2)?;
        self.one_of(b":")?;
        let minute = self.digits(1, 2)?;
        self.one_of(b":")?;
        let second = self.digits(1, 2)?;
        let mut fraction = 0;
        if self.peek() == Some(b'.') {
            self.at += 1;
            let from = self.at;
            fraction = self.digits(1, 6)?;
            for _ in self.at - from..6 {
                fraction *= 10;
            }
        }
        if hour > 23 || minute > 59 || second > 60 {
            return None;
        }
        if second == 60 && !leaps {
            fraction = 0;
        }
        Some(((hour * 60 + minute) * 60 + second) * SECOND + fraction)
    }
}

fn reader(text: &str) -> Reader<'_> {
    Reader { bytes: text.as_bytes(), at: 0 }
}

fn unread(text: &str, what: &str, form: &str) -> Fault {
    Fault::conversion(format!("{text:?} is no {what}; one is written as {form}"))
}

/// Reads a `DATE`, in days.
///
/// # Errors
/// A conversion fault for a text that is not of the form `YYYY-M[M]-D[D]`, or for a day that there is not.
pub(in crate::source::files::googlesql) fn parse_date(text: &str) -> Result<i32, Fault> {
    let mut reader = reader(text);
    let days = reader.date(4).filter(|_| reader.is_done());
    let days = days.and_then(|days| days_in_range(days, String::new).ok());
    days.ok_or_else(|| unread(text, "DATE", "2026-01-31"))
}

/// Reads a `TIME`, in microseconds since midnight.
///
/// # Errors
/// A conversion fault for a text that is not of the form `H[H]:M[M]:S[S][.DDDDDD]`.
pub(in crate::source::files::googlesql) fn parse_time(text: &str) -> Result<i64, Fault> {
    let mut reader = reader(text);
    let micros = reader.time(false).filter(|_| reader.is_done()).map(time_of);
    micros.ok_or_else(|| unread(text, "TIME", "23:59:59.999999"))
}

/// Reads a `DATETIME`, in microseconds.
///
/// # Errors
/// A conversion fault for a text that is not of the form `YYYY-M[M]-D[D][( |T)H[H]:M[M]:S[S][.DDDDDD]]`.
pub(in crate::source::files::googlesql) fn parse_datetime(text: &str) -> Result<i64, Fault> {
    let read = || {
        let mut reader = reader(text);
        let mut micros = reader.date(4)? * DAY;
        if !reader.is_done() {
            reader.one_of(b" Tt")?;
            micros += reader.time(false)?;
        }
        let micros = Some(micros).filter(|_| reader.is_done())?;
        micros_in_range(micros.into(), String::new).ok()
    };
    read().ok_or_else(|| unread(text, "DATETIME", "2026-01-31 23:59:59.999999"))
}

/// Reads a `TIMESTAMP`, in microseconds since 1970-01-01 00:00:00 UTC; one without a zone is in `zone`.
///
/// # Errors
/// A conversion fault for a text that is not a `DATETIME` with or without a zone behind it: `Z`, an offset
/// (`+5:30`), or a space and a name of a zone.
pub(in crate::source::files::googlesql) fn parse_timestamp(text: &str, zone: &Zone) -> Result<i64, Fault> {
    match instant(text) {
        Some((local, Some(written))) => written.instant_in_range(local, text),
        Some((local, None)) => zone.instant_in_range(local, text),
        None => Err(unread(text, "TIMESTAMP", "2026-01-31 23:59:59.999999+00")),
    }
}

/// Reads a `TIMESTAMP` that may not have a zone, as the zone is given beside it.
pub(super) fn parse_timestamp_in(text: &str, zone: &Zone) -> Result<i64, Fault> {
    match instant(text) {
        Some((local, None)) => zone.instant_in_range(local, text),
        Some((_, Some(_))) => {
            Err(Fault::conversion(format!("{text:?} has a zone, and there is one given beside it; leave one out")))
        }
        None => Err(unread(text, "TIMESTAMP", "2026-01-31 23:59:59.999999")),
    }
}

/// A date, its time and the zone behind it.
fn instant(text: &str) -> Option<(i64, Option<Zone>)> {
    let mut reader = reader(text);
    let mut local = reader.date(5)? * DAY;
    if reader.is_done() {
        return Some((local, None));
    }
    reader.one_of(b" Tt")?;
    match reader.peek()? {
        b'0'..=b'9' => local += reader.time(true)?,
        b'+' | b'-' => {}
        _ => return None,
    }
    if reader.is_done() {
        return Some((local, None));
    }
    let rest = text.get(reader.at..)?;
    let rest = match rest.strip_prefix(" UTC") {
        Some("") => return Some((local, Some(Zone::UTC))),
        Some(rest) => rest,
        None => rest,
    };
    let zone = match rest {
        "Z" | "z" => Zone::UTC,
        rest if rest.starts_with(['+', '-']) => Zone::named(rest)?,
        rest => Zone::named(rest.strip_prefix(' ').filter(|name| !name.starts_with(['+', '-']))?)?,
    };
    Some((local, Some(zone)))
}

/// Writes a `DATE`: `2026-01-31`.
pub(in crate::source::files::googlesql) fn format_date(days: i32) -> String {
    let mut text = String::with_capacity(10);
    write_date(&mut text, i64::from(days));
    text
}

/// Writes a `TIME`: `10:00:00`, with three or six digits of a fraction where there is one.
pub(in crate::source::files::googlesql) fn format_time(micros: i64) -> String {
    let mut text = String::with_capacity(15);
    write_time(&mut text, time_of(micros));
    text
}

/// Writes a `DATETIME`: `2026-01-31 10:00:00`.
pub(in crate::source::files::googlesql) fn format_datetime(micros: i64) -> String {
    let mut text = String::with_capacity(32);
    write_datetime(&mut text, micros);
    text
}

/// Writes a `TIMESTAMP` as the clocks of a zone have it, with their offset: `2026-01-31 10:00:00+00`.
pub(in crate::source::files::googlesql) fn format_timestamp(micros: i64, zone: &Zone) -> String {
    // An offset is shown in minutes, and a clock that is off by seconds is shown as if it were not.
    let offset = zone.offset(micros) / 60;
    let mut text = String::with_capacity(32);
    write_datetime(&mut text, micros.saturating_add(offset * 60 * SECOND));
    let (sign, minutes) = (if offset < 0 { '-' } else { '+' }, offset.abs());
    text.push(sign);
    number(&mut text, minutes / 60, 2, '0');
    if minutes % 60 != 0 {
        text.push(':');
        number(&mut text, minutes % 60, 2, '0');
    }
    text
}

/// A number with at least so many digits or what stands for them.
pub(super) fn number(text: &mut String, value: i64, width: usize, fill: char) {
    let mut digits = [0_u8; 20];
    let (mut rest, mut at) = (value.unsigned_abs(), digits.len());
    while let Some(digit) = at.checked_sub(1).and_then(|before| digits.get_mut(before)) {
        *digit = b'0' + u8::try_from(rest % 10).unwrap_or_default();
        (rest, at) = (rest / 10, at - 1);
        if rest == 0 {
            break;
        }
    }
    if value < 0 {
        text.push('-');
    }
    for _ in digits.len() - at..width {
        text.push(fill);
    }
    text.extend(digits.iter().skip(at).map(|digit| char::from(*digit)));
}

fn write_date(text: &mut String, days: i64) {
    let Civil { year, month, day } = Civil::of(days);
    number(text, year, 4, '0');
    text.push('-');
    number(text, month, 2, '0');
    text.push('-');
    number(text, day, 2, '0');
}

fn write_datetime(text: &mut String, micros: i64) {
    write_date(text, micros.div_euclid(DAY));
    text.push(' ');
    write_time(text, micros.rem_euclid(DAY));
}

fn write_time(text: &mut String, micros: i64) {
    let (seconds, fraction) = (micros / SECOND, micros % SECOND);
    number(text, seconds / 3600, 2, '0');
    text.push(':');
    number(text, seconds / 60 % 60, 2, '0');
    text.push(':');
    number(text, seconds % 60, 2, '0');
    if fraction != 0 {
        text.push('.');
        let (shown, width) = if fraction % 1000 == 0 { (fraction / 1000, 3) } else { (fraction, 6) };
        number(text, shown, width, '0');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_there_and_back() {
        let mut before = Civil { year: 0, month: 12, day: 31 };
        for days in i64::from(DAYS_MIN)..=i64::from(DAYS_MAX) {
            let civil = Civil::of(days);
            assert!(civil.exists(), "{days}: {civil:?}");
            assert_eq!(civil.days(), days);
            let follows = civil == Civil { day: before.day + 1, ..before }
                || (civil.day == 1 && before.day == days_of_month(before.year, before.month));
            assert!(follows, "{before:?} {civil:?}");
            before = civil;
        }
        assert_eq!(before, Civil { year: 9999, month: 12, day: 31 });
        assert_eq!(Civil::of(0), Civil { year: 1970, month: 1, day: 1 });
        assert_eq!(weekday(0), 4, "a Thursday");
        assert_eq!(weekday(-5), 6);
    }

    #[test]
    fn texts_of_dates_and_times() {
        let date = |text| parse_date(text).ok().map(format_date);
        assert_eq!(date("2024-2-9").as_deref(), Some("2024-02-09"));
        assert_eq!(date("0001-01-01").as_deref(), Some("0001-01-01"));
        assert_eq!(parse_date("9999-12-31"), Ok(DAYS_MAX));
        for wrong in ["", "2024", "24-01-01", "2024-13-01", "2023-02-29", "2024-01-01 ", " 2024-01-01", "0000-01-01"] {
            assert_eq!(date(wrong), None, "{wrong}");
        }
        for wrong in ["2024-01-001", "20240101", "10000-01-01", "2024-01-01x", "2024-01-0é", "２024-01-01"] {
            assert_eq!(date(wrong), None, "{wrong}");
        }
        assert_eq!(
            parse_date("x").map_err(|fault| fault.to_string()),
            Err("\"x\" is no DATE; one is written as 2026-01-31".to_owned())
        );

        let time = |text| parse_time(text).ok().map(format_time);
        assert_eq!(time("1:2:3").as_deref(), Some("01:02:03"));
        assert_eq!(time("23:59:59.5").as_deref(), Some("23:59:59.500"));
        assert_eq!(time("00:00:00.000001").as_deref(), Some("00:00:00.000001"));
        assert_eq!(time("23:59:60.5").as_deref(), Some("00:00:00"), "a leap second");
        for wrong in ["", "1", "1:2", "24:00:00", "1:60:0", "1:2:61", "1:2:3.", "1:2:3.1234567", "1:2:3 "] {
            assert_eq!(time(wrong), None, "{wrong}");
        }

        let datetime = |text| parse_datetime(text).ok().map(format_datetime);
        assert_eq!(datetime("2024-01-02").as_deref(), Some("2024-01-02 00:00:00"));
        assert_eq!(datetime("2024-01-02t3:04:05.67").as_deref(), Some("2024-01-02 03:04:05.670"));
        assert_eq!(datetime("1969-12-31T23:59:59.999999").as_deref(), Some("1969-12-31 23:59:59.999999"));
        assert_eq!(datetime("2024-01-02 23:59:60").as_deref(), Some("2024-01-03 00:00:00"));
        for wrong in ["2024-01-02 ", "2024-01-02  1:2:3", "2024-01-02 1:2", "9999-12-31 23:59:60", "2024-01-02 1:2:3Z"]
        {
            assert_eq!(datetime(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn texts_of_instants() {
        let paris = Zone::named("Europe/Paris").unwrap();
        let timestamp = |text| parse_timestamp(text, &paris).ok().map(|micros| format_timestamp(micros, &Zone::UTC));
        let same = ["2024-01-02 03:04:05Z", "2024-01-02T03:04:05z", "2024-01-02 03:04:05 UTC", "2024-01-02 4:4:5"];
        for text in same {
            assert_eq!(timestamp(text).as_deref(), Some("2024-01-02 03:04:05+00"), "{text}");
        }
        let same = ["2024-01-01 22:04:05-05", "2024-01-02 8:34:05+5:30", "2024-01-02 3:04:05 UTC+0"];
        for text in same {
            assert_eq!(timestamp(text).as_deref(), Some("2024-01-02 03:04:05+00"), "{text}");
        }
        assert_eq!(timestamp("2024-01-01 22:04:05 America/New_York").as_deref(), Some("2024-01-02 03:04:05+00"));
        assert_eq!(timestamp("2024-07-01").as_deref(), Some("2024-06-30 22:00:00+00"));
        assert_eq!(timestamp("2024-07-01 +00").as_deref(), Some("2024-07-01 00:00:00+00"));
        assert_eq!(timestamp("10000-01-01 00:00:00+01").as_deref(), Some("9999-12-31 23:00:00+00"));
        for wrong in ["", "2024-01-02 1:2:3 +00", "2024-01-02 1:2:3 Mars", "2024-01-02 1:2:3Europe/Paris"] {
            assert_eq!(timestamp(wrong), None, "{wrong}");
        }
        for wrong in ["2024-01-02 1:2:3ZZ", "2024-01-02 1:2:3+15", "0001-01-01", "2024-01-02 UTC", "2024-01-02 1:2:3 "]
        {
            assert_eq!(timestamp(wrong), None, "{wrong}");
        }

        let kolkata = Zone::named("Asia/Kolkata").unwrap();
        assert_eq!(format_timestamp(-1_000, &kolkata), "1970-01-01 05:29:59.999+05:30");
        assert!(parse_timestamp_in("2024-01-02 03:04:05Z", &paris).is_err());
    }
}
