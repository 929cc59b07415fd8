//! Columnar data on its way from a source to a check, in the shape of `assay:query@1.0.0`.

/// How the values of a column are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// 64-bit signed integers.
    Int64,
    /// IEEE 754 doubles.
    Float64,
    /// UTF-8 text.
    Text,
    /// One bit a row.
    Boolean,
    /// Raw bytes.
    Bytes,
    /// Days since 1970-01-01.
    Date,
    /// Microseconds since midnight.
    Time,
    /// Microseconds since 1970-01-01 00:00 in no zone.
    DateTime,
    /// Microseconds since 1970-01-01 00:00 UTC.
    Timestamp,
    /// Exact decimal numbers, as text in plain notation.
    Decimal,
    /// JSON documents, as text.
    Json,
    /// Anything else, as the source prints it.
    Other,
}

/// One column of a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnInfo {
    /// Name or alias in the statement.
    pub name: String,
    /// Layout of its values.
    pub kind: Kind,
    /// The source's own name of the type.
    pub type_name: String,
    /// Whether a null may occur.
    pub nullable: bool,
}

/// Values of variable length: row `i` is `bytes[offsets[i]..offsets[i + 1]]`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VarData {
    /// One more than there are rows; the first is 0.
    pub offsets: Vec<u32>,
    /// The values one behind the other.
    pub bytes: Vec<u8>,
}

/// The values of one column; a null row holds an unspecified value.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// [`Kind::Int64`].
    Int64(Vec<i64>),
    /// [`Kind::Float64`].
    Float64(Vec<f64>),
    /// [`Kind::Boolean`], least significant bit first.
    Bits(Vec<u8>),
    /// [`Kind::Date`].
    Days(Vec<i32>),
    /// [`Kind::Time`], [`Kind::DateTime`], [`Kind::Timestamp`].
    Micros(Vec<i64>),
    /// [`Kind::Text`], [`Kind::Decimal`], [`Kind::Json`], [`Kind::Other`].
    Text(VarData),
    /// [`Kind::Bytes`].
    Bytes(VarData),
}

/// One column of a batch.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// One bit a row, least significant bit first, 1 for present; empty when no row is null.
    pub validity: Vec<u8>,
    /// The values.
    pub values: Values,
}

/// Some rows of a result, column by column.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// Number of rows.
    pub rows: u32,
    /// In the order of the result's columns.
    pub columns: Vec<Column>,
}

impl Batch {
    /// Bytes of column data, as counted against the limit on bytes in.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        let var = |data: &VarData| data.offsets.len() * size_of::<u32>() + data.bytes.len();
        self.columns
            .iter()
            .map(|column| {
                let values = match &column.values {
                    Values::Int64(values) | Values::Micros(values) => size_of_val(values.as_slice()),
                    Values::Float64(values) => size_of_val(values.as_slice()),
                    Values::Days(values) => size_of_val(values.as_slice()),
                    Values::Bits(bits) => bits.len(),
                    Values::Text(data) | Values::Bytes(data) => var(data),
                };
                (values + column.validity.len()) as u64
            })
            .sum()
    }
}

/// A typed value to bind.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// The typed null of a kind.
    Null(Kind),
    /// A truth value.
    Boolean(bool),
    /// A 64-bit signed integer.
    Int64(i64),
    /// A double.
    Float64(f64),
    /// UTF-8 text.
    Text(String),
    /// Raw bytes.
    Bytes(Vec<u8>),
    /// Days since 1970-01-01.
    Date(i32),
    /// Microseconds since 1970-01-01 00:00 in no zone.
    DateTime(i64),
    /// Microseconds since 1970-01-01 00:00 UTC.
    Timestamp(i64),
    /// An exact decimal number in plain notation.
    Decimal(String),
    /// Several integers.
    Int64Array(Vec<i64>),
    /// Several doubles.
    Float64Array(Vec<f64>),
    /// Several texts.
    TextArray(Vec<String>),
    /// Several dates, days since 1970-01-01.
    DateArray(Vec<i32>),
    /// Several instants, microseconds since 1970-01-01 00:00 UTC.
    TimestampArray(Vec<i64>),
}

/// A named parameter; `@name` in the statement.
#[derive(Debug, Clone, PartialEq)]
pub struct Param {
    /// Without the `@`.
    pub name: String,
    /// What to bind.
    pub value: Value,
}
