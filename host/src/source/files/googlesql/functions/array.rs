//! Functions of arrays.

use std::result::Result as Outcome;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, ListArray, UInt64Array};
use datafusion::arrow::compute::{interleave, take};
use datafusion::arrow::datatypes::DataType;
use datafusion::error::Result;

use super::super::call::{Call, Values};
use super::super::fault::Fault;
use super::super::function::Definition;
use super::lists;

const SAME: &[&str] = &["(ARRAY<T>) -> ARRAY<T>"];
const ELEMENT: &[&str] = &["(ARRAY<T>) -> T"];

/// The functions of this module.
pub(super) const FUNCTIONS: &[Definition] = &[
    Definition { name: "ARRAY_LENGTH", forms: &["(ARRAY<T>) -> INT64"], note: "", eval: length },
    Definition { name: "ARRAY_REVERSE", forms: SAME, note: "", eval: reverse },
    Definition { name: "ARRAY_CONCAT", forms: &["(ARRAY<T>...) -> ARRAY<T>"], note: "", eval: concat },
    Definition { name: "ARRAY_FIRST", forms: ELEMENT, note: "", eval: |call| element(call, true) },
    Definition { name: "ARRAY_LAST", forms: ELEMENT, note: "", eval: |call| element(call, false) },
    Definition { name: "ARRAY_SLICE", forms: &["(ARRAY<T>, INT64, INT64) -> ARRAY<T>"], note: "", eval: slice },
    Definition {
        name: "ARRAY_TO_STRING",
        forms: &["(ARRAY<STRING>, STRING[, STRING]) -> STRING", "(ARRAY<BYTES>, BYTES[, BYTES]) -> BYTES"],
        note: "",
        eval: to_string,
    },
];

fn length(call: &Call<'_>) -> Result<ArrayRef> {
    let lists = call.lists(0)?;
    call.write_ints(|row| Ok(lists.get(row).and_then(|list| i64::try_from(list.len()).ok())))
}

/// Bytes that an element takes in a copy. What is long in a text is shared with it.
pub(super) fn weight(array: &dyn Array, at: usize) -> usize {
    match array.data_type() {
        DataType::Binary => 4 + array.as_binary_opt::<i32>().map_or(0, |array| array.value(at).len()),
        DataType::List(_) => array.as_list_opt::<i32>().map_or(0, |array| {
            let items = array.value(at);
            (0..items.len()).map(|at| weight(&items, at)).fold(4, usize::saturating_add)
        }),
        DataType::Struct(_) => array
            .as_struct_opt()
            .map_or(0, |array| array.columns().iter().map(|column| weight(column, at)).fold(1, usize::saturating_add)),
        other => other.primitive_width().unwrap_or(16),
    }
}

/// The elements of arrays that are picked for each row.
struct Picked<'a> {
    call: &'a Call<'a>,
    arrays: Vec<&'a ListArray>,
    /// Number of the array and of the element among all of its rows.
    picks: Vec<(usize, usize)>,
    lengths: Vec<usize>,
    valid: Vec<bool>,
    bytes: usize,
}

impl<'a> Picked<'a> {
    fn new(call: &'a Call<'a>, lists: usize) -> Result<Self> {
        let arrays = call.args.iter().take(lists).filter_map(|array| array.as_list_opt::<i32>()).collect::<Vec<_>>();
        if arrays.len() < lists {
            return Err(call.refused("an argument is not an array"));
        }
        Ok(Self { call, arrays, picks: Vec::new(), lengths: Vec::new(), valid: Vec::new(), bytes: 0 })
    }

    /// Numbers of the elements of a row of an array; nothing for `NULL`.
    fn elements(&self, array: usize, row: usize) -> Option<std::ops::Range<usize>> {
        let at = if *self.call.constant.get(array)? { 0 } else { row };
        let list = self.arrays.get(array).filter(|list| list.is_valid(at))?;
        let offsets = list.value_offsets();
        let bound = |at: usize| offsets.get(at).and_then(|offset| usize::try_from(*offset).ok());
        Some(bound(at)?..bound(at + 1)?)
    }

    fn pick(&mut self, array: usize, element: usize) -> Result<()> {
        let weight = self.arrays.get(array).map_or(0, |list| weight(list.values(), element));
        self.bytes = self.bytes.saturating_add(weight).saturating_add(size_of::<(usize, usize)>());
        self.call.bounded(self.bytes)?;
        self.call.watched(self.picks.len())?;
        self.picks.push((array, element));
        Ok(())
    }

    /// Ends a row in which there were so many picks before.
    fn end_row(&mut self, before: usize, valid: bool) {
        self.lengths.push(self.picks.len() - before);
        self.valid.push(valid);
    }

    fn finish(self) -> Result<ArrayRef> {
        let values: Vec<&dyn Array> = self.arrays.iter().map(|list| list.values().as_ref()).collect();
        let items = interleave(&values, &self.picks)?;
        lists::finished(self.call, self.lengths, self.valid, items)
    }
}

fn reverse(call: &Call<'_>) -> Result<ArrayRef> {
    let mut picked = Picked::new(call, 1)?;
    for row in 0..call.rows {
        let (before, elements) = (picked.picks.len(), picked.elements(0, row));
        let valid = elements.is_some();
        elements.into_iter().flatten().rev().try_for_each(|element| picked.pick(0, element))?;
        picked.end_row(before, valid);
    }
    picked.finish()
}

fn concat(call: &Call<'_>) -> Result<ArrayRef> {
    let mut picked = Picked::new(call, call.len())?;
    for row in 0..call.rows {
        let before = picked.picks.len();
        let elements: Option<Vec<_>> = (0..call.len()).map(|array| picked.elements(array, row)).collect();
        let valid = elements.is_some();
        for (array, elements) in elements.into_iter().flatten().enumerate() {
            elements.into_iter().try_for_each(|element| picked.pick(array, element))?;
        }
        picked.end_row(before, valid);
    }
    picked.finish()
}

/// The elements from one offset to another, both counted from the end where they are negative.
fn sliced(length: usize, start: i64, end: i64) -> std::ops::Range<usize> {
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    let from_start = |offset: i64| if offset < 0 { offset.saturating_add(length) } else { offset };
    let start = from_start(start).clamp(0, length);
    let end = from_start(end).saturating_add(1).clamp(start, length);
    let size = |offset: i64| usize::try_from(offset).unwrap_or_default();
    size(start)..size(end)
}

fn slice(call: &Call<'_>) -> Result<ArrayRef> {
    let mut picked = Picked::new(call, 1)?;
    let (starts, ends) = (call.ints(1)?, call.ints(2)?);
    for row in 0..call.rows {
        let before = picked.picks.len();
        let bounds = starts.get(row).zip(ends.get(row));
        let elements = picked.elements(0, row).zip(bounds);
        let valid = elements.is_some();
        if let Some((elements, (start, end))) = elements {
            let part = sliced(elements.len(), start, end);
            elements.skip(part.start).take(part.len()).try_for_each(|element| picked.pick(0, element))?;
        }
        picked.end_row(before, valid);
    }
    picked.finish()
}

fn element(call: &Call<'_>, first: bool) -> Result<ArrayRef> {
    let picked = Picked::new(call, 1)?;
    let Some(list) = picked.arrays.first() else { return Err(call.refused("there is no array")) };
    let (mut picks, mut bytes) = (Vec::with_capacity(call.rows), 0_usize);
    for row in 0..call.rows {
        call.watched(row)?;
        let elements = picked.elements(0, row);
        let found = match elements.map(|mut elements| if first { elements.next() } else { elements.next_back() }) {
            Some(None) => Err(Fault::element(format!("{} of an array without elements", call.name))),
            found => Ok(found.flatten()),
        };
        let found = call.settled(found)?;
        bytes = bytes.saturating_add(found.map_or(0, |element| weight(list.values(), element)));
        call.bounded(bytes)?;
        picks.push(found.and_then(|element| u64::try_from(element).ok()));
    }
    Ok(take(list.values(), &UInt64Array::from(picks), None)?)
}

/// The elements with something between them; those that are `NULL` are left out, or are what stands for them.
fn joined<'v, S: AsRef<[u8]> + ?Sized + 'v>(
    elements: impl Iterator<Item = Option<&'v S>>,
    between: &S,
    null: Option<&'v S>,
) -> Vec<u8> {
    let (mut out, mut any) = (Vec::new(), false);
    for element in elements {
        let Some(element) = element.or(null) else { continue };
        if any {
            out.extend_from_slice(between.as_ref());
        }
        out.extend_from_slice(element.as_ref());
        any = true;
        if out.len() > crate::source::files::watch::BATCH_BYTES_MAX {
            // The call is refused for what there is.
            break;
        }
    }
    out
}

fn to_string(call: &Call<'_>) -> Result<ArrayRef> {
    fn row_of<A: datafusion::arrow::array::ArrayAccessor>(
        betweens: &Values<A>,
        nulls: Option<&Values<A>>,
        row: usize,
    ) -> Option<(A::Item, Option<A::Item>)> {
        let between = betweens.get(row)?;
        match nulls {
            None => Some((between, None)),
            Some(nulls) => Some((between, Some(nulls.get(row)?))),
        }
    }
    let lists = call.lists(0)?;
    if call.form == 1 {
        let (betweens, nulls) = (call.bytes(1)?, if call.len() > 2 { Some(call.bytes(2)?) } else { None });
        return call.write_bytes(|row| {
            let Some((list, (between, null))) = lists.get(row).zip(row_of(&betweens, nulls.as_ref(), row)) else {
                return Ok(None);
            };
            Ok(list.as_binary_opt::<i32>().map(|items| joined(items.iter(), between, null)))
        });
    }
    let (betweens, nulls) = (call.texts(1)?, if call.len() > 2 { Some(call.texts(2)?) } else { None });
    call.write_texts(|row| -> Outcome<_, Fault> {
        let Some((list, (between, null))) = lists.get(row).zip(row_of(&betweens, nulls.as_ref(), row)) else {
            return Ok(None);
        };
        let text = list.as_string_view_opt().map(|items| joined(items.iter(), between, null));
        // Joined texts are a text.
        Ok(text.and_then(|text| String::from_utf8(text).ok()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_beyond_an_array_are_its_ends() {
        for (start, end, part) in [
            (0, 1, 0..2),
            (1, 9, 1..3),
            (-2, -1, 1..3),
            (-9, 0, 0..1),
            (2, 1, 2..2),
            (0, -9, 0..0),
            (5, 9, 3..3),
            (i64::MIN, i64::MAX, 0..3),
            (i64::MAX, i64::MIN, 3..3),
        ] {
            assert_eq!(sliced(3, start, end), part, "{start} to {end}");
        }
        assert_eq!(sliced(0, 0, 0), 0..0);
    }
}
