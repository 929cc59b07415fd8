//! One run, from its first line in the journal to its last.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;
use tokio::task::{Id, JoinSet};
use tracing::{Instrument as _, Span};

use crate::clock;
use crate::config::CheckConfig;
use crate::model::{
    CheckName, CheckResult, Conclusion, Digest, Ending, LimitName, Reason, RunId, RunRecord, RunStatus, Severity,
    Status, Tally, roll_up,
};
use crate::sandbox::{ENGINE_VERSION, Execution};
use crate::source::transcript::Concluded;
use crate::spans;
use crate::store::{AlertContext, Interrupted, PlannedCheck, Store, StoreError};
use crate::transcribe;

use super::again::Attempts;
use super::cancel::{Cancel, Cause};
use super::event::{Event, RunOutcome, tell};
use super::execute::{Facts, execute, result};
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

/// A run that is about to begin, or to be taken up again.
#[derive(Debug)]
pub struct Opening {
    record: RunRecord,
    plan: RunPlan,
    /// Of a run that is taken up again: the attempts that were interrupted, and what the other checks came to.
    again: Option<Again>,
}

#[derive(Debug)]
struct Again {
    attempts: BTreeMap<CheckName, u32>,
    kept: Vec<(Status, Severity)>,
}

impl Opening {
    /// A run that begins now.
    #[must_use]
    pub fn new(host: &Host, plan: RunPlan) -> Self {
        let started_at = host.clock.now();
        let record = RunRecord {
            run_id: RunId::generate(started_at),
            trigger: plan.occasion.trigger,
            requested_by: plan.occasion.requested_by.clone(),
            schedule: plan.schedule.clone(),
            scheduled_for: plan.scheduled_for,
            local: plan.occasion.local.clone(),
            time_zone: plan.zone_name().to_owned(),
            target_date: plan.target_date,
            window: plan.window,
            started_at,
            config_digest: host.config.digest,
            host_version: env!("CARGO_PKG_VERSION").to_owned(),
            engine_version: ENGINE_VERSION.to_owned(),
        };
        Self { record, plan, again: None }
    }

    /// A run that a host left when it stopped: the checks that were interrupted and are in the `plan` run again, and
    /// the others keep what they came to.
    #[must_use]
    pub fn again(interrupted: Interrupted, mut plan: RunPlan) -> Self {
        let Interrupted { run, checks, mut kept } = interrupted;
        let mut attempts = BTreeMap::new();
        for (check, attempt, severity) in checks {
            if plan.checks.iter().any(|planned| planned.name == check) {
                attempts.insert(check, attempt);
            } else {
                kept.push((Status::Error, severity));
            }
        }
        plan.checks.retain(|check| attempts.contains_key(&check.name));
        Self { record: run.record, plan, again: Some(Again { attempts, kept }) }
    }

    /// The run.
    #[must_use]
    pub fn record(&self) -> &RunRecord {
        &self.record
    }

    /// How many checks it has.
    #[must_use]
    pub fn checks(&self) -> usize {
        self.plan.checks.len()
    }
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
    opening: Opening,
    journal: Journal,
    events: UnboundedSender<Event>,
    cancel: Cancel,
) -> Result<RunOutcome, StoreError> {
    let Opening { record, plan, again } = opening;
    let run_id = record.run_id;
    if let Journal::Store(store) = &journal {
        match &again {
            None => store.begin_run(record.clone(), plan.checks.iter().map(planned).collect()).await?,
            Some(_) => store.reopen_run(run_id).await?,
        }
    }
    tell(&events, Event::RunStarted { run: record.clone(), checks: plan.checks.len() });

    let facts = Facts { run_id, dry_run: matches!(journal, Journal::Nowhere), cancel: cancel.clone() };
    let Again { attempts, kept } = again.unwrap_or(Again { attempts: BTreeMap::new(), kept: Vec::new() });
    let deadline = plan.deadline.map(|longest| (clock::monotonic() + longest, longest));
    let plan = Arc::new(plan);
    let said: Arc<BTreeMap<CheckName, watch::Sender<Option<Said>>>> =
        Arc::new(plan.checks.iter().map(|check| (check.name.clone(), watch::Sender::new(None))).collect());
    let span = spans::run(&record);
    let mut tasks = JoinSet::new();
    let mut running: HashMap<Id, usize> = HashMap::new();
    let first = |check: &CheckConfig| attempts.get(&check.name).map_or(1, |interrupted| interrupted + 1);
    for (index, check) in plan.checks.iter().enumerate() {
        let task = Task {
            host: host.clone(),
            plan: plan.clone(),
            facts: facts.clone(),
            journal: journal.clone(),
            events: events.clone(),
            said: said.clone(),
            span: span.clone(),
        };
        running.insert(tasks.spawn(task.run(index, first(check))).id(), index);
    }

    let mut results: Vec<Option<Arc<CheckResult>>> = vec![None; plan.checks.len()];
    let mut not_stored = Vec::new();
    loop {
        let joined = tokio::select! {
            joined = tasks.join_next_with_id() => joined,
            longest = passed(deadline), if cancel.cause().is_none() => {
                cancel.now(Cause::Deadline(longest));
                continue;
            }
        };
        let Some(joined) = joined else { break };
        let (index, result, stored) = match joined {
            Ok((id, Done { result, lost })) => (running[&id], result, lost),
            Err(panic) => {
                let index = running[&panic.id()];
                let check = &plan.checks[index];
                let ending = Ending::broken(Reason::HostError, format!("the host broke while the check ran: {panic}"));
                let concluded = transcribe::concluded(Execution::without_guest(ending), check.severity);
                let result = Arc::new(result(run_id, check, first(check), host.clock.now(), concluded, None));
                let alerts = alerts_of(&host, &plan, check);
                let lost = keep(&journal, &result, alerts, plan.scheduled_for).await.err();
                (index, result, lost.into_iter().collect())
            }
        };
        if stored.is_empty() {
            tracing::info!(check = %result.check, status = %result.conclusion.status, run = %run_id, "result stored");
            tell(&events, Event::CheckFinished(result.clone()));
        }
        for error in stored {
            not_stored.push(error.clone());
            tell(&events, Event::NotStored { check: result.check.clone(), error });
        }
        if let Some(said) = said.get(&result.check) {
            said.send_replace(Some(Said::of(&result.conclusion)));
        }
        results[index] = Some(result);
    }

    let results: Vec<_> = results.into_iter().flatten().collect();
    let weights = || {
        let new = results.iter().map(|result| (result.conclusion.status, result.conclusion.severity));
        kept.iter().copied().chain(new)
    };
    let tally = Tally::of(weights().map(|(status, _)| status));
    let status = match cancel.cause() {
        Some(cause) if cause.is_wish() => RunStatus::Cancelled,
        Some(_) | None => roll_up(weights()),
    };
    span.record("status", status.as_str());
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

/// Waits until a deadline has passed: for ever, when there is none.
async fn passed(deadline: Option<(tokio::time::Instant, Duration)>) -> Duration {
    match deadline {
        Some((at, longest)) => {
            tokio::time::sleep_until(at).await;
            longest
        }
        None => std::future::pending().await,
    }
}

/// What a check came to, for those that depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    /// It holds, or there was nothing to hold.
    Holds,
    /// It does not, or could not say.
    DoesNotHold(Status),
}

impl Said {
    fn of(conclusion: &Conclusion) -> Self {
        match (conclusion.status, conclusion.reason) {
            (Status::Skip, Some(Reason::Upstream)) | (Status::Fail | Status::Error, _) => {
                Self::DoesNotHold(conclusion.status)
            }
            (Status::Pass | Status::Warn | Status::Skip, _) => Self::Holds,
        }
    }
}

/// What the task of one check holds.
struct Task {
    host: Arc<Host>,
    plan: Arc<RunPlan>,
    facts: Facts,
    journal: Journal,
    events: UnboundedSender<Event>,
    said: Arc<BTreeMap<CheckName, watch::Sender<Option<Said>>>>,
    span: Span,
}

/// What an attempt came to.
struct Tried {
    started_at: Timestamp,
    duration: Duration,
    concluded: Concluded,
    digest: Option<Digest>,
}

/// The last result of a check, and the results that the journal could not keep.
struct Done {
    result: Arc<CheckResult>,
    lost: Vec<StoreError>,
}

impl Task {
    /// Every attempt is a result of its own in the journal; the last one counts.
    async fn run(self, index: usize, first: u32) -> Done {
        let check = &self.plan.checks[index];
        let mut attempts = Attempts::new(check, self.facts.run_id.seed(&check.name));
        let mut attempt = first;
        let mut lost = Vec::new();
        loop {
            let span = spans::check(&self.span, &check.name, &check.plugin.to_string(), attempt);
            let Tried { started_at, duration, concluded, digest } =
                self.attempt(check, attempt).instrument(span.clone()).await;
            span.record("status", concluded.conclusion.status.as_str());
            span.record("reason", concluded.conclusion.reason.map(Reason::as_str));
            drop(span);
            let wait = attempts.wait(&concluded).filter(|_| self.facts.cancel.cause().is_none());
            let result = result(self.facts.run_id, check, attempt, started_at, concluded, digest);
            let result = Arc::new(CheckResult { duration, ..result });
            let alerts = alerts_of(&self.host, &self.plan, check).filter(|_| wait.is_none());
            lost.extend(keep(&self.journal, &result, alerts, self.plan.scheduled_for).await.err());
            let Some(wait) = wait else { return Done { result, lost } };
            tracing::info!(
                check = %check.name, status = %result.conclusion.status, attempt, ?wait, run = %self.facts.run_id,
                "runs again"
            );
            // No slot is held meanwhile.
            tokio::select! {
                () = tokio::time::sleep(wait) => attempt += 1,
                () = self.facts.cancel.cancelled() => return Done { result, lost },
            }
        }
    }

    /// One attempt, timed from when it has its slot.
    async fn attempt(&self, check: &CheckConfig, attempt: u32) -> Tried {
        let without_guest = |ending| Tried {
            started_at: self.host.clock.now(),
            duration: Duration::ZERO,
            concluded: transcribe::concluded(Execution::without_guest(ending), check.severity),
            digest: None,
        };
        if let Some(upstream) = self.upstream(check).await {
            return without_guest(upstream);
        }
        match self.slot(check).await {
            Ok(_slot) => {
                tell(&self.events, Event::CheckStarted(check.name.clone()));
                let (started_at, began) = (self.host.clock.now(), clock::monotonic());
                let (concluded, digest) = execute(&self.host, &self.plan, &self.facts, check, attempt).await;
                Tried { started_at, duration: began.elapsed(), concluded, digest }
            }
            Err(ending) => without_guest(ending),
        }
    }

    /// Waits for what the check depends on; something when that does not hold. What is not part of the run is not waited for.
    async fn upstream(&self, check: &CheckConfig) -> Option<Ending> {
        for upstream in &check.depends_on {
            let Some(said) = self.said.get(upstream) else { continue };
            let mut said = said.subscribe();
            let said = tokio::select! {
                said = said.wait_for(Option::is_some) => said.ok().and_then(|said| *said),
                // The slot says what is to be said of a run that is over.
                () = self.facts.cancel.cancelled() => return None,
            };
            if let Some(Said::DoesNotHold(status)) = said {
                let message = match status {
                    Status::Fail => format!("`{upstream}`, on which it depends, failed"),
                    Status::Error => format!("`{upstream}`, on which it depends, could not say"),
                    Status::Pass | Status::Warn | Status::Skip => {
                        format!("`{upstream}`, on which it depends, was not run for what it depends on")
                    }
                };
                return Some(Ending::broken(Reason::Upstream, message));
            }
        }
        None
    }

    /// First come, first served: the deadline of the execution begins only when it has its slot. Once it runs, the
    /// execution itself is cancelled, so that what it has reported is kept.
    async fn slot(&self, check: &CheckConfig) -> Result<Slot<'_>, Ending> {
        let longest = self.host.limits_of(check).duration(LimitName::QueueDeadline);
        tokio::select! {
            biased;
            () = self.facts.cancel.cancelled() => {
                let cause = self.facts.cancel.cause().cloned().unwrap_or(Cause::Asked { by: None });
                Err(Ending::broken(cause.reason(), cause.message()))
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
}

/// What the alerts of a check are judged by; nothing where the run leaves them alone.
fn alerts_of(host: &Host, plan: &RunPlan, check: &CheckConfig) -> Option<Arc<AlertContext>> {
    plan.alerts.then(|| host.alerts_of(&check.name)).flatten()
}

/// Stores a result; with it, where they are given, what it means for the alerts of its check.
async fn keep(
    journal: &Journal,
    result: &Arc<CheckResult>,
    alerts: Option<Arc<AlertContext>>,
    due: Timestamp,
) -> Result<(), StoreError> {
    match (journal, alerts) {
        (Journal::Store(store), Some(alerts)) => store.record_and_alert(CheckResult::clone(result), alerts, due).await,
        (Journal::Store(store), None) => store.record(CheckResult::clone(result)).await,
        (Journal::Nowhere, _) => Ok(()),
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
