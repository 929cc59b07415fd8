//! Rows as they are exported.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, Row as SqliteRow, params_from_iter};

use super::codec::{Fields, text};
use super::error::{Fault, StoreError};
use super::export_queue::{self, ExportEntry};
use super::rows::alert::IDENTITY;
use crate::sink::layout::{Kind, Origin, Table, layout};
use crate::sink::{Digest, Row};

/// Rows that are exported together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportBatch {
    /// The journal.
    pub journal: String,
    /// What leaves the queue when the rows have arrived: at least one.
    pub entries: Vec<ExportEntry>,
    /// The rows, with those that belong to them; none of an entry whose row is gone.
    pub rows: Vec<Row>,
    /// Jobs that ended in an error since rows last arrived.
    pub failed_jobs: u64,
}

/// The next rows to be exported: at most `entries` of the queue, and no more of them once there are `bytes`.
pub(super) fn batch(conn: &Connection, entries: u32, bytes: usize) -> Result<Option<ExportBatch>, Fault> {
    let state = export_queue::state(conn)?;
    let first = export_queue::first(conn, entries)?;
    if first.is_empty() || state.target.is_none() {
        return Ok(None);
    }
    let mut batch =
        ExportBatch { journal: journal(conn)?, entries: Vec::new(), rows: Vec::new(), failed_jobs: state.failed_jobs };
    let mut size = 0;
    for entry in first {
        if size >= bytes {
            break;
        }
        let before = batch.rows.len();
        if let Some(table) = layout().table(&entry.table) {
            let key = table.key.first().map(String::as_str).unwrap_or_default();
            let condition = format!("t.{key} = ?1");
            let identity = (batch.journal.as_str(), Some(entry.revision));
            each(conn, table, &condition, vec![text(Some(&entry.key))], identity, |row| batch.rows.push(row))?;
            for (part, of) in table.parts() {
                let condition = format!("t.{} = ?1", of.key);
                each(conn, part, &condition, vec![text(Some(&entry.key))], identity, |row| batch.rows.push(row))?;
            }
        }
        let new = batch.rows.get(before..).unwrap_or_default();
        size += new.iter().flat_map(|row| &row.values).flatten().map(String::len).sum::<usize>();
        batch.entries.push(entry);
    }
    Ok(Some(batch))
}

/// How many rows there are of each day of a table, and what they are.
pub(super) fn digests(
    conn: &Connection,
    table: &'static Table,
    (from, to): (Date, Date),
) -> Result<BTreeMap<Date, Digest>, Fault> {
    let journal = journal(conn)?;
    let partition = table.columns.iter().find(|column| column.name == table.partition_by);
    let place = if partition.is_some_and(|column| column.from == Origin::Parent) { "p" } else { "t" };
    let condition = format!("{place}.{0} >= ?1 AND {place}.{0} < ?2 || 'U'", table.partition_by);
    let days = vec![text(Some(&from.to_string())), text(Some(&to.to_string()))];
    let mut digests = BTreeMap::new();
    let mut strange = None;
    each(conn, table, &condition, days, (&journal, None), |row| {
        let day = row.value(&table.partition_by).and_then(|at| at.get(..10)).and_then(|day| day.parse().ok());
        match day {
            Some(day) => {
                let digest: &mut Digest = digests.entry(day).or_default();
                *digest = digest.with(&row);
            }
            None => strange = Some(row),
        }
    })?;
    match strange {
        None => Ok(digests),
        Some(row) => Err(StoreError::CorruptValue {
            table: &table.name,
            column: &table.partition_by,
            value: format!("{:?}", row.value(&table.partition_by)),
            expected: "timestamp",
        }
        .into()),
    }
}

/// The identity of the journal; empty when it has none yet.
pub(super) fn journal(conn: &Connection) -> Result<String, Fault> {
    let sql = format!("SELECT identity FROM {} ORDER BY identity", IDENTITY.name);
    let identities = super::read::all(conn, &sql, Vec::new(), |row| Fields::new(IDENTITY.name, row).text("identity"))?;
    Ok(identities.into_iter().next().unwrap_or_default())
}

/// Reads the rows of a table that fulfil a condition, in which `t` is the table and `p` the one that it is part of.
fn each(
    conn: &Connection,
    table: &'static Table,
    condition: &str,
    params: Vec<Value>,
    (journal, revision): (&str, Option<i64>),
    mut take: impl FnMut(Row),
) -> Result<(), Fault> {
    let columns: Vec<_> = table
        .columns
        .iter()
        .filter_map(|column| match column.from {
            Origin::Row => Some(format!("t.{}", column.name)),
            Origin::Parent => Some(format!("p.{}", column.name)),
            Origin::Journal | Origin::Revision => None,
        })
        .collect();
    let join = match &table.part_of {
        Some(part) => format!("JOIN {0} p ON p.{1} = t.{1}", part.table, part.key),
        None => String::new(),
    };
    let order: Vec<_> = table.key.iter().map(|key| format!("t.{key}")).collect();
    let sql = format!(
        "SELECT {} FROM {} t {join} WHERE {condition} ORDER BY {}",
        columns.join(", "),
        table.name,
        order.join(", ")
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let mut rows = statement.query(params_from_iter(params))?;
    while let Some(row) = rows.next()? {
        let mut next = 0;
        let mut values = Vec::with_capacity(table.columns.len());
        for column in &table.columns {
            values.push(match column.from {
                Origin::Journal => Some(journal.to_owned()),
                Origin::Revision => revision.map(|revision| revision.to_string()),
                Origin::Row | Origin::Parent => {
                    next += 1;
                    value(table, &column.name, column.kind, row, next - 1)?
                }
            });
        }
        take(Row { table, values });
    }
    Ok(())
}

/// A value as text that a CAST to its type takes.
fn value(
    table: &'static Table,
    column: &'static str,
    kind: Kind,
    row: &SqliteRow<'_>,
    place: usize,
) -> Result<Option<String>, Fault> {
    let value = row.get_ref(place)?;
    let written = match (kind, value) {
        (_, ValueRef::Null) => return Ok(None),
        (Kind::Bool, ValueRef::Integer(0)) => Some("false".to_owned()),
        (Kind::Bool, ValueRef::Integer(1)) => Some("true".to_owned()),
        (Kind::Int64, ValueRef::Integer(number)) => Some(number.to_string()),
        (Kind::Float64, ValueRef::Real(number)) => Some(format!("{number:?}")),
        (Kind::Json, ValueRef::Text(text)) => document(text),
        (Kind::String | Kind::Timestamp | Kind::Date, ValueRef::Text(text)) => String::from_utf8(text.to_vec()).ok(),
        _ => None,
    };
    let corrupt = || {
        let expected = kind.words().first().copied().unwrap_or_default();
        StoreError::CorruptValue { table: &table.name, column, value: format!("{value:?}"), expected }
    };
    written.map(Some).ok_or_else(|| corrupt().into())
}

/// A JSON document in which every number is one that BigQuery keeps as it is: it refuses those that a double or an
/// integer of 64 bits does not hold.
fn document(text: &[u8]) -> Option<String> {
    let document: serde_json::Value = serde_json::from_slice(text).ok()?;
    Some(document.to_string())
}
