//! Functions of many rows that the engine does not have or has with another meaning.

use std::sync::Arc;

use datafusion::logical_expr::AggregateUDF;

/// All of them, by their GoogleSQL names in upper case.
pub(super) fn all() -> Vec<Arc<AggregateUDF>> {
    Vec::new()
}
