//! `APPROX_QUANTILES`, exact.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, ListArray};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer};
use datafusion::arrow::compute;
use datafusion::arrow::datatypes::{ArrowNativeType, DataType, Field, FieldRef};
use datafusion::common::ScalarValue;
use datafusion::common::utils::SingleRowListArrayBuilder;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::{AggregateOrderSensitivity, format_state_name};
use datafusion::logical_expr::{Accumulator, AggregateUDFImpl, EmitTo, GroupsAccumulator, ReversedUDAF, Signature};

use super::call::Shape;
use super::collected::{Collected, collected};
use super::total::kept;
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
        let asked = self.answer(&args)?;
        Ok(Box::new(QuantilesAccumulator { values: collected(&asked.of)?, asked, each_once: 0 }))
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        let returns = args.return_type().clone();
        Ok(vec![Arc::new(Field::new(format_state_name(args.name, "values"), returns, true))])
    }

    fn groups_accumulator_supported(&self, _: AccumulatorArgs<'_>) -> bool {
        true
    }

    fn create_groups_accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn GroupsAccumulator>> {
        let asked = self.answer(&args)?;
        let values = collected(&asked.of)?;
        Ok(Box::new(GroupQuantiles { asked, values, groups: Vec::new(), total_groups: 0 }))
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
    /// Places in `count` sorted values: the one at `i / number` is the first with at least that share of the values not
    /// above it.
    fn places(&self, count: usize) -> impl Iterator<Item = usize> {
        let number = self.number;
        (0..=number).map(move |part| (part * count).div_ceil(number).saturating_sub(1))
    }

    fn list(&self, lengths: Vec<usize>, values: ArrayRef, nulls: Option<NullBuffer>) -> Result<ListArray> {
        let item = Arc::new(Field::new_list_field(self.of.clone(), true));
        Ok(ListArray::try_new(item, OffsetBuffer::from_lengths(lengths), values, nulls)?)
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
            self.values.compact()?;
            self.each_once = self.values.len();
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

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let count = self.values.sort(0..self.values.len(), self.asked.distinct)?;
        if count == 0 {
            return ScalarValue::try_from(&self.asked.returns);
        }
        let places: Vec<usize> = self.asked.places(count).collect();
        Ok(SingleRowListArrayBuilder::new(self.values.at(&places)?).build_list_scalar())
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let values = self.values.split_first(self.values.len())?;
        Ok(vec![SingleRowListArrayBuilder::new(values).build_list_scalar()])
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.values.size()
    }
}

/// The values of many groups, as they come.
#[derive(Debug)]
struct GroupQuantiles {
    asked: Answer,
    values: Box<dyn Collected>,
    /// Of each value.
    groups: Vec<u32>,
    total_groups: usize,
}

impl GroupQuantiles {
    fn join(&mut self, group: usize, count: usize) -> Result<()> {
        let group = u32::try_from(group).map_err(|_| DataFusionError::Internal("too many groups".to_owned()))?;
        self.groups.extend(std::iter::repeat_n(group, count));
        Ok(())
    }

    /// Puts the values in the order of their groups; says where each group begins, and the end of the last.
    fn arranged(&mut self) -> Result<Vec<usize>> {
        let mut starts = vec![0; self.total_groups + 1];
        self.groups.iter().for_each(|group| starts[*group as usize + 1] += 1);
        for group in 0..self.total_groups {
            starts[group + 1] += starts[group];
        }
        let (mut next, mut places) = (starts.clone(), vec![0u32; self.groups.len()]);
        for (place, group) in (0u32..).zip(&self.groups) {
            let at = &mut next[*group as usize];
            places[*at] = place;
            *at += 1;
        }
        self.values.arrange(&places)?;
        self.groups.sort_unstable();
        Ok(starts)
    }

    /// The groups that are given out.
    fn emitted(&self, emit: EmitTo) -> usize {
        match emit {
            EmitTo::All => self.total_groups,
            EmitTo::First(groups) => groups.min(self.total_groups),
        }
    }

    /// Forgets so many groups and their values.
    fn forget(&mut self, groups: usize, values: usize) {
        self.total_groups -= groups;
        let groups = u32::try_from(groups).unwrap_or(u32::MAX);
        self.groups = self.groups.split_off(values);
        self.groups.iter_mut().for_each(|group| *group -= groups);
    }
}

impl GroupsAccumulator for GroupQuantiles {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        groups: &[usize],
        filter: Option<&BooleanArray>,
        total_groups: usize,
    ) -> Result<()> {
        self.total_groups = total_groups;
        match kept(values[0].nulls(), filter) {
            None => {
                groups.iter().try_for_each(|group| self.join(*group, 1))?;
                self.values.extend(&values[0])
            }
            Some(kept) => {
                kept.valid_indices().try_for_each(|row| self.join(groups[row], 1))?;
                self.values.extend(&compute::filter(&values[0], &BooleanArray::new(kept.into_inner(), None))?)
            }
        }
    }

    fn merge_batch(&mut self, states: &[ArrayRef], groups: &[usize], total_groups: usize) -> Result<()> {
        self.total_groups = total_groups;
        let lists = states[0].as_list::<i32>();
        if lists.null_count() > 0 {
            return Err(DataFusionError::Internal("a state without values is empty".to_owned()));
        }
        let offsets: Vec<usize> = lists.offsets().iter().map(|offset| offset.as_usize()).collect();
        for (group, ends) in groups.iter().zip(offsets.windows(2)) {
            self.join(*group, ends[1] - ends[0])?;
        }
        let (start, end) = (offsets[0], offsets[offsets.len() - 1]);
        self.values.extend(&lists.values().slice(start, end - start))
    }

    fn evaluate(&mut self, emit: EmitTo) -> Result<ArrayRef> {
        let groups = self.emitted(emit);
        let bytes = groups.saturating_mul(self.asked.number + 1).saturating_mul(ANSWER_BYTES);
        if bytes > BATCH_BYTES_MAX {
            return Err(Ended::Batch { bytes }.into());
        }
        let starts = self.arranged()?;
        let (mut places, mut lengths) = (Vec::new(), Vec::with_capacity(groups));
        for group in starts.windows(2).take(groups) {
            let count = self.values.sort(group[0]..group[1], self.asked.distinct)?;
            let before = places.len();
            if count > 0 {
                places.extend(self.asked.places(count).map(|place| group[0] + place));
            }
            lengths.push(places.len() - before);
        }
        let nulls = NullBuffer::from_iter(lengths.iter().map(|length| *length > 0));
        let answers = self.asked.list(lengths, self.values.at(&places)?, Some(nulls))?;
        drop(self.values.split_first(starts[groups])?);
        self.forget(groups, starts[groups]);
        Ok(Arc::new(answers))
    }

    fn state(&mut self, emit: EmitTo) -> Result<Vec<ArrayRef>> {
        let (groups, starts) = (self.emitted(emit), self.arranged()?);
        let lengths = starts.windows(2).take(groups).map(|group| group[1] - group[0]).collect();
        let values = self.values.split_first(starts[groups])?;
        self.forget(groups, starts[groups]);
        Ok(vec![Arc::new(self.asked.list(lengths, values, None)?)])
    }

    fn convert_to_state(&self, values: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        let (lengths, values) = match kept(values[0].nulls(), filter) {
            None => (vec![1; values[0].len()], Arc::clone(&values[0])),
            Some(kept) => {
                let lengths = kept.iter().map(usize::from).collect();
                (lengths, compute::filter(&values[0], &BooleanArray::new(kept.into_inner(), None))?)
            }
        };
        Ok(vec![Arc::new(self.asked.list(lengths, values, None)?)])
    }

    /// With what it takes to put the values in order.
    fn size(&self) -> usize {
        size_of_val(self) + 2 * (self.values.size() + self.groups.capacity() * size_of::<u32>())
    }
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::{
        BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, StringViewArray,
        TimestampMicrosecondArray,
    };

    use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};

    use super::*;
    use crate::source::files::googlesql::aggregates::testing::{columns, context, failure, rows};

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
    fn a_long_value_is_not_written_many_times() {
        let long = "x".repeat(100_000);
        let bytes = BinaryArray::from_vec(vec![long.as_bytes()]);
        let batch: Vec<(&str, ArrayRef)> =
            vec![("s", Arc::new(StringViewArray::from(vec![long.as_str()]))), ("y", Arc::new(bytes))];
        let context = context(vec![batch]);
        let answer = columns(&context, "select APPROX_QUANTILES(s, 10000) from t").unwrap().remove(0);
        let values = Arc::clone(answer.as_list::<i32>().values());
        assert_eq!((values.len(), values.as_string_view().value(10_000)), (10_001, long.as_str()));
        assert!(values.get_buffer_memory_size() < 1 << 20, "{}", values.get_buffer_memory_size());
        let message = failure(&context, "select APPROX_QUANTILES(y, 10000) from t");
        assert!(message.contains("a step of the query makes 1000100000 bytes at once"), "{message}");
    }

    fn size_with(asked: &Answer, values: &ArrayRef, times: usize) -> [usize; 2] {
        let mut all =
            QuantilesAccumulator { asked: asked.clone(), values: collected(&asked.of).unwrap(), each_once: 0 };
        let mut grouped = GroupQuantiles {
            asked: asked.clone(),
            values: collected(&asked.of).unwrap(),
            groups: Vec::new(),
            total_groups: 0,
        };
        let groups: Vec<usize> = (0..values.len()).collect();
        for _ in 0..times {
            all.update_batch(&[Arc::clone(values)]).unwrap();
            grouped.update_batch(&[Arc::clone(values)], &groups, None, groups.len()).unwrap();
        }
        [all.size(), grouped.size()]
    }

    #[test]
    fn what_is_held_is_little_more_than_the_values() {
        let asked = Answer { number: 2, of: DataType::Int64, returns: DataType::Null, distinct: false };
        let values: ArrayRef = Arc::new(Int64Array::from_iter_values(0..8_192));
        let [all, grouped] = size_with(&asked, &values, 100);
        let bytes = 100 * 8_192 * 8;
        assert!((bytes..bytes * 9 / 8 + 65_536).contains(&all), "{all}");
        assert!((3 * bytes..5 * bytes).contains(&grouped), "{grouped}");

        let [all, _] = size_with(&Answer { distinct: true, ..asked.clone() }, &values, 100);
        assert!(all < 4 * 8_192 * 8, "{all}");

        let values: ArrayRef = Arc::new(StringViewArray::from_iter_values((0..8_192).map(|_| "a text of twenty by")));
        let asked = Answer { of: DataType::Utf8View, ..asked };
        let [all, _] = size_with(&asked, &values, 10);
        let bytes = 10 * 8_192 * (19 + 8);
        assert!((bytes..bytes * 9 / 8 + 65_536).contains(&all), "{all}");
        let [all, _] = size_with(&Answer { distinct: true, ..asked }, &values, 10);
        assert!(all < 2 * 8_192 * (19 + 8), "{all}");
    }

    /// A group is given out before the others when its rows come together.
    #[test]
    fn groups_may_be_given_out_one_by_one() {
        for (of, distinct) in [(DataType::Int64, false), (DataType::Utf8View, true)] {
            let returns = DataType::new_list(of.clone(), true);
            let asked = Answer { number: 2, of: of.clone(), returns, distinct };
            let values = collected(&of).unwrap();
            let mut grouped = GroupQuantiles { asked, values, groups: Vec::new(), total_groups: 0 };
            let values = compute::cast(&Int64Array::from(vec![5, 7, 1, 9, 2, 3, 8]), &of).unwrap();
            grouped.update_batch(&[Arc::clone(&values)], &[0, 1, 0, 2, 0, 2, 1], None, 4).unwrap();
            let shown = |array: &ArrayRef| {
                let options = FormatOptions::default().with_null("NULL");
                let format = ArrayFormatter::try_new(array, &options).unwrap();
                (0..array.len()).map(|row| format.value(row).to_string()).collect::<Vec<_>>()
            };
            assert_eq!(shown(&grouped.evaluate(EmitTo::First(1)).unwrap()), ["[1, 2, 5]"]);
            grouped.update_batch(&[values], &[0, 0, 1, 0, 0, 0, 2], None, 3).unwrap();
            assert_eq!(shown(&grouped.state(EmitTo::First(1)).unwrap()[0]), ["[7, 8, 5, 7, 9, 2, 3]"]);
            assert_eq!(shown(&grouped.evaluate(EmitTo::All).unwrap()), ["[1, 3, 9]", "[8, 8, 8]"]);
        }
    }
}
