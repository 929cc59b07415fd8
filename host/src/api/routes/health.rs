//! Whether the host is there, and whether it does its work.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};

use crate::serve::Snapshot;

use super::super::view::ReadinessView;
use super::Served;

/// A host that has not looked at the clock for so long does not do its work.
const LOOK_MAX: SignedDuration = SignedDuration::from_secs(30);

/// Whether the process answers. Served to everybody.
#[utoipa::path(
    get,
    path = "/livez",
    operation_id = "livez",
    tag = "health",
    security(()),
    responses((status = 200, description = "It does.", body = String, content_type = "text/plain"))
)]
pub(super) async fn livez() -> &'static str {
    "alive\n"
}

/// Whether the host does its work. Served to everybody.
///
/// It does not while it starts or stops, when its last look at the clock is older than 30 seconds, and while the
/// journal does not take what is decided.
#[utoipa::path(
    get,
    path = "/readyz",
    operation_id = "readyz",
    tag = "health",
    security(()),
    responses(
        (status = 200, description = "It does.", body = ReadinessView),
        (status = 503, description = "It does not, and why.", body = ReadinessView),
    )
)]
pub(super) async fn readyz(State(Served { control, settings }): State<Served>) -> (StatusCode, Json<ReadinessView>) {
    let reasons = reasons(&control.snapshot(), settings.clock.now());
    let status = if reasons.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(ReadinessView { ready: reasons.is_empty(), reasons }))
}

/// Why the host does not do its work, one sentence each.
pub(in super::super) fn reasons(snapshot: &Snapshot, now: Timestamp) -> Vec<String> {
    let mut reasons = Vec::new();
    // Whichever way the clock was set.
    let age = now.duration_since(snapshot.at).abs();
    if snapshot.at == snapshot.started_at {
        reasons.push("the host is starting".to_owned());
    } else if age > LOOK_MAX {
        reasons.push(format!("the last look at the clock was {} s ago", age.as_secs()));
    }
    if snapshot.stopping {
        reasons.push("the host is stopping".to_owned());
    }
    if snapshot.backlog > 0 {
        reasons.push(format!("the journal has not taken {} decisions yet", snapshot.backlog));
    }
    reasons
}
