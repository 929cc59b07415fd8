//! Values that stand side by side, in `CASE`, `IN (...)` and set operations, have one type: GoogleSQL's
//! rules decide which, and refuse what the engine would make a text of.

use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{DFSchema, DFSchemaRef};
use datafusion::config::ConfigOptions;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::expr::{Case, InList};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, Union};
use datafusion::optimizer::analyzer::AnalyzerRule;

use super::operators::{GoogleOperators, type_of};
use super::types::{Type, listed};

/// Gives neighbours one type.
#[derive(Debug)]
pub(super) struct OneType {
    /// Converts values.
    pub(super) operators: Arc<GoogleOperators>,
}

impl OneType {
    fn unified<'a>(&self, what: &str, exprs: impl Iterator<Item = &'a mut Expr>, schema: &DFSchema) -> Result<()> {
        let mut exprs: Vec<&mut Expr> = exprs.collect();
        let types = exprs.iter().map(|expr| type_of(expr, schema)).collect::<Result<Vec<_>>>()?;
        let common = common(what, &types)?.settled();
        for (expr, from) in exprs.iter_mut().zip(&types) {
            let value = std::mem::take(&mut **expr);
            **expr = self.operators.coerced(value, from, &common, schema)?;
        }
        Ok(())
    }

    /// The sides of a set operation with the columns of the first, and one type for each.
    fn set_operation(&self, plan: LogicalPlan) -> Result<LogicalPlan> {
        let LogicalPlan::Union(union) = plan else { return Ok(plan) };
        let Some(first) = union.inputs.first().map(|input| Arc::clone(input.schema())) else {
            return Ok(LogicalPlan::Union(union));
        };
        let count = first.fields().len();
        let mut types = Vec::with_capacity(count);
        for column in 0..count {
            let sides = union.inputs.iter().filter_map(|input| input.schema().fields().get(column));
            let sides: Vec<Type> = sides.map(|field| Type::of(field.data_type())).collect();
            types.push(common(&format!("column {} of a set operation", column + 1), &sides)?.settled());
        }
        let inputs = union.inputs.into_iter().map(|input| {
            let schema = Arc::clone(input.schema());
            let is_fitting = schema.fields().iter().zip(&types).all(|(field, to)| *field.data_type() == to.arrow());
            if is_fitting || schema.fields().len() != count {
                return Ok(input);
            }
            let columns = schema.columns().into_iter().zip(&types).zip(first.fields());
            let columns = columns.map(|((column, to), named)| {
                let value = Expr::Column(column);
                let from = type_of(&value, &schema)?;
                Ok(self.operators.coerced(value, &from, to, &schema)?.alias(named.name()))
            });
            let columns = columns.collect::<Result<Vec<_>>>()?;
            Ok(Arc::new(LogicalPlanBuilder::from(Arc::unwrap_or_clone(input)).project(columns)?.build()?))
        });
        let inputs = inputs.collect::<Result<Vec<_>>>()?;
        Union::try_new_with_loose_types(inputs).map(LogicalPlan::Union)
    }

    fn within(&self, expr: Expr, schema: &DFSchema) -> Result<Transformed<Expr>> {
        match expr {
            Expr::Case(Case { expr: None, mut when_then_expr, mut else_expr }) => {
                for (when, _) in &when_then_expr {
                    match type_of(when, schema)? {
                        Type::Bool | Type::Null => {}
                        other => {
                            let message = format!("a condition of CASE or IF is a {other}, not a BOOL");
                            return Err(DataFusionError::Plan(message));
                        }
                    }
                }
                let values = when_then_expr.iter_mut().map(|(_, then)| &mut **then);
                let values = values.chain(else_expr.iter_mut().map(|value| &mut **value));
                self.unified("CASE or IF", values, schema)?;
                Ok(Transformed::yes(Expr::Case(Case { expr: None, when_then_expr, else_expr })))
            }
            Expr::InList(InList { mut expr, mut list, negated }) => {
                self.unified("IN", std::iter::once(&mut *expr).chain(list.iter_mut()), schema)?;
                Ok(Transformed::yes(Expr::InList(InList { expr, list, negated })))
            }
            other => Ok(Transformed::no(other)),
        }
    }
}

fn common(what: &str, types: &[Type]) -> Result<Type> {
    let mut common = Type::Null;
    for other in types {
        common = common.supertype(other).ok_or_else(|| {
            DataFusionError::Plan(format!("the values of {what} have no type in common: {}", listed(types)))
        })?;
    }
    Ok(common)
}

/// Columns that the expressions of a node may name.
fn schema_of(plan: &LogicalPlan) -> Result<DFSchemaRef> {
    match plan.inputs().as_slice() {
        [] => Ok(Arc::clone(plan.schema())),
        [only] => Ok(Arc::clone(only.schema())),
        [first, rest @ ..] => {
            let mut merged = first.schema().as_ref().clone();
            rest.iter().for_each(|input| merged.merge(input.schema()));
            Ok(Arc::new(merged))
        }
    }
}

impl AnalyzerRule for OneType {
    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        let unified = plan.transform_up_with_subqueries(|plan| {
            let plan = self.set_operation(plan)?;
            let schema = schema_of(&plan)?;
            let names = NamePreserver::new(&plan);
            plan.map_expressions(|expr| {
                let name = names.save(&expr);
                let unified = expr.transform_up(|expr| self.within(expr, &schema))?;
                Ok(unified.update_data(|expr| name.restore(expr)))
            })
        })?;
        let unified = unified.data.recompute_schema()?;
        Ok(unified)
    }

    fn name(&self) -> &'static str {
        "one_type"
    }
}
