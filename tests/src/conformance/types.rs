//! Types as GoogleSQL writes them.

use std::fmt;

use anyhow::{Context as _, bail};
use assay::model::Kind;

/// A type of GoogleSQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    /// `INT64`
    Int64,
    /// `FLOAT64`
    Float64,
    /// `STRING`
    String,
    /// `BOOL`
    Bool,
    /// `BYTES`
    Bytes,
    /// `DATE`
    Date,
    /// `DATETIME`
    DateTime,
    /// `TIME`
    Time,
    /// `TIMESTAMP`
    Timestamp,
    /// `NUMERIC`
    Numeric,
    /// `BIGNUMERIC`
    BigNumeric,
    /// `JSON`
    Json,
    /// `ARRAY<...>`
    Array(Box<Type>),
    /// `STRUCT<...>`
    Struct(Vec<Field>),
}

/// A column, or a field of a `STRUCT`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Empty for a field without a name.
    pub name: String,
    /// Its type.
    pub r#type: Type,
}

const SCALARS: [(&str, Type); 12] = [
    ("INT64", Type::Int64),
    ("FLOAT64", Type::Float64),
    ("STRING", Type::String),
    ("BOOL", Type::Bool),
    ("BYTES", Type::Bytes),
    ("DATE", Type::Date),
    ("DATETIME", Type::DateTime),
    ("TIME", Type::Time),
    ("TIMESTAMP", Type::Timestamp),
    ("NUMERIC", Type::Numeric),
    ("BIGNUMERIC", Type::BigNumeric),
    ("JSON", Type::Json),
];

impl Type {
    /// Reads a type.
    ///
    /// # Errors
    /// When it is none.
    pub fn read(text: &str) -> anyhow::Result<Self> {
        let text = text.trim();
        if let Some((_, scalar)) = SCALARS.iter().find(|(name, _)| *name == text) {
            return Ok(scalar.clone());
        }
        let inner = |kind: &str| text.strip_prefix(kind)?.strip_suffix('>');
        if let Some(element) = inner("ARRAY<") {
            return Ok(Self::Array(Box::new(Self::read(element)?)));
        }
        if let Some(fields) = inner("STRUCT<") {
            return Ok(Self::Struct(parts(fields).map(Field::of_struct).collect::<Result<_, _>>()?));
        }
        bail!("`{text}` is not a type of GoogleSQL, written in capitals")
    }

    /// The type of the scalars that assay calls by a kind.
    ///
    /// # Errors
    /// When values of the kind may be of several types.
    pub fn of(kind: Kind) -> anyhow::Result<Self> {
        let found = SCALARS.iter().find(|(_, scalar)| scalar.kinds().first() == Some(&kind));
        found.map(|(_, scalar)| scalar.clone()).with_context(|| format!("{kind:?} is of no one type"))
    }

    /// The kinds under which assay may deliver a column of the type.
    #[must_use]
    pub fn kinds(&self) -> &'static [Kind] {
        match self {
            Self::Int64 => &[Kind::Int64],
            Self::Float64 => &[Kind::Float64],
            Self::String => &[Kind::Text],
            Self::Bool => &[Kind::Boolean],
            Self::Bytes => &[Kind::Bytes],
            Self::Date => &[Kind::Date],
            Self::DateTime => &[Kind::DateTime],
            Self::Time => &[Kind::Time],
            Self::Timestamp => &[Kind::Timestamp],
            Self::Numeric | Self::BigNumeric => &[Kind::Decimal],
            Self::Json => &[Kind::Text, Kind::Json],
            Self::Array(_) | Self::Struct(_) => &[Kind::Json],
        }
    }

    /// Whether a column of this type is what was asked for; a field that was written without a name may have any.
    #[must_use]
    pub fn answers(&self, wanted: &Self) -> bool {
        match (self, wanted) {
            (Self::Array(own), Self::Array(wanted)) => own.answers(wanted),
            (Self::Struct(own), Self::Struct(wanted)) => {
                let is_field = |(own, wanted): (&Field, &Field)| {
                    (wanted.name.is_empty() || own.name == wanted.name) && own.r#type.answers(&wanted.r#type)
                };
                own.len() == wanted.len() && own.iter().zip(wanted).all(is_field)
            }
            (own, wanted) => own == wanted,
        }
    }
}

impl Field {
    /// Reads the columns of a case: `name TYPE, name TYPE`.
    ///
    /// # Errors
    /// When it is not of that form.
    pub fn read_all(text: &str) -> anyhow::Result<Vec<Self>> {
        parts(text).map(Self::read).collect()
    }

    fn read(text: &str) -> anyhow::Result<Self> {
        let (name, r#type) = text.trim().split_once(' ').with_context(|| format!("`{text}` is not `name TYPE`"))?;
        Ok(Self { name: name.to_owned(), r#type: Type::read(r#type)? })
    }

    fn of_struct(text: &str) -> anyhow::Result<Self> {
        match Type::read(text) {
            Ok(r#type) => Ok(Self { name: String::new(), r#type }),
            Err(_) => Self::read(text),
        }
    }
}

/// What stands between commas that are in no angle brackets.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_usize;
    text.split(move |c| {
        match c {
            '<' => depth += 1,
            '>' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ',' && depth == 0
    })
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Array(element) => write!(f, "ARRAY<{element}>"),
            Self::Struct(fields) => {
                f.write_str("STRUCT<")?;
                for (index, field) in fields.iter().enumerate() {
                    let comma = if index > 0 { ", " } else { "" };
                    write!(f, "{comma}{field}")?;
                }
                f.write_str(">")
            }
            scalar => {
                let name = SCALARS.iter().find(|(_, found)| found == scalar).map_or("?", |(name, _)| *name);
                f.write_str(name)
            }
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let space = if self.name.is_empty() { "" } else { " " };
        write!(f, "{}{space}{}", self.name, self.r#type)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_printed_as_they_are_read() {
        for text in ["n INT64", "n INT64, s STRING", "a ARRAY<STRUCT<x INT64, y ARRAY<DATE>>>, b STRUCT<INT64, STRING>"]
        {
            let fields = Field::read_all(text).unwrap();
            let printed: Vec<_> = fields.iter().map(Field::to_string).collect();
            assert_eq!(printed.join(", "), text);
        }
    }

    #[test]
    fn what_is_no_type_is_said() {
        let error = Field::read_all("n INTEGER").unwrap_err();
        assert_eq!(error.to_string(), "`INTEGER` is not a type of GoogleSQL, written in capitals");
        assert_eq!(Field::read_all("n").unwrap_err().to_string(), "`n` is not `name TYPE`");
    }

    #[test]
    fn a_field_without_a_name_may_have_any() {
        let r#type = |text: &str| Type::read(text).unwrap();
        assert!(r#type("STRUCT<a INT64>").answers(&r#type("STRUCT<INT64>")));
        assert!(!r#type("STRUCT<a INT64>").answers(&r#type("STRUCT<b INT64>")));
        assert!(!r#type("ARRAY<INT64>").answers(&r#type("ARRAY<STRING>")));
    }
}
