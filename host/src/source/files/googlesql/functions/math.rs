//! Numbers: functions of mathematics.

use std::result::Result as Outcome;

use datafusion::arrow::array::ArrayRef;
use datafusion::error::Result;

use super::super::call::Call;
use super::super::fault::Fault;
use super::super::function::Definition;

const ONE: &[&str] = &["(FLOAT64) -> FLOAT64"];
const TWO: &[&str] = &["(FLOAT64, FLOAT64) -> FLOAT64"];
const FLOATS: &str = "NUMERIC and BIGNUMERIC are computed as FLOAT64.";

/// The functions of this module.
pub(super) const FUNCTIONS: &[Definition] = &[
    Definition { name: "IS_INF", forms: &["(FLOAT64) -> BOOL"], note: "", eval: |call| test(call, f64::is_infinite) },
    Definition { name: "IS_NAN", forms: &["(FLOAT64) -> BOOL"], note: "", eval: |call| test(call, f64::is_nan) },
    Definition { name: "IEEE_DIVIDE", forms: TWO, note: "", eval: ieee_divide },
    Definition { name: "SQRT", forms: ONE, note: FLOATS, eval: sqrt },
    Definition { name: "CBRT", forms: ONE, note: "", eval: |call| one(call, f64::cbrt, &UNDEFINED) },
    Definition { name: "POW", forms: TWO, note: FLOATS, eval: |call| two(call, f64::powf, &BEYOND) },
    Definition { name: "POWER", forms: TWO, note: FLOATS, eval: |call| two(call, f64::powf, &BEYOND) },
    Definition { name: "EXP", forms: ONE, note: FLOATS, eval: |call| one(call, f64::exp, &BEYOND) },
    Definition { name: "LN", forms: ONE, note: FLOATS, eval: |call| one(call, f64::ln, &UNDEFINED) },
    Definition { name: "LOG10", forms: ONE, note: FLOATS, eval: |call| one(call, f64::log10, &UNDEFINED) },
    Definition { name: "LOG", forms: &["(FLOAT64[, FLOAT64]) -> FLOAT64"], note: FLOATS, eval: log },
    Definition { name: "COS", forms: ONE, note: "", eval: |call| free(call, f64::cos) },
    Definition { name: "SIN", forms: ONE, note: "", eval: |call| free(call, f64::sin) },
    Definition { name: "TAN", forms: ONE, note: "", eval: |call| free(call, f64::tan) },
    Definition { name: "COT", forms: ONE, note: "", eval: |call| one(call, |x| 1.0 / x.tan(), &UNDEFINED) },
    Definition { name: "SEC", forms: ONE, note: "", eval: |call| free(call, |x| 1.0 / x.cos()) },
    Definition { name: "CSC", forms: ONE, note: "", eval: |call| one(call, |x| 1.0 / x.sin(), &UNDEFINED) },
    Definition { name: "ACOS", forms: ONE, note: "", eval: |call| one(call, f64::acos, &UNDEFINED) },
    Definition { name: "ASIN", forms: ONE, note: "", eval: |call| one(call, f64::asin, &UNDEFINED) },
    Definition { name: "ATAN", forms: ONE, note: "", eval: |call| free(call, f64::atan) },
    Definition { name: "ATAN2", forms: TWO, note: "", eval: |call| two(call, f64::atan2, &UNDEFINED) },
    Definition { name: "COSH", forms: ONE, note: "", eval: |call| one(call, f64::cosh, &BEYOND) },
    Definition { name: "SINH", forms: ONE, note: "", eval: |call| one(call, f64::sinh, &BEYOND) },
    Definition { name: "TANH", forms: ONE, note: "", eval: |call| free(call, f64::tanh) },
    Definition { name: "COTH", forms: ONE, note: "", eval: |call| one(call, |x| 1.0 / x.tanh(), &UNDEFINED) },
    Definition { name: "SECH", forms: ONE, note: "", eval: |call| free(call, |x| 1.0 / x.cosh()) },
    Definition { name: "CSCH", forms: ONE, note: "", eval: |call| one(call, |x| 1.0 / x.sinh(), &UNDEFINED) },
    Definition { name: "ACOSH", forms: ONE, note: "", eval: |call| one(call, f64::acosh, &UNDEFINED) },
    Definition { name: "ASINH", forms: ONE, note: "", eval: |call| free(call, f64::asinh) },
    Definition { name: "ATANH", forms: ONE, note: "", eval: |call| one(call, f64::atanh, &UNDEFINED) },
];

/// Makes the fault of finite arguments without a finite result.
type Failure = dyn Fn(&str, &[f64], f64) -> Fault;

const UNDEFINED: fn(&str, &[f64], f64) -> Fault = |name, args, _| undefined(name, args);

const BEYOND: fn(&str, &[f64], f64) -> Fault = |name, args, result| match args {
    // A power of zero, or a root of a negative number.
    [0.0, _] => undefined(name, args),
    args if result.is_nan() => undefined(name, args),
    args => Fault::overflow(spelled(name, args)),
};

fn undefined(name: &str, args: &[f64]) -> Fault {
    Fault::argument(format!("{} is not defined", spelled(name, args)))
}

fn spelled(name: &str, args: &[f64]) -> String {
    let args: Vec<String> = args.iter().map(f64::to_string).collect();
    format!("{name}({})", args.join(", "))
}

fn finite(name: &str, args: &[f64], result: f64, failure: &Failure) -> Outcome<f64, Fault> {
    if result.is_finite() || args.iter().any(|arg| !arg.is_finite()) {
        Ok(result)
    } else {
        Err(failure(name, args, result))
    }
}

fn test(call: &Call<'_>, test: fn(f64) -> bool) -> Result<ArrayRef> {
    let values = call.floats(0)?;
    call.write_bools(|row| Ok(values.get(row).map(test)))
}

/// A function that has a result for every number.
fn free(call: &Call<'_>, function: fn(f64) -> f64) -> Result<ArrayRef> {
    let values = call.floats(0)?;
    call.write_floats(|row| Ok(values.get(row).map(function)))
}

fn one(call: &Call<'_>, function: fn(f64) -> f64, failure: &Failure) -> Result<ArrayRef> {
    let values = call.floats(0)?;
    call.write_floats(|row| {
        values.get(row).map(|value| finite(call.name, &[value], function(value), failure)).transpose()
    })
}

fn two(call: &Call<'_>, function: fn(f64, f64) -> f64, failure: &Failure) -> Result<ArrayRef> {
    let (left, right) = (call.floats(0)?, call.floats(1)?);
    call.write_floats(|row| {
        let (Some(left), Some(right)) = (left.get(row), right.get(row)) else { return Ok(None) };
        finite(call.name, &[left, right], function(left, right), failure).map(Some)
    })
}

fn ieee_divide(call: &Call<'_>) -> Result<ArrayRef> {
    let (left, right) = (call.floats(0)?, call.floats(1)?);
    call.write_floats(|row| Ok(left.get(row).zip(right.get(row)).map(|(left, right)| left / right)))
}

fn sqrt(call: &Call<'_>) -> Result<ArrayRef> {
    let values = call.floats(0)?;
    call.write_floats(|row| match values.get(row) {
        Some(value) if value < 0.0 => Err(Fault::argument(format!("SQRT of a negative number: {value}"))),
        value => Ok(value.map(f64::sqrt)),
    })
}

fn log(call: &Call<'_>) -> Result<ArrayRef> {
    if call.len() == 1 {
        return one(call, f64::ln, &UNDEFINED);
    }
    let logarithm =
        |value: f64, base: f64| if base.is_finite() && base > 0.0 { value.ln() / base.ln() } else { f64::NAN };
    two(call, logarithm, &UNDEFINED)
}
