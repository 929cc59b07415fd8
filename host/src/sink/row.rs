//! Rows on their way: every value as text, as BigQuery is told to read it, and what tells whether two rows are the same.

use bytes::{BufMut as _, Bytes, BytesMut};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::layout::{Kind, Table};

/// Hexadecimal digits of a row's hash that count: as many as fit a positive INT64.
const HASH_DIGITS: usize = 15;

/// A row of an exported table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its table.
    pub table: &'static Table,
    /// A value for each column of the table, in order, each as text that a CAST to its type takes; `None` for NULL.
    pub values: Vec<Option<String>>,
}

#[derive(Serialize)]
struct Line<'r> {
    table_name: &'r str,
    document: String,
}

impl Row {
    /// A value, by the name of its column.
    #[must_use]
    pub fn value(&self, column: &str) -> Option<&str> {
        self.values.get(self.table.place(column)?)?.as_deref()
    }

    /// The values of the key.
    #[must_use]
    pub fn key(&self) -> Vec<&str> {
        self.table.key.iter().map(|column| self.value(column).unwrap_or_default()).collect()
    }

    /// The line that is uploaded: the name of the table, and the row as the text of a JSON object of texts.
    #[must_use]
    pub fn line(&self) -> String {
        let named = self.table.columns.iter().zip(&self.values);
        let object = named.map(|(column, value)| (column.name.clone(), serde_json::Value::from(value.clone())));
        let document = serde_json::Value::Object(object.collect()).to_string();
        let line = Line { table_name: &self.table.name, document };
        serde_json::to_string(&line).expect("texts always serialise")
    }

    /// The hash of what BigQuery can be asked to hash too: all but JSON documents, which it writes in its own way, and the
    /// revision, which the journal forgets.
    #[must_use]
    pub fn hash(&self) -> u64 {
        let mut text = String::new();
        for (column, value) in self.table.columns.iter().zip(&self.values) {
            if column.is_compared() {
                match value {
                    Some(value) => text.extend(["+", &canonical(column.kind, value), "\n"]),
                    None => text.push_str("-\n"),
                }
            }
        }
        let digest = Sha256::digest(text.as_bytes());
        let hexadecimal: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        u64::from_str_radix(hexadecimal.get(..HASH_DIGITS).unwrap_or_default(), 16).unwrap_or_default()
    }
}

/// Rows as newline-delimited JSON.
pub(super) fn lines(rows: &[Row]) -> Bytes {
    let mut bytes = BytesMut::new();
    for row in rows {
        bytes.put_slice(row.line().as_bytes());
        bytes.put_u8(b'\n');
    }
    bytes.freeze()
}

/// A value as both sides write it.
fn canonical(kind: Kind, value: &str) -> String {
    match kind {
        Kind::Float64 => value.parse().map_or_else(|_| value.to_owned(), scientific),
        Kind::Timestamp => {
            value.parse::<jiff::Timestamp>().map_or_else(|_| value.to_owned(), |at| at.as_microsecond().to_string())
        }
        Kind::String | Kind::Int64 | Kind::Bool | Kind::Date | Kind::Json => value.to_owned(),
    }
}

/// As `%.16e` of C: enough digits to tell any two doubles apart.
fn scientific(number: f64) -> String {
    let text = format!("{number:.16e}");
    let Some((mantissa, exponent)) = text.split_once('e') else { return text };
    let (sign, digits) = match exponent.strip_prefix('-') {
        Some(digits) => ('-', digits),
        None => ('+', exponent),
    };
    format!("{mantissa}e{sign}{digits:0>2}")
}

/// How many rows there are of a day, and what they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Digest {
    /// Rows.
    pub rows: u64,
    /// The exclusive or of their hashes.
    pub hash: u64,
}

impl Digest {
    /// The same with one row more.
    #[must_use]
    pub fn with(self, row: &Row) -> Self {
        Self { rows: self.rows + 1, hash: self.hash ^ row.hash() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::layout::layout;

    #[test]
    fn numbers_are_written_as_c_does() {
        for (number, text) in [
            (0.0, "0.0000000000000000e+00"),
            (-0.1, "-1.0000000000000001e-01"),
            (6.02e123, "6.0199999999999995e+123"),
            (f64::INFINITY, "inf"),
        ] {
            assert_eq!(scientific(number), text);
        }
    }

    #[test]
    fn a_row_is_a_line_of_text_and_its_hash_is_that_of_its_values() {
        let table = layout().table("validation_metrics").unwrap();
        let mut values = vec![None; table.columns.len()];
        for (column, value) in [("result_id", "r\n1"), ("ordinal", "0"), ("metric_name", "\"n\""), ("value", "1e-7")] {
            values[table.place(column).unwrap()] = Some(value.to_owned());
        }
        let row = Row { table, values };
        assert_eq!(row.key(), ["r\n1", "0"]);
        let line: serde_json::Value = serde_json::from_str(&row.line()).unwrap();
        assert_eq!(line["table_name"], "validation_metrics");
        let document: serde_json::Value = serde_json::from_str(line["document"].as_str().unwrap()).unwrap();
        assert_eq!((&document["value"], &document["unit"]), (&"1e-7".into(), &serde_json::Value::Null));
        assert_eq!(lines(&[row.clone(), row.clone()]).iter().filter(|byte| **byte == b'\n').count(), 2);

        let digest = Digest::default().with(&row);
        assert_eq!(digest.rows, 1);
        let changed = |column: &str, value: &str| {
            let mut other = row.clone();
            other.values[table.place(column).unwrap()] = Some(value.to_owned());
            other.hash() != row.hash()
        };
        assert!(changed("value", "1e-8") && changed("unit", "") && changed("metric_name", "n"));
        assert!(!changed("revision", "7") && !changed("attributes", "[]"), "what is not compared");
    }
}
