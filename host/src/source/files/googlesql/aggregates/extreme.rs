//! `MIN` and `MAX`.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, PrimitiveArray};
use datafusion::arrow::buffer::NullBuffer;
use datafusion::arrow::datatypes::{DataType, FieldRef, Float64Type};
use datafusion::common::ScalarValue;
use datafusion::error::Result;
use datafusion::functions_aggregate::bool_and_or::{bool_and_udaf, bool_or_udaf};
use datafusion::functions_aggregate::min_max::{max_udaf, min_udaf};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::AggregateOrderSensitivity;
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, EmitTo, GroupsAccumulator, ReversedUDAF, SetMonotonicity, Signature,
    StatisticsArgs,
};
use datafusion::physical_expr::NullState;

use super::call::Shape;
use super::frame::{Fold, Folding, Frame};
use super::total::kept;

/// One of the two.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Extreme {
    shape: Shape,
    /// The engine knows functions called `min` and `max` by name and leaves out rows that can change nothing; it does
    /// not know that a NaN would. So they have names of their own and are called by others.
    name: &'static str,
    aliases: [String; 1],
    fold: Fold,
    /// What the engine has: right for all types but `FLOAT64`.
    others: Arc<AggregateUDF>,
    /// The same for groups of `BOOL`, which it does not have.
    bools: Arc<AggregateUDF>,
}

impl Extreme {
    fn new(names: [&'static str; 2], fold: Fold, others: Arc<AggregateUDF>, bools: Arc<AggregateUDF>) -> Self {
        let [name, alias] = names;
        Self { shape: Shape::new(alias, &["(T) -> T"]), name, aliases: [alias.to_owned()], fold, others, bools }
    }

    /// `MIN`
    pub(super) fn least() -> Self {
        Self::new(["MINIMUM", "MIN"], Fold::Least, min_udaf(), bool_and_udaf())
    }

    /// `MAX`
    pub(super) fn greatest() -> Self {
        Self::new(["MAXIMUM", "MAX"], Fold::Greatest, max_udaf(), bool_or_udaf())
    }
}

impl AggregateUDFImpl for Extreme {
    fn name(&self) -> &str {
        self.name
    }

    fn aliases(&self) -> &[String] {
        &self.aliases
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

    fn accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        match args.return_type() {
            DataType::Float64 => Ok(Box::new(FloatExtreme { fold: self.fold, answer: None })),
            _ => self.others.accumulator(args),
        }
    }

    fn create_sliding_accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        match args.return_type() {
            DataType::Float64 => Ok(Box::new(Frame::new(self.fold))),
            _ => self.others.create_sliding_accumulator(args),
        }
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        // One value, also of a float.
        self.others.state_fields(args)
    }

    fn groups_accumulator_supported(&self, args: AccumulatorArgs<'_>) -> bool {
        *args.return_type() == DataType::Boolean || self.others.groups_accumulator_supported(args)
    }

    fn create_groups_accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn GroupsAccumulator>> {
        match args.return_type() {
            DataType::Float64 => {
                Ok(Box::new(GroupExtremes { fold: self.fold, answers: Vec::new(), seen: NullState::new() }))
            }
            DataType::Boolean => self.bools.create_groups_accumulator(args),
            _ => self.others.create_groups_accumulator(args),
        }
    }

    fn value_from_stats(&self, args: &StatisticsArgs<'_>) -> Option<ScalarValue> {
        // Statistics of files leave NaN out.
        if *args.return_type == DataType::Float64 { None } else { self.others.value_from_stats(args) }
    }

    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        AggregateOrderSensitivity::Insensitive
    }

    fn reverse_expr(&self) -> ReversedUDAF {
        ReversedUDAF::Identical
    }

    fn set_monotonicity(&self, of: &DataType) -> SetMonotonicity {
        match of {
            DataType::Float64 => SetMonotonicity::NotMonotonic,
            _ => self.others.inner().set_monotonicity(of),
        }
    }
}

/// The extreme of floats.
#[derive(Debug)]
struct FloatExtreme {
    fold: Fold,
    answer: Option<f64>,
}

impl Accumulator for FloatExtreme {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let values = values[0].as_primitive::<Float64Type>();
        if values.null_count() == values.len() {
            return Ok(());
        }
        let (fold, start) = (self.fold, self.answer.unwrap_or(self.fold.start()));
        self.answer = Some(match values.null_count() {
            0 => values.values().iter().fold(start, |answer, value| fold.joined(answer, *value)),
            _ => values.iter().flatten().fold(start, |answer, value| fold.joined(answer, value)),
        });
        Ok(())
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.update_batch(states)
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        Ok(ScalarValue::Float64(self.answer))
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![self.evaluate()?])
    }

    fn size(&self) -> usize {
        size_of_val(self)
    }
}

/// The extremes of floats in groups.
#[derive(Debug)]
struct GroupExtremes {
    fold: Fold,
    answers: Vec<f64>,
    /// Groups that had a value.
    seen: NullState,
}

impl GroupExtremes {
    fn array(values: Vec<f64>, nulls: Option<NullBuffer>) -> Result<ArrayRef> {
        Ok(Arc::new(PrimitiveArray::<Float64Type>::try_new(values.into(), nulls)?))
    }
}

impl GroupsAccumulator for GroupExtremes {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        groups: &[usize],
        filter: Option<&BooleanArray>,
        total_groups: usize,
    ) -> Result<()> {
        self.answers.resize(total_groups, self.fold.start());
        let (answers, fold) = (&mut self.answers, self.fold);
        let values = values[0].as_primitive::<Float64Type>();
        self.seen.accumulate(groups, values, filter, total_groups, |group, value| {
            if let Some(answer) = answers.get_mut(group) {
                *answer = fold.joined(*answer, value);
            }
        });
        Ok(())
    }

    fn merge_batch(&mut self, states: &[ArrayRef], groups: &[usize], total_groups: usize) -> Result<()> {
        self.update_batch(states, groups, None, total_groups)
    }

    fn evaluate(&mut self, emit: EmitTo) -> Result<ArrayRef> {
        Self::array(emit.take_needed(&mut self.answers), self.seen.build(emit))
    }

    fn state(&mut self, emit: EmitTo) -> Result<Vec<ArrayRef>> {
        Ok(vec![self.evaluate(emit)?])
    }

    fn convert_to_state(&self, values: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        let values = values[0].as_primitive::<Float64Type>();
        Ok(vec![Self::array(values.values().to_vec(), kept(values.nulls(), filter))?])
    }

    fn size(&self) -> usize {
        self.answers.capacity() * size_of::<f64>() + self.seen.size()
    }
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::{BooleanArray, Float64Array, Int64Array, StringViewArray};

    use crate::source::files::googlesql::aggregates::testing::{context, failure, rows};

    use super::*;

    #[test]
    fn a_nan_is_the_extreme_of_floats() {
        let batch = |groups: [i64; 4], floats: [Option<f64>; 4]| -> Vec<(&str, ArrayRef)> {
            let texts = floats.map(|float| float.map(|float| format!("{float}")));
            vec![
                ("g", Arc::new(Int64Array::from(groups.to_vec()))),
                ("i", Arc::new(Int64Array::from(vec![1, 2, 3, 4]))),
                ("f", Arc::new(Float64Array::from(floats.to_vec()))),
                ("s", Arc::new(StringViewArray::from_iter(texts))),
                ("b", Arc::new(BooleanArray::from(floats.map(|float| float.map(|float| float > 0.0)).to_vec()))),
            ]
        };
        let context = context(vec![
            batch([1, 1, 2, 3], [Some(2.0), Some(-1.0), Some(5.0), None]),
            batch([1, 2, 2, 4], [Some(f64::INFINITY), Some(f64::NAN), Some(3.0), Some(f64::INFINITY)]),
        ]);
        let sql = "select g, MIN(f), MAX(f), MIN(s), MAX(s), MIN(b), MAX(b), MAX(i) from t group by g order by g";
        let expected = [
            "1 -1.0 inf -1 inf false true 2",
            "2 NaN NaN 3 NaN false true 3",
            "3 NULL NULL NULL NULL NULL NULL 4",
            "4 inf inf inf inf true true 4",
        ];
        assert_eq!(rows(&context, sql), expected);
        assert_eq!(rows(&context, "select MIN(f), MAX(f), MIN(i) from t"), ["NaN NaN 1"]);
        assert_eq!(rows(&context, "select MIN(f), MAX(f) from t where g = 3"), ["NULL NULL"]);
        assert_eq!(
            rows(&context, "select MIN(DISTINCT f) FILTER (where g = 1), MAX(f) FILTER (where g = 1) from t"),
            ["-1.0 inf"]
        );
        let sql = "select g, MAX(f) from t group by g order by MAX(f) desc nulls last limit 1";
        assert_eq!(rows(&context, sql), ["2 NaN"]);

        let frame = "over (order by i, g rows between 1 preceding and current row)";
        let sql =
            format!("select f, MIN(f) {frame}, MAX(f) {frame}, MIN(i) {frame}, MIN(s) {frame} from t order by i, g");
        let expected = [
            "2.0 2.0 2.0 1 2",
            "inf 2.0 inf 1 2",
            "-1.0 -1.0 inf 1 -1",
            "NaN NaN NaN 2 -1",
            "5.0 NaN NaN 2 5",
            "3.0 3.0 5.0 3 3",
            "NULL 3.0 3.0 3 3",
            "inf inf inf 4 inf",
        ];
        assert_eq!(rows(&context, &sql), expected);
        assert!(
            failure(&context, "select MIN([1]) from t")
                .contains("no form of MIN takes arguments of the types ARRAY<INT64>")
        );
    }
}
