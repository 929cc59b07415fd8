//! How numbers, dates and times are spelled as texts.

use std::fmt::Write;

const MICROS_A_SECOND: i64 = 1_000_000;
const SECONDS_A_DAY: i64 = 86_400;

/// Writes a float as `CAST` does: 15 digits if they are enough, else 17.
pub(in crate::source::files::googlesql) fn float(out: &mut String, value: f64) {
    if value.is_nan() {
        out.push_str("nan");
    } else if value.is_infinite() {
        out.push_str(if value > 0.0 { "inf" } else { "-inf" });
    } else if value == 0.0 {
        out.push('0');
    } else if value.trunc() == value && value.abs() < 1e15 {
        written(write!(out, "{value:.0}"));
    } else {
        let short = general(value, 15, false);
        let exact = short.parse() == Ok(value);
        out.push_str(&if exact { short } else { general(value, 17, false) });
    }
}

/// A finite float with so many digits, as `%g` of C has it; with `alternative` the zeros at the end stay.
pub(super) fn general(value: f64, digits: usize, alternative: bool) -> String {
    let digits = digits.max(1);
    let scientific = format!("{value:.*e}", digits - 1);
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i64 = exponent.parse().unwrap_or_default();
    let before = i64::try_from(digits).unwrap_or(i64::MAX);
    if (-4..before).contains(&exponent) {
        let behind = usize::try_from(before - 1 - exponent).unwrap_or_default();
        let text = format!("{value:.behind$}");
        return if alternative { text } else { without_zeros(&text).to_owned() };
    }
    let mantissa = if alternative { mantissa } else { without_zeros(mantissa) };
    format!("{mantissa}e{}", exponent_text(exponent))
}

/// An exponent as C writes it: with its sign and at least two digits.
pub(super) fn exponent_text(exponent: i64) -> String {
    format!("{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.unsigned_abs())
}

/// A number without the zeros that its part behind the point ends with.
pub(in crate::source::files) fn without_zeros(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

/// Writes a date, from days since 1970-01-01.
pub(super) fn date(out: &mut String, days: i32) {
    // Years begin in March, so that the odd day is the last of its year; 400 years are 146,097 days.
    let shifted = i64::from(days) + 719_468;
    let (era, day) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    written(write!(out, "{:04}-{month:02}-{day:02}", year + era * 400 + next));
}

/// Writes a time of the day, from microseconds since midnight, with no, three or six digits of the second.
pub(super) fn time(out: &mut String, micros: i64) {
    let (seconds, micros) = (micros.div_euclid(MICROS_A_SECOND), micros.rem_euclid(MICROS_A_SECOND));
    written(write!(out, "{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60));
    if micros % 1_000 != 0 {
        written(write!(out, ".{micros:06}"));
    } else if micros != 0 {
        written(write!(out, ".{:03}", micros / 1_000));
    }
}

/// Writes a date and a time, from microseconds since 1970-01-01 00:00.
pub(super) fn datetime(out: &mut String, micros: i64, between: char) {
    let a_day = SECONDS_A_DAY * MICROS_A_SECOND;
    date(out, i32::try_from(micros.div_euclid(a_day)).unwrap_or_default());
    out.push(between);
    time(out, micros.rem_euclid(a_day));
}

/// Writing to a text does not fail.
pub(super) fn written(result: std::fmt::Result) {
    debug_assert!(result.is_ok());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelled(write: impl Fn(&mut String)) -> String {
        let mut out = String::new();
        write(&mut out);
        out
    }

    #[test]
    fn floats_have_no_more_digits_than_they_need() {
        for (value, text) in [
            (0.1, "0.1"),
            (0.1 + 0.2, "0.30000000000000004"),
            (1.0, "1"),
            (-0.0, "0"),
            (1e15, "1e+15"),
            (123_456_789_012_345_680.0, "1.2345678901234568e+17"),
            (1e-5, "1e-05"),
            (0.0001, "0.0001"),
            (5e-324, "4.94065645841247e-324"),
            (f64::MAX, "1.7976931348623157e+308"),
            (-12.5, "-12.5"),
        ] {
            assert_eq!(spelled(|out| float(out, value)), text);
        }
    }

    #[test]
    fn days_become_dates() {
        for (days, text) in [
            (0, "1970-01-01"),
            (-1, "1969-12-31"),
            (11_016, "2000-02-29"),
            (-719_162, "0001-01-01"),
            (2_932_896, "9999-12-31"),
        ] {
            assert_eq!(spelled(|out| date(out, days)), text);
        }
        assert_eq!(spelled(|out| datetime(out, -1, ' ')), "1969-12-31 23:59:59.999999");
        assert_eq!(spelled(|out| datetime(out, 1_500_000, 'T')), "1970-01-01T00:00:01.500");
    }
}
