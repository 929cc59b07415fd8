//! Runs that a host left behind when it stopped: every check gets a result, the run an end.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, TransactionBehavior};
use ulid::Ulid;

use super::codec::Fields;
use super::error::Fault;
use super::journal::{Finish, Operation, Recorded, find_run, unfinished, weights};
use super::rows::plan::PlannedCheck;
use super::rows::run;
use crate::model::{CheckResult, Conclusion, Reason, RunId, Status, Tally, Usage, roll_up};

/// Ends the unfinished runs whose owner is not `alive`; gives them in the order in which they began.
pub(super) fn recover(conn: &mut Connection, alive: &BTreeSet<Ulid>, now: Timestamp) -> Result<Vec<RunId>, Fault> {
    let mut recovered = Vec::new();
    for run in abandoned(conn, alive)? {
        // One run a transaction: a long list of them stays within memory, and what is done is done.
        let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if interrupt(&tx, run, now)? {
            recovered.push(run);
        }
        tx.commit()?;
    }
    Ok(recovered)
}

fn abandoned(conn: &Connection, alive: &BTreeSet<Ulid>) -> Result<Vec<RunId>, Fault> {
    let sql = "SELECT run_id, owner FROM validation_runs WHERE status IS NULL ORDER BY started_at, run_id";
    let mut statement = conn.prepare(sql)?;
    let mut rows = statement.query(())?;
    let mut runs = Vec::new();
    while let Some(row) = rows.next()? {
        let fields = Fields::new(run::NAME, row);
        let owner: Ulid = fields.parsed("owner", "name of a lock file")?;
        if !alive.contains(&owner) {
            runs.push(fields.parsed("run_id", "run id")?);
        }
    }
    Ok(runs)
}

/// Ends one run; false when it has ended meanwhile.
fn interrupt(conn: &Connection, run_id: RunId, now: Timestamp) -> Result<bool, Fault> {
    let Some(stored) = find_run(conn, run_id)?.filter(|stored| stored.end.is_none()) else { return Ok(false) };
    for planned in unfinished(conn, run_id)? {
        let result = interrupted(run_id, planned, stored.record.started_at);
        Operation::Record(Box::new(Recorded::new(&result)?)).write(conn)?;
    }
    let weights = weights(conn, run_id)?;
    let tally = Tally::of(weights.iter().map(|(status, _)| *status));
    let message = format!("the host stopped during the run: {tally}");
    Operation::Finish(Finish { run_id, status: roll_up(weights), message, finished_at: now }).write(conn)?;
    Ok(true)
}

fn interrupted(run_id: RunId, planned: PlannedCheck, started_at: Timestamp) -> CheckResult {
    let PlannedCheck { check, plugin, severity, owner, tags, settings } = planned;
    CheckResult {
        run_id,
        check,
        attempt: 1,
        plugin,
        digest: None,
        owner,
        tags,
        settings,
        conclusion: Conclusion {
            status: Status::Error,
            reason: Some(Reason::Interrupted),
            severity,
            message: "the host stopped before the check had a result".to_owned(),
            hint: Some("run it again".to_owned()),
            detail: None,
            examined: None,
            partial: false,
        },
        findings: Vec::new(),
        metrics: Vec::new(),
        logs: Vec::new(),
        usage: Usage::default(),
        started_at,
        duration: Duration::ZERO,
    }
}
