//! What the process says to its caller.

use std::process::ExitCode;

use crate::model::{RunStatus, Tally};

/// Text for `--help`.
pub(super) const HELP: &str = "\
Exit codes:
   0  every check passed, warned or was not applicable
   1  a check failed
   2  a check warned (only with --fail-on warn)
   3  a check could not say, or the run was cancelled
   4  results could not be stored, or somebody could not be told of alerts
  64  wrong usage or configuration
With --exit-profile nagios: 0 ok, 1 warning, 2 critical, 3 unknown.";

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exit {
    Ok,
    Failed,
    Warned,
    CouldNotSay,
    NotStored,
    Usage,
}

/// Whose exit codes to speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(super) enum Profile {
    /// The codes above.
    #[default]
    Assay,
    /// 0 ok, 1 warning, 2 critical, 3 unknown.
    Nagios,
}

/// From which status on the exit code is not 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(super) enum FailOn {
    /// Warnings exit with 2.
    Warn,
    /// Warnings exit with 0.
    #[default]
    Fail,
}

impl Exit {
    /// What a run's status means for the caller.
    pub(super) fn of(status: RunStatus, tally: Tally, fail_on: FailOn) -> Self {
        match status {
            RunStatus::Critical => Self::Failed,
            RunStatus::Error | RunStatus::Missed | RunStatus::Cancelled => Self::CouldNotSay,
            RunStatus::Warning if tally.failed > 0 => Self::Failed,
            RunStatus::Warning if fail_on == FailOn::Warn => Self::Warned,
            RunStatus::Warning | RunStatus::Ok | RunStatus::Skipped => Self::Ok,
        }
    }

    pub(super) fn code(self) -> ExitCode {
        ExitCode::from(match self {
            Self::Ok => 0,
            Self::Failed => 1,
            Self::Warned => 2,
            Self::CouldNotSay => 3,
            Self::NotStored => 4,
            Self::Usage => 64,
        })
    }

    /// The code that a Nagios-like caller understands.
    pub(super) fn nagios(self, status: RunStatus) -> ExitCode {
        ExitCode::from(match (self, status) {
            (Self::NotStored | Self::Usage | Self::CouldNotSay, _) => 3,
            (_, RunStatus::Critical) => 2,
            (_, RunStatus::Warning) => 1,
            (_, RunStatus::Ok | RunStatus::Skipped) => 0,
            (_, RunStatus::Error | RunStatus::Missed | RunStatus::Cancelled) => 3,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_follow_the_roll_up() {
        let tally = |failed, warned| Tally { failed, warned, ..Tally::default() };
        for (status, counts, fail_on, expected) in [
            (RunStatus::Ok, tally(0, 0), FailOn::Warn, Exit::Ok),
            (RunStatus::Skipped, tally(0, 0), FailOn::Warn, Exit::Ok),
            (RunStatus::Warning, tally(0, 1), FailOn::Fail, Exit::Ok),
            (RunStatus::Warning, tally(0, 1), FailOn::Warn, Exit::Warned),
            (RunStatus::Warning, tally(1, 1), FailOn::Warn, Exit::Failed),
            (RunStatus::Critical, tally(1, 0), FailOn::Fail, Exit::Failed),
            (RunStatus::Error, tally(1, 0), FailOn::Fail, Exit::CouldNotSay),
            (RunStatus::Cancelled, tally(0, 0), FailOn::Fail, Exit::CouldNotSay),
        ] {
            assert_eq!(Exit::of(status, counts, fail_on), expected, "{status} {counts:?}");
        }
    }
}
