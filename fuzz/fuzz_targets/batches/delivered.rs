//! Columns of the engine on their way to a check: what arrives is what was sent, or an error.

use std::sync::Arc;

use arbitrary::Arbitrary;
use assay::model::{Batch, Column, ColumnInfo, Kind, Values, VarData};
use assay::source::Rows as _;
use assay::source::files::FileRows;
use assay_sdk::bindings::assay::query::query as contract;
use assay_sdk::{Cell, Row, Timestamp};
use datafusion::arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use datafusion::arrow::datatypes::{Field, Schema};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use futures::executor::block_on;

use crate::columns::{Expected, Values as Given};

/// What a query gives, and how a check asks for it.
#[derive(Debug, Arbitrary)]
pub(crate) struct Answer {
    columns: Vec<Given>,
    /// Rows of each of the engine's batches, and the rows before them that are cut off.
    batches: Vec<(u8, u8)>,
    rows_max: u8,
    bytes_max: u16,
}

/// The most that one input is made of.
const COLUMNS_MAX: usize = 4;
const BATCHES_MAX: usize = 3;
const ROWS_MAX: u8 = 40;
const SKIPPED_MAX: u8 = 20;

/// The answer as it should arrive: column by column, row by row.
type Table = Vec<Vec<Expected>>;

/// Sends an answer through the host and decodes what comes.
pub(crate) fn deliver(answer: &Answer) {
    let given = &answer.columns[..answer.columns.len().min(COLUMNS_MAX)];
    let fields = given.iter().enumerate();
    let fields: Vec<_> = fields.map(|(at, column)| Field::new(name(at), column.data_type(), true)).collect();
    let schema = Arc::new(Schema::new(fields));
    let mut sent = Vec::new();
    let mut expected: Vec<(usize, Table)> = Vec::new();
    for (rows, skipped) in answer.batches.iter().take(BATCHES_MAX) {
        let (rows, skipped) = (usize::from(rows % ROWS_MAX), usize::from(skipped % SKIPPED_MAX));
        let columns: Vec<(ArrayRef, Vec<Expected>)> = given.iter().map(|column| column.rows(skipped, rows)).collect();
        let (arrays, table): (Vec<_>, Table) = columns.into_iter().unzip();
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let batch = RecordBatch::try_new_with_options(schema.clone(), arrays, &options);
        sent.push(Ok(batch.expect("columns are of their type")));
        expected.push((rows, table));
    }
    let stream = RecordBatchStreamAdapter::new(schema, futures::stream::iter(sent));
    let mut rows = FileRows::of(Box::pin(stream)).expect("a thread");
    let columns = rows.columns().to_vec();
    let rows_max = u32::from(answer.rows_max).max(1);
    let bytes_max = u64::from(answer.bytes_max);
    for (count, table) in expected.iter().filter(|(count, _)| *count > 0) {
        let mut done = 0;
        while done < *count {
            let next = block_on(rows.next(rows_max, bytes_max));
            let batch = match next {
                Ok(batch) => batch.expect("rows are still due"),
                Err(problem) => {
                    let allowed = table.iter().flatten().any(Expected::may_not_fit);
                    return assert!(allowed, "{}: every value fits", problem.message);
                }
            };
            assert!(!table.iter().flatten().any(Expected::must_not_fit), "a value that does not fit was delivered");
            assert!((1..=rows_max).contains(&batch.rows), "{} rows where {rows_max} were asked for", batch.rows);
            assert!(batch.rows == 1 || batch.bytes() <= bytes_max, "more bytes than were asked for");
            check_shape(&batch, &columns);
            done = check_values(batch, &columns, table, done);
        }
    }
    let end = block_on(rows.next(rows_max, bytes_max));
    assert!(end.is_ok_and(|batch| batch.is_none()), "rows that nobody sent");
}

fn name(column: usize) -> String {
    format!("c{column}")
}

/// What the contract says of a batch.
fn check_shape(batch: &Batch, columns: &[ColumnInfo]) {
    let rows = usize::try_from(batch.rows).expect("small");
    assert_eq!(batch.columns.len(), columns.len());
    for (column, info) in batch.columns.iter().zip(columns) {
        let bits = rows.div_ceil(8);
        assert!([0, bits].contains(&column.validity.len()), "{} bytes of validity", column.validity.len());
        let length = match &column.values {
            Values::Int64(values) | Values::Micros(values) => values.len(),
            Values::Float64(values) => values.len(),
            Values::Days(values) => values.len(),
            Values::Bits(values) => {
                assert_eq!(values.len(), bits);
                rows
            }
            Values::Text(data) | Values::Bytes(data) => {
                check_offsets(data);
                data.offsets.len() - 1
            }
        };
        assert_eq!(length, rows, "{info:?}");
        assert_eq!(layout(info.kind), std::mem::discriminant(&column.values), "{info:?}");
    }
}

fn check_offsets(data: &VarData) {
    assert_eq!(data.offsets.first(), Some(&0));
    assert!(data.offsets.is_sorted());
    assert_eq!(data.offsets.last().map(|end| *end as usize), Some(data.bytes.len()));
}

/// The layout that belongs to a kind.
fn layout(kind: Kind) -> std::mem::Discriminant<Values> {
    std::mem::discriminant(&match kind {
        Kind::Int64 => Values::Int64(Vec::new()),
        Kind::Float64 => Values::Float64(Vec::new()),
        Kind::Boolean => Values::Bits(Vec::new()),
        Kind::Date => Values::Days(Vec::new()),
        Kind::Time | Kind::DateTime | Kind::Timestamp => Values::Micros(Vec::new()),
        Kind::Text | Kind::Decimal | Kind::Json | Kind::Other => Values::Text(VarData::default()),
        Kind::Bytes => Values::Bytes(VarData::default()),
    })
}

/// Decodes a batch with the SDK and compares; returns how many rows of the table are done.
fn check_values(batch: Batch, columns: &[ColumnInfo], table: &Table, done: usize) -> usize {
    let infos: Vec<_> = columns.iter().map(sdk_info).collect();
    let batch = contract::Batch { rows: batch.rows, columns: batch.columns.into_iter().map(sdk_column).collect() };
    let rows = assay_sdk::decode(infos.into(), batch).expect("what the host sends is believed");
    let mut end = done;
    for row in rows {
        for (at, expected) in table.iter().enumerate() {
            check_cell(&row, &name(at), &expected[end]);
        }
        end += 1;
    }
    end
}

fn check_cell(row: &Row, name: &str, expected: &Expected) {
    let cell = row.cell(name).expect("the host sends UTF-8");
    let agrees = match (expected, cell) {
        (Expected::Null, cell) => cell == Cell::Null,
        (Expected::Int(value), Cell::Int64(cell)) => cell == *value,
        (Expected::Float(value), Cell::Float64(cell)) => cell == *value || cell.is_nan() && value.is_nan(),
        (Expected::Text(value), Cell::Text(cell)) => cell == value,
        (Expected::Decimal(value), Cell::Decimal(cell)) => cell == value,
        (Expected::Boolean(value), Cell::Boolean(cell)) => cell == *value,
        (Expected::Bytes(value), Cell::Bytes(cell)) => cell == value,
        (Expected::Date(days), Cell::Date(cell)) => match Timestamp::from_second(i64::from(*days) * 86_400) {
            Ok(midnight) => midnight.to_string().starts_with(&cell.to_string()),
            Err(_) => true, // Beyond the calendar; the SDK gives its end.
        },
        (Expected::Time(value), Cell::Time(cell)) | (Expected::DateTime(value), Cell::DateTime(cell)) => cell == *value,
        (Expected::Instant(micros), Cell::Timestamp(cell)) => match Timestamp::from_microsecond(*micros) {
            Ok(instant) => cell == instant,
            Err(_) => cell == if *micros < 0 { Timestamp::MIN } else { Timestamp::MAX },
        },
        (Expected::Json(value), Cell::Text(cell)) => {
            serde_json::from_str(cell).is_ok_and(|json: serde_json::Value| json == *value)
        }
        (Expected::Printed, Cell::Text(cell)) => !cell.is_empty() && !cell.contains("ERROR"),
        (Expected::Document, Cell::Text(cell)) => is_document(cell),
        _ => false,
    };
    assert!(agrees, "{name}: {expected:?} arrives as {cell:?}");
}

/// JSON in which no value is a note of the engine's that it could not write it.
fn is_document(text: &str) -> bool {
    serde_json::from_str::<serde_json::Value>(text).is_ok() && !text.contains("ERROR")
}

fn sdk_info(info: &ColumnInfo) -> contract::ColumnInfo {
    let kind = match info.kind {
        Kind::Int64 => contract::Kind::Int64,
        Kind::Float64 => contract::Kind::Float64,
        Kind::Text => contract::Kind::Text,
        Kind::Boolean => contract::Kind::Boolean,
        Kind::Bytes => contract::Kind::Bytes,
        Kind::Date => contract::Kind::Date,
        Kind::Time => contract::Kind::Time,
        Kind::DateTime => contract::Kind::Datetime,
        Kind::Timestamp => contract::Kind::Timestamp,
        Kind::Decimal => contract::Kind::Decimal,
        Kind::Json => contract::Kind::Json,
        Kind::Other => contract::Kind::Other,
    };
    let ColumnInfo { name, type_name, nullable, .. } = info.clone();
    contract::ColumnInfo { name, kind, type_name, nullable }
}

fn sdk_column(Column { validity, values }: Column) -> contract::Column {
    let var = |VarData { offsets, bytes }| contract::VarData { offsets, bytes };
    let data = match values {
        Values::Int64(values) => contract::Data::Int64(values),
        Values::Float64(values) => contract::Data::Float64(values),
        Values::Bits(bits) => contract::Data::Bits(bits),
        Values::Days(days) => contract::Data::Days(days),
        Values::Micros(micros) => contract::Data::Micros(micros),
        Values::Text(data) => contract::Data::Text(var(data)),
        Values::Bytes(data) => contract::Data::Bytes(var(data)),
    };
    contract::Column { validity, data }
}
