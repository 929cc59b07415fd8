//! Numbers: rounding.

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::i256;
use datafusion::error::Result;

use super::super::call::Call;
use super::super::fault::Fault;
use super::super::function::Definition;
use super::super::types::Type;
use super::arithmetic::{Numbers, unfit};
use super::decimal::{Decimal, Rounding, rounded};

const WHOLE: &[&str] =
    &["(INT64) -> FLOAT64", "(FLOAT64) -> FLOAT64", "(NUMERIC) -> NUMERIC", "(BIGNUMERIC) -> BIGNUMERIC"];

/// The functions of this module.
pub(super) const FUNCTIONS: &[Definition] = &[
    Definition {
        name: "ROUND",
        forms: &[
            "(INT64[, INT64]) -> FLOAT64",
            "(FLOAT64[, INT64]) -> FLOAT64",
            "(NUMERIC[, INT64[, STRING]]) -> NUMERIC",
            "(BIGNUMERIC[, INT64[, STRING]]) -> BIGNUMERIC",
        ],
        note: "",
        eval: |call| to_digits(call, Rounding::HalfAway),
    },
    Definition {
        name: "TRUNC",
        forms: &[
            "(INT64[, INT64]) -> FLOAT64",
            "(FLOAT64[, INT64]) -> FLOAT64",
            "(NUMERIC[, INT64]) -> NUMERIC",
            "(BIGNUMERIC[, INT64]) -> BIGNUMERIC",
        ],
        note: "",
        eval: |call| to_digits(call, Rounding::Truncate),
    },
    Definition { name: "CEIL", forms: WHOLE, note: "", eval: |call| to_whole(call, Rounding::Ceiling) },
    Definition { name: "CEILING", forms: WHOLE, note: "", eval: |call| to_whole(call, Rounding::Ceiling) },
    Definition { name: "FLOOR", forms: WHOLE, note: "", eval: |call| to_whole(call, Rounding::Floor) },
];

fn to_whole(call: &Call<'_>, rounding: Rounding) -> Result<ArrayRef> {
    match call.returns {
        Type::Float64 => {
            let values = Numbers::of(call, 0)?;
            let round = if rounding == Rounding::Floor { f64::floor } else { f64::ceil };
            call.write_floats(|row| Ok(values.get(row).map(round)))
        }
        Type::Numeric => decimals::<i128>(call, rounding),
        Type::BigNumeric => decimals::<i256>(call, rounding),
        _ => Err(unfit(call)),
    }
}

fn to_digits(call: &Call<'_>, rounding: Rounding) -> Result<ArrayRef> {
    match call.returns {
        Type::Float64 => {
            let values = Numbers::of(call, 0)?;
            let digits = if call.len() > 1 { Some(call.ints(1)?) } else { None };
            call.write_floats(|row| {
                let Some(value) = values.get(row) else { return Ok(None) };
                let Some(digits) = digits.map_or(Some(0), |digits| digits.get(row)) else { return Ok(None) };
                let answer = float_to_digits(value, digits, rounding);
                match answer.is_finite() || !value.is_finite() {
                    true => Ok(Some(answer)),
                    false => Err(Fault::overflow(format!("{}({value}, {digits})", call.name))),
                }
            })
        }
        Type::Numeric => decimals::<i128>(call, rounding),
        Type::BigNumeric => decimals::<i256>(call, rounding),
        _ => Err(unfit(call)),
    }
}

fn decimals<D: Decimal>(call: &Call<'_>, rounding: Rounding) -> Result<ArrayRef> {
    let values = D::values(call, 0)?;
    let digits = if call.len() > 1 { Some(call.ints(1)?) } else { None };
    let modes = if call.len() > 2 { Some(call.texts(2)?) } else { None };
    D::write(call, |row| {
        let Some(value) = values.get(row) else { return Ok(None) };
        let Some(digits) = digits.map_or(Some(0), |digits| digits.get(row)) else { return Ok(None) };
        let rounding = match modes.map(|modes| modes.get(row)) {
            None => rounding,
            Some(None) => return Ok(None),
            Some(Some("ROUND_HALF_AWAY_FROM_ZERO")) => Rounding::HalfAway,
            Some(Some("ROUND_HALF_EVEN")) => Rounding::HalfEven,
            Some(Some(mode)) => {
                let message = format!("ROUND knows no mode {mode:?}: ROUND_HALF_AWAY_FROM_ZERO or ROUND_HALF_EVEN");
                return Err(Fault::argument(message));
            }
        };
        let overflow = || Fault::overflow(format!("{}({}, {digits})", call.name, value.text()));
        rounded(value, digits, rounding).map(Some).ok_or_else(overflow)
    })
}

/// Largest exponent of which ten to that power is a float without an error.
const EXACT_POWER_MAX: i64 = 22;

/// Digits below which ten to that power is not exact.
const INEXACT_BELOW: i64 = -EXACT_POWER_MAX;

/// From here on floats are whole numbers.
const WHOLE_FROM: f64 = 9_007_199_254_740_992.0;

/// The nearest float to the value with so many digits behind the point. The value is taken for exactly what it is:
/// 2.675 is a little less than that and becomes 2.67.
fn float_to_digits(value: f64, digits: i64, rounding: Rounding) -> f64 {
    let to_whole = if rounding == Rounding::Truncate { f64::trunc } else { f64::round };
    if digits == 0 || !value.is_finite() || value == 0.0 {
        return to_whole(value);
    }
    match digits {
        ..-308 => 0.0,
        -308..INEXACT_BELOW => to_whole(value / ten_to(-digits)) * ten_to(-digits),
        INEXACT_BELOW..0 => {
            let power = ten_to(-digits);
            let quotient = value / power;
            // What the quotient lacks, in units of the power.
            let lacking = (-quotient).mul_add(power, value) / power;
            nudged(quotient, lacking, rounding) * power
        }
        0..=EXACT_POWER_MAX => {
            let power = ten_to(digits);
            let product = value * power;
            if product.abs() >= WHOLE_FROM {
                return value;
            }
            let lacking = value.mul_add(power, -product);
            nudged(product, lacking, rounding) / power
        }
        // Only the smallest of numbers have that many digits.
        ..=330 if value.abs() < 1.0e-6 => {
            let digits = usize::try_from(digits).unwrap_or_default();
            let text = format!("{value:.digits$}");
            let nearest = text.parse().unwrap_or(value);
            let beyond = rounding == Rounding::Truncate && f64::abs(nearest) > value.abs();
            if beyond {
                (f64::abs(nearest) - ten_to(-i64::try_from(digits).unwrap_or_default())).copysign(value)
            } else {
                nearest
            }
        }
        _ => value,
    }
}

/// The whole number that `near + lacking` is rounded to, where `lacking` is much smaller than one.
fn nudged(near: f64, lacking: f64, rounding: Rounding) -> f64 {
    let (size, lacking) = (near.abs(), if near < 0.0 { -lacking } else { lacking });
    let whole = size.floor();
    let behind = size - whole;
    let rounded = if rounding == Rounding::Truncate {
        if behind == 0.0 && lacking < 0.0 { whole - 1.0 } else { whole }
    } else if behind > 0.5 || (behind == 0.5 && lacking >= 0.0) {
        whole + 1.0
    } else {
        whole
    };
    rounded.max(0.0).copysign(near)
}

/// Ten to that power, exactly up to [`EXACT_POWER_MAX`].
fn ten_to(exponent: i64) -> f64 {
    const EXACT: [f64; 23] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22,
    ];
    let exact = usize::try_from(exponent).ok().and_then(|exponent| EXACT.get(exponent));
    // A power computed step by step has an error; one that is read has the least.
    exact.copied().unwrap_or_else(|| format!("1e{exponent}").parse().unwrap_or(f64::INFINITY))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::float_cmp, reason = "one float exactly is right")]
    fn a_float_is_rounded_for_what_it_exactly_is() {
        for (value, digits, round, trunc) in [
            (2.5, 0, 3.0, 2.0),
            (-2.5, 0, -3.0, -2.0),
            (2.675, 2, 2.67, 2.67),
            (0.125, 2, 0.13, 0.12),
            (1.005, 2, 1.0, 1.0),
            (-1.15, 1, -1.1, -1.1),
            (0.29, 2, 0.29, 0.28),
            (0.1, 1, 0.1, 0.1),
            (123.7, -1, 120.0, 120.0),
            (125.0, -1, 130.0, 120.0),
            (1e15 + 0.5, 2, 1e15 + 0.5, 1e15 + 0.5),
            (1.23e-25, 26, 1.2e-25, 1.2e-25),
            (1.29e-25, 26, 1.3e-25, 1.2e-25),
            (1e300, 400, 1e300, 1e300),
            (1e300, -400, 0.0, 0.0),
            (5e22, -23, 1e23, 0.0),
        ] {
            assert_eq!(float_to_digits(value, digits, Rounding::HalfAway), round, "ROUND({value}, {digits})");
            assert_eq!(float_to_digits(value, digits, Rounding::Truncate), trunc, "TRUNC({value}, {digits})");
        }
        assert!(float_to_digits(f64::MAX, -308, Rounding::HalfAway).is_infinite());
    }
}
