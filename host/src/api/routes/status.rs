//! What the host is doing.

use axum::Json;
use axum::extract::State;

use super::super::view::StatusView;
use super::{Served, health};

/// What the host is doing, as of its last look at the clock.
#[utoipa::path(
    get,
    path = "/v1/status",
    operation_id = "status",
    tag = "status",
    responses((status = 200, description = "Its schedules, the runs under way, and what is wrong.", body = StatusView))
)]
pub(super) async fn status(State(Served { control, settings }): State<Served>) -> Json<StatusView> {
    let snapshot = control.snapshot();
    let not_ready = health::reasons(&snapshot, settings.clock.now());
    Json(StatusView::of(&snapshot, not_ready))
}
