//! How bad a failed check is.

use std::fmt;
use std::str::FromStr;

use super::ids::InvalidName;

/// How bad it is if the check fails. Ordered: `Low < Critical`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// P4
    Low,
    /// P3
    Medium,
    /// P2
    High,
    /// P1
    Critical,
}

impl Severity {
    /// All, worst first.
    pub const ALL: [Self; 4] = [Self::Critical, Self::High, Self::Medium, Self::Low];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Severity {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        Self::ALL.into_iter().find(|severity| severity.as_str() == text).ok_or_else(|| InvalidName {
            what: "severity",
            rule: "one of `critical`, `high`, `medium`, `low`",
            text: text.to_owned(),
        })
    }
}
