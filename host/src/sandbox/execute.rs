//! One execution: a fresh store, one deadline, and everything that came of it.

use std::sync::Arc;

use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use wasmtime::{Store, UpdateDeadline};

use crate::capability::{Grants, QueryCapability, Report};
use crate::clock;
use crate::model::{
    Description, Ending, LimitName, Limits, Problem, Reason, RunContext, SettingProblem, Usage, Verdict, cut,
};
use crate::source::asked::Asker;

use super::ENGINE_VERSION;
use super::bindings::Check;
use super::engine::{Compiled, Sandbox};
use super::state::{Phase, RunState};
use super::trap::{LimitHit, classify};

/// What to run.
#[derive(Debug)]
pub struct Job {
    /// The guest's `context`.
    pub context: RunContext,
    /// The settings document, JSON.
    pub settings: String,
    /// What the check may read.
    pub grants: Grants,
    /// What the execution may use.
    pub limits: Limits,
    /// When it ends at the latest.
    pub deadline: Instant,
    /// On whose behalf sources are asked; None where nobody is to be billed.
    pub asker: Option<Arc<Asker>>,
    /// Ends it before; what was reported until then is kept.
    pub cancel: CancellationToken,
}

/// All that came of one execution.
#[derive(Debug)]
pub struct Execution {
    /// How it ended.
    pub ending: Ending,
    /// What the guest reported until then.
    pub report: Report,
    /// Problems of requests that were never answered afterwards.
    pub unresolved: Vec<Problem>,
    /// What it used.
    pub usage: Usage,
}

impl Execution {
    /// Of a job that did not come to run.
    #[must_use]
    pub fn without_guest(ending: Ending) -> Self {
        Self { ending, report: Report::default(), unresolved: Vec::new(), usage: Usage::default() }
    }
}

impl Sandbox {
    /// Runs a check. Never fails: every way to end is an [`Ending`].
    ///
    /// # Cancel safety
    /// Dropping the future ends guest and queries and frees the slot; what was reported is lost with it.
    pub async fn run(&self, plugin: &Compiled, job: Job) -> Execution {
        let Job { context, settings, grants, limits, deadline, asker, cancel } = job;
        let query = QueryCapability::new(grants, limits.clone(), deadline).at(context.scheduled_for).asked_by(asker);
        let context = context.into();
        let (answer, state, fuel) = self
            .call(
                plugin,
                Some(query),
                &limits,
                deadline,
                &cancel,
                async |check: &Check, store: &mut Store<RunState>| check.call_run(store, &context, &settings).await,
            )
            .await;
        let bytes_max = usize::try_from(limits.get(LimitName::MessageBytes)).unwrap_or(usize::MAX);
        let ending = match answer.map(|answer| answer.map(Verdict::from)) {
            Ok(Ok(Verdict { outcome, summary, examined })) => {
                Ending::Returned(Verdict { outcome, summary: cut(summary, bytes_max), examined })
            }
            Ok(Err(message)) => Ending::GuestError(cut(message, bytes_max)),
            Err(ending) => ending,
        };
        let RunState { query, report, limiter, meter, .. } = state;
        let (queries, rows, bytes) = query.as_ref().map_or((0, 0, 0), QueryCapability::spent);
        let report = report.into_report();
        let usage = Usage {
            fuel,
            guest_cpu: meter.guest_cpu(),
            host_time: meter.host_time(),
            peak_memory: limiter.memory_peak(),
            queries,
            rows,
            bytes,
            engine: Some(ENGINE_VERSION.to_owned()),
            findings_dropped: report.findings_dropped,
            metrics_dropped: report.metrics_dropped,
            log_lines_dropped: report.log_lines_dropped,
        };
        Execution { ending, report, unresolved: query.map(QueryCapability::into_unresolved).unwrap_or_default(), usage }
    }

    /// Asks a plugin who it is, with neither data nor report granted.
    ///
    /// # Errors
    /// The [`Ending`] of a plugin that does not answer within the limits.
    ///
    /// # Cancel safety
    /// Nothing is left behind.
    pub async fn describe(&self, plugin: &Compiled, limits: &Limits) -> Result<Description, Ending> {
        let describe = async |check: &Check, store: &mut Store<RunState>| check.call_describe(store).await;
        self.ask(plugin, limits, describe).await.map(Into::into)
    }

    /// Asks a plugin what is wrong with a settings document, with neither data nor report granted.
    ///
    /// # Errors
    /// The [`Ending`] of a plugin that does not answer within the limits.
    ///
    /// # Cancel safety
    /// Nothing is left behind.
    pub async fn validate(
        &self,
        plugin: &Compiled,
        settings: &str,
        limits: &Limits,
    ) -> Result<Vec<SettingProblem>, Ending> {
        let validate = async |check: &Check, store: &mut Store<RunState>| check.call_validate(store, settings).await;
        let problems = self.ask(plugin, limits, validate).await?;
        let bytes_max = usize::try_from(limits.get(LimitName::MessageBytes)).unwrap_or(usize::MAX);
        Ok(readable(problems.into_iter().map(Into::into), bytes_max))
    }

    /// Makes a call with neither data nor report granted, in a slot of its own kind: runs never wait for it.
    async fn ask<T>(
        &self,
        plugin: &Compiled,
        limits: &Limits,
        call: impl AsyncFnOnce(&Check, &mut Store<RunState>) -> wasmtime::Result<T>,
    ) -> Result<T, Ending> {
        let _slot = self.prompt.acquire().await.expect("the slots are never closed");
        let deadline = clock::monotonic() + limits.duration(LimitName::Deadline);
        self.call(plugin, None, limits, deadline, &CancellationToken::new(), call).await.0
    }

    /// Instantiates a plugin in a fresh store and makes one call; returns the store's state and the fuel used.
    async fn call<T>(
        &self,
        plugin: &Compiled,
        query: Option<QueryCapability>,
        limits: &Limits,
        deadline: Instant,
        cancel: &CancellationToken,
        call: impl AsyncFnOnce(&Check, &mut Store<RunState>) -> wasmtime::Result<T>,
    ) -> (Result<T, Ending>, RunState, u64) {
        let mut store = self.store(RunState::new(query, limits), limits);
        let meter = store.data().meter.clone();
        let execution = meter.guest(async {
            let check = plugin.pre.instantiate_async(&mut store).await?;
            store.data_mut().phase = Phase::Computing;
            call(&check, &mut store).await
        });
        // Dropping the future stops guest and query alike; the store stays, and with it what was reported.
        let answer = tokio::select! {
            biased;
            () = cancel.cancelled() => None,
            answer = timeout_at(deadline, execution) => Some(answer),
        };
        let budget = limits.get(LimitName::Fuel);
        let fuel = budget.saturating_sub(store.get_fuel().unwrap_or(0));
        let state = store.into_data();
        let answer = match answer {
            None => Err(Ending::broken(Reason::Cancelled, "the run was cancelled before the check concluded")),
            Some(Ok(Ok(answer))) => Ok(answer),
            Some(Ok(Err(error))) => Err(classify(&error, state.report.panic())),
            Some(Err(_)) => Err(Ending::Broken {
                reason: Reason::Deadline,
                message: format!("the deadline passed {}", state.phase.as_str()),
                hint: Some(format!(
                    "allow more: `limits = {{ {} = … }}` in the check's configuration",
                    LimitName::Deadline
                )),
                detail: None,
            }),
        };
        (answer, state, fuel)
    }

    fn store(&self, state: RunState, limits: &Limits) -> Store<RunState> {
        let bounded = |name| usize::try_from(limits.get(name)).unwrap_or(usize::MAX);
        let mut store = Store::new(self.engine(), state);
        store.set_hostcall_fuel(bounded(LimitName::HostcallBytes));
        store.set_max_component_handles(bounded(LimitName::Handles));
        store.limiter(|state| &mut state.limiter);
        store.set_fuel(limits.get(LimitName::Fuel)).expect("fuel is switched on");
        store.set_epoch_deadline(1);
        let limit = limits.duration(LimitName::GuestCpu);
        store.epoch_deadline_callback(move |context| {
            let used = context.data().meter.guest_cpu();
            if used > limit {
                return Err(LimitHit::GuestCpu { used, limit }.into());
            }
            // The engine's own yield is polled again at once and lets nobody else run.
            Ok(UpdateDeadline::YieldCustom(1, Box::pin(tokio::task::yield_now())))
        });
        store
    }
}

/// The first problems, as many as somebody would read, and how many more there are.
fn readable(problems: impl ExactSizeIterator<Item = SettingProblem>, bytes_max: usize) -> Vec<SettingProblem> {
    let mut left = problems.len();
    let mut bytes = 0;
    let mut kept = Vec::new();
    for SettingProblem { path, message } in problems {
        let room = bytes_max.saturating_sub(bytes);
        if room == 0 {
            kept.push(SettingProblem { path: String::new(), message: format!("and {left} more") });
            break;
        }
        let problem = SettingProblem { path: cut(path, room), message: cut(message, room) };
        bytes += problem.path.len() + problem.message.len();
        kept.push(problem);
        left -= 1;
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_are_told_as_long_as_somebody_would_read_them() {
        let problems = |n: usize| {
            let problem = |i| SettingProblem { path: format!("/{i}"), message: "x".repeat(8) };
            readable((0..n).map(problem), 25).into_iter().map(|problem| problem.message).collect::<Vec<_>>()
        };
        assert_eq!(problems(0), Vec::<String>::new());
        assert_eq!(problems(2), ["xxxxxxxx", "xxxxxxxx"]);
        assert_eq!(problems(9), ["xxxxxxxx", "xxxxxxxx", "xxxxx…", "and 6 more"]);
    }
}
