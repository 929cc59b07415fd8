//! `ORDER BY` of `FLOAT64`: what is not a number comes before all numbers, while the engine has it behind them.

use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::DFSchema;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::config::ConfigOptions;
use datafusion::error::Result;
use datafusion::logical_expr::expr::{AggregateFunction, ScalarFunction, Sort, WindowFunction};
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan, ScalarUDF, WindowFrameBound, WindowFrameUnits};
use datafusion::optimizer::analyzer::AnalyzerRule;

/// Sorts by keys that follow GoogleSQL.
#[derive(Debug)]
pub(super) struct NumbersInOrder {
    /// Makes the key of a number.
    pub(super) key: Arc<ScalarUDF>,
}

impl NumbersInOrder {
    fn sorts(&self, sorts: Vec<Sort>, schema: &DFSchema) -> Vec<Sort> {
        sorts.into_iter().map(|sort| self.sort(sort, schema)).collect()
    }

    fn sort(&self, sort: Sort, schema: &DFSchema) -> Sort {
        match sort.expr.get_type(schema) {
            Ok(DataType::Float64) => {
                let key = ScalarFunction::new_udf(Arc::clone(&self.key), vec![sort.expr]);
                Sort { expr: Expr::ScalarFunction(key), ..sort }
            }
            _ => sort,
        }
    }

    fn within(&self, expr: Expr, schema: &DFSchema) -> Transformed<Expr> {
        match expr {
            Expr::WindowFunction(mut window) if !is_by_distance(&window) => {
                let sorts = std::mem::take(&mut window.params.order_by);
                window.params.order_by = self.sorts(sorts, schema);
                Transformed::yes(Expr::WindowFunction(window))
            }
            Expr::AggregateFunction(AggregateFunction { func, mut params }) if !params.order_by.is_empty() => {
                params.order_by = self.sorts(params.order_by, schema);
                Transformed::yes(Expr::AggregateFunction(AggregateFunction { func, params }))
            }
            other => Transformed::no(other),
        }
    }
}

/// Whether the frame reaches as far as a distance between values, for which the values themselves are wanted.
fn is_by_distance(window: &WindowFunction) -> bool {
    let is_distance = |bound: &WindowFrameBound| match bound {
        WindowFrameBound::Preceding(distance) | WindowFrameBound::Following(distance) => !distance.is_null(),
        WindowFrameBound::CurrentRow => false,
    };
    let frame = &window.params.window_frame;
    frame.units == WindowFrameUnits::Range && (is_distance(&frame.start_bound) || is_distance(&frame.end_bound))
}

impl AnalyzerRule for NumbersInOrder {
    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        let sorted = plan.transform_up_with_subqueries(|plan| {
            if let LogicalPlan::Sort(mut sort) = plan {
                let schema = Arc::clone(sort.input.schema());
                sort.expr = self.sorts(sort.expr, &schema);
                return Ok(Transformed::yes(LogicalPlan::Sort(sort)));
            }
            let inputs = plan.inputs();
            let [input] = inputs.as_slice() else { return Ok(Transformed::no(plan)) };
            let schema = Arc::clone(input.schema());
            let names = datafusion::logical_expr::expr_rewriter::NamePreserver::new(&plan);
            plan.map_expressions(|expr| {
                let name = names.save(&expr);
                let sorted = expr.transform_up(|expr| Ok(self.within(expr, &schema)))?;
                Ok(sorted.update_data(|expr| name.restore(expr)))
            })
        })?;
        Ok(sorted.data)
    }

    fn name(&self) -> &'static str {
        "numbers_in_order"
    }
}
