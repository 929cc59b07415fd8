//! `APPROX_TOP_COUNT`, exact.

use std::cmp::Reverse;
use std::fmt;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, Int64Array, StructArray, new_empty_array};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Float64Type, Int64Type};
use datafusion::arrow::row::{RowConverter, SortField};
use datafusion::common::hash_utils::RandomState;
use datafusion::common::utils::SingleRowListArrayBuilder;
use datafusion::common::{HashMap, ScalarValue};
use datafusion::error::Result;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::{AggregateOrderSensitivity, format_state_name};
use datafusion::logical_expr::{Accumulator, AggregateUDFImpl, ReversedUDAF, Signature};

use super::call::Shape;
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
        if args.is_distinct {
            return self.0.refused("it does not take DISTINCT");
        }
        let of = value_type(args.expr_fields);
        Ok(Box::new(Counts {
            number: self.0.number(&args)?,
            rows: RowConverter::new(vec![SortField::new(of.clone())])?,
            counts: HashMap::default(),
            key_bytes: 0,
            of,
            returns: args.return_type().clone(),
        }))
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

/// How often each value was there.
struct Counts {
    number: usize,
    rows: RowConverter,
    /// By the values as the bytes of a row, which are ordered as the values are.
    counts: HashMap<Box<[u8]>, i64, RandomState>,
    key_bytes: usize,
    of: DataType,
    returns: DataType,
}

impl fmt::Debug for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Counts").field("of", &self.of).field("len", &self.counts.len()).finish_non_exhaustive()
    }
}

impl Counts {
    fn count(&mut self, values: &ArrayRef, counts: impl Iterator<Item = i64>) -> Result<()> {
        // One NaN and one zero.
        let values: ArrayRef = match values.as_primitive_opt::<Float64Type>() {
            Some(floats) => Arc::new(floats.unary::<_, Float64Type>(|value| match value.is_nan() {
                true => f64::NAN.abs(),
                false => value + 0.0,
            })),
            None => Arc::clone(values),
        };
        let rows = self.rows.convert_columns(&[values])?;
        for (row, count) in rows.iter().zip(counts) {
            let key: &[u8] = row.as_ref();
            match self.counts.get_mut(key) {
                Some(known) => *known += count,
                None => {
                    self.key_bytes += key.len();
                    self.counts.insert(key.into(), count);
                }
            }
        }
        Ok(())
    }

    /// Values of rows.
    fn values<'a>(&self, keys: impl Iterator<Item = &'a [u8]>) -> Result<ArrayRef> {
        let parser = self.rows.parser();
        let columns = self.rows.convert_rows(keys.map(|key| parser.parse(key)))?;
        let values = columns.into_iter().next().unwrap_or_else(|| new_empty_array(&self.of));
        Ok(cast(&values, &self.of)?)
    }
}

impl Accumulator for Counts {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.count(&values[0], std::iter::repeat(1))
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let (values, counts) = (states[0].as_list::<i32>(), states[1].as_list::<i32>());
        for (values, counts) in values.iter().zip(counts.iter()) {
            if let (Some(values), Some(counts)) = (values, counts) {
                self.count(&values, counts.as_primitive::<Int64Type>().iter().flatten())?;
            }
        }
        Ok(())
    }

    /// By count, those that come most often first; of as many, the least value first.
    fn evaluate(&mut self) -> Result<ScalarValue> {
        if self.counts.is_empty() {
            return ScalarValue::try_from(&self.returns);
        }
        let mut top: Vec<(Reverse<i64>, &[u8])> =
            self.counts.iter().map(|(key, count)| (Reverse(*count), &**key)).collect();
        if self.number < top.len() {
            top.select_nth_unstable(self.number);
            top.truncate(self.number);
        }
        top.sort_unstable();
        let values = self.values(top.iter().map(|(_, key)| *key))?;
        let counts: Int64Array = top.iter().map(|(Reverse(count), _)| Some(*count)).collect();
        let fields = [("value", self.of.clone()), ("count", DataType::Int64)];
        let fields: Vec<Field> = fields.into_iter().map(|(name, of)| Field::new(name, of, true)).collect();
        let answer = StructArray::try_new(fields.into(), vec![values, Arc::new(counts)], None)?;
        Ok(SingleRowListArrayBuilder::new(Arc::new(answer)).build_list_scalar())
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let counts = std::mem::take(&mut self.counts);
        self.key_bytes = 0;
        let values = self.values(counts.keys().map(|key| &**key))?;
        let counts: Int64Array = counts.values().map(|count| Some(*count)).collect();
        let list = |values: ArrayRef| SingleRowListArrayBuilder::new(values).build_list_scalar();
        Ok(vec![list(values), list(Arc::new(counts))])
    }

    fn size(&self) -> usize {
        // A bucket is a key, a count and a byte.
        let buckets = self.counts.capacity() * (size_of::<(Box<[u8]>, i64)>() + 1);
        size_of_val(self) + self.rows.size() + self.key_bytes + buckets
    }
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::{Float64Array, StringViewArray};

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
}
