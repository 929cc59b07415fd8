//! From a page of rows to a batch of columns.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value as Json;

use super::document;
use super::types::{Layout, Type};
use super::value;
use crate::bigquery::Row;
use crate::model::{Batch, Column, Problem, ProblemCode, Values, VarData};

/// The rows of a page as a batch.
///
/// # Errors
/// `failed`, naming the column whose value cannot be read: never another value in its place.
pub(super) fn batch(layouts: &[Layout], rows: Vec<Row>) -> Result<Batch, Problem> {
    let count = u32::try_from(rows.len()).map_err(|_| failed("BigQuery answers too many rows at once".to_owned()))?;
    let mut columns: Vec<Building> = layouts.iter().map(|layout| Building::new(&layout.of, rows.len())).collect();
    for row in rows {
        if row.f.len() != layouts.len() {
            let message = format!("a row of BigQuery's has {} cells and not {}", row.f.len(), layouts.len());
            return Err(failed(message));
        }
        for ((layout, column), cell) in layouts.iter().zip(&mut columns).zip(row.f) {
            if column.push(&layout.of, &cell.v).is_none() {
                let message = format!("the column `{}` holds a {} that cannot be read", layout.name, layout.of.name());
                return Err(failed(message));
            }
        }
    }
    Ok(Batch { rows: count, columns: columns.into_iter().map(Building::finish).collect() })
}

fn failed(message: String) -> Problem {
    Problem::new(ProblemCode::Failed, message).with_hint("select what can be made of it, such as CAST(x AS STRING)")
}

/// A column while its rows come in.
struct Building {
    validity: Bits,
    has_nulls: bool,
    values: Growing,
}

enum Growing {
    Fixed(Values),
    Bits(Bits),
    Text(VarData),
    Bytes(VarData),
}

impl Building {
    fn new(of: &Type, rows: usize) -> Self {
        let var = || VarData { offsets: Vec::from([0]), bytes: Vec::new() };
        let values = match of {
            Type::Int64 => Growing::Fixed(Values::Int64(Vec::with_capacity(rows))),
            Type::Float64 => Growing::Fixed(Values::Float64(Vec::with_capacity(rows))),
            Type::Date => Growing::Fixed(Values::Days(Vec::with_capacity(rows))),
            Type::Time | Type::DateTime | Type::Timestamp => Growing::Fixed(Values::Micros(Vec::with_capacity(rows))),
            Type::Bool => Growing::Bits(Bits::default()),
            Type::Bytes => Growing::Bytes(var()),
            Type::String
            | Type::Numeric
            | Type::BigNumeric
            | Type::Json
            | Type::Geography
            | Type::Interval
            | Type::Range(_)
            | Type::Array(_)
            | Type::Struct(_) => Growing::Text(var()),
        };
        Self { validity: Bits::default(), has_nulls: false, values }
    }

    /// None when the value is not one of the type.
    fn push(&mut self, of: &Type, cell: &Json) -> Option<()> {
        // An array is never null, it is empty.
        let is_null = cell.is_null() && !matches!(of, Type::Array(_));
        self.validity.push(!is_null);
        self.has_nulls |= is_null;
        if is_null {
            self.push_null();
            return Some(());
        }
        match (&mut self.values, of) {
            (Growing::Fixed(Values::Int64(values)), _) => values.push(text(cell)?.parse().ok()?),
            (Growing::Fixed(Values::Float64(values)), _) => values.push(value::float(&text(cell)?)?),
            (Growing::Fixed(Values::Days(values)), _) => values.push(value::days(&text(cell)?)?),
            (Growing::Fixed(Values::Micros(values)), Type::Time) => values.push(value::time(&text(cell)?)?),
            (Growing::Fixed(Values::Micros(values)), Type::DateTime) => values.push(value::datetime(&text(cell)?)?),
            (Growing::Fixed(Values::Micros(values)), _) => values.push(value::timestamp(&text(cell)?)?),
            (Growing::Bits(bits), _) => bits.push(value::boolean(&text(cell)?)?),
            (Growing::Bytes(data), _) => append(data, &BASE64_STANDARD.decode(cell.as_str()?).ok()?)?,
            (Growing::Text(data), Type::Numeric | Type::BigNumeric) => {
                append(data, value::decimal(&text(cell)?)?.as_bytes())?;
            }
            (Growing::Text(data), Type::Array(_) | Type::Struct(_)) => {
                append(data, document::written(of, cell)?.as_bytes())?;
            }
            (Growing::Text(data), _) => append(data, text(cell)?.as_bytes())?,
            (Growing::Fixed(_), _) => return None,
        }
        Some(())
    }

    fn push_null(&mut self) {
        match &mut self.values {
            Growing::Fixed(Values::Int64(values) | Values::Micros(values)) => values.push(0),
            Growing::Fixed(Values::Float64(values)) => values.push(0.0),
            Growing::Fixed(Values::Days(values)) => values.push(0),
            Growing::Fixed(Values::Bits(_) | Values::Text(_) | Values::Bytes(_)) => {}
            Growing::Bits(bits) => bits.push(false),
            Growing::Text(data) | Growing::Bytes(data) => data.offsets.extend(data.offsets.last().copied()),
        }
    }

    fn finish(self) -> Column {
        let validity = if self.has_nulls { self.validity.bytes } else { Vec::new() };
        let values = match self.values {
            Growing::Fixed(values) => values,
            Growing::Bits(bits) => Values::Bits(bits.bytes),
            Growing::Text(data) => Values::Text(data),
            Growing::Bytes(data) => Values::Bytes(data),
        };
        Column { validity, values }
    }
}

/// The text of a scalar: BigQuery writes them all as text, emulators some as JSON.
pub(super) fn text(cell: &Json) -> Option<std::borrow::Cow<'_, str>> {
    match cell {
        Json::String(text) => Some(text.as_str().into()),
        Json::Number(number) => Some(number.to_string().into()),
        Json::Bool(value) => Some(value.to_string().into()),
        Json::Null | Json::Array(_) | Json::Object(_) => None,
    }
}

fn append(data: &mut VarData, value: &[u8]) -> Option<()> {
    data.bytes.extend_from_slice(value);
    data.offsets.push(u32::try_from(data.bytes.len()).ok()?);
    Some(())
}

/// One bit a row, the least significant first.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    len: usize,
}

impl Bits {
    fn push(&mut self, bit: bool) {
        if self.len.is_multiple_of(8) {
            self.bytes.push(0);
        }
        if let Some(last) = self.bytes.last_mut() {
            *last |= u8::from(bit) << (self.len % 8);
        }
        self.len += 1;
    }
}
