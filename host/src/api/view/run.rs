//! Runs and results.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::store::StoredRun;
use crate::view::ResultView;

use super::words;

/// A run, as the journal knows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RunView {
    /// Its identity, a ULID.
    pub run_id: String,
    /// What made it happen.
    #[schema(schema_with = words::trigger)]
    pub trigger_source: String,
    /// Who asked for it, where somebody did and is known.
    pub requested_by: Option<String>,
    /// The schedule it belongs to.
    pub schedule_name: Option<String>,
    /// The instant it was due.
    #[schema(value_type = String, format = DateTime)]
    pub scheduled_for: Timestamp,
    /// That instant as the pattern of the schedule says it.
    #[schema(value_type = Option<String>)]
    pub scheduled_local: Option<DateTime>,
    /// Offset of the schedule's zone at that instant, in seconds east of UTC.
    pub utc_offset_seconds: Option<i32>,
    /// What the schedule does where clocks are set.
    pub dst_policy: Option<String>,
    /// IANA name of the zone in which the target date counts.
    pub timezone: String,
    /// The day it is about.
    #[schema(value_type = String, format = Date)]
    pub target_date: Date,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Timestamp,
    /// When it ended; null while it is under way, as is all that follows from its end.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub finished_at: Option<Timestamp>,
    /// Milliseconds from start to end.
    pub duration_ms: Option<u64>,
    /// What its results add up to.
    #[schema(schema_with = words::run_status_or_null)]
    pub status: Option<String>,
    /// Why nothing was run, where that is so.
    #[schema(schema_with = words::not_run_or_null)]
    pub reason: Option<String>,
    /// One sentence for a person.
    pub message: Option<String>,
    /// How many checks it selected.
    pub checks_planned: u64,
    /// Checks whose last result is `pass`.
    pub checks_passed: Option<u64>,
    /// Checks whose last result is `warn`.
    pub checks_warned: Option<u64>,
    /// Checks whose last result is `fail`.
    pub checks_failed: Option<u64>,
    /// Checks whose last result is `skip`.
    pub checks_skipped: Option<u64>,
    /// Checks whose last result is `error`.
    pub checks_errored: Option<u64>,
    /// SHA-256 of the configuration file.
    pub config_digest: String,
    /// Version of assay.
    pub host_version: String,
    /// Version of the sandbox engine.
    pub engine_version: String,
}

impl RunView {
    /// Of a run in the journal.
    #[must_use]
    pub fn of(run: &StoredRun) -> Self {
        let StoredRun { record, planned, end } = run;
        let local = record.local.as_ref();
        let end = end.as_ref();
        let tally = end.map(|end| end.tally);
        Self {
            run_id: record.run_id.to_string(),
            trigger_source: record.trigger.as_str().to_owned(),
            requested_by: record.requested_by.clone(),
            schedule_name: record.schedule.as_ref().map(ToString::to_string),
            scheduled_for: record.scheduled_for,
            scheduled_local: local.map(|local| local.nominal),
            utc_offset_seconds: local.map(|local| local.utc_offset_seconds),
            dst_policy: local.map(|local| local.dst_policy.clone()),
            timezone: record.time_zone.clone(),
            target_date: record.target_date,
            started_at: record.started_at,
            finished_at: end.map(|end| end.finished_at),
            duration_ms: end.map(|end| u64::try_from(end.duration.as_millis()).unwrap_or(u64::MAX)),
            status: end.map(|end| end.status.as_str().to_owned()),
            reason: end.and_then(|end| end.not_run).map(|why| why.as_str().to_owned()),
            message: end.map(|end| end.message.clone()),
            checks_planned: *planned,
            checks_passed: tally.map(|tally| tally.passed),
            checks_warned: tally.map(|tally| tally.warned),
            checks_failed: tally.map(|tally| tally.failed),
            checks_skipped: tally.map(|tally| tally.skipped),
            checks_errored: tally.map(|tally| tally.errored),
            config_digest: record.config_digest.to_string(),
            host_version: record.host_version.clone(),
            engine_version: record.engine_version.clone(),
        }
    }
}

/// Runs, the newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RunPageView {
    /// The runs.
    pub runs: Vec<RunView>,
    /// What to ask for the next page with, as `before`; null when there is none.
    pub next: Option<String>,
}

/// A run, with its results.
#[derive(Debug, Serialize, ToSchema)]
pub struct RunDetailView {
    /// The run.
    pub run: RunView,
    /// Its results, the newest first.
    pub results: Vec<ResultView>,
}

/// Results, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct ResultsView {
    /// The results.
    pub results: Vec<ResultView>,
}

/// Runs that have begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TriggeredView {
    /// Their identities, ULIDs.
    pub run_ids: Vec<String>,
}
