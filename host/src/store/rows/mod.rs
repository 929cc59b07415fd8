//! Rows: model types as arrays of values, and back. One module a table.
//!
//! The type to know is [`Table`]: it names a table's columns in the order in which a row's values stand, key
//! columns first. A row is a fixed-size array, so a column without a value does not compile.

pub(super) mod alert;
pub(super) mod child;
pub(super) mod delivery;
pub(super) mod feedback;
pub(super) mod plan;
pub(super) mod result;
pub(super) mod run;
pub(super) mod silence;
pub(super) mod slot;

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::error::{Fault, StoreError, shown};

/// A table, and those of its columns that a row has.
#[derive(Debug)]
pub(super) struct Table<const N: usize> {
    /// Its name.
    pub(super) name: &'static str,
    /// How many of the columns, from the first, are the key.
    pub(super) key: usize,
    /// The columns.
    pub(super) columns: [&'static str; N],
}

/// What came of writing a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Put {
    /// It was not there and is now.
    New,
    /// The very same row was there.
    Same,
    /// Another row with its key was there, and still is.
    Other,
}

impl<const N: usize> Table<N> {
    /// Writes a row unless one with its key is there.
    pub(super) fn put(&self, conn: &Connection, row: &[Value; N]) -> Result<Put, Fault> {
        let keys = self.keys().join(", ");
        let marks = ["?"; N].join(", ");
        let columns = self.columns.join(", ");
        let sql = format!("INSERT INTO {} ({columns}) VALUES ({marks}) ON CONFLICT ({keys}) DO NOTHING", self.name);
        if conn.prepare_cached(&sql)?.execute(params_from_iter(row))? == 1 {
            return Ok(Put::New);
        }
        let matches = self.keys().iter().map(|key| format!("{key} = ?")).collect::<Vec<_>>().join(" AND ");
        let stored = self.stored(conn, &matches, row.get(..self.key).unwrap_or_default())?;
        Ok(if stored == [row.clone()] { Put::Same } else { Put::Other })
    }

    /// The rows that belong to a value of the first key column, in the order of the key, as they are stored.
    pub(super) fn of(&self, conn: &Connection, first: &Value) -> Result<Vec<[Value; N]>, Fault> {
        let matches = self.keys().iter().take(1).map(|key| format!("{key} = ?")).collect::<String>();
        self.stored(conn, &matches, std::slice::from_ref(first))
    }

    fn stored(&self, conn: &Connection, matches: &str, params: &[Value]) -> Result<Vec<[Value; N]>, Fault> {
        let (columns, keys) = (self.columns.join(", "), self.keys().join(", "));
        let sql = format!("SELECT {columns} FROM {} WHERE {matches} ORDER BY {keys}", self.name);
        let mut statement = conn.prepare_cached(&sql)?;
        let rows = statement.query_map(params_from_iter(params), |row| {
            let mut values = [const { Value::Null }; N];
            for (index, value) in values.iter_mut().enumerate() {
                *value = row.get(index)?;
            }
            Ok(values)
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    pub(super) fn keys(&self) -> &[&'static str] {
        self.columns.get(..self.key).unwrap_or_default()
    }
}

/// The settings document, if it is one.
fn settings(of: &dyn std::fmt::Display, settings: &str) -> Result<Value, StoreError> {
    match serde_json::from_str::<serde::de::IgnoredAny>(settings) {
        Ok(_) => Ok(Value::Text(settings.to_owned())),
        Err(_) => Err(unstorable(of, "settings", &settings, "JSON document")),
    }
}

fn unstorable(
    of: &dyn std::fmt::Display,
    column: &'static str,
    value: &dyn std::fmt::Debug,
    expected: &'static str,
) -> StoreError {
    StoreError::Unstorable { of: of.to_string(), column, value: shown(value), expected }
}

pub(super) fn timestamp(
    of: &dyn std::fmt::Display,
    column: &'static str,
    at: jiff::Timestamp,
) -> Result<Value, StoreError> {
    let text = super::codec::timestamp(at).ok_or_else(|| unstorable(of, column, &at, "time in the years 0 to 9999"))?;
    Ok(Value::Text(text))
}

fn optional_timestamp(
    of: &dyn std::fmt::Display,
    column: &'static str,
    at: Option<jiff::Timestamp>,
) -> Result<Value, StoreError> {
    at.map_or(Ok(Value::Null), |at| timestamp(of, column, at))
}
