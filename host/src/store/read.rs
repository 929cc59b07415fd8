//! What is read, on connections of its own: reading never waits for writing, nor the other way round.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::types::Value;
use rusqlite::{Connection, Row, params_from_iter};

use super::codec::{self, Fields};
use super::error::{Fault, StoreError};
use super::migrate;
use super::rows::run::{self, StoredRun};
use super::rows::{child, result};
use crate::model::{CheckName, CheckResult, RunId, RunStatus, ScheduleName, Status, Trigger};

/// Idle connections that are kept.
const IDLE_MAX: usize = 4;

/// Which results to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultFilter {
    /// Only of this run.
    pub run: Option<RunId>,
    /// Only of this check.
    pub check: Option<CheckName>,
    /// Only with this status.
    pub status: Option<Status>,
    /// Only of executions that began then or later.
    pub since: Option<Timestamp>,
    /// At most so many, the newest.
    pub limit: u32,
}

impl ResultFilter {
    /// The newest results, at most `limit` of them.
    #[must_use]
    pub fn newest(limit: u32) -> Self {
        Self { run: None, check: None, status: None, since: None, limit }
    }
}

/// A result, as it is in the store, and what its run was about.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredResult {
    /// The schedule the run belongs to.
    pub schedule: Option<ScheduleName>,
    /// The day the run is about.
    pub target_date: Date,
    /// What made the run happen.
    pub trigger: Trigger,
    /// When the run began.
    pub run_started_at: Timestamp,
    /// What the run's results add up to; `None` while it is running.
    pub run_status: Option<RunStatus>,
    /// The result, with all that the check reported.
    pub result: CheckResult,
}

/// Connections for reading.
#[derive(Debug)]
pub(super) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    /// Readers of the database at `path`; connections are opened when they are needed.
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, idle: Mutex::default() }
    }

    /// The database.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Runs `query` in a read transaction on a thread that may block.
    ///
    /// # Cancel safety
    /// Dropped, the query ends on its own and its answer is lost.
    pub(super) async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        query: impl FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        let readers = Arc::clone(self);
        let answer =
            tokio::task::spawn_blocking(move || readers.blocking(query).map_err(|fault| fault.at(&readers.path)));
        answer.await.map_err(|_| StoreError::Stopped)?
    }

    fn blocking<T>(&self, query: impl FnOnce(&Connection) -> Result<T, Fault>) -> Result<T, Fault> {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = idle().pop();
        let mut conn = match kept {
            Some(conn) => conn,
            None => migrate::open_read_only(&self.path)?,
        };
        let answer = query(&*conn.transaction()?)?;
        let mut idle = idle();
        if idle.len() < IDLE_MAX {
            idle.push(conn);
        }
        Ok(answer)
    }
}

/// Results, the newest first.
pub(super) fn results(conn: &Connection, filter: &ResultFilter) -> Result<Vec<StoredResult>, Fault> {
    let ResultFilter { run, check, status, since, limit } = filter;
    let since = since.map(|since| {
        // Out of the range that is written: before all or after all of it.
        let edge = if since < Timestamp::UNIX_EPOCH { "" } else { "~" };
        codec::timestamp(since).unwrap_or_else(|| edge.to_owned())
    });
    let conditions = [
        ("s.run_id = ?", run.map(|run| run.to_string())),
        ("s.check_name = ?", check.as_ref().map(|check| check.as_str().to_owned())),
        ("s.status = ?", status.map(|status| status.as_str().to_owned())),
        ("s.started_at >= ?", since),
    ];
    let (wheres, mut params): (Vec<_>, Vec<_>) =
        conditions.into_iter().filter_map(|(sql, value)| Some((sql, Value::Text(value?)))).unzip();
    let wheres = if wheres.is_empty() { String::new() } else { format!("WHERE {}", wheres.join(" AND ")) };
    params.push(Value::Integer((*limit).into()));
    let sql = format!(
        "SELECT s.*, r.schedule_name, r.target_date, r.trigger_source, r.started_at AS run_started_at, \
         r.status AS run_status FROM validation_results s JOIN validation_runs r ON r.run_id = s.run_id \
         {wheres} ORDER BY s.started_at DESC, s.result_id DESC LIMIT ?"
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let mut rows = statement.query(params_from_iter(params))?;
    let mut results = Vec::new();
    while let Some(row) = rows.next()? {
        let mut result = result::read(row)?;
        let id = result::id(&result);
        result.findings = children(conn, child::FINDINGS.name, &id, child::read_finding)?;
        result.metrics = children(conn, child::METRICS.name, &id, child::read_metric)?;
        result.logs = children(conn, child::LOGS.name, &id, child::read_log)?;
        let fields = Fields::new(run::NAME, row);
        results.push(StoredResult {
            schedule: fields.parsed_or_null("schedule_name", "schedule name")?,
            target_date: fields.date("target_date")?,
            trigger: run::trigger(&fields)?,
            run_started_at: fields.timestamp("run_started_at")?,
            run_status: run::status(&fields, "run_status")?,
            result,
        });
    }
    Ok(results)
}

fn children<T>(
    conn: &Connection,
    table: &str,
    result_id: &str,
    read: fn(&Row<'_>) -> Result<T, Fault>,
) -> Result<Vec<T>, Fault> {
    let sql = format!("SELECT * FROM {table} WHERE result_id = ?1 ORDER BY ordinal");
    let mut statement = conn.prepare_cached(&sql)?;
    let mut rows = statement.query([result_id])?;
    let mut children = Vec::new();
    while let Some(row) = rows.next()? {
        children.push(read(row)?);
    }
    Ok(children)
}

/// Runs, the newest first.
pub(super) fn runs(conn: &Connection, limit: u32) -> Result<Vec<StoredRun>, Fault> {
    let sql = "SELECT * FROM validation_runs ORDER BY started_at DESC, run_id DESC LIMIT ?1";
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query([limit])?;
    let mut runs = Vec::new();
    while let Some(row) = rows.next()? {
        runs.push(run::read(row)?);
    }
    Ok(runs)
}
