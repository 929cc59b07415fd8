//! One run, from its first line in the journal to its last.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::mpsc::UnboundedSender;
use tokio::task::{Id, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::config::CheckConfig;
use crate::model::{CheckResult, Ending, LimitName, Reason, RunId, RunRecord, RunStatus, Tally, Trigger, roll_up};
use crate::sandbox::{ENGINE_VERSION, Execution};
use crate::store::{PlannedCheck, Store, StoreError};

use super::event::{Event, RunOutcome, tell};
use super::execute::{Facts, ended, execute};
use super::host::{Host, Slot};
use super::select::RunPlan;

/// Where a run is written down.
#[derive(Debug, Clone)]
pub enum Journal {
    /// In the store; a result counts once it is there.
    Store(Arc<Store>),
    /// Nowhere: a dry run.
    Nowhere,
}

/// Runs the checks of a plan. Progress goes to `events`; nobody need listen.
///
/// # Errors
/// [`StoreError`] when the run cannot be begun or finished in the journal. A single result that cannot be
/// kept does not end the run: it is in [`RunOutcome::not_stored`].
///
/// # Cancel safety
/// Cancel through `cancel`: the run is then finished in the journal. Dropping the future instead leaves the run
/// without an end; the next start of a host marks it as interrupted.
pub async fn run(
    host: Arc<Host>,
    plan: RunPlan,
    journal: Journal,
    events: UnboundedSender<Event>,
    cancel: CancellationToken,
) -> Result<RunOutcome, StoreError> {
    let started_at = host.clock.now();
    let run_id = RunId::generate(started_at);
    let facts = Facts { run_id, dry_run: matches!(journal, Journal::Nowhere), cancel: cancel.clone() };
    let record = RunRecord {
        run_id,
        trigger: Trigger::Manual,
        schedule: plan.schedule.clone(),
        scheduled_for: plan.scheduled_for,
        time_zone: plan.zone_name().to_owned(),
        target_date: plan.target_date,
        window: plan.window,
        started_at,
        config_digest: host.config.digest,
        host_version: env!("CARGO_PKG_VERSION").to_owned(),
        engine_version: ENGINE_VERSION.to_owned(),
    };
    if let Journal::Store(store) = &journal {
        store.begin_run(record.clone(), plan.checks.iter().map(planned).collect()).await?;
    }
    tell(&events, Event::RunStarted { run: record.clone(), checks: plan.checks.len() });

    let plan = Arc::new(plan);
    let mut tasks = JoinSet::new();
    let mut running: HashMap<Id, usize> = HashMap::new();
    for index in 0..plan.checks.len() {
        let task = Task {
            host: host.clone(),
            plan: plan.clone(),
            facts: facts.clone(),
            journal: journal.clone(),
            events: events.clone(),
        };
        running.insert(tasks.spawn(task.run(index)).id(), index);
    }

    let mut results: Vec<Option<Arc<CheckResult>>> = vec![None; plan.checks.len()];
    let mut not_stored = Vec::new();
    while let Some(joined) = tasks.join_next_with_id().await {
        let (index, result, stored) = match joined {
            Ok((id, (result, stored))) => (running[&id], result, stored),
            Err(panic) => {
                let index = running[&panic.id()];
                let ending = Ending::broken(Reason::HostError, format!("the host broke while the check ran: {panic}"));
                let result =
                    ended(run_id, &plan.checks[index], host.clock.now(), Execution::without_guest(ending), None);
                let result = Arc::new(result);
                let stored = keep(&journal, &result).await;
                (index, result, stored)
            }
        };
        match stored {
            Ok(()) => {
                tracing::info!(check = %result.check, status = %result.conclusion.status, run = %run_id, "result stored");
                tell(&events, Event::CheckFinished(result.clone()));
            }
            Err(error) => {
                not_stored.push(error.clone());
                tell(&events, Event::NotStored { check: result.check.clone(), error });
            }
        }
        results[index] = Some(result);
    }

    let results: Vec<_> = results.into_iter().flatten().collect();
    let tally = Tally::of(results.iter().map(|result| result.conclusion.status));
    let status = if cancel.is_cancelled() {
        RunStatus::Cancelled
    } else {
        roll_up(results.iter().map(|result| (result.conclusion.status, result.conclusion.severity)))
    };
    let message = tally.to_string();
    let finished_at = host.clock.now();
    // A run with a result missing is left without an end: the next start says so rather than this one saying all is well.
    if let Journal::Store(store) = &journal
        && not_stored.is_empty()
    {
        store.finish_run(run_id, status, message.clone(), finished_at).await?;
    }
    tell(&events, Event::RunFinished(status));
    Ok(RunOutcome { run: record, status, message, finished_at, tally, results, not_stored })
}

/// What the task of one check holds.
struct Task {
    host: Arc<Host>,
    plan: Arc<RunPlan>,
    facts: Facts,
    journal: Journal,
    events: UnboundedSender<Event>,
}

impl Task {
    async fn run(self, index: usize) -> (Arc<CheckResult>, Result<(), StoreError>) {
        let check = &self.plan.checks[index];
        let result = match self.slot(check).await {
            Ok(_slot) => {
                tell(&self.events, Event::CheckStarted(check.name.clone()));
                execute(&self.host, &self.plan, &self.facts, check).await
            }
            Err(ending) => self.not_begun(check, ending),
        };
        let result = Arc::new(result);
        let stored = keep(&self.journal, &result).await;
        (result, stored)
    }

    /// First come, first served: the deadline of the execution begins only when it has its slot. Once it runs, the
    /// execution itself is cancelled, so that what it has reported is kept.
    async fn slot(&self, check: &CheckConfig) -> Result<Slot<'_>, Ending> {
        let longest = self.host.limits_of(check).duration(LimitName::QueueDeadline);
        tokio::select! {
            biased;
            () = self.facts.cancel.cancelled() => {
                Err(Ending::broken(Reason::Cancelled, "the run was cancelled before the check concluded"))
            }
            slot = tokio::time::timeout(longest, self.host.slot(check)) => slot.map_err(|_| Ending::Broken {
                reason: Reason::Deadline,
                message: "the deadline passed while the check waited for a slot".to_owned(),
                hint: Some(format!(
                    "raise `workers` under `[host]`, or let it wait longer: `limits = {{ {} = … }}` in the check's \
                     configuration",
                    LimitName::QueueDeadline
                )),
                detail: None,
            }),
        }
    }

    fn not_begun(&self, check: &CheckConfig, ending: Ending) -> CheckResult {
        ended(self.facts.run_id, check, self.host.clock.now(), Execution::without_guest(ending), None)
    }
}

async fn keep(journal: &Journal, result: &Arc<CheckResult>) -> Result<(), StoreError> {
    match journal {
        Journal::Store(store) => store.record(CheckResult::clone(result)).await,
        Journal::Nowhere => Ok(()),
    }
}

fn planned(check: &CheckConfig) -> PlannedCheck {
    PlannedCheck {
        check: check.name.clone(),
        plugin: check.plugin.to_string(),
        severity: check.severity,
        owner: check.owner.clone(),
        tags: check.tags.clone(),
        settings: check.settings.clone(),
    }
}
