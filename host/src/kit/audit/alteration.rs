//! What is done to rows, as pure functions of a batch.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use crate::model::{Batch, Column, ColumnInfo, Kind, Values, VarData};

/// Whether the value of a row is null.
pub(super) fn is_null(column: &Column, row: usize) -> bool {
    !column.validity.is_empty() && !bit(&column.validity, row)
}

fn bit(bits: &[u8], row: usize) -> bool {
    bits.get(row / 8).is_some_and(|byte| byte >> (row % 8) & 1 == 1)
}

fn pack(bits: impl Iterator<Item = bool>) -> Vec<u8> {
    let mut packed = Vec::new();
    for (row, bit) in bits.enumerate() {
        if row % 8 == 0 {
            packed.push(0);
        }
        if let Some(byte) = packed.last_mut() {
            *byte |= u8::from(bit) << (row % 8);
        }
    }
    packed
}

fn value(data: &VarData, row: usize) -> &[u8] {
    let offset = |row: usize| data.offsets.get(row).map(|offset| *offset as usize);
    offset(row).zip(offset(row + 1)).and_then(|(start, end)| data.bytes.get(start..end)).unwrap_or_default()
}

fn var_data<V: AsRef<[u8]>>(values: impl Iterator<Item = V>) -> VarData {
    let mut data = VarData { offsets: vec![0], bytes: Vec::new() };
    for value in values {
        data.bytes.extend_from_slice(value.as_ref());
        // A batch holds a few MiB, and no alteration makes a value many times as long.
        data.offsets.push(u32::try_from(data.bytes.len()).unwrap_or(u32::MAX));
    }
    data
}

/// The validity of rows of which some may be null.
fn validity(present: impl Iterator<Item = bool> + Clone) -> Vec<u8> {
    if present.clone().all(|present| present) { Vec::new() } else { pack(present) }
}

/// Rows of a batch in a given order, any of them as often as it is named.
pub(super) fn select(batch: &Batch, rows: &(impl ExactSizeIterator<Item = usize> + Clone)) -> Batch {
    let columns = batch.columns.iter().map(|column| select_values(column, rows.clone())).collect();
    Batch { rows: u32::try_from(rows.len()).unwrap_or(u32::MAX), columns }
}

fn select_values(column: &Column, rows: impl Iterator<Item = usize> + Clone) -> Column {
    fn picked<T: Copy>(values: &[T], rows: impl Iterator<Item = usize>) -> Vec<T> {
        rows.filter_map(|row| values.get(row).copied()).collect()
    }
    let validity = validity(rows.clone().map(|row| !is_null(column, row)));
    let values = match &column.values {
        Values::Int64(values) => Values::Int64(picked(values, rows)),
        Values::Float64(values) => Values::Float64(picked(values, rows)),
        Values::Bits(bits) => Values::Bits(pack(rows.map(|row| bit(bits, row)))),
        Values::Days(values) => Values::Days(picked(values, rows)),
        Values::Micros(values) => Values::Micros(picked(values, rows)),
        Values::Text(data) => Values::Text(var_data(rows.map(|row| value(data, row)))),
        Values::Bytes(data) => Values::Bytes(var_data(rows.map(|row| value(data, row)))),
    };
    Column { validity, values }
}

/// Rows from `start` on: at most `rows_max` of them and at most `bytes_max` bytes, one at least.
pub(super) fn fitting(batch: &Batch, start: usize, rows_max: u32, bytes_max: u64) -> Batch {
    let left = (batch.rows as usize).saturating_sub(start);
    let mut rows = left.min(rows_max as usize).max(1);
    loop {
        let part = select(batch, &(start..start + rows));
        let bytes = part.bytes();
        if bytes <= bytes_max || rows == 1 {
            return part;
        }
        let share = u128::from(bytes_max) * (rows as u128) / u128::from(bytes);
        rows = usize::try_from(share).unwrap_or(rows).clamp(1, rows - 1);
    }
}

/// Each row twice, the two one behind the other.
pub(super) fn doubled(batch: &Batch) -> Batch {
    select(batch, &(0..batch.rows as usize * 2).map(|row| row / 2))
}

/// The rows from the last to the first.
pub(super) fn reversed(batch: &Batch) -> Batch {
    select(batch, &(0..batch.rows as usize).rev())
}

/// All that a row holds, for telling two rows apart; a NaN is like itself, and one null like another.
pub(super) fn print(batch: &Batch, row: usize) -> Vec<u8> {
    let mut print = Vec::new();
    for column in &batch.columns {
        print.push(u8::from(is_null(column, row)));
        if is_null(column, row) {
            continue;
        }
        match &column.values {
            Values::Int64(values) | Values::Micros(values) => {
                print.extend(values.get(row).map(|value| value.to_le_bytes()).unwrap_or_default());
            }
            Values::Float64(values) => {
                print.extend(values.get(row).map(|value| value.to_le_bytes()).unwrap_or_default());
            }
            Values::Days(values) => print.extend(values.get(row).map(|value| value.to_le_bytes()).unwrap_or_default()),
            Values::Bits(bits) => print.push(u8::from(bit(bits, row))),
            Values::Text(data) | Values::Bytes(data) => {
                let value = value(data, row);
                print.extend(value.len().to_le_bytes());
                print.extend(value);
            }
        }
    }
    print
}

/// A column in which every value is null. Where nothing is, sources hold zeros and empty texts, and so does this.
pub(super) fn all_null(column: &Column, rows: usize) -> Column {
    let values = match &column.values {
        Values::Int64(_) => Values::Int64(vec![0; rows]),
        Values::Float64(_) => Values::Float64(vec![0.0; rows]),
        Values::Bits(_) => Values::Bits(vec![0; rows.div_ceil(8)]),
        Values::Days(_) => Values::Days(vec![0; rows]),
        Values::Micros(_) => Values::Micros(vec![0; rows]),
        Values::Text(_) => Values::Text(VarData { offsets: vec![0; rows + 1], bytes: Vec::new() }),
        Values::Bytes(_) => Values::Bytes(VarData { offsets: vec![0; rows + 1], bytes: Vec::new() }),
    };
    Column { validity: vec![0; rows.div_ceil(8)], values }
}

/// A column in which the first value is null.
pub(super) fn first_null(column: &Column, rows: usize) -> Column {
    let present = (0..rows).map(|row| row > 0 && !is_null(column, row));
    let emptied = |data: &VarData| var_data((0..rows).map(|row| if row == 0 { &[] } else { value(data, row) }));
    let mut values = column.values.clone();
    match &mut values {
        Values::Int64(values) | Values::Micros(values) => values.iter_mut().take(1).for_each(|value| *value = 0),
        Values::Float64(values) => values.iter_mut().take(1).for_each(|value| *value = 0.0),
        Values::Days(values) => values.iter_mut().take(1).for_each(|value| *value = 0),
        Values::Bits(bits) => bits.iter_mut().take(1).for_each(|byte| *byte &= !1),
        Values::Text(data) | Values::Bytes(data) => *data = emptied(data),
    }
    Column { validity: pack(present), values }
}

/// A column with another double in its first row, null or not; `None` when it holds just that already, or no doubles.
pub(super) fn first_float(column: &Column, rows: usize, float: f64) -> Option<Column> {
    let Values::Float64(values) = &column.values else { return None };
    let same = |value: f64| value.to_bits() == float.to_bits() || value.is_nan() && float.is_nan();
    if values.first().is_none_or(|value| same(*value)) && !is_null(column, 0) {
        return None;
    }
    let mut values = values.clone();
    values.iter_mut().take(1).for_each(|value| *value = float);
    let validity = validity((0..rows).map(|row| row == 0 || !is_null(column, row)));
    Some(Column { validity, values: Values::Float64(values) })
}

/// What a column is announced as after its type has changed: text, as a loader without a schema makes of anything;
/// text itself becomes whole numbers. JSON stays JSON, and each document is a string that holds what it was.
pub(super) fn retyped_info(info: &ColumnInfo) -> ColumnInfo {
    let (kind, type_name) = match info.kind {
        Kind::Text | Kind::Other => (Kind::Int64, "INT64"),
        Kind::Json => (Kind::Json, "JSON"),
        Kind::Int64
        | Kind::Float64
        | Kind::Boolean
        | Kind::Bytes
        | Kind::Date
        | Kind::Time
        | Kind::DateTime
        | Kind::Timestamp
        | Kind::Decimal => (Kind::Text, "STRING"),
    };
    ColumnInfo { kind, type_name: type_name.to_owned(), ..info.clone() }
}

/// The values as [`retyped_info`] announces them: the same ones printed; of text how many characters it has.
pub(super) fn retyped(kind: Kind, column: &Column, rows: usize) -> Column {
    let values = match (kind, &column.values) {
        (Kind::Text | Kind::Other, Values::Text(data)) => {
            let length = |row| String::from_utf8_lossy(value(data, row)).chars().count();
            Values::Int64((0..rows).map(|row| i64::try_from(length(row)).unwrap_or(i64::MAX)).collect())
        }
        (_, values) => Values::Text(var_data(
            (0..rows).map(|row| if is_null(column, row) { String::new() } else { printed(kind, values, row) }),
        )),
    };
    Column { validity: column.validity.clone(), values }
}

/// A value as text, much as `CAST(… AS STRING)` of GoogleSQL says it.
fn printed(kind: Kind, values: &Values, row: usize) -> String {
    fn text<T: ToString>(values: &[T], row: usize) -> String {
        values.get(row).map(T::to_string).unwrap_or_default()
    }
    match values {
        Values::Int64(values) => text(values, row),
        Values::Float64(values) => text(values, row),
        Values::Bits(bits) => bit(bits, row).to_string(),
        Values::Days(values) => values.get(row).map(|days| date(*days)).unwrap_or_default(),
        Values::Micros(values) => values.get(row).map(|micros| moment(kind, *micros)).unwrap_or_default(),
        Values::Bytes(data) => STANDARD.encode(value(data, row)),
        Values::Text(data) => {
            let text = String::from_utf8_lossy(value(data, row)).into_owned();
            if kind == Kind::Json { serde_json::Value::from(text).to_string() } else { text }
        }
    }
}

/// `2026-01-31`; the number for a day that no calendar has.
fn date(days: i32) -> String {
    let since_epoch = Span::new().try_days(days);
    let date = since_epoch.and_then(|span| jiff::civil::date(1970, 1, 1).checked_add(span));
    date.map_or_else(|_| days.to_string(), |date| date.to_string())
}

/// `12:30:00`, `2026-01-31 12:30:00` or `2026-01-31 12:30:00+00`; the number for a moment that no calendar has.
fn moment(kind: Kind, micros: i64) -> String {
    let format = match kind {
        Kind::Time => "%H:%M:%S%.f",
        Kind::Timestamp => "%Y-%m-%d %H:%M:%S%.f+00",
        _ => "%Y-%m-%d %H:%M:%S%.f",
    };
    match Timestamp::from_microsecond(micros) {
        Ok(instant) => DateTime::strftime(&TimeZone::UTC.to_datetime(instant), format).to_string(),
        Err(_) => micros.to_string(),
    }
}
