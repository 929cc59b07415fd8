//! What a check has said so far.

use axum::Json;
use axum::extract::State;
use utoipa::IntoParams;

use crate::model::CheckName;
use crate::store::ResultFilter;
use crate::view::ResultView;

use super::super::input::{Asked, OfPath, limit};
use super::super::problem::Problem;
use super::super::view::ResultsView;
use super::Served;

/// Results when nothing is said.
const DEFAULT: u32 = 20;
/// Results at once.
const MAX: u32 = 500;

/// How many results.
#[derive(Debug, serde::Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ResultsQuery {
    /// At most so many; 20 if nothing is said.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500)]
    limit: Option<String>,
}

/// Results of a check, the newest first.
#[utoipa::path(
    get,
    path = "/v1/checks/{name}/results",
    operation_id = "check_results",
    tag = "checks",
    params(("name" = String, Path, description = "The check; a `/` of its name is written `%2F`."), ResultsQuery),
    responses((status = 200, description = "Its results.", body = ResultsView))
)]
pub(super) async fn results(
    State(Served { control, .. }): State<Served>,
    OfPath(check): OfPath<CheckName>,
    Asked(query): Asked<ResultsQuery>,
) -> Result<Json<ResultsView>, Problem> {
    let limit = limit(query.limit.as_deref(), DEFAULT, MAX)?;
    let filter = ResultFilter { check: Some(check.clone()), ..ResultFilter::newest(limit) };
    let stored = control.store().results(filter).await?;
    let is_configured = || control.snapshot().config.checks.iter().any(|configured| configured.name == check);
    if stored.is_empty() && !is_configured() {
        return Err(Problem::unknown_check(&check));
    }
    let view = |stored: &crate::store::StoredResult| ResultView::of(&stored.result, &stored.target_date.to_string());
    Ok(Json(ResultsView { results: stored.iter().map(view).collect() }))
}
