//! Numbers: arithmetic that is not an operator.

use datafusion::arrow::array::{ArrayRef, ArrowPrimitiveType, Float64Array, Int64Array, PrimitiveArray};
use datafusion::arrow::datatypes::i256;
use datafusion::error::{DataFusionError, Result};

use super::super::call::{Call, Values};
use super::super::fault::Fault;
use super::super::function::Definition;
use super::super::types::Type;
use super::decimal::Decimal;

const NUMBER: &[&str] =
    &["(INT64) -> INT64", "(FLOAT64) -> FLOAT64", "(NUMERIC) -> NUMERIC", "(BIGNUMERIC) -> BIGNUMERIC"];
const NUMBERS: &[&str] = &[
    "(INT64, INT64) -> INT64",
    "(FLOAT64, FLOAT64) -> FLOAT64",
    "(NUMERIC, NUMERIC) -> NUMERIC",
    "(BIGNUMERIC, BIGNUMERIC) -> BIGNUMERIC",
];
const WHOLE: &[&str] =
    &["(INT64, INT64) -> INT64", "(NUMERIC, NUMERIC) -> NUMERIC", "(BIGNUMERIC, BIGNUMERIC) -> BIGNUMERIC"];
const QUOTIENT: &[&str] = &[
    "(INT64, INT64) -> FLOAT64",
    "(FLOAT64, FLOAT64) -> FLOAT64",
    "(NUMERIC, NUMERIC) -> NUMERIC",
    "(BIGNUMERIC, BIGNUMERIC) -> BIGNUMERIC",
];

/// The functions of this module.
pub(super) const FUNCTIONS: &[Definition] = &[
    Definition { name: "ABS", forms: NUMBER, note: "", eval: abs },
    Definition { name: "SIGN", forms: NUMBER, note: "", eval: sign },
    Definition { name: "DIV", forms: WHOLE, note: "The quotient without its remainder.", eval: div },
    Definition { name: "MOD", forms: WHOLE, note: "", eval: modulo },
    Definition { name: "SAFE_ADD", forms: NUMBERS, note: "", eval: |call| safe(call, &Sum) },
    Definition { name: "SAFE_SUBTRACT", forms: NUMBERS, note: "", eval: |call| safe(call, &Difference) },
    Definition { name: "SAFE_MULTIPLY", forms: NUMBERS, note: "", eval: |call| safe(call, &Product) },
    Definition { name: "SAFE_DIVIDE", forms: QUOTIENT, note: "", eval: safe_divide },
    Definition { name: "SAFE_NEGATE", forms: NUMBER, note: "", eval: safe_negate },
];

/// A type that the forms do not have.
pub(super) fn unfit(call: &Call<'_>) -> DataFusionError {
    DataFusionError::Internal(format!("{} does not return {}", call.name, call.returns))
}

/// An argument as `FLOAT64`, whether it is one or an `INT64`.
#[derive(Debug)]
pub(super) struct Numbers<'a> {
    floats: Option<Values<&'a Float64Array>>,
    ints: Option<Values<&'a Int64Array>>,
}

impl<'a> Numbers<'a> {
    /// Reads an argument.
    pub(super) fn of(call: &Call<'a>, at: usize) -> Result<Self> {
        if call.types.get(at) == Some(&Type::Int64) {
            return Ok(Self { floats: None, ints: Some(call.ints(at)?) });
        }
        Ok(Self { floats: Some(call.floats(at)?), ints: None })
    }

    /// The value of a row.
    pub(super) fn get(&self, row: usize) -> Option<f64> {
        match (&self.floats, &self.ints) {
            (Some(floats), _) => floats.get(row),
            #[expect(clippy::cast_precision_loss, reason = "what INT64 becomes as FLOAT64")]
            (None, Some(ints)) => ints.get(row).map(|value| value as f64),
            (None, None) => None,
        }
    }
}

/// The values of a row of two arguments, if there are both.
fn pair<L: ArrowPrimitiveType, R: ArrowPrimitiveType>(
    left: &Values<&PrimitiveArray<L>>,
    right: &Values<&PrimitiveArray<R>>,
    row: usize,
) -> Option<(L::Native, R::Native)> {
    left.get(row).zip(right.get(row))
}

fn abs(call: &Call<'_>) -> Result<ArrayRef> {
    fn decimal<D: Decimal>(call: &Call<'_>) -> Result<ArrayRef> {
        let values = D::values(call, 0)?;
        D::write(call, |row| Ok(values.get(row).and_then(D::size)))
    }
    match call.returns {
        Type::Int64 => {
            let values = call.ints(0)?;
            call.write_ints(|row| match values.get(row) {
                None => Ok(None),
                Some(value) => value.checked_abs().map(Some).ok_or_else(|| Fault::overflow(format!("ABS({value})"))),
            })
        }
        Type::Float64 => {
            let values = call.floats(0)?;
            call.write_floats(|row| Ok(values.get(row).map(f64::abs)))
        }
        Type::Numeric => decimal::<i128>(call),
        Type::BigNumeric => decimal::<i256>(call),
        _ => Err(unfit(call)),
    }
}

fn sign(call: &Call<'_>) -> Result<ArrayRef> {
    fn decimal<D: Decimal>(call: &Call<'_>) -> Result<ArrayRef> {
        let values = D::values(call, 0)?;
        let one = D::one().unwrap_or(D::ZERO);
        D::write(call, |row| {
            Ok(values.get(row).and_then(|value| match value.cmp(&D::ZERO) {
                std::cmp::Ordering::Less => one.negated(),
                std::cmp::Ordering::Equal => Some(D::ZERO),
                std::cmp::Ordering::Greater => Some(one),
            }))
        })
    }
    match call.returns {
        Type::Int64 => {
            let values = call.ints(0)?;
            call.write_ints(|row| Ok(values.get(row).map(i64::signum)))
        }
        Type::Float64 => {
            let values = call.floats(0)?;
            // Zero has no sign here, and what is no number stays none.
            let sign = |value: f64| if value == 0.0 { 0.0 } else { value.signum() };
            call.write_floats(|row| Ok(values.get(row).map(sign)))
        }
        Type::Numeric => decimal::<i128>(call),
        Type::BigNumeric => decimal::<i256>(call),
        _ => Err(unfit(call)),
    }
}

fn div(call: &Call<'_>) -> Result<ArrayRef> {
    fn decimal<D: Decimal>(call: &Call<'_>) -> Result<ArrayRef> {
        let (left, right) = (D::values(call, 0)?, D::values(call, 1)?);
        let one = D::one().unwrap_or(D::ZERO);
        D::write(call, |row| {
            let Some((left, right)) = pair(&left, &right, row) else { return Ok(None) };
            if right == D::ZERO {
                return Err(Fault::division(left.text()));
            }
            let quotient = left.quotient(right).and_then(|whole| whole.times(one)).and_then(D::within);
            let overflow = || Fault::overflow(format!("DIV({}, {})", left.text(), right.text()));
            quotient.map(Some).ok_or_else(overflow)
        })
    }
    match call.returns {
        Type::Int64 => {
            let (left, right) = (call.ints(0)?, call.ints(1)?);
            call.write_ints(|row| {
                let Some((left, right)) = pair(&left, &right, row) else { return Ok(None) };
                if right == 0 {
                    return Err(Fault::division(left));
                }
                let overflow = || Fault::overflow(format!("DIV({left}, {right})"));
                left.checked_div(right).map(Some).ok_or_else(overflow)
            })
        }
        Type::Numeric => decimal::<i128>(call),
        Type::BigNumeric => decimal::<i256>(call),
        _ => Err(unfit(call)),
    }
}

fn modulo(call: &Call<'_>) -> Result<ArrayRef> {
    fn decimal<D: Decimal>(call: &Call<'_>) -> Result<ArrayRef> {
        let (left, right) = (D::values(call, 0)?, D::values(call, 1)?);
        D::write(call, |row| {
            let Some((left, right)) = pair(&left, &right, row) else { return Ok(None) };
            left.remainder(right).map(Some).ok_or_else(|| Fault::division(left.text()))
        })
    }
    match call.returns {
        Type::Int64 => {
            let (left, right) = (call.ints(0)?, call.ints(1)?);
            call.write_ints(|row| {
                let Some((left, right)) = pair(&left, &right, row) else { return Ok(None) };
                // The smallest number by -1 leaves nothing, though the quotient does not fit.
                if right == 0 { Err(Fault::division(left)) } else { Ok(Some(left.wrapping_rem(right))) }
            })
        }
        Type::Numeric => decimal::<i128>(call),
        Type::BigNumeric => decimal::<i256>(call),
        _ => Err(unfit(call)),
    }
}

/// An operation of two numbers; `None` where the result does not fit.
trait Operation {
    fn ints(&self, left: i64, right: i64) -> Option<i64>;
    fn floats(&self, left: f64, right: f64) -> f64;
    fn decimals<D: Decimal>(&self, left: D, right: D) -> Option<D>;
}

struct Sum;
struct Difference;
struct Product;

impl Operation for Sum {
    fn ints(&self, left: i64, right: i64) -> Option<i64> {
        left.checked_add(right)
    }

    fn floats(&self, left: f64, right: f64) -> f64 {
        left + right
    }

    fn decimals<D: Decimal>(&self, left: D, right: D) -> Option<D> {
        left.plus(right)?.within()
    }
}

impl Operation for Difference {
    fn ints(&self, left: i64, right: i64) -> Option<i64> {
        left.checked_sub(right)
    }

    fn floats(&self, left: f64, right: f64) -> f64 {
        left - right
    }

    fn decimals<D: Decimal>(&self, left: D, right: D) -> Option<D> {
        left.minus(right)?.within()
    }
}

impl Operation for Product {
    fn ints(&self, left: i64, right: i64) -> Option<i64> {
        left.checked_mul(right)
    }

    fn floats(&self, left: f64, right: f64) -> f64 {
        left * right
    }

    fn decimals<D: Decimal>(&self, left: D, right: D) -> Option<D> {
        left.product(right)
    }
}

/// A result of finite numbers that is finite too.
fn bounded(left: f64, right: f64, result: f64) -> Option<f64> {
    (result.is_finite() || !left.is_finite() || !right.is_finite()).then_some(result)
}

fn safe<O: Operation>(call: &Call<'_>, operation: &O) -> Result<ArrayRef> {
    fn decimal<D: Decimal>(call: &Call<'_>, operation: &impl Operation) -> Result<ArrayRef> {
        let (left, right) = (D::values(call, 0)?, D::values(call, 1)?);
        D::write(call, |row| Ok(pair(&left, &right, row).and_then(|(left, right)| operation.decimals(left, right))))
    }
    match call.returns {
        Type::Int64 => {
            let (left, right) = (call.ints(0)?, call.ints(1)?);
            call.write_ints(|row| Ok(pair(&left, &right, row).and_then(|(left, right)| operation.ints(left, right))))
        }
        Type::Float64 => {
            let (left, right) = (call.floats(0)?, call.floats(1)?);
            call.write_floats(|row| {
                let values = pair(&left, &right, row);
                Ok(values.and_then(|(left, right)| bounded(left, right, operation.floats(left, right))))
            })
        }
        Type::Numeric => decimal::<i128>(call, operation),
        Type::BigNumeric => decimal::<i256>(call, operation),
        _ => Err(unfit(call)),
    }
}

fn safe_divide(call: &Call<'_>) -> Result<ArrayRef> {
    fn decimal<D: Decimal>(call: &Call<'_>) -> Result<ArrayRef> {
        let (left, right) = (D::values(call, 0)?, D::values(call, 1)?);
        D::write(call, |row| Ok(pair(&left, &right, row).and_then(|(left, right)| left.ratio(right))))
    }
    match call.returns {
        Type::Float64 => {
            let (left, right) = (Numbers::of(call, 0)?, Numbers::of(call, 1)?);
            call.write_floats(|row| {
                let Some((left, right)) = left.get(row).zip(right.get(row)) else { return Ok(None) };
                Ok(if right == 0.0 { None } else { bounded(left, right, left / right) })
            })
        }
        Type::Numeric => decimal::<i128>(call),
        Type::BigNumeric => decimal::<i256>(call),
        _ => Err(unfit(call)),
    }
}

fn safe_negate(call: &Call<'_>) -> Result<ArrayRef> {
    fn decimal<D: Decimal>(call: &Call<'_>) -> Result<ArrayRef> {
        let values = D::values(call, 0)?;
        D::write(call, |row| Ok(values.get(row).and_then(D::negated)))
    }
    match call.returns {
        Type::Int64 => {
            let values = call.ints(0)?;
            call.write_ints(|row| Ok(values.get(row).and_then(i64::checked_neg)))
        }
        Type::Float64 => {
            let values = call.floats(0)?;
            call.write_floats(|row| Ok(values.get(row).map(|value| -value)))
        }
        Type::Numeric => decimal::<i128>(call),
        Type::BigNumeric => decimal::<i256>(call),
        _ => Err(unfit(call)),
    }
}
