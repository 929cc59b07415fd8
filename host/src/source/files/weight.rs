//! How many rows a batch may have, so that what a statement says of every row fits: a text of a megabyte beside a
//! full batch of rows would be eight gigabytes.

use std::sync::Arc;

use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::error::Result;
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::{InListExpr, Literal};
use datafusion::physical_plan::ExecutionPlan;

use super::session::BATCH_ROWS;
use super::watch::{BATCH_BYTES_MAX, MULTIPLIED_ROWS};

/// Bytes that the result of an expression takes in a row, if it is a number.
const RESULT: usize = 16;

/// Rows of a batch for what a statement means: few where rows are multiplied.
pub(super) fn rows_of(plan: &LogicalPlan) -> Result<usize> {
    let mut multiplies = false;
    plan.apply_with_subqueries(|node| {
        multiplies |= matches!(node, LogicalPlan::Join(_) | LogicalPlan::Unnest(_) | LogicalPlan::Subquery(_));
        Ok(if multiplies { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    })?;
    Ok(if multiplies { MULTIPLIED_ROWS } else { BATCH_ROWS })
}

/// Most rows of a batch beside which everything fits that the plan says of every row.
pub(super) fn rows_fitting(plan: &Arc<dyn ExecutionPlan>) -> Result<usize> {
    let mut bytes = 0_usize;
    plan.apply(|node| {
        node.apply_expressions(&mut |expr| {
            bytes = bytes.saturating_add(of(expr));
            Ok(TreeNodeRecursion::Continue)
        })
    })?;
    Ok((BATCH_BYTES_MAX / bytes.max(1)).clamp(1, BATCH_ROWS))
}

fn of(expr: &Arc<dyn PhysicalExpr>) -> usize {
    if let Some(literal) = expr.downcast_ref::<Literal>() {
        return literal.value().size();
    }
    if let Some(list) = expr.downcast_ref::<InListExpr>()
        && list.list().iter().all(|expr| expr.is::<Literal>())
    {
        // The values of the list are looked up, not written.
        return of(list.expr()).saturating_add(RESULT);
    }
    expr.children().into_iter().fold(RESULT, |sum, expr| sum.saturating_add(of(expr)))
}
