//! Types of columns, in one spelling, and how their values are delivered: as the source of files does it, so that a check
//! sees the same from both.

use crate::bigquery::Field;
use crate::model::{ColumnInfo, Kind, Problem, ProblemCode};

/// A type of GoogleSQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Type {
    Int64,
    Float64,
    Bool,
    String,
    Bytes,
    Date,
    Time,
    DateTime,
    Timestamp,
    Numeric,
    BigNumeric,
    Json,
    Geography,
    Interval,
    Range(&'static str),
    Array(Box<Type>),
    Struct(Vec<(String, Type)>),
}

impl Type {
    /// Of a field, as its schema says; the old names of types are understood too.
    ///
    /// # Errors
    /// `unsupported-sql`, naming the column and its type.
    pub(super) fn of(field: &Field) -> Result<Self, Problem> {
        let refused = |what: &str, hint: &str| {
            let message = format!("the column `{}` is {what}, which is not supported", field.name);
            Err(Problem::new(ProblemCode::UnsupportedSql, message).with_hint(hint))
        };
        let element = match field.type_name.as_str() {
            "INT64" | "INTEGER" => Self::Int64,
            "FLOAT64" | "FLOAT" => Self::Float64,
            "BOOL" | "BOOLEAN" => Self::Bool,
            "STRING" => Self::String,
            "BYTES" => Self::Bytes,
            "DATE" => Self::Date,
            "TIME" => Self::Time,
            "DATETIME" => Self::DateTime,
            "TIMESTAMP" if field.timestamp_precision.is_some_and(|digits| digits > 6) => {
                return refused("a TIMESTAMP of more than 6 digits", "write CAST(x AS TIMESTAMP) or FORMAT_TIMESTAMP");
            }
            "TIMESTAMP" => Self::Timestamp,
            "NUMERIC" => Self::Numeric,
            "BIGNUMERIC" => Self::BigNumeric,
            "JSON" => Self::Json,
            "GEOGRAPHY" => Self::Geography,
            "INTERVAL" => Self::Interval,
            "RANGE" => match field.range_element_type.as_ref().map(|of| of.type_name.as_str()) {
                Some("DATE") => Self::Range("DATE"),
                Some("DATETIME") => Self::Range("DATETIME"),
                Some("TIMESTAMP") => Self::Range("TIMESTAMP"),
                _ => return refused("a RANGE of something else", "select RANGE_START and RANGE_END instead"),
            },
            "STRUCT" | "RECORD" => {
                let fields = field.fields.iter().map(|field| Ok((field.name.clone(), Self::of(field)?)));
                Self::Struct(fields.collect::<Result<_, Problem>>()?)
            }
            other => {
                return refused(&format!("of the type {other}"), "select what can be made of it, such as a STRING");
            }
        };
        Ok(match field.mode.as_deref() {
            Some("REPEATED") => Self::Array(Box::new(element)),
            _ => element,
        })
    }

    /// How its values are laid out.
    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Int64 => Kind::Int64,
            Self::Float64 => Kind::Float64,
            Self::Bool => Kind::Boolean,
            Self::String => Kind::Text,
            Self::Bytes => Kind::Bytes,
            Self::Date => Kind::Date,
            Self::Time => Kind::Time,
            Self::DateTime => Kind::DateTime,
            Self::Timestamp => Kind::Timestamp,
            Self::Numeric | Self::BigNumeric => Kind::Decimal,
            Self::Json | Self::Array(_) | Self::Struct(_) => Kind::Json,
            Self::Geography | Self::Interval | Self::Range(_) => Kind::Other,
        }
    }

    /// As GoogleSQL writes it.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Int64 => "INT64".to_owned(),
            Self::Float64 => "FLOAT64".to_owned(),
            Self::Bool => "BOOL".to_owned(),
            Self::String => "STRING".to_owned(),
            Self::Bytes => "BYTES".to_owned(),
            Self::Date => "DATE".to_owned(),
            Self::Time => "TIME".to_owned(),
            Self::DateTime => "DATETIME".to_owned(),
            Self::Timestamp => "TIMESTAMP".to_owned(),
            Self::Numeric => "NUMERIC".to_owned(),
            Self::BigNumeric => "BIGNUMERIC".to_owned(),
            Self::Json => "JSON".to_owned(),
            Self::Geography => "GEOGRAPHY".to_owned(),
            Self::Interval => "INTERVAL".to_owned(),
            Self::Range(of) => format!("RANGE<{of}>"),
            Self::Array(of) => format!("ARRAY<{}>", of.name()),
            Self::Struct(fields) => {
                let fields: Vec<_> = fields.iter().map(|(name, of)| format!("{name} {}", of.name())).collect();
                format!("STRUCT<{}>", fields.join(", "))
            }
        }
    }
}

/// One column of an answer.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    pub(super) name: String,
    pub(super) of: Type,
    nullable: bool,
}

impl Layout {
    /// Of a field of the answer's schema.
    ///
    /// # Errors
    /// As of [`Type::of`].
    pub(super) fn of(field: &Field) -> Result<Self, Problem> {
        // An array is never null, it is empty.
        let nullable = !matches!(field.mode.as_deref(), Some("REQUIRED" | "REPEATED"));
        Ok(Self { name: field.name.clone(), of: Type::of(field)?, nullable })
    }

    /// The column as it is announced.
    pub(super) fn info(&self) -> ColumnInfo {
        let (kind, type_name) = (self.of.kind(), self.of.name());
        ColumnInfo { name: self.name.clone(), kind, type_name, nullable: self.nullable }
    }
}
