//! Variances, deviations and correlation.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Float64Array, UInt64Array};
use datafusion::arrow::buffer::NullBuffer;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Float64Type, UInt64Type};
use datafusion::common::hash_utils::RandomState;
use datafusion::common::utils::SingleRowListArrayBuilder;
use datafusion::common::{HashSet, ScalarValue};
use datafusion::error::Result;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::{AggregateOrderSensitivity, format_state_name};
use datafusion::logical_expr::{Accumulator, AggregateUDFImpl, EmitTo, GroupsAccumulator, ReversedUDAF, Signature};

use super::call::Shape;
use super::frame::{Folding, Frame};
use super::total::{hasher, kept};

/// What is asked of the values or pairs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Asked {
    VarPop,
    VarSamp,
    StddevPop,
    StddevSamp,
    CovarPop,
    CovarSamp,
    Corr,
}

/// One of the functions.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Spread {
    shape: Shape,
    aliases: Vec<String>,
    asked: Asked,
}

impl Spread {
    /// All of them.
    pub(super) fn all() -> [Self; 7] {
        let one = |name, asked, aliases: &[&str]| Self {
            shape: Shape::new(name, &["(FLOAT64) -> FLOAT64"]),
            aliases: aliases.iter().map(|alias| (*alias).to_owned()).collect(),
            asked,
        };
        let two = |name, asked| Self {
            shape: Shape::new(name, &["(FLOAT64, FLOAT64) -> FLOAT64"]),
            aliases: Vec::new(),
            asked,
        };
        [
            one("VAR_POP", Asked::VarPop, &[]),
            one("VAR_SAMP", Asked::VarSamp, &["VARIANCE"]),
            one("STDDEV_POP", Asked::StddevPop, &[]),
            one("STDDEV_SAMP", Asked::StddevSamp, &["STDDEV"]),
            two("COVAR_POP", Asked::CovarPop),
            two("COVAR_SAMP", Asked::CovarSamp),
            two("CORR", Asked::Corr),
        ]
    }
}

impl AggregateUDFImpl for Spread {
    fn name(&self) -> &str {
        self.shape.name
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
        match (args.is_distinct, self.asked) {
            (false, _) => Ok(Box::new(All { asked: self.asked, moments: Moments::default() })),
            (true, Asked::CovarPop | Asked::CovarSamp | Asked::Corr) => self.shape.refused("it does not take DISTINCT"),
            (true, _) => Ok(Box::new(Distinct { asked: self.asked, values: HashSet::with_hasher(hasher()) })),
        }
    }

    fn create_sliding_accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        match args.is_distinct {
            true => self.shape.refused("DISTINCT cannot be used with a frame that moves"),
            false => Ok(Box::new(Frame::new(self.asked))),
        }
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        let name = |part: &str| format_state_name(args.name, part);
        if args.is_distinct {
            let item = Field::new_list_field(DataType::Float64, true);
            return Ok(vec![Arc::new(Field::new_list(name("values"), item, true))]);
        }
        let floats = ["mean_1", "mean_2", "squares_1", "squares_2", "products"];
        let floats = floats.iter().map(|part| Field::new(name(part), DataType::Float64, true));
        let count = Field::new(name("count"), DataType::UInt64, true);
        Ok(std::iter::once(count).chain(floats).map(Arc::new).collect())
    }

    fn groups_accumulator_supported(&self, args: AccumulatorArgs<'_>) -> bool {
        !args.is_distinct
    }

    fn create_groups_accumulator(&self, _: AccumulatorArgs<'_>) -> Result<Box<dyn GroupsAccumulator>> {
        Ok(Box::new(Groups { asked: self.asked, moments: Vec::new() }))
    }

    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        AggregateOrderSensitivity::Insensitive
    }

    fn reverse_expr(&self) -> ReversedUDAF {
        ReversedUDAF::Identical
    }
}

/// What is known of pairs; of single values, which are pairs with 0. An infinity or a NaN makes NaN of all but the count.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Moments {
    count: u64,
    means: [f64; 2],
    /// Sums of the squares of the distances from the means.
    squares: [f64; 2],
    /// Sum of the products of these distances.
    products: f64,
}

impl Moments {
    fn with(mut self, (one, two): (f64, f64)) -> Self {
        self.count += 1;
        let count = self.count as f64;
        let [to_one, to_two] = [one - self.means[0], two - self.means[1]];
        self.means = [self.means[0] + to_one / count, self.means[1] + to_two / count];
        let [from_one, from_two] = [one - self.means[0], two - self.means[1]];
        self.squares = [self.squares[0] + to_one * from_one, self.squares[1] + to_two * from_two];
        self.products += to_one * from_two;
        self
    }

    fn joined(self, other: Self) -> Self {
        if self.count == 0 || other.count == 0 {
            return if self.count == 0 { other } else { self };
        }
        let (left, right) = (self.count as f64, other.count as f64);
        let all = left + right;
        let apart = [other.means[0] - self.means[0], other.means[1] - self.means[1]];
        let weight = left * right / all;
        Self {
            count: self.count + other.count,
            means: [self.means[0] + apart[0] * right / all, self.means[1] + apart[1] * right / all],
            squares: [
                self.squares[0] + other.squares[0] + apart[0] * apart[0] * weight,
                self.squares[1] + other.squares[1] + apart[1] * apart[1] * weight,
            ],
            products: self.products + other.products + apart[0] * apart[1] * weight,
        }
    }

    fn answer(&self, asked: Asked) -> Option<f64> {
        let by_all = |sum: f64| (self.count > 0).then(|| sum / self.count as f64);
        let by_one_less = |sum: f64| (self.count > 1).then(|| sum / (self.count - 1) as f64);
        match asked {
            Asked::VarPop => by_all(self.squares[0]),
            Asked::VarSamp => by_one_less(self.squares[0]),
            Asked::StddevPop => by_all(self.squares[0]).map(f64::sqrt),
            Asked::StddevSamp => by_one_less(self.squares[0]).map(f64::sqrt),
            Asked::CovarPop => by_all(self.products),
            Asked::CovarSamp => by_one_less(self.products),
            Asked::Corr => (self.count > 1).then(|| self.correlation()),
        }
    }

    /// NaN without a variance.
    fn correlation(&self) -> f64 {
        let [one, two] = self.squares;
        let product = one * two;
        // Of large and of small numbers the product has no room.
        let root = if product.is_normal() { product.sqrt() } else { one.sqrt() * two.sqrt() };
        (self.products / root).clamp(-1.0, 1.0)
    }

    /// One row of a state.
    fn of_state(state: &[ArrayRef], row: usize) -> Self {
        let float = |at: usize| state[at].as_primitive::<Float64Type>().value(row);
        Self {
            count: state[0].as_primitive::<UInt64Type>().value(row),
            means: [float(1), float(2)],
            squares: [float(3), float(4)],
            products: float(5),
        }
    }

    fn floats(&self) -> [f64; 5] {
        [self.means[0], self.means[1], self.squares[0], self.squares[1], self.products]
    }
}

/// States as columns.
fn columns(moments: &[Moments]) -> Vec<ArrayRef> {
    let counts: ArrayRef = Arc::new(UInt64Array::from_iter_values(moments.iter().map(|moments| moments.count)));
    let floats = (0..5).map(|at| -> ArrayRef {
        Arc::new(Float64Array::from_iter_values(moments.iter().map(|moments| moments.floats()[at])))
    });
    std::iter::once(counts).chain(floats).collect()
}

/// The pair of each row; `None` where one is `NULL` or the row is filtered out.
fn pairs<'a>(
    arguments: &'a [ArrayRef],
    filter: Option<&'a BooleanArray>,
) -> impl Iterator<Item = Option<(f64, f64)>> + 'a {
    let floats = |at: usize| arguments.get(at).map(|values| values.as_primitive::<Float64Type>());
    let (one, two) = (floats(0), floats(1));
    let nulls = |values: Option<&Float64Array>| values.and_then(|values| values.nulls().cloned());
    let kept = kept(NullBuffer::union(nulls(one).as_ref(), nulls(two).as_ref()).as_ref(), filter);
    (0..one.map_or(0, Array::len)).map(move |row| {
        let is_kept = kept.as_ref().is_none_or(|kept| kept.is_valid(row));
        let value = |values: Option<&Float64Array>| values.map_or(0.0, |values| values.value(row));
        is_kept.then(|| (value(one), value(two)))
    })
}

impl Folding for Asked {
    type Value = (f64, f64);
    type Answer = Moments;

    fn start(self) -> Moments {
        Moments::default()
    }

    fn with(self, answer: Moments, value: (f64, f64)) -> Moments {
        answer.with(value)
    }

    fn joined(self, one: Moments, other: Moments) -> Moments {
        one.joined(other)
    }

    fn values(self, arguments: &[ArrayRef]) -> impl Iterator<Item = (f64, f64)> {
        pairs(arguments, None).flatten()
    }

    fn finished(self, answer: Moments, _: usize) -> Option<f64> {
        answer.answer(self)
    }
}

#[derive(Debug)]
struct All {
    asked: Asked,
    moments: Moments,
}

impl Accumulator for All {
    fn update_batch(&mut self, arguments: &[ArrayRef]) -> Result<()> {
        self.moments = pairs(arguments, None).flatten().fold(self.moments, Moments::with);
        Ok(())
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        for row in 0..states[0].len() {
            self.moments = self.moments.joined(Moments::of_state(states, row));
        }
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        Ok(ScalarValue::Float64(self.moments.answer(self.asked)))
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let floats = self.moments.floats().into_iter().map(|float| ScalarValue::Float64(Some(float)));
        Ok(std::iter::once(ScalarValue::UInt64(Some(self.moments.count))).chain(floats).collect())
    }

    fn size(&self) -> usize {
        size_of_val(self)
    }
}

#[derive(Debug)]
struct Groups {
    asked: Asked,
    moments: Vec<Moments>,
}

impl GroupsAccumulator for Groups {
    fn update_batch(
        &mut self,
        arguments: &[ArrayRef],
        groups: &[usize],
        filter: Option<&BooleanArray>,
        total_groups: usize,
    ) -> Result<()> {
        self.moments.resize(total_groups, Moments::default());
        for (group, pair) in groups.iter().zip(pairs(arguments, filter)) {
            if let (Some(moments), Some(pair)) = (self.moments.get_mut(*group), pair) {
                *moments = moments.with(pair);
            }
        }
        Ok(())
    }

    fn merge_batch(&mut self, states: &[ArrayRef], groups: &[usize], total_groups: usize) -> Result<()> {
        self.moments.resize(total_groups, Moments::default());
        for (row, group) in groups.iter().enumerate() {
            if let Some(moments) = self.moments.get_mut(*group) {
                *moments = moments.joined(Moments::of_state(states, row));
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, emit: EmitTo) -> Result<ArrayRef> {
        let moments = emit.take_needed(&mut self.moments);
        Ok(Arc::new(moments.iter().map(|moments| moments.answer(self.asked)).collect::<Float64Array>()))
    }

    fn state(&mut self, emit: EmitTo) -> Result<Vec<ArrayRef>> {
        Ok(columns(&emit.take_needed(&mut self.moments)))
    }

    fn convert_to_state(&self, arguments: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        let moments = |pair: Option<(f64, f64)>| pair.map_or(Moments::default(), |pair| Moments::default().with(pair));
        Ok(columns(&pairs(arguments, filter).map(moments).collect::<Vec<_>>()))
    }

    fn size(&self) -> usize {
        self.moments.capacity() * size_of::<Moments>()
    }
}

/// Each value once.
#[derive(Debug)]
struct Distinct {
    asked: Asked,
    /// Their bits.
    values: HashSet<u64, RandomState>,
}

impl Distinct {
    fn sorted(&self) -> Vec<f64> {
        let mut values: Vec<f64> = self.values.iter().map(|bits| f64::from_bits(*bits)).collect();
        values.sort_unstable_by(f64::total_cmp);
        values
    }
}

impl Accumulator for Distinct {
    fn update_batch(&mut self, arguments: &[ArrayRef]) -> Result<()> {
        let values = arguments[0].as_primitive::<Float64Type>().iter().flatten();
        // One NaN and one zero.
        self.values
            .extend(values.map(|value| if value.is_nan() { f64::NAN.to_bits() } else { (value + 0.0).to_bits() }));
        Ok(())
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        states[0].as_list::<i32>().iter().flatten().try_for_each(|values| self.update_batch(&[values]))
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let moments = self.sorted().into_iter().fold(Moments::default(), |moments, value| moments.with((value, 0.0)));
        Ok(ScalarValue::Float64(moments.answer(self.asked)))
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let values = Float64Array::from(self.sorted());
        Ok(vec![SingleRowListArrayBuilder::new(Arc::new(values)).build_list_scalar()])
    }

    fn size(&self) -> usize {
        // A bucket is a value and a byte.
        size_of_val(self) + self.values.capacity() * (size_of::<u64>() + 1)
    }
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::Int64Array;
    use datafusion::prelude::SessionContext;

    use super::*;
    use crate::source::files::googlesql::aggregates::testing::{context, failure, rows};

    fn pairs_of_floats() -> SessionContext {
        let batch = |from: i64, ones: [Option<f64>; 5], twos: [Option<f64>; 5]| -> Vec<(&str, ArrayRef)> {
            vec![
                ("i", Arc::new(Int64Array::from_iter_values(from..from + 5))),
                ("y", Arc::new(Float64Array::from(ones.to_vec()))),
                ("x", Arc::new(Float64Array::from(twos.to_vec()))),
            ]
        };
        context(vec![
            batch(
                1,
                [Some(1.0), Some(3.0), Some(4.0), Some(1.0), None],
                [Some(5.0), Some(9.0), Some(7.0), None, Some(1.0)],
            ),
            batch(
                6,
                [Some(1.0), Some(3.0), Some(f64::NEG_INFINITY), Some(1.0), None],
                [Some(5.0), Some(9.0), Some(1.0), Some(f64::NAN), None],
            ),
        ])
    }

    #[test]
    fn moments_are_those_of_the_values_that_are_there() {
        let context = pairs_of_floats();
        let sql = "select round(VAR_POP(x), 9), round(VAR_SAMP(x), 9), round(STDDEV_POP(x), 9), round(STDDEV_SAMP(x), 9), \
                   round(COVAR_POP(y, x), 9), round(COVAR_SAMP(y, x), 9), round(CORR(y, x), 9) from t where i < 8";
        let expected = "7.666666667 9.2 2.768874621 3.033150178 1.6 2.0 0.745355992";
        assert_eq!(rows(&context, sql), [expected]);
        let sql = "select i < 3, VAR_POP(x), VAR_SAMP(x), STDDEV_SAMP(x), COVAR_POP(y, x), CORR(y, x), CORR(x, 2) \
                   from t where i in (1, 2, 9) group by i < 3 order by 1";
        assert_eq!(
            rows(&context, sql),
            ["false NaN NULL NULL NaN NULL NULL", "true 4.0 8.0 2.8284271247461903 2.0 1.0 NaN"]
        );
        let sql = "select VAR_POP(DISTINCT x), STDDEV(DISTINCT x), VARIANCE(x) FILTER (where i < 3) from t where i < 3 or i in (6, 7)";
        assert_eq!(rows(&context, sql), ["4.0 2.8284271247461903 8.0"]);
        assert_eq!(
            rows(&context, "select VAR_POP(x), COVAR_POP(x, y), CORR(x, y) from t where i = 10"),
            ["NULL NULL NULL"]
        );
        assert!(failure(&context, "select CORR(DISTINCT x, y) from t").contains("CORR: it does not take DISTINCT"));
        assert!(failure(&context, "select CORR(x) from t").contains("there is CORR(FLOAT64, FLOAT64)"));
    }

    #[test]
    fn a_frame_forgets_what_left_it() {
        let context = pairs_of_floats();
        let frame = "over (order by i rows between 1 preceding and 1 following)";
        let sql = format!(
            "select i, round(VAR_SAMP(x) {frame}, 9), round(STDDEV_POP(y) {frame}, 9), round(CORR(y, x) {frame}, 9) from t order by i"
        );
        let expected = [
            "1 8.0 1.0 1.0",
            "2 4.0 1.247219129 0.654653671",
            "3 2.0 1.247219129 -1.0",
            "4 18.0 1.5 NULL",
            "5 8.0 0.0 NULL",
            "6 16.0 1.0 1.0",
            "7 16.0 NaN NaN",
            "8 NaN NaN NaN",
            "9 NaN NaN NaN",
            "10 NULL 0.0 NULL",
        ];
        assert_eq!(rows(&context, &sql), expected);
    }
}
