//! Why a request for data was refused or could not be answered.

use std::fmt;

/// The codes of `assay:query/query.problem`, and what they mean for the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProblemCode {
    /// The source or a table is not granted to the check.
    Denied,
    /// No source of that name.
    UnknownSource,
    /// No table of that name in the source.
    UnknownTable,
    /// The statement cannot be parsed or planned.
    InvalidSql,
    /// The statement uses a construct that the source does not support.
    UnsupportedSql,
    /// Anything but a single read statement.
    NotReadOnly,
    /// A parameter is missing, unused, twice, or of a type that cannot be bound.
    BadParameter,
    /// The run's number of queries is spent.
    LimitQueries,
    /// The run's number of rows is spent.
    LimitRows,
    /// The run's bytes of column data are spent.
    LimitBytes,
    /// What the run or the day may be billed is spent.
    LimitBilled,
    /// The query's own deadline or the run's has passed.
    Deadline,
    /// The source cannot be reached now.
    Unavailable,
    /// The source began to answer and could not finish.
    Failed,
}

impl ProblemCode {
    /// The code as the contract spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Denied => "denied",
            Self::UnknownSource => "unknown-source",
            Self::UnknownTable => "unknown-table",
            Self::InvalidSql => "invalid-sql",
            Self::UnsupportedSql => "unsupported-sql",
            Self::NotReadOnly => "not-read-only",
            Self::BadParameter => "bad-parameter",
            Self::LimitQueries => "limit-queries",
            Self::LimitRows => "limit-rows",
            Self::LimitBytes => "limit-bytes",
            Self::LimitBilled => "limit-billed",
            Self::Deadline => "deadline",
            Self::Unavailable => "unavailable",
            Self::Failed => "failed",
        }
    }
}

impl fmt::Display for ProblemCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A refused or failed request for data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct Problem {
    /// What kind of problem.
    pub code: ProblemCode,
    /// What happened, with the name of the file or table concerned.
    pub message: String,
    /// What would make it work.
    pub hint: Option<String>,
    /// Whether the very same request may succeed later in the run.
    pub retryable: bool,
}

impl Problem {
    /// A problem that trying again does not cure.
    #[must_use]
    pub fn new(code: ProblemCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), hint: None, retryable: false }
    }

    /// The same with advice.
    #[must_use]
    pub fn with_hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// The same, worth another try.
    #[must_use]
    pub fn retryable(self) -> Self {
        Self { retryable: true, ..self }
    }
}
