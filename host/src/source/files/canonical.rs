//! The types of GoogleSQL in the engine, and which of them the types of files become.
//!
//! Every column of a table has one of few types, whatever its file says: `Int64`, `Float64`, `Boolean`, `Utf8View`
//! (STRING and JSON; plain `Utf8` is kept for literals that have no type yet), `Binary`, `Date32`, `Time64` in
//! microseconds, `Timestamp` in microseconds (in UTC: TIMESTAMP, without a zone: DATETIME), `Decimal128(38, 9)`
//! (NUMERIC), `Decimal256(76, 38)` (BIGNUMERIC), and lists and structs of them. The scan casts, and a value that does
//! not fit is an error. What GoogleSQL has no type for (durations, intervals, unions) stays what it is.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, FieldRef, Fields, Schema, TimeUnit};

/// NUMERIC.
pub(super) const NUMERIC: DataType = DataType::Decimal128(38, 9);

/// BIGNUMERIC.
pub(super) const BIGNUMERIC: DataType = DataType::Decimal256(76, 38);

/// DATETIME.
pub(super) const DATETIME: DataType = DataType::Timestamp(TimeUnit::Microsecond, None);

/// TIME.
pub(super) const TIME: DataType = DataType::Time64(TimeUnit::Microsecond);

/// Digits before the point of a NUMERIC.
const NUMERIC_WHOLE: i16 = 29;

/// Digits behind the point of a NUMERIC.
const NUMERIC_SCALE: i8 = 9;

/// TIMESTAMP.
pub(super) fn timestamp() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

/// The type that a type of a file becomes.
pub(super) fn of(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Null | DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => DataType::Utf8View,
        DataType::Int8
        | DataType::Int16
        | DataType::Int32
        | DataType::Int64
        | DataType::UInt8
        | DataType::UInt16
        | DataType::UInt32 => DataType::Int64,
        // Twenty digits, one more than INT64 has room for.
        DataType::UInt64 => NUMERIC,
        DataType::Float16 | DataType::Float32 | DataType::Float64 => DataType::Float64,
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
            DataType::Binary
        }
        DataType::Date32 | DataType::Date64 => DataType::Date32,
        DataType::Time32(_) | DataType::Time64(_) => TIME,
        DataType::Timestamp(_, None) => DATETIME,
        DataType::Timestamp(_, Some(_)) => timestamp(),
        DataType::Decimal32(precision, scale)
        | DataType::Decimal64(precision, scale)
        | DataType::Decimal128(precision, scale)
        | DataType::Decimal256(precision, scale) => decimal(*precision, *scale),
        DataType::Dictionary(_, values) => of(values),
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
            DataType::List(field(item))
        }
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(field).collect()),
        DataType::Boolean
        | DataType::Map(..)
        | DataType::ListView(_)
        | DataType::LargeListView(_)
        | DataType::Duration(_)
        | DataType::Interval(_)
        | DataType::Union(..)
        | DataType::RunEndEncoded(..) => data_type.clone(),
    }
}

fn decimal(precision: u8, scale: i8) -> DataType {
    let whole = i16::from(precision) - i16::from(scale);
    if whole <= NUMERIC_WHOLE && scale <= NUMERIC_SCALE { NUMERIC } else { BIGNUMERIC }
}

/// The same for a column or a part of one.
pub(super) fn field(field: &FieldRef) -> FieldRef {
    let data_type = of(field.data_type());
    match data_type == *field.data_type() {
        true => Arc::clone(field),
        false => Arc::new(field.as_ref().clone().with_data_type(data_type)),
    }
}

/// The same for all columns of a file.
pub(super) fn schema(schema: &Schema) -> Schema {
    Schema::new(schema.fields().iter().map(field).collect::<Fields>())
}

/// What GoogleSQL calls a type.
pub(super) fn name(data_type: &DataType) -> String {
    let plain = match data_type {
        DataType::Int64 => "INT64",
        DataType::Float64 => "FLOAT64",
        DataType::Boolean => "BOOL",
        DataType::Utf8View => "STRING",
        DataType::Binary => "BYTES",
        DataType::Date32 => "DATE",
        other if *other == TIME => "TIME",
        other if *other == DATETIME => "DATETIME",
        other if *other == timestamp() => "TIMESTAMP",
        other if *other == NUMERIC => "NUMERIC",
        other if *other == BIGNUMERIC => "BIGNUMERIC",
        DataType::List(item) => return format!("ARRAY<{}>", name(item.data_type())),
        DataType::Struct(fields) => {
            let fields: Vec<_> =
                fields.iter().map(|field| format!("{} {}", field.name(), name(field.data_type()))).collect();
            return format!("STRUCT<{}>", fields.join(", "));
        }
        other => return other.to_string(),
    };
    plain.to_owned()
}

/// Two columns, or two fields of one struct, that GoogleSQL could not tell apart.
pub(super) fn alike(fields: &Fields) -> Option<(String, String)> {
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    for field in fields {
        if let Some(first) = seen.insert(field.name().to_lowercase(), field.name()) {
            return Some((first.to_owned(), field.name().clone()));
        }
    }
    fields.iter().find_map(|field| alike_within(field.data_type()))
}

fn alike_within(data_type: &DataType) -> Option<(String, String)> {
    match data_type {
        DataType::Struct(fields) => alike(fields),
        DataType::List(item) => alike_within(item.data_type()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::arrow::datatypes::Field;

    #[test]
    fn every_type_of_a_file_becomes_one_of_googlesql() {
        let text = || DataType::Utf8View;
        let zone = |zone: &str| Some(zone.into());
        for (file, expected) in [
            (DataType::Null, text()),
            (DataType::LargeUtf8, text()),
            (DataType::Dictionary(Box::new(DataType::Int8), Box::new(DataType::Utf8)), text()),
            (DataType::UInt32, DataType::Int64),
            (DataType::UInt64, NUMERIC),
            (DataType::Float16, DataType::Float64),
            (DataType::FixedSizeBinary(4), DataType::Binary),
            (DataType::Date64, DataType::Date32),
            (DataType::Time32(TimeUnit::Second), TIME),
            (DataType::Timestamp(TimeUnit::Nanosecond, None), DATETIME),
            (DataType::Timestamp(TimeUnit::Second, zone("+02:00")), timestamp()),
            (DataType::Decimal32(9, 2), NUMERIC),
            (DataType::Decimal128(38, 9), NUMERIC),
            (DataType::Decimal128(29, 0), NUMERIC),
            (DataType::Decimal128(30, 0), BIGNUMERIC),
            (DataType::Decimal128(20, 10), BIGNUMERIC),
            (DataType::Decimal256(76, 38), BIGNUMERIC),
            (DataType::Duration(TimeUnit::Second), DataType::Duration(TimeUnit::Second)),
        ] {
            assert_eq!(of(&file), expected, "{file}");
        }
        let inner = DataType::Struct(vec![Field::new("n", DataType::Int16, true)].into());
        let nested = DataType::LargeList(Arc::new(Field::new("item", inner, true)));
        assert_eq!(name(&of(&nested)), "ARRAY<STRUCT<n INT64>>");
    }

    #[test]
    fn names_that_differ_in_case_are_found_at_every_depth() {
        let field = |name: &str| Field::new(name, DataType::Int64, true);
        assert_eq!(alike(&vec![field("a"), field("b")].into()), None);
        assert_eq!(alike(&vec![field("Id"), field("id")].into()), Some(("Id".to_owned(), "id".to_owned())));
        let inner = DataType::Struct(vec![field("ä"), field("Ä")].into());
        let list = Field::new("l", DataType::List(Arc::new(Field::new("item", inner, true))), true);
        assert_eq!(alike(&vec![list].into()), Some(("ä".to_owned(), "Ä".to_owned())));
    }
}
