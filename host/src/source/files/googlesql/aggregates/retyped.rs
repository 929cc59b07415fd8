//! Functions of the engine that are right but for their form: the type of the result or arguments that may be left out.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, BooleanArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::ScalarValue;
use datafusion::error::Result;
use datafusion::functions_aggregate::{approx_distinct::approx_distinct_udaf, string_agg::string_agg_udaf};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::AggregateOrderSensitivity;
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, EmitTo, GroupsAccumulator, ReversedUDAF, Signature,
};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::Literal;

use super::call::Shape;

/// What stands between texts where nothing else is said.
const DELIMITER: &str = ",";

/// One of the functions.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Retyped {
    shape: Shape,
    /// What the engine has.
    inner: Arc<AggregateUDF>,
    /// The type of its result.
    inner_type: DataType,
    /// What stands for no rows; otherwise `NULL`.
    zero: Option<i64>,
}

impl Retyped {
    /// `STRING_AGG`
    pub(super) fn joined() -> Self {
        let shape = Shape::new("STRING_AGG", &["(STRING[, STRING]) -> STRING"]);
        Self { shape, inner: string_agg_udaf(), inner_type: DataType::LargeUtf8, zero: None }
    }

    /// `APPROX_COUNT_DISTINCT`
    pub(super) fn count_distinct() -> Self {
        let shape = Shape::new("APPROX_COUNT_DISTINCT", &["(T) -> INT64"]);
        Self { shape, inner: approx_distinct_udaf(), inner_type: DataType::UInt64, zero: Some(0) }
    }

    fn is_joined(&self) -> bool {
        self.zero.is_none()
    }

    /// Calls the engine's function as it wants to be called.
    fn with_inner<T>(
        &self,
        args: &AccumulatorArgs<'_>,
        call: impl FnOnce(&AggregateUDF, AccumulatorArgs<'_>) -> Result<T>,
    ) -> Result<T> {
        let return_field = Arc::new(args.return_field.as_ref().clone().with_data_type(self.inner_type.clone()));
        if !self.is_joined() {
            return call(&self.inner, AccumulatorArgs { return_field, ..args.clone() });
        }
        let delimiter = if args.exprs.len() > 1 { self.shape.constant(args)? } else { ScalarValue::from(DELIMITER) };
        let delimiter: Arc<dyn PhysicalExpr> = Arc::new(Literal::new(delimiter));
        let field: FieldRef = Arc::new(Field::new("delimiter", DataType::Utf8View, false));
        let exprs: Vec<_> = args.exprs.iter().take(1).cloned().chain([delimiter]).collect();
        let expr_fields: Vec<_> = args.expr_fields.iter().take(1).cloned().chain([field]).collect();
        call(&self.inner, AccumulatorArgs { return_field, exprs: &exprs, expr_fields: &expr_fields, ..args.clone() })
    }
}

impl AggregateUDFImpl for Retyped {
    fn name(&self) -> &str {
        self.shape.name
    }

    fn signature(&self) -> &Signature {
        &self.shape.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        self.shape.coerced(types)
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        Ok(self.shape.matched(types)?.returns.arrow())
    }

    fn is_nullable(&self) -> bool {
        self.inner.is_nullable()
    }

    fn default_value(&self, of: &DataType) -> Result<ScalarValue> {
        match self.zero {
            Some(zero) => Ok(ScalarValue::Int64(Some(zero))),
            None => ScalarValue::try_from(of),
        }
    }

    fn accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        let (returns, is_short) = (args.return_type().clone(), self.is_joined() && args.exprs.len() == 1);
        let inner = self.with_inner(&args, AggregateUDF::accumulator)?;
        Ok(Box::new(RetypedAccumulator { inner, returns, is_short }))
    }

    fn create_sliding_accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        let (returns, is_short) = (args.return_type().clone(), self.is_joined() && args.exprs.len() == 1);
        let inner = self.with_inner(&args, AggregateUDF::create_sliding_accumulator)?;
        Ok(Box::new(RetypedAccumulator { inner, returns, is_short }))
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        let return_field = Arc::new(args.return_field.as_ref().clone().with_data_type(self.inner_type.clone()));
        self.inner.state_fields(StateFieldsArgs { return_field, ..args })
    }

    fn groups_accumulator_supported(&self, args: AccumulatorArgs<'_>) -> bool {
        self.with_inner(&args, |inner, args| Ok(inner.groups_accumulator_supported(args))).unwrap_or(false)
    }

    fn create_groups_accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn GroupsAccumulator>> {
        let returns = args.return_type().clone();
        let inner = self.with_inner(&args, AggregateUDF::create_groups_accumulator)?;
        Ok(Box::new(RetypedGroups { inner, returns }))
    }

    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        match self.is_joined() {
            // The engine's function sorts by itself.
            true => AggregateOrderSensitivity::SoftRequirement,
            false => AggregateOrderSensitivity::Insensitive,
        }
    }

    fn with_beneficial_ordering(self: Arc<Self>, _: bool) -> Result<Option<Arc<dyn AggregateUDFImpl>>> {
        Ok(Some(self))
    }

    fn reverse_expr(&self) -> ReversedUDAF {
        if self.is_joined() { ReversedUDAF::NotSupported } else { ReversedUDAF::Identical }
    }
}

#[derive(Debug)]
struct RetypedAccumulator {
    inner: Box<dyn Accumulator>,
    returns: DataType,
    /// Whether a second argument is left out that the engine's function expects before what it is ordered by.
    is_short: bool,
}

impl RetypedAccumulator {
    fn arguments(&self, values: &[ArrayRef]) -> Vec<ArrayRef> {
        let mut values = values.to_vec();
        if self.is_short {
            // Nothing looks at it.
            values.insert(1, Arc::clone(&values[0]));
        }
        values
    }
}

impl Accumulator for RetypedAccumulator {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.inner.update_batch(&self.arguments(values))
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.inner.retract_batch(&self.arguments(values))
    }

    fn supports_retract_batch(&self) -> bool {
        self.inner.supports_retract_batch()
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        self.inner.evaluate()?.cast_to(&self.returns)
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        self.inner.state()
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.inner.merge_batch(states)
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.inner.size()
    }
}

struct RetypedGroups {
    inner: Box<dyn GroupsAccumulator>,
    returns: DataType,
}

impl GroupsAccumulator for RetypedGroups {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        groups: &[usize],
        filter: Option<&BooleanArray>,
        total_groups: usize,
    ) -> Result<()> {
        self.inner.update_batch(values, groups, filter, total_groups)
    }

    fn merge_batch(&mut self, states: &[ArrayRef], groups: &[usize], total_groups: usize) -> Result<()> {
        self.inner.merge_batch(states, groups, total_groups)
    }

    fn evaluate(&mut self, emit: EmitTo) -> Result<ArrayRef> {
        Ok(cast(&self.inner.evaluate(emit)?, &self.returns)?)
    }

    fn state(&mut self, emit: EmitTo) -> Result<Vec<ArrayRef>> {
        self.inner.state(emit)
    }

    fn convert_to_state(&self, values: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        self.inner.convert_to_state(values, filter)
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.inner.size()
    }
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::{Int64Array, StringViewArray};

    use super::*;
    use crate::source::files::googlesql::aggregates::testing::{context, failure, rows};

    #[test]
    fn texts_are_joined_and_counted() {
        let batch = |groups: [i64; 4], texts: [Option<&str>; 4]| -> Vec<(&str, ArrayRef)> {
            vec![("g", Arc::new(Int64Array::from(groups.to_vec()))), ("s", Arc::new(StringViewArray::from_iter(texts)))]
        };
        let context = context(vec![
            batch([1, 1, 2, 3], [Some("pear"), Some(""), Some("fig"), None]),
            batch([1, 1, 2, 3], [Some("apple"), None, Some("fig"), None]),
        ]);
        let sql = "select g, STRING_AGG(s order by s), STRING_AGG(DISTINCT s, ' - ' order by s desc), \
                   STRING_AGG(s order by g, s desc), APPROX_COUNT_DISTINCT(s) from t group by g order by g";
        let expected = ["1 ,apple,pear pear - apple -  pear,apple, 3", "2 fig,fig fig fig,fig 1", "3 NULL NULL NULL 0"];
        assert_eq!(rows(&context, sql), expected);
        let sql = "select STRING_AGG(s, '|' order by s), APPROX_COUNT_DISTINCT(s), APPROX_COUNT_DISTINCT(g) from t where g <> 3";
        assert_eq!(rows(&context, sql), ["|apple|fig|fig|pear 4 2"]);
        assert_eq!(rows(&context, "select g, STRING_AGG(s, '|') from t where g = 2 group by g"), ["2 fig|fig"]);
        assert_eq!(rows(&context, "select STRING_AGG(s) from t where s = 'fig'"), ["fig,fig"]);
        assert_eq!(rows(&context, "select STRING_AGG(s), APPROX_COUNT_DISTINCT(s) from t where g = 9"), ["NULL 0"]);
        let sql = "select distinct g, STRING_AGG(s, '|') over (partition by g), APPROX_COUNT_DISTINCT(s) over (partition by g) \
                   from t where g > 1 order by g";
        assert_eq!(rows(&context, sql), ["2 fig|fig 1", "3 NULL 0"]);
        assert!(
            failure(&context, "select STRING_AGG(s, s) from t")
                .contains("STRING_AGG: its second argument must be a constant")
        );
        assert!(
            failure(&context, "select STRING_AGG(g) from t")
                .contains("no form of STRING_AGG takes arguments of the types INT64")
        );
    }
}
