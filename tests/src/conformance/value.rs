//! Values as a case writes them, as assay delivers them and as BigQuery's REST interface sends them, made comparable.

use std::fmt;

use anyhow::{Context as _, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::SignedDuration;
use jiff::civil::{Date, DateTime, Time};

use super::json::Json;
use super::types::{Field, Type};

/// Doubles that differ by less than this share of them are the same: sums depend on the order of their terms.
const TOLERANCE: f64 = 1e-12;

/// A value of GoogleSQL.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Null of whatever type.
    Null,
    /// `INT64`
    Int64(i64),
    /// `FLOAT64`
    Float64(f64),
    /// `STRING`
    String(String),
    /// `BOOL`
    Bool(bool),
    /// `BYTES`
    Bytes(Vec<u8>),
    /// `DATE`
    Date(Date),
    /// `DATETIME`
    DateTime(DateTime),
    /// `TIME`
    Time(Time),
    /// `TIMESTAMP`, in UTC.
    Timestamp(DateTime),
    /// `NUMERIC` or `BIGNUMERIC`: digits without zeros that say nothing.
    Decimal(String),
    /// `JSON`
    Json(serde_json::Value),
    /// `ARRAY`
    Array(Vec<Value>),
    /// `STRUCT`: the fields in order.
    Struct(Vec<Value>),
}

/// Who wrote a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Writer {
    Case,
    /// assay, which delivers nested values as JSON.
    Assay,
    Endpoint,
}

impl Value {
    /// Reads a value of a case.
    ///
    /// # Errors
    /// When it is not of the type or not of the form that is documented beside the cases.
    pub(super) fn of_case(r#type: &Type, written: &Json) -> anyhow::Result<Self> {
        read(Writer::Case, r#type, written)
    }

    /// Reads a nested value as assay delivers it.
    pub(super) fn of_assay(r#type: &Type, written: &str) -> anyhow::Result<Self> {
        let json = serde_json::from_str(written).with_context(|| format!("`{written}` is not JSON"))?;
        read(Writer::Assay, r#type, &json)
    }

    /// Reads the `v` of a cell of BigQuery's REST interface.
    pub(super) fn of_endpoint(r#type: &Type, written: &Json) -> anyhow::Result<Self> {
        read(Writer::Endpoint, r#type, written)
    }

    /// A point in time from microseconds since 1970.
    pub(super) fn at(micros: i64) -> anyhow::Result<DateTime> {
        DateTime::new(1970, 1, 1, 0, 0, 0, 0)?
            .checked_add(SignedDuration::from_micros(micros))
            .with_context(|| format!("{micros} microseconds are beyond the calendar"))
    }

    /// A decimal number.
    pub(super) fn decimal(text: &str) -> anyhow::Result<Self> {
        let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("-", digits));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if digits.is_empty() || !is_number(whole) || !is_number(fraction) {
            bail!("`{text}` is not a decimal number");
        }
        let whole = whole.trim_start_matches('0');
        let fraction = fraction.trim_end_matches('0');
        Ok(Self::Decimal(match (whole, fraction) {
            ("", "") => "0".to_owned(),
            (whole, "") => format!("{sign}{whole}"),
            ("", fraction) => format!("{sign}0.{fraction}"),
            (whole, fraction) => format!("{sign}{whole}.{fraction}"),
        }))
    }

    /// What is left of an expected value in a result of BigQuery: the null of an array is an empty array there.
    pub(super) fn delivered_by_endpoint(&self, r#type: &Type) -> Self {
        match (self, r#type) {
            (Self::Null, Type::Array(_)) => Self::Array(Vec::new()),
            (value, r#type) => value.within(r#type, Self::delivered_by_endpoint),
        }
    }

    /// What is left of an expected value in a result of assay: JSON has neither infinity nor NaN.
    pub(super) fn delivered_by_assay(&self, r#type: &Type) -> Self {
        fn nested(value: &Value, r#type: &Type) -> Value {
            match value {
                Value::Float64(value) if !value.is_finite() => Value::Null,
                value => value.within(r#type, nested),
            }
        }
        self.within(r#type, nested)
    }

    fn within(&self, r#type: &Type, change: impl Fn(&Self, &Type) -> Self) -> Self {
        match (self, r#type) {
            (Self::Array(values), Type::Array(element)) => {
                Self::Array(values.iter().map(|value| change(value, element)).collect())
            }
            (Self::Struct(values), Type::Struct(fields)) => {
                Self::Struct(values.iter().zip(fields).map(|(value, field)| change(value, &field.r#type)).collect())
            }
            (value, _) => value.clone(),
        }
    }

    /// Whether two values are the same, doubles nearly so.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        let all = |own: &[Self], other: &[Self]| {
            own.len() == other.len() && own.iter().zip(other).all(|(own, other)| own.is_like(other))
        };
        match (self, other) {
            (Self::Float64(own), Self::Float64(other)) => {
                let scale = own.abs().max(other.abs());
                own == other
                    || (own.is_nan() && other.is_nan())
                    || (scale.is_finite() && (own - other).abs() <= scale * TOLERANCE)
            }
            (Self::Array(own), Self::Array(other)) | (Self::Struct(own), Self::Struct(other)) => all(own, other),
            (own, other) => own == other,
        }
    }

    /// Whether an array holds a null anywhere, which BigQuery does not let into a result.
    pub(super) fn has_null_in_array(&self) -> bool {
        match self {
            Self::Array(values) => values.iter().any(|value| *value == Self::Null || value.has_null_in_array()),
            Self::Struct(values) => values.iter().any(Self::has_null_in_array),
            _ => false,
        }
    }

    /// The text of a scalar parameter for BigQuery's REST interface; none for null.
    pub(super) fn for_endpoint(&self) -> Option<String> {
        match self {
            Self::Null => None,
            Self::String(value) => Some(value.clone()),
            Self::Bytes(value) => Some(BASE64.encode(value)),
            Self::Json(value) => Some(value.to_string()),
            scalar => Some(scalar.to_string()),
        }
    }
}

fn read(writer: Writer, r#type: &Type, written: &Json) -> anyhow::Result<Value> {
    match (r#type, written) {
        (_, Json::Null) => Ok(Value::Null),
        (Type::Array(element), Json::List(values)) => {
            let values = values.iter().map(|value| match writer {
                Writer::Endpoint => read(writer, element, value.get("v").context("an element without `v`")?),
                Writer::Case | Writer::Assay => read(writer, element, value),
            });
            Ok(Value::Array(values.collect::<Result<_, _>>()?))
        }
        (Type::Struct(fields), written) => Ok(Value::Struct(structure(writer, fields, written)?)),
        (r#type, Json::Text(text)) => of_text(writer, r#type, text).with_context(|| misfit(r#type, written)),
        (Type::Int64, Json::Int(value)) if writer != Writer::Endpoint => Ok(Value::Int64(*value)),
        #[expect(clippy::cast_precision_loss, reason = "a double is what is asked for")]
        (Type::Float64, Json::Int(value)) if writer != Writer::Endpoint => Ok(Value::Float64(*value as f64)),
        (Type::Float64, Json::Float(value)) if writer != Writer::Endpoint => Ok(Value::Float64(*value)),
        (Type::Bool, Json::Bool(value)) if writer != Writer::Endpoint => Ok(Value::Bool(*value)),
        (Type::Numeric | Type::BigNumeric, Json::Int(value)) if writer == Writer::Assay => {
            Value::decimal(&value.to_string())
        }
        (Type::Numeric | Type::BigNumeric, Json::Float(value)) if writer == Writer::Assay => {
            Value::decimal(&value.to_string())
        }
        _ => bail!(misfit(r#type, written)),
    }
}

fn structure(writer: Writer, fields: &[Field], written: &Json) -> anyhow::Result<Vec<Value>> {
    let values: Vec<&Json> = match (writer, written) {
        (Writer::Case, Json::List(values)) => values.iter().collect(),
        (Writer::Assay, Json::Object(values)) => {
            let is_named = |((name, _), field): (&(String, Json), &Field)| field.name.is_empty() || field.name == *name;
            if !values.iter().zip(fields).all(is_named) {
                bail!("the fields of {written} are not named as in {}", Type::Struct(fields.to_vec()));
            }
            values.iter().map(|(_, value)| value).collect()
        }
        (Writer::Endpoint, Json::Object(_)) => match written.get("f") {
            Some(Json::List(cells)) => {
                cells.iter().map(|cell| cell.get("v").context("a field without `v`")).collect::<Result<_, _>>()?
            }
            _ => bail!("a struct without `f`"),
        },
        _ => bail!(misfit(&Type::Struct(fields.to_vec()), written)),
    };
    if values.len() != fields.len() {
        bail!("{written} has {} fields and {} has {}", values.len(), Type::Struct(fields.to_vec()), fields.len());
    }
    values.into_iter().zip(fields).map(|(value, field)| read(writer, &field.r#type, value)).collect()
}

fn misfit(r#type: &Type, written: &Json) -> String {
    format!("{written} is not written as a {type} is")
}

fn of_text(writer: Writer, r#type: &Type, text: &str) -> anyhow::Result<Value> {
    let is_endpoint = writer == Writer::Endpoint;
    Ok(match r#type {
        Type::String => Value::String(text.to_owned()),
        Type::Int64 if is_endpoint => Value::Int64(text.parse()?),
        // `NaN`, `inf` and, from an endpoint, `Infinity`: all of them are read by Rust.
        Type::Float64 if is_endpoint => Value::Float64(text.parse()?),
        Type::Float64 if matches!(text, "NaN" | "inf" | "-inf") => Value::Float64(text.parse()?),
        Type::Bool if is_endpoint => Value::Bool(text.parse()?),
        Type::Bytes if is_endpoint => Value::Bytes(BASE64.decode(text)?),
        Type::Bytes => Value::Bytes(of_hex(text)?),
        Type::Date => Value::Date(text.parse()?),
        Type::DateTime => Value::DateTime(text.parse()?),
        Type::Time => Value::Time(text.parse()?),
        Type::Timestamp => Value::Timestamp(match writer {
            Writer::Case => text.strip_suffix("+00").context("an instant ends in +00")?.parse()?,
            Writer::Assay => text.strip_suffix('Z').context("an instant ends in Z")?.parse()?,
            Writer::Endpoint => Value::at(text.parse()?)?,
        }),
        Type::Numeric | Type::BigNumeric => {
            let value = Value::decimal(text)?;
            if writer == Writer::Case && value.to_string() != text {
                bail!("the decimal number `{text}` is written `{value}`");
            }
            value
        }
        Type::Json => Value::Json(serde_json::from_str(text)?),
        Type::Int64 | Type::Float64 | Type::Bool | Type::Array(_) | Type::Struct(_) => bail!("text was not expected"),
    })
}

fn of_hex(text: &str) -> anyhow::Result<Vec<u8>> {
    if !text.len().is_multiple_of(2) {
        bail!("an odd number of hexadecimal digits");
    }
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let byte = |pair: &[u8]| Some(digit(pair[0])? << 4 | digit(pair[1])?);
    text.as_bytes().chunks(2).map(byte).collect::<Option<_>>().context("a byte is two hexadecimal digits")
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, values: &[Value], ends: [&str; 2]| {
            f.write_str(ends[0])?;
            for (index, value) in values.iter().enumerate() {
                let comma = if index > 0 { ", " } else { "" };
                write!(f, "{comma}{value}")?;
            }
            f.write_str(ends[1])
        };
        match self {
            Self::Null => f.write_str("null"),
            Self::Int64(value) => write!(f, "{value}"),
            Self::Float64(value) => write!(f, "{value:?}"),
            Self::String(value) => write!(f, "{value:?}"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Bytes(value) => value.iter().try_for_each(|byte| write!(f, "{byte:02x}")),
            Self::Date(value) => write!(f, "{value}"),
            Self::DateTime(value) => write!(f, "{} {}", value.date(), value.time()),
            Self::Time(value) => write!(f, "{value}"),
            Self::Timestamp(value) => write!(f, "{} {}+00", value.date(), value.time()),
            Self::Decimal(value) => f.write_str(value),
            Self::Json(value) => write!(f, "{value}"),
            Self::Array(values) => list(f, values, ["[", "]"]),
            Self::Struct(values) => list(f, values, ["(", ")"]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_case(r#type: &str, written: &str) -> Value {
        Value::of_case(&Type::read(r#type).unwrap(), &serde_json::from_str(written).unwrap()).unwrap()
    }

    #[test]
    fn one_value_is_the_same_from_all_who_write_it() {
        for (r#type, case, assay, endpoint) in [
            ("ARRAY<INT64>", "[1, 2]", "[1,2]", r#"[{"v": "1"}, {"v": "2"}]"#),
            ("ARRAY<FLOAT64>", "[1, 2.5]", "[1.0,2.5]", r#"[{"v": "1.0"}, {"v": "2.5"}]"#),
            ("ARRAY<BOOL>", "[true]", "[true]", r#"[{"v": "true"}]"#),
            ("ARRAY<BYTES>", r#"["00ff"]"#, r#"["00ff"]"#, r#"[{"v": "AP8="}]"#),
            ("ARRAY<DATE>", r#"["2026-01-31"]"#, r#"["2026-01-31"]"#, r#"[{"v": "2026-01-31"}]"#),
            ("ARRAY<TIME>", r#"["10:00:00.5"]"#, r#"["10:00:00.500"]"#, r#"[{"v": "10:00:00.500000"}]"#),
            (
                "ARRAY<DATETIME>",
                r#"["2026-01-31 10:00:00"]"#,
                r#"["2026-01-31T10:00:00"]"#,
                r#"[{"v": "2026-01-31T10:00:00"}]"#,
            ),
            (
                "ARRAY<TIMESTAMP>",
                r#"["9999-12-31 23:59:59.999999+00"]"#,
                r#"["9999-12-31T23:59:59.999999Z"]"#,
                r#"[{"v": "253402300799999999"}]"#,
            ),
            ("ARRAY<NUMERIC>", r#"["-0.5", "2"]"#, r#"[-0.50, 2]"#, r#"[{"v": "-0.5"}, {"v": "2"}]"#),
            (
                "STRUCT<a STRING, STRUCT<b JSON>>",
                r#"["x", ["{\"k\": 1}"]]"#,
                r#"{"a":"x","c1":{"b":"{\"k\":1}"}}"#,
                r#"{"f": [{"v": "x"}, {"v": {"f": [{"v": "{\"k\":1}"}]}}]}"#,
            ),
        ] {
            let r#type = Type::read(r#type).unwrap();
            let expected = Value::of_case(&r#type, &serde_json::from_str(case).unwrap()).unwrap();
            assert_eq!(Value::of_assay(&r#type, assay).unwrap(), expected, "{case}");
            let endpoint = serde_json::from_str(endpoint).unwrap();
            assert_eq!(Value::of_endpoint(&r#type, &endpoint).unwrap(), expected, "{case}");
        }
    }

    #[test]
    fn doubles_are_compared_nearly_and_all_else_exactly() {
        for (r#type, own, other, expected) in [
            ("FLOAT64", "0.3", "0.30000000000000004", true),
            ("FLOAT64", "0.3", "0.3000001", false),
            ("FLOAT64", r#""NaN""#, r#""NaN""#, true),
            ("FLOAT64", r#""inf""#, "1e308", false),
            ("FLOAT64", "0", "-0.0", true),
            ("FLOAT64", "0", "null", false),
            ("INT64", "1", "2", false),
            ("ARRAY<FLOAT64>", "[0.3]", "[0.30000000000000004]", true),
            ("ARRAY<INT64>", "[]", "null", false),
            ("ARRAY<INT64>", "[1]", "[1, 2]", false),
        ] {
            assert_eq!(of_case(r#type, own).is_like(&of_case(r#type, other)), expected, "{own} and {other}");
        }
    }

    #[test]
    fn what_an_interface_cannot_carry_is_not_expected_of_it() {
        let floats = Type::read("ARRAY<FLOAT64>").unwrap();
        let value = Value::Array(vec![Value::Float64(f64::NAN), Value::Float64(1.0)]);
        let delivered = value.delivered_by_assay(&floats);
        assert_eq!(delivered, Value::Array(vec![Value::Null, Value::Float64(1.0)]));
        assert!(Value::Float64(f64::NAN).delivered_by_assay(&Type::Float64).is_like(&Value::Float64(f64::NAN)));

        let nested = Type::read("STRUCT<a ARRAY<INT64>, b INT64>").unwrap();
        let value = Value::Struct(vec![Value::Null, Value::Null]);
        assert_eq!(value.delivered_by_endpoint(&nested), Value::Struct(vec![Value::Array(Vec::new()), Value::Null]));
    }

    #[test]
    fn a_value_in_a_wrong_form_is_not_read() {
        for (r#type, written) in [
            ("INT64", r#""1""#),
            ("STRING", "1"),
            ("BOOL", r#""true""#),
            ("FLOAT64", r#""1.5""#),
            ("NUMERIC", r#""1.50""#),
            ("NUMERIC", "1.5"),
            ("BYTES", r#""0""#),
            ("BYTES", r#""zz""#),
            ("TIMESTAMP", r#""2026-01-31 10:00:00""#),
            ("STRUCT<a INT64>", "[1, 2]"),
        ] {
            let read = Value::of_case(&Type::read(r#type).unwrap(), &serde_json::from_str(written).unwrap());
            assert!(read.is_err(), "{written} as {type}");
        }
    }
}
