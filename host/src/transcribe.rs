//! One execution written down, and run again from what was written.
//!
//! The sources of a job are replaced: by [`Recording`]s of them, or by a [`Replay`]. All else is what it always is, so
//! that a replay meets the same gate, grants and budget.

use std::path::Path;
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::admission::Admitted;
use crate::capability::{Grant, Grants, Report, SourceHandle};
use crate::clock;
use crate::model::{Finding, LimitName, Severity, SourceName, conclude};
use crate::sandbox::{ENGINE_VERSION, Execution, Job, Sandbox};
use crate::source::Source;
use crate::source::transcript::{
    Concluded, Divergence, Draft, GrantedSource, Header, Recording, RedactedColumns, Redaction, Redactor, Replay,
    Transcript, WriteError,
};

/// What a replay shows.
#[derive(Debug, Clone)]
pub struct Replayed {
    /// What came of it.
    pub concluded: Concluded,
    /// The first question that was not asked as it was recorded.
    pub divergence: Option<Divergence>,
}

/// Runs a job and writes all that was asked and answered to a file, which appears when
/// it is whole. With `redacted` columns neither the guest nor the file holds their values.
///
/// # Errors
/// [`WriteError`]: there is no transcript then. However the job ends, is no error.
///
/// # Cancel safety
/// Dropping the future ends guest and queries, and leaves no file.
pub async fn record(
    sandbox: &Sandbox,
    plugin: &Admitted,
    job: Job,
    severity: Severity,
    path: &Path,
    redacted: Option<RedactedColumns>,
) -> Result<Concluded, WriteError> {
    let redactor = match redacted {
        None => None,
        Some(columns) => {
            let mut seed = [0; 32];
            getrandom::fill(&mut seed).map_err(std::io::Error::other)?;
            Some(Arc::new(Redactor::new(columns, seed)))
        }
    };
    let draft = Arc::new(Draft::create(path, &header(plugin, &job, redactor.as_deref()))?);
    let stand_in = |name: &SourceName, source: Arc<dyn Source>| {
        let source = match &redactor {
            None => source,
            Some(redactor) => Arc::new(Redaction::new(source, Arc::clone(redactor))),
        };
        Arc::new(Recording::new(name.clone(), source, Arc::clone(&draft))) as Arc<dyn Source>
    };
    let job = Job { grants: job.grants.through(stand_in), ..job };
    let mut concluded = concluded(plugin.execute(sandbox, job).await, severity);
    concluded.redaction = redactor.map(|redactor| redactor.tally());
    draft.finish(&concluded)?;
    Ok(concluded)
}

/// Runs what a transcript says, answered by it: the same check, or another version of it.
///
/// # Cancel safety
/// Dropping the future ends the guest.
pub async fn replay(sandbox: &Sandbox, plugin: &Admitted, transcript: Arc<Transcript>) -> Replayed {
    let header = &transcript.header;
    let replay = Replay::new(Arc::clone(&transcript));
    let grant = |granted: &GrantedSource| {
        let source = replay.source(granted.name.clone());
        let handle = SourceHandle { source, slots: Arc::new(Semaphore::new(Semaphore::MAX_PERMITS)) };
        Grant { name: granted.name.clone(), handle, tables: granted.tables.clone() }
    };
    let job = Job {
        context: header.context.clone(),
        settings: header.settings.clone(),
        grants: Grants::new(header.sources.iter().map(grant).collect()),
        limits: header.limits.clone(),
        deadline: clock::monotonic() + header.limits.duration(LimitName::Deadline),
        asker: None,
        cancel: CancellationToken::new(),
    };
    let execution = plugin.execute(sandbox, job).await;
    // The check's own severity is not in a transcript: what a finding asks for is what it gets.
    Replayed { concluded: concluded(execution, Severity::Critical), divergence: replay.finish().err() }
}

fn header(plugin: &Admitted, job: &Job, redactor: Option<&Redactor>) -> Header {
    let granted = |grant: &Grant| GrantedSource { name: grant.name.clone(), tables: grant.tables.clone() };
    Header {
        host: env!("CARGO_PKG_VERSION").to_owned(),
        engine: ENGINE_VERSION.to_owned(),
        plugin: plugin.reference.clone(),
        digest: plugin.digest,
        settings: job.settings.clone(),
        context: job.context.clone(),
        limits: job.limits.clone(),
        sources: job.grants.iter().map(granted).collect(),
        redaction: redactor.map(|redactor| redactor.columns().patterns().to_vec()).unwrap_or_default(),
    }
}

/// What an execution amounts to, without redaction.
pub(crate) fn concluded(execution: Execution, severity: Severity) -> Concluded {
    let Execution { ending, report, unresolved, usage } = execution;
    let Report { findings, metrics, logs, .. } = report;
    let findings: Vec<Finding> = findings.into_iter().map(|draft| draft.under(severity)).collect();
    let conclusion = conclude(ending, &findings, usage.findings_dropped, &unresolved, severity);
    Concluded { conclusion, findings, metrics, logs, unresolved, usage, redaction: None }
}
