//! `APPROX_QUANTILES`, exact.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, BooleanArray};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::ScalarValue;
use datafusion::common::utils::SingleRowListArrayBuilder;
use datafusion::error::Result;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::{AggregateOrderSensitivity, format_state_name};
use datafusion::logical_expr::{Accumulator, AggregateUDFImpl, EmitTo, GroupsAccumulator, ReversedUDAF, Signature};
use datafusion::physical_expr::GroupsAccumulatorAdapter;

use super::call::Shape;
use super::collected::{Collected, collected};
use crate::source::files::watch::{BATCH_BYTES_MAX, Ended};

/// Bytes of a value of an answer, at most: of a text what is beyond is shared.
const ANSWER_BYTES: usize = 32;

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Quantiles(Shape);

impl Quantiles {
    /// `APPROX_QUANTILES`
    pub(super) fn new() -> Self {
        Self(Shape::new("APPROX_QUANTILES", &["(T, INT64) -> ARRAY<T>"]))
    }

    fn answer(&self, args: &AccumulatorArgs<'_>) -> Result<Answer> {
        let of = args.expr_fields.first().map_or(DataType::Null, |field| field.data_type().clone());
        let (returns, distinct) = (args.return_type().clone(), args.is_distinct);
        Ok(Answer { number: self.0.number(args)?, of, returns, distinct })
    }
}

impl AggregateUDFImpl for Quantiles {
    fn name(&self) -> &str {
        self.0.name
    }

    fn signature(&self) -> &Signature {
        &self.0.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        self.0.coerced(types)
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        Ok(self.0.matched(types)?.returns.arrow())
    }

    fn accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        self.answer(&args)?.accumulator()
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        let returns = args.return_type().clone();
        Ok(vec![Arc::new(Field::new(format_state_name(args.name, "values"), returns, true))])
    }

    fn groups_accumulator_supported(&self, _: AccumulatorArgs<'_>) -> bool {
        true
    }

    fn create_groups_accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn GroupsAccumulator>> {
        let answer = self.answer(&args)?;
        let values = answer.number + 1;
        let inner = GroupsAccumulatorAdapter::new(move || answer.accumulator());
        Ok(Box::new(GroupQuantiles { inner, values, groups: 0 }))
    }

    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        AggregateOrderSensitivity::Insensitive
    }

    fn reverse_expr(&self) -> ReversedUDAF {
        ReversedUDAF::Identical
    }
}

/// What is asked for.
#[derive(Debug, Clone)]
struct Answer {
    number: usize,
    of: DataType,
    returns: DataType,
    distinct: bool,
}

impl Answer {
    fn accumulator(&self) -> Result<Box<dyn Accumulator>> {
        let values = collected(&self.of)?;
        Ok(Box::new(QuantilesAccumulator { asked: self.clone(), values, each_once: 0 }))
    }
}

#[derive(Debug)]
struct QuantilesAccumulator {
    asked: Answer,
    values: Box<dyn Collected>,
    /// How many there were when each was last there once.
    each_once: usize,
}

impl QuantilesAccumulator {
    fn extend(&mut self, values: &ArrayRef) -> Result<()> {
        self.values.extend(values)?;
        // Not too often, and never more than twice what is needed.
        if self.asked.distinct && self.values.len() > 2 * self.each_once.max(1_024) {
            self.each_once = self.values.sort(true)?;
        }
        Ok(())
    }
}

impl Accumulator for QuantilesAccumulator {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.extend(&values[0])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        states[0].as_list::<i32>().iter().flatten().try_for_each(|values| self.extend(&values))
    }

    /// The value at `i / number` of them: the first with at least that share of the values not above it.
    fn evaluate(&mut self) -> Result<ScalarValue> {
        let (count, number) = (self.values.sort(self.asked.distinct)?, self.asked.number);
        if count == 0 {
            return ScalarValue::try_from(&self.asked.returns);
        }
        let rank = |part: usize| (part * count).div_ceil(number).saturating_sub(1);
        let places: Vec<usize> = (0..=number).map(rank).collect();
        Ok(SingleRowListArrayBuilder::new(self.values.at(&places)?).build_list_scalar())
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![SingleRowListArrayBuilder::new(self.values.drained()?).build_list_scalar()])
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.values.size()
    }
}

/// Of many groups, whose answers can be much larger than their values.
struct GroupQuantiles {
    inner: GroupsAccumulatorAdapter,
    /// Values of an answer.
    values: usize,
    groups: usize,
}

impl GroupsAccumulator for GroupQuantiles {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        groups: &[usize],
        filter: Option<&BooleanArray>,
        total_groups: usize,
    ) -> Result<()> {
        self.groups = total_groups;
        self.inner.update_batch(values, groups, filter, total_groups)
    }

    fn merge_batch(&mut self, states: &[ArrayRef], groups: &[usize], total_groups: usize) -> Result<()> {
        self.groups = total_groups;
        self.inner.merge_batch(states, groups, total_groups)
    }

    fn evaluate(&mut self, emit: EmitTo) -> Result<ArrayRef> {
        let groups = match emit {
            EmitTo::All => self.groups,
            EmitTo::First(groups) => groups,
        };
        let bytes = groups.saturating_mul(self.values).saturating_mul(ANSWER_BYTES);
        if bytes > BATCH_BYTES_MAX {
            return Err(Ended::Batch { bytes }.into());
        }
        self.groups -= groups.min(self.groups);
        self.inner.evaluate(emit)
    }

    fn state(&mut self, emit: EmitTo) -> Result<Vec<ArrayRef>> {
        if let EmitTo::First(groups) = emit {
            self.groups -= groups.min(self.groups);
        }
        self.inner.state(emit)
    }

    fn convert_to_state(&self, values: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        self.inner.convert_to_state(values, filter)
    }

    fn size(&self) -> usize {
        self.inner.size()
    }
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::{
        BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, StringViewArray,
        TimestampMicrosecondArray,
    };

    use super::*;
    use crate::source::files::googlesql::aggregates::testing::{context, failure, rows};

    #[test]
    fn a_quantile_is_a_value_that_is_there() {
        let batch = |numbers: &[Option<i64>]| -> Vec<(&str, ArrayRef)> {
            let texts = numbers.iter().map(|number| number.map(|number| format!("a text of some length {number:02}")));
            let texts: Vec<Option<String>> = texts.collect();
            let bytes = texts.iter().map(|text| text.as_ref().map(String::as_bytes));
            let floats =
                numbers.iter().map(|number| number.map(|number| if number == 1 { f64::NAN } else { number as f64 }));
            let numeric: Decimal128Array = numbers.iter().map(|number| number.map(i128::from)).collect();
            vec![
                ("x", Arc::new(Int64Array::from(numbers.to_vec()))),
                ("s", Arc::new(StringViewArray::from_iter(texts.iter().map(Option::as_deref)))),
                ("y", Arc::new(bytes.collect::<BinaryArray>())),
                ("f", Arc::new(floats.collect::<Float64Array>())),
                ("n", Arc::new(numeric.with_data_type(DataType::Decimal128(38, 9)))),
                ("b", Arc::new(numbers.iter().map(|number| number.map(|number| number > 8)).collect::<BooleanArray>())),
                ("d", Arc::new(numbers.iter().map(|number| number.map(|_| 1)).collect::<Date32Array>())),
                ("t", Arc::new(numbers.iter().copied().collect::<TimestampMicrosecondArray>().with_timezone("UTC"))),
            ]
        };
        let context = context(vec![
            batch(&[None, Some(10), Some(1), Some(9), Some(4), Some(1)]),
            batch(&[Some(8), None, Some(5), Some(1), Some(7), Some(6)]),
        ]);
        assert_eq!(rows(&context, "select APPROX_QUANTILES(x, 2) from t"), ["[1, 5, 10]"]);
        assert_eq!(rows(&context, "select APPROX_QUANTILES(DISTINCT x, 2) from t"), ["[1, 6, 10]"]);
        assert_eq!(
            rows(&context, "select APPROX_QUANTILES(x, 4), APPROX_QUANTILES(x, 1) from t"),
            ["[1, 1, 5, 8, 10] [1, 10]"]
        );
        assert_eq!(rows(&context, "select APPROX_QUANTILES(x, 4) from t where x > 9"), ["[10, 10, 10, 10, 10]"]);
        assert_eq!(rows(&context, "select APPROX_QUANTILES(x, 4) from t where x is null"), ["NULL"]);
        assert_eq!(rows(&context, "select APPROX_QUANTILES(f, 2) from t"), ["[NaN, 5.0, 10.0]"]);
        let text = "a text of some length";
        assert_eq!(
            rows(&context, "select APPROX_QUANTILES(s, 2) from t"),
            [format!("[{text} 01, {text} 05, {text} 10]")]
        );
        assert_eq!(
            rows(&context, "select APPROX_QUANTILES(DISTINCT s, 2) from t"),
            [format!("[{text} 01, {text} 06, {text} 10]")]
        );
        assert_eq!(rows(&context, "select array_length(APPROX_QUANTILES(y, 2)) from t"), ["3"]);
        assert_eq!(
            rows(&context, "select APPROX_QUANTILES(b, 1), APPROX_QUANTILES(n, 1) from t"),
            ["[false, true] [0.000000001, 0.000000010]"]
        );
        let sql = "select APPROX_QUANTILES(d, 1), APPROX_QUANTILES(t, 1) from t";
        assert_eq!(
            rows(&context, sql),
            ["[1970-01-02, 1970-01-02] [1970-01-01T00:00:00.000001Z, 1970-01-01T00:00:00.000010Z]"]
        );
        let sql = "select x > 5, APPROX_QUANTILES(x, 2), APPROX_QUANTILES(DISTINCT x, 2) from t group by x > 5 order by 1 nulls first";
        assert_eq!(rows(&context, sql), ["NULL NULL NULL", "false [1, 1, 5] [1, 4, 5]", "true [6, 8, 10] [6, 8, 10]"]);

        for (sql, expected) in [
            ("select APPROX_QUANTILES(x, 0) from t", "must be between 1 and 10000; it is 0"),
            ("select APPROX_QUANTILES(x, 10001) from t", "must be between 1 and 10000; it is 10001"),
            ("select APPROX_QUANTILES(x, x) from t", "APPROX_QUANTILES: its second argument must be a constant"),
            ("select APPROX_QUANTILES(x, NULL) from t", "APPROX_QUANTILES: its second argument must be a constant"),
            (
                "select APPROX_QUANTILES([x], 2) from t",
                "no form of APPROX_QUANTILES takes arguments of the types ARRAY<INT64>, INT64",
            ),
        ] {
            let message = failure(&context, sql);
            assert!(message.contains(expected), "{sql}: {message}");
        }
    }

    #[test]
    fn answers_of_many_groups_are_bounded() {
        let context = context(vec![vec![("x", Arc::new(Int64Array::from_iter_values(0..1_000)))]]);
        let message = failure(&context, "select x, APPROX_QUANTILES(x, 10000) from t group by x");
        assert!(message.contains("a step of the query makes"), "{message}");
        assert_eq!(
            rows(&context, "select count(*) from (select x, APPROX_QUANTILES(x, 100) from t group by x)"),
            ["1000"]
        );
    }

    #[test]
    fn what_is_held_is_little_more_than_the_values() {
        let asked = Answer { number: 2, of: DataType::Int64, returns: DataType::Null, distinct: false };
        let mut accumulator = asked.accumulator().unwrap();
        let values: ArrayRef = Arc::new(Int64Array::from_iter_values(0..8_192));
        for _ in 0..100 {
            accumulator.update_batch(&[Arc::clone(&values), Arc::clone(&values)]).unwrap();
        }
        let bytes = 100 * 8_192 * 8;
        assert!((bytes..bytes * 9 / 8 + 65_536).contains(&accumulator.size()), "{}", accumulator.size());

        let mut accumulator = Answer { distinct: true, ..asked.clone() }.accumulator().unwrap();
        for _ in 0..100 {
            accumulator.update_batch(&[Arc::clone(&values), Arc::clone(&values)]).unwrap();
        }
        assert!(accumulator.size() < 4 * 8_192 * 8, "{}", accumulator.size());

        let mut accumulator = Answer { of: DataType::Utf8View, ..asked }.accumulator().unwrap();
        let values: ArrayRef = Arc::new(StringViewArray::from_iter_values((0..8_192).map(|_| "a text of twenty by")));
        for _ in 0..10 {
            accumulator.update_batch(&[Arc::clone(&values), Arc::clone(&values)]).unwrap();
        }
        let bytes = 10 * 8_192 * (19 + 8);
        assert!((bytes..bytes * 9 / 8 + 65_536).contains(&accumulator.size()), "{}", accumulator.size());
    }
}
