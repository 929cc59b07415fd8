//! Problems that say where in the statement they are.

use sqlparser::tokenizer::Span;

use crate::model::{Problem, ProblemCode};

/// A problem with ` (line L, column C)` behind its message, where the place is known.
pub(super) fn problem(code: ProblemCode, message: impl AsRef<str>, span: Span) -> Problem {
    let message = message.as_ref();
    match (span.start.line, span.start.column) {
        (0, _) => Problem::new(code, message),
        (line, column) => Problem::new(code, format!("{message} (line {line}, column {column})")),
    }
}

/// `invalid-sql` at a place.
pub(super) fn invalid(message: impl AsRef<str>, span: Span) -> Problem {
    problem(ProblemCode::InvalidSql, message, span).with_hint("statements are GoogleSQL, the dialect of BigQuery")
}

/// `unsupported-sql` at a place; `what` is the construct.
pub(super) fn unsupported(what: impl AsRef<str>, hint: &str, span: Span) -> Problem {
    let message = format!("{} is not supported", what.as_ref());
    problem(ProblemCode::UnsupportedSql, message, span).with_hint(hint)
}

/// `not-read-only` at a place; `what` is the construct.
pub(super) fn not_read_only(what: impl AsRef<str>, span: Span) -> Problem {
    let message = format!("{} is not a read", what.as_ref());
    problem(ProblemCode::NotReadOnly, message, span)
        .with_hint("a check may send one SELECT (or WITH ... SELECT) at a time and nothing else")
}
