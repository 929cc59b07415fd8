//! Numbers for those who watch.

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;

use super::super::metrics::MEDIA_TYPE;
use super::super::problem::{Kind, Problem};
use super::Served;

/// What a host counts and measures, in the text format of Prometheus.
#[utoipa::path(
    get,
    path = "/metrics",
    operation_id = "metrics",
    tag = "status",
    responses(
        (status = 200, description = "The numbers.", body = String, content_type = "application/openmetrics-text")
    )
)]
pub(super) async fn metrics(State(Served { settings, .. }): State<Served>) -> Result<impl IntoResponse, Problem> {
    let text = settings.metrics.text().map_err(|_| Problem::new(Kind::HostFault, "the numbers cannot be written"))?;
    Ok(([(CONTENT_TYPE, MEDIA_TYPE)], text))
}
