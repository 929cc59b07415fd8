//! Some rows of a batch.

use std::ops::Range;

use crate::model::{Batch, Column, Values, VarData};

/// The most rows from `start` on that are at most `rows_max` rows and `bytes_max` bytes; one at least, where there is
/// one.
pub(in crate::source) fn fitting(batch: &Batch, start: usize, rows_max: usize, bytes_max: u64) -> Range<usize> {
    let left = (batch.rows as usize).saturating_sub(start);
    if left == 0 {
        return start..start;
    }
    let mut fits = 1;
    let mut over = rows_max.clamp(1, left) + 1;
    while over - fits > 1 {
        let rows = usize::midpoint(fits, over);
        if bytes(batch, &(start..start + rows)) <= bytes_max {
            fits = rows;
        } else {
            over = rows;
        }
    }
    start..start + fits
}

/// What [`Batch::bytes`] would say of the rows alone.
fn bytes(batch: &Batch, rows: &Range<usize>) -> u64 {
    let count = rows.len();
    let column = |column: &Column| {
        let validity = if column.validity.is_empty() { 0 } else { count.div_ceil(8) };
        validity
            + match &column.values {
                Values::Int64(_) | Values::Micros(_) | Values::Float64(_) => count * 8,
                Values::Days(_) => count * 4,
                Values::Bits(_) => count.div_ceil(8),
                Values::Text(data) | Values::Bytes(data) => {
                    let (start, end) = ends(data, rows);
                    (count + 1) * size_of::<u32>() + (end - start)
                }
            }
    };
    batch.columns.iter().map(|of| column(of) as u64).sum()
}

/// Where the values of rows begin and end.
fn ends(data: &VarData, rows: &Range<usize>) -> (usize, usize) {
    let at = |row: usize| data.offsets.get(row).map_or(0, |offset| *offset as usize);
    (at(rows.start), at(rows.end))
}

/// The rows as a batch of their own; the very batch when they are all of it.
///
/// The batch fits its columns, and the rows are among its own.
pub(in crate::source) fn rows(batch: &Batch, rows: Range<usize>) -> Batch {
    if rows == (0..batch.rows as usize) {
        return batch.clone();
    }
    let column = |column: &Column| Column {
        validity: if column.validity.is_empty() { Vec::new() } else { bits(&column.validity, &rows) },
        values: match &column.values {
            Values::Int64(values) => Values::Int64(some(values, &rows)),
            Values::Float64(values) => Values::Float64(some(values, &rows)),
            Values::Days(values) => Values::Days(some(values, &rows)),
            Values::Micros(values) => Values::Micros(some(values, &rows)),
            Values::Bits(values) => Values::Bits(bits(values, &rows)),
            Values::Text(data) => Values::Text(var(data, &rows)),
            Values::Bytes(data) => Values::Bytes(var(data, &rows)),
        },
    };
    let columns = batch.columns.iter().map(column).collect();
    Batch { rows: u32::try_from(rows.len()).unwrap_or(u32::MAX), columns }
}

fn some<T: Copy>(values: &[T], rows: &Range<usize>) -> Vec<T> {
    values.get(rows.clone()).unwrap_or_default().to_vec()
}

fn var(data: &VarData, rows: &Range<usize>) -> VarData {
    let (start, end) = ends(data, rows);
    let base = u32::try_from(start).unwrap_or(u32::MAX);
    let offsets = data.offsets.get(rows.start..=rows.end).unwrap_or_default();
    VarData {
        offsets: offsets.iter().map(|offset| offset - base).collect(),
        bytes: data.bytes.get(start..end).unwrap_or_default().to_vec(),
    }
}

fn bits(bits: &[u8], rows: &Range<usize>) -> Vec<u8> {
    let mut some = vec![0; rows.len().div_ceil(8)];
    for (to, from) in rows.clone().enumerate() {
        let bit = bits.get(from / 8).map_or(0, |byte| (byte >> (from % 8)) & 1);
        if let Some(byte) = some.get_mut(to / 8) {
            *byte |= bit << (to % 8);
        }
    }
    some
}
