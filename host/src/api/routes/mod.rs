//! The routes, one noun each. All of them are added here, with their description: what is served is described.

mod check;
mod configuration;
mod description;
pub(super) mod health;
mod metrics;
mod run;
mod schedule;
mod status;

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::control::Control;
use super::openapi;
use super::server::Settings;

/// What every route has at hand.
#[derive(Clone)]
pub(super) struct Served {
    pub(super) control: Arc<dyn Control>,
    pub(super) settings: Settings,
}

/// Every route.
pub(super) fn all() -> OpenApiRouter<Served> {
    OpenApiRouter::with_openapi(openapi::bare())
        .routes(routes!(health::livez))
        .routes(routes!(health::readyz))
        .routes(routes!(status::status))
        .routes(routes!(run::list, run::trigger))
        .routes(routes!(run::one))
        .routes(routes!(run::results))
        .routes(routes!(run::cancel))
        .routes(routes!(check::results))
        .routes(routes!(schedule::pause))
        .routes(routes!(schedule::resume))
        .routes(routes!(configuration::reload))
        .routes(routes!(metrics::metrics))
        .routes(routes!(description::openapi))
}
