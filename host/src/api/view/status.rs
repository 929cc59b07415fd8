//! What a host is doing.

use jiff::civil::{Date, DateTime};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::schedule::Due;
use crate::serve::{self, Snapshot};
use crate::store::{ExportStatus, Pause};

use super::words;

/// Whether a host does its work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReadinessView {
    /// Whether it does.
    pub ready: bool,
    /// Why not, one sentence each.
    pub reasons: Vec<String>,
}

/// What a host is doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StatusView {
    /// Version of assay.
    pub version: String,
    /// When the host last looked at the clock: all that follows is as of then.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Since when it is there.
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Timestamp,
    /// Whether it does its work, as `/readyz` tells.
    pub readiness: ReadinessView,
    /// Whether nothing more is begun.
    pub stopping: bool,
    /// Decisions that the journal has not taken yet.
    pub journal_backlog: u64,
    /// What is wrong with the host itself, one sentence each.
    pub problems: Vec<String>,
    /// The sink; null when there is none.
    pub sink: Option<SinkView>,
    /// The configuration.
    pub configuration: ConfigurationView,
    /// Schedules that are due by themselves.
    pub schedules: Vec<ScheduleView>,
    /// Runs that are under way, the oldest first.
    pub running: Vec<RunningView>,
}

/// How the export to the sink goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SinkView {
    /// The dataset, `project.dataset`.
    pub dataset: String,
    /// Rows that wait.
    pub rows_waiting: u64,
    /// Days that wait as a whole.
    pub days_waiting: u64,
    /// How long ago the earliest change was that waits, in milliseconds; 0 when none waits.
    pub lag_ms: i64,
    /// When rows last arrived.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_success_at: Option<Timestamp>,
    /// Since when every attempt has failed; null when the last one did not.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub failing_since: Option<Timestamp>,
    /// What the last attempt came to, where it failed.
    pub last_error: Option<String>,
}

/// The configuration of a host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConfigurationView {
    /// SHA-256 of the file in force.
    pub digest: String,
    /// Since when it is in force.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    /// How reading it went the last time.
    pub last_load: LoadView,
}

/// How reading a configuration went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LoadView {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Why it is not in force; null when it is.
    pub error: Option<String>,
}

/// A schedule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ScheduleView {
    /// Its name.
    pub schedule_name: String,
    /// Its pattern.
    pub cron: String,
    /// IANA name of its zone.
    pub timezone: String,
    /// When it is next due.
    pub next: Option<DueView>,
    /// Why it rests; null when it does not.
    pub paused: Option<PauseView>,
    /// Slots that are due and wait.
    pub slots_waiting: u64,
    /// Slots that run.
    pub slots_running: u64,
    /// Its last run since the host is there.
    pub last: Option<LastRunView>,
}

/// A due instant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DueView {
    /// The instant.
    #[schema(value_type = String, format = DateTime)]
    pub scheduled_for: Timestamp,
    /// What the pattern says, in the zone of the schedule.
    #[schema(value_type = String)]
    pub scheduled_local: DateTime,
    /// Offset of the zone at the instant, in seconds east of UTC.
    pub utc_offset_seconds: i32,
}

/// Why a schedule rests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PauseView {
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub paused_at: Timestamp,
    /// Who wants it so.
    pub paused_by: String,
    /// Why.
    pub pause_reason: String,
    /// When it goes on by itself; null for not before somebody says so.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub paused_until: Option<Timestamp>,
}

/// A run that has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LastRunView {
    /// The run, a ULID.
    pub run_id: String,
    /// The instant it was due.
    #[schema(value_type = String, format = DateTime)]
    pub scheduled_for: Timestamp,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Timestamp,
    /// Milliseconds from the instant it was due to its start.
    pub lag_ms: i64,
    /// What its results add up to.
    #[schema(schema_with = words::run_status)]
    pub status: String,
}

/// A run that is under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RunningView {
    /// The run, a ULID.
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
    /// The day it is about.
    #[schema(value_type = String, format = Date)]
    pub target_date: Date,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Timestamp,
    /// How many checks it has.
    pub checks_planned: u64,
    /// How many of them have a result.
    pub checks_done: u64,
    /// Whether it has been told to end.
    pub cancelled: bool,
}

impl StatusView {
    /// Of a snapshot, and why the host does not do its work.
    pub(in super::super) fn of(snapshot: &Snapshot, not_ready: Vec<String>) -> Self {
        let Snapshot {
            at,
            started_at,
            config,
            config_since,
            schedules,
            running,
            backlog,
            stopping,
            last_load: serve::LoadOutcome { at: loaded_at, error },
            problems,
            export,
        } = snapshot;
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            at: *at,
            started_at: *started_at,
            readiness: ReadinessView { ready: not_ready.is_empty(), reasons: not_ready },
            stopping: *stopping,
            journal_backlog: *backlog as u64,
            problems: problems.clone(),
            sink: export.as_ref().and_then(|export| SinkView::of(export, *at)),
            configuration: ConfigurationView {
                digest: config.digest.to_string(),
                since: *config_since,
                last_load: LoadView { at: *loaded_at, error: error.clone() },
            },
            schedules: schedules.iter().map(ScheduleView::of).collect(),
            running: running.iter().map(RunningView::of).collect(),
        }
    }
}

impl SinkView {
    /// `None` when nothing is exported.
    #[must_use]
    pub fn of(export: &ExportStatus, now: Timestamp) -> Option<Self> {
        let lag = export.lag(now).max(SignedDuration::ZERO);
        Some(Self {
            dataset: export.target.clone()?,
            rows_waiting: export.rows_waiting,
            days_waiting: export.days_waiting,
            lag_ms: i64::try_from(lag.as_millis()).unwrap_or(i64::MAX),
            last_success_at: export.last_success_at,
            failing_since: export.failing_since,
            last_error: export.last_error.clone(),
        })
    }
}

impl ScheduleView {
    fn of(schedule: &serve::ScheduleView) -> Self {
        let serve::ScheduleView { name, cron, time_zone, next, paused, waiting, running, last } = schedule;
        Self {
            schedule_name: name.to_string(),
            cron: cron.clone(),
            timezone: time_zone.clone(),
            next: next.as_ref().map(DueView::of),
            paused: paused.as_ref().map(PauseView::of),
            slots_waiting: *waiting as u64,
            slots_running: *running as u64,
            last: last.as_ref().map(LastRunView::of),
        }
    }
}

impl DueView {
    fn of(due: &Due) -> Self {
        Self { scheduled_for: due.at, scheduled_local: due.local, utc_offset_seconds: due.offset_seconds }
    }
}

impl PauseView {
    fn of(pause: &Pause) -> Self {
        let Pause { at, by, reason, until } = pause;
        Self { paused_at: *at, paused_by: by.clone(), pause_reason: reason.clone(), paused_until: *until }
    }
}

impl LastRunView {
    fn of(last: &serve::LastRun) -> Self {
        let serve::LastRun { run_id, scheduled_for, started_at, status } = last;
        Self {
            run_id: run_id.to_string(),
            scheduled_for: *scheduled_for,
            started_at: *started_at,
            lag_ms: started_at.as_millisecond() - scheduled_for.as_millisecond(),
            status: status.as_str().to_owned(),
        }
    }
}

impl RunningView {
    fn of(run: &serve::RunningView) -> Self {
        let serve::RunningView { record, checks, done, cancelled } = run;
        Self {
            run_id: record.run_id.to_string(),
            trigger_source: record.trigger.as_str().to_owned(),
            requested_by: record.requested_by.clone(),
            schedule_name: record.schedule.as_ref().map(ToString::to_string),
            scheduled_for: record.scheduled_for,
            target_date: record.target_date,
            started_at: record.started_at,
            checks_planned: *checks as u64,
            checks_done: *done as u64,
            cancelled: *cancelled,
        }
    }
}
