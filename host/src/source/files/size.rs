//! How many bytes values take once they are written out, whatever they share with others now.

use datafusion::arrow::array::{Array, ArrayRef, AsArray, OffsetSizeTrait};
use datafusion::arrow::datatypes::{ByteArrayType, ByteViewType, DataType};
use datafusion::arrow::record_batch::RecordBatch;

/// Bytes of all values.
pub(super) fn batch(batch: &RecordBatch) -> usize {
    batch.columns().iter().fold(0, |sum, column| sum.saturating_add(range(column, 0, column.len())))
}

/// Bytes of the largest row.
pub(super) fn widest_row(batch: &RecordBatch) -> usize {
    let row = |at| batch.columns().iter().fold(0_usize, |sum, column| sum.saturating_add(range(column, at, 1)));
    (0..batch.num_rows()).map(row).max().unwrap_or_default()
}

/// Bytes of the largest value.
pub(super) fn widest(array: &ArrayRef, start: usize, len: usize) -> usize {
    (start..start + len).map(|at| range(array, at, 1)).max().unwrap_or_default()
}

/// Bytes of `len` values behind `start`.
pub(super) fn range(array: &ArrayRef, start: usize, len: usize) -> usize {
    match array.data_type() {
        DataType::Utf8 => bytes::<datafusion::arrow::datatypes::Utf8Type>(array, start, len),
        DataType::LargeUtf8 => bytes::<datafusion::arrow::datatypes::LargeUtf8Type>(array, start, len),
        DataType::Binary => bytes::<datafusion::arrow::datatypes::BinaryType>(array, start, len),
        DataType::LargeBinary => bytes::<datafusion::arrow::datatypes::LargeBinaryType>(array, start, len),
        DataType::Utf8View => views::<datafusion::arrow::datatypes::StringViewType>(array, start, len),
        DataType::BinaryView => views::<datafusion::arrow::datatypes::BinaryViewType>(array, start, len),
        DataType::List(_) => list::<i32>(array, start, len),
        DataType::LargeList(_) => list::<i64>(array, start, len),
        DataType::FixedSizeList(_, size) => {
            let size = usize::try_from(*size).unwrap_or_default();
            range(array.as_fixed_size_list().values(), start * size, len * size)
        }
        DataType::Struct(_) => {
            array.as_struct().columns().iter().fold(0, |sum, column| sum.saturating_add(range(column, start, len)))
        }
        DataType::Map(..) => {
            let (map, end) = (array.as_map(), start + len);
            let (first, last) = (index(map.value_offsets(), start), index(map.value_offsets(), end));
            map.entries().columns().iter().fold(0, |sum, column| sum.saturating_add(range(column, first, last - first)))
        }
        DataType::Dictionary(..) => {
            let values = array.as_any_dictionary().values();
            widest(values, 0, values.len()).saturating_mul(len)
        }
        DataType::FixedSizeBinary(width) => len.saturating_mul(usize::try_from(*width).unwrap_or_default()),
        DataType::Null => 0,
        DataType::Boolean => len.div_ceil(8),
        other => match other.primitive_width() {
            Some(width) => len.saturating_mul(width),
            None => array.slice(start, len).get_array_memory_size(),
        },
    }
}

fn index<O: OffsetSizeTrait>(offsets: &[O], at: usize) -> usize {
    offsets.get(at).map_or(0, |offset| offset.as_usize())
}

fn bytes<T: ByteArrayType>(array: &ArrayRef, start: usize, len: usize) -> usize {
    let offsets = array.as_bytes::<T>().value_offsets();
    let width = size_of::<T::Offset>();
    index(offsets, start + len).saturating_sub(index(offsets, start)).saturating_add(len * width)
}

fn views<T: ByteViewType>(array: &ArrayRef, start: usize, len: usize) -> usize {
    let views = array.as_byte_view::<T>().views().get(start..start + len).unwrap_or_default();
    // The length of a value is in the lowest of the four parts of its view. So many lengths have room.
    #[expect(clippy::cast_possible_truncation, reason = "the rest of the view is another matter")]
    let bytes = views.iter().fold(0_u64, |sum, view| sum.wrapping_add(u64::from(*view as u32)));
    usize::try_from(bytes).unwrap_or(usize::MAX).saturating_add(len * 16)
}

fn list<O: OffsetSizeTrait>(array: &ArrayRef, start: usize, len: usize) -> usize {
    let list = array.as_list::<O>();
    let (first, last) = (index(list.value_offsets(), start), index(list.value_offsets(), start + len));
    range(list.values(), first, last.saturating_sub(first)).saturating_add(len * size_of::<O>())
}
