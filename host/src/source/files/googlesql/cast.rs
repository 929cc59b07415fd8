//! `CAST` and `SAFE_CAST`: one function for each type that a value can become.

use std::sync::Arc;

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::i256;
use datafusion::error::Result;

use super::call::Call;
use super::fault::Fault;
use super::function::Definition;
use super::functions::calendar::{
    days_of, format_date, format_datetime, format_time, format_timestamp, midnight, parse_date, parse_datetime,
    parse_time, parse_timestamp, time_of,
};
use super::functions::decimal::{Decimal, nearest, parsed};
use super::functions::spelling;
use super::functions::zone::Zone;
use super::types::Type;

/// The name of the function that makes a value one of `to`.
pub(super) fn name(to: &Type) -> String {
    format!("CAST {to}")
}

/// One for each type.
pub(super) const DEFINITIONS: &[Definition] = &[
    Definition {
        name: "CAST INT64",
        forms: &[
            "(INT64) -> INT64",
            "(FLOAT64) -> INT64",
            "(NUMERIC) -> INT64",
            "(BIGNUMERIC) -> INT64",
            "(BOOL) -> INT64",
            "(STRING) -> INT64",
        ],
        note: "",
        eval: to_int,
    },
    Definition {
        name: "CAST FLOAT64",
        forms: &["(FLOAT64) -> FLOAT64", "(STRING) -> FLOAT64"],
        note: "",
        eval: to_float,
    },
    Definition {
        name: "CAST NUMERIC",
        forms: &["(NUMERIC) -> NUMERIC", "(FLOAT64) -> NUMERIC", "(BIGNUMERIC) -> NUMERIC", "(STRING) -> NUMERIC"],
        note: "",
        eval: to_numeric,
    },
    Definition {
        name: "CAST BIGNUMERIC",
        forms: &["(BIGNUMERIC) -> BIGNUMERIC", "(FLOAT64) -> BIGNUMERIC", "(STRING) -> BIGNUMERIC"],
        note: "",
        eval: to_bignumeric,
    },
    Definition {
        name: "CAST BOOL",
        forms: &["(BOOL) -> BOOL", "(INT64) -> BOOL", "(STRING) -> BOOL"],
        note: "",
        eval: to_bool,
    },
    Definition {
        name: "CAST STRING",
        forms: &[
            "(STRING) -> STRING",
            "(INT64) -> STRING",
            "(FLOAT64) -> STRING",
            "(NUMERIC) -> STRING",
            "(BIGNUMERIC) -> STRING",
            "(BOOL) -> STRING",
            "(BYTES) -> STRING",
            "(DATE) -> STRING",
            "(DATETIME) -> STRING",
            "(TIME) -> STRING",
            "(TIMESTAMP) -> STRING",
        ],
        note: "",
        eval: to_text,
    },
    Definition { name: "CAST BYTES", forms: &["(STRING) -> BYTES", "(BYTES) -> BYTES"], note: "", eval: to_bytes },
    Definition {
        name: "CAST DATE",
        forms: &["(DATE) -> DATE", "(STRING) -> DATE", "(DATETIME) -> DATE", "(TIMESTAMP) -> DATE"],
        note: "",
        eval: to_date,
    },
    Definition {
        name: "CAST DATETIME",
        forms: &["(DATETIME) -> DATETIME", "(STRING) -> DATETIME", "(DATE) -> DATETIME", "(TIMESTAMP) -> DATETIME"],
        note: "",
        eval: to_micros,
    },
    Definition {
        name: "CAST TIME",
        forms: &["(TIME) -> TIME", "(STRING) -> TIME", "(DATETIME) -> TIME", "(TIMESTAMP) -> TIME"],
        note: "",
        eval: to_time,
    },
    Definition {
        name: "CAST TIMESTAMP",
        forms: &["(TIMESTAMP) -> TIMESTAMP", "(STRING) -> TIMESTAMP", "(DATE) -> TIMESTAMP", "(DATETIME) -> TIMESTAMP"],
        note: "",
        eval: to_micros,
    },
];

/// Whether a text is a value of a type that has literals.
///
/// # Errors
/// What is wrong with it.
pub(super) fn text_to(text: &str, to: &Type) -> std::result::Result<(), Fault> {
    match to {
        Type::Date => parse_date(text).map(drop),
        Type::Datetime => parse_datetime(text).map(drop),
        Type::Time => parse_time(text).map(drop),
        Type::Timestamp => parse_timestamp(text, &Zone::UTC).map(drop),
        Type::Numeric => numeric(text).map(drop),
        Type::BigNumeric => bignumeric(text).map(drop),
        other => Err(no(text, other)),
    }
}

fn no(text: &str, to: &Type) -> Fault {
    Fault::conversion(format!("`{}` is not a value of {to}", text.escape_debug()))
}

fn same(call: &Call<'_>) -> Result<ArrayRef> {
    call.args.first().map(Arc::clone).ok_or_else(|| call.refused("nothing to cast"))
}

/// The type of what is cast.
fn given<'a>(call: &Call<'a>) -> Result<&'a Type> {
    call.types.first().ok_or_else(|| call.refused("nothing to cast"))
}

/// The answer of each value that there is.
fn mapped<V, R>(
    value: Option<V>,
    answer: impl FnOnce(V) -> std::result::Result<R, Fault>,
) -> std::result::Result<Option<R>, Fault> {
    value.map(answer).transpose()
}

fn to_int(call: &Call<'_>) -> Result<ArrayRef> {
    match given(call)? {
        Type::Float64 => {
            let values = call.floats(0)?;
            call.write_ints(|row| mapped(values.get(row), float_to_int))
        }
        Type::Numeric => {
            let values = call.numerics(0)?;
            call.write_ints(|row| {
                mapped(values.get(row), |value| {
                    let whole = <i128 as Decimal>::one()
                        .and_then(|one| nearest(i256::from_i128(value), i256::from_i128(one)))
                        .and_then(|whole| whole.to_i128());
                    let whole = whole.and_then(|whole| i64::try_from(whole).ok());
                    whole.ok_or_else(|| Fault::overflow(format!("CAST({} AS INT64)", value.text())))
                })
            })
        }
        Type::BigNumeric => {
            let values = call.bignumerics(0)?;
            call.write_ints(|row| {
                mapped(values.get(row), |value| {
                    let whole =
                        <i256 as Decimal>::one().and_then(|one| nearest(value, one)).and_then(|whole| whole.to_i128());
                    let whole = whole.and_then(|whole| i64::try_from(whole).ok());
                    whole.ok_or_else(|| Fault::overflow(format!("CAST({} AS INT64)", value.text())))
                })
            })
        }
        Type::Bool => {
            let values = call.bools(0)?;
            call.write_ints(|row| Ok(values.get(row).map(i64::from)))
        }
        Type::String => {
            let values = call.texts(0)?;
            call.write_ints(|row| mapped(values.get(row), |text| int(text).ok_or_else(|| no(text, &Type::Int64))))
        }
        _ => same(call),
    }
}

/// Rounded half away from zero.
fn float_to_int(value: f64) -> std::result::Result<i64, Fault> {
    let rounded = value.round();
    // The bounds are powers of two and thus exact.
    #[expect(clippy::cast_possible_truncation, reason = "the bounds are looked at")]
    match (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&rounded) {
        true => Ok(rounded as i64),
        false => Err(Fault::overflow(format!("CAST({} AS INT64)", float_text(value)))),
    }
}

fn int(text: &str) -> Option<i64> {
    let text = text.trim_matches(|char: char| char.is_ascii_whitespace());
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (digits, radix) = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(hex) => (hex, 16),
        None => (digits, 10),
    };
    if digits.starts_with(['+', '-']) {
        return None;
    }
    let value = i128::from(u64::from_str_radix(digits, radix).ok()?);
    i64::try_from(if negative { -value } else { value }).ok()
}

fn to_float(call: &Call<'_>) -> Result<ArrayRef> {
    if *given(call)? != Type::String {
        return same(call);
    }
    let values = call.texts(0)?;
    call.write_floats(|row| {
        mapped(values.get(row), |text| {
            let trimmed = text.trim_matches(|char: char| char.is_ascii_whitespace());
            trimmed.parse::<f64>().map_err(|_| no(text, &Type::Float64))
        })
    })
}

fn numeric(text: &str) -> std::result::Result<i128, Fault> {
    let value = parsed(text, i128::SCALE).ok_or_else(|| no(text, &Type::Numeric))?;
    value.to_i128().and_then(Decimal::within).ok_or_else(|| Fault::overflow(format!("CAST({text} AS NUMERIC)")))
}

fn bignumeric(text: &str) -> std::result::Result<i256, Fault> {
    let value = parsed(text, i256::SCALE).ok_or_else(|| no(text, &Type::BigNumeric))?;
    value.within().ok_or_else(|| Fault::overflow(format!("CAST({text} AS BIGNUMERIC)")))
}

/// A double as a text that is a decimal number.
fn plain(value: f64, to: &Type) -> std::result::Result<String, Fault> {
    match value.is_finite() {
        true => Ok(format!("{value}")),
        false => Err(Fault::overflow(format!("CAST({} AS {to})", float_text(value)))),
    }
}

fn to_numeric(call: &Call<'_>) -> Result<ArrayRef> {
    match given(call)? {
        Type::Float64 => {
            let values = call.floats(0)?;
            call.write_numerics(|row| {
                mapped(values.get(row), |value| {
                    let text = plain(value, &Type::Numeric)?;
                    numeric(&text).map_err(|_| Fault::overflow(format!("CAST({} AS NUMERIC)", float_text(value))))
                })
            })
        }
        Type::BigNumeric => {
            let values = call.bignumerics(0)?;
            let by = i256::from_i128(10_i128.pow(29));
            call.write_numerics(|row| {
                mapped(values.get(row), |value| {
                    let fitting = nearest(value, by).and_then(|value| value.to_i128()).and_then(Decimal::within);
                    fitting.ok_or_else(|| Fault::overflow(format!("CAST({} AS NUMERIC)", value.text())))
                })
            })
        }
        Type::String => {
            let values = call.texts(0)?;
            call.write_numerics(|row| mapped(values.get(row), numeric))
        }
        _ => same(call),
    }
}

fn to_bignumeric(call: &Call<'_>) -> Result<ArrayRef> {
    match given(call)? {
        Type::Float64 => {
            let values = call.floats(0)?;
            call.write_bignumerics(|row| {
                mapped(values.get(row), |value| {
                    let text = plain(value, &Type::BigNumeric)?;
                    bignumeric(&text).map_err(|_| Fault::overflow(format!("CAST({} AS BIGNUMERIC)", float_text(value))))
                })
            })
        }
        Type::String => {
            let values = call.texts(0)?;
            call.write_bignumerics(|row| mapped(values.get(row), bignumeric))
        }
        _ => same(call),
    }
}

fn to_bool(call: &Call<'_>) -> Result<ArrayRef> {
    match given(call)? {
        Type::Int64 => {
            let values = call.ints(0)?;
            call.write_bools(|row| Ok(values.get(row).map(|value| value != 0)))
        }
        Type::String => {
            let values = call.texts(0)?;
            call.write_bools(|row| {
                mapped(values.get(row), |text| match text {
                    text if text.eq_ignore_ascii_case("true") => Ok(true),
                    text if text.eq_ignore_ascii_case("false") => Ok(false),
                    text => Err(no(text, &Type::Bool)),
                })
            })
        }
        _ => same(call),
    }
}

fn to_text(call: &Call<'_>) -> Result<ArrayRef> {
    match given(call)? {
        Type::Int64 => {
            let values = call.ints(0)?;
            call.write_texts(|row| Ok(values.get(row).map(|value| value.to_string())))
        }
        Type::Float64 => {
            let values = call.floats(0)?;
            call.write_texts(|row| Ok(values.get(row).map(float_text)))
        }
        Type::Numeric => {
            let values = call.numerics(0)?;
            call.write_texts(|row| Ok(values.get(row).map(|value| value.text())))
        }
        Type::BigNumeric => {
            let values = call.bignumerics(0)?;
            call.write_texts(|row| Ok(values.get(row).map(|value| value.text())))
        }
        Type::Bool => {
            let values = call.bools(0)?;
            call.write_texts(|row| Ok(values.get(row).map(|value| if value { "true" } else { "false" })))
        }
        Type::Bytes => {
            let values = call.bytes(0)?;
            call.write_texts(|row| {
                mapped(values.get(row), |bytes| {
                    std::str::from_utf8(bytes).map_err(|_| Fault::conversion("the BYTES are not UTF-8"))
                })
            })
        }
        Type::Date => {
            let values = call.days(0)?;
            call.write_texts(|row| Ok(values.get(row).map(format_date)))
        }
        Type::Datetime => {
            let values = call.micros(0)?;
            call.write_texts(|row| Ok(values.get(row).map(format_datetime)))
        }
        Type::Time => {
            let values = call.times(0)?;
            call.write_texts(|row| Ok(values.get(row).map(format_time)))
        }
        Type::Timestamp => {
            let values = call.micros(0)?;
            call.write_texts(|row| Ok(values.get(row).map(|value| format_timestamp(value, &Zone::UTC))))
        }
        _ => same(call),
    }
}

fn to_bytes(call: &Call<'_>) -> Result<ArrayRef> {
    if *given(call)? != Type::String {
        return same(call);
    }
    let values = call.texts(0)?;
    call.write_bytes(|row| Ok(values.get(row).map(str::as_bytes)))
}

fn to_date(call: &Call<'_>) -> Result<ArrayRef> {
    match given(call)? {
        Type::String => {
            let values = call.texts(0)?;
            call.write_days(|row| mapped(values.get(row), parse_date))
        }
        Type::Datetime | Type::Timestamp => {
            let values = call.micros(0)?;
            call.write_days(|row| Ok(values.get(row).map(days_of)))
        }
        _ => same(call),
    }
}

/// `DATETIME` and `TIMESTAMP`: between them the zone is UTC.
fn to_micros(call: &Call<'_>) -> Result<ArrayRef> {
    match (given(call)?, call.returns) {
        (Type::String, Type::Datetime) => {
            let values = call.texts(0)?;
            call.write_micros(|row| mapped(values.get(row), parse_datetime))
        }
        (Type::String, _) => {
            let values = call.texts(0)?;
            call.write_micros(|row| mapped(values.get(row), |text| parse_timestamp(text, &Zone::UTC)))
        }
        (Type::Date, _) => {
            let values = call.days(0)?;
            call.write_micros(|row| Ok(values.get(row).map(midnight)))
        }
        (from, to) if from != to => {
            let values = call.micros(0)?;
            call.write_micros(|row| Ok(values.get(row)))
        }
        _ => same(call),
    }
}

fn to_time(call: &Call<'_>) -> Result<ArrayRef> {
    match given(call)? {
        Type::String => {
            let values = call.texts(0)?;
            call.write_times(|row| mapped(values.get(row), parse_time))
        }
        Type::Datetime | Type::Timestamp => {
            let values = call.micros(0)?;
            call.write_times(|row| Ok(values.get(row).map(time_of)))
        }
        _ => same(call),
    }
}

/// A double as `CAST` to `STRING` writes it.
fn float_text(value: f64) -> String {
    let mut text = String::new();
    spelling::float(&mut text, value);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_are_written_as_short_as_they_can_be_read_back() {
        for (value, expected) in [
            (1.0, "1"),
            (1.5, "1.5"),
            (-0.1, "-0.1"),
            (1e20, "1e+20"),
            (1e15, "1e+15"),
            (123_456_789_012_345.0, "123456789012345"),
            (1e-5, "1e-05"),
            (0.000_1, "0.0001"),
            (0.1 + 0.2, "0.30000000000000004"),
            (-0.0, "0"),
            (f64::MAX, "1.7976931348623157e+308"),
        ] {
            assert_eq!(float_text(value), expected);
        }
    }

    #[test]
    fn a_double_becomes_the_nearest_integer_half_away_from_zero() {
        assert_eq!(float_to_int(2.5), Ok(3));
        assert_eq!(float_to_int(-2.5), Ok(-3));
        assert_eq!(float_to_int(-9_223_372_036_854_775_808.0), Ok(i64::MIN));
        for wrong in [f64::NAN, f64::INFINITY, 9_223_372_036_854_775_808.0] {
            assert!(float_to_int(wrong).is_err(), "{wrong}");
        }
    }
}
