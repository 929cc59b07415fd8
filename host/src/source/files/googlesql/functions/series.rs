//! Arrays of numbers, dates and instants in steps.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayAccessor, ArrayRef, ArrowPrimitiveType, ListArray, PrimitiveArray};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer, ScalarBuffer};
use datafusion::arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Decimal256Type, Float64Type, Int64Type, TimestampMicrosecondType, i256,
};
use datafusion::error::{DataFusionError, Result};

use super::super::call::{Call, Values};
use super::super::fault::Fault;
use super::super::function::Definition;
use super::super::types::Type;
use super::part::{self, Part, add_to_date, add_to_timestamp};

/// The functions of this module.
pub(super) const FUNCTIONS: &[Definition] = &[
    Definition {
        name: "GENERATE_ARRAY",
        forms: &[
            "(INT64, INT64[, INT64]) -> ARRAY<INT64>",
            "(NUMERIC, NUMERIC[, NUMERIC]) -> ARRAY<NUMERIC>",
            "(BIGNUMERIC, BIGNUMERIC[, BIGNUMERIC]) -> ARRAY<BIGNUMERIC>",
            "(FLOAT64, FLOAT64[, FLOAT64]) -> ARRAY<FLOAT64>",
        ],
        note: "At most 1000000 elements.",
        eval: numbers,
    },
    Definition {
        name: "GENERATE_DATE_ARRAY",
        forms: &["(DATE, DATE[, INT64, PART]) -> ARRAY<DATE>"],
        note: "At most 1000000 elements.",
        eval: dates,
    },
    Definition {
        name: "GENERATE_TIMESTAMP_ARRAY",
        forms: &["(TIMESTAMP, TIMESTAMP, INT64, PART) -> ARRAY<TIMESTAMP>"],
        note: "At most 1000000 elements.",
        eval: timestamps,
    },
];

/// Most elements of an array.
const ELEMENTS_MAX: usize = 1_000_000;

/// Elements after which the query is looked at again: as often as it is for as many rows.
const ELEMENTS_UNWATCHED: usize = 256;

/// What a row's array begins with, does not go beyond, and goes on by.
#[derive(Debug, Clone, Copy)]
struct Range<N, S = N> {
    start: N,
    end: N,
    step: S,
    is_backwards: bool,
}

/// Writes an array for each row: the start, and what follows an element for as long as it is not beyond the end.
/// `next` gets the range, the element and the number of the one to come.
fn write<T: ArrowPrimitiveType, S>(
    call: &Call<'_>,
    mut range: impl FnMut(usize) -> std::result::Result<Option<Range<T::Native, S>>, Fault>,
    next: impl Fn(&Range<T::Native, S>, T::Native, usize) -> Option<T::Native>,
) -> Result<ArrayRef>
where
    T::Native: PartialOrd,
{
    let DataType::List(item) = call.returns.arrow() else {
        return Err(DataFusionError::Internal(format!("{} makes {}", call.name, call.returns)));
    };
    let mut values: Vec<T::Native> = Vec::new();
    let (mut offsets, mut valid) = (vec![0_i32], Vec::with_capacity(call.rows));
    for row in 0..call.rows {
        call.watched(row)?;
        let mut range = call.settled(range(row))?;
        if let Some(of) = &range {
            let before = values.len();
            let made = append(call, &mut values, of, |value, number| next(of, value, number))?;
            if call.settled(made)?.is_none() {
                values.truncate(before);
                range = None;
            }
        }
        valid.push(range.is_some());
        offsets.push(i32::try_from(values.len()).map_err(|_| call.refused("it makes too many elements"))?);
    }
    let values = PrimitiveArray::<T>::new(values.into(), None).with_data_type(item.data_type().clone());
    let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
    let list = ListArray::try_new(item, offsets, Arc::new(values), Some(NullBuffer::from(valid)))?;
    Ok(Arc::new(list))
}

/// Appends the elements of a range.
fn append<N: Copy + PartialOrd, S>(
    call: &Call<'_>,
    values: &mut Vec<N>,
    range: &Range<N, S>,
    next: impl Fn(N, usize) -> Option<N>,
) -> Result<std::result::Result<Option<()>, Fault>> {
    let is_within = |value: &N| if range.is_backwards { *value >= range.end } else { *value <= range.end };
    let mut value = Some(range.start).filter(is_within);
    let mut number = 0_usize;
    while let Some(element) = value {
        if number.is_multiple_of(ELEMENTS_UNWATCHED) {
            call.watched(number)?;
            call.bounded(values.len().saturating_mul(size_of::<N>()))?;
        }
        if number >= ELEMENTS_MAX {
            return Ok(Err(Fault::overflow(format!("{} makes more than {ELEMENTS_MAX} elements", call.name))));
        }
        values.push(element);
        number += 1;
        // A step from a start without end leads nowhere.
        value = (range.start != range.end).then(|| next(element, number)).flatten().filter(is_within);
    }
    Ok(Ok(Some(())))
}

fn no_step(call: &Call<'_>) -> Fault {
    Fault::argument(format!("{}: the step is 0", call.name))
}

/// An argument that may be left out.
type Optional<A> = Option<Values<A>>;

/// The start, the end and the step of a row; `one` is the step that is left out. `None` if one of them is null.
fn three<A: ArrayAccessor>(
    row: usize,
    (start, end, step): (&Values<A>, &Values<A>, &Optional<A>),
    one: A::Item,
) -> Option<(A::Item, A::Item, A::Item)> {
    let step = match step {
        Some(step) => step.get(row)?,
        None => one,
    };
    Some((start.get(row)?, end.get(row)?, step))
}

fn numbers(call: &Call<'_>) -> Result<ArrayRef> {
    /// The third argument, if it is there.
    fn optional<'a, A>(call: &Call<'a>, read: impl Fn(&Call<'a>, usize) -> Result<Values<A>>) -> Result<Optional<A>> {
        (call.len() > 2).then(|| read(call, 2)).transpose()
    }
    match call.types.first() {
        Some(Type::Int64) => {
            let (start, end, step) = (call.ints(0)?, call.ints(1)?, optional(call, Call::ints)?);
            let range = |row| {
                let Some((start, end, step)) = three(row, (&start, &end, &step), 1) else { return Ok(None) };
                match step {
                    0 => Err(no_step(call)),
                    _ => Ok(Some(Range { start, end, step, is_backwards: step < 0 })),
                }
            };
            write::<Int64Type, i64>(call, range, |range, value, _| value.checked_add(range.step))
        }
        Some(Type::Numeric) => {
            let (start, end, step) = (call.numerics(0)?, call.numerics(1)?, optional(call, Call::numerics)?);
            let range = |row| {
                let one = 10_i128.pow(9);
                let Some((start, end, step)) = three(row, (&start, &end, &step), one) else { return Ok(None) };
                match step {
                    0 => Err(no_step(call)),
                    _ => Ok(Some(Range { start, end, step, is_backwards: step < 0 })),
                }
            };
            write::<Decimal128Type, i128>(call, range, |range, value, _| value.checked_add(range.step))
        }
        Some(Type::BigNumeric) => {
            let (start, end, step) = (call.bignumerics(0)?, call.bignumerics(1)?, optional(call, Call::bignumerics)?);
            let range = |row| {
                let one = i256::from_i128(10_i128.pow(38));
                let Some((start, end, step)) = three(row, (&start, &end, &step), one) else { return Ok(None) };
                match step {
                    i256::ZERO => Err(no_step(call)),
                    _ => Ok(Some(Range { start, end, step, is_backwards: step < i256::ZERO })),
                }
            };
            write::<Decimal256Type, i256>(call, range, |range, value, _| value.checked_add(range.step))
        }
        _ => {
            let (start, end, step) = (call.floats(0)?, call.floats(1)?, optional(call, Call::floats)?);
            let range = |row| {
                let Some((start, end, step)) = three(row, (&start, &end, &step), 1.0) else { return Ok(None) };
                if step == 0.0 {
                    return Err(no_step(call));
                }
                if start.is_nan() || end.is_nan() || !step.is_finite() {
                    let message = format!("{} from {start} to {end} in steps of {step}", call.name);
                    return Err(Fault::argument(message));
                }
                Ok(Some(Range { start, end, step, is_backwards: step < 0.0 }))
            };
            // From the start, as errors would add up from one element to the next.
            write::<Float64Type, f64>(call, range, |range, _, number| {
                let number = u32::try_from(number).ok()?;
                Some(range.start + f64::from(number) * range.step)
            })
        }
    }
}

fn dates(call: &Call<'_>) -> Result<ArrayRef> {
    if call.len() == 3 {
        return Err(call.refused("its third argument is an INTERVAL, such as INTERVAL 1 DAY"));
    }
    let (start, end) = (call.days(0)?, call.days(1)?);
    let (step, part) = match call.len() {
        2 => (None, Part::Day),
        _ => (Some(call.ints(2)?), Part::of(call, 3, part::OF_DATE_SUMS)?),
    };
    let range = |row| {
        let step = step.as_ref().map_or(Some(1), |step| step.get(row));
        let (Some(start), Some(end), Some(step)) = (start.get(row), end.get(row), step) else { return Ok(None) };
        match step {
            0 => Err(no_step(call)),
            _ => Ok(Some(Range { start, end, step, is_backwards: step < 0 })),
        }
    };
    write::<Date32Type, i64>(call, range, |range, value, _| add_to_date(value, range.step, part).ok())
}

fn timestamps(call: &Call<'_>) -> Result<ArrayRef> {
    let (start, end, step) = (call.micros(0)?, call.micros(1)?, call.ints(2)?);
    let part = Part::of(call, 3, part::OF_TIMESTAMP_SUMS)?;
    let range = |row| {
        let (Some(start), Some(end), Some(step)) = (start.get(row), end.get(row), step.get(row)) else {
            return Ok(None);
        };
        match step {
            0 => Err(no_step(call)),
            _ => Ok(Some(Range { start, end, step, is_backwards: step < 0 })),
        }
    };
    write::<TimestampMicrosecondType, i64>(call, range, |range, value, _| {
        add_to_timestamp(value, range.step, part).ok()
    })
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::{Array, AsArray};
    use datafusion::arrow::util::display::array_value_to_string;
    use datafusion::common::ScalarValue;

    use super::super::calendar::{parse_date, parse_datetime};
    use super::super::testing::answer;
    use super::*;

    /// The elements as texts, `NULL`, or the error.
    fn made(name: &str, args: &[ScalarValue]) -> String {
        match answer(name, args) {
            Ok(ScalarValue::List(list)) => {
                if list.is_null(0) {
                    return "NULL".to_owned();
                }
                let elements = list.value(0);
                let texts = (0..elements.len()).map(|at| array_value_to_string(&elements, at).unwrap());
                texts.collect::<Vec<_>>().join(" ")
            }
            other => format!("{other:?}"),
        }
    }

    fn day(text: &str) -> ScalarValue {
        ScalarValue::Date32(Some(parse_date(text).unwrap()))
    }

    #[test]
    fn numbers_in_steps() {
        let ints = |args: &[i64]| made("GENERATE_ARRAY", &args.iter().map(|n| (*n).into()).collect::<Vec<_>>());
        assert_eq!(ints(&[1, 5]), "1 2 3 4 5");
        assert_eq!(ints(&[0, 10, 3]), "0 3 6 9");
        assert_eq!(ints(&[10, 0, -3]), "10 7 4 1");
        assert_eq!(ints(&[4, 4, 10]), "4");
        assert_eq!(ints(&[10, 0, 3]), "");
        assert_eq!(ints(&[0, 10, -3]), "");
        assert_eq!(ints(&[i64::MAX - 1, i64::MAX, 2]), (i64::MAX - 1).to_string());
        assert!(ints(&[1, 5, 0]).contains("GENERATE_ARRAY: the step is 0"));
        assert!(ints(&[0, i64::MAX]).contains("overflow: GENERATE_ARRAY makes more than 1000000 elements"));
        let safe = made("SAFE.GENERATE_ARRAY", &[0_i64.into(), i64::MAX.into()]);
        assert_eq!(safe, "NULL");
        assert_eq!(made("GENERATE_ARRAY", &[1_i64.into(), ScalarValue::Int64(None)]), "NULL");

        let floats = |args: [f64; 3]| made("GENERATE_ARRAY", &args.map(ScalarValue::from));
        assert_eq!(floats([0.0, 0.5, 0.1]), "0.0 0.1 0.2 0.30000000000000004 0.4 0.5");
        assert!(floats([0.0, f64::NAN, 1.0]).contains("GENERATE_ARRAY from 0 to NaN"));
        assert!(floats([0.0, f64::INFINITY, 1.0]).contains("makes more than"));
        assert!(floats([f64::NEG_INFINITY, 0.0, 1.0]).contains("makes more than"));
        assert!(floats([0.0, 1.0, f64::INFINITY]).contains("in steps of inf"));

        let numeric = |value: i128| ScalarValue::Decimal128(Some(value), 38, 9);
        let numerics = made("GENERATE_ARRAY", &[numeric(0), 1_i64.into(), numeric(500_000_000)]);
        assert_eq!(numerics, "0.000000000 0.500000000 1.000000000");
        let big = ScalarValue::Decimal256(Some(i256::from_i128(10_i128.pow(38))), 76, 38);
        assert_eq!(made("GENERATE_ARRAY", &[big, 2_i64.into()]).matches(".000").count(), 2);
    }

    #[test]
    fn days_and_instants_in_steps() {
        let dates = |from: &str, to: &str, step: i64, part: &str| {
            made("GENERATE_DATE_ARRAY", &[day(from), day(to), step.into(), ScalarValue::from(part)])
        };
        assert_eq!(
            made("GENERATE_DATE_ARRAY", &[day("2024-02-28"), day("2024-03-01")]),
            "2024-02-28 2024-02-29 2024-03-01"
        );
        assert_eq!(dates("2024-01-31", "2024-04-30", 1, "MONTH"), "2024-01-31 2024-02-29 2024-03-29 2024-04-29");
        assert_eq!(dates("2024-01-15", "2024-01-01", -1, "WEEK"), "2024-01-15 2024-01-08 2024-01-01");
        assert_eq!(dates("9999-12-30", "9999-12-31", 1, "WEEK"), "9999-12-30");
        assert_eq!(dates("2024-01-02", "2024-01-01", 1, "DAY"), "");
        assert!(dates("2024-01-01", "2024-01-02", 1, "HOUR").contains("is not a part of a DATE"));

        let at =
            |text: &str| ScalarValue::TimestampMicrosecond(Some(parse_datetime(text).unwrap()), Some("UTC".into()));
        let args = [at("2024-01-01 23:00:00"), at("2024-01-02 01:00:00"), 1_i64.into(), ScalarValue::from("HOUR")];
        let Ok(ScalarValue::List(list)) = answer("GENERATE_TIMESTAMP_ARRAY", &args) else { panic!("a list") };
        assert_eq!(list.value(0).as_primitive::<TimestampMicrosecondType>().len(), 3);
    }
}
