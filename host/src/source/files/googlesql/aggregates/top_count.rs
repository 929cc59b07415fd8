//! `APPROX_TOP_COUNT`, exact.

use std::cmp::Reverse;
use std::fmt;
use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Int64Array, ListArray, StructArray, new_empty_array,
};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{ArrowNativeType, DataType, Field, FieldRef, Fields, Float64Type, Int64Type};
use datafusion::arrow::row::{RowConverter, SortField};
use datafusion::common::hash_utils::RandomState;
use datafusion::common::{HashMap, ScalarValue};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::{AggregateOrderSensitivity, format_state_name};
use datafusion::logical_expr::{Accumulator, AggregateUDFImpl, EmitTo, GroupsAccumulator, ReversedUDAF, Signature};

use super::call::Shape;
use super::total::{hasher, kept};
use crate::source::files::googlesql::types::Type;

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct TopCount(Shape);

impl TopCount {
    /// `APPROX_TOP_COUNT`
    pub(super) fn new() -> Self {
        // An array of structures is what it returns; no form can say that.
        Self(Shape::new("APPROX_TOP_COUNT", &["(T, INT64) -> T"]))
    }
}

impl TopCount {
    fn counts(&self, args: &AccumulatorArgs<'_>) -> Result<Counts> {
        if args.is_distinct {
            return self.0.refused("it does not take DISTINCT");
        }
        let of = value_type(args.expr_fields);
        Ok(Counts {
            number: self.0.number(args)?,
            rows: RowConverter::new(vec![SortField::new(of.clone())])?,
            counts: HashMap::with_hasher(hasher()),
            key_bytes: 0,
            total_groups: 0,
            of,
            returns: args.return_type().clone(),
        })
    }
}

fn value_type(fields: &[FieldRef]) -> DataType {
    fields.first().map_or(DataType::Null, |field| field.data_type().clone())
}

impl AggregateUDFImpl for TopCount {
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
        let value = self.0.matched(types)?.returns;
        let counted = Type::Struct(vec![("value".to_owned(), value), ("count".to_owned(), Type::Int64)]);
        Ok(Type::Array(Box::new(counted)).arrow())
    }

    fn accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(self.counts(&args)?))
    }

    fn groups_accumulator_supported(&self, _: AccumulatorArgs<'_>) -> bool {
        true
    }

    fn create_groups_accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn GroupsAccumulator>> {
        Ok(Box::new(self.counts(&args)?))
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        let list = |name: &str, item: DataType| {
            Arc::new(Field::new_list(format_state_name(args.name, name), Field::new_list_field(item, true), true))
        };
        Ok(vec![list("values", value_type(args.input_fields)), list("counts", DataType::Int64)])
    }

    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        AggregateOrderSensitivity::Insensitive
    }

    fn reverse_expr(&self) -> ReversedUDAF {
        ReversedUDAF::Identical
    }
}

/// A key with how often it was there.
type Counted = (Box<[u8]>, i64);

/// Bytes of the number of a group at the beginning of a key.
const GROUP_BYTES: usize = 4;

/// How often each value was there, in each group.
struct Counts {
    number: usize,
    rows: RowConverter,
    /// By the number of the group and the value as the bytes of a row, both ordered as they are.
    counts: HashMap<Box<[u8]>, i64, RandomState>,
    key_bytes: usize,
    total_groups: usize,
    of: DataType,
    returns: DataType,
}

impl fmt::Debug for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Counts").field("of", &self.of).field("len", &self.counts.len()).finish_non_exhaustive()
    }
}

/// The number of the group in a key.
fn group_of(key: &[u8]) -> usize {
    let group = key.first_chunk::<GROUP_BYTES>().map_or(0, |bytes| u32::from_be_bytes(*bytes));
    group as usize
}

fn group_bytes(group: usize) -> Result<[u8; GROUP_BYTES]> {
    let group = u32::try_from(group).map_err(|_| DataFusionError::Internal("too many groups".to_owned()))?;
    Ok(group.to_be_bytes())
}

impl Counts {
    /// Counts values, each in a group so many times.
    fn count(&mut self, values: &ArrayRef, mut rows: impl Iterator<Item = (usize, i64)>) -> Result<()> {
        // One NaN and one zero.
        let values: ArrayRef = match values.as_primitive_opt::<Float64Type>() {
            Some(floats) => Arc::new(floats.unary::<_, Float64Type>(|value| match value.is_nan() {
                true => f64::NAN.abs(),
                false => value + 0.0,
            })),
            None => Arc::clone(values),
        };
        let mut key = Vec::new();
        for value in &self.rows.convert_columns(&[values])? {
            let Some((group, count)) = rows.next() else { break };
            key.clear();
            key.extend_from_slice(&group_bytes(group)?);
            key.extend_from_slice(value.as_ref());
            match self.counts.get_mut(&*key) {
                Some(known) => *known += count,
                None if count > 0 => {
                    self.key_bytes += key.len();
                    self.counts.insert(key.as_slice().into(), count);
                }
                None => {}
            }
        }
        Ok(())
    }

    /// Takes groups out, with their keys sorted; says how many groups.
    fn split_first(&mut self, emit: EmitTo) -> Result<(usize, Vec<Counted>)> {
        let counts = std::mem::replace(&mut self.counts, HashMap::with_hasher(hasher()));
        let groups = match emit {
            EmitTo::All => self.total_groups,
            EmitTo::First(groups) => groups.min(self.total_groups),
        };
        let (mut first, rest): (Vec<_>, Vec<_>) = counts.into_iter().partition(|(key, _)| group_of(key) < groups);
        self.total_groups -= groups;
        self.key_bytes = 0;
        for (mut key, count) in rest {
            let moved = group_bytes(group_of(&key) - groups)?;
            key[..GROUP_BYTES].copy_from_slice(&moved);
            self.key_bytes += key.len();
            self.counts.insert(key, count);
        }
        first.sort_unstable();
        Ok((groups, first))
    }

    /// The values in keys.
    fn values<'a>(&self, keys: impl Iterator<Item = &'a [u8]>) -> Result<ArrayRef> {
        let parser = self.rows.parser();
        let rows = keys.map(|key| parser.parse(key.get(GROUP_BYTES..).unwrap_or_default()));
        let columns = self.rows.convert_rows(rows)?;
        let values = columns.into_iter().next().unwrap_or_else(|| new_empty_array(&self.of));
        Ok(cast(&values, &self.of)?)
    }

    /// The answers for groups whose keys are sorted: by count, those that come most often first; of as many, the least
    /// value first.
    fn answers(&self, groups: usize, mut sorted: &[(&[u8], i64)]) -> Result<ListArray> {
        let (mut top, mut lengths) = (Vec::new(), Vec::with_capacity(groups));
        for group in 0..groups {
            let count = sorted.partition_point(|(key, _)| group_of(key) <= group);
            let (here, rest) = sorted.split_at(count);
            let mut here: Vec<(Reverse<i64>, &[u8])> =
                here.iter().map(|(key, count)| (Reverse(*count), *key)).collect();
            if self.number < here.len() {
                here.select_nth_unstable(self.number);
                here.truncate(self.number);
            }
            here.sort_unstable();
            lengths.push(here.len());
            top.append(&mut here);
            sorted = rest;
        }
        let values = self.values(top.iter().map(|(_, key)| *key))?;
        let counts: Int64Array = top.iter().map(|(Reverse(count), _)| Some(*count)).collect();
        let fields = [("value", self.of.clone()), ("count", DataType::Int64)];
        let fields: Fields = fields.into_iter().map(|(name, of)| Field::new(name, of, true)).collect();
        let items = StructArray::try_new(fields, vec![values, Arc::new(counts)], None)?;
        let nulls = NullBuffer::from_iter(lengths.iter().map(|length| *length > 0));
        list(&lengths, Arc::new(items), Some(nulls))
    }

    /// The state of groups whose keys are sorted.
    fn columns(&self, groups: usize, sorted: &[Counted]) -> Result<[ListArray; 2]> {
        let mut lengths = vec![0; groups];
        sorted.iter().for_each(|(key, _)| lengths[group_of(key)] += 1);
        let values = self.values(sorted.iter().map(|(key, _)| &**key))?;
        let counts: Int64Array = sorted.iter().map(|(_, count)| Some(*count)).collect();
        Ok([list(&lengths, values, None)?, list(&lengths, Arc::new(counts), None)?])
    }

    /// Counts what states have, each for a group.
    fn merge(&mut self, states: &[ArrayRef], groups: &[usize]) -> Result<()> {
        let (values, counts) = (states[0].as_list::<i32>(), states[1].as_list::<i32>());
        let slice = |lists: &ListArray| {
            let offsets = lists.offsets();
            let start = offsets[0].as_usize();
            lists.values().slice(start, offsets[offsets.len() - 1].as_usize() - start)
        };
        let groups = groups.iter().zip(values.offsets().lengths());
        let groups = groups.flat_map(|(group, length)| std::iter::repeat_n(*group, length));
        let counts = slice(counts);
        let counts = counts.as_primitive::<Int64Type>().iter().map(Option::unwrap_or_default);
        self.count(&slice(values), groups.zip(counts))
    }
}

fn list(lengths: &[usize], values: ArrayRef, nulls: Option<NullBuffer>) -> Result<ListArray> {
    let item = Arc::new(Field::new_list_field(values.data_type().clone(), true));
    Ok(ListArray::try_new(item, OffsetBuffer::from_lengths(lengths.iter().copied()), values, nulls)?)
}

impl Accumulator for Counts {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.count(&values[0], std::iter::repeat((0, 1)))
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.merge(states, &vec![0; states[0].len()])
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        if self.counts.is_empty() {
            return ScalarValue::try_from(&self.returns);
        }
        let all: Vec<(&[u8], i64)> = self.counts.iter().map(|(key, count)| (&**key, *count)).collect();
        Ok(ScalarValue::List(Arc::new(self.answers(1, &all)?)))
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        self.total_groups = 1;
        let (groups, sorted) = self.split_first(EmitTo::All)?;
        Ok(self.columns(groups, &sorted)?.map(|list| ScalarValue::List(Arc::new(list))).to_vec())
    }

    fn size(&self) -> usize {
        // A bucket is a key, a count and a byte.
        let buckets = self.counts.capacity() * (size_of::<(Box<[u8]>, i64)>() + 1);
        size_of_val(self) + self.rows.size() + self.key_bytes + buckets
    }
}

impl GroupsAccumulator for Counts {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        groups: &[usize],
        filter: Option<&BooleanArray>,
        total_groups: usize,
    ) -> Result<()> {
        self.total_groups = total_groups;
        let counts = counts(values[0].len(), filter);
        self.count(&values[0], groups.iter().copied().zip(counts))
    }

    fn merge_batch(&mut self, states: &[ArrayRef], groups: &[usize], total_groups: usize) -> Result<()> {
        self.total_groups = total_groups;
        self.merge(states, groups)
    }

    fn evaluate(&mut self, emit: EmitTo) -> Result<ArrayRef> {
        let (groups, sorted) = self.split_first(emit)?;
        let sorted: Vec<(&[u8], i64)> = sorted.iter().map(|(key, count)| (&**key, *count)).collect();
        Ok(Arc::new(self.answers(groups, &sorted)?))
    }

    fn state(&mut self, emit: EmitTo) -> Result<Vec<ArrayRef>> {
        let (groups, sorted) = self.split_first(emit)?;
        Ok(self.columns(groups, &sorted)?.map(|list| -> ArrayRef { Arc::new(list) }).to_vec())
    }

    fn convert_to_state(&self, values: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        let counts: Int64Array = counts(values[0].len(), filter).map(Some).collect();
        let lengths = vec![1; values[0].len()];
        let values = list(&lengths, Arc::clone(&values[0]), None)?;
        Ok(vec![Arc::new(values), Arc::new(list(&lengths, Arc::new(counts), None)?)])
    }

    fn size(&self) -> usize {
        Accumulator::size(self)
    }
}

/// 1 for each row, 0 for one that is filtered out.
fn counts(rows: usize, filter: Option<&BooleanArray>) -> impl Iterator<Item = i64> {
    let kept = kept(None, filter);
    (0..rows).map(move |row| i64::from(kept.as_ref().is_none_or(|kept| kept.is_valid(row))))
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::{Float64Array, StringViewArray};
    use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};

    use super::*;
    use crate::source::files::googlesql::aggregates::testing::{context, failure, rows};

    #[test]
    fn values_come_by_how_often_they_are_there() {
        let batch = |texts: &[Option<&str>]| -> Vec<(&str, ArrayRef)> {
            let floats = texts.iter().map(|text| text.map(|text| if text < "b" { f64::NAN } else { 1.0 }));
            vec![
                ("s", Arc::new(texts.iter().copied().collect::<StringViewArray>())),
                ("f", Arc::new(floats.collect::<Float64Array>())),
            ]
        };
        let context = context(vec![
            batch(&[Some("pear"), Some("apple"), None, Some("fig")]),
            batch(&[Some("pear"), Some("apple"), None, Some("pear")]),
        ]);
        let sql = "select APPROX_TOP_COUNT(s, 3), APPROX_TOP_COUNT(f, 1) from t";
        let expected =
            "[{value: pear, count: 3}, {value: NULL, count: 2}, {value: apple, count: 2}] [{value: 1.0, count: 4}]";
        assert_eq!(rows(&context, sql), [expected]);
        let sql = "select f is null, APPROX_TOP_COUNT(s, 1) from t group by 1 order by 1";
        assert_eq!(rows(&context, sql), ["false [{value: pear, count: 3}]", "true [{value: NULL, count: 2}]"]);
        assert_eq!(rows(&context, "select APPROX_TOP_COUNT(s, 3) from t where s = 'plum'"), ["NULL"]);
        assert!(
            failure(&context, "select APPROX_TOP_COUNT(s, -3) from t")
                .contains("must be between 1 and 10000; it is -3")
        );
        assert!(failure(&context, "select APPROX_TOP_COUNT(DISTINCT s, 3) from t").contains("does not take DISTINCT"));
    }

    /// A group is given out before the others when its rows come together.
    #[test]
    fn groups_may_be_given_out_one_by_one() {
        let of = DataType::Utf8View;
        let mut counts = Counts {
            number: 2,
            rows: RowConverter::new(vec![SortField::new(of.clone())]).unwrap(),
            counts: HashMap::with_hasher(hasher()),
            key_bytes: 0,
            total_groups: 0,
            returns: DataType::Null,
            of,
        };
        let values: [ArrayRef; 1] = [Arc::new(StringViewArray::from(vec!["a", "b", "b", "c", "c", "c"]))];
        let shown = |array: &ArrayRef| {
            let options = FormatOptions::default().with_null("NULL");
            let format = ArrayFormatter::try_new(array, &options).unwrap();
            (0..array.len()).map(|row| format.value(row).to_string()).collect::<Vec<_>>()
        };
        let counts: &mut dyn GroupsAccumulator = &mut counts;
        counts.update_batch(&values, &[0, 0, 0, 1, 3, 3], None, 4).unwrap();
        let first = counts.evaluate(EmitTo::First(1)).unwrap();
        assert_eq!(shown(&first), ["[{value: b, count: 2}, {value: a, count: 1}]"]);
        counts.update_batch(&values, &[0, 0, 0, 0, 1, 2], None, 3).unwrap();
        let size = counts.size();
        let state = counts.state(EmitTo::First(2)).unwrap();
        assert!(counts.size() < size, "{} {size}", counts.size());
        assert_eq!(shown(&state[0]), ["[a, b, c]", "[c]"]);
        assert_eq!(shown(&state[1]), ["[1, 2, 2]", "[1]"]);
        counts.merge_batch(&state, &[0, 2], 3).unwrap();
        let all = counts.evaluate(EmitTo::All).unwrap();
        let expected = ["[{value: c, count: 5}, {value: b, count: 2}]", "NULL", "[{value: c, count: 1}]"];
        assert_eq!(shown(&all), expected);
    }
}
