//! Table `validation_runs`: a run as it begins, how it ended, and both as they are read.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::types::Value;

use super::super::codec::{self, Fields};
use super::super::error::{Fault, StoreError};
use super::{Table, timestamp, unstorable};
use crate::model::{LocalTime, NotRun, RunId, RunRecord, RunStatus, Tally, Trigger, Window};

/// The name of the table.
pub(in super::super) const NAME: &str = "validation_runs";

/// A run as it begins.
pub(in super::super) const BEGUN: Table<19> = Table {
    name: NAME,
    key: 1,
    columns: [
        "run_id",
        "trigger_source",
        "requested_by",
        "schedule_name",
        "scheduled_for",
        "scheduled_local",
        "utc_offset_seconds",
        "dst_policy",
        "timezone",
        "target_date",
        "interval_start",
        "interval_end",
        "started_at",
        "lag_ms",
        "checks_planned",
        "config_digest",
        "host_version",
        "engine_version",
        "owner",
    ],
};

/// The columns that are written when a run ends.
pub(in super::super) const ENDED: [&str; 10] = [
    "finished_at",
    "duration_ms",
    "status",
    "reason",
    "message",
    "checks_passed",
    "checks_warned",
    "checks_failed",
    "checks_skipped",
    "checks_errored",
];

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunEnd {
    /// What the results add up to.
    pub status: RunStatus,
    /// Why nothing was run, where that is so.
    pub not_run: Option<NotRun>,
    /// One sentence for a person.
    pub message: String,
    /// When.
    pub finished_at: Timestamp,
    /// From start to end, to the millisecond.
    pub duration: Duration,
    /// The last result of every check, counted.
    pub tally: Tally,
}

/// A run, as it is in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRun {
    /// What is known since it began.
    pub record: RunRecord,
    /// How many checks it selected.
    pub planned: u64,
    /// How it ended; `None` while it is running.
    pub end: Option<RunEnd>,
}

/// The row of a run that begins.
pub(in super::super) fn begun(run: &RunRecord, planned: usize, owner: &str) -> Result<[Value; 19], StoreError> {
    let of = format!("run {}", run.run_id);
    let at = |column, at| timestamp(&of, column, at);
    let date = codec::date(run.target_date)
        .ok_or_else(|| unstorable(&of, "target_date", &run.target_date, "date in the years 0 to 9999"))?;
    Ok([
        Value::Text(run.run_id.to_string()),
        codec::text(Some(run.trigger.as_str())),
        codec::text(run.requested_by.as_deref()),
        codec::text(run.schedule.as_ref().map(|name| name.as_str())),
        at("scheduled_for", run.scheduled_for)?,
        run.local.as_ref().map_or(Value::Null, |local| Value::Text(local.nominal.to_string())),
        run.local.as_ref().map_or(Value::Null, |local| Value::Integer(local.utc_offset_seconds.into())),
        codec::text(run.local.as_ref().map(|local| local.dst_policy.as_str())),
        codec::text(Some(&run.time_zone)),
        Value::Text(date),
        at("interval_start", run.window.start)?,
        at("interval_end", run.window.end)?,
        at("started_at", run.started_at)?,
        run.slot().map_or(Value::Null, |slot| codec::millis(late(run.started_at, slot.scheduled_for))),
        codec::count(planned as u64),
        Value::Text(run.config_digest.to_string()),
        codec::text(Some(&run.host_version)),
        codec::text(Some(&run.engine_version)),
        codec::text(Some(owner)),
    ])
}

/// The values of [`ENDED`].
pub(in super::super) fn ended(run: RunId, end: &RunEnd) -> Result<[Value; 10], StoreError> {
    let RunEnd { status, not_run, message, finished_at, duration, tally } = end;
    let Tally { passed, warned, failed, skipped, errored } = tally;
    Ok([
        timestamp(&format!("run {run}"), "finished_at", *finished_at)?,
        codec::millis(*duration),
        codec::text(Some(status.as_str())),
        codec::text(not_run.map(NotRun::as_str)),
        codec::text(Some(message)),
        codec::count(*passed),
        codec::count(*warned),
        codec::count(*failed),
        codec::count(*skipped),
        codec::count(*errored),
    ])
}

/// A run from a row with all columns.
pub(in super::super) fn read(row: &rusqlite::Row<'_>) -> Result<StoredRun, Fault> {
    let fields = Fields::new(NAME, row);
    let record = RunRecord {
        run_id: fields.parsed("run_id", "run id")?,
        trigger: trigger(&fields)?,
        requested_by: fields.text_or_null("requested_by")?,
        schedule: fields.parsed_or_null("schedule_name", "schedule name")?,
        scheduled_for: fields.timestamp("scheduled_for")?,
        local: local(&fields)?,
        time_zone: fields.text("timezone")?,
        target_date: fields.date("target_date")?,
        window: Window { start: fields.timestamp("interval_start")?, end: fields.timestamp("interval_end")? },
        started_at: fields.timestamp("started_at")?,
        config_digest: fields.parsed("config_digest", "digest")?,
        host_version: fields.text("host_version")?,
        engine_version: fields.text("engine_version")?,
    };
    Ok(StoredRun { record, planned: fields.count("checks_planned")?, end: end(&fields)? })
}

/// What made the run happen.
pub(in super::super) fn trigger(fields: &Fields<'_, '_>) -> Result<Trigger, Fault> {
    fields.word("trigger_source", "trigger", &Trigger::ALL, Trigger::as_str)
}

/// The status of a run, read from `column`.
pub(in super::super) fn status(fields: &Fields<'_, '_>, column: &'static str) -> Result<Option<RunStatus>, Fault> {
    fields.word_or_null(column, "run status", &RunStatus::ALL, RunStatus::as_str)
}

/// How long after an instant another is; not less than no time.
fn late(at: Timestamp, due: Timestamp) -> Duration {
    at.duration_since(due).try_into().unwrap_or_default()
}

fn local(fields: &Fields<'_, '_>) -> Result<Option<LocalTime>, Fault> {
    let Some(nominal) = fields.parsed_or_null("scheduled_local", "local time")? else { return Ok(None) };
    Ok(Some(LocalTime {
        nominal,
        utc_offset_seconds: fields.count("utc_offset_seconds")?,
        dst_policy: fields.text("dst_policy")?,
    }))
}

fn end(fields: &Fields<'_, '_>) -> Result<Option<RunEnd>, Fault> {
    let Some(status) = status(fields, "status")? else { return Ok(None) };
    let tally = Tally {
        passed: fields.count("checks_passed")?,
        warned: fields.count("checks_warned")?,
        failed: fields.count("checks_failed")?,
        skipped: fields.count("checks_skipped")?,
        errored: fields.count("checks_errored")?,
    };
    Ok(Some(RunEnd {
        status,
        not_run: fields.word_or_null("reason", "reason", &NotRun::ALL, NotRun::as_str)?,
        message: fields.text("message")?,
        finished_at: fields.timestamp("finished_at")?,
        duration: Duration::from_millis(fields.count("duration_ms")?),
        tally,
    }))
}
