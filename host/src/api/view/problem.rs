//! Why something is not done.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Why a request is not answered as it wishes (RFC 9457).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProblemView {
    /// What kind of problem: `urn:assay:problem:` and a word that stays the same.
    pub r#type: String,
    /// The kind, for a person.
    pub title: String,
    /// The status code of the answer.
    pub status: u16,
    /// What is wrong with this request.
    pub detail: String,
    /// What would help.
    pub hint: Option<String>,
    /// The field, parameter or part of the address that is wrong.
    pub field: Option<String>,
}
