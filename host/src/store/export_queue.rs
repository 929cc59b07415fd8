//! What is still to be exported: tables `export_state`, `export_queue` and `export_days`.
//!
//! Triggers of the database put every row that changes into the queue, in the transaction that changes it and whichever
//! process that is, while there is a target. The queue holds keys, not rows, and is bounded: what is too much is put down as
//! days, which are exported whole when the queue is empty.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension as _};

use super::codec::Fields;
use super::error::Fault;
use super::read::all;
use super::rows::timestamp;
use super::telling::identity;
use crate::sink::layout::{Table, layout};

pub(super) const STATE: &str = "export_state";
pub(super) const QUEUE: &str = "export_queue";
pub(super) const DAYS: &str = "export_days";

/// A row that waits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ExportEntry {
    /// Its table.
    pub table: String,
    /// Its key.
    pub key: String,
    /// The change that waits: a later one of the row makes another entry of it.
    pub revision: i64,
}

/// How the export goes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExportStatus {
    /// What is exported to, `project.dataset`; `None` while nothing is.
    pub target: Option<String>,
    /// Rows that wait, each with all that belongs to it.
    pub rows_waiting: u64,
    /// Days of tables that wait as a whole.
    pub days_waiting: u64,
    /// The earliest change that waits.
    pub oldest: Option<Timestamp>,
    /// When rows last arrived.
    pub last_success_at: Option<Timestamp>,
    /// Since when every attempt has failed.
    pub failing_since: Option<Timestamp>,
    /// Attempts that failed since rows last arrived.
    pub failures: u64,
    /// Jobs that ended in an error since rows last arrived.
    pub failed_jobs: u64,
    /// What the last attempt came to, where it failed.
    pub last_error: Option<String>,
}

impl ExportStatus {
    /// How far the export is behind the journal: how long ago the earliest change was that waits.
    #[must_use]
    pub fn lag(&self, now: Timestamp) -> jiff::SignedDuration {
        self.oldest.map_or(jiff::SignedDuration::ZERO, |oldest| now.duration_since(oldest))
    }
}

/// Something to write about the export.
#[derive(Debug)]
pub(super) enum Exporting {
    /// There is a target, or none any more. All that the journal has goes to a new one.
    Target { target: Option<String>, now: Timestamp },
    /// Rows have arrived.
    Arrived { entries: Vec<ExportEntry>, now: Timestamp },
    /// An attempt failed; with a job that ended in an error, or not.
    Failed { error: String, is_job: bool, now: Timestamp },
    /// The queue is kept within its bound, and filled from the days when it is empty.
    Tidy { rows_max: u64 },
    /// All rows of some days are exported again.
    Again { from: Date, to: Date },
}

impl Exporting {
    pub(super) fn write(&self, conn: &Connection) -> Result<(), Fault> {
        match self {
            Self::Target { target, now } => set_target(conn, target.as_deref(), *now),
            Self::Arrived { entries, now } => arrived(conn, entries, *now),
            Self::Failed { error, is_job, now } => {
                let sql = format!(
                    "UPDATE {STATE} SET failures = failures + 1, failed_jobs = failed_jobs + ?2, last_error = ?1, \
                     failing_since = coalesce(failing_since, ?3)"
                );
                let at = timestamp(&STATE, "failing_since", *now)?;
                conn.prepare_cached(&sql)?.execute((error, i64::from(*is_job), at))?;
                Ok(())
            }
            Self::Tidy { rows_max } => tidy(conn, *rows_max),
            Self::Again { from, to } => {
                for table in layout().queued() {
                    mark_days(conn, table, Some((*from, *to)))?;
                }
                Ok(())
            }
        }
    }
}

fn set_target(conn: &Connection, target: Option<&str>, now: Timestamp) -> Result<(), Fault> {
    let sql = format!("SELECT target FROM {STATE}");
    let known: Option<Option<String>> = conn.prepare_cached(&sql)?.query_row((), |row| row.get(0)).optional()?;
    if known.clone().flatten().as_deref() == target {
        return Ok(());
    }
    if known.is_none() {
        let sql = format!("INSERT INTO {STATE} (exporter, revision, failures, failed_jobs) VALUES ('sink', 0, 0, 0)");
        conn.execute(&sql, ())?;
    }
    let sql = format!(
        "UPDATE {STATE} SET target = ?1, last_success_at = NULL, failing_since = NULL, failures = 0, failed_jobs = 0, \
         last_error = NULL"
    );
    conn.execute(&sql, [target])?;
    conn.execute(&format!("DELETE FROM {QUEUE}"), ())?;
    conn.execute(&format!("DELETE FROM {DAYS}"), ())?;
    if target.is_some() {
        identity(conn, now)?;
        for table in layout().queued() {
            mark_days(conn, table, None)?;
        }
    }
    Ok(())
}

/// Puts days down that have rows; all of them when none are named.
fn mark_days(conn: &Connection, table: &Table, days: Option<(Date, Date)>) -> Result<(), Fault> {
    let Table { name, partition_by, .. } = table;
    let (from, to) = days.unwrap_or((Date::ZERO, Date::MAX));
    let sql = format!(
        "INSERT INTO {DAYS} (table_name, row_day) SELECT DISTINCT ?1, substr({partition_by}, 1, 10) FROM {name} \
         WHERE {partition_by} >= ?2 AND {partition_by} < ?3 || 'U' ON CONFLICT DO NOTHING"
    );
    // `T` comes behind the day, and `U` behind all of it.
    conn.prepare_cached(&sql)?.execute((name, from.to_string(), to.to_string()))?;
    Ok(())
}

fn arrived(conn: &Connection, entries: &[ExportEntry], now: Timestamp) -> Result<(), Fault> {
    let sql = format!("DELETE FROM {QUEUE} WHERE table_name = ?1 AND row_key = ?2 AND revision = ?3");
    let mut delete = conn.prepare_cached(&sql)?;
    for ExportEntry { table, key, revision } in entries {
        delete.execute((table, key, revision))?;
    }
    let sql = format!(
        "UPDATE {STATE} SET last_success_at = ?1, failing_since = NULL, failures = 0, failed_jobs = 0, last_error = NULL"
    );
    conn.prepare_cached(&sql)?.execute([timestamp(&STATE, "last_success_at", now)?])?;
    Ok(())
}

fn tidy(conn: &Connection, rows_max: u64) -> Result<(), Fault> {
    let waiting = count(conn, QUEUE)?;
    if waiting > rows_max {
        // Of a day that is put down already, the earliest change holds.
        let sql = format!(
            "INSERT INTO {DAYS} (table_name, row_day, changed_at) \
             SELECT table_name, row_day, min(changed_at) FROM {QUEUE} WHERE true GROUP BY table_name, row_day \
             ON CONFLICT DO UPDATE SET changed_at = min(coalesce(changed_at, excluded.changed_at), \
             coalesce(excluded.changed_at, changed_at))"
        );
        conn.execute(&sql, ())?;
        conn.execute(&format!("DELETE FROM {QUEUE}"), ())?;
        tracing::warn!(waiting, rows_max, "too many rows wait to be exported: their days are exported whole");
    } else if waiting == 0 {
        fill(conn)?;
    }
    Ok(())
}

/// Puts the rows of the earliest day that is put down into the queue.
fn fill(conn: &Connection) -> Result<(), Fault> {
    let sql = format!("SELECT table_name, row_day, changed_at FROM {DAYS} ORDER BY row_day, table_name LIMIT 1");
    let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
    let day: Option<(String, String, Option<String>)> = conn.prepare_cached(&sql)?.query_row((), read).optional()?;
    let Some((name, day, changed_at)) = day else { return Ok(()) };
    if let (Some(table), Some(key)) = (layout().table(&name), layout().table(&name).and_then(|t| t.key.first())) {
        let partition = &table.partition_by;
        let sql = format!(
            "INSERT INTO {QUEUE} (table_name, row_key, revision, row_day, changed_at) \
             SELECT ?1, {key}, (SELECT revision FROM {STATE}) + row_number() OVER (ORDER BY {partition}, {key}), ?2, ?3 \
             FROM {name} WHERE {partition} >= ?2 AND {partition} < ?2 || 'U' ON CONFLICT DO NOTHING"
        );
        conn.prepare_cached(&sql)?.execute((&name, &day, &changed_at))?;
        let sql =
            format!("UPDATE {STATE} SET revision = max(revision, (SELECT coalesce(max(revision), 0) FROM {QUEUE}))");
        conn.execute(&sql, ())?;
    }
    conn.prepare_cached(&format!("DELETE FROM {DAYS} WHERE table_name = ?1 AND row_day = ?2"))?.execute((name, day))?;
    Ok(())
}

fn count(conn: &Connection, table: &str) -> Result<u64, Fault> {
    let count: i64 = conn.prepare_cached(&format!("SELECT count(*) FROM {table}"))?.query_row((), |row| row.get(0))?;
    Ok(u64::try_from(count).unwrap_or_default())
}

/// What the journal knows of the export, but for what waits.
pub(super) fn state(conn: &Connection) -> Result<ExportStatus, Fault> {
    let state = all(conn, &format!("SELECT * FROM {STATE}"), Vec::new(), |row| {
        let fields = Fields::new(STATE, row);
        Ok(ExportStatus {
            target: fields.text_or_null("target")?,
            last_success_at: fields.timestamp_or_null("last_success_at")?,
            failing_since: fields.timestamp_or_null("failing_since")?,
            failures: fields.count("failures")?,
            failed_jobs: fields.count("failed_jobs")?,
            last_error: fields.text_or_null("last_error")?,
            ..ExportStatus::default()
        })
    })?;
    Ok(state.into_iter().next().unwrap_or_default())
}

/// How the export goes.
pub(super) fn status(conn: &Connection) -> Result<ExportStatus, Fault> {
    let sql = format!(
        "SELECT min(changed_at) AS changed_at FROM \
         (SELECT min(changed_at) AS changed_at FROM {QUEUE} UNION ALL SELECT min(changed_at) FROM {DAYS})"
    );
    let oldest = all(conn, &sql, Vec::new(), |row| Fields::new(QUEUE, row).timestamp_or_null("changed_at"))?;
    Ok(ExportStatus {
        rows_waiting: count(conn, QUEUE)?,
        days_waiting: count(conn, DAYS)?,
        oldest: oldest.into_iter().flatten().next(),
        ..state(conn)?
    })
}

/// The first rows that wait, in the order of their changes.
pub(super) fn first(conn: &Connection, limit: u32) -> Result<Vec<ExportEntry>, Fault> {
    let sql = format!("SELECT * FROM {QUEUE} ORDER BY revision LIMIT ?1");
    all(conn, &sql, vec![Value::Integer(limit.into())], |row| {
        let fields = Fields::new(QUEUE, row);
        Ok(ExportEntry {
            table: fields.text("table_name")?,
            key: fields.text("row_key")?,
            revision: fields.count("revision")?,
        })
    })
}

/// Tables and days of which rows wait.
pub(super) fn waiting(conn: &Connection) -> Result<BTreeSet<(String, Date)>, Fault> {
    let sql = format!("SELECT table_name, row_day FROM {QUEUE} UNION SELECT table_name, row_day FROM {DAYS}");
    let days = all(conn, &sql, Vec::new(), |row| {
        let fields = Fields::new(QUEUE, row);
        Ok((fields.text("table_name")?, fields.date("row_day")?))
    })?;
    Ok(days.into_iter().collect())
}

/// The condition that a row of a table does not wait to be exported.
pub(super) fn not_waiting(table: &str, key: &str, partition: &str) -> String {
    format!(
        "NOT EXISTS (SELECT 1 FROM {QUEUE} WHERE table_name = '{table}' AND row_key = {table}.{key}) AND \
         NOT EXISTS (SELECT 1 FROM {DAYS} WHERE table_name = '{table}' AND row_day = substr({table}.{partition}, 1, 10))"
    )
}
