//! What a failure of BigQuery is to a check.

use crate::bigquery::{Class, Error};
use crate::model::{Problem, ProblemCode};

/// The problem that an error is.
pub(super) fn problem(error: &Error) -> Problem {
    let code = match error.class {
        Class::AccessDenied => ProblemCode::Denied,
        Class::NotFound => ProblemCode::UnknownTable,
        Class::Invalid => ProblemCode::InvalidSql,
        Class::BytesBilled => ProblemCode::LimitBilled,
        Class::JobTimeout => ProblemCode::Deadline,
        Class::Unreachable
        | Class::RateLimited
        | Class::Backend
        | Class::Credentials
        | Class::Unauthenticated
        | Class::Quota
        | Class::Billing
        | Class::TableUnavailable => ProblemCode::Unavailable,
        Class::Resources | Class::Duplicate | Class::Changed | Class::Stopped | Class::Unknown => ProblemCode::Failed,
    };
    let problem = Problem::new(code, format!("BigQuery: {error}")).with_hint(error.hint());
    match error.is_retryable() || error.class == Class::TableUnavailable {
        true => problem.retryable(),
        false => problem,
    }
}
