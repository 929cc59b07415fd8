//! Runs and results that are made up.

use std::time::Duration;

use assay::model::{
    CheckName, CheckResult, Conclusion, Digest, Finding, FindingDraft, Reason, RunId, RunRecord, Severity, Status,
    Subject, Trigger, Usage, Window,
};
use assay::store::PlannedCheck;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A run that was asked for by hand.
///
/// # Errors
/// At the very edge of the calendar.
pub fn run(now: Timestamp) -> anyhow::Result<RunRecord> {
    let today = now.to_zoned_datetime(TimeZone::UTC).date();
    Ok(RunRecord {
        run_id: RunId::generate(now),
        trigger: Trigger::Manual,
        requested_by: None,
        schedule: None,
        scheduled_for: now,
        local: None,
        time_zone: "UTC".to_owned(),
        target_date: today,
        window: Window::of(today, &TimeZone::UTC)?,
        started_at: now,
        config_digest: Digest::of(b""),
        host_version: "0.1.0".to_owned(),
        engine_version: "48".to_owned(),
    })
}

/// A check that a run selects.
///
/// # Errors
/// When the name is none.
pub fn planned(name: &str) -> anyhow::Result<PlannedCheck> {
    Ok(PlannedCheck {
        check: name.parse()?,
        plugin: "row-count@1.0.0".to_owned(),
        severity: Severity::High,
        owner: None,
        tags: Vec::new(),
        settings: "{}".to_owned(),
    })
}

/// A result with that status; one that fails has a finding.
#[must_use]
pub fn result(run_id: RunId, check: CheckName, status: Status, severity: Severity, now: Timestamp) -> CheckResult {
    let finding = |message: &str| {
        let draft = FindingDraft {
            code: "missing_day".to_owned(),
            severity: None,
            message: message.to_owned(),
            subject: Subject { table: Some("games".to_owned()), ..Subject::default() },
            observed: None,
            expected: None,
            unit: None,
            affected: None,
            samples: Vec::new(),
            remediation: Some("backfill 2026-01-01".to_owned()),
            attributes: Vec::new(),
        };
        Finding { severity, draft }
    };
    CheckResult {
        run_id,
        check,
        attempt: 1,
        plugin: "row-count@1.0.0".to_owned(),
        digest: None,
        owner: None,
        tags: Vec::new(),
        settings: "{}".to_owned(),
        conclusion: Conclusion {
            status,
            reason: (status == Status::Error).then_some(Reason::QueryFailed),
            severity,
            message: format!("it is {status}"),
            hint: None,
            detail: None,
            examined: None,
            partial: false,
        },
        findings: if status == Status::Fail { vec![finding("no rows")] } else { Vec::new() },
        metrics: Vec::new(),
        logs: Vec::new(),
        usage: Usage::default(),
        started_at: now,
        duration: Duration::ZERO,
    }
}
