//! The settings of a check: from TOML to the JSON document that its plugin reads.

use serde_json::{Map, Number, Value as Json};

/// A number that JSON cannot say: where it is, as a JSON pointer (RFC 6901), and how TOML spells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NotInJson {
    pub(super) pointer: String,
    pub(super) number: String,
}

/// The settings as JSON; dates and times become ISO 8601 text.
///
/// # Errors
/// Every infinity and NaN.
pub(super) fn to_json(settings: &toml::Table) -> Result<Json, Vec<NotInJson>> {
    let mut refused = Vec::new();
    let json = table_to_json(settings, "", &mut refused);
    if refused.is_empty() { Ok(json) } else { Err(refused) }
}

fn table_to_json(table: &toml::Table, pointer: &str, refused: &mut Vec<NotInJson>) -> Json {
    let below = |key: &str| format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"));
    let object: Map<_, _> =
        table.iter().map(|(key, value)| (key.clone(), value_to_json(value, &below(key), refused))).collect();
    Json::Object(object)
}

fn value_to_json(value: &toml::Value, pointer: &str, refused: &mut Vec<NotInJson>) -> Json {
    match value {
        toml::Value::String(text) => Json::String(text.clone()),
        toml::Value::Integer(number) => Json::from(*number),
        toml::Value::Float(number) => Number::from_f64(*number).map_or_else(
            || {
                refused.push(NotInJson { pointer: pointer.to_owned(), number: value.to_string() });
                Json::Null
            },
            Json::Number,
        ),
        toml::Value::Boolean(flag) => Json::Bool(*flag),
        toml::Value::Datetime(time) => Json::String(time.to_string()),
        toml::Value::Array(items) => {
            let items = items.iter().enumerate();
            Json::Array(items.map(|(i, item)| value_to_json(item, &format!("{pointer}/{i}"), refused)).collect())
        }
        toml::Value::Table(table) => table_to_json(table, pointer, refused),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_become_json_or_say_what_cannot() {
        let settings = "b = 2026-02-01\na = { at = 2026-02-01T07:30:00Z, list = [1, 2.5, true] }".parse().unwrap();
        assert_eq!(
            to_json(&settings).map(|json| json.to_string()),
            Ok(r#"{"a":{"at":"2026-02-01T07:30:00Z","list":[1,2.5,true]},"b":"2026-02-01"}"#.to_owned())
        );
        let refused = to_json(&"x = inf\ny = [1, { \"a/b\" = -nan }]".parse().unwrap()).unwrap_err();
        let places: Vec<_> = refused.iter().map(|refused| refused.pointer.as_str()).collect();
        assert_eq!(places, ["/x", "/y/1/a~1b"]);
    }
}
