//! Tables as they were at an instant.
//!
//! Where rows say since when they are there, and until when, a run for a day gone by sees what a run on that day would
//! have seen. A table without such a column is the same at all times.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, FieldRef, TimeUnit};
use datafusion::catalog::TableProvider;
use datafusion::common::{Column, ScalarValue};
use datafusion::datasource::{ViewTable, provider_as_source};
use datafusion::logical_expr::{Expr, LogicalPlanBuilder, UNNAMED_TABLE as UNQUALIFIED_TABLE};
use jiff::Timestamp;

use super::failure::problem;
use crate::model::{Problem, ProblemCode};
use crate::source::TableName;

/// Columns that say when rows are there, of all tables of a source that have them. Names without regard to case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AsOf {
    /// Since when, inclusive.
    pub from: String,
    /// Until when, exclusive; null for rows that are still there.
    pub until: Option<String>,
}

impl AsOf {
    /// The rows of a table that are there at an instant.
    pub(super) fn view(
        &self,
        name: &TableName,
        table: Arc<dyn TableProvider>,
        instant: Timestamp,
    ) -> Result<Arc<dyn TableProvider>, Problem> {
        let schema = table.schema();
        let column = |wanted: &str| {
            let field = schema.fields().iter().find(|field| field.name().to_lowercase() == wanted.to_lowercase());
            field.map(|field| bound(name, field, instant)).transpose()
        };
        let Some((from, at)) = column(&self.from)? else { return Ok(table) };
        let since = from.lt_eq(at);
        let seen = match self.until.as_deref().map(column).transpose()?.flatten() {
            Some((until, at)) => since.and(until.clone().is_null().or(until.gt(at))),
            None => since,
        };
        let plan = LogicalPlanBuilder::scan(UNQUALIFIED_TABLE, provider_as_source(table), None)
            .and_then(|scan| scan.filter(seen))
            .and_then(LogicalPlanBuilder::build);
        Ok(Arc::new(ViewTable::new(plan.map_err(|error| problem(&error))?, None)))
    }
}

/// A column, and the instant as a value of its type.
fn bound(table: &TableName, field: &FieldRef, instant: Timestamp) -> Result<(Expr, Expr), Problem> {
    let DataType::Timestamp(TimeUnit::Microsecond, Some(zone)) = field.data_type() else {
        let message =
            format!("column `{}` of table `{table}` says when a row is there and is no TIMESTAMP", field.name());
        return Err(Problem::new(ProblemCode::Failed, message)
            .with_hint("`as_of_from` and `as_of_until` of the source name columns of instants"));
    };
    let value = ScalarValue::TimestampMicrosecond(Some(instant.as_microsecond()), Some(Arc::clone(zone)));
    Ok((Expr::Column(Column::new_unqualified(field.name())), Expr::Literal(value, None)))
}
