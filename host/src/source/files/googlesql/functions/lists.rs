//! Answers that are arrays, built element by element.

use std::result::Result as Outcome;
use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayBuilder, ArrayRef, BinaryBuilder, Int64Builder, ListArray, StringViewBuilder,
};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::error::Result;

use super::super::call::Call;
use super::super::fault::Fault;

/// Bytes that an element takes beside its own.
const ELEMENT_BYTES: usize = 16;

/// The elements of all rows so far.
#[derive(Debug)]
pub(super) struct Elements<'c, B> {
    call: &'c Call<'c>,
    builder: B,
    bytes: usize,
}

impl<B: ArrayBuilder> Elements<'_, B> {
    /// Makes room for an element of that size, or ends the query.
    fn grow(&mut self, bytes: usize) -> Result<()> {
        self.bytes = self.bytes.saturating_add(bytes).saturating_add(ELEMENT_BYTES);
        self.call.bounded(self.bytes)?;
        self.call.watched(self.builder.len())
    }
}

impl Elements<'_, StringViewBuilder> {
    /// Adds a `STRING`.
    pub(super) fn push(&mut self, value: Option<&str>) -> Result<()> {
        self.grow(value.map_or(0, str::len))?;
        self.builder.append_option(value);
        Ok(())
    }
}

impl Elements<'_, BinaryBuilder> {
    /// Adds some `BYTES`.
    pub(super) fn push(&mut self, value: Option<&[u8]>) -> Result<()> {
        self.grow(value.map_or(0, <[u8]>::len))?;
        self.builder.append_option(value);
        Ok(())
    }
}

impl Elements<'_, Int64Builder> {
    /// Adds an `INT64`.
    pub(super) fn push(&mut self, value: Option<i64>) -> Result<()> {
        self.grow(0)?;
        self.builder.append_option(value);
        Ok(())
    }
}

/// An answer of `ARRAY`: for each row the elements are added, and it is told whether there is an array at all. A row
/// without one adds no elements.
pub(super) fn write<'c, B: ArrayBuilder>(
    call: &'c Call<'c>,
    builder: B,
    mut row_of: impl FnMut(usize, &mut Elements<'c, B>) -> Result<Outcome<bool, Fault>>,
) -> Result<ArrayRef> {
    let mut elements = Elements { call, builder, bytes: 0 };
    let (mut lengths, mut valid) = (Vec::with_capacity(call.rows), Vec::with_capacity(call.rows));
    for row in 0..call.rows {
        call.watched(row)?;
        let start = elements.builder.len();
        let outcome = row_of(row, &mut elements)?;
        valid.push(call.settled(outcome.map(|is_there| is_there.then_some(())))?.is_some());
        lengths.push(elements.builder.len() - start);
    }
    finished(call, lengths, valid, elements.builder.finish())
}

/// An array of arrays from its elements and the number of them in each row.
pub(super) fn finished(call: &Call<'_>, lengths: Vec<usize>, valid: Vec<bool>, items: ArrayRef) -> Result<ArrayRef> {
    let field: FieldRef = match call.returns.arrow() {
        DataType::List(field) => field,
        _ => Arc::new(Field::new_list_field(items.data_type().clone(), true)),
    };
    let offsets = OffsetBuffer::from_lengths(lengths);
    Ok(Arc::new(ListArray::try_new(field, offsets, items, Some(NullBuffer::from(valid)))?))
}
