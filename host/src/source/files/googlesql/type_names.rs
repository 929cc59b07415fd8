//! Names of types as GoogleSQL means them.

use std::sync::Arc;

use datafusion::arrow::datatypes::{Field, FieldRef};
use datafusion::error::Result;
use datafusion::logical_expr::planner::TypePlanner;
use sqlparser::ast::DataType;

use super::types::Type;

/// Gives the engine's type for a name.
#[derive(Debug)]
pub(in crate::source::files) struct GoogleTypes;

impl TypePlanner for GoogleTypes {
    fn plan_type_field(&self, sql_type: &DataType) -> Result<Option<FieldRef>> {
        Ok(Type::named(sql_type).map(|named| Arc::new(Field::new("", named.arrow(), true))))
    }
}
