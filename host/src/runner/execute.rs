//! One check, from a slot to its result.

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use crate::capability::Report;
use crate::clock;
use crate::config::CheckConfig;
use crate::model::{
    CheckResult, Digest, Ending, Finding, LimitName, PluginRef, Reason, RunContext, RunId, Usage, conclude,
};
use crate::sandbox::{Execution, Job};

use super::host::{Host, NotLoaded};
use super::select::RunPlan;

/// The facts of a run that every one of its checks is told.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    pub(super) run_id: RunId,
    pub(super) dry_run: bool,
    /// Ends every check of the run.
    pub(super) cancel: CancellationToken,
}

/// Runs a check that has a slot. Never fails: whatever happens is a result.
pub(super) async fn execute(host: &Host, plan: &RunPlan, facts: &Facts, check: &CheckConfig) -> CheckResult {
    let started_at = host.clock.now();
    let began = clock::monotonic();
    let (execution, digest) = match host.prepare(check) {
        Ok(loaded) => {
            let context = RunContext {
                run_id: facts.run_id,
                check: check.name.clone(),
                attempt: 1,
                scheduled_for: plan.scheduled_for,
                target_date: plan.target_date,
                window: plan.window,
                time_zone: plan.zone_name().to_owned(),
                utc_offset_seconds: plan.time_zone.to_offset(plan.scheduled_for).seconds(),
                seed: facts.run_id.seed(&check.name),
                dry_run: facts.dry_run,
                sources: loaded.grants.sources(),
            };
            let deadline = began + loaded.limits.duration(LimitName::Deadline);
            let job = Job {
                context,
                settings: check.settings.clone(),
                grants: loaded.grants,
                limits: loaded.limits,
                deadline,
                cancel: facts.cancel.clone(),
            };
            (host.sandbox.run(loaded.plugin.compiled(), job).await, Some(loaded.plugin.digest))
        }
        Err(not_loaded) => not_run(&check.plugin, &not_loaded),
    };
    let result = ended(facts.run_id, check, started_at, execution, digest);
    CheckResult { duration: began.elapsed(), ..result }
}

/// The result of a check that ended in some way, with nothing known of its duration.
pub(super) fn ended(
    run_id: RunId,
    check: &CheckConfig,
    started_at: Timestamp,
    execution: Execution,
    digest: Option<Digest>,
) -> CheckResult {
    let Execution { ending, report, unresolved, usage } = execution;
    let Report { findings, metrics, logs, .. } = report;
    let findings: Vec<Finding> = findings.into_iter().map(|draft| draft.under(check.severity)).collect();
    CheckResult {
        run_id,
        check: check.name.clone(),
        attempt: 1,
        plugin: check.plugin.to_string(),
        digest,
        owner: check.owner.clone(),
        tags: check.tags.clone(),
        settings: check.settings.clone(),
        conclusion: conclude(ending, &findings, usage.findings_dropped, &unresolved, check.severity),
        findings,
        metrics,
        logs,
        usage,
        started_at,
        duration: std::time::Duration::ZERO,
    }
}

/// The execution of a check that did not come to run.
pub(super) fn without_guest(ending: Ending) -> Execution {
    Execution { ending, report: Report::default(), unresolved: Vec::new(), usage: Usage::default() }
}

fn not_run(reference: &PluginRef, not_loaded: &NotLoaded<'_>) -> (Execution, Option<Digest>) {
    match not_loaded {
        NotLoaded::Plugin(refusal) => {
            let ending = Ending::Broken {
                reason: Reason::MissingPlugin,
                message: format!("plugin {reference} is not admitted: {refusal}"),
                hint: Some(refusal.hint()),
                detail: None,
            };
            (without_guest(ending), None)
        }
        NotLoaded::Settings { refusal, plugin } => (without_guest(refusal.ending(reference)), Some(plugin.digest)),
    }
}
