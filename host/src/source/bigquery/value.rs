//! Single values, from BigQuery's text to what batches hold. What cannot be read is None, and then a problem.

use jiff::civil::{Date, DateTime, Time};

const MICROS_A_DAY: i64 = 86_400_000_000;
const EPOCH: Date = Date::constant(1970, 1, 1);

/// Days since 1970-01-01.
pub(super) fn days(text: &str) -> Option<i32> {
    days_of(text.parse().ok()?)
}

fn days_of(date: Date) -> Option<i32> {
    let hours = date.duration_since(EPOCH).as_hours();
    i32::try_from(hours / 24).ok()
}

/// Microseconds since midnight.
pub(super) fn time(text: &str) -> Option<i64> {
    micros_of(text.parse().ok()?)
}

/// None for what is finer than a microsecond.
fn micros_of(time: Time) -> Option<i64> {
    let nanos = time.subsec_nanosecond();
    let seconds = (i64::from(time.hour()) * 60 + i64::from(time.minute())) * 60 + i64::from(time.second());
    (nanos % 1_000 == 0).then(|| seconds * 1_000_000 + i64::from(nanos / 1_000))
}

/// Microseconds since 1970-01-01 00:00 in no zone.
pub(super) fn datetime(text: &str) -> Option<i64> {
    let datetime: DateTime = text.parse().ok()?;
    Some(i64::from(days_of(datetime.date())?) * MICROS_A_DAY + micros_of(datetime.time())?)
}

/// Microseconds since 1970-01-01 00:00 UTC: whole microseconds, or seconds with a point or an exponent, which are what
/// BigQuery answers where it was not asked for the former.
pub(super) fn timestamp(text: &str) -> Option<i64> {
    if !text.contains(['.', 'e', 'E']) {
        return text.parse().ok();
    }
    let (digits, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (negative, unsigned) = match digits.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, digits),
    };
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let digits = format!("{whole}{fraction}");
    if digits.is_empty() || digits.len() > 30 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let mut value: i128 = digits.parse().ok()?;
    let shift = exponent.parse::<i32>().ok()?.checked_add(6)?.checked_sub(i32::try_from(fraction.len()).ok()?)?;
    if !(-30..=20).contains(&shift) {
        return None;
    }
    let power = 10_i128.checked_pow(shift.unsigned_abs())?;
    value = match shift {
        0.. => value.checked_mul(power)?,
        // A double has digits behind the microsecond that nobody wrote.
        _ => value.checked_add(power / 2)? / power,
    };
    i64::try_from(if negative { -value } else { value }).ok()
}

/// A double; infinities and what is no number have names.
pub(super) fn float(text: &str) -> Option<f64> {
    text.parse().ok()
}

/// A truth value.
pub(super) fn boolean(text: &str) -> Option<bool> {
    match text {
        "true" | "TRUE" | "True" => Some(true),
        "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

/// An exact number in plain notation, without zeros at its end.
pub(super) fn decimal(text: &str) -> Option<String> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) {
        return None;
    }
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text };
    Some(if text == "-0" { "0" } else { text }.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_times_are_counted_from_1970() {
        assert_eq!(days("1970-01-01"), Some(0));
        assert_eq!(days("0001-01-01"), Some(-719_162));
        assert_eq!(days("9999-12-31"), Some(2_932_896));
        assert_eq!(days("2026-02-30"), None);
        assert_eq!(time("23:59:59.999999"), Some(86_399_999_999));
        assert_eq!(time("12:00:00.0000001"), None);
        assert_eq!(datetime("1969-12-31T23:59:59.5"), Some(-500_000));
        assert_eq!(datetime("2026-01-31 00:00:00"), Some(1_769_817_600_000_000));
    }

    #[test]
    fn instants_come_in_two_notations() {
        for (text, micros) in [
            ("1769817600000000", 1_769_817_600_000_000),
            ("1.7698176E9", 1_769_817_600_000_000),
            ("1.769817600123456E9", 1_769_817_600_123_456),
            ("-62135596800.0", -62_135_596_800_000_000),
            ("0.0", 0),
            ("-5.0E-7", -1),
        ] {
            assert_eq!(timestamp(text), Some(micros), "{text}");
        }
        for wrong in ["", "x", "1e", "1.e99", "1.2.3", "--1.0"] {
            assert_eq!(timestamp(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn exact_numbers_end_without_zeros() {
        for (text, expected) in
            [("1.500", Some("1.5")), ("100", Some("100")), ("-0.0", Some("0")), ("1e3", None), ("", None), ("-", None)]
        {
            assert_eq!(decimal(text).as_deref(), expected, "{text}");
        }
    }
}
