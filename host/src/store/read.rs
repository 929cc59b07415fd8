//! What is read, on connections of its own: reading never waits for writing, nor the other way round.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::types::Value;
use rusqlite::{Connection, Row, params_from_iter};

use super::codec::{self, Fields};
use super::error::{Fault, StoreError};
use super::export_queue::not_waiting;
use super::migrate;
use super::rows::run::{self, StoredRun};
use super::rows::slot::{self, ScheduleState};
use super::rows::{child, result};
use crate::model::{CheckName, CheckResult, Reason, RunId, RunStatus, ScheduleName, Severity, Slot, Status, Trigger};

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

/// Which runs to read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RunFilter {
    /// Only of this schedule.
    pub schedule: Option<ScheduleName>,
    /// Only with this status.
    pub status: Option<RunStatus>,
    /// Only with this trigger.
    pub trigger: Option<Trigger>,
    /// Only due then or later.
    pub due_from: Option<Timestamp>,
    /// Only due before then.
    pub due_before: Option<Timestamp>,
    /// Only begun before that run.
    pub before: Option<RunId>,
    /// At most so many, the newest.
    pub limit: u32,
}

/// A run in which checks were interrupted.
#[derive(Debug, Clone, PartialEq)]
pub struct Interrupted {
    /// The run.
    pub run: StoredRun,
    /// The checks, with the attempt that was interrupted and their severity.
    pub checks: Vec<(CheckName, u32, Severity)>,
    /// What the other checks came to.
    pub kept: Vec<(Status, Severity)>,
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
    let conditions = [
        ("s.run_id = ?", run.map(|run| run.to_string())),
        ("s.check_name = ?", check.as_ref().map(|check| check.as_str().to_owned())),
        ("s.status = ?", status.map(|status| status.as_str().to_owned())),
        ("s.started_at >= ?", since.map(comparable)),
    ];
    let (wheres, mut params) = narrowed(conditions);
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
pub(super) fn runs(conn: &Connection, filter: &RunFilter) -> Result<Vec<StoredRun>, Fault> {
    let RunFilter { schedule, status, trigger, due_from, due_before, before, limit } = filter;
    let conditions = [
        ("schedule_name = ?", schedule.as_ref().map(|schedule| schedule.as_str().to_owned())),
        ("status = ?", status.map(|status| status.as_str().to_owned())),
        ("trigger_source = ?", trigger.map(|trigger| trigger.as_str().to_owned())),
        ("scheduled_for >= ?", due_from.map(comparable)),
        ("scheduled_for < ?", due_before.map(comparable)),
        ("run_id < ?", before.map(|run| run.to_string())),
    ];
    let (wheres, mut params) = narrowed(conditions);
    params.push(Value::Integer((*limit).into()));
    let sql = format!("SELECT * FROM validation_runs {wheres} ORDER BY started_at DESC, run_id DESC LIMIT ?");
    all(conn, &sql, params, run::read)
}

/// Ids of runs that ended before an instant and of which nothing waits to be exported, at most `limit` of them.
pub(super) fn ended_before(conn: &Connection, before: Timestamp, limit: u32) -> Result<Vec<RunId>, Fault> {
    // A run begins before it ends, and there is an index of that.
    let exported = not_waiting(run::NAME, "run_id", "started_at");
    let results = not_waiting(result::TABLE.name, "result_id", "started_at");
    let sql = format!(
        "SELECT run_id FROM {0} WHERE started_at < ?1 AND finished_at < ?1 AND {exported} AND NOT EXISTS \
         (SELECT 1 FROM {1} WHERE {1}.run_id = {0}.run_id AND NOT ({results})) ORDER BY started_at LIMIT ?2",
        run::NAME,
        result::TABLE.name
    );
    let params = vec![Value::Text(comparable(before)), Value::Integer(limit.into())];
    all(conn, &sql, params, |row| Fields::new(run::NAME, row).parsed("run_id", "run id"))
}

/// What is known of schedules.
pub(super) fn schedule_states(conn: &Connection) -> Result<Vec<ScheduleState>, Fault> {
    all(conn, &format!("SELECT * FROM {} ORDER BY schedule_name", slot::STATES), Vec::new(), slot::read_state)
}

/// Slots without a run, the oldest first.
pub(super) fn open_slots(conn: &Connection) -> Result<Vec<Slot>, Fault> {
    let sql = format!("SELECT * FROM {} WHERE run_id IS NULL ORDER BY scheduled_for, schedule_name", slot::SLOTS);
    all(conn, &sql, Vec::new(), slot::read)
}

/// Runs of slots due at an instant or later whose last results say that the host stopped.
pub(super) fn interrupted(conn: &Connection, since: Timestamp) -> Result<Vec<Interrupted>, Fault> {
    let sql = format!(
        "SELECT r.* FROM validation_runs r JOIN {} s ON s.run_id = r.run_id \
         WHERE r.scheduled_for >= ? AND r.status IS NOT NULL ORDER BY r.scheduled_for, r.run_id",
        slot::SLOTS
    );
    let mut interrupted = Vec::new();
    for run in all(conn, &sql, vec![Value::Text(comparable(since))], run::read)? {
        // Beside `max`, SQLite takes the other columns from the row that has the maximum.
        let sql = "SELECT check_name, status, severity, reason, max(attempt) AS attempt FROM validation_results WHERE run_id = ? \
                   GROUP BY check_name ORDER BY check_name";
        let last = all(conn, sql, vec![Value::Text(run.record.run_id.to_string())], |row| {
            let fields = Fields::new(result::TABLE.name, row);
            let check: CheckName = fields.parsed("check_name", "check name")?;
            Ok((check, result::weight(row)?, result::reason(&fields)?, fields.count("attempt")?))
        })?;
        let (mut checks, mut kept) = (Vec::new(), Vec::new());
        for (check, (status, severity), reason, attempt) in last {
            match reason {
                Some(Reason::Interrupted) => checks.push((check, attempt, severity)),
                _ => kept.push((status, severity)),
            }
        }
        if !checks.is_empty() {
            interrupted.push(Interrupted { run, checks, kept });
        }
    }
    Ok(interrupted)
}

/// An instant as it is compared with those that are stored.
pub(super) fn comparable(at: Timestamp) -> String {
    // Out of the range that is written: before all or after all of it.
    let edge = if at < Timestamp::UNIX_EPOCH { "" } else { "~" };
    codec::timestamp(at).unwrap_or_else(|| edge.to_owned())
}

/// The conditions that apply, and their parameters.
pub(super) fn narrowed<const N: usize>(conditions: [(&str, Option<String>); N]) -> (String, Vec<Value>) {
    let (wheres, params): (Vec<_>, Vec<_>) =
        conditions.into_iter().filter_map(|(sql, value)| Some((sql, Value::Text(value?)))).unzip();
    let wheres = if wheres.is_empty() { String::new() } else { format!("WHERE {}", wheres.join(" AND ")) };
    (wheres, params)
}

pub(super) fn all<T>(
    conn: &Connection,
    sql: &str,
    params: Vec<Value>,
    read: impl Fn(&Row<'_>) -> Result<T, Fault>,
) -> Result<Vec<T>, Fault> {
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query(params_from_iter(params))?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push(read(row)?);
    }
    Ok(all)
}
