//! The types of GoogleSQL and what the engine holds for each.
//!
//! `STRING` is the engine's `Utf8View`. Its plain `Utf8` is a literal that was written as text: it becomes a date or a
//! timestamp where one is wanted, as a column of text never does.

use std::fmt;
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, Fields, TimeUnit};
use sqlparser::ast::{ArrayElemTypeDef, DataType as SqlType, ExactNumberInfo, StructField, TimezoneInfo};

/// The zone of the type `TIMESTAMP`.
pub(in crate::source::files) const UTC: &str = "UTC";

/// A type of GoogleSQL.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::source::files) enum Type {
    /// `NULL` without a type.
    Null,
    /// A text that stands in the statement.
    Literal,
    /// `INT64`
    Int64,
    /// `FLOAT64`
    Float64,
    /// `NUMERIC`: 38 digits, 9 of them behind the point.
    Numeric,
    /// `BIGNUMERIC`: 76 digits, 38 of them behind the point.
    BigNumeric,
    /// `BOOL`
    Bool,
    /// `STRING`
    String,
    /// `BYTES`
    Bytes,
    /// `DATE`
    Date,
    /// `DATETIME`
    Datetime,
    /// `TIME`
    Time,
    /// `TIMESTAMP`
    Timestamp,
    /// `ARRAY<...>`
    Array(Box<Type>),
    /// `STRUCT<...>`
    Struct(Vec<(String, Type)>),
    /// Anything else that the engine has.
    Other(DataType),
}

impl Type {
    /// The type that the engine's type stands for.
    pub(in crate::source::files) fn of(data_type: &DataType) -> Self {
        match data_type {
            DataType::Null => Self::Null,
            DataType::Utf8 => Self::Literal,
            data_type if data_type.is_integer() => Self::Int64,
            DataType::Float16 | DataType::Float32 | DataType::Float64 => Self::Float64,
            DataType::Decimal32(..) | DataType::Decimal64(..) | DataType::Decimal128(..) => Self::Numeric,
            DataType::Decimal256(..) => Self::BigNumeric,
            DataType::Boolean => Self::Bool,
            DataType::Utf8View | DataType::LargeUtf8 => Self::String,
            DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
                Self::Bytes
            }
            DataType::Date32 | DataType::Date64 => Self::Date,
            DataType::Time32(_) | DataType::Time64(_) => Self::Time,
            DataType::Timestamp(_, None) => Self::Datetime,
            DataType::Timestamp(_, Some(_)) => Self::Timestamp,
            DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
                Self::Array(Box::new(Self::of(item.data_type())))
            }
            DataType::Struct(fields) => {
                Self::Struct(fields.iter().map(|field| (field.name().clone(), Self::of(field.data_type()))).collect())
            }
            DataType::Dictionary(_, values) => Self::of(values),
            other => Self::Other(other.clone()),
        }
    }

    /// The one type of the engine that holds it.
    pub(in crate::source::files) fn arrow(&self) -> DataType {
        match self {
            Self::Null => DataType::Null,
            Self::Literal => DataType::Utf8,
            Self::Int64 => DataType::Int64,
            Self::Float64 => DataType::Float64,
            Self::Numeric => DataType::Decimal128(38, 9),
            Self::BigNumeric => DataType::Decimal256(76, 38),
            Self::Bool => DataType::Boolean,
            Self::String => DataType::Utf8View,
            Self::Bytes => DataType::Binary,
            Self::Date => DataType::Date32,
            Self::Datetime => DataType::Timestamp(TimeUnit::Microsecond, None),
            Self::Time => DataType::Time64(TimeUnit::Microsecond),
            Self::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, Some(UTC.into())),
            Self::Array(item) => DataType::List(Arc::new(Field::new_list_field(item.arrow(), true))),
            Self::Struct(fields) => DataType::Struct(
                fields.iter().map(|(name, item)| Field::new(name, item.arrow(), true)).collect::<Fields>(),
            ),
            Self::Other(data_type) => data_type.clone(),
        }
    }

    /// The type that a name in a statement means; `None` for one that there is not.
    pub(in crate::source::files) fn named(name: &SqlType) -> Option<Self> {
        Some(match name {
            SqlType::Int64
            | SqlType::Int(None)
            | SqlType::Integer(None)
            | SqlType::BigInt(None)
            | SqlType::SmallInt(None)
            | SqlType::TinyInt(None) => Self::Int64,
            SqlType::Float64 => Self::Float64,
            SqlType::Bool | SqlType::Boolean => Self::Bool,
            SqlType::String(None) => Self::String,
            SqlType::Bytes(None) => Self::Bytes,
            SqlType::Date => Self::Date,
            SqlType::Datetime(None) => Self::Datetime,
            SqlType::Timestamp(None, TimezoneInfo::None) => Self::Timestamp,
            SqlType::Time(None, TimezoneInfo::None) => Self::Time,
            SqlType::Numeric(ExactNumberInfo::None) | SqlType::Decimal(ExactNumberInfo::None) => Self::Numeric,
            SqlType::BigNumeric(ExactNumberInfo::None) | SqlType::BigDecimal(ExactNumberInfo::None) => Self::BigNumeric,
            SqlType::Array(ArrayElemTypeDef::AngleBracket(item)) => Self::Array(Box::new(Self::named(item)?)),
            SqlType::Struct(fields, _) => Self::Struct(
                fields.iter().enumerate().map(|(at, field)| Self::named_field(at, field)).collect::<Option<_>>()?,
            ),
            _ => return None,
        })
    }

    fn named_field(at: usize, field: &StructField) -> Option<(String, Self)> {
        let name = field.field_name.as_ref().map_or_else(|| unnamed_field(at), |name| name.value.clone());
        Some((name, Self::named(&field.field_type)?))
    }

    /// The type that a value keeps: a text of the statement is a `STRING`.
    pub(in crate::source::files) fn settled(self) -> Self {
        match self {
            Self::Literal => Self::String,
            Self::Array(item) => Self::Array(Box::new(item.settled())),
            Self::Struct(fields) => {
                Self::Struct(fields.into_iter().map(|(name, field)| (name, field.settled())).collect())
            }
            other => other,
        }
    }

    /// Fields at the bottom of it; one for what has no fields.
    pub(in crate::source::files) fn leaves(&self) -> usize {
        match self {
            Self::Struct(fields) => fields.iter().map(|(_, field)| field.leaves()).sum(),
            _ => 1,
        }
    }

    /// Whether it is a number.
    pub(in crate::source::files) fn is_numeric(&self) -> bool {
        matches!(self, Self::Int64 | Self::Float64 | Self::Numeric | Self::BigNumeric)
    }

    /// What a value of this type costs to become one of another without being asked to: 0 for the same type.
    /// `None` where GoogleSQL wants a `CAST`.
    pub(in crate::source::files) fn coercion(&self, to: &Self) -> Option<u32> {
        match (self, to) {
            (from, to) if from == to => Some(0),
            (Self::Null, _) => Some(1),
            (Self::Literal, Self::String) => Some(0),
            (Self::Literal, Self::Date | Self::Datetime | Self::Time | Self::Timestamp) => Some(3),
            (Self::Literal, Self::Bytes) => Some(4),
            (Self::Int64, Self::Numeric) => Some(2),
            (Self::Int64, Self::BigNumeric) => Some(3),
            (Self::Int64, Self::Float64) => Some(4),
            (Self::Numeric, Self::BigNumeric) => Some(2),
            (Self::Numeric, Self::Float64) => Some(3),
            (Self::BigNumeric, Self::Float64) => Some(2),
            (Self::Date, Self::Datetime) => Some(2),
            (Self::Array(from), Self::Array(to)) => from.coercion(to),
            (Self::Struct(from), Self::Struct(to)) if from.len() == to.len() => {
                from.iter().zip(to).map(|((_, from), (_, to))| from.coercion(to)).sum()
            }
            _ => None,
        }
    }

    /// The type that values of both become where they stand side by side.
    pub(in crate::source::files) fn supertype(&self, other: &Self) -> Option<Self> {
        match (self, other) {
            (Self::Literal, Self::Literal) => Some(Self::String),
            (Self::Numeric | Self::BigNumeric, Self::Float64) | (Self::Float64, Self::Numeric | Self::BigNumeric) => {
                Some(Self::Float64)
            }
            (Self::Struct(ours), Self::Struct(theirs)) if ours.len() == theirs.len() => {
                let fields = ours.iter().zip(theirs);
                let fields = fields.map(|((name, ours), (_, theirs))| Some((name.clone(), ours.supertype(theirs)?)));
                fields.collect::<Option<_>>().map(Self::Struct)
            }
            (Self::Array(ours), Self::Array(theirs)) => ours.supertype(theirs).map(|item| Self::Array(Box::new(item))),
            (one, other) if one.coercion(other).is_some() => Some(other.clone()),
            (one, other) if other.coercion(one).is_some() => Some(one.clone()),
            _ => None,
        }
    }
}

/// The name of a field that has none.
pub(in crate::source::files) fn unnamed_field(at: usize) -> String {
    format!("_field_{}", at + 1)
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "NULL",
            Self::Literal | Self::String => "STRING",
            Self::Int64 => "INT64",
            Self::Float64 => "FLOAT64",
            Self::Numeric => "NUMERIC",
            Self::BigNumeric => "BIGNUMERIC",
            Self::Bool => "BOOL",
            Self::Bytes => "BYTES",
            Self::Date => "DATE",
            Self::Datetime => "DATETIME",
            Self::Time => "TIME",
            Self::Timestamp => "TIMESTAMP",
            Self::Array(item) => return write!(f, "ARRAY<{item}>"),
            Self::Struct(fields) => {
                f.write_str("STRUCT<")?;
                for (at, (name, item)) in fields.iter().enumerate() {
                    let comma = if at == 0 { "" } else { ", " };
                    write!(f, "{comma}{name} {item}")?;
                }
                return f.write_str(">");
            }
            Self::Other(data_type) => return write!(f, "{data_type}"),
        })
    }
}

/// Lists of types, for a person.
pub(in crate::source::files) fn listed(types: &[Type]) -> String {
    types.iter().map(Type::to_string).collect::<Vec<_>>().join(", ")
}
