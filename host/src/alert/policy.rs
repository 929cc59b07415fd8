//! When the alerts of a check fire, and when they are told of again.

use std::time::Duration;

use crate::model::{AlertKind, Severity};

use super::flap::FlapPolicy;

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// So many bad results among the last ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct NofM {
    /// How many are bad.
    pub bad: u32,
    /// Of how many, up to [`NofM::MOST`].
    pub of: u32,
}

impl NofM {
    /// How many results are remembered.
    pub const MOST: u32 = 64;
}

/// What a warning is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum WarnPolicy {
    /// It keeps an alert from being resolved, and does not make one fire.
    #[default]
    Hold,
    /// As much as a failure of low severity.
    Alert,
}

impl WarnPolicy {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Hold, Self::Alert];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hold => "hold",
            Self::Alert => "alert",
        }
    }
}

/// What one alert on data is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Per {
    /// All that the check looks at.
    #[default]
    Check,
    /// One table of a finding.
    Table,
}

impl Per {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Check, Self::Table];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Table => "table",
        }
    }
}

/// When the alerts of a check fire, and when they are told of again.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// Severity of the check: no alert of it is worse.
    pub severity: Severity,
    /// Failures in a row that make an alert on data fire; at least 1.
    pub consecutive: u32,
    /// Failures among the last results that make it fire as well.
    pub of: Option<NofM>,
    /// Errors in a row that make an alert on the check itself fire; at least 1.
    pub error_consecutive: u32,
    /// What a warning is worth.
    pub warn: WarnPolicy,
    /// An alert that is milder never fires.
    pub severity_floor: Severity,
    /// How long after the last message an alert that fires still is told of again; `None` for never.
    pub repeat: Option<Duration>,
    /// Passes in a row that resolve an alert; at least 1.
    pub resolve_after: u32,
    /// How long after its end an alert that fires again is the same incident.
    pub reopen_window: Duration,
    /// Skips in a row, while something is wrong, after which nobody knows any more whether it still is.
    pub max_skips: u32,
    /// How long after it was due a run may be missing.
    pub missing_grace: Duration,
    /// How long an alert may fire without anybody looking after it; see [`Policy::escalation`].
    pub escalate_after: Option<Duration>,
    /// Receivers that are told of it then: one more each time.
    pub escalate_to: Vec<String>,
    /// When an alert changes to and fro too often.
    pub flap: FlapPolicy,
    /// What one alert on data is about.
    pub per: Per,
}

impl Policy {
    /// What holds for a check of some severity unless it is configured otherwise.
    #[must_use]
    pub fn default_of(severity: Severity) -> Self {
        let (consecutive, error_consecutive, repeat) = match severity {
            Severity::Critical => (1, 1, 4 * HOUR),
            Severity::High => (1, 2, 12 * HOUR),
            Severity::Medium => (2, 2, DAY),
            Severity::Low => (3, 3, 7 * DAY),
        };
        Self {
            severity,
            consecutive,
            of: None,
            error_consecutive,
            warn: WarnPolicy::default(),
            severity_floor: Severity::Low,
            repeat: Some(repeat),
            resolve_after: 1,
            reopen_window: HOUR,
            max_skips: 14,
            missing_grace: Duration::from_mins(15),
            escalate_after: None,
            escalate_to: Vec::new(),
            flap: FlapPolicy::default(),
            per: Per::default(),
        }
    }

    /// Bad results in a row that make an alert fire.
    #[must_use]
    pub fn threshold(&self, kind: AlertKind) -> u32 {
        match kind {
            AlertKind::Data => self.consecutive.max(1),
            AlertKind::Error => self.error_consecutive.max(1),
            AlertKind::Stale => self.max_skips.saturating_add(1),
            AlertKind::Missing => 1,
        }
    }

    /// How long an alert may fire without anybody looking after it: what is configured, or an hour where a critical
    /// alert has somebody to escalate to.
    #[must_use]
    pub fn escalation(&self) -> Option<Duration> {
        let critical = self.severity == Severity::Critical && !self.escalate_to.is_empty();
        self.escalate_after.or(critical.then_some(HOUR))
    }

    /// How often an incident escalates at most: once for each receiver to escalate to, and once without any.
    #[must_use]
    pub fn levels(&self) -> u32 {
        u32::try_from(self.escalate_to.len()).unwrap_or(u32::MAX).max(1)
    }
}
