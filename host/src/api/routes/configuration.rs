//! The configuration of the host.

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;

use super::super::audit::carry_out;
use super::super::gate::Caller;
use super::super::input::Body;
use super::super::problem::Problem;
use super::super::view::NothingBody;
use super::Served;

/// Reads the configuration again. The answer comes when it is in force, or refused as a whole.
#[utoipa::path(
    post,
    path = "/v1/reload",
    operation_id = "reload",
    tag = "configuration",
    request_body = NothingBody,
    responses((status = 204, description = "It is in force."))
)]
pub(super) async fn reload(
    State(Served { control, .. }): State<Served>,
    Extension(caller): Extension<Caller>,
    Body(NothingBody {}): Body<NothingBody>,
) -> Result<StatusCode, Problem> {
    carry_out(caller, "reload the configuration", async move { control.reload().await }).await?;
    Ok(StatusCode::NO_CONTENT)
}
