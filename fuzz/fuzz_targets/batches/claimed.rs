//! Batches whose lengths, offsets, texts and counts may all be lies.

use arbitrary::Arbitrary;
use assay_sdk::bindings::assay::query::query::{Batch, Column, ColumnInfo, Data, Kind, VarData};
use assay_sdk::{Date, Row, Timestamp};

/// Rows that are looked at; a batch without columns may claim four thousand million.
const ROWS_READ: usize = 300;

/// A batch with what is said of its columns.
#[derive(Debug, Arbitrary)]
pub(crate) struct Claim {
    rows: u8,
    /// The number of rows that is said, if it is another.
    rows_said: Option<u32>,
    columns: Vec<ClaimedColumn>,
    /// The number of columns that is said, if it is another.
    columns_said: Option<u8>,
}

#[derive(Debug, Arbitrary)]
struct ClaimedColumn {
    kind: u8,
    name: String,
    values: ClaimedValues,
    /// Brought to the length that is due, unless it is to stay as it is.
    validity: (Vec<u8>, bool),
    /// Values are brought to the length that is due.
    fits: bool,
}

#[derive(Debug, Arbitrary)]
enum ClaimedValues {
    Int64(Vec<i64>),
    Float64(Vec<f64>),
    Bits(Vec<u8>),
    Days(Vec<i32>),
    Micros(Vec<i64>),
    Text(ClaimedVar),
    Bytes(ClaimedVar),
}

#[derive(Debug, Arbitrary)]
struct ClaimedVar {
    offsets: Vec<u32>,
    bytes: Vec<u8>,
}

/// Decodes a batch and reads every value in every way. Whether it is believed must agree with what the contract says.
pub(crate) fn decode(claim: Claim) {
    let due = usize::from(claim.rows);
    let said = claim.rows_said.unwrap_or(u32::from(claim.rows));
    let mut infos: Vec<ColumnInfo> = claim.columns.iter().map(info).collect();
    if let Some(count) = claim.columns_said {
        let more = ColumnInfo { name: "more".into(), kind: Kind::Int64, type_name: String::new(), nullable: false };
        infos.resize(usize::from(count), more);
    }
    let names: Vec<String> = infos.iter().map(|info| info.name.clone()).collect();
    let columns = claim.columns.into_iter().map(|column| column.built(due)).collect();
    let batch = Batch { rows: said, columns };
    let honest = batch.columns.len() == infos.len() && batch.columns.iter().all(|column| is_honest(column, said));
    match assay_sdk::decode(infos.into(), batch) {
        Err(_) => assert!(!honest, "an honest batch was refused"),
        Ok(rows) => {
            assert!(honest, "a batch that lies was believed");
            let limit = usize::try_from(said).unwrap_or(usize::MAX).min(ROWS_READ);
            let read = rows.take(ROWS_READ).inspect(|row| read(row, &names)).count();
            assert_eq!(read, limit, "rows were lost or invented");
        }
    }
}

fn info(column: &ClaimedColumn) -> ColumnInfo {
    let kinds = [
        Kind::Int64,
        Kind::Float64,
        Kind::Text,
        Kind::Boolean,
        Kind::Bytes,
        Kind::Date,
        Kind::Time,
        Kind::Datetime,
        Kind::Timestamp,
        Kind::Decimal,
        Kind::Json,
        Kind::Other,
    ];
    let kind = kinds[usize::from(column.kind) % kinds.len()];
    ColumnInfo { name: column.name.clone(), kind, type_name: String::new(), nullable: true }
}

impl ClaimedColumn {
    fn built(self, rows: usize) -> Column {
        let length = self.fits.then_some(rows);
        let (validity, as_it_is) = self.validity;
        let validity = if as_it_is { validity } else { fitted(validity, Some(rows.div_ceil(8))) };
        let data = match self.values {
            ClaimedValues::Int64(values) => Data::Int64(fitted(values, length)),
            ClaimedValues::Float64(values) => Data::Float64(fitted(values, length)),
            ClaimedValues::Bits(bits) => Data::Bits(fitted(bits, length.map(|rows| rows.div_ceil(8)))),
            ClaimedValues::Days(days) => Data::Days(fitted(days, length)),
            ClaimedValues::Micros(micros) => Data::Micros(fitted(micros, length)),
            ClaimedValues::Text(data) => Data::Text(data.built(length)),
            ClaimedValues::Bytes(data) => Data::Bytes(data.built(length)),
        };
        Column { validity, data }
    }
}

impl ClaimedVar {
    /// With as many offsets as are due, if any number is: steps that end with the last byte.
    fn built(self, rows: Option<usize>) -> VarData {
        let Self { offsets, bytes } = self;
        let Some(rows) = rows else { return VarData { offsets, bytes } };
        let end = u32::try_from(bytes.len()).expect("inputs are small");
        let mut offsets: Vec<u32> = offsets.into_iter().map(|offset| offset % (end + 1)).collect();
        offsets.resize(rows, end);
        offsets.sort_unstable();
        offsets.push(end);
        VarData { offsets, bytes }
    }
}

fn fitted<T: Clone + Default>(mut values: Vec<T>, length: Option<usize>) -> Vec<T> {
    if let Some(length) = length {
        values.resize(length, T::default());
    }
    values
}

/// Whether a column is what the contract says of a column of so many rows.
fn is_honest(column: &Column, rows: u32) -> bool {
    let rows = u64::from(rows);
    let holds = |bits: &[u8]| bits.len() as u64 >= rows.div_ceil(8);
    let var = |data: &VarData| {
        data.offsets.len() as u64 == rows + 1
            && data.offsets.windows(2).all(|pair| pair[0] <= pair[1])
            && data.offsets.last().is_some_and(|end| *end as usize == data.bytes.len())
    };
    let values = match &column.data {
        Data::Int64(values) | Data::Micros(values) => values.len() as u64 == rows,
        Data::Float64(values) => values.len() as u64 == rows,
        Data::Days(values) => values.len() as u64 == rows,
        Data::Bits(bits) => holds(bits),
        Data::Text(data) | Data::Bytes(data) => var(data),
    };
    values && (column.validity.is_empty() || holds(&column.validity))
}

/// Reads a row as every type there is; an error is an answer.
fn read(row: &Row, names: &[String]) {
    let sample = row.sample();
    assert!(sample.is_err() || sample.is_ok_and(|sample| sample.len() == names.len()));
    for name in names.iter().map(String::as_str).chain(["no such column"]) {
        let Ok(cell) = row.cell(name) else { continue };
        let text = cell.text();
        drop(row.get::<i64>(name));
        drop(row.get::<f64>(name));
        drop(row.get::<bool>(name));
        drop(row.get::<Option<Date>>(name));
        drop(row.get::<Option<Timestamp>>(name));
        assert_eq!(row.get::<Option<i64>>(name).is_ok_and(|value| value.is_none()), text.is_none());
        drop(row.get::<Option<String>>(name));
    }
}
