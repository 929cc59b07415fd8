//! Columns of the type JSON in NDJSON files: their values are kept as text, so that the reader of lines, which knows
//! columns only, is given them as strings.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Fields};

use crate::source::files::declared;

/// The keys of an object under which JSON values are, at whatever depth.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Paths(BTreeMap<String, Inner>);

#[derive(Debug, PartialEq, Eq)]
enum Inner {
    /// A JSON value, or an array of them.
    Value { is_array: bool },
    /// An object, or an array of objects, with such keys.
    Object(Paths),
}

impl Paths {
    /// Of columns that are declared; `None` when there is no such column.
    pub(super) fn of(fields: &Fields) -> Option<Arc<Self>> {
        let paths = Self::within(fields);
        (!paths.0.is_empty()).then(|| Arc::new(paths))
    }

    fn within(fields: &Fields) -> Self {
        let inner = fields.iter().filter_map(|field| {
            let (item, is_array) = match field.data_type() {
                DataType::List(item) => (item, true),
                _ => (field, false),
            };
            let inner = match item.data_type() {
                DataType::Struct(fields) => Inner::Object(Self::within(fields)),
                _ if declared::is_json(item) => Inner::Value { is_array },
                _ => return None,
            };
            let has_some = !matches!(&inner, Inner::Object(paths) if paths.0.is_empty());
            has_some.then(|| (field.name().clone(), inner))
        });
        Self(inner.collect())
    }
}

/// The line with its JSON values as strings. A line that is not an object is left for others to complain of.
pub(super) fn quoted<'a>(line: &'a [u8], paths: &Paths) -> Cow<'a, [u8]> {
    let is_json = serde_json::from_slice::<serde::de::IgnoredAny>(line).is_ok();
    match std::str::from_utf8(line) {
        Ok(text) if is_json => {
            let mut scan = Scan { rest: text, out: String::with_capacity(text.len() + 64) };
            scan.object(paths);
            Cow::Owned(scan.out.into_bytes())
        }
        _ => Cow::Borrowed(line),
    }
}

/// Goes through text that is known to be JSON.
struct Scan<'a> {
    rest: &'a str,
    out: String,
}

impl<'a> Scan<'a> {
    fn blanks(&mut self) {
        self.rest = self.rest.trim_ascii_start();
    }

    /// Copies one character, if it is next.
    fn copy(&mut self, expected: char) -> bool {
        self.blanks();
        match self.rest.strip_prefix(expected) {
            Some(rest) => {
                self.rest = rest;
                self.out.push(expected);
                true
            }
            None => false,
        }
    }

    /// Takes a whole value.
    fn value(&mut self) -> &'a str {
        self.blanks();
        let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
        let mut end = self.rest.len();
        for (at, c) in self.rest.char_indices() {
            if in_string {
                match c {
                    _ if escaped => escaped = false,
                    '\\' => escaped = true,
                    '"' => in_string = false,
                    _ => {}
                }
                if !in_string && depth == 0 {
                    end = at + 1;
                    break;
                }
                continue;
            }
            match c {
                '"' => in_string = true,
                '{' | '[' => depth += 1,
                '}' | ']' if depth == 0 => {
                    end = at;
                    break;
                }
                '}' | ']' => {
                    depth -= 1;
                    if depth == 0 {
                        end = at + 1;
                        break;
                    }
                }
                ',' if depth == 0 => {
                    end = at;
                    break;
                }
                _ => {}
            }
        }
        let (value, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
        self.rest = rest;
        value.trim_ascii_end()
    }

    fn object(&mut self, paths: &Paths) {
        if !self.copy('{') {
            let value = self.value();
            self.out.push_str(value);
            return;
        }
        if self.copy('}') {
            return;
        }
        loop {
            let key = self.value();
            self.out.push_str(key);
            self.copy(':');
            match serde_json::from_str::<String>(key).ok().and_then(|key| paths.0.get(&key)) {
                None => {
                    let value = self.value();
                    self.out.push_str(value);
                }
                Some(Inner::Value { is_array: false }) => self.quote(),
                Some(Inner::Value { is_array: true }) => self.items(Self::quote),
                Some(Inner::Object(paths)) => {
                    self.blanks();
                    match self.rest.starts_with('[') {
                        true => self.items(|scan| scan.object(paths)),
                        false => self.object(paths),
                    }
                }
            }
            if !self.copy(',') {
                self.copy('}');
                return;
            }
        }
    }

    fn items(&mut self, item: impl Fn(&mut Self)) {
        if !self.copy('[') {
            let value = self.value();
            self.out.push_str(value);
            return;
        }
        if self.copy(']') {
            return;
        }
        loop {
            item(self);
            if !self.copy(',') {
                self.copy(']');
                return;
            }
        }
    }

    fn quote(&mut self) {
        let value = self.value();
        match value {
            "null" => self.out.push_str(value),
            value => self.out.push_str(&serde_json::Value::from(value).to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_json_columns_become_strings() {
        let object =
            |keys: Vec<(&str, Inner)>| Paths(keys.into_iter().map(|(key, inner)| (key.to_owned(), inner)).collect());
        let value = || Inner::Value { is_array: false };
        let paths = object(vec![
            ("j", value()),
            ("js", Inner::Value { is_array: true }),
            ("s", Inner::Object(object(vec![("é", value())]))),
        ]);
        for (line, expected) in [
            (r#"{"a": 1}"#, r#"{"a":1}"#),
            (r#"{}"#, r#"{}"#),
            (r#"{"j": {"x": [1, "}\""]}, "a": "{"}"#, r#"{"j":"{\"x\": [1, \"}\\\"\"]}","a":"{"}"#),
            (r#"{"j":null,"j2":[{}]}"#, r#"{"j":null,"j2":[{}]}"#),
            (r#"{"j": "text" , "js": [1, {"k":2}, null]}"#, r#"{"j":"\"text\"","js":["1","{\"k\":2}",null]}"#),
            (r#"{"s": {"\u00e9": true, "b": [ ]}}"#, r#"{"s":{"\u00e9":"true","b":[ ]}}"#),
            (r#"{"s": [{"é": 1e5}, {}], "js": 5}"#, r#"{"s":[{"é":"1e5"},{}],"js":5}"#),
            (r#"[1, 2]"#, r#"[1, 2]"#),
            (r#"{"j": "#, r#"{"j": "#),
        ] {
            assert_eq!(String::from_utf8_lossy(&quoted(line.as_bytes(), &paths)), expected, "{line}");
        }
    }
}
