//! What is written of schedules: due slots, slots without a run, pauses, runs that are taken up again.

use jiff::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::error::{Fault, StoreError};
use super::journal::{Begun, find_run};
use super::rows::run::{self, RunEnd};
use super::rows::slot::{self, Pause, SLOTS, STATES};
use super::rows::timestamp;
use crate::model::{NotRun, RunId, RunRecord, ScheduleName, Slot, Tally};

/// Slots of a schedule that are due, up to an instant.
#[derive(Debug)]
pub(super) struct Due {
    slots: Vec<[Value; 2]>,
    state: [Value; 2],
}

impl Due {
    /// The rows; `watermark` is the instant up to which `due` are all there are.
    pub(super) fn new(schedule: &ScheduleName, due: &[Timestamp], watermark: Timestamp) -> Result<Self, StoreError> {
        let slots = due.iter().map(|at| slot::key(&Slot { schedule: schedule.clone(), scheduled_for: *at }));
        let of = format!("schedule {schedule}");
        Ok(Self {
            slots: slots.collect::<Result<_, _>>()?,
            state: [Value::Text(schedule.to_string()), timestamp(&of, "watermark", watermark)?],
        })
    }

    pub(super) fn write(&self, conn: &Connection) -> Result<(), Fault> {
        let sql = format!("INSERT INTO {SLOTS} (schedule_name, scheduled_for) VALUES (?, ?) ON CONFLICT DO NOTHING");
        for slot in &self.slots {
            conn.prepare_cached(&sql)?.execute(params_from_iter(slot))?;
        }
        let sql = format!(
            "INSERT INTO {STATES} (schedule_name, watermark) VALUES (?, ?) \
             ON CONFLICT DO UPDATE SET watermark = max(watermark, excluded.watermark)"
        );
        conn.prepare_cached(&sql)?.execute(params_from_iter(&self.state))?;
        Ok(())
    }
}

/// A slot that has no run, with the row that says why.
#[derive(Debug)]
pub(super) struct Unrun {
    begun: Begun,
    run_id: RunId,
    end: [Value; 10],
}

impl Unrun {
    /// The row of a run that did not take place.
    pub(super) fn new(run: &RunRecord, why: NotRun, message: String, owner: &str) -> Result<Self, StoreError> {
        let end = RunEnd {
            status: why.status(),
            not_run: Some(why),
            message,
            finished_at: run.started_at,
            duration: std::time::Duration::ZERO,
            tally: Tally::default(),
        };
        Ok(Self { begun: Begun::new(run, &[], owner)?, run_id: run.run_id, end: run::ended(run.run_id, &end)? })
    }

    /// The run.
    pub(super) fn run_id(&self) -> RunId {
        self.run_id
    }

    pub(super) fn write(&self, conn: &Connection) -> Result<(), Fault> {
        self.begun.write(conn)?;
        set_end(conn, self.run_id, &self.end)
    }
}

/// A schedule that is to rest, or to go on.
#[derive(Debug)]
pub(super) struct Rest([Value; 6]);

impl Rest {
    /// The row; `now` becomes the watermark of a schedule that no host knows yet.
    pub(super) fn new(schedule: &ScheduleName, paused: Option<&Pause>, now: Timestamp) -> Result<Self, StoreError> {
        let of = format!("schedule {schedule}");
        let [at, by, reason, until] = slot::pause(schedule, paused)?;
        Ok(Self([Value::Text(schedule.to_string()), timestamp(&of, "watermark", now)?, at, by, reason, until]))
    }

    pub(super) fn write(&self, conn: &Connection) -> Result<(), Fault> {
        let sql = format!(
            "INSERT INTO {STATES} (schedule_name, watermark, paused_at, paused_by, pause_reason, paused_until) \
             VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET paused_at = excluded.paused_at, \
             paused_by = excluded.paused_by, pause_reason = excluded.pause_reason, \
             paused_until = excluded.paused_until"
        );
        conn.prepare_cached(&sql)?.execute(params_from_iter(&self.0))?;
        Ok(())
    }
}

/// Makes a run that of its slot. Another run may not be it.
pub(super) fn settle(conn: &Connection, slot: &Slot, run: RunId) -> Result<(), Fault> {
    let sql = format!(
        "INSERT INTO {SLOTS} (schedule_name, scheduled_for, run_id) VALUES (?, ?, ?) \
         ON CONFLICT DO UPDATE SET run_id = excluded.run_id WHERE run_id IS NULL OR run_id = excluded.run_id"
    );
    let [schedule, at] = slot::key(slot)?;
    match conn.prepare_cached(&sql)?.execute(params_from_iter([schedule, at, Value::Text(run.to_string())]))? {
        0 => Err(StoreError::SlotTaken(slot.clone()).into()),
        _ => Ok(()),
    }
}

/// Takes the end from a run, so that it takes results again; they belong to `owner` from now on.
pub(super) fn reopen(conn: &Connection, run_id: RunId, owner: &str) -> Result<(), Fault> {
    let stored = find_run(conn, run_id)?.ok_or(StoreError::UnknownRun(run_id))?;
    if stored.end.is_none() {
        // Already done, if it is ours.
        let sql = format!("SELECT owner = ?2 FROM {} WHERE run_id = ?1", run::NAME);
        let ours = conn.prepare_cached(&sql)?.query_row((run_id.to_string(), owner), |row| row.get(0))?;
        let what = format!("run {run_id}");
        return if ours { Ok(()) } else { Err(StoreError::Conflict { what }.into()) };
    }
    let sets = run::ENDED.map(|column| format!("{column} = NULL")).join(", ");
    let sql = format!("UPDATE {} SET {sets}, owner = ?2 WHERE run_id = ?1", run::NAME);
    conn.prepare_cached(&sql)?.execute((run_id.to_string(), owner))?;
    Ok(())
}

/// Writes how a run ended.
pub(super) fn set_end(conn: &Connection, run_id: RunId, end: &[Value; 10]) -> Result<(), Fault> {
    let sets = run::ENDED.map(|column| format!("{column} = ?")).join(", ");
    let sql = format!("UPDATE {} SET {sets} WHERE run_id = ?", run::NAME);
    let key = Value::Text(run_id.to_string());
    conn.prepare_cached(&sql)?.execute(params_from_iter(end.iter().chain([&key])))?;
    Ok(())
}

/// Deletes runs that have ended, with all that belongs to them.
pub(super) fn forget(conn: &Connection, runs: &[RunId]) -> Result<(), Fault> {
    for run in runs {
        let of_results = "result_id IN (SELECT result_id FROM validation_results WHERE run_id = ?1)";
        for (table, condition) in [
            ("validation_findings", of_results),
            ("validation_metrics", of_results),
            ("validation_logs", of_results),
            ("validation_results", "run_id = ?1"),
            ("run_checks", "run_id = ?1"),
            (SLOTS, "run_id = ?1"),
            (run::NAME, "run_id = ?1 AND status IS NOT NULL"),
        ] {
            conn.prepare_cached(&format!("DELETE FROM {table} WHERE {condition}"))?.execute([run.to_string()])?;
        }
    }
    // Gives back what is free now, so that the file does not only grow.
    let mut freed = conn.prepare_cached("PRAGMA incremental_vacuum")?;
    let mut rows = freed.query(())?;
    while rows.next()?.is_some() {}
    Ok(())
}
