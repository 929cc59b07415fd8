//! Elements of arrays: subscripts, membership, and what `UNNEST` and `LIMIT` within an aggregate are made of.

use std::cmp::Ordering;
use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, Int64Builder, ListArray, ListBuilder, MutableArrayData, UInt32Array, make_array, make_comparator,
    new_empty_array,
};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer};
use datafusion::arrow::compute::{SortOptions, take};
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::error::Result;

use super::super::call::Call;
use super::super::fault::Fault;
use super::super::function::Definition;
use super::super::types::Type;

const SUBSCRIPT: &[&str] = &["(ARRAY<T>, INT64) -> T"];

/// What has a syntax of its own.
pub(super) const OPERATORS: &[Definition] = &[
    Definition { name: "OFFSET", forms: SUBSCRIPT, note: "", eval: |call| subscript(call, 0, false) },
    Definition { name: "ORDINAL", forms: SUBSCRIPT, note: "", eval: |call| subscript(call, 1, false) },
    Definition { name: "SAFE_OFFSET", forms: SUBSCRIPT, note: "", eval: |call| subscript(call, 0, true) },
    Definition { name: "SAFE_ORDINAL", forms: SUBSCRIPT, note: "", eval: |call| subscript(call, 1, true) },
    Definition { name: "IN UNNEST", forms: &["(T, ARRAY<T>) -> BOOL"], note: "", eval: in_unnest },
    Definition { name: "OFFSETS", forms: &["(ARRAY<T>) -> ARRAY<INT64>"], note: "", eval: offsets },
    Definition { name: "FIRST OF", forms: &["(ARRAY<T>, INT64) -> ARRAY<T>"], note: "", eval: first_of },
    Definition { name: "OR EMPTY", forms: &["(ARRAY<T>) -> ARRAY<T>"], note: "", eval: or_empty },
];

fn list<'a>(call: &Call<'a>) -> Result<&'a ListArray> {
    use datafusion::arrow::array::AsArray as _;
    let array = call.args.first().and_then(|array| array.as_list_opt::<i32>());
    array.ok_or_else(|| call.refused("its argument is no array"))
}

/// The row of an argument that stands for a row of the answer.
fn row_of(call: &Call<'_>, at: usize, row: usize) -> usize {
    if call.constant.get(at).copied().unwrap_or_default() { 0 } else { row }
}

fn bounds(list: &ListArray, row: usize) -> (usize, usize) {
    let offsets = list.value_offsets();
    let offset = |at: usize| offsets.get(at).and_then(|offset| usize::try_from(*offset).ok()).unwrap_or_default();
    (offset(row), offset(row + 1))
}

fn subscript(call: &Call<'_>, first: i64, safe: bool) -> Result<ArrayRef> {
    let (list, places) = (list(call)?, call.ints(1)?);
    let mut taken: Vec<Option<u32>> = Vec::with_capacity(call.rows);
    for row in 0..call.rows {
        let at = row_of(call, 0, row);
        let (Some(place), true) = (places.get(row), list.is_valid(at)) else {
            taken.push(None);
            continue;
        };
        let (start, end) = bounds(list, at);
        let offset = place.checked_sub(first).and_then(|offset| usize::try_from(offset).ok());
        match offset.filter(|offset| *offset < end - start) {
            Some(offset) => taken.push(u32::try_from(start + offset).ok()),
            None if safe || call.safe => taken.push(None),
            None => {
                let name = call.name;
                let len = end - start;
                return Err(
                    Fault::element(format!("array index {name}({place}) is out of bounds of {len} elements")).into()
                );
            }
        }
    }
    Ok(take(list.values(), &UInt32Array::from(taken), None)?)
}

fn in_unnest(call: &Call<'_>) -> Result<ArrayRef> {
    use datafusion::arrow::array::AsArray as _;
    let needles = call.args.first().ok_or_else(|| call.refused("nothing is looked for"))?;
    let list = call.args.get(1).and_then(|array| array.as_list_opt::<i32>());
    let list = list.ok_or_else(|| call.refused("its argument is no array"))?;
    let compare = make_comparator(needles, list.values(), SortOptions::default())?;
    let is_nan = |row: usize| {
        let floats = needles.as_primitive_opt::<datafusion::arrow::datatypes::Float64Type>();
        floats.is_some_and(|floats| floats.value(row).is_nan())
    };
    call.write_bools(|row| {
        let (needle, at) = (row_of(call, 0, row), row_of(call, 1, row));
        // `IN` of nothing is false, for a null needle too.
        let (start, end) = if list.is_valid(at) { bounds(list, at) } else { (0, 0) };
        if start == end {
            return Ok(Some(false));
        }
        if needles.is_null(needle) {
            return Ok(None);
        }
        let mut found = Some(false);
        for element in start..end {
            if list.values().is_null(element) {
                found = None;
            } else if compare(needle, element) == Ordering::Equal && !is_nan(needle) {
                return Ok(Some(true));
            }
        }
        Ok(found)
    })
}

fn offsets(call: &Call<'_>) -> Result<ArrayRef> {
    let list = list(call)?;
    let field = Field::new_list_field(DataType::Int64, true);
    let mut builder = ListBuilder::new(Int64Builder::new()).with_field(field);
    for row in 0..call.rows {
        let at = row_of(call, 0, row);
        if list.is_valid(at) {
            let (start, end) = bounds(list, at);
            (0..end - start).for_each(|offset| builder.values().append_option(i64::try_from(offset).ok()));
            builder.append(true);
        } else {
            builder.append(false);
        }
    }
    Ok(Arc::new(builder.finish()))
}

fn item(call: &Call<'_>) -> Arc<Field> {
    let item = match call.returns {
        Type::Array(item) => item.arrow(),
        other => other.arrow(),
    };
    Arc::new(Field::new_list_field(item, true))
}

fn first_of(call: &Call<'_>) -> Result<ArrayRef> {
    let (list, limits) = (list(call)?, call.ints(1)?);
    let data = list.values().to_data();
    let mut kept = MutableArrayData::new(vec![&data], false, 0);
    let (mut lengths, mut valid) = (Vec::with_capacity(call.rows), Vec::with_capacity(call.rows));
    for row in 0..call.rows {
        let at = row_of(call, 0, row);
        let (start, end) = bounds(list, at);
        let limit = limits.get(row).and_then(|limit| usize::try_from(limit).ok()).unwrap_or_default();
        let len = if list.is_valid(at) { limit.min(end - start) } else { 0 };
        kept.try_extend(0, start, start + len)?;
        lengths.push(len);
        valid.push(list.is_valid(at));
    }
    let values = make_array(kept.freeze());
    Ok(Arc::new(ListArray::try_new(
        item(call),
        OffsetBuffer::from_lengths(lengths),
        values,
        Some(NullBuffer::from(valid)),
    )?))
}

/// An empty array in the place of none.
fn or_empty(call: &Call<'_>) -> Result<ArrayRef> {
    let list = list(call)?;
    if list.null_count() == 0 {
        return Ok(Arc::new(list.clone()));
    }
    if list.null_count() == list.len() {
        let empty = new_empty_array(item(call).data_type());
        let lengths = std::iter::repeat_n(0, list.len());
        return Ok(Arc::new(ListArray::try_new(item(call), OffsetBuffer::from_lengths(lengths), empty, None)?));
    }
    let data = list.values().to_data();
    let mut kept = MutableArrayData::new(vec![&data], false, 0);
    let mut lengths = Vec::with_capacity(list.len());
    for row in 0..list.len() {
        let (start, end) = if list.is_valid(row) { bounds(list, row) } else { (0, 0) };
        kept.try_extend(0, start, end)?;
        lengths.push(end - start);
    }
    Ok(Arc::new(ListArray::try_new(item(call), OffsetBuffer::from_lengths(lengths), make_array(kept.freeze()), None)?))
}
