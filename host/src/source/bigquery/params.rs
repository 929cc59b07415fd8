//! Parameters, named and typed, as BigQuery takes them. The gate has looked at them before.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use gcp_bigquery_client::model::query_parameter::QueryParameter;
use gcp_bigquery_client::model::query_parameter_type::QueryParameterType;
use gcp_bigquery_client::model::query_parameter_value::QueryParameterValue;
use jiff::Span;
use jiff::civil::{Date, DateTime};

use crate::model::{Kind, Param, Problem, ProblemCode, Value};

const EPOCH: Date = Date::constant(1970, 1, 1);

/// A parameter as BigQuery takes it.
///
/// # Errors
/// `bad-parameter` for what the gate lets pass nowhere.
pub(super) fn parameter(param: &Param) -> Result<QueryParameter, Problem> {
    let typed = typed(&param.value).ok_or_else(|| {
        let message = format!("the parameter `{}` cannot be bound", param.name);
        Problem::new(ProblemCode::BadParameter, message).with_hint("dates are those of the years 1 to 9999")
    });
    let (parameter_type, parameter_value) = typed?;
    Ok(QueryParameter {
        name: Some(param.name.clone()),
        parameter_type: Some(parameter_type),
        parameter_value: Some(parameter_value),
    })
}

type Typed = (QueryParameterType, QueryParameterValue);

fn typed(value: &Value) -> Option<Typed> {
    Some(match value {
        Value::Null(kind) => (scalar_type(null_type(*kind)?), QueryParameterValue::default()),
        Value::Boolean(value) => scalar("BOOL", value.to_string()),
        Value::Int64(value) => scalar("INT64", value.to_string()),
        Value::Float64(value) => scalar("FLOAT64", float(*value)),
        Value::Text(value) => scalar("STRING", value.clone()),
        Value::Bytes(value) => scalar("BYTES", BASE64_STANDARD.encode(value)),
        Value::Date(days) => scalar("DATE", date(*days)?),
        Value::DateTime(micros) => scalar("DATETIME", civil(*micros)?.to_string()),
        Value::Timestamp(micros) => scalar("TIMESTAMP", timestamp(*micros)?),
        Value::Decimal(value) => scalar(decimal_type(value), value.clone()),
        Value::Int64Array(values) => array("INT64", values.iter().map(|value| Some(value.to_string())))?,
        Value::Float64Array(values) => array("FLOAT64", values.iter().map(|value| Some(float(*value))))?,
        Value::TextArray(values) => array("STRING", values.iter().cloned().map(Some))?,
        Value::DateArray(values) => array("DATE", values.iter().map(|days| date(*days)))?,
        Value::TimestampArray(values) => array("TIMESTAMP", values.iter().map(|micros| timestamp(*micros)))?,
    })
}

fn scalar_type(name: &str) -> QueryParameterType {
    QueryParameterType { r#type: name.to_owned(), ..QueryParameterType::default() }
}

fn scalar_value(value: String) -> QueryParameterValue {
    QueryParameterValue { value: Some(value), ..QueryParameterValue::default() }
}

fn scalar(name: &str, value: String) -> Typed {
    (scalar_type(name), scalar_value(value))
}

fn array(name: &str, values: impl Iterator<Item = Option<String>>) -> Option<Typed> {
    let values: Option<Vec<_>> = values.map(|value| value.map(scalar_value)).collect();
    let of = QueryParameterType {
        array_type: Some(Box::new(scalar_type(name))),
        r#type: "ARRAY".to_owned(),
        ..QueryParameterType::default()
    };
    Some((of, QueryParameterValue { array_values: Some(values?), ..QueryParameterValue::default() }))
}

fn null_type(kind: Kind) -> Option<&'static str> {
    Some(match kind {
        Kind::Int64 => "INT64",
        Kind::Float64 => "FLOAT64",
        Kind::Text => "STRING",
        Kind::Boolean => "BOOL",
        Kind::Bytes => "BYTES",
        Kind::Date => "DATE",
        Kind::Time => "TIME",
        Kind::DateTime => "DATETIME",
        Kind::Timestamp => "TIMESTAMP",
        Kind::Decimal => "NUMERIC",
        Kind::Json | Kind::Other => return None,
    })
}

/// As the gate types it: NUMERIC while it fits.
fn decimal_type(text: &str) -> &'static str {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let fits = whole.trim_start_matches('0').len() <= 29 && fraction.trim_end_matches('0').len() <= 9;
    if fits { "NUMERIC" } else { "BIGNUMERIC" }
}

fn float(value: f64) -> String {
    match value {
        _ if value.is_nan() => "NaN".to_owned(),
        _ if value.is_infinite() => if value > 0.0 { "inf" } else { "-inf" }.to_owned(),
        // The shortest text that reads back as the same double.
        _ => format!("{value:?}"),
    }
}

fn date(days: i32) -> Option<String> {
    let date = EPOCH.checked_add(Span::new().try_days(days).ok()?).ok()?;
    (1..=9999).contains(&date.year()).then(|| date.to_string())
}

fn civil(micros: i64) -> Option<DateTime> {
    let datetime = EPOCH.at(0, 0, 0, 0).checked_add(Span::new().try_microseconds(micros).ok()?).ok()?;
    (1..=9999).contains(&datetime.year()).then_some(datetime)
}

fn timestamp(micros: i64) -> Option<String> {
    civil(micros).map(|datetime| format!("{datetime}+00:00"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_bigquery_reads_them() {
        let written = |value: Value| {
            let (of, value) = typed(&value).unwrap();
            let list = |values: Vec<QueryParameterValue>| {
                values.into_iter().map(|value| value.value.unwrap()).collect::<Vec<_>>().join("|")
            };
            let element = of.array_type.map(|of| format!("<{}>", of.r#type)).unwrap_or_default();
            (of.r#type + &element, value.value.or(value.array_values.map(list)))
        };
        let some = |text: &str| Some(text.to_owned());
        for (value, type_name, text) in [
            (Value::Null(Kind::Time), "TIME", None),
            (Value::Int64(i64::MIN), "INT64", some("-9223372036854775808")),
            (Value::Float64(0.1), "FLOAT64", some("0.1")),
            (Value::Float64(f64::NEG_INFINITY), "FLOAT64", some("-inf")),
            (Value::Bytes(vec![0, 255]), "BYTES", some("AP8=")),
            (Value::Date(-1), "DATE", some("1969-12-31")),
            (Value::DateTime(1_500_000), "DATETIME", some("1970-01-01T00:00:01.5")),
            (Value::Timestamp(-1), "TIMESTAMP", some("1969-12-31T23:59:59.999999+00:00")),
            (Value::Decimal("12.5".to_owned()), "NUMERIC", some("12.5")),
            (Value::Decimal("0.0000000001".to_owned()), "BIGNUMERIC", some("0.0000000001")),
            (Value::TextArray(vec!["a".to_owned(), String::new()]), "ARRAY<STRING>", some("a|")),
            (Value::DateArray(Vec::new()), "ARRAY<DATE>", some("")),
        ] {
            assert_eq!(written(value), (type_name.to_owned(), text));
        }
        assert!(parameter(&Param { name: "x".to_owned(), value: Value::Null(Kind::Json) }).is_err());
    }
}
