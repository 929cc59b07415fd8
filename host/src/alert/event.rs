//! What happens to an alert.

use jiff::Timestamp;

use crate::model::{AlertKind, RunId, Severity};

use super::policy::{Policy, WarnPolicy};

/// The result an event comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The instant the run was due, or was asked for: what comes before what.
    pub at: Timestamp,
    /// Identity of the result.
    pub result: String,
    /// The run.
    pub run: RunId,
    /// What the check was made of: component and settings; `None` where that is not known.
    pub version: Option<String>,
}

/// Why an alert is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Removal {
    /// The check is not configured any more.
    Deleted,
    /// The check is configured not to run.
    Disabled,
    /// Alerts of the check are about other parts of the data now.
    Regrouped,
}

impl Removal {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Deleted, Self::Disabled, Self::Regrouped];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Deleted => "deleted",
            Self::Disabled => "disabled",
            Self::Regrouped => "regrouped",
        }
    }
}

/// Something that happens to an alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The check failed.
    Fail {
        /// The result.
        of: Evidence,
        /// How bad what it found is.
        severity: Severity,
    },
    /// The check warned.
    Warn {
        /// The result.
        of: Evidence,
        /// How bad what it found is.
        severity: Severity,
    },
    /// The check passed.
    Pass {
        /// The result.
        of: Evidence,
    },
    /// The check could not say.
    Error {
        /// The result.
        of: Evidence,
    },
    /// The check was not applicable.
    Skip {
        /// The result.
        of: Evidence,
    },
    /// The check did not run when it was due.
    Missing {
        /// When it was due.
        at: Timestamp,
    },
    /// Somebody looks after it.
    Ack {
        /// Who.
        by: String,
        /// Until when; `None` for as long as it fires.
        until: Option<Timestamp>,
        /// Also when it becomes worse.
        sticky: bool,
    },
    /// Somebody does not look after it any more.
    Unack {
        /// Who says so.
        by: String,
    },
    /// Somebody says that it is over.
    Resolve {
        /// Who.
        by: String,
        /// Why.
        reason: String,
    },
    /// There is nothing any more that it could be about.
    Removed {
        /// Why.
        why: Removal,
    },
    /// The check is made of something else.
    Version {
        /// Of what.
        version: String,
    },
    /// Time has passed.
    Tick,
}

impl Event {
    /// The word for it.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Fail { .. } => "fail",
            Self::Warn { .. } => "warn",
            Self::Pass { .. } => "pass",
            Self::Error { .. } => "error",
            Self::Skip { .. } => "skip",
            Self::Missing { .. } => "missing",
            Self::Ack { .. } => "ack",
            Self::Unack { .. } => "unack",
            Self::Resolve { .. } => "resolve",
            Self::Removed { .. } => "removed",
            Self::Version { .. } => "version",
            Self::Tick => "tick",
        }
    }

    /// The result it comes from.
    #[must_use]
    pub fn evidence(&self) -> Option<&Evidence> {
        match self {
            Self::Fail { of, .. }
            | Self::Warn { of, .. }
            | Self::Pass { of }
            | Self::Error { of }
            | Self::Skip { of } => Some(of),
            Self::Missing { .. }
            | Self::Ack { .. }
            | Self::Unack { .. }
            | Self::Resolve { .. }
            | Self::Removed { .. }
            | Self::Version { .. }
            | Self::Tick => None,
        }
    }
}

/// What an event is worth to an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    Bad(Severity),
    /// Keeps it from being resolved.
    Dubious,
    Good,
    /// Says nothing.
    Nothing,
}

/// What an event is worth to an alert of some kind.
pub(super) fn weigh(kind: AlertKind, event: &Event, policy: &Policy) -> Weight {
    match (kind, event) {
        (AlertKind::Data, Event::Fail { severity, .. }) => Weight::Bad(policy.severity.min(*severity)),
        (AlertKind::Data, Event::Warn { .. }) => match policy.warn {
            WarnPolicy::Hold => Weight::Dubious,
            WarnPolicy::Alert => Weight::Bad(Severity::Low),
        },
        (AlertKind::Error, Event::Error { .. })
        | (AlertKind::Stale, Event::Skip { .. })
        | (AlertKind::Missing, Event::Missing { .. }) => Weight::Bad(policy.severity),
        (_, Event::Pass { .. })
        | (AlertKind::Error | AlertKind::Stale, Event::Fail { .. } | Event::Warn { .. })
        // Whatever it says, it ran.
        | (AlertKind::Missing, Event::Fail { .. } | Event::Warn { .. } | Event::Error { .. } | Event::Skip { .. }) => {
            Weight::Good
        }
        _ => Weight::Nothing,
    }
}
