//! Cells of rows, and how they are told as another type.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;

/// Type of a column, named as in GoogleSQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ColumnType {
    /// Text.
    String,
    /// Whole number of 64 bits.
    Int64,
    /// Number with a fraction.
    Float64,
    /// True or false.
    Bool,
    /// Day.
    Date,
    /// Instant, in microseconds.
    Timestamp,
}

impl ColumnType {
    /// The name of the type.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::String => "STRING",
            Self::Int64 => "INT64",
            Self::Float64 => "FLOAT64",
            Self::Bool => "BOOL",
            Self::Date => "DATE",
            Self::Timestamp => "TIMESTAMP",
        }
    }
}

/// A cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing.
    Null,
    /// Text.
    Text(Arc<str>),
    /// Whole number.
    Int(i64),
    /// Number with a fraction.
    Float(f64),
    /// True or false.
    Bool(bool),
    /// Day.
    Day(Date),
    /// Instant.
    Instant(Timestamp),
}

impl Value {
    /// The type of the cell; `None` for nothing.
    #[must_use]
    pub fn column_type(&self) -> Option<ColumnType> {
        match self {
            Self::Null => None,
            Self::Text(_) => Some(ColumnType::String),
            Self::Int(_) => Some(ColumnType::Int64),
            Self::Float(_) => Some(ColumnType::Float64),
            Self::Bool(_) => Some(ColumnType::Bool),
            Self::Day(_) => Some(ColumnType::Date),
            Self::Instant(_) => Some(ColumnType::Timestamp),
        }
    }

    /// Whether there is nothing.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The cell as text, as a key of a group is told.
    #[must_use]
    pub fn to_text(&self) -> String {
        match self {
            Self::Null => "NULL".to_owned(),
            Self::Text(text) => text.to_string(),
            Self::Int(number) => number.to_string(),
            Self::Float(number) => number.to_string(),
            Self::Bool(truth) => truth.to_string(),
            Self::Day(day) => day.to_string(),
            Self::Instant(instant) => instant.to_string(),
        }
    }

    /// The cell as another type: text of anything, and numbers as each other. `None` where that has no meaning.
    #[must_use]
    pub fn cast(&self, to: ColumnType) -> Option<Self> {
        match (self, to) {
            (Self::Null, _) => Some(Self::Null),
            (value, to) if value.column_type() == Some(to) => Some(value.clone()),
            (value, ColumnType::String) => Some(value.to_text().as_str().into()),
            (Self::Int(number), ColumnType::Float64) => Some(Self::Float(float(*number))),
            (Self::Float(number), ColumnType::Int64) => Some(Self::Int(whole(*number))),
            _ => None,
        }
    }
}

/// The nearest whole number; the ends of the range for what lies beyond.
#[expect(clippy::cast_possible_truncation, reason = "saturates, as the doc comment says")]
pub(crate) fn whole(number: f64) -> i64 {
    number.round() as i64
}

/// A whole number with a fraction of nothing.
#[expect(clippy::cast_precision_loss, reason = "counts and bytes are far below 2^53")]
pub(crate) fn float(number: i64) -> f64 {
    number as f64
}

/// A number rounded to two digits after the point.
pub(crate) fn cents(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

/// A number rounded to one digit after the point.
pub(crate) fn tenths(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<&Arc<str>> for Value {
    fn from(text: &Arc<str>) -> Self {
        Self::Text(Arc::clone(text))
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Float(number)
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self::Bool(truth)
    }
}

impl From<Date> for Value {
    fn from(day: Date) -> Self {
        Self::Day(day)
    }
}

impl From<Timestamp> for Value {
    fn from(instant: Timestamp) -> Self {
        Self::Instant(instant)
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}
