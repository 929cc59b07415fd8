//! Single values: bytes, doubles and parameters.

use std::borrow::Cow;
use std::fmt;

use base64::Engine as _;
use base64::display::Base64Display;
use base64::engine::general_purpose::STANDARD;
use jiff::civil::date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::KindWord;
use crate::model::{Param, Value, cut};

/// Longest text of one value that a person is shown, in bytes.
const TOLD_BYTES_MAX: usize = 200;

/// Bytes, in base 64.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::source::transcript) struct Base64<'a>(pub(super) Cow<'a, [u8]>);

impl Base64<'_> {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Base64<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&Base64Display::new(&self.0, &STANDARD))
    }
}

impl<'de> Deserialize<'de> for Base64<'_> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Written("bytes in base 64", |text: &str| {
            let bytes = STANDARD.decode(text).map_err(|error| error.to_string())?;
            Ok(Self(Cow::Owned(bytes)))
        }))
    }
}

/// A double as text, because JSON has neither NaN nor infinities: the shortest digits that give the same bits, `inf`,
/// `-inf`, `NaN`, or `NaN:` and 16 hexadecimal digits for a NaN with other bits than the usual.
#[derive(Debug, Clone, Copy)]
pub(in crate::source::transcript) struct Float(pub(super) f64);

impl fmt::Display for Float {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(value) = self;
        match value.to_bits() {
            bits if value.is_nan() && bits != f64::NAN.to_bits() => write!(f, "NaN:{bits:016x}"),
            _ => write!(f, "{value:?}"),
        }
    }
}

impl Serialize for Float {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Float {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Written("a double as text", |text: &str| {
            let value = match text.strip_prefix("NaN:") {
                Some(bits) => u64::from_str_radix(bits, 16).ok().map(f64::from_bits).filter(|value| value.is_nan()),
                None => text.parse().ok(),
            };
            value.map(Self).ok_or_else(|| format!("`{}` is not a double", cut(text.to_owned(), TOLD_BYTES_MAX)))
        }))
    }
}

/// Reads what is written as text.
struct Written<F>(&'static str, F);

impl<T, F: FnOnce(&str) -> Result<T, String>> Visitor<'_> for Written<F> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
        (self.1)(text).map_err(E::custom)
    }
}

/// A parameter.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::source::transcript) struct ParamDocument {
    name: String,
    value: ValueDocument,
}

impl From<&Param> for ParamDocument {
    fn from(param: &Param) -> Self {
        Self { name: param.name.clone(), value: (&param.value).into() }
    }
}

impl From<ParamDocument> for Param {
    fn from(ParamDocument { name, value }: ParamDocument) -> Self {
        Self { name, value: value.into() }
    }
}

/// A typed value.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ValueDocument {
    Null(KindWord),
    Boolean(bool),
    Int64(i64),
    Float64(Float),
    Text(String),
    Bytes(Base64<'static>),
    Date(i32),
    #[serde(rename = "datetime")]
    DateTime(i64),
    Timestamp(i64),
    Decimal(String),
    Int64Array(Vec<i64>),
    Float64Array(Vec<Float>),
    TextArray(Vec<String>),
    DateArray(Vec<i32>),
    TimestampArray(Vec<i64>),
}

impl From<&Value> for ValueDocument {
    fn from(value: &Value) -> Self {
        match value.clone() {
            Value::Null(kind) => Self::Null(kind.into()),
            Value::Boolean(value) => Self::Boolean(value),
            Value::Int64(value) => Self::Int64(value),
            Value::Float64(value) => Self::Float64(Float(value)),
            Value::Text(value) => Self::Text(value),
            Value::Bytes(value) => Self::Bytes(Base64(Cow::Owned(value))),
            Value::Date(value) => Self::Date(value),
            Value::DateTime(value) => Self::DateTime(value),
            Value::Timestamp(value) => Self::Timestamp(value),
            Value::Decimal(value) => Self::Decimal(value),
            Value::Int64Array(values) => Self::Int64Array(values),
            Value::Float64Array(values) => Self::Float64Array(values.into_iter().map(Float).collect()),
            Value::TextArray(values) => Self::TextArray(values),
            Value::DateArray(values) => Self::DateArray(values),
            Value::TimestampArray(values) => Self::TimestampArray(values),
        }
    }
}

impl From<ValueDocument> for Value {
    fn from(value: ValueDocument) -> Self {
        match value {
            ValueDocument::Null(kind) => Self::Null(kind.into()),
            ValueDocument::Boolean(value) => Self::Boolean(value),
            ValueDocument::Int64(value) => Self::Int64(value),
            ValueDocument::Float64(Float(value)) => Self::Float64(value),
            ValueDocument::Text(value) => Self::Text(value),
            ValueDocument::Bytes(Base64(value)) => Self::Bytes(value.into_owned()),
            ValueDocument::Date(value) => Self::Date(value),
            ValueDocument::DateTime(value) => Self::DateTime(value),
            ValueDocument::Timestamp(value) => Self::Timestamp(value),
            ValueDocument::Decimal(value) => Self::Decimal(value),
            ValueDocument::Int64Array(values) => Self::Int64Array(values),
            ValueDocument::Float64Array(values) => {
                Self::Float64Array(values.into_iter().map(|Float(value)| value).collect())
            }
            ValueDocument::TextArray(values) => Self::TextArray(values),
            ValueDocument::DateArray(values) => Self::DateArray(values),
            ValueDocument::TimestampArray(values) => Self::TimestampArray(values),
        }
    }
}

/// A value for a person: its type, and the value as a person would write it.
pub(in crate::source::transcript) fn told(value: &Value) -> String {
    let day = |days: i32| {
        let day = date(1970, 1, 1).checked_add(days.days());
        day.map_or_else(|_| format!("day {days}"), |day| day.to_string())
    };
    let instant = |micros: i64| Timestamp::from_microsecond(micros);
    let list = |items: &mut dyn Iterator<Item = String>| format!("[{}]", items.collect::<Vec<_>>().join(", "));
    let text = match value {
        Value::Null(kind) => format!("null of {}", format!("{kind:?}").to_lowercase()),
        Value::Boolean(value) => format!("boolean {value}"),
        Value::Int64(value) => format!("int64 {value}"),
        Value::Float64(value) => format!("float64 {}", Float(*value)),
        Value::Text(value) => format!("text {value:?}"),
        Value::Bytes(value) => format!("bytes {}", Base64Display::new(value, &STANDARD)),
        Value::Date(days) => format!("date {}", day(*days)),
        Value::DateTime(micros) => {
            let civil = instant(*micros).map(|instant| TimeZone::UTC.to_datetime(instant).to_string());
            format!("datetime {}", civil.unwrap_or_else(|_| micros.to_string()))
        }
        Value::Timestamp(micros) => {
            format!("timestamp {}", instant(*micros).map_or_else(|_| micros.to_string(), |instant| instant.to_string()))
        }
        Value::Decimal(value) => format!("decimal {value}"),
        Value::Int64Array(values) => format!("int64s {}", list(&mut values.iter().map(ToString::to_string))),
        Value::Float64Array(values) => format!("float64s {}", list(&mut values.iter().map(|v| Float(*v).to_string()))),
        Value::TextArray(values) => format!("texts {}", list(&mut values.iter().map(|v| format!("{v:?}")))),
        Value::DateArray(values) => format!("dates {}", list(&mut values.iter().map(|days| day(*days)))),
        Value::TimestampArray(values) => format!(
            "timestamps {}",
            list(&mut values.iter().map(|v| instant(*v).map_or_else(|_| v.to_string(), |instant| instant.to_string())))
        ),
    };
    cut(text, TOLD_BYTES_MAX)
}
