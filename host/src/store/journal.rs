//! What is written: each [`Operation`] is all or nothing, and harmless when it is asked for again.

use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension as _};

use super::alerts::{self, AlertContext, Happened, Happening};
use super::costs::{self, Aside, Settled};
use super::error::{Fault, StoreError};
use super::export_queue::Exporting;
use super::rows::delivery::{self, DELIVERIES};
use super::rows::plan::{self, PlannedCheck};
use super::rows::run::{self, RunEnd};
use super::rows::{Put, Table, child, result};
use super::said::Said;
use super::slots::{self, Due, Rest, Unrun};
use super::taking::Taking;
use super::telling::Telling;
use crate::model::{CheckName, CheckResult, Delivery, RunId, RunRecord, RunStatus, Severity, Slot, Status, Tally};

/// Something to write, its rows made already.
#[derive(Debug)]
pub(super) enum Operation {
    /// A run begins.
    Begin(Box<Begun>),
    /// A check has a result.
    Record(Box<Recorded>),
    /// A run ends.
    Finish(Finish),
    /// A run that has ended is taken up again.
    Reopen {
        /// The run.
        run_id: RunId,
        /// Whose it is now.
        owner: String,
    },
    /// Slots are due.
    Due(Due),
    /// Slots are not run.
    Unrun {
        /// The slots.
        slots: Vec<Unrun>,
        /// What that means for alerts.
        alerts: Vec<Happened>,
    },
    /// A schedule rests, or goes on.
    Rest(Rest),
    /// Something happens to alerts that no result tells of.
    Alert(Vec<Happened>),
    /// What is to be told is looked at.
    Tell(Telling),
    /// Deliveries are taken, to be attempted.
    Take(Taking),
    /// What became of a delivery.
    Delivery(Box<Delivery>),
    /// Somebody says something of alerts.
    Said(Said),
    /// Old runs go.
    Forget(Vec<RunId>),
    /// What was told before an instant goes.
    ForgetTold(Timestamp),
    /// Bytes are set aside for a query.
    Aside(Box<Aside>),
    /// A query was billed.
    Settled(Settled),
    /// Costs before a day go.
    ForgetCosts(String),
    /// Something about the export.
    Export(Exporting),
}

/// A run that begins.
#[derive(Debug)]
pub(super) struct Begun {
    run_id: RunId,
    slot: Option<Slot>,
    run: [Value; 19],
    checks: Vec<[Value; 8]>,
}

/// A result with what the check reported.
#[derive(Debug)]
pub(super) struct Recorded {
    run_id: RunId,
    check: CheckName,
    id: String,
    result: [Value; 30],
    findings: Vec<[Value; 20]>,
    metrics: Vec<[Value; 6]>,
    logs: Vec<[Value; 4]>,
    /// What it means for alerts, where it means anything.
    alerts: Option<Happened>,
}

/// The end of a run.
#[derive(Debug)]
pub(super) struct Finish {
    /// The run.
    pub(super) run_id: RunId,
    /// What its results add up to.
    pub(super) status: RunStatus,
    /// One sentence for a person.
    pub(super) message: String,
    /// When.
    pub(super) finished_at: Timestamp,
}

impl Begun {
    /// The rows of a run that begins.
    pub(super) fn new(run: &RunRecord, checks: &[PlannedCheck], owner: &str) -> Result<Self, StoreError> {
        let rows = checks.iter().enumerate().map(|(ordinal, check)| plan::row(run.run_id, ordinal, check));
        Ok(Self {
            run_id: run.run_id,
            slot: run.slot(),
            run: run::begun(run, checks.len(), owner)?,
            checks: rows.collect::<Result<_, _>>()?,
        })
    }

    pub(super) fn write(&self, conn: &Connection) -> Result<(), Fault> {
        let new = run::BEGUN.put(conn, &self.run)?;
        let conflict = || StoreError::Conflict { what: format!("run {}", self.run_id) };
        if new == Put::Other {
            return Err(conflict().into());
        }
        for check in &self.checks {
            // A name twice in the plan is a conflict too: it differs by its ordinal.
            if plan::TABLE.put(conn, check)? == Put::Other {
                return Err(conflict().into());
            }
        }
        if let Some(slot) = &self.slot {
            slots::settle(conn, slot, self.run_id)?;
        }
        Ok(())
    }
}

impl Recorded {
    /// The rows of a result.
    pub(super) fn new(recorded: &CheckResult) -> Result<Self, StoreError> {
        let id = result::id(recorded);
        let findings = recorded.findings.iter().enumerate();
        let metrics = recorded.metrics.iter().enumerate();
        let logs = recorded.logs.iter().enumerate();
        Ok(Self {
            run_id: recorded.run_id,
            check: recorded.check.clone(),
            result: result::row(recorded)?,
            findings: findings.map(|(ordinal, finding)| child::finding_row(&id, ordinal, finding)).collect(),
            metrics: metrics.map(|(ordinal, metric)| child::metric_row(&id, ordinal, metric)).collect(),
            logs: logs.map(|(ordinal, line)| child::log_row(&id, ordinal, line)).collect(),
            id,
            alerts: None,
        })
    }

    /// The same, with what it means for the alerts of its check.
    pub(super) fn with_alerts(self, result: CheckResult, context: Arc<AlertContext>, due: Timestamp) -> Self {
        // The check was done then: no clock is asked.
        let now = result.ended_at();
        let what = Happening::Result { result: Box::new(result), id: self.id.clone(), due };
        Self { alerts: Some(Happened { what, context, now }), ..self }
    }

    fn write(&self, conn: &Connection) -> Result<(), Fault> {
        let sql = "SELECT r.status IS NOT NULL, c.check_name IS NOT NULL \
                   FROM validation_runs r LEFT JOIN run_checks c ON c.run_id = r.run_id AND c.check_name = ?2 \
                   WHERE r.run_id = ?1";
        let keys = (self.run_id.to_string(), self.check.as_str());
        let state = conn.prepare_cached(sql)?.query_row(keys, |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        let finished = match state {
            None => return Err(StoreError::UnknownRun(self.run_id).into()),
            Some((_, false)) => {
                return Err(StoreError::NotPlanned { run: self.run_id, check: self.check.clone() }.into());
            }
            Some((finished, true)) => finished,
        };
        match result::TABLE.put(conn, &self.result)? {
            Put::New if finished => Err(StoreError::Finished(self.run_id).into()),
            Put::New => {
                put_all(conn, &child::FINDINGS, &self.findings)?;
                put_all(conn, &child::METRICS, &self.metrics)?;
                put_all(conn, &child::LOGS, &self.logs)?;
                self.alerts.as_ref().map_or(Ok(()), |alerts| alerts.write(conn))
            }
            Put::Same if self.same_children(conn)? => Ok(()),
            Put::Same | Put::Other => Err(StoreError::Conflict { what: format!("result {}", self.id) }.into()),
        }
    }

    fn same_children(&self, conn: &Connection) -> Result<bool, Fault> {
        let id = Value::Text(self.id.clone());
        Ok(child::FINDINGS.of(conn, &id)? == self.findings
            && child::METRICS.of(conn, &id)? == self.metrics
            && child::LOGS.of(conn, &id)? == self.logs)
    }
}

fn put_all<const N: usize>(conn: &Connection, table: &Table<N>, rows: &[[Value; N]]) -> Result<(), Fault> {
    for row in rows {
        table.put(conn, row)?;
    }
    Ok(())
}

impl Finish {
    fn write(&self, conn: &Connection) -> Result<(), Fault> {
        let Self { run_id, status, message, finished_at } = self;
        let stored = find_run(conn, *run_id)?.ok_or(StoreError::UnknownRun(*run_id))?;
        let missing = unfinished(conn, *run_id)?.len() as u64;
        if missing > 0 {
            return Err(StoreError::Incomplete { run: *run_id, missing }.into());
        }
        let duration = finished_at.duration_since(stored.record.started_at).try_into().unwrap_or_default();
        let tally = Tally::of(weights(conn, *run_id)?.into_iter().map(|(status, _)| status));
        let end = RunEnd {
            status: *status,
            not_run: None,
            message: message.clone(),
            finished_at: *finished_at,
            duration,
            tally,
        };
        let values = run::ended(*run_id, &end)?;
        if stored.end.is_some() {
            let sql = format!("SELECT {} FROM {} WHERE run_id = ?1", run::ENDED.join(", "), run::NAME);
            let same = conn.prepare_cached(&sql)?.query_row([run_id.to_string()], |row| {
                values
                    .iter()
                    .enumerate()
                    .try_fold(true, |same, (i, value)| Ok(same && row.get::<_, Value>(i)? == *value))
            })?;
            let what = format!("the end of run {run_id}");
            return if same { Ok(()) } else { Err(StoreError::Conflict { what }.into()) };
        }
        slots::set_end(conn, *run_id, &values)
    }
}

impl Operation {
    /// The run it belongs to, if it belongs to one.
    pub(super) fn run_id(&self) -> Option<RunId> {
        match self {
            Self::Begin(begun) => Some(begun.run_id),
            Self::Record(recorded) => Some(recorded.run_id),
            Self::Finish(finish) => Some(finish.run_id),
            Self::Reopen { run_id, owner: _ } => Some(*run_id),
            Self::Unrun { slots, alerts: _ } => slots.first().map(Unrun::run_id),
            Self::Due(_)
            | Self::Rest(_)
            | Self::Alert(_)
            | Self::Tell(_)
            | Self::Take(_)
            | Self::Delivery(_)
            | Self::Said(_)
            | Self::Forget(_)
            | Self::ForgetTold(_)
            | Self::Aside(_)
            | Self::Settled(_)
            | Self::ForgetCosts(_)
            | Self::Export(_) => None,
        }
    }

    /// Writes it, inside a transaction or savepoint of the caller's that is rolled back on an error.
    pub(super) fn write(&self, conn: &Connection) -> Result<(), Fault> {
        match self {
            Self::Begin(begun) => begun.write(conn),
            Self::Record(recorded) => recorded.write(conn),
            Self::Finish(finish) => finish.write(conn),
            Self::Reopen { run_id, owner } => slots::reopen(conn, *run_id, owner),
            Self::Due(due) => due.write(conn),
            Self::Unrun { slots, alerts } => {
                slots.iter().try_for_each(|slot| slot.write(conn))?;
                alerts.iter().try_for_each(|happened| happened.write(conn))
            }
            Self::Rest(rest) => rest.write(conn),
            Self::Alert(happened) => happened.iter().try_for_each(|happened| happened.write(conn)),
            Self::Tell(telling) => telling.write(conn),
            Self::Take(taking) => taking.write(conn),
            Self::Delivery(delivery) => alerts::replace(conn, &DELIVERIES, &delivery::delivery(delivery)?),
            Self::Said(said) => said.write(conn),
            Self::Forget(runs) => slots::forget(conn, runs),
            Self::ForgetTold(before) => alerts::forget(conn, *before),
            Self::Aside(aside) => aside.write(conn),
            Self::Settled(settled) => settled.write(conn),
            Self::ForgetCosts(before) => costs::forget(conn, before),
            Self::Export(exporting) => exporting.write(conn),
        }
    }
}

/// One run.
pub(super) fn find_run(conn: &Connection, run: RunId) -> Result<Option<run::StoredRun>, Fault> {
    let mut statement = conn.prepare_cached("SELECT * FROM validation_runs WHERE run_id = ?1")?;
    let mut rows = statement.query([run.to_string()])?;
    rows.next()?.map(run::read).transpose()
}

/// The planned checks of a run that have no result, in the run's order.
pub(super) fn unfinished(conn: &Connection, run: RunId) -> Result<Vec<PlannedCheck>, Fault> {
    let sql = "SELECT * FROM run_checks c WHERE c.run_id = ?1 AND NOT EXISTS \
               (SELECT 1 FROM validation_results r WHERE r.run_id = c.run_id AND r.check_name = c.check_name) \
               ORDER BY c.ordinal";
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query([run.to_string()])?;
    let mut checks = Vec::new();
    while let Some(row) = rows.next()? {
        checks.push(plan::read(row)?);
    }
    Ok(checks)
}

/// Status and severity of the last result of each check of a run.
pub(super) fn weights(conn: &Connection, run: RunId) -> Result<Vec<(Status, Severity)>, Fault> {
    // Beside `max`, SQLite takes the other columns from the row that has the maximum.
    let sql = "SELECT status, severity, max(attempt) FROM validation_results WHERE run_id = ?1 GROUP BY check_name";
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query([run.to_string()])?;
    let mut weights = Vec::new();
    while let Some(row) = rows.next()? {
        weights.push(result::weight(row)?);
    }
    Ok(weights)
}
