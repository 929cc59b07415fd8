//! Typed access to the rows of a columnar answer.

use std::ops::Range;
use std::rc::Rc;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::bindings::assay::query::query::{Batch, ColumnInfo, Data, Kind, VarData};
use crate::context::{date, timestamp};
use crate::error::Error;

/// The rows of a batch, which is checked once to have the shape that it claims, so that no access can go wrong later.
///
/// # Errors
/// When the batch does not fit its columns or itself.
pub fn decode(columns: Rc<[ColumnInfo]>, batch: Batch) -> Result<ChunkRows, Error> {
    let chunk = Rc::new(Chunk::new(columns, batch)?);
    Ok(ChunkRows { indices: 0..chunk.rows(), chunk })
}

/// The rows that came together, one after the other.
pub struct ChunkRows {
    chunk: Rc<Chunk>,
    indices: Range<usize>,
}

impl Iterator for ChunkRows {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        self.indices.next().map(|index| Row { chunk: self.chunk.clone(), index })
    }
}

/// Rows that came together.
struct Chunk {
    columns: Rc<[ColumnInfo]>,
    batch: Batch,
}

impl Chunk {
    fn new(columns: Rc<[ColumnInfo]>, batch: Batch) -> Result<Self, Error> {
        let rows = batch.rows as usize;
        let var = |data: &VarData| {
            let whole = data.offsets.last().copied().unwrap_or(0) as usize == data.bytes.len();
            // Not `rows + 1`: a batch may claim all the rows that a guest's 32 bits can count.
            data.offsets.len().checked_sub(1) == Some(rows) && whole && data.offsets.is_sorted()
        };
        let fits = |column: &crate::bindings::assay::query::query::Column| {
            let values = match &column.data {
                Data::Int64(values) | Data::Micros(values) => values.len() == rows,
                Data::Float64(values) => values.len() == rows,
                Data::Days(values) => values.len() == rows,
                Data::Bits(bits) => bits.len() >= rows.div_ceil(8),
                Data::Text(data) | Data::Bytes(data) => var(data),
            };
            values && (column.validity.is_empty() || column.validity.len() >= rows.div_ceil(8))
        };
        if batch.columns.len() == columns.len() && batch.columns.iter().all(fits) {
            Ok(Self { columns, batch })
        } else {
            Err(Error::new("the host sent a batch that does not fit its columns"))
        }
    }

    fn rows(&self) -> usize {
        self.batch.rows as usize
    }

    fn cell(&self, column: usize, row: usize) -> Result<Cell<'_>, Error> {
        let bit = |bits: &[u8]| bits[row / 8] >> (row % 8) & 1 == 1;
        let slice = |data: &VarData| data.offsets[row] as usize..data.offsets[row + 1] as usize;
        let info = &self.columns[column];
        let column = &self.batch.columns[column];
        if !column.validity.is_empty() && !bit(&column.validity) {
            return Ok(Cell::Null);
        }
        Ok(match (&column.data, info.kind) {
            (Data::Int64(values), _) => Cell::Int64(values[row]),
            (Data::Float64(values), _) => Cell::Float64(values[row]),
            (Data::Bits(bits), _) => Cell::Boolean(bit(bits)),
            (Data::Days(days), _) => Cell::Date(date(days[row])),
            (Data::Micros(micros), Kind::Timestamp) => Cell::Timestamp(timestamp(micros[row])),
            (Data::Micros(micros), Kind::Time) => Cell::Time(micros[row]),
            (Data::Micros(micros), _) => Cell::DateTime(micros[row]),
            (Data::Text(data), kind) => {
                let text = std::str::from_utf8(&data.bytes[slice(data)])
                    .map_err(|_| Error::new(format!("column `{}` holds text that is not UTF-8", info.name)))?;
                if matches!(kind, Kind::Decimal) { Cell::Decimal(text) } else { Cell::Text(text) }
            }
            (Data::Bytes(data), _) => Cell::Bytes(&data.bytes[slice(data)]),
        })
    }
}

/// One row.
pub struct Row {
    chunk: Rc<Chunk>,
    index: usize,
}

/// One value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell<'a> {
    /// Nothing.
    Null,
    /// A whole number.
    Int64(i64),
    /// A double; NaN and infinities are values.
    Float64(f64),
    /// A truth value.
    Boolean(bool),
    /// Text, JSON, or what the source prints for a type of its own.
    Text(&'a str),
    /// An exact number in plain notation.
    Decimal(&'a str),
    /// Raw bytes.
    Bytes(&'a [u8]),
    /// A day.
    Date(Date),
    /// Microseconds since midnight.
    Time(i64),
    /// Microseconds since 1970-01-01 00:00 in no zone.
    DateTime(i64),
    /// An instant.
    Timestamp(Timestamp),
}

impl Cell<'_> {
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Int64(_) => "int64",
            Self::Float64(_) => "float64",
            Self::Boolean(_) => "boolean",
            Self::Text(_) => "text",
            Self::Decimal(_) => "decimal",
            Self::Bytes(_) => "bytes",
            Self::Date(_) => "date",
            Self::Time(_) => "time",
            Self::DateTime(_) => "datetime",
            Self::Timestamp(_) => "timestamp",
        }
    }

    /// The value for a person; none for null.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        Some(match self {
            Self::Null => return None,
            Self::Int64(value) => value.to_string(),
            Self::Float64(value) => value.to_string(),
            Self::Boolean(value) => value.to_string(),
            Self::Text(text) | Self::Decimal(text) => (*text).to_owned(),
            Self::Bytes(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
            Self::Date(date) => date.to_string(),
            Self::Time(micros) => {
                timestamp(*micros).to_string().trim_start_matches("1970-01-01T").trim_end_matches('Z').to_owned()
            }
            Self::DateTime(micros) => timestamp(*micros).to_string().trim_end_matches('Z').to_owned(),
            Self::Timestamp(instant) => instant.to_string(),
        })
    }
}

/// A type that a cell can be read as.
///
/// ```no_run
/// # fn example(row: &assay_sdk::Row) -> Result<(), assay_sdk::Error> {
/// let n: i64 = row.get("n")?;
/// let newest: Option<assay_sdk::Date> = row.get("newest")?;
/// # Ok(())
/// # }
/// ```
///
/// Whatever else is told what there is:
/// ```compile_fail,E0277
/// # fn example(row: &assay_sdk::Row) -> Result<(), assay_sdk::Error> {
/// let n: u8 = row.get("n")?;
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "a cell cannot be read as `{Self}`",
    label = "no type of a column",
    note = "there are i64, u64, i32, u32, f64, bool, String, Vec<u8>, Date and Timestamp, and `Option` of them for nulls",
    note = "a whole row is read as a struct with `Row::typed`, any cell as it is with `Row::cell`"
)]
pub trait FromCell: Sized {
    /// What is expected, for messages.
    const EXPECTED: &'static str;

    /// The value, or none when the cell is of another type.
    fn from_cell(cell: Cell<'_>) -> Option<Self>;
}

macro_rules! from_cell {
    ($($type:ty, $expected:literal, $($cell:pat => $value:expr),+;)*) => {
        $(impl FromCell for $type {
            const EXPECTED: &'static str = $expected;

            fn from_cell(cell: Cell<'_>) -> Option<Self> {
                match cell {
                    $($cell => $value,)+
                    _ => None,
                }
            }
        })*
    };
}

from_cell! {
    i64, "a whole number", Cell::Int64(value) => Some(value), Cell::Decimal(text) => text.parse().ok();
    u64, "a whole number of 0 or more", Cell::Int64(value) => value.try_into().ok(),
        Cell::Decimal(text) => text.parse().ok();
    i32, "a whole number of 32 bits", Cell::Int64(value) => value.try_into().ok(),
        Cell::Decimal(text) => text.parse().ok();
    u32, "a whole number of 0 or more, of 32 bits", Cell::Int64(value) => value.try_into().ok(),
        Cell::Decimal(text) => text.parse().ok();
    Vec<u8>, "bytes", Cell::Bytes(bytes) => Some(bytes.to_vec());
    f64, "a number", Cell::Float64(value) => Some(value), Cell::Decimal(text) => text.parse().ok(),
        // Exact up to 2^53; a double is what the caller asked for.
        Cell::Int64(value) => Some(value as f64);
    bool, "a truth value", Cell::Boolean(value) => Some(value);
    String, "text", Cell::Text(text) => Some(text.to_owned()), Cell::Decimal(text) => Some(text.to_owned());
    Date, "a date", Cell::Date(date) => Some(date);
    Timestamp, "an instant", Cell::Timestamp(instant) => Some(instant),
        // A time in no zone is taken as UTC.
        Cell::DateTime(micros) => Some(timestamp(micros));
}

impl<T: FromCell> FromCell for Option<T> {
    const EXPECTED: &'static str = T::EXPECTED;

    fn from_cell(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Null => Some(None),
            cell => T::from_cell(cell).map(Some),
        }
    }
}

impl Row {
    /// The value of a column as a type; as an `Option` if it may be null.
    ///
    /// # Errors
    /// When there is no such column, the value is of another type, or it is null and no `Option` was asked for.
    pub fn get<T: FromCell>(&self, column: &str) -> Result<T, Error> {
        let cell = self.cell(column)?;
        T::from_cell(cell).ok_or_else(|| {
            Error::new(format!("column `{column}` holds {} where {} was expected", cell.kind(), T::EXPECTED))
        })
    }

    /// Whether the answer has a column, in whatever case: for one that a statement of settings may leave out.
    #[must_use]
    pub fn has(&self, column: &str) -> bool {
        self.columns().iter().any(|info| info.name.eq_ignore_ascii_case(column))
    }

    /// The value of a column, whatever its type.
    ///
    /// # Errors
    /// When there is no such column, or its text is not UTF-8.
    pub fn cell(&self, column: &str) -> Result<Cell<'_>, Error> {
        self.chunk.cell(self.position(column)?, self.index)
    }

    /// The columns of the answer.
    pub(crate) fn columns(&self) -> &[ColumnInfo] {
        &self.chunk.columns
    }

    /// Where a column stands: by its very name, or else by its name in another case.
    pub(crate) fn position(&self, column: &str) -> Result<usize, Error> {
        let columns = self.columns();
        columns
            .iter()
            .position(|info| info.name == column)
            .or_else(|| columns.iter().position(|info| info.name.eq_ignore_ascii_case(column)))
            .ok_or_else(|| {
                let names: Vec<_> = columns.iter().map(|info| format!("`{}`", info.name)).collect();
                Error::new(format!("the query returns no column `{column}`; it returns {}", names.join(", ")))
            })
    }

    /// The value of a column, by its place.
    pub(crate) fn cell_at(&self, position: usize) -> Result<Cell<'_>, Error> {
        self.chunk.cell(position, self.index)
    }

    /// All cells as text, named: a sample for a finding.
    ///
    /// # Errors
    /// When a text is not UTF-8.
    pub fn sample(&self) -> Result<Vec<(String, Option<String>)>, Error> {
        let named = |(position, info): (usize, &ColumnInfo)| {
            Ok((info.name.clone(), self.chunk.cell(position, self.index)?.text()))
        };
        self.chunk.columns.iter().enumerate().map(named).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bindings::assay::query::query::Column;

    fn row(kind: Kind, data: Data, validity: Vec<u8>) -> Result<Row, Error> {
        let info = ColumnInfo { name: "c".to_owned(), kind, type_name: String::new(), nullable: true };
        let batch = Batch { rows: 1, columns: vec![Column { validity, data }] };
        Ok(decode(vec![info].into(), batch)?.next().unwrap())
    }

    fn text(text: &[u8]) -> Data {
        Data::Text(VarData { offsets: vec![0, u32::try_from(text.len()).unwrap()], bytes: text.to_vec() })
    }

    #[test]
    fn a_null_is_an_error_unless_it_was_asked_for() {
        let row = row(Kind::Int64, Data::Int64(vec![7]), vec![0]).unwrap();
        assert_eq!(row.get::<Option<i64>>("c"), Ok(None));
        let error = row.get::<i64>("c").unwrap_err();
        assert_eq!(error.to_string(), "column `c` holds null where a whole number was expected");
    }

    #[test]
    fn values_convert_without_loss_only() {
        let decimal = |digits: &str| row(Kind::Decimal, text(digits.as_bytes()), vec![]).unwrap();
        assert_eq!(decimal("12").get::<i64>("c"), Ok(12));
        assert!(decimal("12.5").get::<i64>("c").is_err());
        assert_eq!(decimal("12.5").get::<f64>("c"), Ok(12.5));
        assert!(row(Kind::Float64, Data::Float64(vec![1.0]), vec![]).unwrap().get::<i64>("c").is_err());
        assert!(row(Kind::Int64, Data::Int64(vec![1]), vec![]).unwrap().get::<String>("c").is_err());
    }

    #[test]
    fn names_are_found_and_missing_ones_told() {
        let row = row(Kind::Int64, Data::Int64(vec![7]), vec![1]).unwrap();
        assert_eq!(row.get::<i64>("C"), Ok(7));
        assert!(row.has("C") && !row.has("d"));
        assert_eq!(row.get::<i64>("d").unwrap_err().to_string(), "the query returns no column `d`; it returns `c`");
    }

    #[test]
    fn a_batch_that_claims_every_row_there_can_be_is_refused() {
        // In a guest's 32 bits, one more than all rows is none.
        let info = ColumnInfo { name: "c".to_owned(), kind: Kind::Text, type_name: String::new(), nullable: true };
        let data = Data::Text(VarData { offsets: vec![], bytes: vec![] });
        let batch = Batch { rows: u32::MAX, columns: vec![Column { validity: vec![], data }] };
        assert!(decode(vec![info].into(), batch).is_err());
    }

    #[test]
    fn a_batch_that_lies_about_its_shape_is_refused() {
        for data in [
            Data::Int64(vec![]),
            Data::Bits(vec![]),
            Data::Text(VarData { offsets: vec![0], bytes: vec![] }),
            Data::Text(VarData { offsets: vec![0, 9], bytes: vec![1] }),
        ] {
            assert!(row(Kind::Text, data, vec![]).is_err());
        }
        assert!(row(Kind::Text, text(b"\xff"), vec![]).unwrap().get::<String>("c").is_err(), "not UTF-8");
    }
}
