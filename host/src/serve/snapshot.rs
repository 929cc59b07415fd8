//! What a host is doing, for those who ask.

use std::sync::Arc;

use jiff::Timestamp;

use crate::config::Config;
use crate::model::{RunId, RunRecord, RunStatus, ScheduleName};
use crate::schedule::Due;
use crate::store::{ExportStatus, Pause};

/// What a host is doing at an instant.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The instant: the last look at the clock.
    pub at: Timestamp,
    /// Since when the host is there.
    pub started_at: Timestamp,
    /// The configuration in force.
    pub config: Arc<Config>,
    /// Since when it is in force.
    pub config_since: Timestamp,
    /// Schedules that are due by themselves, by name.
    pub schedules: Vec<ScheduleView>,
    /// Runs that are under way, the oldest first.
    pub running: Vec<RunningView>,
    /// Decisions that the journal has not taken yet.
    pub backlog: usize,
    /// Whether nothing more is begun.
    pub stopping: bool,
    /// How reading the configuration went the last time.
    pub last_load: LoadOutcome,
    /// What is wrong with the host itself, one sentence each.
    pub problems: Vec<String>,
    /// How the export to the sink goes, where there is one.
    pub export: Option<ExportStatus>,
}

impl Snapshot {
    /// Of a host that has not looked at its clock yet.
    pub(super) fn at_start(config: Arc<Config>, now: Timestamp) -> Self {
        Self {
            at: now,
            started_at: now,
            config,
            config_since: now,
            schedules: Vec::new(),
            running: Vec::new(),
            backlog: 0,
            stopping: false,
            last_load: LoadOutcome { at: now, error: None },
            problems: Vec::new(),
            export: None,
        }
    }
}

/// How reading a configuration went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadOutcome {
    /// When it was read.
    pub at: Timestamp,
    /// Why it is not in force.
    pub error: Option<String>,
}

/// A schedule.
#[derive(Debug, Clone)]
pub struct ScheduleView {
    /// Its name.
    pub name: ScheduleName,
    /// Its pattern.
    pub cron: String,
    /// IANA name of its zone.
    pub time_zone: String,
    /// When it is next due.
    pub next: Option<Due>,
    /// Why it rests, when it does.
    pub paused: Option<Pause>,
    /// Slots that are due and wait.
    pub waiting: usize,
    /// Slots that run.
    pub running: usize,
    /// Its last slot that was run by this host.
    pub last: Option<LastRun>,
}

/// A run that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastRun {
    /// The run.
    pub run_id: RunId,
    /// The instant it was due.
    pub scheduled_for: Timestamp,
    /// When it began.
    pub started_at: Timestamp,
    /// What it came to.
    pub status: RunStatus,
}

/// A run that is under way.
#[derive(Debug, Clone)]
pub struct RunningView {
    /// The run.
    pub record: RunRecord,
    /// How many checks it has.
    pub checks: usize,
    /// How many of them have a result.
    pub done: usize,
    /// Whether it has been told to end.
    pub cancelled: bool,
}
