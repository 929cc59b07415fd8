//! What people say of alerts and results.

use std::fmt;

use jiff::Timestamp;

use super::ids::{AlertId, CheckName};

/// What somebody said of an incident or of a single result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feedback {
    /// Identity, a ULID.
    pub id: String,
    /// The incident; `None` for a single result.
    pub alert: Option<AlertId>,
    /// The result; `None` for an incident.
    pub result: Option<String>,
    /// The check.
    pub check: CheckName,
    /// What it was.
    pub verdict: FeedbackVerdict,
    /// When it was said.
    pub at: Timestamp,
    /// Who said it.
    pub by: String,
    /// Why.
    pub reason: Option<String>,
}

/// What an incident was, as a person sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FeedbackVerdict {
    /// Something was wrong.
    TruePositive,
    /// It was known to happen.
    Expected,
    /// Something was wrong, and nothing is to be done.
    NoAction,
    /// Nothing was wrong.
    FalsePositive,
    /// Another incident tells of the same.
    Duplicate,
    /// Nobody knows.
    Unknown,
}

impl FeedbackVerdict {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::TruePositive, Self::Expected, Self::NoAction, Self::FalsePositive, Self::Duplicate, Self::Unknown];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TruePositive => "true_positive",
            Self::Expected => "expected",
            Self::NoAction => "no_action",
            Self::FalsePositive => "false_positive",
            Self::Duplicate => "duplicate",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for FeedbackVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
