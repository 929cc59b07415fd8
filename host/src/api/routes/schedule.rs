//! Letting schedules rest and go on.

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;

use crate::model::ScheduleName;
use crate::runner::At;
use crate::store::Pause;

use super::super::audit::carry_out;
use super::super::gate::Caller;
use super::super::input::{Body, OfPath, said};
use super::super::problem::Problem;
use super::super::view::{NothingBody, PauseBody};
use super::Served;

/// Who paused a schedule, where nobody says who.
const UNKNOWN: &str = "somebody on this machine";

/// Lets a schedule rest: its slots are missed until it goes on.
///
/// A schedule that rests already rests for the new reason.
#[utoipa::path(
    post,
    path = "/v1/schedules/{name}/pause",
    operation_id = "pause",
    tag = "schedules",
    params(("name" = String, Path, description = "The schedule; a `/` of its name is written `%2F`.")),
    request_body = PauseBody,
    responses((status = 204, description = "It rests."))
)]
pub(super) async fn pause(
    State(Served { control, settings }): State<Served>,
    Extension(caller): Extension<Caller>,
    OfPath(schedule): OfPath<ScheduleName>,
    Body(PauseBody { reason, by, until }): Body<PauseBody>,
) -> Result<StatusCode, Problem> {
    let now = settings.clock.now();
    let by = by.map(|by| said("by", &by)).transpose()?;
    let pause = Pause {
        at: now,
        by: caller.by(by.as_deref()).unwrap_or_else(|| UNKNOWN.to_owned()),
        reason: said("reason", &reason)?,
        until: until.map(|until| later(&until, now)).transpose()?,
    };
    let what = format!("pause schedule {schedule} until {:?}: {} ({})", pause.until, pause.reason, pause.by);
    carry_out(caller, what, async move { control.pause(schedule, pause).await }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// An instant that is to come, to the microsecond: what the journal can keep.
fn later(text: &str, now: Timestamp) -> Result<Timestamp, Problem> {
    let wrong = |what: &str| {
        Problem::field("until", format!("`{text}` {what}"), "an instant to come, as in `2026-01-31T06:00Z`")
    };
    let at = match text.parse() {
        Ok(At::Instant(at)) => at,
        Ok(At::Local(_)) => return Err(wrong("does not say in which zone")),
        Err(_) => return Err(wrong("is not an instant")),
    };
    let kept = Timestamp::from_microsecond(at.as_microsecond()).map_err(|_| wrong("is out of range"))?;
    if kept > now { Ok(kept) } else { Err(wrong("has passed")) }
}

/// Lets a schedule go on. What was due while it rested stays missed.
#[utoipa::path(
    post,
    path = "/v1/schedules/{name}/resume",
    operation_id = "resume",
    tag = "schedules",
    params(("name" = String, Path, description = "The schedule; a `/` of its name is written `%2F`.")),
    request_body = NothingBody,
    responses((status = 204, description = "It goes on."))
)]
pub(super) async fn resume(
    State(Served { control, .. }): State<Served>,
    Extension(caller): Extension<Caller>,
    OfPath(schedule): OfPath<ScheduleName>,
    Body(NothingBody {}): Body<NothingBody>,
) -> Result<StatusCode, Problem> {
    let what = format!("resume schedule {schedule}");
    carry_out(caller, what, async move { control.resume(schedule).await }).await?;
    Ok(StatusCode::NO_CONTENT)
}
