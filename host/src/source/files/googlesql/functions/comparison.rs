//! Values of any type side by side.

use std::cmp::Ordering;

use datafusion::arrow::array::{Array, ArrayAccessor, ArrayRef, AsArray, make_comparator};
use datafusion::arrow::compute::SortOptions;
use datafusion::arrow::datatypes::Float64Type;
use datafusion::error::Result;

use super::super::call::{Call, Values};
use super::super::fault::Fault;
use super::super::function::Definition;
use super::super::types::Type;

/// The functions of this module.
pub(super) const FUNCTIONS: &[Definition] = &[
    Definition { name: "GREATEST", forms: &["(T...) -> T"], note: "", eval: |call| most(call, Ordering::Greater) },
    Definition { name: "LEAST", forms: &["(T...) -> T"], note: "", eval: |call| most(call, Ordering::Less) },
    Definition { name: "RANGE_BUCKET", forms: &["(T, ARRAY<T>) -> INT64"], note: "", eval: range_bucket },
];

/// Of each row the value that is so to all the others; nothing if one of them is nothing.
fn pick<A: ArrayAccessor>(
    values: &[Values<A>],
    row: usize,
    is_better: impl Fn(&A::Item, &A::Item) -> bool,
) -> Option<A::Item> {
    let (first, rest) = values.split_first()?;
    let mut best = first.get(row)?;
    for values in rest {
        let value = values.get(row)?;
        if is_better(&value, &best) {
            best = value;
        }
    }
    Some(best)
}

fn all<'a, A>(call: &Call<'a>, read: impl Fn(&Call<'a>, usize) -> Result<Values<A>>) -> Result<Vec<Values<A>>> {
    (0..call.len()).map(|at| read(call, at)).collect()
}

fn most(call: &Call<'_>, wanted: Ordering) -> Result<ArrayRef> {
    macro_rules! ordered {
        ($read:ident, $write:ident) => {{
            let values = all(call, Call::$read)?;
            call.$write(|row| Ok(pick(&values, row, |value, best| value.cmp(best) == wanted)))
        }};
    }
    match call.returns {
        Type::Int64 => ordered!(ints, write_ints),
        Type::Numeric => ordered!(numerics, write_numerics),
        Type::BigNumeric => ordered!(bignumerics, write_bignumerics),
        Type::Bool => ordered!(bools, write_bools),
        Type::String => ordered!(texts, write_texts),
        Type::Bytes => ordered!(bytes, write_bytes),
        Type::Date => ordered!(days, write_days),
        Type::Datetime | Type::Timestamp => ordered!(micros, write_micros),
        Type::Time => ordered!(times, write_times),
        Type::Float64 => {
            let values = all(call, Call::floats)?;
            // What is no number wins.
            let is_better =
                |value: &f64, best: &f64| !best.is_nan() && (value.is_nan() || value.partial_cmp(best) == Some(wanted));
            call.write_floats(|row| Ok(pick(&values, row, is_better)))
        }
        other => Err(call.refused(format!("values of the type {other} have no order"))),
    }
}

fn range_bucket(call: &Call<'_>) -> Result<ArrayRef> {
    let bounds = call.lists(1)?;
    let constant = bounds.constant().is_some();
    let mut checked = false;
    let mut stopped = Ok(());
    let floats = match call.types.first() {
        Some(Type::Float64) => Some(call.floats(0)?),
        Some(Type::Array(_) | Type::Struct(_) | Type::Other(_)) | None => {
            return Err(call.refused("values of this type have no order"));
        }
        Some(_) => None,
    };
    let (points, single) = match (call.args.first(), call.constant.first()) {
        (Some(points), Some(single)) => (points, *single),
        _ => return Err(call.refused("there is no point")),
    };
    let answer = call.write_ints(|row| {
        let at = if single { 0 } else { row };
        let Some(list) = bounds.get(row) else { return Ok(None) };
        if points.is_null(at) {
            return Ok(None);
        }
        if let Some(point) = floats.and_then(|points| points.get(row)) {
            if point.is_nan() {
                return Ok(None);
            }
            let list = list.as_primitive::<Float64Type>();
            if !(constant && checked) {
                let broken = list.iter().any(|bound| bound.is_none_or(f64::is_nan));
                sorted(!broken, list.values().is_sorted())?;
                checked = true;
            }
            return Ok(i64::try_from(list.values().partition_point(|bound| *bound <= point)).ok());
        }
        if !(constant && checked) {
            match make_comparator(&list, &list, SortOptions::default()) {
                Ok(order) => {
                    let rising = (1..list.len()).all(|at| order(at - 1, at) != Ordering::Greater);
                    sorted(list.null_count() == 0, rising)?;
                }
                Err(error) => stopped = Err(error.into()),
            }
            checked = true;
        }
        match make_comparator(points, &list, SortOptions::default()) {
            Ok(order) => {
                let (mut low, mut high) = (0, list.len());
                while low < high {
                    let middle = low.midpoint(high);
                    if order(at, middle) == Ordering::Less { high = middle } else { low = middle + 1 }
                }
                Ok(i64::try_from(low).ok())
            }
            Err(error) => {
                stopped = Err(error.into());
                Ok(None)
            }
        }
    });
    stopped.and(answer)
}

fn sorted(whole: bool, rising: bool) -> std::result::Result<(), Fault> {
    match (whole, rising) {
        (false, _) => Err(Fault::argument("RANGE_BUCKET: an element of the array is NULL or NaN")),
        (true, false) => Err(Fault::argument("RANGE_BUCKET: the elements of the array do not rise")),
        (true, true) => Ok(()),
    }
}
