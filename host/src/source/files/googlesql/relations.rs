//! `UNNEST`: an array as a relation, by itself or beside the table that it belongs to.

use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Column, DFSchema, NullHandling, TableReference, UnnestOptions};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::planner::{PlannedRelation, RelationPlanner, RelationPlannerContext, RelationPlanning};
use datafusion::logical_expr::{Expr, ExprSchemable, JoinType, LogicalPlan, LogicalPlanBuilder, ScalarUDF, lit, when};
use sqlparser::ast::{
    Expr as SqlExpr, Ident, Join, JoinConstraint, JoinOperator, ObjectNamePart, TableAlias, TableFactor, Value,
};

use super::rewrite::{USING, is_made_up, is_of_neighbour, is_using_the_right};
use super::types::Type;

/// Names that no statement can write.
const ELEMENT: &str = ":element";
const OFFSET: &str = ":offset";

/// Plans `UNNEST`.
#[derive(Debug)]
pub(super) struct Arrays {
    /// The places of an array's elements.
    pub(super) offsets: Arc<ScalarUDF>,
    /// A field of a value.
    pub(super) get_field: Arc<ScalarUDF>,
}

/// One `UNNEST` as it is written.
struct Unnested {
    array: SqlExpr,
    alias: Option<Ident>,
    offset: Option<Ident>,
}

fn unnested(factor: TableFactor) -> Option<Unnested> {
    let TableFactor::UNNEST { alias, array_exprs, with_offset, with_offset_alias, .. } = factor else { return None };
    let [array] = <[SqlExpr; 1]>::try_from(array_exprs).ok()?;
    let alias = alias.map(|TableAlias { name, .. }| name);
    let offset = with_offset.then(|| with_offset_alias.unwrap_or_else(|| Ident::new("offset")));
    Some(Unnested { array, alias, offset })
}

impl RelationPlanner for Arrays {
    fn plan_relation(
        &self,
        relation: TableFactor,
        context: &mut dyn RelationPlannerContext,
    ) -> Result<RelationPlanning> {
        let plan = match relation {
            relation @ TableFactor::UNNEST { .. } => {
                let Some(unnested) = unnested(relation) else { return Err(malformed()) };
                let array = context.sql_to_expr(unnested.array.clone(), &DFSchema::empty())?;
                self.plan(LogicalPlanBuilder::empty(true).build()?, array, &unnested, false)?
            }
            // In brackets it is no LATERAL to the engine.
            TableFactor::NestedJoin { table_with_joins, alias: None }
                if table_with_joins.joins.is_empty()
                    && matches!(table_with_joins.relation, TableFactor::UNNEST { .. }) =>
            {
                return self.plan_relation(table_with_joins.relation, context);
            }
            TableFactor::NestedJoin { table_with_joins, alias: None }
                if table_with_joins.joins.len() == 1
                    && table_with_joins.joins.iter().any(|join| is_of_neighbour(&join.relation)) =>
            {
                let before = context.plan(table_with_joins.relation)?;
                let join = table_with_joins.joins.into_iter().next().ok_or_else(malformed)?;
                self.beside(before, join, context)?
            }
            TableFactor::NestedJoin { table_with_joins, alias: None }
                if table_with_joins.joins.len() == 1
                    && table_with_joins.joins.iter().any(|join| is_using_the_right(&join.join_operator)) =>
            {
                let left = context.plan(table_with_joins.relation)?;
                let join = table_with_joins.joins.into_iter().next().ok_or_else(malformed)?;
                let right = context.plan(join.relation)?;
                joined_using(left, right, join.join_operator)?
            }
            relation => return Ok(RelationPlanning::Original(Box::new(relation))),
        };
        Ok(RelationPlanning::Planned(Box::new(PlannedRelation::new(plan, None))))
    }
}

/// A join in which a column that `USING` names is the left or, where there is none, the right one. Both are still there
/// by the names of their relations.
fn joined_using(left: LogicalPlan, right: LogicalPlan, operator: JoinOperator) -> Result<LogicalPlan> {
    let (kind, names) = match operator {
        JoinOperator::Right(JoinConstraint::Using(names)) | JoinOperator::RightOuter(JoinConstraint::Using(names)) => {
            (JoinType::Right, names)
        }
        JoinOperator::FullOuter(JoinConstraint::Using(names)) => (JoinType::Full, names),
        _ => return Err(malformed()),
    };
    let shared_name = TableReference::bare(USING);
    let (mut lefts, mut rights, mut shared, mut hidden) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for name in names {
        let name = name.0.last().and_then(ObjectNamePart::as_ident).ok_or_else(malformed)?.value.to_lowercase();
        let column = |plan: &LogicalPlan| -> Result<Column> {
            let shared = Column::new(Some(shared_name.clone()), &name);
            match plan.schema().has_column(&shared) {
                true => Ok(shared),
                false => Ok(Column::from(plan.schema().qualified_field_with_unqualified_name(&name)?)),
            }
        };
        let (of_left, of_right) = (column(&left)?, column(&right)?);
        let present = Expr::Column(of_left.clone());
        let value = when(present.clone().is_not_null(), present).otherwise(Expr::Column(of_right.clone()))?;
        shared.push(value.alias_qualified(Some(shared_name.clone()), &name));
        hidden.push(Column::new(Some(shared_name.clone()), &name));
        lefts.push(of_left);
        rights.push(of_right);
    }
    let plan = LogicalPlanBuilder::from(left).join(right, kind, (lefts, rights), None)?;
    let others = plan.schema().columns().into_iter().filter(|column| !hidden.contains(column)).map(Expr::Column);
    let columns: Vec<Expr> = shared.into_iter().chain(others).collect();
    plan.project(columns)?.build()
}

fn malformed() -> DataFusionError {
    DataFusionError::Internal("an UNNEST that was not rewritten".to_owned())
}

impl Arrays {
    fn beside(&self, before: LogicalPlan, join: Join, context: &mut dyn RelationPlannerContext) -> Result<LogicalPlan> {
        let (outer, constraint) = match join.join_operator {
            JoinOperator::CrossJoin(constraint) | JoinOperator::Join(constraint) | JoinOperator::Inner(constraint) => {
                (false, constraint)
            }
            JoinOperator::Left(constraint) | JoinOperator::LeftOuter(constraint) => (true, constraint),
            _ => {
                return Err(DataFusionError::NotImplemented(
                    "this join with an array is not supported on files".to_owned(),
                ));
            }
        };
        let Some(unnested) = unnested(join.relation) else { return Err(malformed()) };
        let array = context.sql_to_expr(unnested.array.clone(), before.schema())?;
        let plan = self.plan(before, array, &unnested, outer)?;
        match constraint {
            JoinConstraint::None => Ok(plan),
            JoinConstraint::On(SqlExpr::Value(value)) if value.value == Value::Boolean(true) => Ok(plan),
            JoinConstraint::On(condition) if !outer => {
                let condition = context.sql_to_expr(condition, plan.schema())?;
                LogicalPlanBuilder::from(plan).filter(condition)?.build()
            }
            _ => Err(DataFusionError::NotImplemented(
                "a condition of a LEFT JOIN with an array is not supported on files: filter the array in a subquery"
                    .to_owned(),
            )),
        }
    }

    /// The rows of `before`, each as often as the array has elements.
    fn plan(&self, before: LogicalPlan, array: Expr, unnested: &Unnested, outer: bool) -> Result<LogicalPlan> {
        let data_type = array.get_type(before.schema())?;
        let Type::Array(_) = Type::of(&data_type) else {
            return Err(DataFusionError::Plan(format!("UNNEST wants an array, not a {}", Type::of(&data_type))));
        };
        let kept: Vec<Expr> = before.schema().columns().into_iter().map(Expr::Column).collect();
        let mut projected = kept.clone();
        let mut columns = vec![Column::from_name(ELEMENT)];
        if unnested.offset.is_some() {
            let offsets = ScalarFunction::new_udf(Arc::clone(&self.offsets), vec![array.clone()]);
            projected.push(Expr::ScalarFunction(offsets).alias(OFFSET));
            columns.push(Column::from_name(OFFSET));
        }
        projected.push(array.alias(ELEMENT));
        let handling = if outer { NullHandling::PreserveAndExpandEmpty } else { NullHandling::Drop };
        let options = UnnestOptions::new().with_null_handling(handling);
        let plan =
            LogicalPlanBuilder::from(before).project(projected)?.unnest_columns_with_options(columns, options)?;
        let element = Expr::Column(Column::from_name(ELEMENT));
        let element_type = element.get_type(plan.schema())?;
        let qualifier = unnested.alias.as_ref().map(|alias| TableReference::bare(alias.value.clone()));
        let mut named = kept;
        match element_type {
            DataType::Struct(fields) => named.extend(fields.iter().map(|field| {
                let field_of = vec![element.clone(), lit(field.name().as_str())];
                let value = Expr::ScalarFunction(ScalarFunction::new_udf(Arc::clone(&self.get_field), field_of));
                value.alias_qualified(qualifier.clone(), field.name().to_lowercase())
            })),
            _ => {
                let written = unnested.alias.as_ref().map(|alias| alias.value.as_str());
                let name = written.filter(|name| !is_made_up(name)).unwrap_or("f0_");
                named.push(element.alias_qualified(qualifier.clone(), name));
            }
        }
        if let Some(offset) = &unnested.offset {
            named.push(Expr::Column(Column::from_name(OFFSET)).alias(offset.value.clone()));
        }
        plan.project(named)?.build()
    }
}
