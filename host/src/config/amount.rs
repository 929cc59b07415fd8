//! Sizes and durations as people write them.

use bytesize::ByteSize;
use jiff::SignedDuration;
use toml::Value;

use crate::model::{LimitName, LimitUnit};

/// A size such as `64 MiB`, in bytes, greater than zero.
pub(super) fn bytes(text: &str) -> Result<u64, String> {
    let wrong = || format!("`{text}` is not a size such as `64 MiB`");
    // A number alone would be a guess at its unit.
    if text.trim().parse::<f64>().is_ok() {
        return Err(format!("`{text}` has no unit: a size is written `{text} MiB`, `{text} B` and so on"));
    }
    match text.parse::<ByteSize>() {
        Ok(size) if size.as_u64() > 0 => Ok(size.as_u64()),
        Ok(_) => Err(format!("`{text}` is nothing: a size is greater than zero")),
        Err(_) => Err(wrong()),
    }
}

/// A duration such as `30s`, in milliseconds, greater than zero.
fn millis(text: &str) -> Result<u64, String> {
    let duration: SignedDuration =
        text.parse().map_err(|_| format!("`{text}` is not a duration such as `30s` or `2m`"))?;
    match u64::try_from(duration.as_millis()) {
        Ok(millis) if millis > 0 => Ok(millis),
        _ => Err(format!("`{text}` is not a duration of at least a millisecond")),
    }
}

/// The amount of a limit, in the limit's base unit.
pub(super) fn limit(name: LimitName, value: &Value) -> Result<u64, String> {
    match (name.unit(), value) {
        (LimitUnit::Bytes, Value::String(text)) => bytes(text),
        (LimitUnit::Bytes, _) => Err(format!("`{name}` is a size, written as text: `\"64 MiB\"`")),
        (LimitUnit::Millis, Value::String(text)) => millis(text),
        (LimitUnit::Millis, _) => Err(format!("`{name}` is a duration, written as text: `\"30s\"`")),
        (LimitUnit::Count, Value::Integer(count)) => match u64::try_from(*count) {
            Ok(count) if count > 0 => Ok(count),
            _ => Err(format!("`{name}` is at least 1")),
        },
        (LimitUnit::Count, _) => Err(format!("`{name}` is a whole number")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_units() {
        assert_eq!(bytes("64 MiB"), Ok(64 << 20));
        assert_eq!(bytes("2GB"), Ok(2_000_000_000));
        for bad in ["64", "0 B", "many", "", "-1 MiB"] {
            assert!(bytes(bad).is_err(), "{bad}");
        }
        assert_eq!(limit(LimitName::Deadline, &Value::String("1m 30s".to_owned())), Ok(90_000));
        assert_eq!(limit(LimitName::Fuel, &Value::Integer(5)), Ok(5));
        for (name, bad) in [
            (LimitName::Fuel, Value::Integer(0)),
            (LimitName::Fuel, Value::Integer(-1)),
            (LimitName::Fuel, Value::String("5".to_owned())),
            (LimitName::Memory, Value::Integer(5)),
            (LimitName::Deadline, Value::Integer(5)),
            (LimitName::Deadline, Value::String("-5s".to_owned())),
            (LimitName::Deadline, Value::String("soon".to_owned())),
        ] {
            assert!(limit(name, &bad).is_err(), "{name} {bad}");
        }
    }
}
