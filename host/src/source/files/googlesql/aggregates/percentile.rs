//! `PERCENTILE_CONT` and `PERCENTILE_DISC`, meant for whole partitions.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray};
use datafusion::arrow::datatypes::{DataType, Decimal128Type, Decimal256Type, Field, FieldRef, Float64Type, i256};
use datafusion::common::ScalarValue;
use datafusion::common::utils::SingleRowListArrayBuilder;
use datafusion::error::Result;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::{AggregateOrderSensitivity, format_state_name};
use datafusion::logical_expr::{Accumulator, AggregateUDFImpl, ReversedUDAF, Signature};

use super::call::Shape;
use super::collected::{Collected, collected};
use super::share::Share;
use crate::source::files::googlesql::types::Type;

/// One of the two.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Percentile {
    shape: Shape,
    /// Whether an answer may be between two values.
    continuous: bool,
}

impl Percentile {
    /// `PERCENTILE_CONT`
    pub(super) fn continuous() -> Self {
        let forms =
            &["(FLOAT64, FLOAT64) -> FLOAT64", "(NUMERIC, NUMERIC) -> NUMERIC", "(BIGNUMERIC, NUMERIC) -> BIGNUMERIC"];
        Self { shape: Shape::new("PERCENTILE_CONT", forms), continuous: true }
    }

    /// `PERCENTILE_DISC`
    pub(super) fn discrete() -> Self {
        let forms = &["(T, FLOAT64) -> T", "(T, NUMERIC) -> T"];
        Self { shape: Shape::new("PERCENTILE_DISC", forms), continuous: false }
    }

    /// What the arguments become: between whole numbers are floats, and the share is a decimal where the value is one.
    fn coerced(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        let mut given: Vec<Type> = types.iter().map(Type::of).collect();
        if self.continuous
            && let [value @ (Type::Int64 | Type::Null), _] = given.as_mut_slice()
        {
            *value = Type::Float64;
        }
        if self.continuous
            && let [Type::Numeric | Type::BigNumeric, share] = given.as_mut_slice()
            && share.is_numeric()
        {
            *share = Type::Numeric;
        }
        if let [_, share @ Type::BigNumeric] = given.as_mut_slice() {
            *share = Type::Numeric;
        }
        let given: Vec<DataType> = given.iter().map(Type::arrow).collect();
        self.shape.coerced(&given)
    }
}

impl AggregateUDFImpl for Percentile {
    fn name(&self) -> &str {
        self.shape.name
    }

    fn signature(&self) -> &Signature {
        &self.shape.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        self.coerced(types)
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        Ok(self.shape.matched(&self.coerced(types)?)?.returns.arrow())
    }

    fn accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        if args.is_distinct {
            return self.shape.refused("it does not take DISTINCT");
        }
        let share = self.shape.constant(&args)?;
        let Some(share) = Share::of(&share) else {
            return self.shape.refused(format_args!("its second argument must be between 0 and 1; it is {share}"));
        };
        let returns = args.return_type().clone();
        Ok(Box::new(PercentileAccumulator {
            values: collected(&returns)?,
            share,
            continuous: self.continuous,
            returns,
        }))
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        let item = Field::new_list_field(args.return_type().clone(), true);
        Ok(vec![Arc::new(Field::new_list(format_state_name(args.name, "values"), item, true))])
    }

    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        AggregateOrderSensitivity::Insensitive
    }

    fn reverse_expr(&self) -> ReversedUDAF {
        ReversedUDAF::Identical
    }
}

#[derive(Debug)]
struct PercentileAccumulator {
    values: Box<dyn Collected>,
    share: Share,
    continuous: bool,
    returns: DataType,
}

impl PercentileAccumulator {
    fn continuous(&mut self, count: usize) -> Result<ScalarValue> {
        let place = self.share.place(count - 1);
        if place.is_whole() {
            return ScalarValue::try_from_array(&self.values.selected(&[place.index])?, 0);
        }
        let values = self.values.selected(&[place.index, place.index + 1])?;
        let between = |here: i256, next: i256| place.between_decimals(here, next);
        match &self.returns {
            DataType::Decimal128(..) => {
                let values = values.as_primitive::<Decimal128Type>();
                let value = between(i256::from_i128(values.value(0)), i256::from_i128(values.value(1))).to_i128();
                ScalarValue::new_primitive::<Decimal128Type>(value, &self.returns)
            }
            DataType::Decimal256(..) => {
                let values = values.as_primitive::<Decimal256Type>();
                let value = Some(between(values.value(0), values.value(1)));
                ScalarValue::new_primitive::<Decimal256Type>(value, &self.returns)
            }
            _ => {
                let values = values.as_primitive::<Float64Type>();
                Ok(ScalarValue::Float64(Some(place.between(values.value(0), values.value(1)))))
            }
        }
    }

    /// The first value with at least that share of the values not above it.
    fn discrete(&mut self, count: usize) -> Result<ScalarValue> {
        let place = self.share.place(count);
        let index = if place.is_whole() { place.index.saturating_sub(1) } else { place.index };
        ScalarValue::try_from_array(&self.values.selected(&[index])?, 0)
    }
}

impl Accumulator for PercentileAccumulator {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.values.extend(&values[0])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        states[0].as_list::<i32>().iter().flatten().try_for_each(|values| self.values.extend(&values))
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        match self.values.len() {
            0 => ScalarValue::try_from(&self.returns),
            count if self.continuous => self.continuous(count),
            count => self.discrete(count),
        }
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let values = self.values.split_first(self.values.len())?;
        Ok(vec![SingleRowListArrayBuilder::new(values).build_list_scalar()])
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.values.size()
    }
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::{Decimal128Array, Float64Array, Int64Array, StringViewArray};

    use super::*;
    use crate::source::files::googlesql::aggregates::testing::{context, failure, rows};

    #[test]
    fn a_percentile_is_one_of_a_whole_partition() {
        let batch = |groups: [i64; 4], floats: [Option<f64>; 4]| -> Vec<(&str, ArrayRef)> {
            let whole = floats.map(|float| float.map(|float| format!("{float}").parse::<i64>().unwrap_or(i64::MIN)));
            let numeric: Decimal128Array = whole.iter().map(|whole| whole.map(i128::from)).collect();
            vec![
                ("g", Arc::new(Int64Array::from(groups.to_vec()))),
                ("x", Arc::new(Int64Array::from(whole.to_vec()))),
                ("f", Arc::new(Float64Array::from(floats.to_vec()))),
                ("n", Arc::new(numeric.with_data_type(DataType::Decimal128(38, 9)))),
                ("s", Arc::new(StringViewArray::from_iter(floats.map(|float| float.map(|float| format!("{float}")))))),
            ]
        };
        let context = context(vec![
            batch([1, 1, 1, 2], [Some(0.0), Some(3.0), None, Some(f64::NEG_INFINITY)]),
            batch([1, 1, 2, 3], [Some(1.0), Some(2.0), Some(f64::NAN), None]),
        ]);
        let sql = "select distinct g, PERCENTILE_CONT(f, 0.5) over (partition by g), \
                   PERCENTILE_DISC(f, 0.5) over (partition by g), PERCENTILE_CONT(x, 0) over (partition by g), \
                   PERCENTILE_DISC(s, 1) over (partition by g) from t order by g";
        let expected = ["1 1.5 1.0 0.0 3", "2 NaN NaN -9.223372036854776e18 NaN", "3 NULL NULL NULL NULL"];
        assert_eq!(rows(&context, sql), expected);
        let sql = "select distinct PERCENTILE_CONT(n, 0.5) over (), PERCENTILE_CONT(n, 0.7) over (), \
                   PERCENTILE_DISC(n, 0.7) over (), PERCENTILE_CONT(x, 0.1) over (), \
                   PERCENTILE_DISC(x, arrow_cast(0.4, 'Decimal128(38, 9)')) over (), PERCENTILE_DISC(x, 0.4) over () \
                   from t where g = 1";
        assert_eq!(rows(&context, sql), ["0.000000002 0.000000002 0.000000002 0.30000000000000004 1 1"]);

        for (sql, expected) in [
            (
                "select PERCENTILE_CONT(x, 1.5) over () from t",
                "PERCENTILE_CONT: its second argument must be between 0 and 1; it is 1.5",
            ),
            (
                "select PERCENTILE_DISC(x, -1) over () from t",
                "PERCENTILE_DISC: its second argument must be between 0 and 1; it is -1",
            ),
            ("select PERCENTILE_DISC(x, f) over () from t", "PERCENTILE_DISC: its second argument must be a constant"),
            (
                "select PERCENTILE_CONT(s, 0.5) over () from t",
                "no form of PERCENTILE_CONT takes arguments of the types STRING, FLOAT64",
            ),
        ] {
            let message = failure(&context, sql);
            assert!(message.contains(expected), "{sql}: {message}");
        }
    }
}
