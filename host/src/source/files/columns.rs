//! From columns of the engine to columns of the contract.
//!
//! [`Layout`] is how one column of a result is delivered, known from its type before the first row.
//! [`Prepared`] is a batch brought into those layouts, from which any range of rows is copied out: one copy a
//! column. What does not fit (an instant beyond microseconds in 64 bits, an unsigned integer beyond 63) is an
//! error, never another value.

use std::ops::Range;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BinaryViewArray, BooleanArray, LargeStringArray, LargeStringBuilder, OffsetSizeTrait,
    RecordBatch, StringViewArray,
};
use datafusion::arrow::buffer::BooleanBuffer;
use datafusion::arrow::compute::{CastOptions, cast_with_options};
use datafusion::arrow::datatypes::{
    ArrowNativeType, ByteArrayType, DataType, Date32Type, FieldRef, Float64Type, Int64Type, Time64MicrosecondType,
    TimeUnit, TimestampMicrosecondType,
};
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::json::writer::{EncoderOptions, make_encoder};
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};

use super::googlesql;
use crate::model::{Batch, Column, ColumnInfo, Kind, Values, VarData};

/// How a column is delivered.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    field: FieldRef,
    kind: Kind,
    /// What the column is cast to first.
    cast: Option<DataType>,
}

impl Layout {
    /// For a column of a result.
    pub(super) fn of(field: &FieldRef) -> Self {
        let (kind, cast) = layout(field.data_type());
        Self { field: field.clone(), kind, cast }
    }

    /// The column as it is announced.
    pub(super) fn info(&self, name: String) -> ColumnInfo {
        ColumnInfo {
            name,
            kind: self.kind,
            type_name: self.field.data_type().to_string(),
            nullable: self.field.is_nullable(),
        }
    }

    fn prepare(&self, array: &ArrayRef) -> Result<ArrayRef, ArrowError> {
        let (array, field) = match array.data_type() {
            DataType::Dictionary(_, values) => {
                let field = self.field.as_ref().clone().with_data_type(values.as_ref().clone());
                (cast_exactly(array, values)?, FieldRef::new(field))
            }
            _ => (ArrayRef::clone(array), FieldRef::clone(&self.field)),
        };
        match (&self.cast, self.kind) {
            (Some(to), Kind::Decimal) => cast_exactly(&array, to).map(|texts| shortened(&texts)),
            (Some(to), _) => cast_exactly(&array, to),
            (None, Kind::Json) => json(&field, &array),
            (None, Kind::Other) => printed(&array),
            (None, _) => Ok(array),
        }
    }
}

fn layout(data_type: &DataType) -> (Kind, Option<DataType>) {
    let micros = TimeUnit::Microsecond;
    match data_type {
        DataType::Int64 => (Kind::Int64, None),
        DataType::Int8
        | DataType::Int16
        | DataType::Int32
        | DataType::UInt8
        | DataType::UInt16
        | DataType::UInt32
        | DataType::UInt64
        | DataType::Null => (Kind::Int64, Some(DataType::Int64)),
        DataType::Float64 => (Kind::Float64, None),
        DataType::Float16 | DataType::Float32 => (Kind::Float64, Some(DataType::Float64)),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => (Kind::Text, None),
        DataType::Boolean => (Kind::Boolean, None),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => (Kind::Bytes, None),
        DataType::FixedSizeBinary(_) => (Kind::Bytes, Some(DataType::LargeBinary)),
        DataType::Date32 => (Kind::Date, None),
        DataType::Date64 => (Kind::Date, Some(DataType::Date32)),
        DataType::Time64(TimeUnit::Microsecond) => (Kind::Time, None),
        DataType::Time32(_) | DataType::Time64(_) => (Kind::Time, Some(DataType::Time64(micros))),
        DataType::Timestamp(unit, zone) => {
            let kind = if zone.is_some() { Kind::Timestamp } else { Kind::DateTime };
            let cast = (*unit != micros).then(|| DataType::Timestamp(micros, zone.clone()));
            (kind, cast)
        }
        DataType::Decimal32(..) | DataType::Decimal64(..) | DataType::Decimal128(..) | DataType::Decimal256(..) => {
            (Kind::Decimal, Some(DataType::LargeUtf8))
        }
        DataType::Struct(_)
        | DataType::List(_)
        | DataType::LargeList(_)
        | DataType::ListView(_)
        | DataType::LargeListView(_)
        | DataType::FixedSizeList(..)
        | DataType::Map(..) => (Kind::Json, None),
        DataType::Dictionary(_, values) => layout(values),
        DataType::Interval(_) | DataType::Duration(_) | DataType::Union(..) | DataType::RunEndEncoded(..) => {
            (Kind::Other, None)
        }
    }
}

/// A cast in which a value that does not fit is an error.
fn cast_exactly(array: &ArrayRef, to: &DataType) -> Result<ArrayRef, ArrowError> {
    cast_with_options(array, to, &CastOptions { safe: false, format_options: FormatOptions::default() })
}

/// Exact numbers without zeros at their end, however many digits their type has.
fn shortened(texts: &ArrayRef) -> ArrayRef {
    let texts: LargeStringArray =
        texts.as_string::<i64>().iter().map(|text| text.map(googlesql::without_zeros)).collect();
    ArrayRef::from(Box::new(texts) as Box<dyn Array>)
}

/// An array of a result holds no null, as in BigQuery: it could not be told from an element that is missing.
fn without_nulls(array: &dyn Array) -> Result<(), ArrowError> {
    match array.data_type() {
        DataType::List(_) => {
            let list = array.as_list::<i32>();
            for values in (0..list.len()).filter(|row| list.is_valid(*row)).map(|row| list.value(row)) {
                if values.null_count() > 0 {
                    let message = "an ARRAY with a NULL in it: leave it out with IGNORE NULLS or WHERE";
                    return Err(ArrowError::InvalidArgumentError(message.to_owned()));
                }
                without_nulls(values.as_ref())?;
            }
            Ok(())
        }
        DataType::Struct(_) => array.as_struct().columns().iter().try_for_each(|column| without_nulls(column)),
        _ => Ok(()),
    }
}

fn json(field: &FieldRef, array: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    within_calendar(array.as_ref())?;
    without_nulls(array.as_ref())?;
    let is_list = matches!(array.data_type(), DataType::List(_));
    let options = EncoderOptions::default().with_explicit_nulls(true);
    let mut encoder = make_encoder(field, array, &options)?;
    let mut texts = LargeStringBuilder::new();
    let mut text = Vec::new();
    for row in 0..array.len() {
        if array.is_null(row) && is_list {
            // No array is an empty one.
            texts.append_value("[]");
        } else if array.is_null(row) {
            texts.append_null();
        } else {
            text.clear();
            encoder.encode(row, &mut text);
            texts.append_value(String::from_utf8_lossy(&text));
        }
    }
    Ok(ArrayRef::from(Box::new(texts.finish()) as Box<dyn Array>))
}

/// The encoder writes what it cannot print as if its error were the value: whatever can go wrong is looked at first.
fn within_calendar(array: &dyn Array) -> Result<(), ArrowError> {
    match array.data_type() {
        DataType::Struct(_) => array.as_struct().columns().iter().try_for_each(|column| within_calendar(column)),
        DataType::List(_) => within_calendar(array.as_list::<i32>().values()),
        DataType::LargeList(_) => within_calendar(array.as_list::<i64>().values()),
        DataType::ListView(_) => within_calendar(array.as_list_view::<i32>().values()),
        DataType::LargeListView(_) => within_calendar(array.as_list_view::<i64>().values()),
        DataType::FixedSizeList(..) => within_calendar(array.as_fixed_size_list().values()),
        DataType::Map(..) => within_calendar(array.as_map().entries()),
        DataType::Dictionary(..) => within_calendar(array.as_any_dictionary().values()),
        data_type if data_type.is_temporal() => {
            let options = FormatOptions::default();
            let formatter = ArrayFormatter::try_new(array, &options)?;
            let values = (0..array.len()).filter(|row| array.is_valid(*row));
            values.map(|row| formatter.value(row)).try_for_each(|value| value.try_to_string().map(drop))
        }
        _ => Ok(()),
    }
}

fn printed(array: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let options = FormatOptions::default();
    let formatter = ArrayFormatter::try_new(array, &options)?;
    // Runs and unions have no null buffer of their own.
    let nulls = array.logical_nulls();
    let is_null = |row| nulls.as_ref().is_some_and(|nulls| nulls.is_null(row));
    let texts: LargeStringArray = (0..array.len())
        .map(|row| if is_null(row) { Ok(None) } else { formatter.value(row).try_to_string().map(Some) })
        .collect::<Result<_, ArrowError>>()?;
    Ok(ArrayRef::from(Box::new(texts) as Box<dyn Array>))
}

/// A batch in the layouts of the result.
#[derive(Debug)]
pub(super) struct Prepared {
    columns: Vec<(Kind, ArrayRef)>,
    rows: usize,
}

impl Prepared {
    /// Brings a batch into the layouts.
    ///
    /// # Errors
    /// When a value does not fit.
    pub(super) fn new(layouts: &[Layout], batch: &RecordBatch) -> Result<Self, ArrowError> {
        let columns = layouts.iter().zip(batch.columns());
        let columns = columns.map(|(layout, array)| Ok((layout.kind, layout.prepare(array)?)));
        Ok(Self { columns: columns.collect::<Result<_, ArrowError>>()?, rows: batch.num_rows() })
    }

    /// Number of rows.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// Most rows from `start` on that are at most `rows_max` rows and `bytes_max` bytes; one at least.
    pub(super) fn fitting(&self, start: usize, rows_max: usize, bytes_max: u64) -> usize {
        let mut rows = rows_max.min(self.rows - start).max(1);
        loop {
            let bytes = self.bytes(start..start + rows);
            if bytes <= bytes_max || rows == 1 {
                return rows;
            }
            let share = u128::from(bytes_max) * (rows as u128) / u128::from(bytes);
            rows = usize::try_from(share).unwrap_or(rows).clamp(1, rows - 1);
        }
    }

    fn bytes(&self, rows: Range<usize>) -> u64 {
        self.columns.iter().map(|(_, array)| bytes(array, &rows)).sum()
    }

    /// Copies rows out.
    ///
    /// # Errors
    /// When the text or bytes of one column are 4 GiB or more.
    pub(super) fn batch(&self, rows: Range<usize>) -> Result<Batch, ArrowError> {
        let columns = self.columns.iter().map(|(kind, array)| column(*kind, array, &rows));
        let columns = columns.collect::<Result<_, ArrowError>>()?;
        let rows = u32::try_from(rows.len()).map_err(|_| ArrowError::OffsetOverflowError(rows.len()))?;
        Ok(Batch { rows, columns })
    }
}

fn bytes(array: &ArrayRef, rows: &Range<usize>) -> u64 {
    let count = rows.len();
    let validity = if array.null_count() > 0 { count.div_ceil(8) } else { 0 };
    let offsets = (count + 1) * size_of::<u32>();
    let values = match array.data_type() {
        DataType::Boolean => count.div_ceil(8),
        DataType::Date32 => count * size_of::<i32>(),
        DataType::Utf8 => offsets + span(array.as_string::<i32>().value_offsets(), rows),
        DataType::LargeUtf8 => offsets + span(array.as_string::<i64>().value_offsets(), rows),
        DataType::Binary => offsets + span(array.as_binary::<i32>().value_offsets(), rows),
        DataType::LargeBinary => offsets + span(array.as_binary::<i64>().value_offsets(), rows),
        DataType::Utf8View => {
            let texts = array.as_string_view();
            offsets + rows.clone().map(|row| texts.value(row).len()).sum::<usize>()
        }
        DataType::BinaryView => {
            let values = array.as_binary_view();
            offsets + rows.clone().map(|row| values.value(row).len()).sum::<usize>()
        }
        _ => count * size_of::<i64>(),
    };
    (validity + values) as u64
}

fn span<O: OffsetSizeTrait>(offsets: &[O], rows: &Range<usize>) -> usize {
    match (offsets.get(rows.start), offsets.get(rows.end)) {
        (Some(start), Some(end)) => end.as_usize() - start.as_usize(),
        _ => 0,
    }
}

fn column(kind: Kind, array: &ArrayRef, rows: &Range<usize>) -> Result<Column, ArrowError> {
    let array = array.slice(rows.start, rows.len());
    let validity = match array.nulls() {
        Some(nulls) if nulls.null_count() > 0 => bits(nulls.inner()),
        _ => Vec::new(),
    };
    let values = match kind {
        Kind::Int64 => Values::Int64(array.as_primitive::<Int64Type>().values().to_vec()),
        Kind::Float64 => Values::Float64(array.as_primitive::<Float64Type>().values().to_vec()),
        Kind::Boolean => Values::Bits(bits(boolean(&array).values())),
        Kind::Date => Values::Days(array.as_primitive::<Date32Type>().values().to_vec()),
        Kind::Time => Values::Micros(array.as_primitive::<Time64MicrosecondType>().values().to_vec()),
        Kind::DateTime | Kind::Timestamp => {
            Values::Micros(array.as_primitive::<TimestampMicrosecondType>().values().to_vec())
        }
        Kind::Text | Kind::Decimal | Kind::Json | Kind::Other => Values::Text(var_data(&array)?),
        Kind::Bytes => Values::Bytes(var_data(&array)?),
    };
    Ok(Column { validity, values })
}

fn boolean(array: &ArrayRef) -> &BooleanArray {
    array.as_boolean()
}

/// Bits from the first byte on, with zeros behind the last row.
fn bits(buffer: &BooleanBuffer) -> Vec<u8> {
    let mut bytes = buffer.sliced().as_slice().to_vec();
    bytes.truncate(buffer.len().div_ceil(8));
    if let (Some(last), used @ 1..) = (bytes.last_mut(), buffer.len() % 8) {
        *last &= (1 << used) - 1;
    }
    bytes
}

fn var_data(array: &ArrayRef) -> Result<VarData, ArrowError> {
    match array.data_type() {
        DataType::Utf8 => contiguous(array.as_string::<i32>()),
        DataType::LargeUtf8 => contiguous(array.as_string::<i64>()),
        DataType::Binary => contiguous(array.as_binary::<i32>()),
        DataType::LargeBinary => contiguous(array.as_binary::<i64>()),
        DataType::Utf8View => text_views(array.as_string_view()),
        DataType::BinaryView => byte_views(array.as_binary_view()),
        other => Err(ArrowError::InvalidArgumentError(format!("{other} is not of variable length"))),
    }
}

fn offset(value: usize) -> Result<u32, ArrowError> {
    u32::try_from(value).map_err(|_| ArrowError::OffsetOverflowError(value))
}

fn contiguous<T: ByteArrayType>(array: &datafusion::arrow::array::GenericByteArray<T>) -> Result<VarData, ArrowError> {
    let offsets = array.value_offsets();
    let (Some(first), Some(last)) = (offsets.first(), offsets.last()) else {
        return Ok(VarData { offsets: vec![0], bytes: Vec::new() });
    };
    let (first, last) = (first.as_usize(), last.as_usize());
    let bytes = array.value_data().get(first..last).unwrap_or_default().to_vec();
    let offsets = offsets.iter().map(|at| offset(at.as_usize() - first)).collect::<Result<_, _>>()?;
    Ok(VarData { offsets, bytes })
}

fn text_views(array: &StringViewArray) -> Result<VarData, ArrowError> {
    gather((0..array.len()).map(|row| if array.is_null(row) { &[][..] } else { array.value(row).as_bytes() }))
}

fn byte_views(array: &BinaryViewArray) -> Result<VarData, ArrowError> {
    gather((0..array.len()).map(|row| if array.is_null(row) { &[][..] } else { array.value(row) }))
}

fn gather<'a>(values: impl ExactSizeIterator<Item = &'a [u8]>) -> Result<VarData, ArrowError> {
    let mut offsets = Vec::with_capacity(values.len() + 1);
    let mut bytes = Vec::new();
    offsets.push(0);
    for value in values {
        bytes.extend_from_slice(value);
        offsets.push(offset(bytes.len())?);
    }
    Ok(VarData { offsets, bytes })
}

#[cfg(test)]
mod tests;
