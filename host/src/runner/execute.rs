//! One check, from a slot to its result.

use std::path::Path;
use std::sync::Arc;

use crate::admission::Admitted;
use crate::clock;
use crate::config::CheckConfig;
use crate::model::{CheckName, CheckResult, Digest, Ending, LimitName, PluginRef, Reason, RunContext, RunId};
use crate::sandbox::{Execution, Job};
use crate::source::asked::Asker;
use crate::source::transcript::{Concluded, RedactedColumns, WriteError};
use crate::transcribe;
use jiff::Timestamp;

use super::cancel::Cancel;
use super::host::{Host, Loaded, NotLoaded};
use super::select::RunPlan;

/// The facts of a run that every one of its checks is told.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    pub(super) run_id: RunId,
    pub(super) dry_run: bool,
    /// Ends every check of the run.
    pub(super) cancel: Cancel,
}

/// Runs a check that has a slot. Never fails: whatever happens is a result.
pub(super) async fn execute(
    host: &Host,
    plan: &RunPlan,
    facts: &Facts,
    check: &CheckConfig,
    attempt: u32,
) -> (Concluded, Option<Digest>) {
    let (execution, digest) = match host.prepare(check) {
        Ok(loaded) => {
            let (plugin, job) = job(plan, facts, check, attempt, loaded);
            (host.sandbox.run(plugin.compiled(), job).await, Some(plugin.digest))
        }
        Err(not_loaded) => not_run(&check.plugin, &not_loaded),
    };
    let mut concluded = transcribe::concluded(execution, check.severity);
    // The sandbox only knows that it is over.
    if let Some(cause) = facts.cancel.cause()
        && concluded.conclusion.reason == Some(Reason::Cancelled)
    {
        concluded.conclusion.reason = Some(cause.reason());
        concluded.conclusion.message = cause.message();
    }
    (concluded, digest)
}

/// Runs a check and writes a transcript. Nothing is stored.
///
/// # Errors
/// [`RecordError`]; however the check ends, is none.
///
/// # Cancel safety
/// Dropping the future ends guest and queries, and leaves no file.
pub async fn record(
    host: &Host,
    plan: &RunPlan,
    check: &CheckConfig,
    path: &Path,
    redacted: Option<RedactedColumns>,
) -> Result<Concluded, RecordError> {
    let run_id = RunId::generate(host.clock.now());
    let facts = Facts { run_id, dry_run: true, cancel: Cancel::new() };
    let loaded = host.prepare(check).map_err(|not_loaded| {
        let (message, hint) = match not_run(&check.plugin, &not_loaded).0.ending {
            Ending::Broken { message, hint, .. } => (message, hint),
            Ending::Returned(_) | Ending::GuestError(_) => (check.plugin.to_string(), None),
        };
        RecordError::NotLoaded { check: check.name.clone(), message, hint }
    })?;
    let (plugin, job) = job(plan, &facts, check, 1, loaded);
    Ok(transcribe::record(&host.sandbox, &plugin, job, check.severity, path, redacted).await?)
}

/// Why there is no transcript of a check.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// Its plugin is refused, or refuses the settings.
    #[error("check `{check}` cannot run: {message}")]
    NotLoaded {
        /// The check.
        check: CheckName,
        /// What a run would say.
        message: String,
        /// What would help.
        hint: Option<String>,
    },
    /// The transcript cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

impl RecordError {
    /// What would make it work.
    #[must_use]
    pub fn hint(&self) -> &str {
        match self {
            Self::NotLoaded { hint, .. } => {
                hint.as_deref().unwrap_or("`assay doctor` looks at the whole configuration")
            }
            Self::Write(error) => error.hint(),
        }
    }
}

/// What a check that has all it needs is about to do.
fn job(plan: &RunPlan, facts: &Facts, check: &CheckConfig, attempt: u32, loaded: Loaded) -> (Arc<Admitted>, Job) {
    let Loaded { plugin, grants, limits } = loaded;
    let context = RunContext {
        run_id: facts.run_id,
        check: check.name.clone(),
        attempt,
        scheduled_for: plan.scheduled_for,
        target_date: plan.target_date,
        window: plan.window,
        time_zone: plan.zone_name().to_owned(),
        utc_offset_seconds: plan.time_zone.to_offset(plan.scheduled_for).seconds(),
        seed: facts.run_id.seed(&check.name),
        dry_run: facts.dry_run,
        sources: grants.sources(),
    };
    let asker = Asker {
        check: check.name.clone(),
        owner: check.owner.clone(),
        plugin: check.plugin.clone(),
        schedule: check.schedule.clone(),
        run: facts.run_id,
        attempt,
        billed_bytes_a_day: check.daily_budget,
    };
    let job = Job {
        context,
        settings: check.settings.clone(),
        grants,
        deadline: clock::monotonic() + limits.duration(LimitName::Deadline),
        limits,
        asker: Some(Arc::new(asker)),
        cancel: facts.cancel.token(),
    };
    (plugin, job)
}

/// The result of a check that came to something, with nothing known of its duration.
pub(super) fn result(
    run_id: RunId,
    check: &CheckConfig,
    attempt: u32,
    started_at: Timestamp,
    concluded: Concluded,
    digest: Option<Digest>,
) -> CheckResult {
    let Concluded { conclusion, findings, metrics, logs, usage, .. } = concluded;
    CheckResult {
        run_id,
        check: check.name.clone(),
        attempt,
        plugin: check.plugin.to_string(),
        digest,
        owner: check.owner.clone(),
        tags: check.tags.clone(),
        settings: check.settings.clone(),
        conclusion,
        findings,
        metrics,
        logs,
        usage,
        started_at,
        duration: std::time::Duration::ZERO,
    }
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
            (Execution::without_guest(ending), None)
        }
        NotLoaded::Settings { refusal, plugin } => {
            (Execution::without_guest(refusal.ending(reference)), Some(plugin.digest))
        }
    }
}
