//! One execution of a slot or of a manual request, and what its results add up to.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;

use super::conclusion::Status;
use super::context::Window;
use super::ids::{Digest, RunId, ScheduleName};
use super::severity::Severity;
use super::slot::{LocalTime, Slot};

/// What a run's results add up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RunStatus {
    /// At least one pass, nothing worse.
    Ok,
    /// A warning, or a failure of medium or low severity.
    Warning,
    /// A failure of critical or high severity.
    Critical,
    /// A check could not say, or nothing was selected.
    Error,
    /// No check was applicable; never ok.
    Skipped,
    /// The slot was not run.
    Missed,
    /// Somebody stopped it.
    Cancelled,
}

impl RunStatus {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Ok, Self::Warning, Self::Critical, Self::Error, Self::Skipped, Self::Missed, Self::Cancelled];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Critical => "critical",
            Self::Error => "error",
            Self::Skipped => "skipped",
            Self::Missed => "missed",
            Self::Cancelled => "cancelled",
        }
    }
}

impl fmt::Display for RunStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What the results add up to, the worst first: critical fail, error, high fail, any other fail or
/// warn, pass, skip. Nothing at all is an error: a run that looked at nothing knows nothing.
#[must_use]
pub fn roll_up(results: impl IntoIterator<Item = (Status, Severity)>) -> RunStatus {
    /// Ordered from best to worst.
    #[derive(PartialEq, Eq, PartialOrd, Ord)]
    enum Weight {
        Skip,
        Pass,
        Noticeable,
        HighFail,
        Error,
        CriticalFail,
    }
    let weight = |(status, severity)| match (status, severity) {
        (Status::Fail, Severity::Critical) => Weight::CriticalFail,
        (Status::Error, _) => Weight::Error,
        (Status::Fail, Severity::High) => Weight::HighFail,
        (Status::Fail, Severity::Medium | Severity::Low) | (Status::Warn, _) => Weight::Noticeable,
        (Status::Pass, _) => Weight::Pass,
        (Status::Skip, _) => Weight::Skip,
    };
    match results.into_iter().map(weight).max() {
        Some(Weight::CriticalFail | Weight::HighFail) => RunStatus::Critical,
        Some(Weight::Error) | None => RunStatus::Error,
        Some(Weight::Noticeable) => RunStatus::Warning,
        Some(Weight::Pass) => RunStatus::Ok,
        Some(Weight::Skip) => RunStatus::Skipped,
    }
}

/// How many results of each status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Passes.
    pub passed: u64,
    /// Warnings.
    pub warned: u64,
    /// Failures.
    pub failed: u64,
    /// Not applicable.
    pub skipped: u64,
    /// Could not say.
    pub errored: u64,
}

impl Tally {
    /// Counts statuses.
    #[must_use]
    pub fn of(statuses: impl IntoIterator<Item = Status>) -> Self {
        let mut tally = Self::default();
        for status in statuses {
            *match status {
                Status::Pass => &mut tally.passed,
                Status::Warn => &mut tally.warned,
                Status::Fail => &mut tally.failed,
                Status::Skip => &mut tally.skipped,
                Status::Error => &mut tally.errored,
            } += 1;
        }
        tally
    }

    /// All results.
    #[must_use]
    pub fn total(&self) -> u64 {
        let Self { passed, warned, failed, skipped, errored } = self;
        passed + warned + failed + skipped + errored
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { passed, warned, failed, skipped, errored } = self;
        let parts = [
            (failed, "failed"),
            (errored, "could not say"),
            (warned, "warned"),
            (passed, "passed"),
            (skipped, "skipped"),
        ];
        let mut written = false;
        for (count, word) in parts.into_iter().filter(|(count, _)| **count > 0) {
            write!(f, "{}{count} {word}", if written { ", " } else { "" })?;
            written = true;
        }
        if written { Ok(()) } else { f.write_str("no checks") }
    }
}

/// What made a run happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Trigger {
    /// A person or a script asked for it.
    Manual,
    /// A slot was due.
    Schedule,
    /// A slot was due while no host was there.
    CatchUp,
    /// A person asked for slots of a range of days.
    Backfill,
    /// A request to the control API.
    Api,
    /// The host looked at itself.
    Host,
}

impl Trigger {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Manual, Self::Schedule, Self::CatchUp, Self::Backfill, Self::Api, Self::Host];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::Schedule => "schedule",
            Self::CatchUp => "catchup",
            Self::Backfill => "backfill",
            Self::Api => "api",
            Self::Host => "host",
        }
    }

    /// Whether the run is that of a slot, of which there is one.
    #[must_use]
    pub fn is_of_slot(self) -> bool {
        match self {
            Self::Schedule | Self::CatchUp => true,
            Self::Manual | Self::Backfill | Self::Api | Self::Host => false,
        }
    }
}

impl fmt::Display for Trigger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A run, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRecord {
    /// Its identity.
    pub run_id: RunId,
    /// What made it happen.
    pub trigger: Trigger,
    /// Who asked for it, where somebody did and is known.
    pub requested_by: Option<String>,
    /// The schedule it belongs to.
    pub schedule: Option<ScheduleName>,
    /// The instant it was due.
    pub scheduled_for: Timestamp,
    /// That instant as the schedule means it; absent when no schedule does.
    pub local: Option<LocalTime>,
    /// IANA name of the zone in which the target date counts.
    pub time_zone: String,
    /// The day it is about.
    pub target_date: Date,
    /// The same day as instants.
    pub window: Window,
    /// When it began.
    pub started_at: Timestamp,
    /// SHA-256 of the configuration file.
    pub config_digest: Digest,
    /// Version of the host.
    pub host_version: String,
    /// Version of the sandbox engine: fuel is comparable within one.
    pub engine_version: String,
}

impl RunRecord {
    /// The slot that it is the run of.
    #[must_use]
    pub fn slot(&self) -> Option<Slot> {
        let schedule = self.schedule.clone().filter(|_| self.trigger.is_of_slot())?;
        Some(Slot { schedule, scheduled_for: self.scheduled_for })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roll_up_follows_the_vocabulary() {
        use Severity::{Critical, High, Low, Medium};
        use Status::{Error, Fail, Pass, Skip, Warn};
        for (results, expected) in [
            (vec![(Pass, Low), (Error, Low), (Fail, Critical)], RunStatus::Critical),
            (vec![(Fail, High), (Error, Low)], RunStatus::Error),
            (vec![(Fail, High), (Warn, Low)], RunStatus::Critical),
            (vec![(Fail, Medium), (Pass, Critical)], RunStatus::Warning),
            (vec![(Fail, Low)], RunStatus::Warning),
            (vec![(Warn, Critical), (Pass, Low)], RunStatus::Warning),
            (vec![(Skip, Low), (Pass, Low)], RunStatus::Ok),
            (vec![(Skip, Critical), (Skip, Low)], RunStatus::Skipped),
            (vec![(Pass, Critical), (Error, Low)], RunStatus::Error),
            (vec![], RunStatus::Error),
        ] {
            assert_eq!(roll_up(results.clone()), expected, "{results:?}");
        }
    }

    #[test]
    fn a_tally_says_the_worst_first() {
        let tally = Tally::of([Status::Pass, Status::Error, Status::Pass, Status::Fail]);
        assert_eq!(tally.to_string(), "1 failed, 1 could not say, 2 passed");
        assert_eq!((tally.total(), Tally::default().to_string()), (4, "no checks".to_owned()));
    }
}
