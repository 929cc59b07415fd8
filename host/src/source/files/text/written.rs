//! How values are written in CSV and NDJSON files: what BigQuery takes when it loads them. What is not exactly a
//! value of the type is none: nothing is rounded away but the parts of a second behind microseconds.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use datafusion::arrow::array::{ArrayRef, BinaryBuilder, BooleanBuilder, PrimitiveBuilder, StringViewBuilder};
use datafusion::arrow::datatypes::{
    ArrowPrimitiveType, DataType, Date32Type, Decimal128Type, Decimal256Type, Field, Float64Type, Int64Type,
    Time64MicrosecondType, TimeUnit, TimestampMicrosecondType, i256,
};
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{Offset, TimeZone};

use crate::source::files::{canonical, declared};

/// Longest part of a value that is shown, in characters.
const SHOWN_MAX: usize = 60;

/// A value that is none of the column's type.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unfit {
    /// Which of the values, from 0.
    pub(super) row: usize,
    /// What is the matter.
    pub(super) reason: String,
}

/// The values of a column, `None` for null.
///
/// # Errors
/// The first value that is not one of the column's type.
pub(super) fn column<'a>(
    values: impl ExactSizeIterator<Item = Option<&'a str>>,
    field: &Field,
) -> Result<ArrayRef, Unfit> {
    let data_type = field.data_type();
    match data_type {
        DataType::Utf8View if declared::is_json(field) => texts(values, field, |text| is_json(text).then_some(text)),
        DataType::Utf8View => texts(values, field, Some),
        DataType::Int64 => numbers::<Int64Type>(values, field, int64),
        DataType::Float64 => numbers::<Float64Type>(values, field, float64),
        DataType::Date32 => numbers::<Date32Type>(values, field, |text| Some(days(date(text)?))),
        DataType::Time64(_) => numbers::<Time64MicrosecondType>(values, field, |text| Some(micros_of_day(time(text)?))),
        DataType::Timestamp(TimeUnit::Microsecond, None) => {
            numbers::<TimestampMicrosecondType>(values, field, |text| Some(micros(datetime(text)?)))
        }
        DataType::Timestamp(TimeUnit::Microsecond, Some(_)) => {
            numbers::<TimestampMicrosecondType>(values, field, |text| Some(timestamp(text)?.0))
        }
        DataType::Decimal128(precision, scale) => {
            numbers::<Decimal128Type>(values, field, |text| decimal(text, *precision, *scale)?.parse().ok())
        }
        DataType::Decimal256(precision, scale) => {
            numbers::<Decimal256Type>(values, field, |text| i256::from_string(&decimal(text, *precision, *scale)?))
        }
        DataType::Boolean => {
            let mut builder = BooleanBuilder::with_capacity(values.len());
            each(values, field, |value| {
                builder.append_option(value.map(boolean).map_or(Some(None), |value| value.map(Some))?);
                Some(())
            })?;
            Ok(Arc::new(builder.finish()))
        }
        DataType::Binary => {
            let mut builder = BinaryBuilder::new();
            each(values, field, |value| {
                let bytes = value.map(|text| STANDARD.decode(text)).transpose().ok()?;
                builder.append_option(bytes);
                Some(())
            })?;
            Ok(Arc::new(builder.finish()))
        }
        other => Err(Unfit { row: 0, reason: format!("{other} is not a type of values in text") }),
    }
}

fn texts<'a>(
    values: impl ExactSizeIterator<Item = Option<&'a str>>,
    field: &Field,
    read: impl Fn(&'a str) -> Option<&'a str>,
) -> Result<ArrayRef, Unfit> {
    let mut builder = StringViewBuilder::with_capacity(values.len());
    each(values, field, |value| {
        match value {
            Some(text) => builder.append_value(read(text)?),
            None => builder.append_null(),
        }
        Some(())
    })?;
    Ok(Arc::new(builder.finish()))
}

fn numbers<'a, T: ArrowPrimitiveType>(
    values: impl ExactSizeIterator<Item = Option<&'a str>>,
    field: &Field,
    read: impl Fn(&str) -> Option<T::Native>,
) -> Result<ArrayRef, Unfit> {
    let mut builder = PrimitiveBuilder::<T>::with_capacity(values.len()).with_data_type(field.data_type().clone());
    each(values, field, |value| {
        match value {
            Some(text) => builder.append_value(read(text)?),
            None => builder.append_null(),
        }
        Some(())
    })?;
    Ok(Arc::new(builder.finish()))
}

fn each<'a>(
    values: impl Iterator<Item = Option<&'a str>>,
    field: &Field,
    mut append: impl FnMut(Option<&'a str>) -> Option<()>,
) -> Result<(), Unfit> {
    for (row, value) in values.enumerate() {
        if append(value).is_none() {
            let (name, value) = (field.name(), value.unwrap_or_default());
            let type_name =
                if declared::is_json(field) { "JSON".to_owned() } else { canonical::name(field.data_type()) };
            let reason = format!("the column `{name}` is {type_name}, and `{}` is none", shown(value));
            return Err(Unfit { row, reason });
        }
    }
    Ok(())
}

fn shown(value: &str) -> String {
    let line: String = value.chars().take(SHOWN_MAX).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if line.len() < value.len() { format!("{line}...") } else { line }
}

/// The narrowest type of a column that is not declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Guess {
    /// It holds nothing.
    Null,
    /// `true` and `false`.
    Boolean,
    /// Digits, within 64 bits.
    Int64,
    /// Numbers.
    Float64,
    /// Days.
    Date,
    /// Days with a time and no zone.
    DateTime,
    /// Instants: with a zone.
    Timestamp,
    /// Anything.
    Text,
}

impl Guess {
    /// Takes one more value in.
    pub(super) fn and(self, text: &str) -> Self {
        // Mostly a value is of the type of those before it.
        let fits = match self {
            Self::Text => true,
            Self::Int64 => int64(text).is_some(),
            Self::Null | Self::Boolean | Self::Float64 | Self::Date | Self::DateTime | Self::Timestamp => false,
        };
        if fits { self } else { self.or(Self::of(text)) }
    }

    fn of(text: &str) -> Self {
        let is_word = |word: &str| text.eq_ignore_ascii_case(word);
        if int64(text).is_some() {
            Self::Int64
        } else if is_float(text) {
            Self::Float64
        } else if is_word("true") || is_word("false") {
            Self::Boolean
        } else if date(text).is_some() {
            Self::Date
        } else if datetime(text).is_some() {
            Self::DateTime
        } else if timestamp(text).is_some_and(|(_, has_zone)| has_zone) {
            Self::Timestamp
        } else {
            Self::Text
        }
    }

    fn or(self, other: Self) -> Self {
        match (self, other) {
            (one, other) if one == other => one,
            (Self::Null, other) | (other, Self::Null) => other,
            (Self::Int64, Self::Float64) | (Self::Float64, Self::Int64) => Self::Float64,
            (Self::Date, Self::DateTime) | (Self::DateTime, Self::Date) => Self::DateTime,
            _ => Self::Text,
        }
    }

    /// The type of the column; one that holds nothing may become any other.
    pub(super) fn data_type(self) -> DataType {
        match self {
            Self::Null => DataType::Null,
            Self::Boolean => DataType::Boolean,
            Self::Int64 => DataType::Int64,
            Self::Float64 => DataType::Float64,
            Self::Date => DataType::Date32,
            Self::DateTime => canonical::DATETIME,
            Self::Timestamp => canonical::timestamp(),
            Self::Text => DataType::Utf8View,
        }
    }
}

/// A number with a point or an exponent, or none as programs write them; an integer beyond 64 bits would lose digits.
fn is_float(text: &str) -> bool {
    if matches!(text, "NaN" | "nan" | "inf" | "-inf") {
        return true;
    }
    let has_digit = text.bytes().any(|byte| byte.is_ascii_digit());
    let is_integer = text.trim_start_matches(['-', '+']).bytes().all(|byte| byte.is_ascii_digit());
    has_digit && !is_integer && float64(text).is_some()
}

fn int64(text: &str) -> Option<i64> {
    text.parse().ok()
}

fn float64(text: &str) -> Option<f64> {
    let value: f64 = text.parse().ok()?;
    // Digits that overflow are not infinity.
    let overflows = value.is_infinite() && text.bytes().any(|byte| byte.is_ascii_digit());
    (!overflows).then_some(value)
}

fn boolean(text: &str) -> Option<bool> {
    let is = |words: [&str; 5]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if is(["true", "t", "yes", "y", "1"]) { Some(true) } else { is(["false", "f", "no", "n", "0"]).then_some(false) }
}

/// Digits of a number times ten to the power of `scale`, if there are no more than `precision` and nothing is lost.
fn decimal(text: &str, precision: u8, scale: i8) -> Option<String> {
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i16>().ok()?),
        None => (unsigned, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mut digits = format!("{whole}{fraction}");
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let shift = i64::from(exponent) + i64::from(scale) - i64::try_from(fraction.len()).ok()?;
    if digits.bytes().all(|byte| byte == b'0') {
        return Some("0".to_owned());
    }
    if let Ok(zeros) = usize::try_from(shift) {
        digits = digits.trim_start_matches('0').to_owned();
        if digits.len().saturating_add(zeros) > usize::from(precision) {
            return None;
        }
        digits.extend(std::iter::repeat_n('0', zeros));
    } else {
        let kept = digits.len().checked_sub(usize::try_from(-shift).ok()?)?;
        let (head, lost) = digits.split_at(kept);
        if !lost.bytes().all(|byte| byte == b'0') {
            return None;
        }
        digits = head.trim_start_matches('0').to_owned();
    }
    let fits = digits.len() <= usize::from(precision);
    fits.then(|| if negative { format!("-{digits}") } else { digits })
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

/// A number of `min` to `max` digits.
fn digits<T: std::str::FromStr>(text: &str, min: usize, max: usize) -> Option<T> {
    let fits = (min..=max).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if fits { text.parse().ok() } else { None }
}

fn date(text: &str) -> Option<Date> {
    let (year, rest) = text.split_once('-')?;
    let (month, day) = rest.split_once('-')?;
    let date = Date::new(digits(year, 4, 4)?, digits(month, 1, 2)?, digits(day, 1, 2)?).ok()?;
    (date.year() >= 1).then_some(date)
}

fn time(text: &str) -> Option<Time> {
    let (hour, rest) = text.split_once(':')?;
    let (minute, rest) = rest.split_once(':')?;
    let (second, fraction) = rest.split_once('.').unwrap_or((rest, "0"));
    let nanos = format!("{fraction:0<9}");
    // Parts of a second behind microseconds are cut.
    let nanos = digits::<i32>(&nanos, 9, 9)? / 1_000 * 1_000;
    if fraction.is_empty() {
        return None;
    }
    Time::new(digits(hour, 1, 2)?, digits(minute, 1, 2)?, digits(second, 1, 2)?, nanos).ok()
}

/// The date, and what stands behind it and a `T` or a blank.
fn date_and_rest(text: &str) -> Option<(Date, Option<&str>)> {
    match text.split_once(['T', 't', ' ']) {
        Some((head, rest)) => Some((date(head)?, Some(rest))),
        None => Some((date(text)?, None)),
    }
}

fn datetime(text: &str) -> Option<DateTime> {
    let (date, rest) = date_and_rest(text)?;
    let time = rest.map_or(Some(Time::midnight()), time)?;
    Some(date.to_datetime(time))
}

/// Microseconds of an instant, and whether its zone is written; without one it is in UTC.
fn timestamp(text: &str) -> Option<(i64, bool)> {
    let (date, rest) = date_and_rest(text)?;
    let Some(rest) = rest else { return Some((micros(date.to_datetime(Time::midnight())), false)) };
    let at = rest.find(|c: char| !matches!(c, '0'..='9' | ':' | '.')).unwrap_or(rest.len());
    let (clock, zone) = rest.split_at(at);
    let local = date.to_datetime(time(clock)?);
    let instant = match zone {
        "" => micros(local),
        "Z" | "z" | " UTC" | " Z" => micros(local),
        zone => match offset(zone.trim_start_matches(' ')) {
            Some(offset) => micros(local) - i64::from(offset.seconds()) * 1_000_000,
            None => {
                let zone = TimeZone::get(zone.strip_prefix(' ')?).ok()?;
                zone.to_ambiguous_timestamp(local).compatible().ok()?.as_microsecond()
            }
        },
    };
    let is_within = (micros(DateTime::constant(1, 1, 1, 0, 0, 0, 0))
        ..=micros(DateTime::constant(9999, 12, 31, 23, 59, 59, 999_999_000)))
        .contains(&instant);
    is_within.then_some((instant, !zone.is_empty()))
}

/// `+2`, `+02`, `+02:00`, `+0200`.
fn offset(text: &str) -> Option<Offset> {
    let (sign, rest) = match text.strip_prefix('+') {
        Some(rest) => (1, rest),
        None => (-1, text.strip_prefix('-')?),
    };
    let (hours, minutes) = match rest.split_once(':') {
        Some((hours, minutes)) => (hours, minutes),
        None if rest.len() == 4 => rest.split_at_checked(2)?,
        None => (rest, "00"),
    };
    let (hours, minutes): (i32, i32) = (digits(hours, 1, 2)?, digits(minutes, 2, 2)?);
    let is_one = hours <= 14 && minutes < 60;
    if is_one { Offset::from_seconds(sign * (hours * 3_600 + minutes * 60)).ok() } else { None }
}

fn days(date: Date) -> i32 {
    let seconds = date.duration_since(Date::constant(1970, 1, 1)).as_secs();
    i32::try_from(seconds.div_euclid(86_400)).unwrap_or_default()
}

fn micros_of_day(time: Time) -> i64 {
    let seconds = i64::from(time.hour()) * 3_600 + i64::from(time.minute()) * 60 + i64::from(time.second());
    seconds * 1_000_000 + i64::from(time.subsec_nanosecond()) / 1_000
}

fn micros(datetime: DateTime) -> i64 {
    i64::from(days(datetime.date())) * 86_400_000_000 + micros_of_day(datetime.time())
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};

    fn read(text: &str, data_type: DataType) -> Option<String> {
        let column = column([Some(text)].into_iter(), &Field::new("c", data_type, true)).ok()?;
        let options = FormatOptions::default();
        Some(ArrayFormatter::try_new(&column, &options).unwrap().value(0).to_string())
    }

    #[test]
    fn values_are_read_exactly_or_not_at_all() {
        let types = [
            ("INT64", DataType::Int64),
            ("FLOAT64", DataType::Float64),
            ("BOOL", DataType::Boolean),
            ("NUMERIC", canonical::NUMERIC),
            ("BIGNUMERIC", canonical::BIGNUMERIC),
            ("BYTES", DataType::Binary),
            ("DATE", DataType::Date32),
            ("TIME", canonical::TIME),
            ("DATETIME", canonical::DATETIME),
            ("TIMESTAMP", canonical::timestamp()),
        ];
        for (name, text, expected) in [
            ("INT64", "-007", Some("-7")),
            ("INT64", "9223372036854775808", None),
            ("INT64", "1.0", None),
            ("INT64", " 1", None),
            ("INT64", "x", None),
            ("FLOAT64", "1e3", Some("1000.0")),
            ("FLOAT64", "NaN", Some("NaN")),
            ("FLOAT64", "-Infinity", Some("-inf")),
            ("FLOAT64", "1e999", None),
            ("FLOAT64", "1,5", None),
            ("BOOL", "TRUE", Some("true")),
            ("BOOL", "n", Some("false")),
            ("BOOL", "2", None),
            ("NUMERIC", "1.5", Some("1.500000000")),
            ("NUMERIC", "-.000000001", Some("-0.000000001")),
            ("NUMERIC", "1.0000000010", Some("1.000000001")),
            ("NUMERIC", "1.0000000001", None),
            ("NUMERIC", "12e-1", Some("1.200000000")),
            ("NUMERIC", "1e28", Some("10000000000000000000000000000.000000000")),
            ("NUMERIC", "1e29", None),
            ("NUMERIC", "0e99", Some("0.000000000")),
            ("NUMERIC", "1e-99", None),
            ("NUMERIC", ".", None),
            ("NUMERIC", "1_000", None),
            ("BIGNUMERIC", "-1.00000000000000000001", Some("-1.00000000000000000001000000000000000000")),
            ("BIGNUMERIC", "1e38", None),
            ("BYTES", "YQ==", Some("61")),
            ("BYTES", "a", None),
            ("DATE", "2026-01-31", Some("2026-01-31")),
            ("DATE", "2026-1-3", Some("2026-01-03")),
            ("DATE", "2026-02-30", None),
            ("DATE", "2026-01-31T00:00:00", None),
            ("DATE", "0000-01-01", None),
            ("DATE", "20260131", None),
            ("TIME", "1:02:03.5", Some("01:02:03.500")),
            ("TIME", "24:00:00", None),
            ("TIME", "10:00:00.", None),
            ("DATETIME", "2026-01-31 10:00:00.123456789", Some("2026-01-31T10:00:00.123456")),
            ("DATETIME", "2026-01-31", Some("2026-01-31T00:00:00")),
            ("DATETIME", "2026-01-31T10:00:00Z", None),
            ("DATETIME", "1969-12-31T23:59:59.999999", Some("1969-12-31T23:59:59.999999")),
            ("TIMESTAMP", "2026-01-31 10:00:00", Some("2026-01-31T10:00:00Z")),
            ("TIMESTAMP", "2026-01-31T10:00:00Z", Some("2026-01-31T10:00:00Z")),
            ("TIMESTAMP", "2026-01-31 10:00:00 UTC", Some("2026-01-31T10:00:00Z")),
            ("TIMESTAMP", "2026-01-31 10:00:00.25+02", Some("2026-01-31T08:00:00.250Z")),
            ("TIMESTAMP", "2026-01-31 10:00:00-05:30", Some("2026-01-31T15:30:00Z")),
            ("TIMESTAMP", "2026-01-31 10:00:00 America/New_York", Some("2026-01-31T15:00:00Z")),
            ("TIMESTAMP", "2026-01-31 10:00:00 Nowhere/Town", None),
            ("TIMESTAMP", "0001-01-01 00:00:00+01:00", None),
            ("TIMESTAMP", "1767225600", None),
        ] {
            let data_type = types.iter().find(|(known, _)| *known == name).unwrap().1.clone();
            assert_eq!(read(text, data_type).as_deref(), expected, "{name} {text}");
        }
    }

    #[test]
    fn a_column_is_of_the_narrowest_type_that_loses_nothing() {
        for (values, expected) in [
            (&["1", "007", "-3"][..], Guess::Int64),
            (&["1", "2.5"], Guess::Float64),
            (&["1.5", "1e5", "3"], Guess::Float64),
            (&["18446744073709551615"], Guess::Text),
            (&["1.5", "18446744073709551615"], Guess::Text),
            (&["true", "False"], Guess::Boolean),
            (&["true", "1"], Guess::Text),
            (&["NaN", "-inf", "1", "0.5"], Guess::Float64),
            (&["Nan", "1"], Guess::Text),
            (&["2026-01-31"], Guess::Date),
            (&["2026-01-31", "2026-01-31 10:00:00"], Guess::DateTime),
            (&["2026-01-31T10:00:00Z", "2026-01-31T10:00:00+02:00"], Guess::Timestamp),
            (&["2026-01-31T10:00:00Z", "2026-01-31T10:00:00"], Guess::Text),
            (&["a", "1"], Guess::Text),
            (&[], Guess::Null),
        ] {
            let guess = values.iter().fold(Guess::Null, |guess, value| guess.and(value));
            assert_eq!(guess, expected, "{values:?}");
        }
    }

    #[test]
    fn the_first_value_that_does_not_fit_is_named() {
        let field = Field::new("n", DataType::Int64, true);
        let unfit = column([Some("1"), None, Some("x\n")].into_iter(), &field).unwrap_err();
        let reason = "the column `n` is INT64, and `x ` is none".to_owned();
        assert_eq!(unfit, Unfit { row: 2, reason });
    }
}
