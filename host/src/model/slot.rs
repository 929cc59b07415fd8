//! A due instant of a schedule, and why one has no run.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::DateTime;

use super::ids::ScheduleName;
use super::run::RunStatus;

/// A due instant of a schedule. There is at most one run of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot {
    /// The schedule.
    pub schedule: ScheduleName,
    /// The instant.
    pub scheduled_for: Timestamp,
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.scheduled_for, self.schedule)
    }
}

/// A due instant as clocks of its zone show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalTime {
    /// What the pattern of the schedule says: clocks may leave that time out, or show it twice.
    pub nominal: DateTime,
    /// Offset of the zone at the due instant, in seconds east of UTC.
    pub utc_offset_seconds: i32,
    /// What is done where clocks are set, for example `run_at_transition, first`.
    pub dst_policy: String,
}

/// Why a slot has no run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NotRun {
    /// It was due while no host was there, and the schedule does not catch up.
    CatchUpOff,
    /// It was due while no host was there, and a later one is run instead.
    Superseded,
    /// It was due longer ago than the schedule catches up.
    CatchUpWindow,
    /// More slots were due while no host was there than the schedule catches up.
    CatchUpLimit,
    /// A run of the schedule before it was still under way.
    Overlap,
    /// It could not begin in time.
    StartDeadline,
    /// The schedule was paused.
    Paused,
    /// The schedule was taken out of the configuration before it began.
    Removed,
    /// Its day is off in the calendar of the schedule.
    Calendar,
    /// What it depends on failed, or did not come in time.
    Upstream,
}

impl NotRun {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::CatchUpOff,
        Self::Superseded,
        Self::CatchUpWindow,
        Self::CatchUpLimit,
        Self::Overlap,
        Self::StartDeadline,
        Self::Paused,
        Self::Removed,
        Self::Calendar,
        Self::Upstream,
    ];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CatchUpOff => "catch_up_off",
            Self::Superseded => "superseded",
            Self::CatchUpWindow => "catch_up_window",
            Self::CatchUpLimit => "catch_up_limit",
            Self::Overlap => "overlap",
            Self::StartDeadline => "start_deadline",
            Self::Paused => "paused",
            Self::Removed => "removed",
            Self::Calendar => "calendar",
            Self::Upstream => "upstream",
        }
    }

    /// The status of the slot's row: `skipped` where there was nothing to do, `missed` where there was.
    #[must_use]
    pub fn status(self) -> RunStatus {
        match self {
            Self::Calendar | Self::Upstream => RunStatus::Skipped,
            Self::CatchUpOff
            | Self::Superseded
            | Self::CatchUpWindow
            | Self::CatchUpLimit
            | Self::Overlap
            | Self::StartDeadline
            | Self::Paused
            | Self::Removed => RunStatus::Missed,
        }
    }
}

impl fmt::Display for NotRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
