//! Sizes, durations and counts as people write them.

use bytesize::ByteSize;
use jiff::{Span, SpanRelativeTo};
use thiserror::Error;
use toml::Value;

use crate::model::{LimitName, LimitUnit};

/// The largest quantity: what the journal can hold.
const QUANTITY_MAX: u64 = i64::MAX.cast_unsigned();

/// Not a quantity of the kind that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum InvalidQuantity {
    /// A value of another type.
    #[error("`{name}` must be {}, not {found}", wanted(*unit))]
    Kind { name: LimitName, unit: LimitUnit, found: &'static str },
    /// A bare number where a size was expected.
    #[error("`{0}` is a size without a unit")]
    NoUnit(String),
    /// Not a size.
    #[error("`{0}` is not a size")]
    NotASize(String),
    /// Not a duration.
    #[error("`{0}` is not a duration")]
    NotADuration(String),
    /// A duration that whole milliseconds cannot express.
    #[error("`{0}` is not a whole number of milliseconds")]
    TooFine(String),
    /// Nothing, or less.
    #[error("`{0}` is not more than zero")]
    NotPositive(String),
    /// Less than nothing.
    #[error("`{0}` is less than zero")]
    Negative(String),
    /// More than can be kept.
    #[error("`{0}` is more than can be counted")]
    TooLarge(String),
}

impl InvalidQuantity {
    /// What would make it right.
    pub(super) fn hint(&self) -> String {
        match self {
            Self::Kind { name, unit, .. } => format!("for example `{name} = {}`", example(*unit)),
            Self::NoUnit(text) => format!("say in which unit, for example `\"{} MiB\"`", text.trim()),
            Self::NotASize(_) => {
                "a number and a unit: `\"512 KiB\"`, `\"64 MiB\"`, `\"2 GiB\"` (or kB, MB, GB for powers of ten)"
                    .to_owned()
            }
            Self::NotADuration(_) => {
                "numbers and units up to weeks: `\"500ms\"`, `\"30s\"`, `\"1m 30s\"`, `\"2h\"`, `\"14d\"`, `\"2w\"`"
                    .to_owned()
            }
            Self::TooFine(_) => "the finest unit is a millisecond: `\"1ms\"`".to_owned(),
            Self::NotPositive(_) => "leave the key out for the default; nothing is unlimited".to_owned(),
            Self::Negative(_) => "`\"0s\"` is the shortest".to_owned(),
            Self::TooLarge(_) => "leave the key out for the default, or give what the machine has".to_owned(),
        }
    }
}

fn wanted(unit: LimitUnit) -> &'static str {
    match unit {
        LimitUnit::Bytes => "a size as text",
        LimitUnit::Count => "a whole number",
        LimitUnit::Millis => "a duration as text",
    }
}

/// A value of the unit, as it is written in TOML.
pub(super) fn example(unit: LimitUnit) -> &'static str {
    match unit {
        LimitUnit::Bytes => "\"64 MiB\"",
        LimitUnit::Count => "1000",
        LimitUnit::Millis => "\"30s\"",
    }
}

/// A size in bytes, more than zero.
pub(super) fn bytes(text: &str) -> Result<u64, InvalidQuantity> {
    let number = text.trim();
    if !number.is_empty() && number.chars().all(|c| c.is_ascii_digit()) {
        return Err(InvalidQuantity::NoUnit(text.to_owned()));
    }
    // The library saturates: what is too large arrives as the largest number.
    let ByteSize(bytes) = number.parse().map_err(|_| InvalidQuantity::NotASize(text.to_owned()))?;
    positive(bytes, || text.to_owned())
}

/// A duration in milliseconds, more than zero.
pub(super) fn millis(text: &str) -> Result<u64, InvalidQuantity> {
    match millis_or_zero(text) {
        Ok(millis) => positive(millis, || text.to_owned()),
        Err(InvalidQuantity::Negative(text)) => Err(InvalidQuantity::NotPositive(text)),
        Err(other) => Err(other),
    }
}

/// A duration in milliseconds. A day has 24 hours and a week 7 days.
pub(super) fn millis_or_zero(text: &str) -> Result<u64, InvalidQuantity> {
    // A month has no length, nor has a year.
    let duration = text.parse::<Span>().and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()));
    let duration = duration.map_err(|_| InvalidQuantity::NotADuration(text.to_owned()))?;
    if duration.is_negative() {
        return Err(InvalidQuantity::Negative(text.to_owned()));
    }
    if duration.subsec_nanos() % 1_000_000 != 0 {
        return Err(InvalidQuantity::TooFine(text.to_owned()));
    }
    u64::try_from(duration.as_millis()).map_err(|_| InvalidQuantity::TooLarge(text.to_owned()))
}

/// The value of a limit in its base unit, more than zero.
pub(super) fn limit(name: LimitName, value: &Value) -> Result<u64, InvalidQuantity> {
    match (name.unit(), value) {
        (LimitUnit::Bytes, Value::String(text)) => bytes(text),
        (LimitUnit::Millis, Value::String(text)) => millis(text),
        (LimitUnit::Count, Value::Integer(count)) => {
            let count = u64::try_from(*count).map_err(|_| InvalidQuantity::NotPositive(count.to_string()))?;
            positive(count, || count.to_string())
        }
        (unit, other) => Err(InvalidQuantity::Kind { name, unit, found: kind_of(other) }),
    }
}

fn positive(value: u64, text: impl Fn() -> String) -> Result<u64, InvalidQuantity> {
    match value {
        0 => Err(InvalidQuantity::NotPositive(text())),
        value if value > QUANTITY_MAX => Err(InvalidQuantity::TooLarge(text())),
        value => Ok(value),
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "text",
        Value::Integer(_) => "a whole number",
        Value::Float(_) => "a number with a point",
        Value::Boolean(_) => "true or false",
        Value::Datetime(_) => "a date or time",
        Value::Array(_) => "a list",
        Value::Table(_) => "a table",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_a_unit_and_are_positive() {
        for (text, expected) in
            [("64 MiB", 64 << 20), ("1KiB", 1_024), ("1.5 GiB", 3 << 29), ("2 GB", 2_000_000_000), (" 1 B ", 1)]
        {
            assert_eq!(bytes(text), Ok(expected), "{text}");
        }
        for text in ["64", " 0 "] {
            assert_eq!(bytes(text), Err(InvalidQuantity::NoUnit(text.to_owned())));
        }
        for text in ["", "MiB", "many", "-1 MiB", "64 MiBs", "1e3 KiB", "1.2.3 B", "六 MiB", "inf B"] {
            assert_eq!(bytes(text), Err(InvalidQuantity::NotASize(text.to_owned())));
        }
        for text in ["0 B", "0.1 B"] {
            assert_eq!(bytes(text), Err(InvalidQuantity::NotPositive(text.to_owned())));
        }
        for text in ["8 EiB", "16 EiB", "99999999999999999999999 GiB"] {
            assert_eq!(bytes(text), Err(InvalidQuantity::TooLarge(text.to_owned())));
        }
        assert_eq!(bytes("7 EiB"), Ok(7 << 60));
    }

    #[test]
    fn durations_are_whole_milliseconds() {
        for (text, expected) in
            [("30s", 30_000), ("1m 30s", 90_000), ("500ms", 500), ("2 hours", 7_200_000), ("PT1M", 60_000)]
        {
            assert_eq!(millis(text).ok(), Some(expected), "{text}");
        }
        for (text, hours) in [("6h", 6), ("14d", 336), ("2w", 336), ("1d 1h", 25), ("1 week", 168), ("P1D", 24)] {
            assert_eq!(millis(text).ok(), Some(hours * 3_600_000), "{text}");
        }
        for text in ["", "30", "1 month", "1y", "soon"] {
            assert!(matches!(millis(text), Err(InvalidQuantity::NotADuration(_))), "{text}: {:?}", millis(text));
        }
        for text in ["0s", "-3s", "3s ago"] {
            assert!(matches!(millis(text), Err(InvalidQuantity::NotPositive(_))), "{text}: {:?}", millis(text));
        }
        assert_eq!(millis_or_zero("0s"), Ok(0));
        assert_eq!(millis_or_zero("-3s"), Err(InvalidQuantity::Negative("-3s".to_owned())));
        for text in ["10us", "1.0005s"] {
            assert!(matches!(millis(text), Err(InvalidQuantity::TooFine(_))), "{text}: {:?}", millis(text));
        }
    }

    #[test]
    fn a_limit_takes_a_value_of_its_unit() {
        assert_eq!(limit(LimitName::Memory, &Value::from("1 MiB")), Ok(1 << 20));
        assert_eq!(limit(LimitName::Deadline, &Value::from("1s")), Ok(1_000));
        assert_eq!(limit(LimitName::Rows, &Value::from(7)), Ok(7));
        for (name, value) in [
            (LimitName::Memory, Value::from(64)),
            (LimitName::Rows, Value::from("7")),
            (LimitName::Rows, Value::from(7.0)),
        ] {
            let error = limit(name, &value).expect_err("another unit");
            assert!(matches!(error, InvalidQuantity::Kind { .. }), "{error:?}");
        }
        for count in [0, -5] {
            assert_eq!(
                limit(LimitName::Rows, &Value::from(count)),
                Err(InvalidQuantity::NotPositive(count.to_string()))
            );
        }
    }
}
