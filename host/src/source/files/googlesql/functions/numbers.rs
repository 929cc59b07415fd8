//! The operators of numbers: `+`, `-`, `*`, `/`, and those of bits. A result beyond its type is an error, as is a division
//! by zero; what is not a number stays so.

use std::cell::Cell;
use std::ops::{BitAnd, BitOr, BitXor};
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Float64Array, PrimitiveArray};
use datafusion::arrow::compute::kernels::arity::{binary, unary};
use datafusion::arrow::datatypes::{ArrowPrimitiveType, Float64Type, Int64Type, i256};
use datafusion::error::Result;

use super::super::call::Call;
use super::super::fault::Fault;
use super::super::function::Definition;
use super::decimal::Decimal;

/// The operators.
pub(super) const OPERATORS: &[Definition] = &[
    Definition { name: "+", forms: ARITHMETIC, note: "", eval: arithmetic::<Plus> },
    Definition { name: "-", forms: ARITHMETIC, note: "", eval: arithmetic::<Minus> },
    Definition { name: "*", forms: ARITHMETIC, note: "", eval: arithmetic::<Times> },
    Definition {
        name: "/",
        forms: &[
            "(FLOAT64, FLOAT64) -> FLOAT64",
            "(NUMERIC, NUMERIC) -> NUMERIC",
            "(BIGNUMERIC, BIGNUMERIC) -> BIGNUMERIC",
            "(INT64, INT64) -> FLOAT64",
        ],
        note: "",
        eval: divide,
    },
    Definition {
        name: "NEGATE",
        forms: &["(INT64) -> INT64", "(NUMERIC) -> NUMERIC", "(BIGNUMERIC) -> BIGNUMERIC", "(FLOAT64) -> FLOAT64"],
        note: "",
        eval: negate,
    },
    Definition { name: "&", forms: BITS, note: "", eval: |call| bits(call, i64::bitand, u8::bitand) },
    Definition { name: "|", forms: BITS, note: "", eval: |call| bits(call, i64::bitor, u8::bitor) },
    Definition { name: "^", forms: BITS, note: "", eval: |call| bits(call, i64::bitxor, u8::bitxor) },
    Definition { name: "~", forms: &["(INT64) -> INT64", "(BYTES) -> BYTES"], note: "", eval: complement },
    Definition {
        name: "<<",
        forms: &["(INT64, INT64) -> INT64"],
        note: "",
        eval: |call| shift(call, u64::checked_shl),
    },
    Definition {
        name: ">>",
        forms: &["(INT64, INT64) -> INT64"],
        note: "",
        eval: |call| shift(call, u64::checked_shr),
    },
];

const ARITHMETIC: &[&str] = &[
    "(INT64, INT64) -> INT64",
    "(NUMERIC, NUMERIC) -> NUMERIC",
    "(BIGNUMERIC, BIGNUMERIC) -> BIGNUMERIC",
    "(FLOAT64, FLOAT64) -> FLOAT64",
];

const BITS: &[&str] = &["(INT64, INT64) -> INT64", "(BYTES, BYTES) -> BYTES"];

/// One of the operators.
trait Operation {
    const SIGN: char;

    /// The result and whether it goes beyond the type.
    fn ints(left: i64, right: i64) -> (i64, bool);
    fn floats(left: f64, right: f64) -> f64;
    /// `None` beyond the type.
    fn numerics(left: i128, right: i128) -> Option<i128>;
    /// `None` beyond the type.
    fn bignumerics(left: i256, right: i256) -> Option<i256>;
}

struct Plus;
struct Minus;
struct Times;

impl Operation for Plus {
    const SIGN: char = '+';

    fn ints(left: i64, right: i64) -> (i64, bool) {
        left.overflowing_add(right)
    }

    fn floats(left: f64, right: f64) -> f64 {
        left + right
    }

    fn numerics(left: i128, right: i128) -> Option<i128> {
        left.checked_add(right)?.within()
    }

    fn bignumerics(left: i256, right: i256) -> Option<i256> {
        left.checked_add(right)?.within()
    }
}

impl Operation for Minus {
    const SIGN: char = '-';

    fn ints(left: i64, right: i64) -> (i64, bool) {
        left.overflowing_sub(right)
    }

    fn floats(left: f64, right: f64) -> f64 {
        left - right
    }

    fn numerics(left: i128, right: i128) -> Option<i128> {
        left.checked_sub(right)?.within()
    }

    fn bignumerics(left: i256, right: i256) -> Option<i256> {
        left.checked_sub(right)?.within()
    }
}

impl Operation for Times {
    const SIGN: char = '*';

    fn ints(left: i64, right: i64) -> (i64, bool) {
        left.overflowing_mul(right)
    }

    fn floats(left: f64, right: f64) -> f64 {
        left * right
    }

    fn numerics(left: i128, right: i128) -> Option<i128> {
        left.product(right)
    }

    fn bignumerics(left: i256, right: i256) -> Option<i256> {
        left.product(right)
    }
}

/// Two columns of numbers, all rows at once, also those that are null; a constant is as good as a column. `None` for a
/// constant that is null.
fn paired<I: ArrowPrimitiveType, O: ArrowPrimitiveType>(
    call: &Call<'_>,
    operation: impl Fn(I::Native, I::Native) -> O::Native,
) -> Option<PrimitiveArray<O>> {
    let [left, right] = call.args else { return None };
    let (left, right) = (left.as_primitive_opt::<I>()?, right.as_primitive_opt::<I>()?);
    match call.constant {
        [false, true] if right.is_valid(0) => {
            let constant = right.value(0);
            Some(unary(left, |left| operation(left, constant)))
        }
        [true, false] if left.is_valid(0) => {
            let constant = left.value(0);
            Some(unary(right, |right| operation(constant, right)))
        }
        [left_constant, right_constant] if left_constant == right_constant => binary(left, right, operation).ok(),
        _ => None,
    }
}

/// Whether all values are finite, of those that are not null.
fn is_finite(values: &Float64Array) -> bool {
    match values.null_count() {
        0 => values.values().iter().fold(true, |all, value| all & value.is_finite()),
        _ => values.iter().flatten().all(f64::is_finite),
    }
}

fn arithmetic<O: Operation>(call: &Call<'_>) -> Result<ArrayRef> {
    match call.form {
        0 => ints::<O>(call),
        1 => {
            let (left, right) = (call.numerics(0)?, call.numerics(1)?);
            call.write_numerics(|row| {
                let (Some(left), Some(right)) = (left.get(row), right.get(row)) else { return Ok(None) };
                let value = O::numerics(left, right);
                value.map(Some).ok_or_else(|| Fault::overflow(format!("NUMERIC {}", O::SIGN)))
            })
        }
        2 => {
            let (left, right) = (call.bignumerics(0)?, call.bignumerics(1)?);
            call.write_bignumerics(|row| {
                let (Some(left), Some(right)) = (left.get(row), right.get(row)) else { return Ok(None) };
                let value = O::bignumerics(left, right);
                value.map(Some).ok_or_else(|| Fault::overflow(format!("BIGNUMERIC {}", O::SIGN)))
            })
        }
        _ => floats::<O>(call),
    }
}

/// All rows at once; one by one where any of them, or what stands in the place of a null, goes beyond the type.
fn ints<O: Operation>(call: &Call<'_>) -> Result<ArrayRef> {
    let is_beyond = Cell::new(false);
    let quick = paired::<Int64Type, Int64Type>(call, |left, right| {
        let (value, beyond) = O::ints(left, right);
        is_beyond.set(is_beyond.get() | beyond);
        value
    });
    if let Some(quick) = quick
        && !is_beyond.get()
    {
        return Ok(Arc::new(quick));
    }
    let (left, right) = (call.ints(0)?, call.ints(1)?);
    call.write_ints(|row| {
        let (Some(left), Some(right)) = (left.get(row), right.get(row)) else { return Ok(None) };
        match O::ints(left, right) {
            (value, false) => Ok(Some(value)),
            (_, true) => Err(Fault::overflow(format!("{left} {} {right}", O::SIGN))),
        }
    })
}

/// All rows at once; one by one where any of them is not finite.
fn floats<O: Operation>(call: &Call<'_>) -> Result<ArrayRef> {
    if let Some(quick) = paired::<Float64Type, Float64Type>(call, O::floats)
        && is_finite(&quick)
    {
        return Ok(Arc::new(quick));
    }
    let (left, right) = (call.floats(0)?, call.floats(1)?);
    call.write_floats(|row| {
        let (Some(left), Some(right)) = (left.get(row), right.get(row)) else { return Ok(None) };
        let value = O::floats(left, right);
        match value.is_finite() || !left.is_finite() || !right.is_finite() {
            true => Ok(Some(value)),
            false => Err(Fault::overflow(format!("{left:?} {} {right:?}", O::SIGN))),
        }
    })
}

#[expect(clippy::cast_precision_loss, reason = "as a coercion to FLOAT64 does")]
fn float(value: i64) -> f64 {
    value as f64
}

fn divided(left: f64, right: f64) -> std::result::Result<f64, Fault> {
    if right == 0.0 {
        return Err(Fault::division(left));
    }
    let value = left / right;
    match value.is_finite() || !left.is_finite() || !right.is_finite() {
        true => Ok(value),
        false => Err(Fault::overflow(format!("{left:?} / {right:?}"))),
    }
}

/// All rows at once, if every quotient is finite: none is of a division by zero then.
fn divide(call: &Call<'_>) -> Result<ArrayRef> {
    let quick = match call.form {
        3 => paired::<Int64Type, Float64Type>(call, |left, right| float(left) / float(right)),
        0 => paired::<Float64Type, Float64Type>(call, |left, right| left / right),
        _ => None,
    };
    if let Some(quick) = quick
        && is_finite(&quick)
    {
        return Ok(Arc::new(quick));
    }
    match call.form {
        3 => {
            let (left, right) = (call.ints(0)?, call.ints(1)?);
            call.write_floats(|row| {
                let (Some(left), Some(right)) = (left.get(row), right.get(row)) else { return Ok(None) };
                divided(float(left), float(right)).map(Some)
            })
        }
        0 => {
            let (left, right) = (call.floats(0)?, call.floats(1)?);
            call.write_floats(|row| {
                let (Some(left), Some(right)) = (left.get(row), right.get(row)) else { return Ok(None) };
                divided(left, right).map(Some)
            })
        }
        1 => {
            let (left, right) = (call.numerics(0)?, call.numerics(1)?);
            call.write_numerics(|row| {
                let (Some(left), Some(right)) = (left.get(row), right.get(row)) else { return Ok(None) };
                if right == 0 {
                    return Err(Fault::division(left.text()));
                }
                left.ratio(right).map(Some).ok_or_else(|| Fault::overflow("NUMERIC /"))
            })
        }
        _ => {
            let (left, right) = (call.bignumerics(0)?, call.bignumerics(1)?);
            call.write_bignumerics(|row| {
                let (Some(left), Some(right)) = (left.get(row), right.get(row)) else { return Ok(None) };
                if right == i256::ZERO {
                    return Err(Fault::division(left.text()));
                }
                left.ratio(right).map(Some).ok_or_else(|| Fault::overflow("BIGNUMERIC /"))
            })
        }
    }
}

fn negate(call: &Call<'_>) -> Result<ArrayRef> {
    match call.form {
        0 => {
            let values = call.ints(0)?;
            call.write_ints(|row| match values.get(row) {
                None => Ok(None),
                Some(value) => value.checked_neg().map(Some).ok_or_else(|| Fault::overflow(format!("-({value})"))),
            })
        }
        1 => {
            let values = call.numerics(0)?;
            call.write_numerics(|row| Ok(values.get(row).map(|value| -value)))
        }
        2 => {
            let values = call.bignumerics(0)?;
            call.write_bignumerics(|row| match values.get(row) {
                None => Ok(None),
                Some(value) => value.checked_neg().map(Some).ok_or_else(|| Fault::overflow("BIGNUMERIC -")),
            })
        }
        _ => {
            let values = call.floats(0)?;
            call.write_floats(|row| Ok(values.get(row).map(|value| -value)))
        }
    }
}

fn bits(call: &Call<'_>, ints: fn(i64, i64) -> i64, bytes: fn(u8, u8) -> u8) -> Result<ArrayRef> {
    if call.form == 0 {
        let (left, right) = (call.ints(0)?, call.ints(1)?);
        return call.write_ints(|row| Ok(left.get(row).zip(right.get(row)).map(|(left, right)| ints(left, right))));
    }
    let (left, right) = (call.bytes(0)?, call.bytes(1)?);
    call.write_bytes(|row| {
        let (Some(left), Some(right)) = (left.get(row), right.get(row)) else { return Ok(None) };
        if left.len() != right.len() {
            return Err(Fault::argument("an operator of bits wants BYTES of one length"));
        }
        Ok(Some(left.iter().zip(right).map(|(left, right)| bytes(*left, *right)).collect::<Vec<u8>>()))
    })
}

fn complement(call: &Call<'_>) -> Result<ArrayRef> {
    if call.form == 0 {
        let values = call.ints(0)?;
        return call.write_ints(|row| Ok(values.get(row).map(|value| !value)));
    }
    let values = call.bytes(0)?;
    call.write_bytes(|row| Ok(values.get(row).map(|value| value.iter().map(|byte| !byte).collect::<Vec<u8>>())))
}

/// Shifts without regard to the sign; all bits are gone at 64 and beyond.
fn shift(call: &Call<'_>, shifted: fn(u64, u32) -> Option<u64>) -> Result<ArrayRef> {
    let (left, right) = (call.ints(0)?, call.ints(1)?);
    call.write_ints(|row| {
        let (Some(left), Some(right)) = (left.get(row), right.get(row)) else { return Ok(None) };
        if right < 0 {
            return Err(Fault::argument(format!("a shift by a negative number: {right}")));
        }
        let by = u32::try_from(right).unwrap_or(u32::MAX);
        Ok(Some(shifted(left.cast_unsigned(), by).unwrap_or(0).cast_signed()))
    })
}
