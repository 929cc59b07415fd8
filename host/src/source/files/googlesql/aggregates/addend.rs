//! Numbers that are added up exactly: in a type that has room for the sum of more rows than there can be.

use std::fmt;
use std::hash::Hash;

use datafusion::arrow::array::{Array, PrimitiveArray};
use datafusion::arrow::datatypes::{
    ArrowPrimitiveType, DataType, Decimal128Type, Decimal256Type, Float64Type, Int64Type, i256,
};

/// Digits of a `NUMERIC`.
const NUMERIC_DIGITS: u32 = 38;
/// Digits of a `BIGNUMERIC`.
const BIGNUMERIC_DIGITS: u32 = 76;

/// A value of the type as it is held.
pub(super) type Value<A> = <<A as Addend>::Value as ArrowPrimitiveType>::Native;
/// A sum as it is held.
pub(super) type Total<A> = <<A as Addend>::Total as ArrowPrimitiveType>::Native;
/// An average as it is held.
pub(super) type Mean<A> = <<A as Addend>::Mean as ArrowPrimitiveType>::Native;

/// A type of numbers that can be added up.
pub(super) trait Addend: fmt::Debug + Send + Sync + 'static {
    /// What is added.
    type Value: ArrowPrimitiveType<Native: Hash + Eq> + Send;
    /// What is added to.
    type Total: ArrowPrimitiveType + Send;
    /// What an average is.
    type Mean: ArrowPrimitiveType;
    /// The sum of nothing.
    const ZERO: Total<Self>;
    /// GoogleSQL's name of the type.
    const NAME: &'static str;

    /// The engine's type of a value.
    fn value_type() -> DataType;
    /// The engine's type of a sum that is not finished.
    fn total_type() -> DataType;
    /// The engine's type of an average.
    fn mean_type() -> DataType;
    /// A value as a sum.
    fn widened(value: Value<Self>) -> Total<Self>;
    /// The sum of two; `None` without room for it.
    fn plus(one: Total<Self>, other: Total<Self>) -> Option<Total<Self>>;
    /// The difference of two; `None` without room for it.
    fn minus(one: Total<Self>, other: Total<Self>) -> Option<Total<Self>>;
    /// The sum as a value; `None` beyond the type.
    fn sum(total: Total<Self>) -> Option<Value<Self>>;
    /// The average of `count` values, which is not 0.
    fn mean(total: Total<Self>, count: u64) -> Mean<Self>;

    /// The sum of those values that are not `NULL`; `None` without room for it.
    fn all(values: &PrimitiveArray<Self::Value>) -> Option<Total<Self>> {
        values.iter().flatten().try_fold(Self::ZERO, |total, value| Self::plus(total, Self::widened(value)))
    }
}

/// `INT64`
#[derive(Debug)]
pub(super) struct Int64;

/// `NUMERIC`
#[derive(Debug)]
pub(super) struct Numeric;

/// `BIGNUMERIC`
#[derive(Debug)]
pub(super) struct BigNumeric;

impl Addend for Int64 {
    type Value = Int64Type;
    type Total = Decimal128Type;
    type Mean = Float64Type;
    const ZERO: i128 = 0;
    const NAME: &'static str = "INT64";

    fn value_type() -> DataType {
        DataType::Int64
    }

    fn total_type() -> DataType {
        DataType::Decimal128(38, 0)
    }

    fn mean_type() -> DataType {
        DataType::Float64
    }

    #[inline]
    fn widened(value: i64) -> i128 {
        value.into()
    }

    #[inline]
    fn plus(one: i128, other: i128) -> Option<i128> {
        Some(one.wrapping_add(other))
    }

    #[inline]
    fn minus(one: i128, other: i128) -> Option<i128> {
        Some(one.wrapping_sub(other))
    }

    fn sum(total: i128) -> Option<i64> {
        total.try_into().ok()
    }

    fn mean(total: i128, count: u64) -> f64 {
        // Both are rounded to the nearest.
        total as f64 / count as f64
    }

    /// Both halves of the numbers by themselves, which processors do several at a time.
    fn all(values: &PrimitiveArray<Int64Type>) -> Option<i128> {
        if values.null_count() > 0 {
            return Some(values.iter().flatten().fold(0, |total, value| total + i128::from(value)));
        }
        let mut total = 0i128;
        // So many halves have room in 64 bits.
        for some in values.values().chunks(1 << 30) {
            let (mut high, mut low) = (0i64, 0i64);
            for value in some {
                high = high.wrapping_add(value >> 32);
                low = low.wrapping_add(value & 0xffff_ffff);
            }
            total += (i128::from(high) << 32) + i128::from(low);
        }
        Some(total)
    }
}

impl Addend for Numeric {
    type Value = Decimal128Type;
    type Total = Decimal256Type;
    type Mean = Decimal128Type;
    const ZERO: i256 = i256::ZERO;
    const NAME: &'static str = "NUMERIC";

    fn value_type() -> DataType {
        DataType::Decimal128(38, 9)
    }

    fn total_type() -> DataType {
        DataType::Decimal256(76, 9)
    }

    fn mean_type() -> DataType {
        Self::value_type()
    }

    #[inline]
    fn widened(value: i128) -> i256 {
        i256::from_i128(value)
    }

    #[inline]
    fn plus(one: i256, other: i256) -> Option<i256> {
        Some(one.wrapping_add(other))
    }

    #[inline]
    fn minus(one: i256, other: i256) -> Option<i256> {
        Some(one.wrapping_sub(other))
    }

    fn sum(total: i256) -> Option<i128> {
        total.to_i128().filter(|total| total.unsigned_abs() < 10u128.pow(NUMERIC_DIGITS))
    }

    fn mean(total: i256, count: u64) -> i128 {
        // No average is beyond the largest value.
        divided(total, count).to_i128().unwrap_or_default()
    }
}

impl Addend for BigNumeric {
    type Value = Decimal256Type;
    type Total = Decimal256Type;
    type Mean = Decimal256Type;
    const ZERO: i256 = i256::ZERO;
    const NAME: &'static str = "BIGNUMERIC";

    fn value_type() -> DataType {
        DataType::Decimal256(76, 38)
    }

    fn total_type() -> DataType {
        Self::value_type()
    }

    fn mean_type() -> DataType {
        Self::value_type()
    }

    #[inline]
    fn widened(value: i256) -> i256 {
        value
    }

    #[inline]
    fn plus(one: i256, other: i256) -> Option<i256> {
        one.checked_add(other)
    }

    #[inline]
    fn minus(one: i256, other: i256) -> Option<i256> {
        one.checked_sub(other)
    }

    fn sum(total: i256) -> Option<i256> {
        let bound = i256::from_i128(10).wrapping_pow(BIGNUMERIC_DIGITS);
        (total < bound && total > bound.wrapping_neg()).then_some(total)
    }

    fn mean(total: i256, count: u64) -> i256 {
        divided(total, count)
    }
}

/// A quotient, rounded to the nearest; from the middle away from zero.
fn divided(total: i256, count: u64) -> i256 {
    let count = i256::from_i128(count.into());
    let (quotient, rest) = (total.wrapping_div(count), total.wrapping_rem(count));
    if rest.wrapping_abs() < count.wrapping_sub(rest.wrapping_abs()) {
        return quotient;
    }
    if total.is_negative() { quotient.wrapping_sub(i256::ONE) } else { quotient.wrapping_add(i256::ONE) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_added_in_halves() {
        let values: Vec<i64> = vec![i64::MAX, i64::MIN, -1, 5, i64::MAX, i64::MAX, i64::MIN, i64::MIN, i64::MIN];
        let expected: i128 = values.iter().map(|value| i128::from(*value)).sum();
        assert_eq!(Int64::all(&PrimitiveArray::from(values.clone())), Some(expected));
        let gaps: PrimitiveArray<Int64Type> = values.iter().flat_map(|value| [Some(*value), None]).collect();
        assert_eq!(Int64::all(&gaps), Some(expected));
    }

    #[test]
    fn a_quotient_is_rounded_away_from_zero() {
        let rounded = [(7, 2, 4), (-7, 2, -4), (5, 3, 2), (4, 3, 1), (-4, 3, -1), (1, 2, 1), (-1, 2, -1), (0, 9, 0)];
        for (total, count, expected) in rounded {
            assert_eq!(divided(i256::from_i128(total), count).to_i128(), Some(expected), "{total} / {count}");
        }
    }
}
