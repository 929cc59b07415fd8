//! One check's outcome in a run, as it is stored.

use std::time::Duration;

use jiff::Timestamp;

use super::conclusion::Conclusion;
use super::finding::{Finding, LogLine, Metric};
use super::ids::{CheckName, Digest, RunId};
use super::usage::Usage;

/// One check's outcome in a run.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckResult {
    /// The run.
    pub run_id: RunId,
    /// The check.
    pub check: CheckName,
    /// 1 for the first attempt.
    pub attempt: u32,
    /// `id@version` as configured.
    pub plugin: String,
    /// The component that ran; absent when none was admitted.
    pub digest: Option<Digest>,
    /// Who owns the data.
    pub owner: Option<String>,
    /// Labels of the check.
    pub tags: Vec<String>,
    /// The settings document (JSON): the thresholds that were used.
    pub settings: String,
    /// What it amounts to.
    pub conclusion: Conclusion,
    /// What the check reported, within the limits.
    pub findings: Vec<Finding>,
    /// Numbers for trends.
    pub metrics: Vec<Metric>,
    /// What the check wrote.
    pub logs: Vec<LogLine>,
    /// What it used.
    pub usage: Usage,
    /// When its execution began.
    pub started_at: Timestamp,
    /// How long it took, waiting for a slot included.
    pub duration: Duration,
}

impl CheckResult {
    /// When its execution ended.
    #[must_use]
    pub fn ended_at(&self) -> Timestamp {
        let ended = self.started_at.saturating_add(self.duration).unwrap_or(Timestamp::MAX);
        // To the microsecond, which is what the journal keeps.
        Timestamp::from_microsecond(ended.as_microsecond()).unwrap_or(ended)
    }
}
