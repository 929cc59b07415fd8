//! What goes wrong with a value: the errors that BigQuery ends a query with, each with its kind and what helps.

use datafusion::error::DataFusionError;

/// A value for which an operation has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(in crate::source::files) struct Fault {
    /// What is the matter.
    pub(in crate::source::files) kind: FaultKind,
    /// With the values concerned.
    pub(in crate::source::files) message: String,
}

/// Kinds of faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::source::files) enum FaultKind {
    /// A division by zero.
    DivisionByZero,
    /// A result that its type has no room for.
    Overflow,
    /// An argument for which the function is not defined.
    Argument,
    /// A value that is not of the form of another type.
    Conversion,
    /// An element that an array does not have.
    Element,
    /// The statement called `ERROR`.
    Asked,
}

impl Fault {
    fn new(kind: FaultKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    /// A division of `value` by zero.
    pub(in crate::source::files) fn division(value: impl std::fmt::Display) -> Self {
        Self::new(FaultKind::DivisionByZero, format!("division by zero: {value} / 0"))
    }

    /// A result beyond its type; `what` is the operation with its values.
    pub(in crate::source::files) fn overflow(what: impl std::fmt::Display) -> Self {
        Self::new(FaultKind::Overflow, format!("overflow: {what}"))
    }

    /// An argument that the function is not defined for.
    pub(in crate::source::files) fn argument(message: impl Into<String>) -> Self {
        Self::new(FaultKind::Argument, message)
    }

    /// A value that cannot become another type.
    pub(in crate::source::files) fn conversion(message: impl Into<String>) -> Self {
        Self::new(FaultKind::Conversion, message)
    }

    /// An element that is not there.
    pub(in crate::source::files) fn element(message: impl Into<String>) -> Self {
        Self::new(FaultKind::Element, message)
    }

    /// What the statement said in `ERROR(message)`.
    pub(in crate::source::files) fn asked(message: impl Into<String>) -> Self {
        Self::new(FaultKind::Asked, message)
    }

    /// What helps.
    pub(in crate::source::files) fn hint(&self) -> &'static str {
        match self.kind {
            FaultKind::DivisionByZero => "use SAFE_DIVIDE(x, y), which gives NULL, or filter the rows",
            FaultKind::Overflow => "cast to FLOAT64 or BIGNUMERIC first, or use SAFE_ADD, SAFE_SUBTRACT, SAFE_MULTIPLY",
            FaultKind::Argument => {
                "filter the rows, or call the function with SAFE. before its name: NULL for such a value"
            }
            FaultKind::Conversion => "use SAFE_CAST or SAFE.PARSE_..., which give NULL for a value that does not fit",
            FaultKind::Element => "use SAFE_OFFSET or SAFE_ORDINAL, which give NULL for an element that is not there",
            FaultKind::Asked => "the statement itself calls ERROR() for such a row",
        }
    }
}

impl From<Fault> for DataFusionError {
    fn from(fault: Fault) -> Self {
        Self::External(Box::new(fault))
    }
}
