//! How much one condition may come to compute: the optimizer moves conditions below the subqueries that name what they
//! compare, and writes for every name what it stands for. `SELECT x + x AS x FROM (SELECT x + x AS x FROM …)` doubles
//! at every level, so that a short statement could be planned without end; here it is counted before it is planned.

use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, DFSchema};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{Expr, LogicalPlan, Subquery};

use super::googlesql::CONDITION_LEVEL;

/// Most operations of a condition in which every name is replaced by what it stands for.
const CONDITION_MAX: usize = 50_000;

/// A condition stands for more than [`CONDITION_MAX`] operations.
#[derive(Debug, thiserror::Error)]
#[error("a condition that computes the same expressions more than {CONDITION_MAX} times is not supported on files")]
pub(super) struct Expanded;

impl Expanded {
    /// What would make it work.
    pub(super) fn hint(&self) -> &'static str {
        "each level of subqueries uses a computed column several times: compute it from the table's columns at once"
    }
}

impl From<Expanded> for DataFusionError {
    fn from(expanded: Expanded) -> Self {
        Self::External(Box::new(expanded))
    }
}

/// # Errors
/// [`Expanded`] when a condition of the plan is too large, written in the columns of the tables.
pub(super) fn bounded(plan: &LogicalPlan) -> Result<()> {
    sizes(plan).map(drop)
}

/// What each column of a relation stands for, in operations.
fn sizes(plan: &LogicalPlan) -> Result<Vec<usize>> {
    let inputs: Vec<Vec<usize>> = plan.inputs().into_iter().map(sizes).collect::<Result<_>>()?;
    let width = plan.schema().fields().len();
    let first = |inputs: Vec<Vec<usize>>| inputs.into_iter().next().unwrap_or_default();
    let out = match plan {
        LogicalPlan::Projection(projection) => {
            let scope = Scope { schema: projection.input.schema(), sizes: &first(inputs) };
            projection.expr.iter().map(|expr| scope.size(expr)).collect::<Result<_>>()?
        }
        LogicalPlan::Filter(filter) => {
            let sizes = first(inputs);
            Scope { schema: filter.input.schema(), sizes: &sizes }.condition(&filter.predicate)?;
            sizes
        }
        LogicalPlan::Join(join) => {
            let schema = join.left.schema().join(join.right.schema())?;
            let sizes = inputs.concat();
            let scope = Scope { schema: &schema, sizes: &sizes };
            let keys = join.on.iter().flat_map(|(left, right)| [left, right]);
            keys.chain(&join.filter).try_for_each(|expr| scope.condition(expr))?;
            // Those of one side, of both, or of one and a mark.
            join.schema.iter().map(|(relation, field)| scope.column(&(relation, field).into())).collect()
        }
        LogicalPlan::Aggregate(aggregate) => {
            let scope = Scope { schema: aggregate.input.schema(), sizes: &first(inputs) };
            let keys = aggregate.group_expr.iter().map(|expr| scope.size(expr)).collect::<Result<Vec<_>>>()?;
            aggregate.aggr_expr.iter().try_for_each(|expr| scope.size(expr).map(drop))?;
            keys
        }
        LogicalPlan::Union(_) => (0..width)
            .map(|column| inputs.iter().filter_map(|sizes| sizes.get(column)).copied().max().unwrap_or(1))
            .collect(),
        LogicalPlan::Unnest(unnest) => {
            let sizes = first(inputs);
            unnest.dependency_indices.iter().map(|from| sizes.get(*from).copied().unwrap_or(1)).collect()
        }
        LogicalPlan::Window(_)
        | LogicalPlan::Sort(_)
        | LogicalPlan::Limit(_)
        | LogicalPlan::Distinct(_)
        | LogicalPlan::SubqueryAlias(_)
        | LogicalPlan::Subquery(_) => first(inputs),
        _ => Vec::new(),
    };
    // What is computed once and kept stands for itself: tables, aggregates, windows.
    Ok(out.into_iter().chain(std::iter::repeat(1)).take(width).collect())
}

/// The columns that an expression can name.
struct Scope<'a> {
    schema: &'a DFSchema,
    sizes: &'a [usize],
}

impl Scope<'_> {
    fn condition(&self, expr: &Expr) -> Result<()> {
        if self.size(expr)? > CONDITION_MAX { Err(Expanded.into()) } else { Ok(()) }
    }

    /// What an expression stands for, with what its subqueries ask of the row. What a condition of a CASE computes counts
    /// several times: see [`CONDITION_LEVEL`].
    fn size(&self, expr: &Expr) -> Result<usize> {
        let own = match expr {
            Expr::Column(column) | Expr::OuterReferenceColumn(_, column) => self.column(column),
            Expr::ScalarSubquery(subquery) => self.subquery(subquery)?,
            Expr::Exists(exists) => self.subquery(&exists.subquery)?,
            Expr::InSubquery(within) => self.subquery(&within.subquery)?,
            Expr::SetComparison(comparison) => self.subquery(&comparison.subquery)?,
            _ => 1,
        };
        let conditions: Vec<&Expr> = match expr {
            Expr::Case(case) => case.when_then_expr.iter().map(|(when, _)| when.as_ref()).collect(),
            _ => Vec::new(),
        };
        let mut size = own;
        expr.apply_children(|child| {
            let is_condition = conditions.iter().any(|condition| std::ptr::eq(*condition, child));
            let times = if is_condition { CONDITION_LEVEL } else { 1 };
            size = size.saturating_add(self.size(child)?.saturating_mul(times));
            Ok(TreeNodeRecursion::Continue)
        })?;
        Ok(size)
    }

    fn subquery(&self, subquery: &Subquery) -> Result<usize> {
        bounded(&subquery.subquery)?;
        let outer = subquery.outer_ref_columns.iter();
        outer.map(|expr| self.size(expr)).try_fold(1_usize, |sum, size| Ok(sum.saturating_add(size?)))
    }

    fn column(&self, column: &Column) -> usize {
        self.schema.maybe_index_of_column(column).and_then(|at| self.sizes.get(at).copied()).unwrap_or(1)
    }
}
