//! What somebody asks for.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What to run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TriggerBody {
    /// Names of schedules and checks, at least one.
    #[schema(min_items = 1)]
    pub names: Vec<String>,
    /// The day to run for; by default what each schedule says.
    #[schema(format = Date)]
    pub date: Option<String>,
    /// The instant to run at, which has passed; by default now. Without an offset it is what clocks show in the zone of
    /// each schedule.
    #[schema(example = "2026-01-31T06:00Z")]
    pub at: Option<String>,
}

/// How a run is told to end.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CancelBody {
    /// Why; it becomes a part of what is said of checks that have no result.
    #[schema(min_length = 1, max_length = 500)]
    pub reason: Option<String>,
}

/// How a schedule is to rest.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PauseBody {
    /// Why.
    #[schema(min_length = 1, max_length = 500)]
    pub reason: String,
    /// Who wants it so; the name of the token is recorded in any case.
    #[schema(min_length = 1, max_length = 500)]
    pub by: Option<String>,
    /// When it goes on by itself; without it, not before somebody says so.
    #[schema(example = "2026-01-31T06:00Z")]
    pub until: Option<String>,
}

/// Nothing more is to be said.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NothingBody {}
