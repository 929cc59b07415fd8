//! Comparisons of `FLOAT64`: what is not a number is equal to nothing and neither less nor more, and zero has no sign.
//! All other types are compared by the engine itself.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray};
use datafusion::arrow::buffer::{BooleanBuffer, NullBuffer};
use datafusion::arrow::datatypes::Float64Type;
use datafusion::error::Result;

use super::super::call::Call;
use super::super::function::Definition;

const FORMS: &[&str] = &["(FLOAT64, FLOAT64) -> BOOL"];

/// The operators.
pub(super) const OPERATORS: &[Definition] = &[
    Definition { name: "=", forms: FORMS, note: "", eval: |call| compare(call, |left, right| left == right) },
    Definition { name: "<>", forms: FORMS, note: "", eval: |call| compare(call, |left, right| left != right) },
    Definition { name: "<", forms: FORMS, note: "", eval: |call| compare(call, |left, right| left < right) },
    Definition { name: "<=", forms: FORMS, note: "", eval: |call| compare(call, |left, right| left <= right) },
    Definition { name: ">", forms: FORMS, note: "", eval: |call| compare(call, |left, right| left > right) },
    Definition { name: ">=", forms: FORMS, note: "", eval: |call| compare(call, |left, right| left >= right) },
    Definition { name: "ORDER", forms: &["(FLOAT64) -> INT64"], note: "", eval: order },
];

fn compare(call: &Call<'_>, holds: impl Fn(f64, f64) -> bool) -> Result<ArrayRef> {
    let array = |at: usize| call.args.get(at).and_then(|array| array.as_primitive_opt::<Float64Type>());
    if let (Some(left), Some(right)) = (array(0), array(1)) {
        let (values, others) = (left.values(), right.values());
        match call.constant {
            [false, false] if values.len() == others.len() => {
                let nulls = NullBuffer::union(left.nulls(), right.nulls());
                let bits = BooleanBuffer::collect_bool(values.len(), |at| holds(values[at], others[at]));
                return Ok(Arc::new(BooleanArray::new(bits, nulls)));
            }
            [false, true] if right.is_valid(0) => {
                let constant = right.value(0);
                let bits = BooleanBuffer::collect_bool(values.len(), |at| holds(values[at], constant));
                return Ok(Arc::new(BooleanArray::new(bits, left.nulls().cloned())));
            }
            [true, false] if left.is_valid(0) => {
                let constant = left.value(0);
                let bits = BooleanBuffer::collect_bool(others.len(), |at| holds(constant, others[at]));
                return Ok(Arc::new(BooleanArray::new(bits, right.nulls().cloned())));
            }
            _ => {}
        }
    }
    let (left, right) = (call.floats(0)?, call.floats(1)?);
    call.write_bools(|row| Ok(left.get(row).zip(right.get(row)).map(|(left, right)| holds(left, right))))
}

/// A key by which `ORDER BY` sorts as GoogleSQL does: what is not a number first.
fn order(call: &Call<'_>) -> Result<ArrayRef> {
    let values = call.floats(0)?;
    call.write_ints(|row| {
        Ok(values.get(row).map(|value| {
            if value.is_nan() {
                return i64::MIN;
            }
            let bits = (value + 0.0).to_bits().cast_signed();
            // Negative numbers count downwards.
            if bits < 0 { i64::MIN.wrapping_sub(bits) } else { bits }
        }))
    })
}

#[cfg(test)]
mod tests {
    use datafusion::common::ScalarValue;

    use super::super::testing::answer;

    #[test]
    fn numbers_are_sorted_as_they_are_and_what_is_none_comes_first() {
        let values = [
            f64::NAN,
            f64::NEG_INFINITY,
            -1e300,
            -1.0,
            -f64::MIN_POSITIVE,
            -0.0,
            f64::MIN_POSITIVE,
            2.5,
            f64::INFINITY,
        ];
        let keys: Vec<ScalarValue> =
            values.iter().map(|value| answer("ORDER", &[ScalarValue::Float64(Some(*value))]).unwrap()).collect();
        assert!(keys.windows(2).all(|pair| pair[0] < pair[1]), "{keys:?}");
        let zeros = [0.0, -0.0].map(|value| answer("ORDER", &[ScalarValue::Float64(Some(value))]).unwrap());
        assert_eq!(zeros[0], zeros[1], "zero has no sign");
    }
}
