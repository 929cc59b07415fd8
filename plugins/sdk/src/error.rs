//! Why a check could not say.

use std::fmt;

use crate::bindings::assay::query::query::Problem;

/// Why a check could not say. Returned from [`crate::Check::run`] it is an `error`, neither pass nor fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    message: String,
    code: Option<String>,
    retryable: bool,
}

impl Error {
    /// An error of the check's own.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: None, retryable: false }
    }

    /// The code of the problem behind it, for example `denied`; none when it is the check's own.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// Whether the very same query may succeed later in this run.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.retryable
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

impl From<Problem> for Error {
    fn from(Problem { code, message, hint: _, retryable }: Problem) -> Self {
        Self { message, code: Some(code), retryable }
    }
}
