//! What there is.

use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;

use super::super::openapi;

/// The description of this API, an OpenAPI document.
#[utoipa::path(
    get,
    path = "/openapi.json",
    operation_id = "openapi",
    tag = "status",
    responses((status = 200, description = "The document.", body = Object))
)]
pub(super) async fn openapi() -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], openapi::document())
}
