//! How one alert stands.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::{AlertId, Phase, RunId, Severity};

use super::document::{optional, word};
use super::flap::Flap;
use super::policy::Policy;

/// Somebody looks after an alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ack {
    /// Who.
    pub by: String,
    /// Since when.
    pub at: Timestamp,
    /// Until when, not included; `None` for as long as it fires.
    pub until: Option<Timestamp>,
    /// Also when it becomes worse.
    pub sticky: bool,
}

/// How an incident ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "snake_case", deny_unknown_fields)]
pub enum Ended {
    /// The check passed.
    Passed,
    /// Somebody said so.
    ByHand {
        /// Who.
        by: String,
        /// Why.
        reason: String,
    },
    /// The check is not there any more.
    Closed {
        /// Why.
        reason: String,
    },
}

impl Ended {
    /// The word for it.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::ByHand { .. } => "by_hand",
            Self::Closed { .. } => "closed",
        }
    }
}

/// How one alert stands. It is kept as a document, for as long as its check is there.
///
/// What is said of an incident is of the last one, also when that is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// How it stands.
    #[serde(with = "word")]
    pub phase: Phase,
    /// The incident.
    #[serde(with = "optional")]
    pub id: Option<AlertId>,
    /// When the incident began to fire.
    pub opened_at: Option<Timestamp>,
    /// When it ended; `None` while it is open.
    pub ended_at: Option<Timestamp>,
    /// How it ended.
    pub ended: Option<Ended>,
    /// The worst it was since it was opened or reopened.
    #[serde(with = "optional")]
    pub severity: Option<Severity>,
    /// How bad the last bad result of the incident was.
    #[serde(with = "optional")]
    pub last_severity: Option<Severity>,
    /// Results of the incident that were not good, those before it fired included.
    pub occurrences: u64,
    /// Results that were not good since something is wrong that nobody is told of yet.
    pub pending: u64,
    /// The first of them.
    pub pending_result: Option<String>,
    /// Bad results in a row, whatever lay between them that was neither good nor bad.
    pub bad: u32,
    /// Good results in a row.
    pub good: u32,
    /// The last results, one bit each, the newest the lowest: 1 for bad.
    pub recent: u64,
    /// Changes to and fro.
    pub flap: Flap,
    /// Who looks after it.
    pub acked: Option<Ack>,
    /// How often the incident has escalated for want of anybody who looks after it.
    pub escalations: u32,
    /// Since when it is counted how long nobody looks after it.
    pub unattended_since: Option<Timestamp>,
    /// How often the incident was reopened.
    pub reopened: u32,
    /// Incidents there have been, this one included.
    pub incidents: u64,
    /// The first result of the incident that was not good.
    pub first_result: Option<String>,
    /// The last result that had to do with the alert.
    pub last_result: Option<String>,
    /// The run of that result.
    #[serde(with = "optional")]
    pub last_run: Option<RunId>,
    /// When the check was last well: the instant that result was due.
    pub last_good: Option<Timestamp>,
    /// The instant the last result, or missing run, was due: older ones come too late.
    pub last_event_at: Option<Timestamp>,
    /// What the check was made of: component and settings.
    pub version: Option<String>,
}

impl State {
    /// Of an alert nothing has happened to.
    #[must_use]
    pub fn new() -> Self {
        Self {
            phase: Phase::Inactive,
            id: None,
            opened_at: None,
            ended_at: None,
            ended: None,
            severity: None,
            last_severity: None,
            occurrences: 0,
            pending: 0,
            pending_result: None,
            bad: 0,
            good: 0,
            recent: 0,
            flap: Flap::default(),
            acked: None,
            escalations: 0,
            unattended_since: None,
            reopened: 0,
            incidents: 0,
            first_result: None,
            last_result: None,
            last_run: None,
            last_good: None,
            last_event_at: None,
            version: None,
        }
    }

    /// Whether it changes to and fro.
    #[must_use]
    pub fn is_flapping(&self) -> bool {
        self.flap.is_active()
    }

    /// Incidents before this one.
    #[must_use]
    pub fn incidents_before(&self) -> u64 {
        self.incidents.saturating_sub(1)
    }

    /// Receivers that are told of it because it has escalated, besides those it is routed to.
    #[must_use]
    pub fn escalated_to<'a>(&self, policy: &'a Policy) -> &'a [String] {
        let levels = usize::try_from(self.escalations).unwrap_or(usize::MAX).min(policy.escalate_to.len());
        policy.escalate_to.get(..levels).unwrap_or_default()
    }
}

impl Default for State {
    fn default() -> Self {
        Self::new()
    }
}
