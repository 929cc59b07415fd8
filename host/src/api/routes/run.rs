//! Runs: those that have been, and those that somebody wants.

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use utoipa::IntoParams;

use crate::model::{RunId, RunStatus, ScheduleName};
use crate::runner::{At, Request};
use crate::serve::Snapshot;
use crate::store::{ResultFilter, RunFilter};
use crate::view::ResultView;

use super::super::audit::carry_out;
use super::super::gate::Caller;
use super::super::input::{Asked, Body, OfPath, limit, named, said};
use super::super::problem::{Kind, Problem};
use super::super::view::words;
use super::super::view::{CancelBody, ResultsView, RunDetailView, RunPageView, RunView, TriggerBody, TriggeredView};
use super::Served;

/// Runs of a page when nothing is said.
const PAGE_DEFAULT: u32 = 50;
/// Runs of a page.
const PAGE_MAX: u32 = 500;
/// Results of a run: more than a configuration has checks, each with all its attempts.
const RESULTS_MAX: u32 = 100_000;

/// Which runs.
#[derive(Debug, serde::Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct RunsQuery {
    /// Only of this schedule.
    schedule: Option<String>,
    /// Only with this status; those under way have none.
    #[param(schema_with = words::run_status)]
    status: Option<String>,
    /// At most so many; 50 if nothing is said.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500)]
    limit: Option<String>,
    /// Only begun before this run: `next` of the page before.
    before: Option<String>,
}

/// Runs, the newest first.
#[utoipa::path(
    get,
    path = "/v1/runs",
    operation_id = "runs",
    tag = "runs",
    params(RunsQuery),
    responses((status = 200, description = "A page of runs.", body = RunPageView))
)]
pub(super) async fn list(
    State(Served { control, .. }): State<Served>,
    Asked(query): Asked<RunsQuery>,
) -> Result<Json<RunPageView>, Problem> {
    let RunsQuery { schedule, status, limit: most, before } = query;
    let schedule: Option<ScheduleName> = schedule.map(|name| named("schedule", &name)).transpose()?;
    let most = limit(most.as_deref(), PAGE_DEFAULT, PAGE_MAX)?;
    let filter = RunFilter {
        schedule: schedule.clone(),
        status: status.as_deref().map(run_status).transpose()?,
        before: before.map(|run| named("before", &run)).transpose()?,
        // One more tells whether there is another page.
        limit: most + 1,
        ..RunFilter::default()
    };
    let mut runs: Vec<_> = control.store().runs(filter).await?.iter().map(RunView::of).collect();
    match schedule {
        // A name that was mistyped must not look like a schedule that never ran.
        Some(schedule) if runs.is_empty() && !is_configured(&control.snapshot(), &schedule) => {
            return Err(Problem::unknown_schedule(&schedule));
        }
        Some(_) | None => {}
    }
    let more = runs.len() > most as usize;
    runs.truncate(most as usize);
    let next = if more { runs.last().map(|run| run.run_id.clone()) } else { None };
    Ok(Json(RunPageView { runs, next }))
}

fn is_configured(snapshot: &Snapshot, schedule: &ScheduleName) -> bool {
    snapshot.config.schedules.iter().any(|configured| configured.name == *schedule)
}

fn run_status(text: &str) -> Result<RunStatus, Problem> {
    RunStatus::ALL.into_iter().find(|status| status.as_str() == text).ok_or_else(|| {
        let words = RunStatus::ALL.map(RunStatus::as_str).join("`, `");
        Problem::field("status", format!("`{text}` is not the status of a run"), format!("one of `{words}`"))
    })
}

/// A run, with its results.
#[utoipa::path(
    get,
    path = "/v1/runs/{id}",
    operation_id = "run",
    tag = "runs",
    params(("id" = String, Path, description = "The run, a ULID.")),
    responses((status = 200, description = "The run.", body = RunDetailView))
)]
pub(super) async fn one(
    State(Served { control, .. }): State<Served>,
    OfPath(run): OfPath<RunId>,
) -> Result<Json<RunDetailView>, Problem> {
    let store = control.store();
    let stored = store.run(run).await?.ok_or_else(|| Problem::unknown_run(run))?;
    let results = store.results(ResultFilter { run: Some(run), ..ResultFilter::newest(RESULTS_MAX) }).await?;
    let target_date = stored.record.target_date.to_string();
    let results = results.iter().map(|stored| ResultView::of(&stored.result, &target_date)).collect();
    Ok(Json(RunDetailView { run: RunView::of(&stored), results }))
}

/// The results of a run, the newest first; so far, while it is under way.
#[utoipa::path(
    get,
    path = "/v1/runs/{id}/results",
    operation_id = "run_results",
    tag = "runs",
    params(("id" = String, Path, description = "The run, a ULID.")),
    responses((status = 200, description = "Its results.", body = ResultsView))
)]
pub(super) async fn results(served: State<Served>, run: OfPath<RunId>) -> Result<Json<ResultsView>, Problem> {
    let Json(RunDetailView { run: _, results }) = one(served, run).await?;
    Ok(Json(ResultsView { results }))
}

/// Runs something now.
///
/// The answer comes when the journal knows of the runs, one for each schedule concerned. They do not count as those of
/// slots: what is due stays due.
#[utoipa::path(
    post,
    path = "/v1/runs",
    operation_id = "trigger",
    tag = "runs",
    request_body = TriggerBody,
    responses((status = 202, description = "The runs have begun.", body = TriggeredView))
)]
pub(super) async fn trigger(
    State(Served { control, .. }): State<Served>,
    Extension(caller): Extension<Caller>,
    Body(body): Body<TriggerBody>,
) -> Result<(StatusCode, Json<TriggeredView>), Problem> {
    let request = requested(&body)?;
    let by = caller.by(None);
    let what = format!("run {body:?}");
    let runs = carry_out(caller, what, async move { control.trigger(request, by).await }).await?;
    let run_ids = runs.iter().map(ToString::to_string).collect();
    Ok((StatusCode::ACCEPTED, Json(TriggeredView { run_ids })))
}

fn requested(body: &TriggerBody) -> Result<Request, Problem> {
    let TriggerBody { names, date, at } = body;
    if names.is_empty() {
        let hint = "the names of schedules and checks";
        return Err(Problem::field("names", "it does not say what to run", hint));
    }
    let date = date.as_deref().map(|text| {
        let wrong = |_| Problem::field("date", format!("`{text}` is not a day"), "a day as in `2026-01-31`");
        text.parse().map_err(wrong)
    });
    let at = at.as_deref().map(|text| {
        let hint =
            "an instant as in `2026-01-31T06:00Z`, or a time in the zone of the schedule as in `2026-01-31T06:00`";
        text.parse::<At>().map_err(|_| Problem::field("at", format!("`{text}` is not an instant"), hint))
    });
    Ok(Request { names: names.clone(), date: date.transpose()?, at: at.transpose()?, alerts: false })
}

/// Tells a run that is under way to end. The answer does not wait for that.
#[utoipa::path(
    post,
    path = "/v1/runs/{id}/cancel",
    operation_id = "cancel",
    tag = "runs",
    params(("id" = String, Path, description = "The run, a ULID.")),
    request_body = CancelBody,
    responses((status = 202, description = "It has been told."))
)]
pub(super) async fn cancel(
    State(Served { control, .. }): State<Served>,
    Extension(caller): Extension<Caller>,
    OfPath(run): OfPath<RunId>,
    Body(CancelBody { reason }): Body<CancelBody>,
) -> Result<StatusCode, Problem> {
    let reason = reason.map(|reason| said("reason", &reason)).transpose()?;
    // Who and why, in one: it is a part of what is said of checks that have no result.
    let by = match (caller.by(None), reason) {
        (Some(by), Some(reason)) => Some(format!("{reason} ({by})")),
        (by, reason) => reason.or(by),
    };
    let what = format!("cancel run {run}: {}", by.as_deref().unwrap_or("no reason given"));
    let host = control.clone();
    let cancelled = carry_out(caller, what, async move { host.cancel(run, by).await }).await;
    match cancelled {
        Ok(()) => Ok(StatusCode::ACCEPTED),
        Err(problem) if problem.kind() == Kind::NotRunning && control.store().run(run).await?.is_none() => {
            Err(Problem::unknown_run(run))
        }
        Err(problem) => Err(problem),
    }
}
