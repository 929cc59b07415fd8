//! An ARRAY or a STRUCT as JSON, as the source of files writes them: numbers as numbers, exact ones too; dates and times
//! in ISO 8601, instants in UTC; bytes in hexadecimal.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use serde_json::Value as Json;

use super::columns::text;
use super::types::Type;
use super::value;

/// The JSON of a value; None when it is not one of the type.
pub(super) fn written(of: &Type, cell: &Json) -> Option<String> {
    let mut out = String::new();
    write(of, cell, &mut out)?;
    Some(out)
}

fn write(of: &Type, cell: &Json, out: &mut String) -> Option<()> {
    match (of, cell) {
        // An array is never null, it is empty; and so BigQuery answers both.
        (Type::Array(_), Json::Null) => out.push_str("[]"),
        (_, Json::Null) => out.push_str("null"),
        (Type::Array(of), Json::Array(elements)) => {
            out.push('[');
            for (index, element) in elements.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write(of, element.get("v")?, out)?;
            }
            out.push(']');
        }
        (Type::Struct(fields), Json::Object(cells)) => {
            let cells = cells.get("f")?.as_array().filter(|cells| cells.len() == fields.len())?;
            out.push('{');
            for (index, ((name, of), cell)) in fields.iter().zip(cells).enumerate() {
                if index > 0 {
                    out.push(',');
                }
                quoted(name, out)?;
                out.push(':');
                write(of, cell.get("v")?, out)?;
            }
            out.push('}');
        }
        (Type::Array(_) | Type::Struct(_), _) => return None,
        (Type::Int64, _) => write!(out, "{}", text(cell)?.parse::<i64>().ok()?).ok()?,
        (Type::Float64, _) => {
            let value = value::float(&text(cell)?)?;
            match serde_json::Number::from_f64(value) {
                Some(number) => write!(out, "{number}").ok()?,
                // JSON has no number for it.
                None => quoted(if value.is_nan() { "NaN" } else { infinity(value) }, out)?,
            }
        }
        (Type::Bool, _) => write!(out, "{}", value::boolean(&text(cell)?)?).ok()?,
        (Type::Numeric | Type::BigNumeric, _) => out.push_str(&value::decimal(&text(cell)?)?),
        (Type::Timestamp, _) => {
            let instant = Timestamp::from_microsecond(value::timestamp(&text(cell)?)?).ok()?;
            quoted(&instant.to_string(), out)?;
        }
        (Type::Bytes, _) => {
            out.push('"');
            for byte in BASE64_STANDARD.decode(cell.as_str()?).ok()? {
                write!(out, "{byte:02x}").ok()?;
            }
            out.push('"');
        }
        (Type::Date, _) => {
            let text = text(cell)?;
            value::days(&text)?;
            quoted(&text, out)?;
        }
        (
            Type::String | Type::Time | Type::DateTime | Type::Json | Type::Geography | Type::Interval | Type::Range(_),
            _,
        ) => quoted(&text(cell)?, out)?,
    }
    Some(())
}

fn infinity(value: f64) -> &'static str {
    if value > 0.0 { "Infinity" } else { "-Infinity" }
}

fn quoted(text: &str, out: &mut String) -> Option<()> {
    out.push_str(&serde_json::to_string(text).ok()?);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn nested_values_become_json() {
        let row = Type::Struct(vec![
            ("n".to_owned(), Type::Int64),
            ("x".to_owned(), Type::Float64),
            ("at".to_owned(), Type::Timestamp),
            ("raw".to_owned(), Type::Bytes),
            ("d".to_owned(), Type::Numeric),
            ("s".to_owned(), Type::String),
        ]);
        let cells = json!({ "f": [
            { "v": "9223372036854775807" }, { "v": "NaN" }, { "v": "1769817600000000" }, { "v": "AP8=" },
            { "v": "1.50" }, { "v": null },
        ] });
        let list = Type::Array(Box::new(row));
        assert_eq!(
            written(&list, &json!([{ "v": cells }])).as_deref(),
            Some(r#"[{"n":9223372036854775807,"x":"NaN","at":"2026-01-31T00:00:00Z","raw":"00ff","d":1.5,"s":null}]"#)
        );
        assert_eq!(written(&list, &Json::Null).as_deref(), Some("[]"));
        assert_eq!(written(&list, &json!("x")), None);
    }
}
